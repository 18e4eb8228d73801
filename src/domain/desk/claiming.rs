//! From a decision to promised goods: claims at warehouses, room at channels, and what becomes of each.
//!
//! The order of things, each step journaled before the next message goes out: decided, claimed, allocated (a plan of one
//! warehouse claims and allocates in one step), then waiting for what nobody has. Refused: what was claimed is given
//! back, and fresh figures decide again, a bounded number of times.

use std::sync::Arc;

use super::command::{Place, Routing, TaskOutcome};
use super::decide::{Outcome, unknown};
use super::fact::{DeskFactKind, DeskLine};
use super::moving;
use super::placing::desk_line;
use super::scribe::{Note, Scribe};
use super::state::Document;
use crate::domain::hold::{ClaimLine, quantity_of};
use crate::domain::ids::{CommandId, LineId, Reason, WarehouseId};
use crate::domain::order::model::{ROUTED_MAX, Routed, Waits};
use crate::domain::order::{
    ClaimPart, Fulfilment, FulfilmentLine, FulfilmentState, Message, OnHold, Order, Step, Task, TaskWork,
};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Blocked, Left, LeftWhat, Part, Why};
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
        order.tasks.push(scribe.now, TaskWork::Claim { attempt, parts });
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
    let reasons = [UNROUTABLE, ASK_OPERATOR, DeskFactKind::PaymentWithoutStock.name()];
    order.hold.take_if(|hold| reasons.contains(&hold.reason.as_str()));
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
fn may_be_refused(order: &Order) -> bool {
    !order.told && order.accepted_at.is_none() && order.lines.iter().all(|line| line.shipped == 0)
}

/// Somebody must look at the order: no place was found for units of it.
fn give_up(scribe: &mut Scribe, order: &mut Order, why: &'static str) {
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
    order.tasks.push(scribe.now, TaskWork::Backorder { channel, id, line, warehouse, wait });
}

/// Takes in what became of a task.
pub(super) fn report(
    scribe: &mut Scribe,
    known: Option<Document>,
    task: u32,
    outcome: &TaskOutcome,
) -> Result<Outcome, Refusal> {
    let document = known.ok_or_else(unknown("document"))?;
    if !document.tasks().open.iter().any(|open| open.number == task) {
        return Ok(Outcome::Unchanged(document));
    }
    match document {
        Document::Order(order) => {
            let mut order = Arc::unwrap_or_clone(order);
            if let Some(task) = order.tasks.take(task) {
                if let Err(refusal) = reported(scribe, &mut order, &task, outcome) {
                    return Ok(Outcome::Withdrawn(Arc::new(order), refusal));
                }
            }
            Ok(Outcome::Changed(Document::Order(Arc::new(order))))
        }
        Document::Transfer(transfer) => {
            let mut transfer = Arc::unwrap_or_clone(transfer);
            if let Some(task) = transfer.tasks.take(task) {
                moving::reported(scribe, &mut transfer, &task, outcome);
            }
            Ok(Outcome::Changed(Document::Transfer(Arc::new(transfer))))
        }
        Document::Return(back) => {
            let mut back = Arc::unwrap_or_clone(back);
            back.tasks.take(task);
            if let Some(note) = refused_note(outcome) {
                scribe.back(&mut back, DeskFactKind::TaskRefused, note);
            }
            Ok(Outcome::Changed(Document::Return(Arc::new(back))))
        }
        Document::Inbound(inbound) => {
            let mut inbound = Arc::unwrap_or_clone(inbound);
            inbound.tasks.take(task);
            if let Some(note) = refused_note(outcome) {
                scribe.inbound(&mut inbound, DeskFactKind::TaskRefused, note);
            }
            Ok(Outcome::Changed(Document::Inbound(Arc::new(inbound))))
        }
    }
}

/// What to note where a task was refused.
pub(super) fn refused_note(outcome: &TaskOutcome) -> Option<Note> {
    match outcome {
        TaskOutcome::Refused { warehouse, refusal } => {
            let note = Note { warehouse: warehouse.clone(), ..Note::default() };
            Some(note.reason(Some(Reason::stored(refusal.code()))))
        }
        TaskOutcome::Done | TaskOutcome::Claimed(_) => None,
    }
}

