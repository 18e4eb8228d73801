//! One of every kind of document, with everything that it may have.

use std::sync::Arc;

use super::desk::{AT, ORDER, at, channel, id, line, order_id, reason, reference, sku, units};
use super::samples::trace;
use crate::domain::desk::DeskFactKind;
use crate::domain::ids::{ActorName, OrderId, OrderNumber};
use crate::domain::level::Condition;
use crate::domain::order::model::{Known, Waits};
use crate::domain::order::{
    Along, AlongTold, Begun, Carrier, ClaimPart, Commercial, Contact, Destination, Fulfilment,
    FulfilmentLine, FulfilmentState, Happened, Inbound, InboundLine, InboundState, Inspected, Journey, Line,
    Message, OnHold, Order, Parcel, Payment, PaymentState, Refund, Return, ReturnLine, ReturnState, Routed,
    TaskWork, Tasks, Terms, Transfer, TransferLine, TransferState,
};
use crate::domain::place::{Country, PostalPrefix};
use crate::domain::routing::{
    Blocked, Chosen, Considered, Decided, Dropped, Explanation, Filter, Method, Outcome, Sort, Way, Why,
};
use crate::domain::warehouse::{Movement, MovementKind, Promised, WaitForStock};

/// An order that says as little as it may.
pub(super) fn plain_order() -> Order {
    Order {
        id: order_id(ORDER),
        channel: channel(),
        number: OrderNumber::parse("o-1").unwrap(),
        revision: None,
        content: 0,
        told: false,
        state: Commercial::Received,
        placed_at: AT,
        updated_at: AT,
        lines: Vec::new(),
        method: Method::Ship,
        destination: Destination::default(),
        terms: Terms::default(),
        payment: Payment { state: PaymentState::Unknown, required: false, reference: None },
        refunds: Vec::new(),
        hold: None,
        reservation: None,
        fulfilments: Vec::new(),
        returns: Vec::new(),
        waits: Vec::new(),
        journeys: Vec::new(),
        attempt: 0,
        only: None,
        blocked: Vec::new(),
        tasks: Tasks::default(),
        routed: Vec::new(),
        timeline: Vec::new(),
        known: Vec::new(),
        contact: Contact::None,
        tracking: None,
        cancelled_for: None,
        late_told: false,
        epoch: 1,
        accepted_at: None,
        withdrawn: false,
        carried: Arc::from("{}"),
    }
}

