//! One of everything that a desk stores.

use std::sync::Arc;

use super::document::{cut_to_version_2, full_order, full_return, inbound, plain_order, transfer};
use crate::domain::desk::fact::DeskLine;
use crate::domain::desk::{Desk, DeskFact, DeskFactKind, DeskRow, Document, Refused};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{
    ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, WarehouseId,
};
use crate::domain::level::Condition;
use crate::domain::order::{Commercial, FulfilmentState};
use crate::domain::quantity::UNITS_MAX;
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::time::Timestamp;
use crate::journal::record::Entry;

pub(super) const AT: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(super) const ORDER: &str = "07-0a1b2c3d4e5f60718293a4b5c6";

pub(super) fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

pub(super) fn id(text: &str) -> CommandId {
    CommandId::stored(text)
}

pub(super) fn order_id(text: &str) -> OrderId {
    OrderId::parse(text).unwrap()
}

pub(super) fn at(text: &str) -> WarehouseId {
    WarehouseId::parse(text).unwrap()
}

pub(super) fn line(text: &str) -> LineId {
    LineId::parse(text).unwrap()
}

pub(super) fn reason(text: &str) -> Reason {
    Reason::parse(text).unwrap()
}

pub(super) fn reference(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

pub(super) fn channel() -> ChannelId {
    ChannelId::parse("web-de").unwrap()
}

pub(super) fn units(text: &str, quantity: i64) -> ClaimLine {
    ClaimLine { sku: sku(text), quantity }
}

/// Everything a desk stores, in one entry.
pub(super) fn entry() -> Entry<Desk> {
    super::samples::entry(&facts(), &rows())
}

/// One fact of each kind: of odd number bare, of even number with all there can be.
pub(super) fn facts() -> Vec<DeskFact> {
    let of = |kind: &DeskFactKind| {
        let bare = DeskFact {
            kind: *kind,
            document: order_id(ORDER),
            channel: None,
            number: None,
            warehouse: None,
            part: None,
            lines: Vec::new(),
            reason: None,
            time: None,
        };
        if !kind.number().is_multiple_of(2) {
            return bare;
        }
        DeskFact {
            channel: Some(channel()),
            number: OrderNumber::parse("o 1/größe").ok(),
            warehouse: Some(at("BER")),
            part: Some(3),
            lines: vec![
                DeskLine { line: Some(line("1")), sku: sku("TEE-M"), quantity: 2 },
                DeskLine { line: None, sku: sku("Größe #1/ü"), quantity: UNITS_MAX },
            ],
            reason: Some(reason("not found")),
            time: Some(AT.minus(1)),
            ..bare
        }
    };
    DeskFactKind::ALL.iter().map(of).collect()
}

/// One row of each kind, there and gone.
pub(super) fn rows() -> Vec<DeskRow> {
    let open = |document: Document| DeskRow::Open(document.id().clone(), Some(document));
    let plain = plain_order();
    let mut rows = vec![
        open(Document::Order(Arc::new(full_order()))),
        open(Document::Order(Arc::new(plain.clone()))),
        DeskRow::Open(order_id(ORDER), None),
        open(Document::Return(Arc::new(full_return(None)))),
        open(Document::Transfer(Arc::new(transfer()))),
        open(Document::Inbound(Arc::new(inbound()))),
        DeskRow::Archived(plain.id.clone(), Some(Document::Order(Arc::new(plain)))),
        DeskRow::Archived(order_id(ORDER), None),
        DeskRow::Refused(id("o-1"), None),
        DeskRow::Asked((at("BER"), 20_833), 17),
        DeskRow::Asked((at("BER"), -1), 0),
    ];
    rows.extend(refusals().into_iter().map(|refusal| {
        let refused = Refused { at: AT, fingerprint: u64::MAX, refusal };
        DeskRow::Refused(id("o-1").line(7), Some(refused))
    }));
    rows
}

/// The rows of a desk's first version, as they read now: no task had a trace.
pub(super) fn rows_of_version_1() -> Vec<DeskRow> {
    let mut rows = rows_of_version_2();
    for row in &mut rows {
        if let DeskRow::Open(_, Some(Document::Order(order))) = row {
            Arc::make_mut(order).tasks.open.iter_mut().for_each(|task| task.trace = None);
        }
    }
    rows
}

/// The facts of a desk's second version: nothing went along with a transfer.
pub(super) fn facts_of_version_2() -> Vec<DeskFact> {
    let new = |fact: &DeskFact| {
        matches!(
            fact.kind,
            DeskFactKind::FulfilmentAwaitsTransfer
                | DeskFactKind::FulfilmentInTransfer
                | DeskFactKind::TransferReduced
        )
    };
    facts().into_iter().filter(|fact| !new(fact)).collect()
}

/// The rows of a desk's second version, as they read now.
pub(super) fn rows_of_version_2() -> Vec<DeskRow> {
    let mut rows = rows();
    for row in &mut rows {
        match row {
            DeskRow::Open(_, Some(Document::Order(order))) => {
                let order = Arc::make_mut(order);
                order.journeys.clear();
                let new = [FulfilmentState::AwaitingTransfer, FulfilmentState::InTransfer];
                order.fulfilments.retain(|part| !new.contains(&part.state));
                order.fulfilments.iter_mut().for_each(|part| part.along = None);
                if order.tasks.last > 0 {
                    cut_to_version_2(&mut order.tasks);
                }
            }
            DeskRow::Open(_, Some(Document::Transfer(transfer))) => {
                Arc::make_mut(transfer).along.clear();
            }
            _ => {}
        }
    }
    rows
}

/// Every refusal.
pub(super) fn refusals() -> Vec<Refusal> {
    let (sku, by) = (sku("TEE-M"), id("r-2"));
    let (asked, there) = (3, -1);
    vec![
        Refusal::InsufficientStock(vec![Shortfall { sku: sku.clone(), asked, free: 1 }]),
        Refusal::OutOfRange,
        Refusal::InsufficientCondition { condition: Condition::Damaged, asked, there },
        Refusal::InsufficientCondition { condition: Condition::QualityControl, asked, there },
        Refusal::InsufficientCondition { condition: Condition::Quarantine, asked, there },
        Refusal::UnknownSku(sku.clone()),
        Refusal::UnknownReservation(by.clone()),
        Refusal::ReservationExpired,
        Refusal::Released,
        Refusal::Shipped,
        Refusal::Allocated,
        Refusal::Amended { by: by.clone() },
        Refusal::Superseded { by },
        Refusal::NotHeld { sku: sku.clone(), asked, held: 2 },
        Refusal::IdempotencyConflict,
        Refusal::StaleCommand { floor: AT.minus(5), server_time: AT },
        Refusal::StaleCount { last: Some(AT), oldest: AT.minus(9), newest: AT.plus(9) },
        Refusal::UnknownSeen,
        Refusal::FutureMovement { server_time: AT },
        Refusal::UnknownDocument { kind: "fulfilment" },
        Refusal::UnknownLine(line("9")),
        Refusal::LineIsOther { line: line("9") },
        Refusal::OrderExists,
        Refusal::IllegalStep { act: "amend", found: Commercial::PartiallyShipped.name() },
        Refusal::TooMany { line: line("9"), asked, possible: 2 },
        Refusal::OrderOpen { state: Commercial::Accepted.name() },
        Refusal::NotServiceable,
        Refusal::DeskFull,
        Refusal::UnknownChannel(channel()),
        Refusal::UnknownWarehouse(at("BER")),
        Refusal::OwnedByOrder { order: order_id(ORDER) },
        Refusal::InsufficientRoom { sku, asked, room: 2 },
        Refusal::AmbiguousOrder,
    ]
}
