//! Goods that go from one warehouse to another: claimed, shipped, received, and what is lost on the road.

use std::sync::Arc;

use super::carrying;
use super::command::{RequestTransfer, TaskOutcome};
use super::decide::{Outcome, unknown};
use super::fact::{DeskFactKind, DeskLine};
use super::reporting::refused_note;
use super::scribe::{Note, Scribe};
use super::state::Document;
use crate::domain::hold::{ClaimLine, summed};
use crate::domain::order::{
    ClaimPart, Message, Task, TaskWork, Tasks, Transfer, TransferLine, TransferState,
};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Movement, MovementKind};

/// Takes a request in.
pub(super) fn request(
    scribe: &mut Scribe,
    known: Option<Document>,
    said: &RequestTransfer,
    room: bool,
) -> Result<Outcome, Refusal> {
    if let Some(document) = known {
        return Ok(Outcome::Unchanged(document));
    }
    if !room {
        return Err(Refusal::DeskFull);
    }
    let own = summed(&said.lines)?;
    let along = carrying::rows(&said.along);
    let units = along.iter().map(|row| ClaimLine { sku: row.sku.clone(), quantity: row.quantity });
    let lines = summed(&own.iter().cloned().chain(units).collect::<Vec<_>>())?;
    if lines.is_empty() || said.from == said.to {
        return Err(Refusal::OutOfRange);
    }
    let line = |line: &ClaimLine| TransferLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        shipped: 0,
        received: 0,
        lost: 0,
    };
    let mut transfer = Transfer {
        id: said.id.clone(),
        reference: said.reference.clone(),
        from: said.from.clone(),
        to: said.to.clone(),
        state: TransferState::Requested,
        lines: lines.iter().map(line).collect(),
        along,
        requested_at: scribe.now,
        eta: said.eta,
        late_told: false,
        tasks: Tasks::default(),
        known: Vec::new(),
        timeline: Vec::new(),
    };
    // Orders are asked first: what they let go can be left to them again, and takes nothing from anybody.
    carrying::tell(scribe, &mut transfer, |_| Some(false));
    if !own.is_empty() {
        let (warehouse, claim) = (said.from.clone(), transfer.claim());
        let parts = vec![ClaimPart { fulfilment: 0, warehouse, claim, lines: own }];
        transfer.tasks.push(scribe.begun(), TaskWork::Claim { attempt: 1, parts });
    }
    let note = Note::at(&said.from, desk_lines(&lines));
    scribe.transfer(&mut transfer, DeskFactKind::TransferRequested, note);
    Ok(Outcome::Changed(Document::Transfer(Arc::new(transfer))))
}

/// What became of a task of a transfer.
pub(super) fn reported(scribe: &mut Scribe, transfer: &mut Transfer, task: &Task, outcome: &TaskOutcome) {
    if carrying::reported(scribe, transfer, task, outcome) {
        return;
    }
    let claims = matches!(task.work, TaskWork::Claim { .. });
    match outcome {
        TaskOutcome::Claimed(_) if transfer.state == TransferState::Requested => {
            carrying::granted(scribe, transfer);
        }
        TaskOutcome::Refused { refusal, .. } if claims && transfer.state == TransferState::Requested => {
            carrying::refuse(scribe, transfer, (None, refusal));
        }
        TaskOutcome::Refused { .. } => {
            if let Some(note) = refused_note(outcome) {
                scribe.transfer(transfer, DeskFactKind::TaskRefused, note);
            }
        }
        TaskOutcome::Done | TaskOutcome::Claimed(_) => {}
    }
}

