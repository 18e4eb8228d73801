//! `[[warehouse]]`: the places that hold stock.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check;
use super::reader::{Table, Words};

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
    /// Name of its time zone, for example `Europe/Berlin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What it takes at present.
    pub state: WarehouseState,
    /// Who has the last word on its stock.
    pub stock_authority: StockAuthority,
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
            sources: BTreeMap::new(),
        }
    }

    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let id = table.required("id", check::ID, check::id);
        let base = Self::named(id.clone().unwrap_or_default());
        let warehouse = Self {
            name: table.text_opt("name", "one line of 1 to 80 characters", |text| check::line(text, 80)),
            kind: table.word("kind", base.kind),
            country: table
                .text_opt("country", "two capital letters such as \"DE\"", |text| check::capitals(text, 2)),
            postal_code: table
                .text_opt("postal_code", "one line of 1 to 16 characters", |text| check::line(text, 16)),
            latitude: table.real_opt("latitude", -90.0..=90.0),
            longitude: table.real_opt("longitude", -180.0..=180.0),
            timezone: table.text_opt("timezone", "a time zone such as \"Europe/Berlin\"", check::zone),
            state: table.word("state", base.state),
            stock_authority: table.word("stock_authority", base.stock_authority),
            sources: table.named("sources", check::ID, check::id, |source| Source {
                lag_s: source.whole("lag_s", 0, 0..=86_400),
            }),
            ..base
        };
        id.map(|_| warehouse)
    }
}
