//! From a decision to messages: claims at warehouses and room at channels. What becomes of them is `reporting`'s.
//!
//! The order of things, each step journaled before the next message goes out: decided, claimed, allocated (a plan of one
//! warehouse claims and allocates in one step), then waiting for what nobody has. Refused: what was claimed is given
//! back, and fresh figures decide again, a bounded number of times.

use super::command::{Place, Routing};
use super::fact::DeskFactKind;
use super::placing::desk_line;
use super::scribe::{Note, Scribe};
use crate::domain::hold::{ClaimLine, quantity_of};
use crate::domain::ids::{LineId, Reason, WarehouseId};
use crate::domain::order::model::{ROUTED_MAX, Routed};
use crate::domain::order::{
    ClaimPart, Fulfilment, FulfilmentLine, FulfilmentState, Message, OnHold, Order, Task, TaskWork,
};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Left, LeftWhat, Part, Why};
use crate::domain::warehouse::WaitForStock;

/// Why an order waits that no place was found for.
pub(super) const UNROUTABLE: &str = "unroutable";
/// Why an order waits whose leftovers an operator must decide.
pub(super) const ASK_OPERATOR: &str = "ask_operator";

/// Carries out a routing that a task asked for. True where something changed.
///
/// # Errors
/// The refusal of the whole order.
pub(super) fn decide(
    scribe: &mut Scribe,
    order: &mut Order,
    task: u32,
    routing: &Routing,
) -> Result<bool, Refusal> {
    let is_route = |task: &Task| matches!(task.work, TaskWork::Route);
    if !order.tasks.open.iter().any(|open| open.number == task && is_route(open)) {
        // Somebody cancelled or re-routed meanwhile.
        return Ok(false);
    }
    order.tasks.take(task);
    if order.unrouted() > 0
        && let Err(refusal) = apply(scribe, order, routing)
    {
        give_everything_back(scribe, order);
        return Err(refusal);
    }
    Ok(true)
}

/// Makes a decision the order's plan.
///
/// # Errors
/// The refusal of the whole order, which may be told only while it was never accepted and its channel asks.
pub(super) fn apply(scribe: &mut Scribe, order: &mut Order, routing: &Routing) -> Result<(), Refusal> {
    let decision = &routing.decision;
    let refused = decision.left.iter().any(|left| left.what == LeftWhat::Refuse);
    let spent = order.attempt >= order.terms.attempts_max.max(1);
    if may_be_refused(order) && (refused || spent) {
        return Err(if routing.serviceable {
            Refusal::InsufficientStock(routing.free.clone())
        } else {
            Refusal::NotServiceable
        });
    }
    order.attempt = order.attempt.saturating_add(1);
    note_routing(scribe, order, routing);
    if spent {
        give_up(scribe, order, UNROUTABLE);
        return Ok(());
    }
    let parts: Vec<ClaimPart> =
        decision.parts.iter().filter_map(|part| propose(scribe, order, part, &routing.places)).collect();
    if !parts.is_empty() {
        let attempt = order.attempt;
        order.tasks.push(scribe.begun(), TaskWork::Claim { attempt, parts });
    }
    let (mut ask, mut stuck) = (false, false);
    for left in &decision.left {
        match &left.what {
            LeftWhat::Backorder { warehouse, promise } => wait(scribe, order, left, warehouse, *promise),
            // Whoever paid late must hear of it.
            LeftWhat::Park => stuck |= paid_late(order),
            LeftWhat::Ask => ask = true,
            LeftWhat::Refuse => stuck = true,
        }
    }
    if ask {
        give_up(scribe, order, ASK_OPERATOR);
    } else if stuck {
        give_up(scribe, order, UNROUTABLE);
    } else {
        lift(order);
    }
    Ok(())
}

/// Ends the hold of an order that no place was found for: what is done next decides anew.
pub(super) fn lift(order: &mut Order) {
    if waits_for_place(order) {
        order.hold = None;
    }
}

/// Whether it was paid after it had been given up, and has no place since.
fn paid_late(order: &Order) -> bool {
    order.payment.state.is_good() && order.cancelled_for.is_some()
}

/// Whatever an order was tried before, it may be tried once more.
pub(super) fn once_more(order: &mut Order) {
    order.terms.attempts_max = order.terms.attempts_max.max(order.attempt).saturating_add(1);
}

/// Whether nothing but an answer is owed: the channel asks, and not a unit was ever promised.
pub(super) fn may_be_refused(order: &Order) -> bool {
    !order.told && order.accepted_at.is_none() && order.lines.iter().all(|line| line.shipped == 0)
}

