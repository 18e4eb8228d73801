//! What desks and warehouses say of each other: no claim without its document, nothing promised otherwise than the
//! document says, nothing of a transfer moved twice or forgotten.
//!
//! A document with tasks has not told everything yet, so what a warehouse has may differ from it; what has no document at
//! all may not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ahash::AHashMap;

use super::across::Everything;
use crate::domain::desk::Document;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, OrderId, Sku, WarehouseId};
use crate::domain::order::{Message, Order, TaskWork, Tasks, Transfer, TransferState};
use crate::domain::warehouse::{MovementKind, Warehouse};

/// Units of one SKU under one claim at one warehouse.
type Promised<'a> = BTreeMap<(&'a WarehouseId, CommandId, Sku), i64>;

/// What is wrong between the documents of desks and the stock of warehouses.
pub(super) fn problems(everything: &Everything) -> Vec<String> {
    let open = open_documents(everything);
    let mut found = misplaced(everything);
    orphans(everything, &open, &mut found);
    let promised = promised(everything);
    let none = Promised::new();
    for (id, document) in &open {
        if !document.tasks().open.is_empty() {
            continue;
        }
        let there = promised.get(id).unwrap_or(&none);
        match document {
            Document::Order(order) => {
                compare(id, &of_order(everything, order, &mut found), there, &mut found)
            }
            Document::Transfer(transfer) => compare(id, &of_transfer(transfer), there, &mut found),
            Document::Return(_) | Document::Inbound(_) => {}
        }
    }
    transfers(everything, &open, &mut found);
    found.sort_unstable();
    found
}

/// Every open document, by its id.
fn open_documents(everything: &Everything) -> BTreeMap<&OrderId, &Document> {
    let documents = everything.desks.values().flat_map(|desk| desk.documents());
    documents.map(|document| (document.id(), document)).collect()
}

/// A document lives at the desk its id begins with, where alone it is found.
fn misplaced(everything: &Everything) -> Vec<String> {
    let mut found = Vec::new();
    for (name, desk) in &everything.desks {
        for document in desk.documents() {
            let home = document.id().shard().map(|shard| format!("{shard:02}"));
            if home.as_ref() != Some(name) {
                found.push(format!("{} is kept by desk {name}, which is not its own", document.id()));
            }
        }
    }
    found
}

/// No orphaned claim: what a warehouse holds, promises or lets wait for a document is named by that document, and it is
/// open.
fn orphans(everything: &Everything, open: &BTreeMap<&OrderId, &Document>, found: &mut Vec<String>) {
    for (place, warehouse) in &everything.warehouses {
        for (what, claim, owner) in owned(warehouse) {
            let document = open.get(owner);
            if !document.is_some_and(|document| names(document, place, claim)) {
                let why = if document.is_some() { "does not name it" } else { "is not open" };
                found.push(format!("orphaned claim: {claim} is {what} at {place} for {owner}, which {why}"));
            }
        }
    }
}

/// What a warehouse has for documents.
fn owned(warehouse: &Warehouse) -> impl Iterator<Item = (&'static str, &CommandId, &OrderId)> {
    let holds = warehouse.holds().filter_map(|(_, hold)| Some((hold.owner.as_ref()?, hold)));
    let holds =
        holds.flat_map(|(owner, hold)| hold.claims().map(move |claim| ("held", &claim.reservation, owner)));
    let allocations = warehouse.allocations();
    let allocations =
        allocations.filter_map(|(id, allocation)| Some(("allocated", id, allocation.owner.as_ref()?)));
    let waiting = warehouse.waiting().iter().map(|(id, waiting)| ("waiting", id, &waiting.owner));
    holds.chain(allocations).chain(waiting)
}

/// Whether a document knows of a claim at a warehouse: it stands on it, waits under it, or has still to tell something
/// about it.
fn names(document: &Document, place: &WarehouseId, claim: &CommandId) -> bool {
    let stands = match document {
        Document::Order(order) => {
            let mut parts = order.fulfilments.iter().filter(|part| part.state.is_allocated());
            let mut waits = order.waits.iter();
            parts.any(|part| part.claim == *claim && part.warehouse == *place)
                || waits.any(|waits| waits.id == *claim && waits.warehouse == *place)
        }
        Document::Transfer(transfer) => {
            holds_goods(transfer) && transfer.from == *place && transfer.claim() == *claim
        }
        Document::Return(_) | Document::Inbound(_) => false,
    };
    stands || told(document.tasks(), place, claim)
}

