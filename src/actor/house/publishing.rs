//! What each channel shows, kept up to date: a task per channel looks at the SKUs it is told to look at again.
//!
//! News comes as a set, so a task that is slow looks at fewer, newer states; it holds nobody up. A task instead of the
//! channel's actor, because nothing here is journaled: what a channel shows follows from confirmed levels and policies
//! alone, and futures and timers starve inside an actor under load.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::reading::{part, shown};
use super::{ChannelHandle, House};
use crate::actor::view::StockRow;
use crate::domain::ids::Sku;
use crate::domain::time::Timestamp;
use crate::feed::{Dirty, SkuId, Turns};
use crate::telemetry::{ChannelMeter, Metrics};

/// How often it is looked whether time alone has changed something; scheduled figures turn this much late at most.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// SKUs looked at under one lock: some tens of microseconds, for which readers and warehouses wait.
const AT_ONCE: usize = 512;

/// Tells readers of warehouses what time alone changes, until it is told to stop.
pub(super) async fn turn_levels(house: Arc<House>, stopping: CancellationToken) {
    let mut tick = tokio::time::interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            _ = tick.tick() => {
                let (now, names) = (house.now(), house.skus.names());
                house.warehouses.values().for_each(|warehouse| warehouse.view.turn(now, &names));
            }
        }
    }
}

/// Keeps what one channel shows up to date.
#[derive(Debug)]
pub(super) struct Publisher {
    house: Arc<House>,
    channel: Arc<ChannelHandle>,
    /// When time alone changes what is shown of which SKU.
    turns: Turns,
    metrics: Arc<Metrics>,
    /// Made when somebody begins to publish for the channel: others have no figures.
    meter: Option<ChannelMeter>,
}

impl Publisher {
    /// Shows what there is.
    pub(super) async fn begin(
        house: Arc<House>,
        channel: Arc<ChannelHandle>,
        metrics: &Arc<Metrics>,
    ) -> Self {
        let (turns, metrics) = (Turns::default(), metrics.clone());
        let mut publisher = Self { house, channel, turns, metrics, meter: None };
        // What was marked while the journals were loaded is looked at here.
        drop(publisher.channel.feed.news.take());
        publisher.everything().await;
        publisher.channel.feed.backlog.completed(publisher.house.now());
        publisher
    }

    /// Follows until it is told to stop.
    pub(super) async fn run(mut self, stopping: CancellationToken) {
        let channel = self.channel.clone();
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                // Before the news: under load there is always some, and time goes on.
                _ = tick.tick() => {
                    let due = self.turns.due(self.house.now());
                    self.look_at(&due).await;
                    self.look_at_lag().await;
                }
                Dirty { all, skus } = channel.feed.news.next() => {
                    if all {
                        self.everything().await;
                    }
                    self.look_at(&skus).await;
                }
            }
        }
    }

    /// Measures how far the channel is behind, and keeps units back or gives them back by its rule.
    async fn look_at_lag(&mut self) {
        let now = self.house.now();
        self.channel.fill_backlog(now).await;
        let Some(lag) = self.channel.feed.backlog.lag(self.channel.day(now)) else { return };
        let turned = self.channel.spec.lag.is_some_and(|rule| self.channel.mind_lag(rule, &lag, now));
        if turned {
            // Every figure has this buffer.
            self.channel.feed.news.mark_all();
        }
        let (id, units) = (&self.channel.spec.id, self.channel.lag_buffer());
        if turned && units > 0 {
            tracing::warn!(channel = %id, units, differing = lag.differing, "the channel is behind; units are kept back");
        } else if turned {
            tracing::info!(channel = %id, "the channel has caught up");
        }
        let meter = self.meter.get_or_insert_with(|| self.metrics.channel(id.as_str()));
        meter.behind(lag.differing, lag.oldest.map_or(0, |since| now.since(since)), units);
    }

    async fn look_at(&mut self, skus: &[SkuId]) {
        for some in skus.chunks(AT_ONCE) {
            self.look_at_some(some);
            tokio::task::yield_now().await;
        }
    }

    fn look_at_some(&mut self, skus: &[SkuId]) {
        let now = self.house.now();
        let names = self.house.skus.names();
        let mut changed = Vec::with_capacity(skus.len());
        for id in skus {
            let Some(sku) = names.get(*id) else { continue };
            let Some(offer) = self.house.offer(&self.channel, sku, now) else { continue };
            self.turns.set(*id, offer.turn);
            changed.push((*id, offer.available.shown(&self.channel)));
        }
        self.channel.feed.publish(&names, changed.into_iter(), now);
    }

    /// Looks at every SKU of the channel's warehouses: row by row in their order, which is many times faster than SKU by
    /// SKU. What changes meanwhile is marked and looked at again.
    async fn everything(&mut self) {
        let now = self.house.now();
        let (house, channel) = (self.house.clone(), self.channel.clone());
        self.turns.clear();
        let mut sellable: Vec<Option<i64>> = vec![None; house.skus.names().count()];
        for warehouse in house.drawn_on(&channel) {
            let mut after: Option<Sku> = None;
            loop {
                let look = |_: &Sku, id: SkuId, row: &StockRow| {
                    let (units, turn) = part(&channel, warehouse, row, now);
                    if let Some(turn) = turn {
                        self.turns.sooner(id, turn);
                    }
                    if let Some(sum) = sellable.get_mut(id.index()) {
                        *sum = Some(sum.unwrap_or(0).saturating_add(units));
                    }
                };
                after = warehouse.view.rows_after(after.as_ref(), AT_ONCE, look);
                if after.is_none() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        self.look_at_terms(&mut sellable, now);
        channel.feed.reserve(sellable.len());
        for (chunk, sums) in sellable.chunks(AT_ONCE).enumerate() {
            self.show(chunk.saturating_mul(AT_ONCE), sums, now);
            tokio::task::yield_now().await;
        }
    }

    /// Notes when the channel's own policies turn, and shows what may be sold without a level anywhere.
    fn look_at_terms(&mut self, sellable: &mut [Option<i64>], now: Timestamp) {
        let names = self.house.skus.names();
        let turns = &mut self.turns;
        self.channel.view.each(|sku, terms| {
            let Some(id) = names.find(sku) else { return };
            if let Some(turn) = terms.policy.turn(now) {
                turns.sooner(id, turn);
            }
            if let Some(sum) = sellable.get_mut(id.index()).filter(|_| terms.policy.backorder_limit.is_some())
            {
                sum.get_or_insert(0);
            }
        });
    }

    /// Shows SKUs from number `first` on, of which the warehouses have so much.
    fn show(&self, first: usize, sums: &[Option<i64>], now: Timestamp) {
        let names = self.house.skus.names();
        let rows = sums.iter().enumerate().filter_map(|(at, sum)| {
            let id = SkuId::at(first.saturating_add(at))?;
            Some((id, shown(&self.channel, names.get(id)?, (*sum)?, now).shown(&self.channel)))
        });
        self.channel.feed.publish(&names, rows, now);
    }
}
