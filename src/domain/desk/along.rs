//! Promised units of an order that go along with a transfer: they stay promised where they are until they leave, are
//! nobody's on the road but the order's, and are promised to it where they arrive in the same step in which they do.
//!
//! The transfer tells how it stands in figures that only grow, so that it may tell twice; the order answers for what it
//! has cancelled meanwhile.

use super::changing::illegal;
use super::claiming::{by_sku, once_more, route};
use super::fact::DeskFactKind;
use super::reporting::request;
use super::scribe::{Note, Scribe};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{LineId, Reason, WarehouseId};
use crate::domain::order::journey::JOURNEYS_MAX;
use crate::domain::order::{
    AlongTold, Fulfilment, FulfilmentLine, FulfilmentState, Journey, Message, Order, Step, TaskWork,
};
use crate::domain::refusal::Refusal;
use crate::domain::routing::Method;
use crate::domain::warehouse::{Movement, MovementKind};

/// Why a fulfilment is given up whose goods were lost with their transfer.
const LOST: &str = "lost_in_transfer";

/// A transfer tells how it stands with units of an order. True where something changed.
///
/// # Errors
/// Why the units can't go along; once they do, nothing is refused.
pub(super) fn told(
    scribe: &mut Scribe,
    order: &mut Order,
    told: &AlongTold,
    day: i64,
) -> Result<bool, Refusal> {
    let along = &told.along;
    let is_meant = |known: &Journey| known.transfer == told.transfer && known.row == along.row;
    let Some(at) = order.journeys.iter().position(is_meant) else {
        if !told.over {
            return begin(scribe, order, told).map(|()| true);
        }
        // What was asked before and is still under way must not begin when it arrives.
        return Ok(remember(order, told, true).is_ok());
    };
    let Some(mut journey) = order.journeys.get(at).filter(|known| !known.over).cloned() else {
        return Ok(false);
    };
    let before = journey.clone();
    let left = along.shipped.saturating_sub(journey.shipped).max(0);
    let arrived = along.received.saturating_sub(journey.received).max(0);
    depart(scribe, order, &journey, (told, left));
    arrive(scribe, order, &journey, (told, arrived), day);
    journey.shipped = journey.shipped.saturating_add(left);
    journey.received = journey.received.saturating_add(arrived);
    journey.over = told.over;
    if told.over {
        end(scribe, order, &journey);
    }
    let changed = journey != before;
    if let Some(known) = order.journeys.get_mut(at) {
        *known = journey;
    }
    Ok(changed)
}

/// Lets units go along: they must be promised where the transfer begins, and nobody may have begun to pick them.
fn begin(scribe: &mut Scribe, order: &mut Order, told: &AlongTold) -> Result<(), Refusal> {
    let along = &told.along;
    if order.withdrawn || order.accepted_at.is_none() || order.state.is_over() {
        return Err(illegal("carry", order));
    }
    if matches!(order.method, Method::Pickup(_)) {
        return Err(Refusal::IllegalStep { act: "carry", found: "pickup" });
    }
    let line = order.line(&along.line).ok_or_else(|| Refusal::UnknownLine(along.line.clone()))?;
    if line.sku != along.sku || !line.stock {
        return Err(Refusal::LineIsOther { line: along.line.clone() });
    }
    if let Some(number) = along.fulfilment {
        order.fulfilment(number).ok_or(Refusal::UnknownDocument { kind: "fulfilment" })?;
    }
    let may = |part: &&Fulfilment| {
        part.warehouse == told.from
            && part.stage().is_unbegun()
            && along.fulfilment.is_none_or(|number| number == part.number)
    };
    let parts: Vec<(u32, i64)> = order
        .fulfilments
        .iter()
        .filter(may)
        .map(|part| (part.number, part.quantity(&along.line)))
        .filter(|(_, units)| *units > 0)
        .collect();
    let possible = parts.iter().fold(0_i64, |sum, (_, units)| sum.saturating_add(*units));
    if along.quantity > possible {
        return Err(Refusal::TooMany { line: along.line.clone(), asked: along.quantity, possible });
    }
    remember(order, told, false)?;
    let mut open = along.quantity;
    for (number, units) in parts {
        let units = units.min(open);
        if units > 0 {
            let number = part_off(scribe, order, number, (&along.line, units));
            join(scribe, order, number, told);
        }
        open = open.saturating_sub(units);
    }
    Ok(())
}

