//! Documents beside the stock they are about.

use std::sync::Arc;

use super::shop::{NOW, Shop};
use crate::domain::channel::{ChannelCommand, ClaimBackorder};
use crate::domain::desk::command::{NewLine, Place, PlaceOrder, RequestTransfer, Routing};
use crate::domain::desk::{DeskFact, DeskFactKind, DeskRow, Document, Verb};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{ChannelId, CommandId, LineId, OrderId, OrderNumber, Sku, WarehouseId};
use crate::domain::order::{Destination, PaymentState, Terms};
use crate::domain::routing::{
    Chosen, Decided, Decision, Explanation, Left, LeftWhat, Method, Outcome, Part, Way,
};
use crate::domain::warehouse::{ClaimStock, Command, Movement, MovementKind, WaitForStock};

fn sku() -> Sku {
    Sku::parse("TEE-M").unwrap()
}

fn at(name: &str) -> WarehouseId {
    WarehouseId::parse(name).unwrap()
}

fn units(quantity: i64) -> Vec<ClaimLine> {
    vec![ClaimLine { sku: sku(), quantity }]
}

fn moved(kind: MovementKind, quantity: i64) -> Command {
    let (reference, reason, occurred_at) = (None, None, None);
    Command::Move(Movement { sku: sku(), kind, quantity, reference, reason, occurred_at })
}

fn transfer_id() -> OrderId {
    OrderId::minted("t-1", "transfer", &["t-1"])
}

/// A transfer of nine units from BER to WIE.
async fn requested() -> (Shop, Document) {
    let mut shop = Shop::for_document(&transfer_id());
    shop.warehouse(&at("BER"), moved(MovementKind::Receive(None), 10)).await;
    let request = RequestTransfer {
        id: transfer_id(),
        reference: None,
        from: at("BER"),
        to: at("WIE"),
        lines: units(9),
        along: Vec::new(),
        eta: None,
    };
    let document = shop.desk(Verb::RequestTransfer(Box::new(request))).await;
    let document = shop.drive(document).await;
    (shop, document)
}

/// A transfer is in order at every step: claimed, shipped in parts, received in part, lost in part, archived.
#[tokio::test]
async fn a_transfer_is_clean_from_begin_to_end() {
    let (mut shop, _) = requested().await;
    let id = transfer_id();
    for (shipped, received) in [(4, 3), (5, 4)] {
        let ship = Verb::ShipTransfer { id: id.clone(), lines: Some(units(shipped)), eta: None };
        let document = shop.desk(ship).await;
        shop.drive(document).await;
        let document =
            shop.desk(Verb::ReceiveTransfer { id: id.clone(), lines: Some(units(received)) }).await;
        shop.drive(document).await;
    }
    let document = shop.desk(Verb::CloseTransfer { id }).await;
    let document = shop.drive(document).await;
    assert!(document.is_settled());
    let report = shop.audit().await;
    assert!(report.is_clean() && report.journals.len() == 3, "{report:?}");
}

/// Goods of a transfer that arrive once more than the desk says are found, and so are goods nobody moved.
#[tokio::test]
async fn a_transfer_moved_otherwise_is_found() {
    let (mut shop, document) = requested().await;
    let id = transfer_id();
    let again = moved(MovementKind::TransferIn { transfer: id.clone(), into: None, promised: Vec::new() }, 9);
    shop.warehouse(&at("WIE"), again).await;
    let arrived = format!("{id}: 0 TEE-M arrived at WIE, its log tells of 9");
    assert_eq!(shop.problems().await, [arrived]);
    // What left under another claim than the transfer's.
    let Document::Transfer(transfer) = &document else { panic!("a transfer") };
    let gone = Command::Ship {
        reservation: transfer.claim(),
        lines: Some(units(2)),
        occurred_at: None,
        reference: None,
        owner: Some(id.clone()),
        as_transfer: Some(id.clone()),
    };
    shop.warehouse(&at("BER"), gone).await;
    let problems = shop.problems().await;
    assert!(problems.contains(&format!("{id}: 0 TEE-M left BER, its log tells of 2")), "{problems:?}");
    assert!(problems.iter().any(|problem| problem.contains("promises 7")), "{problems:?}");
}