/// An order with everything there is, whether or not that makes sense together.
pub(super) fn full_order() -> Order {
    Order {
        revision: Some(-1),
        content: u64::MAX,
        told: true,
        state: Commercial::PartiallyShipped,
        updated_at: AT.plus(7),
        lines: lines(),
        method: Method::Pickup(at("store-1")),
        destination: Destination { country: Country::parse("DE").ok(), postal: PostalPrefix::of("10115") },
        terms: terms(),
        payment: Payment { state: PaymentState::Paid, required: true, reference: Some(reference("pay 1")) },
        refunds: vec![refund(Some(1)), refund(None)],
        hold: Some(OnHold { reason: reason("payment"), until: Some(AT.plus(60_000)) }),
        reservation: Some(id("r-1")),
        fulfilments: FulfilmentState::ALL.iter().map(|state| fulfilment(*state)).collect(),
        returns: vec![full_return(Some(order_id(ORDER)))],
        journeys: vec![Journey {
            transfer: order_id("03-00"),
            row: 1,
            line: line("1"),
            quantity: 4,
            shipped: 3,
            received: 2,
            over: true,
        }],
        waits: vec![Waits { id: id("w/1"), line: line("1"), warehouse: at("BER"), open: 2, booked: 1 }],
        attempt: 3,
        only: Some(at("BER")),
        blocked: Why::ALL.iter().map(|why| blocked(*why)).collect(),
        tasks: tasks(),
        routed: vec![routed()],
        timeline: timeline(),
        known: known(),
        contact: Contact::Erased(AT),
        tracking: Some([7; 32]),
        cancelled_for: Some(reason("payment_timeout")),
        late_told: true,
        epoch: 300,
        accepted_at: Some(AT.plus(5)),
        withdrawn: true,
        carried: Arc::from(r#"{"campaign":"größe"}"#),
        ..plain_order()
    }
}

fn lines() -> Vec<Line> {
    let goods = Line {
        unrouted: 1,
        backordered: 2,
        allocated: 3,
        shipped: 4,
        cancelled: 5,
        unpaid: 2,
        returned: 3,
        ..Line::new(line("1"), sku("TEE-M"), true, 15, 1_999)
    };
    vec![goods, Line::new(line("2"), sku("Größe #1/ü"), false, 1, 0)]
}

fn terms() -> Terms {
    Terms {
        ship_complete: true,
        priority: u8::MAX,
        promise: Some(AT.plus(1)),
        release_day: Some(20_834),
        release_at: Some(AT.plus(2)),
        backorder: true,
        attempts_max: 5,
        pay_until: Some(AT.plus(3)),
    }
}

fn refund(of: Option<u32>) -> Refund {
    let (currency, told) = ("EUR".to_owned(), of.is_some());
    let reason = told.then(|| reason("too small"));
    Refund { at: AT, amount_minor: 1_999, currency, of, reason, reference: told.then(|| reference("rf-1")) }
}

fn fulfilment(state: FulfilmentState) -> Fulfilment {
    let bare = Fulfilment {
        number: u32::from(state.number()),
        warehouse: at("BER"),
        claim: id("07-1/1/1/BER"),
        state,
        held_in: state,
        lines: Vec::new(),
        requested_at: AT,
        accept_within_ms: None,
        accept_by: None,
        day: -1,
        parcels: Vec::new(),
        carrier: None,
        trouble: None,
        left_at: None,
        ends_at: None,
        along: None,
    };
    if state != FulfilmentState::Shipped {
        return bare;
    }
    let serials = vec![reference("sn 1"), reference("sn 2")];
    Fulfilment {
        held_in: FulfilmentState::Packed,
        lines: vec![FulfilmentLine { line: line("1"), sku: sku("TEE-M"), quantity: 2, serials }],
        accept_within_ms: Some(3_600_000),
        accept_by: Some(AT.plus(3_600_000)),
        day: 20_833,
        parcels: vec![
            Parcel { carrier: Some(reference("dhl")), tracking: Some(reference("00340434161094021501")) },
            Parcel { carrier: None, tracking: None },
        ],
        carrier: Some(Carrier::Exception),
        trouble: Some(reason("nobody there")),
        left_at: Some(AT.plus(9)),
        ends_at: Some(AT.plus(10)),
        along: Some((order_id("03-00"), 2)),
        ..bare
    }
}

pub(super) fn full_return(order: Option<OrderId>) -> Return {
    let alone = order.is_none();
    Return {
        id: order_id(&format!("{ORDER}-r1")),
        number: 1,
        order,
        channel: Some(channel()),
        reference: Some(reference("other-shop-7")),
        warehouse: at("BER"),
        state: ReturnState::PartlyReceived,
        lines: vec![ReturnLine {
            line: Some(line("1")),
            sku: sku("TEE-M"),
            quantity: 20,
            reason: Some(reason("too small")),
            received: 14,
            inspected: Inspected { sellable: 1, damaged: 2, quarantine: 3, scrap: 4 },
        }],
        declared_at: AT,
        refund_by: AT.plus(3),
        alert_at: AT.plus(2),
        alerted: true,
        refunded: true,
        tasks: Tasks { open: Vec::new(), last: if alone { 4 } else { 0 } },
        known: if alone { known() } else { Vec::new() },
        timeline: if alone { timeline() } else { Vec::new() },
    }
}

pub(super) fn transfer() -> Transfer {
    Transfer {
        id: order_id("03-00"),
        reference: Some(reference("to store")),
        from: at("BER"),
        to: at("WIE"),
        state: TransferState::PartlyReceived,
        lines: vec![TransferLine { sku: sku("TEE-M"), quantity: 9, shipped: 8, received: 5, lost: 1 }],
        along: vec![along(), Along { row: 2, fulfilment: None, refused: None, ..along() }],
        requested_at: AT,
        eta: Some(AT.plus(1)),
        late_told: true,
        tasks: Tasks::default(),
        known: known(),
        timeline: timeline(),
    }
}

fn along() -> Along {
    Along {
        row: 1,
        order: order_id(ORDER),
        channel: channel(),
        line: line("1"),
        sku: sku("TEE-M"),
        fulfilment: Some(3),
        quantity: 4,
        shipped: 3,
        received: 2,
        lost: 1,
        refused: Some(reason("too_many")),
    }
}

pub(super) fn inbound() -> Inbound {
    Inbound {
        id: order_id("04-00"),
        reference: Some(reference("PO 4711")),
        warehouse: at("BER"),
        state: InboundState::PartlyReceived,
        lines: vec![InboundLine { sku: sku("TEE-M"), expected: 9, received: 10 }],
        eta: Some(AT.plus(1)),
        late_told: true,
        told_at: AT,
        tasks: Tasks::default(),
        known: known(),
        timeline: timeline(),
    }
}

fn blocked(why: Why) -> Blocked {
    let sku = (why == Why::ShortPicked).then(|| sku("TEE-M"));
    Blocked { warehouse: at("WIE"), sku, why }
}

fn known() -> Vec<Known> {
    vec![Known { id: id("o-1"), fingerprint: u64::MAX }, Known { id: id("o-1").line(7), fingerprint: 0 }]
}

fn timeline() -> Vec<Happened> {
    let bare = Happened {
        at: AT,
        kind: DeskFactKind::OrderReceived,
        actor: None,
        warehouse: None,
        number: None,
        quantity: 0,
        reason: None,
    };
    let full = Happened {
        kind: DeskFactKind::FulfilmentShortPicked,
        actor: ActorName::parse("till 3").ok(),
        warehouse: Some(at("BER")),
        number: Some(2),
        quantity: -2,
        reason: Some(reason("not found")),
        ..bare.clone()
    };
    vec![bare, full]
}

fn routed() -> Routed {
    let considered =
        |name: &str| Considered { warehouse: at(name), dropped: None, place: Some(1), decided_by: None };
    let mut all = vec![
        considered("BER"),
        Considered { place: Some(2), decided_by: Some(Sort::Distance), ..considered("WIE") },
    ];
    all.extend(Filter::ALL.iter().map(|filter| Considered {
        dropped: Some(Dropped { filter: *filter, detail: "nothing free".to_owned() }),
        place: None,
        ..considered("ZRH")
    }));
    let chosen = Chosen {
        outcome: Outcome::Split,
        warehouses: vec![at("BER"), at("WIE")],
        covered: 5,
        wanted: 6,
        passed: 2,
        way: Some(Way::Exact),
        tried: 3,
        too_small: 1,
        bounded: true,
        decided: Decided::Sort(Sort::Complete),
    };
    let parts = vec![(at("BER"), vec![(line("1"), 3)]), (at("WIE"), vec![(line("1"), 2)])];
    Routed { attempt: 2, at: AT, explanation: Explanation { considered: all, chosen }, parts }
}

/// Every kind of task, message and movement.
fn tasks() -> Tasks {
    let claim = || id("07-1/1/1/BER");
    let parts = || {
        vec![ClaimPart {
            fulfilment: 1,
            warehouse: at("BER"),
            claim: claim(),
            lines: vec![units("TEE-M", 2)],
        }]
    };
    let wait = WaitForStock {
        channel: channel(),
        owner: order_id(ORDER),
        sku: sku("TEE-M"),
        quantity: 2,
        told: true,
        priority: 9,
        promise: Some(AT),
        accepted_at: AT,
    };
    let mut work = vec![
        TaskWork::Route,
        TaskWork::Claim { attempt: 1, parts: parts() },
        TaskWork::Allocate { attempt: 2, parts: parts() },
        TaskWork::Abandon { attempt: 3, parts: parts() },
        TaskWork::Backorder {
            channel: channel(),
            id: id("w/1"),
            line: line("1"),
            warehouse: at("BER"),
            wait,
        },
        TaskWork::CloseBackorder { channel: channel(), id: id("w/1"), left: vec![units("TEE-M", 1)] },
        TaskWork::CloseBackorder { channel: channel(), id: id("w/1"), left: Vec::new() },
    ];
    let messages = [
        Message::Deallocate { claim: claim(), lines: vec![units("TEE-M", 1)] },
        Message::Ship { claim: claim(), lines: vec![units("TEE-M", 1)], at: AT, transfer: true },
        Message::WriteOff {
            claim: claim(),
            lines: vec![units("TEE-M", 1)],
            damaged: true,
            reason: Some(reason("broken")),
        },
        Message::Unwait { wait: id("w/1"), quantity: 1 },
        Message::GiveUpWait { wait: id("w/1") },
        Message::AckServed { wait: id("w/1"), upto: 3 },
    ];
    let movements = movements().into_iter().map(Message::Move);
    let told = messages.into_iter().chain(movements);
    work.extend(told.map(|message| TaskWork::Tell { warehouse: at("BER"), message }));
    work.extend(of_version_3());
    let mut tasks = Tasks::default();
    for (at, work) in work.into_iter().enumerate() {
        let trace = trace().filter(|_| at.is_multiple_of(2));
        tasks.push(Begun { at: AT, trace }, work);
    }
    tasks
}

/// What the second version had no word for.
fn of_version_3() -> Vec<TaskWork> {
    let (order, transfer) = (order_id(ORDER), order_id("03-00"));
    let told = AlongTold {
        transfer: transfer.clone(),
        from: at("BER"),
        to: at("WIE"),
        along: along(),
        at: AT.plus(4),
        over: true,
    };
    let promised = Promised { claim: told.claim(), order: order.clone(), channel: channel(), quantity: 2 };
    let come = Movement {
        sku: sku("TEE-M"),
        kind: MovementKind::TransferIn { transfer: transfer.clone(), into: None, promised: vec![promised] },
        quantity: 4,
        reference: None,
        reason: None,
        occurred_at: None,
    };
    let (claim, lines) = (id("07-1/1/1/BER"), vec![units("TEE-M", 1)]);
    let left = Message::SendAlong { claim, lines, at: AT, transfer: transfer.clone() };
    let tell = |message| TaskWork::Tell { warehouse: at("WIE"), message };
    vec![
        TaskWork::Along { order, told: Box::new(told) },
        TaskWork::Fewer { transfer, row: 2, quantity: 3 },
        tell(left),
        tell(Message::Move(come)),
    ]
}

/// The tasks of a document as the second version had them.
pub(super) fn cut_to_version_2(tasks: &mut Tasks) {
    let old = tasks.open.len().saturating_sub(of_version_3().len());
    tasks.open.truncate(old);
    tasks.last = u32::try_from(old).unwrap();
}

fn movements() -> Vec<Movement> {
    let kinds = [
        MovementKind::Receive(None),
        MovementKind::Return(Some(Condition::QualityControl)),
        MovementKind::Adjust,
        MovementKind::Hold(Condition::Damaged),
        MovementKind::Restock(Condition::Quarantine),
        MovementKind::Reclassify { from: Condition::QualityControl, to: Condition::Damaged },
        MovementKind::Scrap(None),
        MovementKind::Sell { channel: channel(), reservation: Some(id("r-1")) },
        MovementKind::TransferOut { transfer: order_id("03-00") },
        MovementKind::TransferIn {
            transfer: order_id("03-00"),
            into: Some(Condition::Damaged),
            promised: Vec::new(),
        },
    ];
    let told = |kind| Movement {
        sku: sku("TEE-M"),
        kind,
        quantity: 4,
        reference: Some(reference("PO 4711")),
        reason: Some(reason("found")),
        occurred_at: Some(AT),
    };
    kinds.into_iter().map(told).collect()
}
