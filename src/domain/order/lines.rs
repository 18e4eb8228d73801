//! A line of an order and its counters.

use crate::domain::ids::{LineId, Sku};

/// A line of an order. Every unit ordered is in exactly one of the five places that sum up to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id within the order.
    pub id: LineId,
    /// Which goods.
    pub sku: Sku,
    /// Whether it is goods; fees, gift cards and services are kept for documents only and have no counters.
    pub stock: bool,
    /// What a unit is worth in minor units of the order's currency, for the routing's least value of a part; 0 where
    /// it is not known. Nothing else is computed with it.
    pub unit_value: i64,
    /// Units ordered.
    pub ordered: i64,
    /// Without a place yet.
    pub unrouted: i64,
    /// Waiting for goods.
    pub backordered: i64,
    /// Promised by a warehouse.
    pub allocated: i64,
    /// Gone to the buyer.
    pub shipped: i64,
    /// Not wanted any more, or not to be had.
    pub cancelled: i64,
    /// Of those cancelled, how many only because the payment never came: they come back when it comes after all.
    pub unpaid: i64,
    /// Of those shipped, how many came back.
    pub returned: i64,
}

impl Line {
    /// A line nothing has happened to yet.
    #[must_use]
    pub const fn new(id: LineId, sku: Sku, stock: bool, ordered: i64, unit_value: i64) -> Self {
        let unrouted = if stock { ordered } else { 0 };
        Self {
            id,
            sku,
            stock,
            unit_value,
            ordered,
            unrouted,
            backordered: 0,
            allocated: 0,
            shipped: 0,
            cancelled: 0,
            unpaid: 0,
            returned: 0,
        }
    }

    /// Units that are still to be delivered.
    #[must_use]
    pub const fn open(&self) -> i64 {
        self.unrouted.saturating_add(self.backordered).saturating_add(self.allocated)
    }

    /// Units that may still come back.
    #[must_use]
    pub const fn returnable(&self) -> i64 {
        self.shipped.saturating_sub(self.returned)
    }

    /// Whether the counters sum up.
    #[must_use]
    pub fn adds_up(&self) -> bool {
        let counters =
            [self.unrouted, self.backordered, self.allocated, self.shipped, self.cancelled, self.returned];
        let sum = self.open().saturating_add(self.shipped).saturating_add(self.cancelled);
        counters.iter().all(|counter| *counter >= 0)
            && self.returned <= self.shipped
            && (0..=self.cancelled).contains(&self.unpaid)
            && if self.stock { sum == self.ordered } else { sum == 0 }
    }
}
