//! What channels have confirmed they show, and what they have left to publish.

use std::sync::atomic::Ordering;

use super::{ChannelHandle, House, Sender};
use crate::actor::fault::Fault;
use crate::domain::channel::{Acknowledge, ChannelCommand, LagRule};
use crate::domain::ids::{ChannelId, Sku};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::feed::{Lag, Pending, Work};

/// SKUs whose shown figures are taken in under one lock.
const AT_ONCE: usize = 4_096;

/// A figure to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToPublish {
    /// Which goods.
    pub sku: Sku,
    /// The figure, how it differs and since when.
    pub pending: Pending,
}

/// What a channel's connector has left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelWork {
    /// How far the channel is behind.
    pub lag: Lag,
    /// What to publish, in this order.
    pub ready: Vec<ToPublish>,
    /// What has to wait for the channel's next day.
    pub withheld: Vec<ToPublish>,
    /// When that day begins.
    pub until: Timestamp,
    /// Units kept back because the channel is behind.
    pub lag_buffer: i64,
}

impl ChannelHandle {
    /// The channel's own day; its calendar ends where a day's number would not fit.
    pub(super) fn day(&self, at: Timestamp) -> i32 {
        i32::try_from(self.spec.days.day(at)).unwrap_or(i32::MAX)
    }

    /// Units kept back because the channel is behind.
    #[must_use]
    pub fn lag_buffer(&self) -> i64 {
        let units = self.spec.lag.map_or(0, |rule| rule.units);
        if self.lagging.load(Ordering::Relaxed) { units } else { 0 }
    }

    /// Applies the rule against lag; whether what is shown changes.
    pub(super) fn mind_lag(&self, rule: LagRule, lag: &Lag, now: Timestamp) -> bool {
        let held = self.lagging.load(Ordering::Relaxed);
        let holds = rule.holds(held, lag.oldest_ready.map(|since| now.since(since)));
        self.lagging.store(holds, Ordering::Relaxed);
        held != holds
    }

    /// Takes in what the channel shows of every SKU where somebody has begun to publish for it. A task that does so
    /// gives way to others in between.
    pub(super) async fn fill_backlog(&self, now: Timestamp) {
        if !self.feed.backlog.wants_filling() {
            return;
        }
        let mut first = 0;
        while self.feed.fill_backlog(first, AT_ONCE, now) {
            first = first.saturating_add(AT_ONCE);
            tokio::task::yield_now().await;
        }
        self.feed.backlog.completed(now);
    }
}

impl House {
    /// A channel confirms what it shows of a SKU. Without a time it was published now.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn acknowledge(
        &self,
        sender: &Sender,
        channel: &ChannelId,
        (sku, available): (Sku, i64),
        at: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let handle = self.channel(channel)?;
        if self.skus.find(&sku).is_none() && self.cards.row(&sku).is_none() {
            return Err(Refusal::UnknownSku(sku).into());
        }
        let now = self.now();
        let at = at.map_or(now, |at| at.min(now));
        let told = Acknowledge { sku, available, at, day: handle.day(at) };
        handle.mailbox.ask(self.envelope(sender), ChannelCommand::Acknowledge(told)).await.map(|_| ())
    }

    /// What a channel's connector has to publish next, `limit` SKUs at most. The channel's differences are kept from the
    /// first time on.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub async fn work(&self, channel: &ChannelId, limit: usize) -> Result<ChannelWork, Refusal> {
        let handle = self.channel(channel)?;
        let now = self.now();
        let backlog = &handle.feed.backlog;
        backlog.track();
        handle.fill_backlog(now).await;
        let today = handle.day(now);
        let names = self.skus.names();
        let Work { lag, ready, withheld } = backlog.work(today, limit);
        let named = |list: Vec<Pending>| {
            let named = list
                .into_iter()
                .filter_map(|pending| Some(ToPublish { sku: names.get(pending.id)?.clone(), pending }));
            named.collect()
        };
        Ok(ChannelWork {
            lag,
            ready: named(ready),
            withheld: named(withheld),
            until: handle.spec.days.begins(i64::from(today).saturating_add(1)),
            lag_buffer: handle.lag_buffer(),
        })
    }
}
