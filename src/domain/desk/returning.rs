//! Goods that come back: announced, received, looked at, refunded.
//!
//! A return lives in its order; one without a known order is a document of its own. Goods that arrive lie under quality
//! control until somebody has looked at them.

use std::sync::Arc;

use super::command::{AnnounceReturn, AnnouncedUnits, ReturnedUnits};
use super::decide::{Outcome, unknown};
use super::fact::{DeskFactKind, DeskLine};
use super::scribe::{Note, Scribe};
use super::state::{DeskRules, Document};
use crate::domain::ids::{CommandId, OrderId, Reference, Sku, WarehouseId};
use crate::domain::level::Condition;
use crate::domain::order::model::Known;
use crate::domain::order::{Inspected, Message, Order, Return, ReturnLine, ReturnState, TaskWork, Tasks};
use crate::domain::quantity::Quantity;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Movement, MovementKind};

/// Lines a return may have.
const LINES_MAX: usize = 1_000;
/// Returns an order may have.
const RETURNS_MAX: usize = 200;

/// Takes an announcement in.
pub(super) fn announce(
    rules: &DeskRules,
    scribe: &mut Scribe,
    known: Option<Document>,
    said: &AnnounceReturn,
    room: bool,
) -> Result<Outcome, Refusal> {
    if said.lines.is_empty() || said.lines.len() > LINES_MAX {
        return Err(Refusal::OutOfRange);
    }
    if said.order.is_none() {
        if let Some(document) = known {
            return Ok(Outcome::Unchanged(document));
        }
        if !room {
            return Err(Refusal::DeskFull);
        }
        let mut back = announced(rules, scribe, said, (said.id.clone(), 1));
        back.lines = said.lines.iter().map(loose_line).collect::<Result<_, _>>()?;
        let note = Note::at(&back.warehouse, desk_lines(&back, |line| line.quantity));
        scribe.back(&mut back, DeskFactKind::ReturnAnnounced, note);
        return Ok(Outcome::Changed(Document::Return(Arc::new(back))));
    }
    let order = known.as_ref().and_then(Document::order).cloned().ok_or_else(unknown("order"))?;
    let mut order = Arc::unwrap_or_clone(order);
    if order.returns.len() >= RETURNS_MAX {
        return Err(Refusal::OutOfRange);
    }
    let number = u32::try_from(order.returns.len()).unwrap_or(u32::MAX).saturating_add(1);
    let id = OrderId::stored(&format!("{}-r{number}", order.id));
    let mut back = announced(rules, scribe, said, (id, number));
    back.order = Some(order.id.clone());
    back.channel = Some(order.channel.clone());
    // A resend must be answered with this return, whatever else comes back of the order meanwhile.
    back.known.push(Known { id: CommandId::stored(said.id.as_str()), fingerprint: 0 });
    for line in &said.lines {
        let line = order_line(&order, &back, line)?;
        back.lines.push(line);
    }
    let note = Note::at(&back.warehouse, desk_lines(&back, |line| line.quantity)).part(number);
    scribe.order(&mut order, DeskFactKind::ReturnAnnounced, note);
    order.returns.push(back);
    Ok(Outcome::Changed(Document::Order(Arc::new(order))))
}

fn announced(
    rules: &DeskRules,
    scribe: &Scribe,
    said: &AnnounceReturn,
    (id, number): (OrderId, u32),
) -> Return {
    let declared_at = said.declared_at.unwrap_or(scribe.now);
    let refund_by = said.refund_by.unwrap_or_else(|| declared_at.plus(rules.refund_within_ms));
    Return {
        id,
        number,
        order: None,
        channel: said.channel.clone(),
        reference: said.reference.clone(),
        warehouse: said.warehouse.clone(),
        state: ReturnState::Announced,
        lines: Vec::new(),
        declared_at,
        refund_by,
        alert_at: refund_by.minus(rules.refund_alert_ms),
        alerted: false,
        refunded: false,
        tasks: Tasks::default(),
        known: Vec::new(),
        timeline: Vec::new(),
    }
}

fn loose_line(said: &AnnouncedUnits) -> Result<ReturnLine, Refusal> {
    let AnnouncedUnits { sku, quantity, reason, .. } = said;
    let sku = sku.clone().ok_or(Refusal::OutOfRange)?;
    let quantity = Quantity::new(*quantity).ok_or(Refusal::OutOfRange)?.units();
    Ok(fresh(None, sku, quantity, reason.clone()))
}