/// Whether a task is about a claim at a warehouse.
fn told(tasks: &Tasks, place: &WarehouseId, claim: &CommandId) -> bool {
    tasks.open.iter().any(|task| match &task.work {
        TaskWork::Claim { parts, .. }
        | TaskWork::Allocate { parts, .. }
        | TaskWork::Abandon { parts, .. } => {
            parts.iter().any(|part| part.warehouse == *place && part.claim == *claim)
        }
        TaskWork::Tell { warehouse, message } => {
            *warehouse == *place && about(message).is_some_and(|about| *about == *claim)
        }
        TaskWork::Backorder { warehouse, id, .. } => *warehouse == *place && *id == *claim,
        TaskWork::Route | TaskWork::CloseBackorder { .. } => false,
    })
}

/// The claim a message is about.
const fn about(message: &Message) -> Option<&CommandId> {
    match message {
        Message::Deallocate { claim, .. } | Message::Ship { claim, .. } | Message::WriteOff { claim, .. } => {
            Some(claim)
        }
        Message::Unwait { wait, .. } | Message::GiveUpWait { wait } | Message::AckServed { wait, .. } => {
            Some(wait)
        }
        Message::ReleaseReservation(reservation) => Some(reservation),
        Message::Move(_) => None,
    }
}

/// Whether goods are promised to a transfer.
const fn holds_goods(transfer: &Transfer) -> bool {
    match transfer.state {
        TransferState::Allocated | TransferState::Shipped | TransferState::PartlyReceived => true,
        TransferState::Requested
        | TransferState::Refused
        | TransferState::Closed
        | TransferState::Cancelled => false,
    }
}

/// What warehouses have promised to each document.
fn promised(everything: &Everything) -> AHashMap<&OrderId, Promised<'_>> {
    let mut promised: AHashMap<&OrderId, Promised<'_>> = AHashMap::new();
    for (place, warehouse) in &everything.warehouses {
        for (claim, allocation) in warehouse.allocations() {
            let Some(owner) = &allocation.owner else { continue };
            add(promised.entry(owner).or_default(), (place, claim), &allocation.lines);
        }
    }
    promised
}

fn add<'a>(to: &mut Promised<'a>, (place, claim): (&'a WarehouseId, &CommandId), lines: &[ClaimLine]) {
    for line in lines.iter().filter(|line| line.quantity != 0) {
        let units = to.entry((place, claim.clone(), line.sku.clone())).or_default();
        *units = units.saturating_add(line.quantity);
    }
}

/// What an order that has told everything must have been promised. What was served to it and not booked yet is promised
/// too; what it waits for must wait there.
fn of_order<'a>(everything: &Everything, order: &'a Order, found: &mut Vec<String>) -> Promised<'a> {
    let mut promised = Promised::new();
    for part in order.fulfilments.iter().filter(|part| part.state.is_allocated()) {
        for line in &part.lines {
            let line = ClaimLine { sku: line.sku.clone(), quantity: line.quantity };
            add(&mut promised, (&part.warehouse, &part.claim), &[line]);
        }
    }
    for waits in &order.waits {
        let row = everything.warehouses.get(&waits.warehouse).and_then(|at| at.waiting().get(&waits.id));
        let (waiting, served) = row.map_or((0, waits.booked), |row| (row.quantity, row.served));
        let unbooked = served.saturating_sub(waits.booked);
        if waits.open != waiting.saturating_add(unbooked) {
            found.push(format!(
                "{}: {} units wait under {}, {} has {waiting} of them and served {unbooked} more",
                order.id, waits.open, waits.id, waits.warehouse
            ));
        }
        if let Some(row) = row {
            let line = ClaimLine { sku: row.sku.clone(), quantity: unbooked };
            add(&mut promised, (&waits.warehouse, &waits.id), &[line]);
        }
    }
    promised
}