/// The desk says that goods left which the warehouse's log does not know of.
#[tokio::test]
async fn a_transfer_never_told_is_found() {
    let (mut shop, _) = requested().await;
    let id = transfer_id();
    let document = shop.desk(Verb::ShipTransfer { id: id.clone(), lines: None, eta: None }).await;
    let task = document.task().unwrap().clone();
    let done = crate::domain::desk::command::TaskOutcome::Done;
    shop.report(&document, (task, done)).await;
    let problems = shop.problems().await;
    assert!(problems.contains(&format!("{id}: 9 TEE-M left BER, its log tells of 0")), "{problems:?}");
}

fn order_id() -> OrderId {
    OrderId::minted("o-1", "order", &["web-de", "o-1"])
}

fn channel() -> ChannelId {
    ChannelId::parse("web-de").unwrap()
}

/// Two units from BER, one that waits there.
fn routing() -> Routing {
    let line = LineId::parse("1").unwrap();
    let chosen = Chosen {
        outcome: Outcome::Partly,
        warehouses: vec![at("BER")],
        covered: 2,
        wanted: 3,
        passed: 1,
        way: Some(Way::Single),
        tried: 1,
        too_small: 0,
        bounded: false,
        decided: Decided::NoChoice,
    };
    let what = LeftWhat::Backorder { warehouse: at("BER"), promise: None };
    let decision = Decision {
        parts: vec![Part { warehouse: at("BER"), lines: vec![(line.clone(), 2)] }],
        left: vec![Left { line, quantity: 1, what }],
        explanation: Explanation { considered: Vec::new(), chosen },
    };
    let places = vec![Place { warehouse: at("BER"), accept_within_ms: None, day: 20_000 }];
    Routing { decision, places, free: Vec::new(), serviceable: true }
}

pub(super) fn placed() -> PlaceOrder {
    let line =
        NewLine { id: LineId::parse("1").unwrap(), sku: sku(), quantity: 3, stock: true, unit_value: 1_999 };
    PlaceOrder {
        id: order_id(),
        channel: channel(),
        number: OrderNumber::parse("o-1").unwrap(),
        revision: None,
        content: 7,
        told: false,
        placed_at: Some(NOW),
        reservation: None,
        lines: vec![line],
        method: Method::Ship,
        destination: Destination::default(),
        terms: Terms { attempts_max: 3, backorder: true, ..Terms::default() },
        payment: PaymentState::Paid,
        payment_required: false,
        payment_reference: None,
        fulfilled: None,
        unknown: Vec::new(),
        contact: None,
        tracking: None,
        carried: Arc::from("{}"),
        routing: Some(Box::new(routing())),
    }
}

/// An order with two units promised and one that waits.
async fn accepted() -> (Shop, Document) {
    let mut shop = Shop::for_document(&order_id());
    shop.warehouse(&at("BER"), moved(MovementKind::Receive(None), 2)).await;
    let document = shop.desk(Verb::Place(Box::new(placed()))).await;
    let document = shop.drive(document).await;
    let order = document.order().unwrap();
    let line = order.lines.first().unwrap();
    assert_eq!((line.allocated, line.backordered), (2, 1));
    (shop, document)
}

/// An order is in order from its place to its goods, with units that wait for theirs.
#[tokio::test]
async fn an_order_is_clean_at_every_step() {
    let (shop, _) = accepted().await;
    assert!(shop.audit().await.is_clean());
}

