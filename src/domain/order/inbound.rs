//! Goods that are expected from suppliers.

use super::model::{Happened, Known};
use super::task::Tasks;
use crate::domain::ids::{InboundId, Reference, Sku, WarehouseId};
use crate::domain::named::named;
use crate::domain::time::Timestamp;

named! {
    /// Where a receipt stands.
    InboundState:
    /// Nothing has arrived.
    Expected = 0, "expected";
    /// A part has arrived.
    PartlyReceived = 1, "partly_received";
    /// All has arrived, or no more is expected.
    Closed = 2, "closed";
    /// Nothing will arrive.
    Cancelled = 3, "cancelled";
}

/// One SKU of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundLine {
    /// Which goods.
    pub sku: Sku,
    /// Units expected.
    pub expected: i64,
    /// Units that arrived; may be more.
    pub received: i64,
}

impl InboundLine {
    /// Units still expected.
    #[must_use]
    pub fn open(&self) -> i64 {
        self.expected.saturating_sub(self.received).max(0)
    }
}

/// An expected receipt: a purchase order, or a supplier's advance ship notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Its id; begins with its shard.
    pub id: InboundId,
    /// The purchase order or ship notice.
    pub reference: Option<Reference>,
    /// Where it is expected.
    pub warehouse: WarehouseId,
    /// Where it stands.
    pub state: InboundState,
    /// What.
    pub lines: Vec<InboundLine>,
    /// When it is expected.
    pub eta: Option<Timestamp>,
    /// Whether somebody was told that it is late.
    pub late_told: bool,
    /// When it was told.
    pub told_at: Timestamp,
    /// What it still has to tell.
    pub tasks: Tasks,
    /// Commands that changed it.
    pub known: Vec<Known>,
    /// What happened to it.
    pub timeline: Vec<Happened>,
}

impl Inbound {
    /// Whether nothing is expected any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.state, InboundState::Closed | InboundState::Cancelled) && self.tasks.open.is_empty()
    }
}