/// Notes a journey; of those that are over, the oldest makes room.
fn remember(order: &mut Order, told: &AlongTold, over: bool) -> Result<(), Refusal> {
    if order.journeys.len() >= JOURNEYS_MAX {
        let oldest = order.journeys.iter().position(|known| known.over).ok_or(Refusal::OutOfRange)?;
        order.journeys.remove(oldest);
    }
    let along = &told.along;
    order.journeys.push(Journey {
        transfer: told.transfer.clone(),
        row: along.row,
        line: along.line.clone(),
        quantity: if over { 0 } else { along.quantity },
        shipped: 0,
        received: 0,
        over,
    });
    Ok(())
}

fn join(scribe: &mut Scribe, order: &mut Order, number: u32, told: &AlongTold) {
    let Some(part) = order.fulfilment_mut(number) else { return };
    let stage = part.stage();
    let Some(state) = part.state.after(Step::Join, part.held_in) else { return };
    part.held_in = stage;
    part.state = state;
    part.accept_by = None;
    part.along = Some((told.transfer.clone(), told.along.row));
    let note = Note::of(part);
    scribe.order(order, DeskFactKind::FulfilmentAwaitsTransfer, note);
}

/// Units of one line as a fulfilment of their own, where it stood; its number. One that has nothing else is it already.
fn part_off(scribe: &mut Scribe, order: &mut Order, number: u32, (id, units): (&LineId, i64)) -> u32 {
    let next = order.next_fulfilment();
    let Some(part) = order.fulfilment_mut(number) else { return number };
    let all = part.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
    if all <= units {
        return number;
    }
    let mut off = Fulfilment { number: next, lines: Vec::new(), parcels: Vec::new(), ..part.clone() };
    let mut open = units;
    for line in part.lines.iter_mut().filter(|line| line.line == *id) {
        let taken = open.min(line.quantity);
        line.quantity = line.quantity.saturating_sub(taken);
        open = open.saturating_sub(taken);
        if taken > 0 {
            off.lines.push(FulfilmentLine { quantity: taken, ..line.clone() });
        }
    }
    part.lines.retain(|line| line.quantity > 0);
    if off.state.is_allocated() {
        scribe.asked.push(((off.warehouse.clone(), off.day), 1));
    }
    order.fulfilments.push(off);
    next
}

/// The parts of a journey in a state, with their units of its line.
fn parts_in(order: &Order, journey: &Journey, state: FulfilmentState) -> Vec<(u32, i64)> {
    let parts = order.fulfilments.iter().filter(|part| part.state == state && journey.has(part));
    parts.map(|part| (part.number, part.quantity(&journey.line))).collect()
}

/// Units left with the transfer: they leave under the order's own promise. What was cancelled a moment before has left all
/// the same, so it leaves under none.
fn depart(scribe: &mut Scribe, order: &mut Order, journey: &Journey, (told, units): (&AlongTold, i64)) {
    let mut open = units;
    for (number, there) in parts_in(order, journey, FulfilmentState::AwaitingTransfer) {
        let going = there.min(open);
        open = open.saturating_sub(going);
        if going > 0 {
            let number = part_off(scribe, order, number, (&journey.line, going));
            leave(scribe, order, number, told);
        }
    }
    if open > 0 {
        let kind = MovementKind::TransferOut { transfer: told.transfer.clone() };
        let movement = Movement {
            sku: told.along.sku.clone(),
            kind,
            quantity: open,
            reference: None,
            reason: None,
            occurred_at: Some(told.at),
        };
        tell(scribe, order, &told.from, Message::Move(movement));
    }
}

fn leave(scribe: &mut Scribe, order: &mut Order, number: u32, told: &AlongTold) {
    let Some(part) = order.fulfilment_mut(number) else { return };
    let Some(state) = part.state.after(Step::Depart, part.held_in) else { return };
    let message = Message::SendAlong {
        claim: part.claim.clone(),
        lines: by_sku(&part.lines),
        at: told.at,
        transfer: told.transfer.clone(),
    };
    scribe.asked.push(((part.warehouse.clone(), part.day), -1));
    part.state = state;
    part.held_in = state;
    part.warehouse = told.to.clone();
    part.claim = told.claim();
    let part = part.clone();
    for line in &part.lines {
        if let Some(known) = order.line_mut(&line.line) {
            known.allocated = known.allocated.saturating_sub(line.quantity);
            known.backordered = known.backordered.saturating_add(line.quantity);
        }
    }
    tell(scribe, order, &told.from, message);
    scribe.order(order, DeskFactKind::FulfilmentInTransfer, Note::of(&part));
}