/// A line of an order that comes back: no more than has left and was not announced before.
fn order_line(order: &Order, back: &Return, said: &AnnouncedUnits) -> Result<ReturnLine, Refusal> {
    let AnnouncedUnits { line, sku, quantity, reason } = said;
    let quantity = Quantity::new(*quantity).ok_or(Refusal::OutOfRange)?.units();
    let found = match (line, sku) {
        (Some(id), _) => order.line(id).ok_or_else(|| Refusal::UnknownLine(id.clone()))?,
        (None, Some(sku)) => {
            let mut of_sku = order.lines.iter().filter(|line| line.stock && line.sku == *sku);
            of_sku.next().ok_or_else(|| Refusal::UnknownSku(sku.clone()))?
        }
        (None, None) => return Err(Refusal::OutOfRange),
    };
    let expected = order.returns.iter().chain([back]).filter(|known| known.state != ReturnState::Cancelled);
    let expected =
        expected.flat_map(|known| &known.lines).filter(|known| known.line.as_ref() == Some(&found.id));
    let expected = expected.fold(0_i64, |sum, known| sum.saturating_add(known.quantity));
    let possible = found.shipped.saturating_sub(expected).max(0);
    if quantity > possible {
        return Err(Refusal::TooMany { line: found.id.clone(), asked: quantity, possible });
    }
    Ok(fresh(Some(found.id.clone()), found.sku.clone(), quantity, reason.clone()))
}

fn fresh(
    line: Option<crate::domain::ids::LineId>,
    sku: Sku,
    quantity: i64,
    reason: Option<crate::domain::ids::Reason>,
) -> ReturnLine {
    ReturnLine { line, sku, quantity, reason, received: 0, inspected: Inspected::default() }
}

/// Goods arrived, at the warehouse announced or another.
pub(super) fn receive(
    scribe: &mut Scribe,
    known: Option<Document>,
    number: u32,
    (warehouse, lines): (Option<&WarehouseId>, Option<&[ReturnedUnits]>),
) -> Result<Outcome, Refusal> {
    with_return(known, number, |order, back, tasks| {
        if matches!(back.state, ReturnState::Closed | ReturnState::Cancelled) {
            return Err(Refusal::IllegalStep { act: "receive", found: back.state.name() });
        }
        if let Some(warehouse) = warehouse.filter(|warehouse| **warehouse != back.warehouse) {
            // What has arrived waits for its inspection where it is.
            if back.state != ReturnState::Announced {
                return Err(Refusal::IllegalStep { act: "receive elsewhere", found: back.state.name() });
            }
            back.warehouse = warehouse.clone();
        }
        let lines: Vec<ReturnedUnits> = match lines {
            Some(lines) => lines.to_vec(),
            None => back.lines.iter().map(still_expected).collect(),
        };
        let mut arrived = Vec::new();
        for said in lines.iter().filter(|said| said.quantity != 0) {
            let mut left = Quantity::new(said.quantity).ok_or(Refusal::OutOfRange)?.units();
            let expected = back.lines.iter().filter(|line| line.sku == said.sku);
            let possible =
                expected.fold(0_i64, |sum, line| sum.saturating_add(still_expected(line).quantity));
            if left > possible {
                return Err(Refusal::NotHeld { sku: said.sku.clone(), asked: left, held: possible });
            }
            for line in back.lines.iter_mut().filter(|line| line.sku == said.sku) {
                let units = left.min(line.quantity.saturating_sub(line.received));
                line.received = line.received.saturating_add(units);
                left = left.saturating_sub(units);
                if let (Some(order), Some(id)) = (order.as_deref_mut(), &line.line)
                    && let Some(known) = order.line_mut(id)
                {
                    known.returned = known.returned.saturating_add(units);
                }
            }
            let kind = MovementKind::Return(Some(Condition::QualityControl));
            push_move(scribe, tasks, back, (kind, said.sku.clone(), said.quantity));
            arrived.push(DeskLine { line: None, sku: said.sku.clone(), quantity: said.quantity });
        }
        if arrived.is_empty() {
            return Err(Refusal::IllegalStep { act: "receive", found: back.state.name() });
        }
        back.state = back.settled_state();
        let note = Note::at(&back.warehouse, arrived).part(back.number);
        noted(scribe, order, back, DeskFactKind::ReturnReceived, note);
        Ok(())
    })
}

fn still_expected(line: &ReturnLine) -> ReturnedUnits {
    let quantity = line.quantity.saturating_sub(line.received).max(0);
    ReturnedUnits { sku: line.sku.clone(), quantity }
}

