//! What became of the messages a document sent: claims granted or refused, goods promised, waiting claims served.

use std::sync::Arc;

use super::claiming::{
    UNROUTABLE, drop_plan, give_everything_back, give_up, give_wait_up, may_be_refused, route,
};
use super::command::TaskOutcome;
use super::decide::{Outcome, unknown};
use super::fact::{DeskFactKind, DeskLine};
use super::moving;
use super::placing::desk_line;
use super::scribe::{Note, Scribe};
use super::state::Document;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, LineId, Reason, WarehouseId};
use crate::domain::order::model::Waits;
use crate::domain::order::{
    ClaimPart, Fulfilment, FulfilmentLine, FulfilmentState, Message, Order, Step, Task, TaskWork,
};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Blocked, Why};
use crate::domain::warehouse::WaitForStock;

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
            if let Some(task) = order.tasks.take(task)
                && let Err(refusal) = reported(scribe, &mut order, &task, outcome)
            {
                return Ok(Outcome::Withdrawn(Arc::new(order), refusal));
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
                order.tasks.push_first(scribe.begun(), work);
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
                order.tasks.push_first(scribe.begun(), work);
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
            began_to_wait(scribe, order, (id, line, warehouse), wait);
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
        (
            TaskWork::Tell { .. }
            | TaskWork::CloseBackorder { .. }
            | TaskWork::Abandon { .. }
            | TaskWork::Along { .. }
            | TaskWork::Fewer { .. },
            outcome,
        ) => {
            if let Some(note) = refused_note(outcome) {
                scribe.order(order, DeskFactKind::TaskRefused, note);
            }
        }
        // What needs an answer and got none is given up and asked again.
        (TaskWork::Claim { attempt, parts } | TaskWork::Allocate { attempt, parts }, _) => {
            drop_plan(order, parts);
            let work = TaskWork::Abandon { attempt: *attempt, parts: parts.clone() };
            order.tasks.push_first(scribe.begun(), work);
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

/// Units of a line wait for goods from now on.
fn began_to_wait(
    scribe: &mut Scribe,
    order: &mut Order,
    (id, line, warehouse): (&CommandId, &LineId, &WarehouseId),
    wait: &WaitForStock,
) {
    let Some(known) = order.line_mut(line) else { return };
    let moved = wait.quantity.min(known.unrouted);
    known.unrouted = known.unrouted.saturating_sub(moved);
    known.backordered = known.backordered.saturating_add(moved);
    let note = Note::at(warehouse, vec![desk_line(known, moved)]);
    let (id, line, warehouse) = (id.clone(), line.clone(), warehouse.clone());
    order.waits.push(Waits { id, line, warehouse, open: moved, booked: 0 });
    scribe.order(order, DeskFactKind::LineBackordered, note.time(wait.promise));
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
    got.into_iter().for_each(|fulfilment| request(scribe, order, (fulfilment, Step::Request)));
    if short {
        route(scribe, order);
    }
}

/// Asks the warehouse for a fulfilment whose stock is promised, or has come.
pub(super) fn request(scribe: &mut Scribe, order: &mut Order, (mut fulfilment, step): (Fulfilment, Step)) {
    let held = order.holds_back();
    let state = fulfilment.state.after(step, fulfilment.held_in).unwrap_or(fulfilment.state);
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
                along: None,
            };
            request(scribe, order, (fulfilment, Step::Request));
        }
        let excess = new.saturating_sub(wanted);
        if excess > 0 {
            // Cancelled while it was being served.
            let lines = vec![ClaimLine { sku, quantity: excess }];
            let work = tell(Message::Deallocate { claim: wait.clone(), lines });
            order.tasks.push(scribe.begun(), work);
        }
    }
    order.tasks.push(scribe.begun(), tell(Message::AckServed { wait: wait.clone(), upto: total }));
    order.close_backorder(scribe.begun(), wait);
    true
}
