//! What happened, in the past tense. Facts are what history shows and what leaves the house.

use super::ids::{CartId, ChannelId, OrderId, Reason, Reference, ReservationId, Sku, SourceId};
use super::level::{Condition, Level};
use super::named::named;
use super::time::Timestamp;

named! {
    /// The kinds of facts about a warehouse's stock.
    FactKind:
    /// Goods came in from a supplier.
    Received = 1, "stock_received";
    /// Goods came back from a customer.
    Returned = 2, "stock_returned";
    /// On hand was corrected.
    Adjusted = 3, "stock_adjusted";
    /// On hand was counted.
    Counted = 4, "stock_counted";
    /// Goods were found broken.
    Damaged = 5, "stock_damaged";
    /// Goods wait for a check.
    QualityHeld = 6, "stock_quality_held";
    /// Goods were set aside.
    Quarantined = 7, "stock_quarantined";
    /// Goods became sellable again.
    Restocked = 8, "stock_restocked";
    /// Goods were thrown away.
    Scrapped = 9, "stock_scrapped";
    /// Goods were sold and are gone already (till, marketplace-held stock).
    Sold = 10, "stock_sold";
    /// Goods were held for a cart.
    Reserved = 11, "stock_reserved";
    /// A cart's hold was changed.
    Amended = 12, "reservation_amended";
    /// A hold's deadline was moved.
    Extended = 13, "reservation_extended";
    /// A hold was given back.
    Released = 14, "reservation_released";
    /// A hold ran out.
    Expired = 15, "reservation_expired";
    /// A hold became a promise.
    Allocated = 16, "stock_allocated";
    /// A promise was taken back.
    Deallocated = 17, "stock_deallocated";
    /// Promised goods left.
    Shipped = 18, "stock_shipped";
    /// Safety stock, fences or the limits of alerts were set.
    PolicySet = 19, "stock_policy_set";
    /// The store had lost entries that were acknowledged; consumers reload.
    TailLost = 20, "tail_lost";
    /// A claim acknowledged before a loss could not be claimed again.
    Oversold = 21, "oversold";
    /// An order waits for goods.
    Waiting = 22, "stock_waiting";
    /// Goods were promised to an order that waited for them.
    WaitingServed = 23, "waiting_served";
    /// An order waits for fewer goods, or for none any more.
    WaitingClosed = 24, "waiting_closed";
    /// Goods left for another warehouse.
    TransferredOut = 25, "stock_transferred_out";
    /// Goods came in from another warehouse.
    TransferredIn = 26, "stock_transferred_in";
    /// What may be sold fell to the SKU's `low_stock` limit.
    LowStock = 27, "low_stock";
    /// Nothing may be sold any more.
    SoldOut = 28, "sold_out";
    /// Something may be sold again.
    BackInStock = 29, "back_in_stock";
    /// On hand rose above the SKU's `overstock` limit.
    Overstock = 30, "overstock";
    /// Promises exceed the goods.
    Shortage = 31, "shortage";
    /// Promises exceed the goods no more.
    ShortageEnded = 32, "shortage_ended";
    /// A record became wrong: on hand below zero, or more of it unavailable than there is.
    NegativeStock = 33, "negative_stock";
}

impl FactKind {
    /// Goods that are found to be in a condition.
    #[must_use]
    pub const fn into_condition(condition: Condition) -> Self {
        match condition {
            Condition::Damaged => Self::Damaged,
            Condition::QualityControl => Self::QualityHeld,
            Condition::Quarantine => Self::Quarantined,
        }
    }

    /// Whether somebody should look at it.
    #[must_use]
    pub const fn is_alert(self) -> bool {
        self.is_crossing() || matches!(self, Self::TailLost | Self::Oversold)
    }

    /// Whether it tells that a SKU's figures crossed a line; it then has one line, which changes nothing.
    #[must_use]
    pub const fn is_crossing(self) -> bool {
        matches!(
            self,
            Self::LowStock
                | Self::SoldOut
                | Self::BackInStock
                | Self::Overstock
                | Self::Shortage
                | Self::ShortageEnded
                | Self::NegativeStock
        )
    }
}

/// Which line was crossed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crossed {
    /// Where the figure stands now: units that may be sold (net less safety stock), of an overstock on hand, of a shortage
    /// the promises without goods, of a wrong record on hand less unavailable.
    pub figure: i64,
    /// The line.
    pub limit: i64,
}

/// One SKU's part of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactLine {
    /// The SKU.
    pub sku: Sku,
    /// Units, signed as the kind has it: what was received, held (+), given back (−), shipped (−), corrected (±).
    pub change: i64,
    /// The level after it.
    pub after: Level,
    /// Version of the entry with the SKU's previous fact; 0 where there was none.
    pub previous: u64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What kind of thing.
    pub kind: FactKind,
    /// To which SKUs.
    pub lines: Vec<FactLine>,
    /// For which reservation.
    pub reservation: Option<ReservationId>,
    /// By which channel.
    pub channel: Option<ChannelId>,
    /// For which cart.
    pub cart: Option<CartId>,
    /// For which order or transfer.
    pub order: Option<OrderId>,
    /// Referring to what.
    pub reference: Option<Reference>,
    /// Why.
    pub reason: Option<Reason>,
    /// Counted by whom.
    pub source: Option<SourceId>,
    /// When it happened, where that is not when it was recorded; of a count, its as-of time; of a hold, its deadline.
    pub time: Option<Timestamp>,
    /// Whether a count had known of it already, so that nothing moved.
    pub covered: bool,
    /// Of a lost tail: the first and the last version lost.
    pub lost: Option<(u64, u64)>,
    /// Of a crossing: which line.
    pub crossed: Option<Crossed>,
}

impl Fact {
    /// A fact of a kind, with nothing said yet.
    #[must_use]
    pub const fn new(kind: FactKind) -> Self {
        Self {
            kind,
            lines: Vec::new(),
            reservation: None,
            channel: None,
            cart: None,
            order: None,
            reference: None,
            reason: None,
            source: None,
            time: None,
            covered: false,
            lost: None,
            crossed: None,
        }
    }

    /// With these lines.
    #[must_use]
    pub fn lines(mut self, lines: Vec<FactLine>) -> Self {
        self.lines = lines;
        self
    }

    /// For this reservation of this channel and cart.
    #[must_use]
    pub fn held_by(
        mut self,
        reservation: &ReservationId,
        channel: &ChannelId,
        cart: Option<&CartId>,
    ) -> Self {
        self.reservation = Some(reservation.clone());
        self.channel = Some(channel.clone());
        self.cart = cart.cloned();
        self
    }

    /// For this order.
    #[must_use]
    pub fn of_order(mut self, order: Option<&OrderId>) -> Self {
        self.order = order.cloned();
        self
    }

    /// At this time.
    #[must_use]
    pub const fn at(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }
}