fn reported(
    scribe: &mut Scribe,
    order: &mut Order,
    task: &Task,
    outcome: &TaskOutcome,
) -> Result<(), Refusal> {
    match (&task.work, outcome) {
        (TaskWork::Claim { attempt, parts }, TaskOutcome::Claimed(got)) => {
            if parts.len() > 1 {
                let work = TaskWork::Allocate { attempt: *attempt, parts: got.clone() };
                order.tasks.push_first(scribe.now, work);
            } else {
                allocated(scribe, order, got);
            }
        }
        (TaskWork::Allocate { parts, .. }, TaskOutcome::Done) => allocated(scribe, order, parts),
        (
            TaskWork::Claim { attempt, parts } | TaskWork::Allocate { attempt, parts },
            TaskOutcome::Refused { warehouse, .. },
        ) => {
            drop_plan(order, parts);
            if parts.len() > 1 || matches!(task.work, TaskWork::Allocate { .. }) {
                let work = TaskWork::Abandon { attempt: *attempt, parts: parts.clone() };
                order.tasks.push_first(scribe.now, work);
            }
            if order.told
                && let Some(warehouse) = warehouse
            {
                // What is told is never refused: another place, or the waiting list, must take it.
                let (warehouse, why) = (warehouse.clone(), Why::RefusedClaim);
                order.blocked.push(Blocked { warehouse, sku: None, why });
            }
            route(scribe, order);
        }
        (TaskWork::Backorder { id, line, warehouse, wait, .. }, TaskOutcome::Done) => {
            let (id, line, warehouse) = (id.clone(), line.clone(), warehouse.clone());
            let moved = order.line_mut(&line).map_or(0, |known| {
                let moved = wait.quantity.min(known.unrouted);
                known.unrouted = known.unrouted.saturating_sub(moved);
                known.backordered = known.backordered.saturating_add(moved);
                moved
            });
            let note = Note::at(
                &warehouse,
                order.line(&line).map(|known| desk_line(known, moved)).into_iter().collect(),
            );
            order.waits.push(Waits { id, line, warehouse, open: moved, booked: 0 });
            scribe.order(order, DeskFactKind::LineBackordered, note.time(wait.promise));
        }
        (TaskWork::Backorder { .. }, TaskOutcome::Refused { refusal, .. }) => {
            // Room may have been claimed, and the claim may wait, all the same.
            give_wait_up(scribe, order, &task.work);
            if may_be_refused(order) {
                give_everything_back(scribe, order);
                return Err(refusal.clone());
            }
            match refusal {
                // It took too long; nobody has said no.
                Refusal::ReservationExpired | Refusal::Released => route(scribe, order),
                _ => give_up(scribe, order, UNROUTABLE),
            }
        }
        (TaskWork::Tell { .. } | TaskWork::CloseBackorder { .. } | TaskWork::Abandon { .. }, outcome) => {
            if let Some(note) = refused_note(outcome) {
                scribe.order(order, DeskFactKind::TaskRefused, note);
            }
        }
        // What needs an answer and got none is given up and asked again.
        (TaskWork::Claim { attempt, parts } | TaskWork::Allocate { attempt, parts }, _) => {
            drop_plan(order, parts);
            let work = TaskWork::Abandon { attempt: *attempt, parts: parts.clone() };
            order.tasks.push_first(scribe.now, work);
            route(scribe, order);
        }
        (TaskWork::Backorder { .. }, _) => {
            give_wait_up(scribe, order, &task.work);
            route(scribe, order);
        }
        (TaskWork::Route, _) => route(scribe, order),
    }
    Ok(())
}

/// Takes planned fulfilments out again; their units are unrouted still.
fn drop_plan(order: &mut Order, parts: &[ClaimPart]) {
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
        order.tasks.push(scribe.now, TaskWork::Route);
    }
}

/// Promised: the warehouse is asked to do it.
fn allocated(scribe: &mut Scribe, order: &mut Order, parts: &[ClaimPart]) {
    let mut short = false;
    let mut got = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(mut fulfilment) = order.fulfilment(part.fulfilment).cloned() else { continue };
        short |= cut_to(&mut fulfilment, &part.lines);
        if fulfilment.lines.is_empty() {
            order.fulfilments.retain(|known| known.number != part.fulfilment);
            continue;
        }
        for line in &fulfilment.lines {
            if let Some(known) = order.line_mut(&line.line) {
                known.unrouted = known.unrouted.saturating_sub(line.quantity);
                known.allocated = known.allocated.saturating_add(line.quantity);
            }
        }
        got.push(fulfilment);
    }
    got.into_iter().for_each(|fulfilment| request(scribe, order, fulfilment));
    if short {
        route(scribe, order);
    }
}

/// Asks the warehouse for a fulfilment whose stock is promised.
fn request(scribe: &mut Scribe, order: &mut Order, mut fulfilment: Fulfilment) {
    let held = order.holds_back();
    let state = fulfilment.state.after(Step::Request, fulfilment.held_in).unwrap_or(fulfilment.state);
    fulfilment.held_in = state;
    fulfilment.state = if held { FulfilmentState::OnHold } else { state };
    fulfilment.requested_at = scribe.now;
    fulfilment.accept_by =
        fulfilment.accept_within_ms.filter(|_| !held).map(|within| scribe.now.plus(within));
    scribe.asked.push(((fulfilment.warehouse.clone(), fulfilment.day), 1));
    let note = Note::of(&fulfilment);
    match order.fulfilment_mut(fulfilment.number) {
        Some(known) => *known = fulfilment,
        None => order.fulfilments.push(fulfilment),
    }
    scribe.order(order, DeskFactKind::FulfilmentRequested, note);
}

