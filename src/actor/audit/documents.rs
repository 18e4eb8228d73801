//! What desks, warehouses and channels say of each other: no claim and no backorder without its document, nothing
//! promised otherwise than the document says, nothing of a transfer moved twice or forgotten.

use std::sync::Arc;

use ahash::AHashMap;

use super::across::Everything;
use crate::domain::desk::{Document, invariant};
use crate::domain::ids::{OrderId, Sku, WarehouseId};
use crate::domain::order::{Message, TaskWork, Transfer};
use crate::domain::warehouse::MovementKind;

/// What is wrong between the documents of desks, the stock of warehouses and the room of channels.
pub(super) fn problems(everything: &Everything) -> Vec<String> {
    let mut found = misplaced(everything);
    found.extend(invariant::across(open_documents(everything), everything.warehouses.values()));
    backorders(everything, &mut found);
    transfers(everything, &mut found);
    found.sort_unstable();
    found
}

/// Every open document.
fn open_documents(everything: &Everything) -> impl Iterator<Item = &Document> {
    everything.desks.values().flat_map(|desk| desk.documents())
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

/// Every row of a channel that sells beyond stock is an open order's, and takes the room that its waiting units need.
fn backorders(everything: &Everything, found: &mut Vec<String>) {
    let mut room = invariant::room(open_documents(everything));
    for (channel, machine) in &everything.channels {
        for (id, row) in machine.backorders() {
            let units = row.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
            match room.remove(&(channel.clone(), id.clone())) {
                Some((least, most)) if (least..=most).contains(&units) => {}
                Some((least, most)) => found.push(format!(
                    "{}: {channel} has {units} units open under {id}, expected {least}..={most}",
                    row.owner
                )),
                None => {
                    found.push(format!(
                        "{}: {channel} has {units} units open under {id} for nobody",
                        row.owner
                    ));
                }
            }
        }
    }
    let missing = room.into_iter().filter(|(_, (least, _))| *least > 0);
    found.extend(
        missing.map(|((channel, id), (least, _))| {
            format!("{least} units should be open at {channel} under {id}")
        }),
    );
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
fn transfers(everything: &Everything, found: &mut Vec<String>) {
    let open = open_documents(everything).filter_map(|document| match document {
        Document::Transfer(transfer) => Some(transfer),
        Document::Order(_) | Document::Return(_) | Document::Inbound(_) => None,
    });
    let untold = untold(everything);
    for transfer in open.chain(&everything.archived_transfers) {
        transfer_moved(everything, transfer, &untold, found);
    }
}

fn transfer_moved(
    everything: &Everything,
    transfer: &Arc<Transfer>,
    untold: &AHashMap<(OrderId, Sku), (i64, i64)>,
    found: &mut Vec<String>,
) {
    let nothing = Transferred { complete: true, ..Transferred::default() };
    let log_of = |place: &WarehouseId| everything.transferred.get(place).unwrap_or(&nothing);
    for line in &transfer.lines {
        let key = (transfer.id.clone(), line.sku.clone());
        let (from, to) = (log_of(&transfer.from), log_of(&transfer.to));
        let (out, _) = from.units.get(&key).copied().unwrap_or_default();
        let (_, into) = to.units.get(&key).copied().unwrap_or_default();
        let (untold_out, untold_in) = untold.get(&key).copied().unwrap_or_default();
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

/// Units of transfers whose leaving and arriving is still to be told, by the transfer or by orders whose units go along.
fn untold(everything: &Everything) -> AHashMap<(OrderId, Sku), (i64, i64)> {
    let mut untold: AHashMap<(OrderId, Sku), (i64, i64)> = AHashMap::new();
    for document in open_documents(everything) {
        for task in &document.tasks().open {
            for (transfer, sku, (out, into)) in moves(document.id(), &task.work) {
                let units = untold.entry((transfer.clone(), sku.clone())).or_default();
                *units = (units.0.saturating_add(out), units.1.saturating_add(into));
            }
        }
    }
    untold
}

/// What a document's task moves for a transfer: units that leave, units that arrive.
fn moves<'a>(document: &'a OrderId, work: &'a TaskWork) -> Vec<(&'a OrderId, &'a Sku, (i64, i64))> {
    let message = match work {
        TaskWork::Tell { message, .. } => message,
        // The order is told first, and then tells the warehouse.
        TaskWork::Along { told, .. } => {
            return vec![(&told.transfer, &told.along.sku, (told.along.shipped, 0))];
        }
        TaskWork::Route
        | TaskWork::Claim { .. }
        | TaskWork::Allocate { .. }
        | TaskWork::Abandon { .. }
        | TaskWork::Backorder { .. }
        | TaskWork::CloseBackorder { .. }
        | TaskWork::Fewer { .. } => return Vec::new(),
    };
    match message {
        Message::Ship { lines, transfer: true, .. } => {
            lines.iter().map(|line| (document, &line.sku, (line.quantity, 0))).collect()
        }
        Message::SendAlong { lines, transfer, .. } => {
            lines.iter().map(|line| (transfer, &line.sku, (line.quantity, 0))).collect()
        }
        Message::Move(movement) => match &movement.kind {
            MovementKind::TransferOut { transfer } => {
                vec![(transfer, &movement.sku, (movement.quantity, 0))]
            }
            MovementKind::TransferIn { transfer, .. } => {
                vec![(transfer, &movement.sku, (0, movement.quantity))]
            }
            MovementKind::Receive(_)
            | MovementKind::Return(_)
            | MovementKind::Adjust
            | MovementKind::Hold(_)
            | MovementKind::Restock(_)
            | MovementKind::Reclassify { .. }
            | MovementKind::Scrap(_)
            | MovementKind::Sell { .. } => Vec::new(),
        },
        Message::Ship { .. }
        | Message::Deallocate { .. }
        | Message::WriteOff { .. }
        | Message::Unwait { .. }
        | Message::GiveUpWait { .. }
        | Message::AckServed { .. } => Vec::new(),
    }
}
