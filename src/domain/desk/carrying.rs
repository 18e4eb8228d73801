//! A transfer's side of promised units that go along with it: what it asks of their orders, what it tells them, and what
//! they tell it.
//!
//! Of one SKU, promised units leave first and arrive first: whoever bought them waits.

use super::command::{AskedAlong, TaskOutcome};
use super::decide::Outcome;
use super::fact::{DeskFactKind, DeskLine};
use super::moving::{call_off, with_transfer};
use super::scribe::{Note, Scribe};
use super::state::Document;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::Reason;
use crate::domain::order::{Along, Task, TaskWork, Transfer, TransferState, claim_along};
use crate::domain::refusal::Refusal;
use crate::domain::warehouse::Promised;

/// The rows of a request.
pub(super) fn rows(asked: &[AskedAlong]) -> Vec<Along> {
    let row = |(row, asked): (u32, &AskedAlong)| Along {
        row,
        order: asked.order.clone(),
        channel: asked.channel.clone(),
        line: asked.line.clone(),
        sku: asked.sku.clone(),
        fulfilment: asked.fulfilment,
        quantity: asked.quantity,
        shipped: 0,
        received: 0,
        lost: 0,
        refused: None,
    };
    (1..).zip(asked).map(row).collect()
}

/// Tells the orders of these rows how their units stand.
pub(super) fn tell(scribe: &Scribe, transfer: &mut Transfer, which: impl Fn(&Along) -> Option<bool>) {
    let rows = transfer.along.iter().filter_map(|along| Some((along, which(along)?)));
    let told: Vec<TaskWork> = rows
        .map(|(along, over)| {
            let told = Box::new(transfer.told(along, scribe.now, over));
            TaskWork::Along { order: along.order.clone(), told }
        })
        .collect();
    for work in told {
        transfer.tasks.push(scribe.begun(), work);
    }
}

/// The row an open task asks an order for, where it does.
pub(super) fn asks_for(task: &Task) -> Option<u32> {
    match &task.work {
        TaskWork::Along { told, .. } if told.asks() => Some(told.along.row),
        TaskWork::Along { .. }
        | TaskWork::Route
        | TaskWork::Claim { .. }
        | TaskWork::Allocate { .. }
        | TaskWork::Abandon { .. }
        | TaskWork::Tell { .. }
        | TaskWork::Backorder { .. }
        | TaskWork::CloseBackorder { .. }
        | TaskWork::Fewer { .. } => None,
    }
}

/// Units of a SKU leave; how many of them are the transfer's own.
pub(super) fn leave(transfer: &mut Transfer, line: &ClaimLine) -> i64 {
    let mut open = line.quantity;
    for along in transfer.along.iter_mut().filter(|along| along.sku == line.sku) {
        let units = open.min(along.to_leave()).max(0);
        along.shipped = along.shipped.saturating_add(units);
        open = open.saturating_sub(units);
    }
    open
}

/// Units of a SKU arrive; which of them are promised, and to whom.
pub(super) fn arrive(transfer: &mut Transfer, line: &ClaimLine) -> Vec<Promised> {
    let id = transfer.id.clone();
    let (mut open, mut promised) = (line.quantity, Vec::new());
    for along in transfer.along.iter_mut().filter(|along| along.sku == line.sku) {
        let quantity = open.min(along.under_way()).max(0);
        along.received = along.received.saturating_add(quantity);
        open = open.saturating_sub(quantity);
        if quantity > 0 {
            let (order, channel) = (along.order.clone(), along.channel.clone());
            promised.push(Promised { claim: claim_along(&id, along.row), order, channel, quantity });
        }
    }
    promised
}

/// No more arrives, and no more leaves.
pub(super) fn close(scribe: &Scribe, transfer: &mut Transfer) {
    let open: Vec<u32> =
        transfer.along.iter().filter(|along| !along.is_over()).map(|along| along.row).collect();
    for along in &mut transfer.along {
        along.lost = along.lost.saturating_add(along.under_way());
    }
    tell(scribe, transfer, |along| open.contains(&along.row).then_some(true));
}

/// It does not happen: orders that let units go along, or may have, are told so. What was to be asked of others is not
/// asked; what else was to be told still is.
pub(super) fn let_go(scribe: &Scribe, transfer: &mut Transfer, unasked: &[u32]) {
    let told = |transfer: &Transfer, row: u32| {
        let of_row = |task: &Task| matches!(&task.work, TaskWork::Along { told, .. } if told.over && told.along.row == row);
        transfer.tasks.open.iter().any(of_row)
    };
    let open = transfer.along.iter().filter(|along| !along.is_over() && !unasked.contains(&along.row));
    let open: Vec<u32> = open.map(|along| along.row).filter(|row| !told(transfer, *row)).collect();
    tell(scribe, transfer, |along| open.contains(&along.row).then_some(true));
}