/// Somebody must look at the order: no place was found for units of it.
pub(super) fn give_up(scribe: &mut Scribe, order: &mut Order, why: &'static str) {
    let paid = paid_late(order);
    let kind = if paid { DeskFactKind::PaymentWithoutStock } else { DeskFactKind::OrderUnroutable };
    let lines = order.lines.iter().filter(|line| line.unrouted > 0);
    let lines = lines.map(|line| desk_line(line, line.unrouted)).collect();
    let reason = Reason::stored(if paid { kind.name() } else { why });
    scribe.order(order, kind, Note::lines(lines).reason(Some(reason.clone())));
    if order.hold.is_none() {
        order.hold = Some(OnHold { reason: reason.clone(), until: None });
        scribe.order(order, DeskFactKind::OrderHeld, Note::default().reason(Some(reason)));
    }
}

fn note_routing(scribe: &mut Scribe, order: &mut Order, routing: &Routing) {
    let decision = &routing.decision;
    let parts = decision.parts.iter().map(|part| (part.warehouse.clone(), part.lines.clone())).collect();
    let (attempt, at, explanation) = (order.attempt, scribe.now, decision.explanation.clone());
    if order.routed.len() >= ROUTED_MAX {
        order.routed.remove(0);
    }
    order.routed.push(Routed { attempt, at, explanation, parts });
    let lines = decision
        .parts
        .iter()
        .flat_map(|part| &part.lines)
        .filter_map(|(id, quantity)| order.line(id).map(|line| desk_line(line, *quantity)));
    let note = Note::lines(lines.collect());
    scribe.order(order, DeskFactKind::OrderRouted, note);
}

