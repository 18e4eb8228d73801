//! Goods that go from one warehouse to another.

use super::model::{Happened, Known};
use super::task::Tasks;
use crate::domain::ids::{CommandId, Reference, Sku, TransferId, WarehouseId};
use crate::domain::named::named;
use crate::domain::time::Timestamp;

named! {
    /// Where a transfer stands.
    TransferState:
    /// The goods are being claimed.
    Requested = 0, "requested";
    /// They are promised.
    Allocated = 1, "allocated";
    /// There were not enough of them.
    Refused = 2, "refused";
    /// They are on the road.
    Shipped = 3, "shipped";
    /// A part has arrived.
    PartlyReceived = 4, "partly_received";
    /// All has arrived, or is given up as lost.
    Closed = 5, "closed";
    /// It does not happen.
    Cancelled = 6, "cancelled";
}

/// One SKU of a transfer. Units shipped are received, lost, or still on the road.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferLine {
    /// Which goods.
    pub sku: Sku,
    /// Units asked for.
    pub quantity: i64,
    /// Units that left.
    pub shipped: i64,
    /// Units that arrived.
    pub received: i64,
    /// Units given up.
    pub lost: i64,
}

impl TransferLine {
    /// Units on the road.
    #[must_use]
    pub const fn under_way(&self) -> i64 {
        self.shipped.saturating_sub(self.received).saturating_sub(self.lost)
    }
}

/// A transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// Its id; begins with its shard.
    pub id: TransferId,
    /// What the merchant calls it.
    pub reference: Option<Reference>,
    /// From where.
    pub from: WarehouseId,
    /// To where.
    pub to: WarehouseId,
    /// Where it stands.
    pub state: TransferState,
    /// What.
    pub lines: Vec<TransferLine>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it is expected.
    pub eta: Option<Timestamp>,
    /// Whether somebody was told that it is late.
    pub late_told: bool,
    /// What it still has to tell.
    pub tasks: Tasks,
    /// Commands that changed it.
    pub known: Vec<Known>,
    /// What happened to it.
    pub timeline: Vec<Happened>,
}

impl Transfer {
    /// The claim its goods are promised under.
    #[must_use]
    pub fn claim(&self) -> CommandId {
        CommandId::stored(&format!("{}/1", self.id))
    }

    /// Whether nothing is expected any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.state, TransferState::Refused | TransferState::Closed | TransferState::Cancelled)
            && self.tasks.open.is_empty()
    }
}