fn of_transfer(transfer: &Transfer) -> Promised<'_> {
    let mut promised = Promised::new();
    if holds_goods(transfer) {
        for line in &transfer.lines {
            let open = line.quantity.saturating_sub(line.shipped);
            let line = ClaimLine { sku: line.sku.clone(), quantity: open };
            add(&mut promised, (&transfer.from, &transfer.claim()), &[line]);
        }
    }
    promised
}

fn compare(id: &OrderId, said: &Promised<'_>, there: &Promised<'_>, found: &mut Vec<String>) {
    let keys: BTreeSet<_> = said.keys().chain(there.keys()).collect();
    for key in keys {
        let (place, claim, sku) = key;
        let of = |promised: &Promised<'_>| promised.get(key).copied().unwrap_or(0);
        let (said, there) = (of(said), of(there));
        if said != there {
            found.push(format!("{id}: {said} {sku} promised at {place} under {claim}, {place} has {there}"));
        }
    }
}

/// Goods of transfers that moved at one warehouse, as its log tells.
#[derive(Debug, Default)]
pub(super) struct Transferred {
    /// Whether the log reaches back to the beginning.
    pub(super) complete: bool,
    /// Units that left and units that came in, per transfer and SKU.
    pub(super) units: AHashMap<(OrderId, Sku), (i64, i64)>,
}

/// What a transfer says has left and arrived is what its warehouses' logs say, so far as they reach back. Every transfer
/// there is is looked at, also those in the archive; of one that was forgotten nothing is known any more.
fn transfers(everything: &Everything, open: &BTreeMap<&OrderId, &Document>, found: &mut Vec<String>) {
    let open = open.values().filter_map(|document| match document {
        Document::Transfer(transfer) => Some(transfer),
        Document::Order(_) | Document::Return(_) | Document::Inbound(_) => None,
    });
    for transfer in open.chain(&everything.archived_transfers) {
        transfer_moved(everything, transfer, found);
    }
}

fn transfer_moved(everything: &Everything, transfer: &Arc<Transfer>, found: &mut Vec<String>) {
    let nothing = Transferred { complete: true, ..Transferred::default() };
    let log_of = |place: &WarehouseId| everything.transferred.get(place).unwrap_or(&nothing);
    for line in &transfer.lines {
        let key = (transfer.id.clone(), line.sku.clone());
        let (from, to) = (log_of(&transfer.from), log_of(&transfer.to));
        let (out, _) = from.units.get(&key).copied().unwrap_or_default();
        let (_, into) = to.units.get(&key).copied().unwrap_or_default();
        let (untold_out, untold_in) = untold(&transfer.tasks, &line.sku);
        let sides = [
            ("left", &transfer.from, line.shipped, out, untold_out, from.complete),
            ("arrived at", &transfer.to, line.received, into, untold_in, to.complete),
        ];
        for (word, place, said, moved, untold, complete) in sides {
            // The newest task may be carried out and not reported yet.
            let fewest = said.saturating_sub(untold);
            if moved > said || (complete && moved < fewest) {
                found.push(format!(
                    "{}: {said} {} {word} {place}, its log tells of {moved}",
                    transfer.id, line.sku
                ));
            }
        }
    }
}

/// Units whose leaving and arriving is still to be told.
fn untold(tasks: &Tasks, sku: &Sku) -> (i64, i64) {
    let mut untold = (0_i64, 0_i64);
    for task in &tasks.open {
        let TaskWork::Tell { message, .. } = &task.work else { continue };
        match message {
            Message::Ship { lines, .. } => {
                let units = lines.iter().filter(|line| line.sku == *sku);
                untold.0 = units.fold(untold.0, |sum, line| sum.saturating_add(line.quantity));
            }
            Message::Move(movement)
                if movement.sku == *sku && matches!(movement.kind, MovementKind::TransferIn { .. }) =>
            {
                untold.1 = untold.1.saturating_add(movement.quantity);
            }
            Message::Move(_)
            | Message::Deallocate { .. }
            | Message::WriteOff { .. }
            | Message::Unwait { .. }
            | Message::GiveUpWait { .. }
            | Message::AckServed { .. }
            | Message::ReleaseReservation(_) => {}
        }
    }
    untold
}
