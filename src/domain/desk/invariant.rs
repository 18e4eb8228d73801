//! What must always be true of a desk and its documents. Checked by property tests, by the simulation and by the audit.

use super::state::{Desk, Document};
use crate::domain::ids::LineId;
use crate::domain::order::{
    ClaimPart, Fulfilment, FulfilmentState, Inbound, Line, Order, Return, ReturnState, TaskWork, Tasks,
    Transfer, TransferState,
};

/// Everything that is wrong with a desk's open documents, in words; empty where all holds.
#[must_use]
pub fn broken(desk: &Desk) -> Vec<String> {
    let mut found: Vec<String> = desk.documents().flat_map(broken_document).collect();
    let settled = desk.documents().filter(|document| document.is_settled());
    found.extend(settled.map(|document| format!("{}: settled, yet kept with the open ones", document.id())));
    for ((warehouse, day), count) in desk.asked().filter(|(_, count)| *count < 0) {
        found.push(format!("{warehouse}: asked for {count} fulfilments on day {day}"));
    }
    found.sort_unstable();
    found
}

/// Everything that is wrong with a document in the archive.
#[must_use]
pub fn broken_archived(document: &Document) -> Vec<String> {
    let mut found = broken_document(document);
    if !document.is_settled() {
        found.push(format!("{}: in the archive, yet not settled", document.id()));
    }
    found
}

/// Everything that is wrong with one document.
#[must_use]
pub fn broken_document(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    match document {
        Document::Order(order) => {
            lines(order, &mut found);
            plans(order, &mut found);
            for back in &order.returns {
                returned(back, &mut found);
            }
        }
        Document::Return(back) => returned(back, &mut found),
        Document::Transfer(transfer) => transferred(transfer, &mut found),
        Document::Inbound(inbound) => expected(inbound, &mut found),
    }
    tasks(document.tasks(), &mut found);
    found.into_iter().map(|what| format!("{}: {what}", document.id())).collect()
}

/// The counters of each line are what fulfilments, waiting claims and returns say, and the state is what follows.
fn lines(order: &Order, found: &mut Vec<String>) {
    let of = |line: &LineId, counts: fn(&Fulfilment) -> bool| {
        let parts = order.fulfilments.iter().filter(|part| counts(part));
        sum(parts.map(|part| part.quantity(line)))
    };
    for (at, line) in order.lines.iter().enumerate() {
        let Line { id, unrouted, backordered, allocated, shipped, returned, .. } = line;
        if order.lines.iter().take(at).any(|other| other.id == *id) {
            found.push(format!("line {id} is there twice"));
        }
        if !line.adds_up() {
            found.push(format!("line {id} does not add up: {line:?}"));
        }
        let promised = of(id, |part| part.state.is_allocated());
        if *allocated != promised {
            found.push(format!("line {id} has {allocated} allocated, its fulfilments name {promised}"));
        }
        let gone = of(id, |part| part.state.has_left());
        if *shipped != gone {
            found.push(format!("line {id} has {shipped} shipped, its fulfilments name {gone}"));
        }
        let planned = of(id, |part| part.state == FulfilmentState::Proposed);
        if *unrouted < planned {
            found.push(format!("line {id} has {unrouted} without a place, {planned} of them planned"));
        }
        let waits = sum(order.waits.iter().filter(|waits| waits.line == *id).map(|waits| waits.open));
        if *backordered != waits {
            found.push(format!("line {id} has {backordered} backordered, {waits} wait"));
        }
        let back = order.returns.iter().flat_map(|back| &back.lines);
        let back = sum(back.filter(|back| back.line.as_ref() == Some(id)).map(|back| back.received));
        if *returned != back {
            found.push(format!("line {id} has {returned} returned, its returns received {back}"));
        }
    }
    if order.waits.iter().any(|waits| waits.open < 0 || waits.booked < 0) {
        found.push("fewer than no units wait, or were booked".to_owned());
    }
    let follows = order.settled_state();
    if order.state != follows {
        found.push(format!("it is {}, from its lines follows {follows}", order.state));
    }
    if order.withdrawn && order.lines.iter().any(|line| line.open() > 0) {
        found.push("it was refused, yet units of it are open".to_owned());
    }
}

