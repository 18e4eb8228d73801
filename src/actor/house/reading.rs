//! Answers from the confirmed views; no actor is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ChannelHandle, House, Kind, Mode, WarehouseHandle, WarehouseState};
use crate::actor::view::StockRow;
use crate::domain::channel::{StockState, available};
use crate::domain::ids::{ChannelId, Sku, WarehouseId};
use crate::domain::item::Item;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::feed::Shown;
use crate::journal::Head;

/// What a channel may sell of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Available {
    /// Units it may show.
    pub units: i64,
    /// How that looks to a buyer.
    pub state: StockState,
}

/// What a channel may sell of a SKU, and until when, if nothing happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// What it may sell.
    pub(super) available: Available,
    /// When time alone changes that.
    pub(super) turn: Option<Timestamp>,
}

impl Available {
    /// What is shown to readers, who see at most the channel's display cap.
    #[must_use]
    pub fn shown(&self, channel: &ChannelHandle) -> Shown {
        Shown::new(self.units.min(channel.spec.display_cap.unwrap_or(i64::MAX)), self.state)
    }
}

/// A SKU at one warehouse.
#[derive(Debug, Clone)]
pub struct SkuLevel {
    /// Where.
    pub warehouse: WarehouseId,
    /// Its level, and what is set aside of it.
    pub row: StockRow,
    /// Units that are expected to come in.
    pub inbound: i64,
}

/// A SKU everywhere.
#[derive(Debug, Clone)]
pub struct SkuStock {
    /// The SKU.
    pub sku: Sku,
    /// Its name for people, where its card has one.
    pub title: Option<String>,
    /// Its level at each warehouse that has one.
    pub levels: Vec<SkuLevel>,
    /// What each channel may sell and shows.
    pub channels: Vec<SkuChannel>,
}

/// A SKU on one channel.
#[derive(Debug, Clone)]
pub struct SkuChannel {
    /// Which channel.
    pub channel: ChannelId,
    /// What it may sell.
    pub available: Available,
    /// Units its readers were last shown; `None` where the channel does not have the SKU.
    pub published: Option<i64>,
    /// Units it has last confirmed to show; `None` where it never has.
    pub acknowledged: Option<i64>,
}

impl SkuStock {
    /// How the goods look to buyers where they look worst, of the channels that show them; `None` where none does.
    #[must_use]
    pub fn state(&self) -> Option<StockState> {
        let showing = || self.channels.iter().filter(|channel| channel.published.is_some());
        let worst = [
            StockState::SoldOut,
            StockState::Low,
            StockState::Backorder,
            StockState::Preorder,
            StockState::InStock,
        ];
        worst.into_iter().find(|worst| showing().any(|channel| channel.available.state == *worst))
    }
}

impl House {
    /// A SKU everywhere; `None` where no warehouse has a level of it.
    #[must_use]
    pub fn stock(&self, sku: &Sku, now: Timestamp) -> Option<SkuStock> {
        let levels: Vec<_> = self
            .warehouses
            .iter()
            .filter_map(|(id, handle)| {
                let row = handle.view.row(sku)?;
                Some(SkuLevel { warehouse: id.clone(), row, inbound: self.inbound(id, sku) })
            })
            .collect();
        if levels.is_empty() {
            return None;
        }
        let number = self.skus.find(sku);
        let channels = self
            .channels
            .iter()
            .map(|(id, handle)| {
                let (channel, available) = (id.clone(), self.channel_stock(handle, sku, now));
                let shown = |id| handle.feed.read(|latest| latest.get(id)).map(|(shown, _)| shown.units());
                let published = number.and_then(shown);
                let acknowledged = number.and_then(|id| handle.feed.backlog.acknowledged(id));
                SkuChannel { channel, available, published, acknowledged }
            })
            .collect();
        let title = self.item(sku).and_then(|card| card.title);
        Some(SkuStock { sku: sku.clone(), title, levels, channels })
    }

    /// Up to `limit` SKUs after `after`, in order.
    #[must_use]
    pub fn skus_after(&self, after: Option<&Sku>, limit: usize) -> Vec<Sku> {
        let all = self.warehouses.values().flat_map(|handle| handle.view.skus_after(after, limit));
        all.collect::<BTreeSet<_>>().into_iter().take(limit).collect()
    }

    /// Where each warehouse's journal stands in the views.
    pub fn heads(&self) -> impl Iterator<Item = (&WarehouseId, Head)> {
        self.warehouses.iter().map(|(id, handle)| (id, handle.view.head()))
    }

