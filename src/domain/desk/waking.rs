//! What time makes due: answers that never came, holds that end, promises that pass, money that must go back.

use std::sync::Arc;

use super::changing;
use super::claiming;
use super::fact::DeskFactKind;
use super::fulfilling::{elsewhere, given_back};
use super::paying::{PAYMENT_TIMEOUT, give_up};
use super::placing::desk_line;
use super::returning::{alert, alert_at};
use super::scribe::{Note, Scribe};
use super::state::{Desk, DeskRow, DeskRules, Document};
use crate::domain::machine::Draft;
use crate::domain::order::{
    Carrier, Fulfilment, FulfilmentState, Inbound, InboundState, Order, Step, Transfer, TransferState,
};
use crate::domain::routing::Why;
use crate::domain::time::Timestamp;

/// How many local days a warehouse's figure is kept after its day.
const DAYS_KEPT: i64 = 3;
const DAY_MS: i64 = 86_400_000;

/// When a document must be looked at next.
pub(super) fn due_of(document: &Document) -> Option<Timestamp> {
    match document {
        Document::Order(order) => order_due(order),
        Document::Return(back) => alert_at(back),
        Document::Transfer(transfer) => transfer_due(transfer),
        Document::Inbound(inbound) => inbound_due(inbound),
    }
}

/// When a document changed last.
#[must_use]
pub fn changed_at(document: &Document) -> Timestamp {
    let timeline = match document {
        Document::Order(order) => return order.updated_at,
        Document::Return(back) => &back.timeline,
        Document::Transfer(transfer) => &transfer.timeline,
        Document::Inbound(inbound) => &inbound.timeline,
    };
    timeline.last().map_or(Timestamp::MIN, |happened| happened.at)
}

fn order_due(order: &Order) -> Option<Timestamp> {
    let answers = order.fulfilments.iter().filter_map(|part| part.accept_by);
    let waits = order.fulfilments.iter().filter_map(wait_ends);
    let hold = order.hold.as_ref().and_then(|hold| hold.until);
    let late = (!order.late_told && order.lines.iter().any(|line| line.open() > 0))
        .then_some(order.terms.promise)
        .flatten();
    let released = order.terms.release_at.filter(|_| order.unrouted() > 0 && !order.tasks.is_routing());
    let refunds = order.returns.iter().filter_map(alert_at);
    answers.chain(waits).chain(hold).chain(late).chain(released).chain(refunds).min()
}

/// When a parcel nobody heard of counts as delivered, or one that waits for its buyer goes back to the shelf.
fn wait_ends(part: &Fulfilment) -> Option<Timestamp> {
    match part.state {
        // What came back to its sender never arrives.
        FulfilmentState::Shipped if part.carrier == Some(Carrier::ReturnedToSender) => None,
        FulfilmentState::Shipped | FulfilmentState::ReadyForPickup => part.ends_at,
        FulfilmentState::Proposed
        | FulfilmentState::Requested
        | FulfilmentState::Accepted
        | FulfilmentState::Rejected
        | FulfilmentState::TimedOut
        | FulfilmentState::Picking
        | FulfilmentState::Picked
        | FulfilmentState::ShortPicked
        | FulfilmentState::Packed
        | FulfilmentState::Delivered
        | FulfilmentState::Collected
        | FulfilmentState::OnHold
        | FulfilmentState::AwaitingTransfer
        | FulfilmentState::InTransfer
        | FulfilmentState::Cancelled => None,
    }
}

fn transfer_due(transfer: &Transfer) -> Option<Timestamp> {
    let under_way = matches!(transfer.state, TransferState::Shipped | TransferState::PartlyReceived);
    transfer.eta.filter(|_| under_way && !transfer.late_told)
}

fn inbound_due(inbound: &Inbound) -> Option<Timestamp> {
    let open = matches!(inbound.state, InboundState::Expected | InboundState::PartlyReceived);
    inbound.eta.filter(|_| open && !inbound.late_told)
}

