//! What orders and transfers must say of each other: no promised unit goes along with nobody, and none is told otherwise
//! by the two that name it.

use std::collections::BTreeMap;

use super::state::Document;
use crate::domain::ids::TransferId;
use crate::domain::order::{Along, FulfilmentState, Journey, Order, TaskWork, Transfer, TransferState};

/// Everything that is wrong with an order's units that go along with transfers, by the order itself.
pub(super) fn of_order(order: &Order, found: &mut Vec<String>) {
    for part in &order.fulfilments {
        let state = part.state;
        let goes = matches!(state, FulfilmentState::AwaitingTransfer | FulfilmentState::InTransfer);
        let named = order.journeys.iter().filter(|journey| !journey.over && journey.has(part)).count();
        if named != usize::from(goes) || goes != part.along.is_some() {
            let number = part.number;
            found.push(format!("fulfilment {number} is {}, {named} journeys name it", state.name()));
        }
    }
    for journey in order.journeys.iter().filter(|journey| !journey.over) {
        let waits = units(order, journey, FulfilmentState::AwaitingTransfer);
        let travels = units(order, journey, FulfilmentState::InTransfer);
        let to_leave = journey.quantity.saturating_sub(journey.shipped).max(0);
        let on_road = journey.shipped.saturating_sub(journey.received);
        // What was cancelled on the road travels on as nobody's.
        if waits != to_leave || travels > on_road || journey.received > journey.shipped {
            found.push(format!("{waits} units wait and {travels} travel, its journey says {journey:?}"));
        }
    }
}

fn units(order: &Order, journey: &Journey, state: FulfilmentState) -> i64 {
    let parts = order.fulfilments.iter().filter(|part| part.state == state && journey.has(part));
    parts.fold(0, |sum, part| sum.saturating_add(part.quantity(&journey.line)))
}

/// Everything that is wrong with a transfer's rows, by the transfer itself.
pub(super) fn of_transfer(transfer: &Transfer, found: &mut Vec<String>) {
    for along in &transfer.along {
        let figures = [along.quantity, along.shipped, along.received, along.lost];
        let fits = along.shipped <= along.quantity && along.under_way() >= 0;
        if figures.iter().any(|units| *units < 0) || !fits {
            found.push(format!("{along:?}"));
        }
    }
    for line in &transfer.lines {
        let own = [
            transfer.own_to_leave(line),
            line.under_way().saturating_sub(transfer.along_of(&line.sku, Along::under_way)),
        ];
        if own.iter().any(|units| *units < 0) {
            found.push(format!("more goes along than {line:?}"));
        }
    }
}

/// Everything that is wrong between open orders and open transfers, taken at one moment. An order is open while units of
/// it go along, and so is the transfer.
pub(super) fn between<'a>(documents: impl Iterator<Item = &'a Document>) -> Vec<String> {
    let (mut transfers, mut orders) = (BTreeMap::new(), BTreeMap::new());
    for document in documents {
        match document {
            Document::Transfer(transfer) => {
                transfers.insert(&transfer.id, transfer);
            }
            Document::Order(order) => {
                orders.insert(&order.id, order);
            }
            Document::Return(_) | Document::Inbound(_) => {}
        }
    }
    let mut found = Vec::new();
    for order in orders.values() {
        for journey in order.journeys.iter().filter(|journey| !journey.over) {
            let (id, row) = (&journey.transfer, journey.row);
            let along = transfers.get(id).and_then(|known| known.along.iter().find(|known| known.row == row));
            let Some(along) = along.filter(|along| along.order == order.id) else {
                found.push(format!(
                    "{}: units go along with {id}, which does not know of row {row}",
                    order.id
                ));
                continue;
            };
            if journey.shipped > along.shipped || journey.received > along.received {
                found.push(format!("{}: says {journey:?}, its transfer {along:?}", order.id));
            }
        }
    }
    for transfer in transfers.values() {
        for along in &transfer.along {
            if is_untold(transfer, along.row) || !is_under_way(transfer, along) {
                continue;
            }
            let known = orders.get(&along.order).and_then(|order| journey_of(order, &transfer.id, along.row));
            let same = known.is_some_and(|known| {
                !known.over && known.shipped == along.shipped && known.received == along.received
            });
            if !same {
                found.push(format!("{}: says {along:?}, its order {known:?}", transfer.id));
            }
        }
    }
    found
}

fn journey_of<'a>(order: &'a Order, transfer: &TransferId, row: u32) -> Option<&'a Journey> {
    order.journeys.iter().find(|journey| journey.transfer == *transfer && journey.row == row)
}

/// Whether the order is still to be told something of a row.
fn is_untold(transfer: &Transfer, row: u32) -> bool {
    let open = transfer.tasks.open.iter();
    open.into_iter().any(|task| matches!(&task.work, TaskWork::Along { told, .. } if told.along.row == row))
}

fn is_under_way(transfer: &Transfer, along: &Along) -> bool {
    let state = transfer.state;
    let goes =
        matches!(state, TransferState::Allocated | TransferState::Shipped | TransferState::PartlyReceived);
    goes && !along.is_over()
}