/// Plans a fulfilment, and says what must be claimed for it.
fn propose(scribe: &Scribe, order: &mut Order, part: &Part, places: &[Place]) -> Option<ClaimPart> {
    let place = places.iter().find(|place| place.warehouse == part.warehouse);
    let lines: Vec<FulfilmentLine> = part
        .lines
        .iter()
        .filter_map(|(id, quantity)| {
            let line = order.line(id)?;
            let quantity = (*quantity).min(line.unrouted);
            let (line, sku) = (line.id.clone(), line.sku.clone());
            (quantity > 0).then_some(FulfilmentLine { line, sku, quantity, serials: Vec::new() })
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let (number, claim) = (order.next_fulfilment(), order.claim_at(&part.warehouse));
    let claimed = by_sku(&lines);
    order.fulfilments.push(Fulfilment {
        number,
        warehouse: part.warehouse.clone(),
        claim: claim.clone(),
        state: FulfilmentState::Proposed,
        held_in: FulfilmentState::Proposed,
        lines,
        requested_at: scribe.now,
        accept_within_ms: place.and_then(|place| place.accept_within_ms),
        accept_by: None,
        day: place.map_or(0, |place| place.day),
        parcels: Vec::new(),
        carrier: None,
        trouble: None,
        left_at: None,
        ends_at: None,
        along: None,
    });
    Some(ClaimPart { fulfilment: number, warehouse: part.warehouse.clone(), claim, lines: claimed })
}

/// Lets units of a line wait for goods.
fn wait(
    scribe: &Scribe,
    order: &mut Order,
    left: &Left,
    warehouse: &WarehouseId,
    promise: Option<crate::domain::time::Timestamp>,
) {
    let Some(line) = order.line(&left.line) else { return };
    let quantity = left.quantity.min(line.unrouted);
    let wait = WaitForStock {
        channel: order.channel.clone(),
        owner: order.id.clone(),
        sku: line.sku.clone(),
        quantity,
        told: order.told,
        priority: order.terms.priority,
        promise: order.terms.promise.or(promise),
        accepted_at: order.placed_at,
    };
    let id = order.wait_of(&left.line);
    let (channel, line, warehouse) = (order.channel.clone(), left.line.clone(), warehouse.clone());
    order.tasks.push(scribe.begun(), TaskWork::Backorder { channel, id, line, warehouse, wait });
}

/// Takes planned fulfilments out again; their units are unrouted still.
pub(super) fn drop_plan(order: &mut Order, parts: &[ClaimPart]) {
    order.fulfilments.retain(|known| {
        known.state != FulfilmentState::Proposed || !parts.iter().any(|part| part.fulfilment == known.number)
    });
    // What was to wait is decided anew with the rest.
    order.tasks.open.retain(|task| !matches!(task.work, TaskWork::Backorder { .. }));
}

/// Asks for a routing, once. It comes after the one under way: what that one places has its place by then.
pub(super) fn route(scribe: &Scribe, order: &mut Order) {
    let asked = order.tasks.open.iter().any(|task| matches!(task.work, TaskWork::Route));
    if order.unrouted() > 0 && !asked {
        order.tasks.push(scribe.begun(), TaskWork::Route);
    }
}

/// Tries again to find places, because goods have come or a place has become free: also where somebody was asked to look
/// at it. True where something changed.
pub(super) fn retry(scribe: &Scribe, order: &mut Order) -> bool {
    let parked = order.unrouted() > 0 && !order.tasks.is_routing();
    if parked {
        lift(order);
        once_more(order);
        order.blocked.retain(|blocked| blocked.why != Why::RefusedClaim);
        route(scribe, order);
    }
    parked
}

/// Whether an order waits for somebody to find it a place, which goods that come may do as well.
#[must_use]
pub fn waits_for_place(order: &Order) -> bool {
    order.hold.as_ref().is_some_and(|hold| {
        [UNROUTABLE, ASK_OPERATOR, DeskFactKind::PaymentWithoutStock.name()].contains(&hold.reason.as_str())
    })
}

/// Stops a routing under way: what was claimed, or may have been, is given back. Units planned are unrouted again.
pub(super) fn stop_routing(scribe: &Scribe, order: &mut Order) {
    let tasks = std::mem::take(&mut order.tasks.open);
    for task in tasks {
        match task.work {
            TaskWork::Route => {}
            TaskWork::Claim { attempt, parts } | TaskWork::Allocate { attempt, parts } => {
                drop_plan(order, &parts);
                order.tasks.push(scribe.begun(), TaskWork::Abandon { attempt, parts });
            }
            TaskWork::Backorder { .. } => give_wait_up(scribe, order, &task.work),
            TaskWork::Abandon { .. }
            | TaskWork::Tell { .. }
            | TaskWork::CloseBackorder { .. }
            | TaskWork::Along { .. }
            | TaskWork::Fewer { .. } => {
                order.tasks.open.push(task);
            }
        }
    }
}

/// Rules a waiting claim out that may or may not have begun, and gives its room back.
pub(super) fn give_wait_up(scribe: &Scribe, order: &mut Order, work: &TaskWork) {
    let TaskWork::Backorder { channel, id, warehouse, .. } = work else { return };
    let (warehouse, message) = (warehouse.clone(), Message::GiveUpWait { wait: id.clone() });
    order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
    let (channel, id) = (channel.clone(), id.clone());
    order.tasks.push(scribe.begun(), TaskWork::CloseBackorder { channel, id, left: Vec::new() });
}

/// Gives everything back that was ever claimed for an order that is refused after all.
pub(super) fn give_everything_back(scribe: &mut Scribe, order: &mut Order) {
    stop_routing(scribe, order);
    let lines: Vec<(LineId, i64)> = order.lines.iter().map(|line| (line.id.clone(), line.open())).collect();
    for (id, quantity) in lines {
        let taken = super::changing::take_back(scribe, order, &id, quantity, true);
        if let Some(line) = order.line_mut(&id) {
            line.cancelled = line.cancelled.saturating_add(taken);
        }
    }
}

/// Turns an order that was refused into one that only gives back what was claimed for it.
pub(super) fn withdraw(order: &mut Order) {
    order.withdrawn = true;
    order.hold = None;
    order.cancelled_for = Some(Reason::stored("refused"));
    order.fulfilments.retain(|part| !part.state.is_allocated() && part.state != FulfilmentState::Proposed);
    for line in &mut order.lines {
        line.cancelled = line.cancelled.saturating_add(line.open());
        (line.unrouted, line.backordered, line.allocated) = (0, 0, 0);
    }
    order.state = order.settled_state();
}

/// The lines with one line per SKU, in order of first mention.
pub(super) fn by_sku(lines: &[FulfilmentLine]) -> Vec<ClaimLine> {
    let mut sums: Vec<ClaimLine> = Vec::with_capacity(lines.len());
    for line in lines {
        if quantity_of(&sums, &line.sku) == 0 {
            sums.push(ClaimLine { sku: line.sku.clone(), quantity: line.quantity });
        } else if let Some(sum) = sums.iter_mut().find(|sum| sum.sku == line.sku) {
            sum.quantity = sum.quantity.saturating_add(line.quantity);
        }
    }
    sums
}