/// Units arrived and are promised there: the warehouse is asked for them. What was cancelled on the road is given back.
fn arrive(
    scribe: &mut Scribe,
    order: &mut Order,
    journey: &Journey,
    (told, units): (&AlongTold, i64),
    day: i64,
) {
    let mut open = units;
    for (number, there) in parts_in(order, journey, FulfilmentState::InTransfer) {
        let come = there.min(open);
        open = open.saturating_sub(come);
        if come == 0 {
            continue;
        }
        let number = part_off(scribe, order, number, (&journey.line, come));
        let Some(mut part) = order.fulfilment(number).cloned() else { continue };
        for line in &part.lines {
            if let Some(known) = order.line_mut(&line.line) {
                known.backordered = known.backordered.saturating_sub(line.quantity);
                known.allocated = known.allocated.saturating_add(line.quantity);
            }
        }
        part.day = day;
        // The goods were sent here on purpose: nobody waits for the warehouse to agree.
        part.accept_within_ms = None;
        part.along = None;
        request(scribe, order, (part, Step::Arrive));
    }
    if open > 0 {
        give_back(scribe, order, told, open);
    }
}

fn give_back(scribe: &Scribe, order: &mut Order, told: &AlongTold, units: i64) {
    let lines = vec![ClaimLine { sku: told.along.sku.clone(), quantity: units }];
    tell(scribe, order, &told.to, Message::Deallocate { claim: told.claim(), lines });
}

/// Nothing more comes of a journey: what has not left stays where it is, for what has not arrived another place is looked
/// for.
fn end(scribe: &mut Scribe, order: &mut Order, journey: &Journey) {
    for (number, _) in parts_in(order, journey, FulfilmentState::AwaitingTransfer) {
        stay(scribe, order, number);
    }
    let lost = parts_in(order, journey, FulfilmentState::InTransfer);
    for (number, _) in &lost {
        let Some(part) = order.fulfilment_mut(*number) else { continue };
        part.state = FulfilmentState::Cancelled;
        part.along = None;
        let part = part.clone();
        for line in &part.lines {
            if let Some(known) = order.line_mut(&line.line) {
                known.backordered = known.backordered.saturating_sub(line.quantity);
                known.unrouted = known.unrouted.saturating_add(line.quantity);
            }
        }
        let note = Note::of(&part).reason(Some(Reason::stored(LOST)));
        scribe.order(order, DeskFactKind::FulfilmentCancelled, note);
    }
    if !lost.is_empty() {
        once_more(order);
        route(scribe, order);
    }
}

fn stay(scribe: &mut Scribe, order: &mut Order, number: u32) {
    let held = order.holds_back();
    let Some(part) = order.fulfilment_mut(number) else { return };
    let Some(state) = part.state.after(Step::Leave, part.held_in) else { return };
    part.along = None;
    part.state = if held { FulfilmentState::OnHold } else { state };
    let asked = part.state == FulfilmentState::Requested;
    part.accept_by = part.accept_within_ms.filter(|_| asked).map(|within| scribe.now.plus(within));
    let note = Note::of(part);
    let kind = if held { DeskFactKind::FulfilmentHeld } else { DeskFactKind::FulfilmentResumed };
    scribe.order(order, kind, note);
}

/// Units that were to go along are cancelled before they left: the transfer is told. Units on the road are cancelled without a word; they are
/// given back when they arrive.
pub(super) fn fewer(scribe: &Scribe, order: &mut Order, (part, units): (&Fulfilment, i64)) {
    let Some(journey) = order.journeys.iter_mut().find(|journey| journey.has(part)) else { return };
    journey.quantity = journey.quantity.saturating_sub(units);
    let (transfer, row, quantity) = (journey.transfer.clone(), journey.row, journey.quantity);
    order.tasks.push(scribe.begun(), TaskWork::Fewer { transfer, row, quantity });
}

/// Takes units of a line out of what is on the road; how many it was.
pub(super) fn take_travelling(scribe: &mut Scribe, order: &mut Order, id: &LineId, quantity: i64) -> i64 {
    let mut left = quantity;
    for at in 0..order.fulfilments.len() {
        let Some(part) = order.fulfilments.get_mut(at) else { continue };
        if part.state != FulfilmentState::InTransfer || left == 0 {
            continue;
        }
        for line in part.lines.iter_mut().filter(|line| line.line == *id) {
            let units = left.min(line.quantity);
            line.quantity = line.quantity.saturating_sub(units);
            left = left.saturating_sub(units);
        }
        part.lines.retain(|line| line.quantity > 0);
        if part.lines.is_empty() {
            part.state = FulfilmentState::Cancelled;
            part.along = None;
            let note = Note::at(&part.warehouse, Vec::new()).part(part.number);
            scribe.order(order, DeskFactKind::FulfilmentCancelled, note);
        }
    }
    let taken = quantity.saturating_sub(left);
    if let Some(line) = order.line_mut(id) {
        line.backordered = line.backordered.saturating_sub(taken);
    }
    taken
}

fn tell(scribe: &Scribe, order: &mut Order, warehouse: &WarehouseId, message: Message) {
    order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse: warehouse.clone(), message });
}