/// Goods were looked at: each unit goes where it belongs.
pub(super) fn inspect(
    scribe: &mut Scribe,
    known: Option<Document>,
    number: u32,
    lines: &[(Sku, Inspected)],
) -> Result<Outcome, Refusal> {
    with_return(known, number, |order, back, tasks| {
        let mut seen = Vec::new();
        for (sku, found) in lines {
            let figures = [found.sellable, found.damaged, found.quarantine, found.scrap];
            let waiting = |line: &ReturnLine| line.received.saturating_sub(line.inspected.units()).max(0);
            let there = back.lines.iter().filter(|line| line.sku == *sku);
            let there = there.fold(0_i64, |sum, line| sum.saturating_add(waiting(line)));
            if figures.iter().any(|figure| *figure < 0) || found.units() == 0 {
                return Err(Refusal::OutOfRange);
            }
            if found.units() > there {
                return Err(Refusal::NotHeld { sku: sku.clone(), asked: found.units(), held: there });
            }
            let mut left = *found;
            for line in back.lines.iter_mut().filter(|line| line.sku == *sku) {
                let mut room = waiting(line);
                let slots: [fn(&mut Inspected) -> &mut i64; 4] = [
                    |found| &mut found.sellable,
                    |found| &mut found.damaged,
                    |found| &mut found.quarantine,
                    |found| &mut found.scrap,
                ];
                for slot in slots {
                    let units = room.min(*slot(&mut left));
                    *slot(&mut left) = slot(&mut left).saturating_sub(units);
                    *slot(&mut line.inspected) = slot(&mut line.inspected).saturating_add(units);
                    room = room.saturating_sub(units);
                }
            }
            let from = Condition::QualityControl;
            let moves = [
                (MovementKind::Restock(from), found.sellable),
                (MovementKind::Reclassify { from, to: Condition::Damaged }, found.damaged),
                (MovementKind::Reclassify { from, to: Condition::Quarantine }, found.quarantine),
                (MovementKind::Scrap(Some(from)), found.scrap),
            ];
            for (kind, quantity) in moves.into_iter().filter(|(_, quantity)| *quantity > 0) {
                push_move(scribe, tasks, back, (kind, sku.clone(), quantity));
            }
            seen.push(DeskLine { line: None, sku: sku.clone(), quantity: found.units() });
        }
        back.state = back.settled_state();
        let note = Note::at(&back.warehouse, seen).part(back.number);
        noted(scribe, order, back, DeskFactKind::ReturnInspected, note);
        Ok(())
    })
}

/// A return does not come; nothing of it may have arrived.
pub(super) fn cancel(scribe: &mut Scribe, known: Option<Document>, number: u32) -> Result<Outcome, Refusal> {
    with_return(known, number, |order, back, _| {
        if back.state != ReturnState::Announced {
            return Err(Refusal::IllegalStep { act: "cancel", found: back.state.name() });
        }
        back.state = ReturnState::Cancelled;
        let note = Note::at(&back.warehouse, Vec::new()).part(back.number);
        noted(scribe, order, back, DeskFactKind::ReturnCancelled, note);
        Ok(())
    })
}

/// Somebody must refund soon.
pub(super) fn alert(scribe: &mut Scribe, mut order: Option<&mut Order>, back: &mut Return) {
    back.alerted = true;
    let note = Note::at(&back.warehouse, Vec::new()).part(back.number).time(Some(back.refund_by));
    noted(scribe, &mut order, back, DeskFactKind::RefundDueSoon, note);
}

/// When somebody must be told of a return whose money has not gone back.
pub(super) fn alert_at(back: &Return) -> Option<Timestamp> {
    let owed = !back.refunded && !back.alerted && back.state != ReturnState::Cancelled;
    owed.then_some(back.alert_at)
}

fn noted(
    scribe: &mut Scribe,
    order: &mut Option<&mut Order>,
    back: &mut Return,
    kind: DeskFactKind,
    note: Note,
) {
    match order {
        Some(order) => scribe.order(order, kind, note),
        None => scribe.back(back, kind, note),
    }
}

fn push_move(
    scribe: &Scribe,
    tasks: &mut Tasks,
    back: &Return,
    (kind, sku, quantity): (MovementKind, Sku, i64),
) {
    let reference = Reference::parse(back.id.as_str()).ok();
    let occurred_at = Some(scribe.now);
    let movement = Movement { sku, kind, quantity, reference, reason: None, occurred_at };
    let (warehouse, message) = (back.warehouse.clone(), Message::Move(movement));
    tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
}

/// Changes a return, wherever it lives.
fn with_return(
    known: Option<Document>,
    number: u32,
    change: impl FnOnce(&mut Option<&mut Order>, &mut Return, &mut Tasks) -> Result<(), Refusal>,
) -> Result<Outcome, Refusal> {
    match known {
        Some(Document::Order(order)) => {
            let mut order = Arc::unwrap_or_clone(order);
            let at = order.returns.iter().position(|back| back.number == number);
            let at = at.ok_or_else(unknown("return"))?;
            let mut back = order.returns.remove(at);
            let mut tasks = std::mem::take(&mut order.tasks);
            let changed = change(&mut Some(&mut order), &mut back, &mut tasks);
            order.tasks = tasks;
            order.returns.insert(at, back);
            changed?;
            Ok(Outcome::Changed(Document::Order(Arc::new(order))))
        }
        Some(Document::Return(back)) => {
            let mut back = Arc::unwrap_or_clone(back);
            let mut tasks = std::mem::take(&mut back.tasks);
            let changed = change(&mut None, &mut back, &mut tasks);
            back.tasks = tasks;
            changed?;
            Ok(Outcome::Changed(Document::Return(Arc::new(back))))
        }
        Some(Document::Transfer(_) | Document::Inbound(_)) | None => Err(unknown("return")()),
    }
}

fn desk_lines(back: &Return, units: fn(&ReturnLine) -> i64) -> Vec<DeskLine> {
    let lines = back.lines.iter();
    let lines =
        lines.map(|line| DeskLine { line: line.line.clone(), sku: line.sku.clone(), quantity: units(line) });
    lines.collect()
}
