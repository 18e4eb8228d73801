//! What a warehouse has to pick now.

use std::sync::Arc;

use super::House;
use crate::domain::desk::Document;
use crate::domain::ids::WarehouseId;
use crate::domain::order::{Fulfilment, FulfilmentState, Order};
use crate::domain::time::Timestamp;

/// A fulfilment somebody has to pick.
#[derive(Debug, Clone)]
pub struct ToPick {
    /// Its order.
    pub order: Arc<Order>,
    /// Its number in there.
    pub number: u32,
}

impl ToPick {
    /// The fulfilment; `None` where the order has none of this number.
    #[must_use]
    pub fn part(&self) -> Option<&Fulfilment> {
        self.order.fulfilment(self.number)
    }

    /// The most urgent first: by class, then what is promised first, then what has waited longest.
    fn urgency(&self) -> (u8, Timestamp, Option<Timestamp>) {
        let terms = &self.order.terms;
        let asked = self.part().map(|part| part.requested_at);
        (terms.priority, terms.promise.unwrap_or(Timestamp::MAX), asked)
    }
}

impl House {
    /// Fulfilments of a warehouse that are asked for, accepted or being picked, the most urgent first.
    #[must_use]
    pub fn to_pick(&self, warehouse: &WarehouseId) -> Vec<ToPick> {
        let orders = self.documents(None, usize::MAX, |document| {
            document.order().is_some_and(|order| order.fulfilments.iter().any(|part| waits(part, warehouse)))
        });
        let mut found: Vec<ToPick> = orders
            .iter()
            .filter_map(Document::order)
            .flat_map(|order| {
                let parts = order.fulfilments.iter().filter(|part| waits(part, warehouse));
                parts.map(|part| ToPick { order: order.clone(), number: part.number })
            })
            .collect();
        // Stable: of equals the order of ids stays.
        found.sort_by_key(ToPick::urgency);
        found
    }
}

fn waits(part: &Fulfilment, warehouse: &WarehouseId) -> bool {
    let open = matches!(
        part.state,
        FulfilmentState::Requested | FulfilmentState::Accepted | FulfilmentState::Picking
    );
    open && part.warehouse == *warehouse
}