/// Cuts a fulfilment down to what was got of each SKU. Whether something is missing.
fn cut_to(fulfilment: &mut Fulfilment, got: &[ClaimLine]) -> bool {
    let mut left: Vec<ClaimLine> = got.to_vec();
    let mut short = false;
    for line in &mut fulfilment.lines {
        let there = left.iter_mut().find(|known| known.sku == line.sku);
        let take = there.as_ref().map_or(0, |known| known.quantity.min(line.quantity));
        if let Some(known) = there {
            known.quantity = known.quantity.saturating_sub(take);
        }
        short |= take < line.quantity;
        line.quantity = take;
    }
    fulfilment.lines.retain(|line| line.quantity > 0);
    short
}

/// Units of waiting claims that have goods now: each becomes a fulfilment. True where something changed.
pub(super) fn served(scribe: &mut Scribe, order: &mut Order, wait: &CommandId, total: i64, day: i64) -> bool {
    let Some(waits) = order.waits.iter().find(|waits| waits.id == *wait).cloned() else { return false };
    let new = total.saturating_sub(waits.booked).max(0);
    if new == 0 {
        return false;
    }
    let wanted = new.min(waits.open);
    for known in order.waits.iter_mut().filter(|known| known.id == *wait) {
        known.booked = total;
        known.open = known.open.saturating_sub(wanted);
    }
    let sku = order.line(&waits.line).map(|line| line.sku.clone());
    if let Some(line) = order.line_mut(&waits.line) {
        line.backordered = line.backordered.saturating_sub(wanted);
        line.allocated = line.allocated.saturating_add(wanted);
    }
    let tell = |message: Message| TaskWork::Tell { warehouse: waits.warehouse.clone(), message };
    if let Some(sku) = sku {
        if wanted > 0 {
            let line = DeskLine { line: Some(waits.line.clone()), sku: sku.clone(), quantity: wanted };
            scribe.order(order, DeskFactKind::BackorderServed, Note::at(&waits.warehouse, vec![line]));
            let fulfilment = Fulfilment {
                number: order.next_fulfilment(),
                warehouse: waits.warehouse.clone(),
                claim: wait.clone(),
                state: FulfilmentState::Proposed,
                held_in: FulfilmentState::Proposed,
                lines: vec![FulfilmentLine {
                    line: waits.line.clone(),
                    sku: sku.clone(),
                    quantity: wanted,
                    serials: Vec::new(),
                }],
                requested_at: scribe.now,
                accept_within_ms: None,
                accept_by: None,
                day,
                parcels: Vec::new(),
                carrier: None,
                trouble: None,
                left_at: None,
                ends_at: None,
            };
            request(scribe, order, fulfilment);
        }
        let excess = new.saturating_sub(wanted);
        if excess > 0 {
            // Cancelled while it was being served.
            let lines = vec![ClaimLine { sku, quantity: excess }];
            let work = tell(Message::Deallocate { claim: wait.clone(), lines });
            order.tasks.push(scribe.now, work);
        }
    }
    order.tasks.push(scribe.now, tell(Message::AckServed { wait: wait.clone(), upto: total }));
    order.close_backorder(scribe.now, wait);
    true
}

/// Tries again to find places. True where something changed.
pub(super) fn retry(scribe: &Scribe, order: &mut Order) -> bool {
    let parked = order.unrouted() > 0 && !order.tasks.is_routing();
    if parked {
        let lacked = |blocked: &Blocked| blocked.why.lacked_goods() && blocked.why != Why::ShortPicked;
        order.blocked.retain(|blocked| !lacked(blocked));
        once_more(order);
        route(scribe, order);
    }
    parked
}

/// Stops a routing under way: what was claimed, or may have been, is given back. Units planned are unrouted again.
pub(super) fn stop_routing(scribe: &Scribe, order: &mut Order) {
    let tasks = std::mem::take(&mut order.tasks.open);
    for task in tasks {
        match task.work {
            TaskWork::Route => {}
            TaskWork::Claim { attempt, parts } | TaskWork::Allocate { attempt, parts } => {
                drop_plan(order, &parts);
                order.tasks.push(scribe.now, TaskWork::Abandon { attempt, parts });
            }
            TaskWork::Backorder { .. } => give_wait_up(scribe, order, &task.work),
            TaskWork::Abandon { .. } | TaskWork::Tell { .. } | TaskWork::CloseBackorder { .. } => {
                order.tasks.open.push(task);
            }
        }
    }
}

/// Rules a waiting claim out that may or may not have begun, and gives its room back.
fn give_wait_up(scribe: &Scribe, order: &mut Order, work: &TaskWork) {
    let TaskWork::Backorder { channel, id, warehouse, .. } = work else { return };
    let (warehouse, message) = (warehouse.clone(), Message::GiveUpWait { wait: id.clone() });
    order.tasks.push(scribe.now, TaskWork::Tell { warehouse, message });
    let (channel, id) = (channel.clone(), id.clone());
    order.tasks.push(scribe.now, TaskWork::CloseBackorder { channel, id, left: Vec::new() });
}

/// Gives everything back that was ever claimed for an order that is refused after all.
fn give_everything_back(scribe: &mut Scribe, order: &mut Order) {
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