/// Fulfilments are numbered once, name lines that are there, and each planned one is being claimed.
fn plans(order: &Order, found: &mut Vec<String>) {
    for (at, part) in order.fulfilments.iter().enumerate() {
        let number = part.number;
        if order.fulfilments.iter().take(at).any(|other| other.number == number) {
            found.push(format!("fulfilment {number} is there twice"));
        }
        for line in &part.lines {
            if order.line(&line.line).is_none_or(|known| known.sku != line.sku || !known.stock) {
                found.push(format!("fulfilment {number} names line {}, which is no such goods", line.line));
            }
            if line.quantity <= 0 {
                found.push(format!("fulfilment {number} names {} units of {}", line.quantity, line.line));
            }
        }
        let claimed = claims(&order.tasks).any(|claim| claim.fulfilment == number);
        if claimed != (part.state == FulfilmentState::Proposed) {
            let being = if claimed { "being claimed" } else { "claimed by no task" };
            found.push(format!("fulfilment {number} is {} and {being}", part.state));
        }
    }
}

/// The parts that are being claimed or allocated.
fn claims(tasks: &Tasks) -> impl Iterator<Item = &ClaimPart> {
    tasks.open.iter().flat_map(|task| match &task.work {
        TaskWork::Claim { parts, .. } | TaskWork::Allocate { parts, .. } => parts.as_slice(),
        TaskWork::Route
        | TaskWork::Abandon { .. }
        | TaskWork::Tell { .. }
        | TaskWork::Backorder { .. }
        | TaskWork::CloseBackorder { .. } => &[],
    })
}

/// Each number is given once. (The order is not theirs: what is urgent is carried out first, whatever its number.)
fn tasks(tasks: &Tasks, found: &mut Vec<String>) {
    let mut numbers: Vec<u32> = tasks.open.iter().map(|task| task.number).collect();
    numbers.sort_unstable();
    if numbers.windows(2).any(|pair| matches!(pair, [first, second] if first == second)) {
        found.push("two tasks bear the same number".to_owned());
    }
    if let Some(newest) = numbers.last().filter(|newest| **newest > tasks.last) {
        found.push(format!("task {newest} is newer than the newest, {}", tasks.last));
    }
    if numbers.first() == Some(&0) {
        found.push("a task has no number".to_owned());
    }
}

fn returned(back: &Return, found: &mut Vec<String>) {
    let number = back.number;
    for line in &back.lines {
        let figures = [line.inspected.sellable, line.inspected.damaged, line.inspected.quarantine];
        if figures.into_iter().chain([line.inspected.scrap]).any(|units| units < 0)
            || line.inspected.units() > line.received
            || line.received > line.quantity
        {
            found.push(format!("return {number} has units of {} it can't have: {line:?}", line.sku));
        }
    }
    if back.state != back.settled_state() {
        found.push(format!(
            "return {number} is {}, from its lines follows {}",
            back.state,
            back.settled_state()
        ));
    }
    if back.state == ReturnState::Cancelled && back.lines.iter().any(|line| line.received > 0) {
        found.push(format!("return {number} was cancelled, yet goods of it arrived"));
    }
}

/// Units shipped are received, lost, or on the road; no more leave than were asked for.
fn transferred(transfer: &Transfer, found: &mut Vec<String>) {
    for line in &transfer.lines {
        let figures = [line.shipped, line.received, line.lost, line.under_way()];
        if figures.into_iter().any(|units| units < 0) || line.shipped > line.quantity {
            found.push(format!("{} does not add up: {line:?}", line.sku));
        }
        if transfer.state == TransferState::Closed && line.under_way() != 0 {
            found.push(format!("{} is on the road, yet the transfer is closed", line.sku));
        }
    }
    let moved = transfer.lines.iter().any(|line| line.shipped > 0);
    let may_move = match transfer.state {
        TransferState::Requested
        | TransferState::Allocated
        | TransferState::Refused
        | TransferState::Cancelled => false,
        TransferState::Shipped | TransferState::PartlyReceived | TransferState::Closed => true,
    };
    if moved != may_move {
        found.push(format!(
            "it is {} and {} of it left",
            transfer.state,
            if moved { "some" } else { "nothing" }
        ));
    }
    let claimed = claims(&transfer.tasks).next().is_some();
    if claimed != (transfer.state == TransferState::Requested) {
        let being = if claimed { "being claimed" } else { "claimed by no task" };
        found.push(format!("it is {} and {being}", transfer.state));
    }
}

fn expected(inbound: &Inbound, found: &mut Vec<String>) {
    for line in &inbound.lines {
        if line.expected < 0 || line.received < 0 {
            found.push(format!("{} does not add up: {line:?}", line.sku));
        }
    }
}

fn sum(units: impl Iterator<Item = i64>) -> i64 {
    units.fold(0, i64::saturating_add)
}