/// What became of asking an order. True where that was what the task did.
pub(super) fn reported(
    scribe: &mut Scribe,
    transfer: &mut Transfer,
    task: &Task,
    outcome: &TaskOutcome,
) -> bool {
    let Some(row) = asks_for(task).filter(|_| transfer.state == TransferState::Requested) else {
        return false;
    };
    match outcome {
        TaskOutcome::Refused { refusal, .. } => refuse(scribe, transfer, (Some(row), refusal)),
        TaskOutcome::Done | TaskOutcome::Claimed(_) => granted(scribe, transfer),
    }
    true
}

/// All that was asked for is promised.
pub(super) fn granted(scribe: &mut Scribe, transfer: &mut Transfer) {
    let asks = |task: &Task| asks_for(task).is_some() || matches!(task.work, TaskWork::Claim { .. });
    if !transfer.tasks.open.iter().any(asks) {
        transfer.state = TransferState::Allocated;
        let from = transfer.from.clone();
        scribe.transfer(transfer, DeskFactKind::TransferAllocated, Note::at(&from, Vec::new()));
    }
}

/// A warehouse or an order said no, so nothing moves; what was promised before is given back.
pub(super) fn refuse(scribe: &mut Scribe, transfer: &mut Transfer, (row, refusal): (Option<u32>, &Refusal)) {
    let reason = Reason::stored(refusal.code());
    for along in transfer.along.iter_mut().filter(|along| Some(along.row) == row) {
        along.refused = Some(reason.clone());
    }
    // Tasks are carried out one after the other: what is still open was not begun.
    let mut unasked: Vec<u32> = row.into_iter().collect();
    unasked.extend(transfer.tasks.open.iter().filter_map(asks_for));
    let asks = |task: &Task| asks_for(task).is_some() || matches!(task.work, TaskWork::Claim { .. });
    transfer.tasks.open.retain(|task| !asks(task));
    transfer.state = TransferState::Refused;
    let_go(scribe, transfer, &unasked);
    let note = Note::at(&transfer.from, Vec::new()).reason(Some(reason));
    scribe.transfer(transfer, DeskFactKind::TransferRefused, note);
}

/// An order has cancelled units that were to go along. Those that left before it was heard of travel on, and are anybody's
/// where they arrive.
pub(super) fn fewer(
    scribe: &mut Scribe,
    known: Option<Document>,
    row: u32,
    quantity: i64,
) -> Result<Outcome, Refusal> {
    let open = |transfer: &Transfer| {
        !matches!(transfer.state, TransferState::Refused | TransferState::Closed | TransferState::Cancelled)
    };
    let less = known.as_ref().and_then(|document| match document {
        Document::Transfer(transfer) if open(transfer) => {
            let along = transfer.along.iter().find(|along| along.row == row)?;
            let left = quantity.max(along.shipped);
            Some(along.quantity.saturating_sub(left)).filter(|less| *less > 0)
        }
        Document::Transfer(_) | Document::Order(_) | Document::Return(_) | Document::Inbound(_) => None,
    });
    let Some(less) = less else {
        return known.map(Outcome::Unchanged).ok_or(Refusal::UnknownDocument { kind: "transfer" });
    };
    with_transfer(known, |transfer| {
        let Some(at) = transfer.along.iter().position(|along| along.row == row) else { return Ok(()) };
        let Some(along) = transfer.along.get_mut(at) else { return Ok(()) };
        along.quantity = along.quantity.saturating_sub(less);
        let (sku, line) = (along.sku.clone(), along.line.clone());
        let over = along.is_over();
        for line in transfer.lines.iter_mut().filter(|line| line.sku == sku) {
            line.quantity = line.quantity.saturating_sub(less);
        }
        if over {
            tell(scribe, transfer, |along| (along.row == row).then_some(true));
        }
        let lines = vec![DeskLine { line: Some(line), sku, quantity: less }];
        let note = Note::at(&transfer.from, lines);
        scribe.transfer(transfer, DeskFactKind::TransferReduced, note);
        finish(scribe, transfer);
        Ok(())
    })
}

/// Ends a transfer of which nothing is left to wait for.
fn finish(scribe: &mut Scribe, transfer: &mut Transfer) {
    let done = transfer.lines.iter().all(|line| line.received.saturating_add(line.lost) >= line.quantity);
    match transfer.state {
        TransferState::Requested | TransferState::Allocated if done => call_off(scribe, transfer),
        TransferState::Shipped | TransferState::PartlyReceived if done => {
            transfer.state = TransferState::Closed;
            let note = Note::at(&transfer.to, Vec::new());
            scribe.transfer(transfer, DeskFactKind::TransferClosed, note);
        }
        TransferState::Requested
        | TransferState::Allocated
        | TransferState::Shipped
        | TransferState::PartlyReceived
        | TransferState::Refused
        | TransferState::Closed
        | TransferState::Cancelled => {}
    }
}
