//! A channel's topic: what it shows of every SKU.

use std::sync::{Arc, PoisonError, RwLock};

use super::backlog::Backlog;
use super::bell::Bell;
use super::latest::Latest;
use super::news::News;
use super::shown::Shown;
use super::skus::{Names, SkuId};
use super::sum;
use super::supply::{Short, Supply};
use crate::domain::channel::StockState;
use crate::domain::time::Timestamp;
use crate::journal::locked::Locked;

/// What a channel shows, for any number of readers. Derived from confirmed levels and never stored: another process, or
/// another life of this one, is another view.
#[derive(Debug)]
pub struct ChannelFeed {
    /// Which SKUs to look at again.
    pub news: News,
    /// Where readers wait.
    pub bell: Bell,
    /// What of it the channel has not confirmed. Locked after the values, never before.
    pub backlog: Backlog,
    /// How many of its SKUs are short, and on any channel.
    short: Locked<Short>,
    supply: Arc<Supply>,
    latest: RwLock<Latest<Shown>>,
}

impl ChannelFeed {
    /// A channel that shows nothing yet, under a view's random name; `supply` counts what is short on any channel.
    #[must_use]
    pub fn new(view: u64, backlog: Backlog, supply: Arc<Supply>) -> Self {
        let latest = RwLock::new(Latest::new(view, Shown::new(0, StockState::SoldOut)));
        let short = Locked::default();
        Self { news: News::default(), bell: Bell::default(), backlog, short, supply, latest }
    }

    /// Reads the newest values; changes wait meanwhile, so read little.
    pub fn read<T>(&self, read: impl FnOnce(&Latest<Shown>) -> T) -> T {
        read(&self.latest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes what SKUs show now. What is as it was is no change; readers are woken where something is.
    pub fn publish(&self, names: &Names<'_>, shown: impl Iterator<Item = (SkuId, Shown)>, now: Timestamp) {
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        let before = latest.offset();
        let (mut changed, mut turned) = (Vec::new(), Vec::new());
        for (id, shows) in shown {
            let known = latest.get(id).map(|(shown, _)| shown);
            if known == Some(shows) {
                continue;
            }
            changed.push((id, shows.units()));
            let was = known.map(Shown::state);
            if was != Some(shows.state()) {
                turned.push((id, was, shows.state()));
            }
            let sku = names.get(id).map_or("", |sku| sku.as_str());
            let sum_of = |shown: Shown| sum::of_row(sku, &[shown.units()]);
            latest.put(id, shows, (known.map_or(0, sum_of), sum_of(shows)));
        }
        self.backlog.show(&changed, now);
        let after = latest.offset();
        drop(latest);
        self.short.with(|short| turned.iter().for_each(|(_, was, is)| short.turn(*was, *is)));
        self.supply.turn(&turned);
        if after > before {
            self.bell.ring(after);
        }
    }

    /// Lets the backlog take in what is shown of up to `count` SKUs from number `first` on; false where there are no more.
    pub fn fill_backlog(&self, first: usize, count: usize, now: Timestamp) -> bool {
        self.read(|latest| {
            let ids = (first..latest.end()).take(count).filter_map(SkuId::at);
            let shown: Vec<_> = ids.filter_map(|id| Some((id, latest.get(id)?.0.units()))).collect();
            self.backlog.fill(&shown, now);
            first.saturating_add(count) < latest.end()
        })
    }

    /// How many of its SKUs are short.
    #[must_use]
    pub fn short(&self) -> Short {
        self.short.with(|short| *short)
    }

    /// Makes room for this many SKUs.
    pub fn reserve(&self, count: usize) {
        self.latest.write().unwrap_or_else(PoisonError::into_inner).reserve(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Sku;
    use crate::feed::skus::Skus;

    /// What shows the same is no change; the checksum follows every one.
    #[test]
    fn only_changes_count() {
        let (skus, feed) = (Skus::default(), ChannelFeed::new(7, Backlog::default(), Arc::default()));
        let (a, _) = skus.intern(&Sku::parse("A").unwrap());
        let (b, _) = skus.intern(&Sku::parse("B").unwrap());
        let bell = feed.bell.listen();
        let show = |id, units| {
            let shown = Shown::new(units, StockState::of(units, 3));
            feed.publish(&skus.names(), std::iter::once((id, shown)), Timestamp::from_millis(1))
        };
        show(a, 5);
        show(b, 1);
        show(a, 5);
        show(a, 0);
        let sum = sum::of_row("A", &[0]).wrapping_add(sum::of_row("B", &[1]));
        assert_eq!(feed.read(|latest| (latest.offset(), latest.sum(), latest.count())), (3, sum, 2));
        assert_eq!(*bell.borrow(), 3);
        assert_eq!(feed.short(), Short { out: 1, low: 1 });
    }
}
