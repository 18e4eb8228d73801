//! Goods that come back.

use super::task::Tasks;
use crate::domain::ids::{ChannelId, LineId, OrderId, Reason, Reference, ReturnId, Sku, WarehouseId};
use crate::domain::named::named;
use crate::domain::order::model::{Happened, Known};
use crate::domain::time::Timestamp;

named! {
    /// Where a return stands.
    ReturnState:
    /// The buyer has said that it comes.
    Announced = 0, "announced";
    /// A part of it has arrived.
    PartlyReceived = 1, "partly_received";
    /// All of it has arrived, not all of it was looked at.
    Received = 2, "received";
    /// All of it was looked at, or it needs no more.
    Closed = 3, "closed";
    /// It does not come.
    Cancelled = 4, "cancelled";
}

/// What inspection found, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inspected {
    /// As good as new.
    pub sellable: i64,
    /// Broken.
    pub damaged: i64,
    /// Set aside.
    pub quarantine: i64,
    /// Thrown away.
    pub scrap: i64,
}

impl Inspected {
    /// Units looked at.
    #[must_use]
    pub const fn units(&self) -> i64 {
        self.sellable.saturating_add(self.damaged).saturating_add(self.quarantine).saturating_add(self.scrap)
    }
}

/// One line of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnLine {
    /// The order's line, where the order is known.
    pub line: Option<LineId>,
    /// Which goods.
    pub sku: Sku,
    /// Units announced.
    pub quantity: i64,
    /// Why, in the buyer's or the shop's words.
    pub reason: Option<Reason>,
    /// Units that arrived.
    pub received: i64,
    /// What was found.
    pub inspected: Inspected,
}

/// A return; it lives in its order, or alone where the order is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Its id; begins with its shard.
    pub id: ReturnId,
    /// Its number within its order, from 1.
    pub number: u32,
    /// The order, where it is known.
    pub order: Option<OrderId>,
    /// Where the goods were bought, where that is known.
    pub channel: Option<ChannelId>,
    /// What the sender calls it, for example the order number of a shop nobody knows here.
    pub reference: Option<Reference>,
    /// Where it goes.
    pub warehouse: WarehouseId,
    /// Where it stands.
    pub state: ReturnState,
    /// What.
    pub lines: Vec<ReturnLine>,
    /// When the buyer declared it.
    pub declared_at: Timestamp,
    /// Until when the buyer must have the money.
    pub refund_by: Timestamp,
    /// When somebody is told that this is near.
    pub alert_at: Timestamp,
    /// Whether somebody was told.
    pub alerted: bool,
    /// Whether the money went back.
    pub refunded: bool,
    /// What a return without an order still has to tell; empty for one that lives in its order.
    pub tasks: Tasks,
    /// Commands that changed a return without an order; of one that lives in its order, what it was announced as.
    pub known: Vec<Known>,
    /// What happened to a return without an order.
    pub timeline: Vec<Happened>,
}

impl Return {
    /// Whether it is the return of its order that was announced under this id.
    #[must_use]
    pub fn announced_as(&self, id: &ReturnId) -> bool {
        self.known.first().is_some_and(|known| known.id.as_str() == id.as_str())
    }

    /// Whether nothing is expected any more: the goods are where they belong, and the money went back or somebody was told
    /// that it must.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        match self.state {
            ReturnState::Closed => self.refunded || self.alerted,
            ReturnState::Cancelled => true,
            ReturnState::Announced | ReturnState::PartlyReceived | ReturnState::Received => false,
        }
    }

    /// The state that follows from the lines.
    #[must_use]
    pub fn settled_state(&self) -> ReturnState {
        if self.state == ReturnState::Cancelled {
            return ReturnState::Cancelled;
        }
        let all = |done: fn(&ReturnLine) -> bool| self.lines.iter().all(done);
        if all(|line| line.inspected.units() >= line.quantity) {
            ReturnState::Closed
        } else if all(|line| line.received >= line.quantity) {
            ReturnState::Received
        } else if self.lines.iter().any(|line| line.received > 0) {
            ReturnState::PartlyReceived
        } else {
            ReturnState::Announced
        }
    }
}