/// A claim, an allocation and a waiting claim of an order that does not name them, or is not there.
#[tokio::test]
async fn an_orphaned_claim_is_found() {
    let (mut shop, _) = accepted().await;
    shop.warehouse(&at("WIE"), moved(MovementKind::Receive(None), 5)).await;
    let nobody = OrderId::minted("o-2", "order", &["web-de", "o-2"]);
    for (owner, allocate) in [(order_id(), false), (nobody.clone(), true)] {
        let claim = ClaimStock {
            attempt: 1,
            channel: channel(),
            cart: None,
            lines: units(1),
            plan: Arc::default(),
            ttl_ms: 60_000,
            told: false,
            partial: false,
            owner: Some(owner),
            from: None,
            allocate,
        };
        shop.warehouse(&at("WIE"), Command::Claim(claim)).await;
    }
    let wait = WaitForStock {
        channel: channel(),
        owner: nobody.clone(),
        sku: Sku::parse("CAP").unwrap(),
        quantity: 1,
        told: false,
        priority: 0,
        promise: None,
        accepted_at: NOW,
    };
    shop.warehouse(&at("WIE"), Command::Wait(wait)).await;
    let problems = shop.problems().await;
    let count = |word: &str| problems.iter().filter(|problem| problem.contains(word)).count();
    assert_eq!((problems.len(), count("for nobody"), count("to nobody")), (3, 2, 1), "{problems:?}");
    assert_eq!(problems.iter().filter(|problem| problem.contains(nobody.as_str())).count(), 2);
}

/// An allocation that is not as large as the order's fulfilments say.
#[tokio::test]
async fn a_promise_gone_is_found() {
    let (mut shop, document) = accepted().await;
    let part = document.order().unwrap().fulfilments.first().unwrap();
    let back =
        Command::Deallocate { reservation: part.claim.clone(), owner: Some(order_id()), lines: units(1) };
    shop.warehouse(&at("BER"), back).await;
    let problems = shop.problems().await;
    assert!(problems.iter().any(|problem| problem.contains("promises 1 of TEE-M")), "{problems:?}");
}

/// Room of a channel that no open order needs, and room that is missing.
#[tokio::test]
async fn room_of_nobody_is_found() {
    let (mut shop, document) = accepted().await;
    let wait = document.order().unwrap().waits.first().unwrap().id.clone();
    let id = CommandId::parse("b-1").unwrap();
    let claim = ClaimBackorder { owner: order_id(), lines: units(4), limit: 9, ttl_ms: 60_000, told: true };
    shop.channel_as(&id, ChannelCommand::Backorder(claim)).await;
    let close = ChannelCommand::CloseBackorder { id: wait.clone(), left: Vec::new() };
    shop.channel_as(&CommandId::parse("b-2").unwrap(), close).await;
    let order = order_id();
    let expected = [
        format!("1 units should be open at web-de under {wait}"),
        format!("{order}: web-de has 4 units open under b-1 for nobody"),
    ];
    let mut problems = shop.problems().await;
    problems.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(problems, expected);
}

/// An archive with documents that are not settled or lie under another's id, an order taken in twice.
#[tokio::test]
async fn a_desk_that_forgot_itself_is_found() {
    let (mut shop, document) = accepted().await;
    let other = OrderId::minted("o-1", "order", &["web-de", "o-3"]);
    shop.forge(Vec::new(), vec![DeskRow::Archived(other.clone(), Some(document))]).await;
    let received = DeskFact {
        kind: DeskFactKind::OrderReceived,
        document: order_id(),
        channel: None,
        number: None,
        warehouse: None,
        part: None,
        lines: Vec::new(),
        reason: None,
        time: None,
    };
    shop.forge(vec![received.clone()], Vec::new()).await;
    let mut problems = shop.problems().await;
    problems.sort();
    let order = order_id();
    let twice = problems.iter().find(|problem| problem.starts_with("J5")).unwrap();
    assert!(twice.starts_with(&format!("J5: {order} was taken in again at version ")), "{twice}");
    let expected = [
        format!("{other}: in the archive, yet not settled"),
        format!("{other}: the archive has {order} there"),
    ];
    assert!(expected.iter().all(|expected| problems.contains(expected)), "{problems:?}");
    assert_eq!(problems.len(), 3, "{problems:?}");
    // What was refused may come again.
    let refused = DeskFact { kind: DeskFactKind::OrderRefused, ..received.clone() };
    shop.forge(vec![refused, received], Vec::new()).await;
    assert_eq!(shop.problems().await.len(), 3);
}
