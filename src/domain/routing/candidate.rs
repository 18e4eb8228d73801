//! Who could be asked, and with what.

use crate::domain::ids::{ChannelId, WarehouseId};
use crate::domain::place::{Country, Kind, Point, PostalPrefix};
use crate::domain::time::Timestamp;

/// What a warehouse has of the goods of one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stock {
    /// Units free for the demand's channel.
    pub free: i64,
    /// Of these, units that routing leaves alone.
    pub routing_safety: i64,
    /// Whether it carries the goods at all.
    pub carried: bool,
    /// Units in the house.
    pub on_hand: i64,
    /// How long the oldest unit has been there, in days.
    pub age_days: Option<i64>,
    /// Units expected and not promised yet, with the time each is expected at.
    pub incoming: Vec<(Timestamp, i64)>,
}

/// A warehouse that could be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which one; each is handed in once.
    pub warehouse: WarehouseId,
    /// What kind of place it is.
    pub kind: Kind,
    /// Whether it takes new orders at present.
    pub open: bool,
    /// Whether it takes part in routing.
    pub enabled: bool,
    /// Channels it ships for; `None` for all.
    pub channels: Option<Vec<ChannelId>>,
    /// Countries it ships to; `None` for all.
    pub countries: Option<Vec<Country>>,
    /// Whether it sends parcels.
    pub ships: bool,
    /// Whether customers may fetch goods there.
    pub pickup: bool,
    /// Where it stands, exactly.
    pub point: Option<Point>,
    /// In which country.
    pub country: Option<Country>,
    /// And roughly where in it.
    pub postal: Option<PostalPrefix>,
    /// The day it is there, counted since 1970.
    pub local_day: i64,
    /// How many more fulfilments it takes on that day; `None` for any number.
    pub capacity_left: Option<i64>,
    /// Its open fulfilments.
    pub load: i64,
    /// What a parcel from there costs, in whatever unit the merchant compares.
    pub cost: i64,
    /// The merchant's own order: the smallest number comes first.
    pub priority: i64,
    /// Whether another system has the last word on its stock.
    pub external: bool,
    /// What it has, one entry per line of the demand and in the same order; a missing entry is nothing. Lines of the
    /// same SKU bear the same figures, and where they don't, the smallest counts.
    pub stock: Vec<Stock>,
}

impl Candidate {
    /// An open warehouse that ships everything everywhere, with nothing else said.
    #[must_use]
    pub const fn new(warehouse: WarehouseId, stock: Vec<Stock>) -> Self {
        Self {
            warehouse,
            kind: Kind::Warehouse,
            open: true,
            enabled: true,
            channels: None,
            countries: None,
            ships: true,
            pickup: true,
            point: None,
            country: None,
            postal: None,
            local_day: 0,
            capacity_left: None,
            load: 0,
            cost: 0,
            priority: 0,
            external: false,
            stock,
        }
    }
}