    /// What a channel may sell of a SKU.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub fn available(&self, channel: &ChannelId, sku: &Sku, now: Timestamp) -> Result<Available, Refusal> {
        Ok(self.channel_stock(self.channel(channel)?, sku, now))
    }

    /// What a channel may sell of a SKU at each store where it can be picked up.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub fn pickup(
        &self,
        channel: &ChannelId,
        sku: &Sku,
        now: Timestamp,
    ) -> Result<Vec<(WarehouseId, i64)>, Refusal> {
        let handle = self.channel(channel)?;
        let stores = self.taking(handle).filter(|warehouse| warehouse.spec.kind == Kind::Store);
        let told = handle.spec.mode == Mode::Tells;
        let free = |row: Option<&StockRow>| {
            row.map_or(0, |row| row.free(channel, told, now).saturating_sub(row.level.deficit()).max(0))
        };
        Ok(stores.map(|store| (store.spec.id.clone(), store.view.with(sku, free))).collect())
    }

    /// When a channel may expect more of a SKU: the first receipt at one of its warehouses that brings more than waits
    /// there.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub fn expected_on(&self, channel: &ChannelId, sku: &Sku) -> Result<Option<Timestamp>, Refusal> {
        let handle = self.channel(channel)?;
        let expected = self.taking(handle).filter_map(|warehouse| {
            let waiting = warehouse.view.with(sku, |row| row.map_or(0, |row| row.waiting));
            self.unpromised(&warehouse.spec.id, sku, waiting).first().map(|(at, _)| *at)
        });
        Ok(expected.min())
    }

    /// Units of a SKU that are expected at a warehouse.
    fn inbound(&self, warehouse: &WarehouseId, sku: &Sku) -> i64 {
        let incoming = self.desks.view.incoming(warehouse, sku);
        incoming.iter().fold(0, |sum, (_, units)| sum.saturating_add(*units))
    }

    /// A SKU's item card.
    #[must_use]
    pub fn item(&self, sku: &Sku) -> Option<Item> {
        self.cards.row(sku)
    }

    fn channel_stock(&self, handle: &ChannelHandle, sku: &Sku, now: Timestamp) -> Available {
        self.offer(handle, sku, now).map_or_else(|| shown(handle, sku, 0, now), |offer| offer.available)
    }

    /// What a channel may sell of a SKU, and when time alone changes that; `None` where none of its warehouses has a
    /// level of it and none may be sold without.
    pub(super) fn offer(&self, handle: &ChannelHandle, sku: &Sku, now: Timestamp) -> Option<Offer> {
        let terms = handle.view.row(sku);
        let limited = terms.is_some_and(|terms| terms.policy.backorder_limit.is_some());
        let known = || self.cards.row(sku).is_some();
        let mut sum = (limited || (handle.spec.room_shown() > 0 && known())).then_some(0_i64);
        let mut turn = terms.and_then(|terms| terms.policy.turn(now));
        for warehouse in self.drawn_on(handle) {
            let part = warehouse.view.with(sku, |row| row.map(|row| part(handle, warehouse, row, now)));
            if let Some((units, turns)) = part {
                sum = Some(sum.unwrap_or(0_i64).saturating_add(units));
                turn = turn.into_iter().chain(turns).min();
            }
        }
        sum.map(|sellable| Offer { available: shown(handle, sku, sellable, now), turn })
    }

    /// The warehouses a channel may claim from, in the order it prefers them. A place that takes no new orders offers
    /// nothing.
    pub(super) fn taking<'a>(
        &'a self,
        channel: &'a ChannelHandle,
    ) -> impl Iterator<Item = &'a Arc<WarehouseHandle>> {
        self.drawn_on(channel).filter(|warehouse| warehouse.spec.state == WarehouseState::Open)
    }

    /// The warehouses a channel draws on, open or not.
    pub(super) fn drawn_on<'a>(
        &'a self,
        channel: &'a ChannelHandle,
    ) -> impl Iterator<Item = &'a Arc<WarehouseHandle>> {
        channel.spec.warehouses.iter().filter_map(|id| self.warehouses.get(id))
    }
}

/// What a warehouse adds to what a channel may sell, and when time alone changes that.
pub(super) fn part(
    channel: &ChannelHandle,
    warehouse: &WarehouseHandle,
    row: &StockRow,
    now: Timestamp,
) -> (i64, Option<Timestamp>) {
    let turn = row.policy.as_ref().and_then(|policy| policy.turn(now));
    if warehouse.spec.state != WarehouseState::Open {
        return (0, turn);
    }
    let told = channel.spec.mode == Mode::Tells;
    (row.free(&channel.spec.id, told, now).saturating_sub(row.level.deficit()), turn)
}

/// What a channel shows where its warehouses have so much for it.
pub(super) fn shown(handle: &ChannelHandle, sku: &Sku, sellable: i64, now: Timestamp) -> Available {
    let terms = handle.view.row(sku).unwrap_or_default();
    let policy = terms.policy;
    let buffer = policy.buffer.and_then(|set| set.at(now)).unwrap_or(handle.spec.buffer);
    let buffer = buffer.saturating_add(handle.lag_buffer());
    let cap = policy.cap.and_then(|set| set.at(now));
    let units = available(sellable, buffer, cap, terms.room(handle.spec.room_shown(), now));
    let stock = available(sellable, buffer, cap, 0);
    let low_at = policy.low_at.unwrap_or(handle.spec.low_at);
    Available { units, state: StockState::beyond(stock, units, low_at, policy.preorder) }
}