/// Goods left.
pub(super) fn ship(
    scribe: &mut Scribe,
    known: Option<Document>,
    lines: Option<&[ClaimLine]>,
    eta: Option<Timestamp>,
) -> Result<Outcome, Refusal> {
    with_transfer(known, |transfer| {
        let may = matches!(
            transfer.state,
            TransferState::Allocated | TransferState::Shipped | TransferState::PartlyReceived
        );
        let open = |line: &TransferLine| line.quantity.saturating_sub(line.shipped);
        let lines = chosen(transfer, lines, open)?;
        if !may || lines.is_empty() {
            return Err(Refusal::IllegalStep { act: "ship", found: transfer.state.name() });
        }
        let before = transfer.along.clone();
        let mut own = Vec::with_capacity(lines.len());
        for line in &lines {
            for known in transfer.lines.iter_mut().filter(|known| known.sku == line.sku) {
                known.shipped = known.shipped.saturating_add(line.quantity);
            }
            let quantity = carrying::leave(transfer, line);
            if quantity > 0 {
                own.push(ClaimLine { quantity, ..line.clone() });
            }
        }
        transfer.eta = eta.or(transfer.eta);
        if transfer.state == TransferState::Allocated {
            transfer.state = TransferState::Shipped;
        }
        if !own.is_empty() {
            let message =
                Message::Ship { claim: transfer.claim(), lines: own, at: scribe.now, transfer: true };
            transfer.tasks.push(scribe.begun(), TaskWork::Tell { warehouse: transfer.from.clone(), message });
        }
        carrying::tell(scribe, transfer, |along| (!before.contains(along)).then_some(false));
        let note = Note::at(&transfer.from, desk_lines(&lines));
        scribe.transfer(transfer, DeskFactKind::TransferShipped, note);
        Ok(())
    })
}

/// Goods arrived.
pub(super) fn receive(
    scribe: &mut Scribe,
    known: Option<Document>,
    lines: Option<&[ClaimLine]>,
) -> Result<Outcome, Refusal> {
    with_transfer(known, |transfer| {
        let lines = chosen(transfer, lines, TransferLine::under_way)?;
        if lines.is_empty() {
            return Err(Refusal::IllegalStep { act: "receive", found: transfer.state.name() });
        }
        let before = transfer.along.clone();
        for line in &lines {
            for known in transfer.lines.iter_mut().filter(|known| known.sku == line.sku) {
                known.received = known.received.saturating_add(line.quantity);
            }
            let promised = carrying::arrive(transfer, line);
            let kind = MovementKind::TransferIn { transfer: transfer.id.clone(), into: None, promised };
            let movement = Movement {
                sku: line.sku.clone(),
                kind,
                quantity: line.quantity,
                reference: transfer.reference.clone(),
                reason: None,
                occurred_at: Some(scribe.now),
            };
            let (warehouse, message) = (transfer.to.clone(), Message::Move(movement));
            transfer.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
        }
        // The goods are promised when their orders hear of it.
        carrying::tell(scribe, transfer, |along| (!before.contains(along)).then(|| along.is_over()));
        let done = |line: &TransferLine| line.received.saturating_add(line.lost) >= line.quantity;
        let all = transfer.lines.iter().all(done);
        transfer.state = if all { TransferState::Closed } else { TransferState::PartlyReceived };
        let note = Note::at(&transfer.to, desk_lines(&lines));
        scribe.transfer(transfer, DeskFactKind::TransferReceived, note);
        Ok(())
    })
}

/// No more arrives: what is on the road is lost, what never left is given back.
pub(super) fn close(scribe: &mut Scribe, known: Option<Document>) -> Result<Outcome, Refusal> {
    with_transfer(known, |transfer| {
        if !matches!(transfer.state, TransferState::Shipped | TransferState::PartlyReceived) {
            return Err(Refusal::IllegalStep { act: "close", found: transfer.state.name() });
        }
        let mut lost = Vec::new();
        for line in &mut transfer.lines {
            let units = line.under_way();
            line.lost = line.lost.saturating_add(units);
            if units > 0 {
                lost.push(DeskLine { line: None, sku: line.sku.clone(), quantity: units });
            }
        }
        give_back(scribe, transfer);
        carrying::close(scribe, transfer);
        transfer.state = TransferState::Closed;
        let note = Note::at(&transfer.to, lost);
        scribe.transfer(transfer, DeskFactKind::TransferClosed, note);
        Ok(())
    })
}

