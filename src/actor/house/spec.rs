//! What places are configured to be.

use std::collections::{BTreeMap, BTreeSet};

use super::days::LocalDays;
use crate::domain::channel::{LagRule, Quota};
use crate::domain::ids::{ChannelId, SourceId, WarehouseId};
pub use crate::domain::place::{Country, Kind, Point};
use crate::domain::policy::AlertLimits;
pub use crate::domain::routing::{Leftover, Split};

/// Whether a place takes new claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WarehouseState {
    /// Yes.
    Open,
    /// No; what is promised is still shipped.
    NoNewOrders,
    /// No, for a stocktake or a closed place; movements and counts are facts and recorded all the same.
    Frozen,
}

/// Who has the last word on a warehouse's physical stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockAuthority {
    /// This daemon: movements told to it make the figure.
    Lagerd,
    /// Another system: its counts make the figure.
    External,
}

/// A warehouse as configured.
#[derive(Debug, Clone)]
pub struct WarehouseSpec {
    /// Its id.
    pub id: WarehouseId,
    /// Its name for people.
    pub name: Option<String>,
    /// What kind of place it is.
    pub kind: Kind,
    /// Its country, ISO 3166-1 alpha-2.
    pub country: Option<Country>,
    /// Its postal code.
    pub postal_code: Option<String>,
    /// Where it lies, where that is known.
    pub coordinates: Option<Point>,
    /// The days its capacity is counted in.
    pub days: LocalDays,
    /// Whether it takes new claims.
    pub state: WarehouseState,
    /// Who has the last word on its stock.
    pub stock_authority: StockAuthority,
    /// Whether routing may choose it by itself.
    pub enabled: bool,
    /// Whether it ships.
    pub ships: bool,
    /// Whether customers may collect from it.
    pub pickup: bool,
    /// Channels whose orders it takes; `None` = all.
    pub serves_channels: Option<BTreeSet<ChannelId>>,
    /// Countries it ships to; `None` = all.
    pub serves_countries: Option<BTreeSet<Country>>,
    /// Fulfilments it can take on one of its days; `None` = any number.
    pub capacity_per_day: Option<u64>,
    /// Milliseconds it has to accept a fulfilment; `None` = as long as it takes.
    pub accept_within_ms: Option<i64>,
    /// What a fulfilment there costs, in minor units of one currency for all warehouses.
    pub cost: i64,
    /// The merchant's own order: the smallest number comes first.
    pub priority: i64,
    /// Units per SKU that routing leaves there.
    pub routing_safety: i64,
    /// From where on somebody is told of a SKU whose own policy does not say.
    pub alerts: AlertLimits,
    /// How far each source's counts may lag, in milliseconds.
    pub lag_ms: BTreeMap<SourceId, i64>,
}

impl WarehouseSpec {
    /// An open place that takes every order, as one that has nothing but an id configured.
    #[must_use]
    pub fn named(id: WarehouseId) -> Self {
        Self {
            id,
            name: None,
            kind: Kind::Warehouse,
            country: None,
            postal_code: None,
            coordinates: None,
            days: LocalDays::default(),
            state: WarehouseState::Open,
            stock_authority: StockAuthority::Lagerd,
            enabled: true,
            ships: true,
            pickup: false,
            serves_channels: None,
            serves_countries: None,
            capacity_per_day: None,
            accept_within_ms: None,
            cost: 0,
            priority: 0,
            routing_safety: 0,
            alerts: AlertLimits::default(),
            lag_ms: BTreeMap::new(),
        }
    }
}

/// Whether a channel asks before it sells, or tells what it has sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// We may refuse.
    Asks,
    /// A sale is a fact.
    Tells,
}

/// Whom a channel's customers may turn to; shown to them as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Support {
    /// Who answers.
    pub name: Option<String>,
    /// An e-mail address.
    pub email: Option<String>,
    /// A telephone number.
    pub phone: Option<String>,
    /// When somebody answers.
    pub hours: Option<String>,
}

/// A channel as configured.
#[derive(Debug, Clone)]
pub struct ChannelSpec {
    /// Its id.
    pub id: ChannelId,
    /// Whether it asks or tells.
    pub mode: Mode,
    /// The currency it sells in, ISO 4217.
    pub currency: String,
    /// The warehouses it draws on, in the order it prefers them.
    pub warehouses: Vec<WarehouseId>,
    /// Units never shown, where nothing else is set for the SKU.
    pub buffer: i64,
    /// The most that public readers are shown.
    pub display_cap: Option<i64>,
    /// Up to how many units count as few, where nothing else is set for the SKU.
    pub low_at: i64,
    /// Countries it sells to; `None` = all.
    pub countries: Option<BTreeSet<Country>>,
    /// Whether its orders are held until their payment is authorised or paid.
    pub payment_required: bool,
    /// Whether what stock can't cover may be backordered.
    pub backorder: bool,
    /// Units per SKU that may be backordered, where nothing else is set for the SKU; `None` = any number.
    pub backorder_limit: Option<i64>,
    /// Whether an order ships when all of it can, and not before.
    pub ship_complete: bool,
    /// How its orders may be split.
    pub split: Split,
    /// What becomes of lines nobody can ship; never `Refuse` where the channel tells.
    pub leftover: Leftover,
    /// Whom its customers may turn to.
    pub support: Support,
    /// The days its changes are counted in.
    pub days: LocalDays,
    /// How many changes per SKU and day it takes; `None` = any number.
    pub quota: Option<Quota>,
    /// What is kept back while it is behind.
    pub lag: Option<LagRule>,
}

impl ChannelSpec {
    /// Units per SKU that may be sold without goods, where nothing is set for the SKU.
    #[must_use]
    pub fn backorder_room(&self) -> i64 {
        let most = self.backorder_limit.unwrap_or(crate::domain::quantity::UNITS_MAX);
        if self.backorder { most } else { 0 }
    }

    /// The same, as it is shown: where there is no limit, no figure can be shown for it.
    #[must_use]
    pub fn room_shown(&self) -> i64 {
        self.backorder_limit.filter(|_| self.backorder).unwrap_or(0)
    }

    /// Whether somebody surely publishes for it and confirms.
    #[must_use]
    pub const fn is_published_for(&self) -> bool {
        self.quota.is_some() || self.lag.is_some()
    }

    /// A channel that has nothing but its id and its warehouses configured.
    #[must_use]
    pub fn named(id: ChannelId, mode: Mode, warehouses: Vec<WarehouseId>) -> Self {
        Self {
            id,
            mode,
            currency: "EUR".to_owned(),
            warehouses,
            buffer: 0,
            display_cap: None,
            low_at: 3,
            countries: None,
            payment_required: false,
            backorder: false,
            backorder_limit: None,
            ship_complete: false,
            split: Split::ByQuantity,
            leftover: match mode {
                Mode::Asks => Leftover::Refuse,
                // A sale that was told waits for its goods; it can't be refused.
                Mode::Tells => Leftover::Backorder,
            },
            support: Support::default(),
            days: LocalDays::default(),
            quota: None,
            lag: None,
        }
    }
}
