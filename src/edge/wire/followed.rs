//! Rows of the live feed's topics of orders, work and alerts.

use serde::Serialize;

use super::alert::AlertItem;
use super::order::fulfilment::FulfilmentAnswer;
use super::text::Text;
use super::time::Time;
use crate::actor::view::{OrderRow, WorkEnd};
use crate::domain::ids::{ChannelId, FulfilmentId, OrderId, OrderNumber, WarehouseId};

/// An order of the topic `orders`. Its checksum is that of
/// `id:state:ordered:unrouted:backordered:allocated:shipped:cancelled:returned`.
#[derive(Debug, Clone, Serialize)]
pub struct FollowedOrder {
    /// What its channel calls it.
    pub order: Text<OrderNumber>,
    /// Its id over all channels.
    pub id: Text<OrderId>,
    /// Where it was bought.
    pub channel: Text<ChannelId>,
    /// The commercial state.
    pub state: &'static str,
    /// Whether nothing is left to do for it: it is no row any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// Units, over all lines.
    pub ordered: i64,
    /// Without a place yet.
    pub unrouted: i64,
    /// Waiting for goods.
    pub backordered: i64,
    /// Promised by a warehouse.
    pub allocated: i64,
    /// Gone to the buyer.
    pub shipped: i64,
    /// Not wanted any more, or not to be had.
    pub cancelled: i64,
    /// Of those shipped, how many came back.
    pub returned: i64,
    /// Whether its promise has passed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
    /// When it was placed.
    pub placed_at: Time,
    /// When it changed last.
    pub updated_at: Time,
}

impl FollowedOrder {
    /// A row of the topic.
    #[must_use]
    pub fn of(id: &OrderId, row: &OrderRow, closed: bool) -> Self {
        let [ordered, unrouted, backordered, allocated, shipped, cancelled, returned] = row.units;
        Self {
            order: Text(row.number.clone()),
            id: Text(id.clone()),
            channel: Text(row.channel.clone()),
            state: row.state.name(),
            closed,
            ordered,
            unrouted,
            backordered,
            allocated,
            shipped,
            cancelled,
            returned,
            late: row.late,
            placed_at: Time(row.placed_at),
            updated_at: Time(row.updated_at),
        }
    }
}

/// A row of the topic `work:<warehouse>`. Its checksum is that of `fulfilment:state:units`, the units of all lines.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum FollowedWork {
    /// As over HTTP.
    Open(Box<FulfilmentAnswer>),
    /// It is no row any more.
    Closed(ClosedWork),
}

/// Work that is over: it has left, went elsewhere, or is not wanted.
#[derive(Debug, Clone, Serialize)]
pub struct ClosedWork {
    /// Which fulfilment.
    pub fulfilment: Text<FulfilmentId>,
    /// At which warehouse.
    pub warehouse: Text<WarehouseId>,
    /// What its channel calls the order.
    pub order: Text<OrderNumber>,
    /// The order's id over all channels.
    pub order_id: Text<OrderId>,
    /// Where it was bought.
    pub channel: Text<ChannelId>,
    /// How it ended.
    pub state: &'static str,
    /// Always true.
    pub closed: bool,
}

impl ClosedWork {
    /// A row that is none any more.
    #[must_use]
    pub fn of(warehouse: &WarehouseId, order: &OrderId, end: &WorkEnd) -> Self {
        Self {
            fulfilment: Text(end.fulfilment.clone()),
            warehouse: Text(warehouse.clone()),
            order: Text(end.number.clone()),
            order_id: Text(order.clone()),
            channel: Text(end.channel.clone()),
            state: end.state.name(),
            closed: true,
        }
    }
}

/// A row of the topic `alerts`. Its checksum is that of `id`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum FollowedAlert {
    /// As over HTTP.
    Open(Box<AlertItem>),
    /// Newer ones of its kind have taken its place: it is no row any more.
    Closed {
        /// Its number.
        id: u64,
        /// Always true.
        closed: bool,
    },
}