/// It does not happen; nothing may have left.
pub(super) fn cancel(scribe: &mut Scribe, known: Option<Document>) -> Result<Outcome, Refusal> {
    with_transfer(known, |transfer| {
        if !matches!(transfer.state, TransferState::Requested | TransferState::Allocated) {
            return Err(Refusal::IllegalStep { act: "cancel", found: transfer.state.name() });
        }
        call_off(scribe, transfer);
        Ok(())
    })
}

/// Gives everything back, and rules out what may still be under way.
pub(super) fn call_off(scribe: &mut Scribe, transfer: &mut Transfer) {
    // A claim under way may have been carried out: it is given back, or ruled out. So may the asking of an order, of the
    // first task; those behind it were not begun.
    let tasks = std::mem::take(&mut transfer.tasks.open);
    let mut unasked = Vec::new();
    for (place, task) in tasks.into_iter().enumerate() {
        if let Some(row) = carrying::asks_for(&task) {
            unasked.extend((place > 0).then_some(row));
        } else if let TaskWork::Claim { attempt, parts } = task.work {
            transfer.tasks.push(scribe.begun(), TaskWork::Abandon { attempt, parts });
        } else {
            transfer.tasks.open.push(task);
        }
    }
    if transfer.state == TransferState::Allocated {
        give_back(scribe, transfer);
    }
    carrying::let_go(scribe, transfer, &unasked);
    transfer.state = TransferState::Cancelled;
    let note = Note::at(&transfer.from, Vec::new());
    scribe.transfer(transfer, DeskFactKind::TransferCancelled, note);
}

fn give_back(scribe: &Scribe, transfer: &mut Transfer) {
    let open =
        |line: &TransferLine| ClaimLine { sku: line.sku.clone(), quantity: transfer.own_to_leave(line) };
    let lines: Vec<ClaimLine> = transfer.lines.iter().map(open).filter(|line| line.quantity > 0).collect();
    if !lines.is_empty() {
        let message = Message::Deallocate { claim: transfer.claim(), lines };
        transfer.tasks.push(scribe.begun(), TaskWork::Tell { warehouse: transfer.from.clone(), message });
    }
}

/// The units named, which must be there; all that are there where none are named.
fn chosen(
    transfer: &Transfer,
    lines: Option<&[ClaimLine]>,
    there: impl Fn(&TransferLine) -> i64,
) -> Result<Vec<ClaimLine>, Refusal> {
    let all = transfer.lines.iter().map(|line| ClaimLine { sku: line.sku.clone(), quantity: there(line) });
    let Some(lines) = lines else { return Ok(all.filter(|line| line.quantity > 0).collect()) };
    let lines = summed(lines)?;
    for line in &lines {
        let known = transfer.lines.iter().find(|known| known.sku == line.sku);
        let held = known.map_or(0, &there);
        if line.quantity > held {
            return Err(Refusal::NotHeld { sku: line.sku.clone(), asked: line.quantity, held });
        }
    }
    Ok(lines)
}

/// Changes a transfer that must be known.
pub(super) fn with_transfer(
    known: Option<Document>,
    change: impl FnOnce(&mut Transfer) -> Result<(), Refusal>,
) -> Result<Outcome, Refusal> {
    let Some(Document::Transfer(transfer)) = known else { return Err(unknown("transfer")()) };
    let mut transfer = Arc::unwrap_or_clone(transfer);
    change(&mut transfer)?;
    Ok(Outcome::Changed(Document::Transfer(Arc::new(transfer))))
}

pub(super) fn desk_lines(lines: &[ClaimLine]) -> Vec<DeskLine> {
    let line = |line: &ClaimLine| DeskLine { line: None, sku: line.sku.clone(), quantity: line.quantity };
    lines.iter().map(line).collect()
}
