//! What is to be routed.

use crate::domain::ids::{ChannelId, LineId, Sku, WarehouseId};
use crate::domain::named::named;
use crate::domain::place::{Country, Point, PostalPrefix};

/// One line that wants goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The line of the order; each stands once in a demand.
    pub line: LineId,
    /// Which goods.
    pub sku: Sku,
    /// How many; nothing is routed of a line that wants none.
    pub quantity: i64,
    /// What a unit is worth, in minor units of the order's currency; 0 where it is not known.
    pub unit_value: i64,
}

/// How the goods come to the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// A parcel.
    Ship,
    /// The customer comes to this place.
    Pickup(WarehouseId),
}

named! {
    /// Why a warehouse is not to be asked again.
    Why:
    /// It said no.
    Rejected = 1, "rejected";
    /// It did not find the goods.
    ShortPicked = 2, "short_picked";
    /// It did not answer in time.
    TimedOut = 3, "timed_out";
    /// An operator does not want it.
    Operator = 4, "operator";
    /// Its stock was gone when it was claimed.
    RefusedClaim = 5, "refused_claim";
}

impl Why {
    /// Whether only the goods were missing: such a place ships nothing of them now, but may wait for new ones where
    /// nobody else can.
    #[must_use]
    pub const fn lacked_goods(self) -> bool {
        match self {
            Self::ShortPicked | Self::RefusedClaim => true,
            Self::Rejected | Self::TimedOut | Self::Operator => false,
        }
    }
}

/// A warehouse that is not to be asked, for one SKU or for anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// Which warehouse.
    pub warehouse: WarehouseId,
    /// For which goods; `None` for all.
    pub sku: Option<Sku>,
    /// Why.
    pub why: Why,
}

/// What is to be routed, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The channel that sold it.
    pub channel: ChannelId,
    /// Whether the sale is a fact already: then nothing of it is refused.
    pub told: bool,
    /// How the goods come to the customer.
    pub method: Method,
    /// Where they go; not known for a pickup.
    pub country: Option<Country>,
    /// And roughly where in the country.
    pub postal: Option<PostalPrefix>,
    /// And exactly. Personal data: it is computed with and never told.
    pub point: Option<Point>,
    /// What is wanted.
    pub lines: Vec<Wanted>,
    /// Warehouses preferred, best first: the operator's order or the channel's.
    pub preferred: Vec<WarehouseId>,
    /// The one warehouse an operator wants it from.
    pub only: Option<WarehouseId>,
    /// Warehouses that are not to be asked.
    pub blocked: Vec<Blocked>,
    /// All lines together or nothing.
    pub ship_complete: bool,
    /// The local day from which it may be shipped, counted since 1970.
    pub release_day: Option<i64>,
    /// Whether the order was accepted before and this is routed again: then an operator is asked where it would be
    /// refused.
    pub reroute: bool,
}

impl Demand {
    /// A demand of a channel that asks, to be shipped, with nothing else said.
    #[must_use]
    pub const fn new(channel: ChannelId, lines: Vec<Wanted>) -> Self {
        Self {
            channel,
            told: false,
            method: Method::Ship,
            country: None,
            postal: None,
            point: None,
            lines,
            preferred: Vec::new(),
            only: None,
            blocked: Vec::new(),
            ship_complete: false,
            release_day: None,
            reroute: false,
        }
    }
}
