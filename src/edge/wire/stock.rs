//! Levels, availability, history.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::tracking::SupportAnswer;
use crate::actor::house::reading::{Available, SkuChannel, SkuLevel, SkuStock};
use crate::actor::view::StockRow;
use crate::domain::ids::{ChannelId, Sku, WarehouseId};
use crate::domain::level::Level;
use crate::domain::time::Timestamp;

/// Units in the house that can't be sold.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Unavailable {
    /// Broken.
    pub damaged: i64,
    /// Waiting for a check.
    pub quality_control: i64,
    /// Set aside.
    pub quarantine: i64,
}

/// One SKU at the warehouse a reader follows.
#[derive(Debug, Clone, Serialize)]
pub struct FollowedLevel {
    /// Which goods.
    pub sku: Text<Sku>,
    /// Units in the house; negative where records are wrong.
    pub on_hand: i64,
    /// Of these, what can't be sold.
    pub unavailable: Unavailable,
    /// Softly held, with a deadline.
    pub reserved: i64,
    /// Promised, not yet shipped.
    pub allocated: i64,
    /// Units no asking channel may have.
    pub safety_stock: i64,
}

/// Units kept for one channel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FenceAnswer {
    /// For whom.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// The figure as set.
    pub set: i64,
    /// What is left of it.
    pub left: i64,
}

/// One SKU at one warehouse.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LevelAnswer {
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// Units in the house; negative where records are wrong.
    pub on_hand: i64,
    /// Of these, what can't be sold.
    pub unavailable: Unavailable,
    /// Softly held, with a deadline.
    pub reserved: i64,
    /// Promised, not yet shipped.
    pub allocated: i64,
    /// Units no asking channel may have.
    pub safety_stock: i64,
    /// Units kept for single channels.
    pub fences: Vec<FenceAnswer>,
    /// Promises that exceed the goods.
    pub deficit: i64,
    /// Units that orders wait for; they count in no other figure.
    pub waiting: i64,
    /// Units that are expected to come in.
    pub inbound: i64,
}

/// What a channel may sell.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelAnswer {
    /// Which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Units it may show.
    pub available: i64,
    /// Units its readers were last shown, at most its display cap; `null` where it does not have the SKU.
    pub published: Option<i64>,
    /// Units it has last confirmed to show; `null` where it never has.
    pub acknowledged: Option<i64>,
    /// How that looks to a buyer: `in_stock`, `low`, `sold_out`, `backorder` or `preorder`.
    pub state: &'static str,
}

/// A SKU everywhere.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockAnswer {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Its name for people, where its item card has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its level at each warehouse that has one.
    pub levels: Vec<LevelAnswer>,
    /// What each channel may sell.
    pub channels: Vec<ChannelAnswer>,
    /// Events up to these points are in the figures: journal to `<version>-<nonce>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
}

/// Points in journals, `<version>-<nonce>` by journal.
pub type AsOf = BTreeMap<String, String>;

/// A page of SKUs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockPage {
    /// The SKUs, in order.
    pub items: Vec<StockAnswer>,
    /// Send it as `after` for the next page; `null` after the last.
    #[schema(value_type = Option<String>)]
    pub next: Option<Text<Sku>>,
    /// Events up to these points are in the figures: journal to `<version>-<nonce>`.
    pub as_of: AsOf,
}

/// What one store has for pickup.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickupAnswer {
    /// Which store.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// Its name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Units it has for this channel.
    pub available: i64,
}

/// What a channel may show of a SKU.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AvailabilityItem {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units to show, at most the channel's display cap.
    pub available: i64,
    /// How that looks to a buyer: `in_stock`, `low`, `sold_out`, `backorder` or `preorder`.
    pub state: &'static str,
    /// When more comes in, where there is none in stock and a receipt is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expected_on: Option<Time>,
    /// Stores with units to pick up, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup: Option<Vec<PickupAnswer>>,
}

/// What a channel may show.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AvailabilityAnswer {
    /// One per SKU asked for, in the order asked.
    pub items: Vec<AvailabilityItem>,
    /// Whom customers may turn to, as configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support: Option<SupportAnswer>,
}

/// Demand of one SKU that stock could not cover in one hour.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedDemandItem {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// The beginning of the hour.
    #[schema(value_type = String, format = DateTime)]
    pub hour: Time,
    /// Requests refused.
    pub requests: u64,
    /// Units that were not there.
    pub units: u64,
}

/// Demand that stock could not cover, newest hour first, most units first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefusedDemandAnswer {
    /// Per SKU and hour.
    pub items: Vec<RefusedDemandItem>,
}

impl Unavailable {
    /// What of a level can't be sold.
    #[must_use]
    pub const fn of(level: &Level) -> Self {
        Self { damaged: level.damaged, quality_control: level.quality_control, quarantine: level.quarantine }
    }
}

impl LevelAnswer {
    /// A level and what is set aside of it.
    #[must_use]
    pub fn of(warehouse: WarehouseId, row: &StockRow, now: Timestamp) -> Self {
        let policy = row.policy.as_deref();
        let fences = policy.into_iter().flat_map(|policy| &policy.fences);
        let fence = |fence: &crate::domain::policy::Fence| FenceAnswer {
            channel: Text(fence.channel.clone()),
            set: fence.set.value,
            left: fence.left,
        };
        let safety_stock = policy.map_or(0, |policy| policy.safety(now));
        let (fences, waiting) = (fences.map(fence).collect(), row.waiting);
        Self { safety_stock, fences, waiting, ..Self::bare(warehouse, &row.level) }
    }

    /// A level alone.
    #[must_use]
    pub fn bare(warehouse: WarehouseId, level: &Level) -> Self {
        Self {
            warehouse: Text(warehouse),
            on_hand: level.on_hand,
            unavailable: Unavailable::of(level),
            reserved: level.reserved,
            allocated: level.allocated,
            safety_stock: 0,
            fences: Vec::new(),
            deficit: level.deficit(),
            waiting: 0,
            inbound: 0,
        }
    }
}

impl ChannelAnswer {
    fn of(found: SkuChannel) -> Self {
        let Available { units, state } = found.available;
        Self {
            channel: Text(found.channel),
            available: units,
            published: found.published,
            acknowledged: found.acknowledged,
            state: state.name(),
        }
    }
}

impl StockAnswer {
    /// A SKU everywhere.
    #[must_use]
    pub fn of(stock: SkuStock, now: Timestamp, as_of: Option<AsOf>) -> Self {
        let level = |at: SkuLevel| {
            let inbound = at.inbound;
            LevelAnswer { inbound, ..LevelAnswer::of(at.warehouse, &at.row, now) }
        };
        let levels = stock.levels.into_iter().map(level);
        let channels = stock.channels.into_iter().map(ChannelAnswer::of);
        let (sku, title) = (Text(stock.sku), stock.title);
        Self { sku, title, levels: levels.collect(), channels: channels.collect(), as_of }
    }
}
