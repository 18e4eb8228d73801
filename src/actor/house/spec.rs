//! What places are configured to be.

use std::collections::BTreeMap;

use crate::domain::ids::{ChannelId, SourceId, WarehouseId};
pub use crate::domain::place::Kind;

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
    pub country: Option<String>,
    /// Its postal code.
    pub postal_code: Option<String>,
    /// Whether it takes new claims.
    pub state: WarehouseState,
    /// How far each source's counts may lag, in milliseconds.
    pub lag_ms: BTreeMap<SourceId, i64>,
}

/// Whether a channel asks before it sells, or tells what it has sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// We may refuse.
    Asks,
    /// A sale is a fact.
    Tells,
}

/// A channel as configured.
#[derive(Debug, Clone)]
pub struct ChannelSpec {
    /// Its id.
    pub id: ChannelId,
    /// Whether it asks or tells.
    pub mode: Mode,
    /// The warehouses it draws on, in the order it prefers them.
    pub warehouses: Vec<WarehouseId>,
    /// Units never shown, where nothing else is set for the SKU.
    pub buffer: i64,
    /// The most that public readers are shown.
    pub display_cap: Option<i64>,
    /// Up to how many units count as few, where nothing else is set for the SKU.
    pub low_at: i64,
}