/// Does what is due of a document.
pub(super) fn wake(rules: &DeskRules, scribe: &mut Scribe, document: Document) -> Document {
    match document {
        Document::Order(order) => {
            let mut order = Arc::unwrap_or_clone(order);
            wake_order(rules, scribe, &mut order);
            Document::Order(Arc::new(order))
        }
        Document::Return(back) => {
            let mut back = Arc::unwrap_or_clone(back);
            if alert_at(&back).is_some_and(|at| at <= scribe.now) {
                alert(scribe, None, &mut back);
            }
            Document::Return(Arc::new(back))
        }
        Document::Transfer(transfer) => {
            let mut transfer = Arc::unwrap_or_clone(transfer);
            transfer.late_told = true;
            let note = Note::at(&transfer.to, Vec::new()).time(transfer.eta);
            scribe.transfer(&mut transfer, DeskFactKind::TransferLate, note);
            Document::Transfer(Arc::new(transfer))
        }
        Document::Inbound(inbound) => {
            let mut inbound = Arc::unwrap_or_clone(inbound);
            inbound.late_told = true;
            let note = Note::at(&inbound.warehouse, Vec::new()).time(inbound.eta);
            scribe.inbound(&mut inbound, DeskFactKind::InboundLate, note);
            Document::Inbound(Arc::new(inbound))
        }
    }
}

fn wake_order(rules: &DeskRules, scribe: &mut Scribe, order: &mut Order) {
    let now = scribe.now;
    let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
    if is_due(order.hold.as_ref().and_then(|hold| hold.until)) {
        if changing::waits_for_payment(order) {
            give_up(scribe, order, PAYMENT_TIMEOUT);
        } else if changing::resume(scribe, order).is_err() {
            debug_assert!(false, "a held order can be resumed");
        }
    }
    let numbers: Vec<u32> = order.fulfilments.iter().map(|part| part.number).collect();
    for number in numbers {
        let Some(part) = order.fulfilment(number) else { continue };
        let ends = is_due(wait_ends(part));
        if is_due(part.accept_by)
            && let Some(state) = part.state.after(Step::TimeOut, part.held_in)
        {
            given_back(scribe, order, number, state, (DeskFactKind::FulfilmentTimedOut, None));
            elsewhere(scribe, order, number, None, Why::TimedOut);
        } else if ends {
            let step = if part.state == FulfilmentState::Shipped {
                super::command::FulfilStep::Deliver { at: None }
            } else {
                super::command::FulfilStep::Uncollected
            };
            if super::fulfilling::step(rules, scribe, order, (number, None, &step)).is_err() {
                debug_assert!(false, "what waits may end");
            }
        }
    }
    if !order.late_told && is_due(order.terms.promise) && order.lines.iter().any(|line| line.open() > 0) {
        order.late_told = true;
        let lines = order.lines.iter().filter(|line| line.open() > 0);
        let lines = lines.map(|line| desk_line(line, line.open())).collect();
        let note = Note::lines(lines).time(order.terms.promise);
        scribe.order(order, DeskFactKind::OrderLate, note);
    }
    if is_due(order.terms.release_at) {
        order.terms.release_at = None;
        claiming::retry(scribe, order);
    }
    for at in 0..order.returns.len() {
        let Some(mut back) = order.returns.get(at).cloned() else { continue };
        if alert_at(&back).is_some_and(|at| at <= now) {
            alert(scribe, Some(order), &mut back);
            if let Some(known) = order.returns.get_mut(at) {
                *known = back;
            }
        }
    }
}

/// The oldest local day of which is known how often warehouses were asked.
pub(super) fn oldest_day(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(DAY_MS).saturating_sub(DAYS_KEPT)
}

/// Forgets how many fulfilments warehouses were asked for on days long past.
pub(super) fn forget_days(desk: &mut Desk, now: Timestamp, draft: &mut Draft<Desk>) {
    let oldest = oldest_day(now);
    let old: Vec<_> = desk.asked.keys().filter(|(_, day)| *day < oldest).cloned().collect();
    for key in old {
        draft.put(desk, DeskRow::Asked(key, 0));
    }
}
