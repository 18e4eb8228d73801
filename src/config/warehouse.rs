//! `[[warehouse]]`: the places that hold stock.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use serde::{Serialize, Serializer};

use super::reader::{Table, Words};
use super::{Problems, check};

/// What kind of place it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarehouseKind {
    /// The merchant's own warehouse.
    Warehouse,
    /// A shop with a door; offered for pickup.
    Store,
    /// Run by a logistics provider.
    ThirdParty,
    /// A supplier who ships for the merchant.
    Supplier,
    /// Goods a marketplace holds.
    Marketplace,
}

impl Words for WarehouseKind {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("warehouse", Self::Warehouse),
        ("store", Self::Store),
        ("third_party", Self::ThirdParty),
        ("supplier", Self::Supplier),
        ("marketplace", Self::Marketplace),
    ];
}

/// What a warehouse takes at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarehouseState {
    /// Everything.
    Open,
    /// Offers nothing and takes no new claim; what is promised still ships.
    NoNewOrders,
    /// The same, for a stocktake or a closed place. Movements and counts are facts and recorded in every state.
    Frozen,
}

impl Words for WarehouseState {
    const WORDS: &'static [(&'static str, Self)] =
        &[("open", Self::Open), ("no_new_orders", Self::NoNewOrders), ("frozen", Self::Frozen)];
}

/// Who has the last word on a warehouse's physical stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StockAuthority {
    /// This daemon: movements told to it make the figure.
    Lagerd,
    /// Another system: its counts make the figure.
    External,
}

impl Words for StockAuthority {
    const WORDS: &'static [(&'static str, Self)] = &[("lagerd", Self::Lagerd), ("external", Self::External)];
}

/// A system that sends counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Seconds a movement may take until this source has booked it; in doubt the lower figure counts.
    pub lag_s: u64,
}

/// One stock-holding place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Warehouse {
    /// Its id: 1 to 32 of `[A-Za-z0-9_-]`.
    pub id: String,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What kind of place it is.
    pub kind: WarehouseKind,
    /// ISO 3166 code of its country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Degrees north; there exactly when `longitude` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// Its time zone, in whose days its capacity is counted; `None` = UTC.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "zone_name")]
    pub timezone: Option<TimeZone>,
    /// What it takes at present.
    pub state: WarehouseState,
    /// Who has the last word on its stock.
    pub stock_authority: StockAuthority,
    /// Whether routing may choose it.
    pub enabled: bool,
    /// Whether it ships.
    pub ships: bool,
    /// Whether customers may collect from it.
    pub pickup: bool,
    /// Channels whose orders it takes; `None` = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serves_channels: Option<Vec<String>>,
    /// Countries it ships to, as ISO 3166 codes; `None` = all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serves_countries: Option<Vec<String>>,
    /// Fulfilments it can take on a day of its time zone; `None` = any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity_per_day: Option<u64>,
    /// Seconds it has to accept a fulfilment; `None` = as `[orders]` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_within_s: Option<u64>,
    /// What a fulfilment there costs, in minor units of whatever currency all of them are given in.
    pub cost: i64,
    /// The merchant's own order: the smallest number comes first.
    pub priority: i64,
    /// Units per SKU that routing leaves there.
    pub routing_safety: u64,
    /// Units that may be sold, up to which a SKU is low on stock, unless its policy says otherwise; `None` or 0 = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_stock: Option<u64>,
    /// Units on hand above which a SKU is too much stock, unless its policy says otherwise; `None` = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overstock: Option<u64>,
    /// Systems that send counts, by their name; an unlisted one has no lag.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, Source>,
}

impl Warehouse {
    /// A warehouse that needs no more than its id, as the defaults of its keys make it.
    #[must_use]
    pub fn named(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: None,
            kind: WarehouseKind::Warehouse,
            country: None,
            postal_code: None,
            latitude: None,
            longitude: None,
            timezone: None,
            state: WarehouseState::Open,
            stock_authority: StockAuthority::Lagerd,
            enabled: true,
            ships: true,
            pickup: false,
            serves_channels: None,
            serves_countries: None,
            capacity_per_day: None,
            accept_within_s: None,
            cost: 0,
            priority: 0,
            routing_safety: 0,
            low_stock: None,
            overstock: None,
            sources: BTreeMap::new(),
        }
    }

    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let id = table.required("id", check::ID, check::id);
        let base = Self::named(id.clone().unwrap_or_default());
        let country = |text: &str| check::capitals(text, 2);
        let name = table.text_opt("name", "one line of 1 to 80 characters", |text| check::line(text, 80));
        let kind = table.word("kind", base.kind);
        let warehouse = Self {
            name,
            kind,
            country: table.text_opt("country", "two capital letters such as \"DE\"", country),
            postal_code: table
                .text_opt("postal_code", "one line of 1 to 16 characters", |text| check::line(text, 16)),
            latitude: table.real_opt("latitude", -90.0..=90.0),
            longitude: table.real_opt("longitude", -180.0..=180.0),
            timezone: table.text_opt("timezone", "a time zone such as \"Europe/Berlin\"", check::zone),
            state: table.word("state", base.state),
            stock_authority: table.word("stock_authority", base.stock_authority),
            enabled: table.flag("enabled", base.enabled),
            ships: table.flag("ships", base.ships),
            pickup: table.flag_as("pickup", ("kind = store", kind == WarehouseKind::Store)),
            serves_channels: table.list_opt(
                "serves_channels",
                "a list of ids of [[channel]] sections",
                check::id,
            ),
            serves_countries: table.list_opt("serves_countries", check::COUNTRIES, country),
            capacity_per_day: table.whole_opt("capacity_per_day", 1..=1_000_000),
            accept_within_s: table.whole_opt("accept_within_s", 1..=2_592_000),
            cost: table.signed("cost", base.cost, -1_000_000_000..=1_000_000_000),
            priority: table.signed("priority", base.priority, -1_000_000..=1_000_000),
            routing_safety: table.whole("routing_safety", base.routing_safety, 0..=1_000_000_000),
            low_stock: table.whole_opt("low_stock", 0..=1_000_000_000),
            overstock: table.whole_opt("overstock", 0..=1_000_000_000),
            sources: table.named("sources", check::ID, check::id, |source| Source {
                lag_s: source.whole("lag_s", 0, 0..=86_400),
            }),
            ..base
        };
        id.map(|_| warehouse)
    }

    /// Notes what doesn't fit each other or the channels.
    pub(super) fn check(&self, path: &str, channels: &BTreeSet<&str>, problems: &mut Problems) {
        if self.latitude.is_some() != self.longitude.is_some() {
            let path = format!("{path}.latitude");
            problems.add(path, "one of latitude and longitude is missing", "give both or none");
        }
        let served = self.serves_channels.as_deref().unwrap_or_default();
        check::named(&format!("{path}.serves_channels"), served, "channel", channels, problems);
        let countries = self.serves_countries.as_deref().unwrap_or_default();
        check::once(&format!("{path}.serves_countries"), countries, problems);
    }
}

pub(super) fn zone_name<S: Serializer>(zone: &Option<TimeZone>, serializer: S) -> Result<S::Ok, S::Error> {
    zone.as_ref().and_then(TimeZone::iana_name).serialize(serializer)
}
