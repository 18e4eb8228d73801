//! How everything stands, in figures that are kept as things change: asking costs next to nothing, however many SKUs and
//! orders there are.

use std::collections::BTreeMap;

use super::House;
use crate::actor::view::{Newest, OpenOrders, Sold, Voice};
use crate::domain::ids::ChannelId;
use crate::domain::time::Timestamp;
use crate::feed::{Lag, Short};

/// How one channel stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelStand {
    /// Which channel.
    pub channel: ChannelId,
    /// What it sold on its own day of now.
    pub sold: Sold,
    /// When that day began.
    pub day_began: Timestamp,
    /// How far what it has confirmed is behind; `None` where nobody publishes for it.
    pub lag: Option<Lag>,
    /// Units kept back because it is behind.
    pub lag_buffer: i64,
    /// How many of its SKUs are short.
    pub short: Short,
}

/// How everything stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// As of when.
    pub at: Timestamp,
    /// Every channel.
    pub channels: Vec<ChannelStand>,
    /// Whether what was sold today is counted in full.
    pub complete: bool,
    /// SKUs that are short on any channel.
    pub short: Short,
    /// Promises without goods, over all SKUs and warehouses.
    pub deficit: i64,
    /// Open orders.
    pub orders: OpenOrders,
    /// The newest that was heard of everybody.
    pub heard: Vec<(Voice, Newest)>,
}

impl House {
    /// How everything stands. The figures are each of its own moment, within a few microseconds.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let now = self.now();
        let (mut sold, complete) = self.desks.sales.today(now);
        let channels = self.channels.iter().map(|(id, handle)| ChannelStand {
            channel: id.clone(),
            sold: sold.remove(id).unwrap_or_default(),
            day_began: handle.spec.days.begins(handle.spec.days.day(now)),
            lag: handle.feed.backlog.lag(handle.day(now)),
            lag_buffer: handle.lag_buffer(),
            short: handle.feed.short(),
        });
        let channels = channels.collect();
        let deficits = self.warehouses.values().map(|handle| handle.view.deficit());
        Overview {
            at: now,
            channels,
            complete,
            short: self.supply.short(),
            deficit: deficits.fold(0, i64::saturating_add),
            orders: self.desks.view.orders(),
            heard: self.known_voices(),
        }
    }

    /// The newest of those who belong to the house: a store may know of channels and warehouses that are not configured any
    /// more.
    fn known_voices(&self) -> Vec<(Voice, Newest)> {
        let mut heard: BTreeMap<Voice, Newest> = self.desks.sales.heard.all().into_iter().collect();
        heard.retain(|voice, _| match voice {
            Voice::Channel(channel) => self.channels.contains_key(channel),
            Voice::Source(warehouse, _) => self.warehouses.contains_key(warehouse),
        });
        heard.into_iter().collect()
    }
}
