//! Goods that go from one warehouse to another.

use super::model::{Happened, Known};
use super::task::Tasks;
use crate::domain::ids::{
    ChannelId, CommandId, LineId, OrderId, Reason, Reference, ReservationId, Sku, TransferId, WarehouseId,
};
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

/// One SKU of a transfer, with the promised units of orders that go along. Units shipped are received, lost, or still on
/// the road.
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

/// Promised units of one order's line that a transfer takes along: they are the order's all the way, and are shipped to
/// its buyer from where they arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Along {
    /// Its number within the transfer, from 1.
    pub row: u32,
    /// Whose.
    pub order: OrderId,
    /// Where that was bought.
    pub channel: ChannelId,
    /// Which line of it.
    pub line: LineId,
    /// Which goods.
    pub sku: Sku,
    /// Out of which fulfilment; of any where none is said.
    pub fulfilment: Option<u32>,
    /// Units that go along: those asked for, but for those the order has cancelled before they left.
    pub quantity: i64,
    /// Units that left.
    pub shipped: i64,
    /// Units that arrived.
    pub received: i64,
    /// Units given up.
    pub lost: i64,
    /// Why its order did not let them go; then the transfer was refused.
    pub refused: Option<Reason>,
}

impl Along {
    /// Units still to leave.
    #[must_use]
    pub const fn to_leave(&self) -> i64 {
        self.quantity.saturating_sub(self.shipped)
    }

    /// Units on the road.
    #[must_use]
    pub const fn under_way(&self) -> i64 {
        self.shipped.saturating_sub(self.received).saturating_sub(self.lost)
    }

    /// Whether nothing of it leaves or arrives any more.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.received.saturating_add(self.lost) >= self.quantity
    }
}

/// What a transfer tells an order about units of it that go along. All figures are since the transfer was asked for, so
/// that it may be told twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlongTold {
    /// Which transfer.
    pub transfer: TransferId,
    /// From where.
    pub from: WarehouseId,
    /// To where.
    pub to: WarehouseId,
    /// How it stands with the units.
    pub along: Along,
    /// When that was so.
    pub at: Timestamp,
    /// Whether nothing more comes of it: what has not left stays where it is, what has not arrived never will.
    pub over: bool,
}

impl AlongTold {
    /// Whether it asks the order to let its units go along; else it only tells how they stand.
    #[must_use]
    pub const fn asks(&self) -> bool {
        !self.over && self.along.shipped == 0
    }

    /// The promise its units have where they arrive.
    #[must_use]
    pub fn claim(&self) -> ReservationId {
        claim_along(&self.transfer, self.along.row)
    }
}

/// The promise that units of a transfer's row have where they arrive.
#[must_use]
pub fn claim_along(transfer: &TransferId, row: u32) -> ReservationId {
    CommandId::stored(&format!("{transfer}/along/{row}"))
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
    /// Promised units of orders among them.
    pub along: Vec<Along>,
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

    /// A figure of the promised units of a SKU that go along.
    #[must_use]
    pub fn along_of(&self, sku: &Sku, figure: fn(&Along) -> i64) -> i64 {
        let rows = self.along.iter().filter(|along| along.sku == *sku);
        rows.fold(0, |sum, along| sum.saturating_add(figure(along)))
    }

    /// Units of a line that are still to leave and are promised to the transfer itself.
    #[must_use]
    pub fn own_to_leave(&self, line: &TransferLine) -> i64 {
        let open = line.quantity.saturating_sub(line.shipped);
        open.saturating_sub(self.along_of(&line.sku, Along::to_leave))
    }

    /// Units of a line on the road that will be anybody's where they arrive.
    #[must_use]
    pub fn own_under_way(&self, line: &TransferLine) -> i64 {
        line.under_way().saturating_sub(self.along_of(&line.sku, Along::under_way)).max(0)
    }

    /// What an order is told of its units.
    #[must_use]
    pub fn told(&self, along: &Along, at: Timestamp, over: bool) -> AlongTold {
        let (from, to) = (self.from.clone(), self.to.clone());
        AlongTold { transfer: self.id.clone(), from, to, along: along.clone(), at, over }
    }

    /// Whether nothing is expected any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.state, TransferState::Refused | TransferState::Closed | TransferState::Cancelled)
            && self.tasks.open.is_empty()
    }
}
