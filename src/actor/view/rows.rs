//! Rows by SKU: what is set for channels, and item cards.

use std::collections::BTreeMap;
use std::sync::Arc;

use ahash::AHashMap;

use super::heard::{Heard, Voice};
use super::shared::Shared;
use crate::actor::journaled::Watch;
use crate::domain::channel::{Acknowledged, Channel, ChannelFact, ChannelPolicy, ChannelRow};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, Sku};
use crate::domain::item::{Item, ItemFact, ItemRow, Items};
use crate::domain::time::Timestamp;
use crate::feed::{ChannelFeed, SkuId, Skus};
use crate::journal::Head;

/// A map of confirmed rows, for any number of readers.
#[derive(Debug)]
pub struct RowView<V>(Shared<BTreeMap<Sku, V>>);

impl<V> Default for RowView<V> {
    fn default() -> Self {
        Self(Shared::default())
    }
}

impl<V: Clone> RowView<V> {
    /// One SKU's row.
    #[must_use]
    pub fn row(&self, sku: &Sku) -> Option<V> {
        self.0.read().get(sku).cloned()
    }

    /// Every row, in order of SKU; changes wait meanwhile.
    pub fn each(&self, mut look: impl FnMut(&Sku, &V)) {
        self.0.read().iter().for_each(|(sku, row)| look(sku, row));
    }
}

/// What a channel may do with one SKU, as confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelTerms {
    /// What is set for it.
    pub policy: ChannelPolicy,
    /// Units sold without goods that are open.
    pub backordered: i64,
}

impl ChannelTerms {
    /// Units that may still be sold without goods. `limit` is the channel's own, for SKUs without one.
    #[must_use]
    pub fn room(&self, limit: i64, now: Timestamp) -> i64 {
        self.policy.room(self.backordered, limit, now)
    }
}

/// Keeps a [`RowView`] of a channel's terms up to date, and tells the channel which SKUs to look at again and what it has
/// confirmed to show.
#[derive(Debug)]
pub struct PolicyWatch {
    view: Arc<RowView<ChannelTerms>>,
    feed: Arc<ChannelFeed>,
    skus: Arc<Skus>,
    /// Where it is noted that the channel was heard of, and under which name.
    heard: (Arc<Heard>, Voice),
    /// The open backorders, as confirmed: the view keeps only sums.
    open: AHashMap<CommandId, Vec<ClaimLine>>,
}

impl PolicyWatch {
    /// Follows into this view, tells this channel, and notes that it was heard of.
    #[must_use]
    pub fn new(
        view: Arc<RowView<ChannelTerms>>,
        feed: Arc<ChannelFeed>,
        skus: Arc<Skus>,
        heard: (Arc<Heard>, Voice),
    ) -> Self {
        Self { view, feed, skus, heard, open: AHashMap::new() }
    }

    /// Notes when the channel confirmed something last.
    fn hear(&self, at: Option<Timestamp>) {
        if let Some(at) = at {
            self.heard.0.note(&self.heard.1, at, "acknowledged");
        }
    }
}

impl Watch<Channel> for PolicyWatch {
    fn loaded(&mut self, machine: &Channel, _head: Head) {
        let mut terms: BTreeMap<Sku, ChannelTerms> = BTreeMap::new();
        for (sku, policy) in machine.policies() {
            change(&mut terms, sku, |terms| terms.policy = *policy);
        }
        self.open = machine.backorders().map(|(id, row)| (id.clone(), row.lines.clone())).collect();
        for line in self.open.values().flatten() {
            shift(&mut terms, line, line.quantity);
        }
        // What may be sold without goods needs no level anywhere, but a number.
        for sku in terms.keys() {
            self.skus.intern(sku);
        }
        *self.view.0.write() = terms;
        let numbered = |(sku, row): (&Sku, &Acknowledged)| (self.skus.intern(sku).0, *row);
        let confirmed: Vec<_> = machine.all_acknowledged().map(numbered).collect();
        self.hear(confirmed.iter().map(|(_, row)| row.at).max());
        self.feed.backlog.load(&confirmed);
        self.feed.news.mark_all();
    }

    fn confirmed(
        &mut self,
        _machine: &Channel,
        rows: &[ChannelRow],
        _facts: &[(Option<usize>, ChannelFact)],
        _head: Head,
        at: Timestamp,
    ) {
        let mut touched = Vec::new();
        let mut acknowledged = Vec::new();
        let mut view = self.view.0.write();
        for row in rows {
            match row {
                ChannelRow::Policy(sku, policy) => {
                    change(&mut view, sku, |terms| terms.policy = policy.unwrap_or_default());
                    touched.push(sku.clone());
                }
                ChannelRow::Backorder(id, row) => {
                    let now = row.as_ref().map(|row| row.lines.clone());
                    let before = match now.clone() {
                        Some(lines) => self.open.insert(id.clone(), lines),
                        None => self.open.remove(id),
                    };
                    for line in before.iter().flatten() {
                        shift(&mut view, line, line.quantity.saturating_neg());
                        touched.push(line.sku.clone());
                    }
                    for line in now.iter().flatten() {
                        shift(&mut view, line, line.quantity);
                        touched.push(line.sku.clone());
                    }
                }
                ChannelRow::Acknowledged(sku, row) => acknowledged.push((sku, *row)),
                ChannelRow::Remembered(..) | ChannelRow::Floors(_) => {}
            }
        }
        drop(view);
        self.hear((!acknowledged.is_empty()).then_some(at));
        // Only now: who holds a view never waits for the SKUs.
        let touched: Vec<SkuId> = touched.iter().map(|sku| self.skus.intern(sku).0).collect();
        self.feed.news.mark(&touched);
        let numbered = acknowledged.into_iter().map(|(sku, row)| (self.skus.intern(sku).0, row));
        let numbered: Vec<_> = numbered.collect();
        self.feed.backlog.acknowledge(&numbered);
    }
}

/// Changes a SKU's terms; terms that say nothing are none.
fn change(map: &mut BTreeMap<Sku, ChannelTerms>, sku: &Sku, change: impl FnOnce(&mut ChannelTerms)) {
    let mut terms = map.get(sku).copied().unwrap_or_default();
    change(&mut terms);
    set(map, sku, (terms != ChannelTerms::default()).then_some(terms));
}

fn shift(map: &mut BTreeMap<Sku, ChannelTerms>, line: &ClaimLine, by: i64) {
    change(map, &line.sku, |terms| terms.backordered = terms.backordered.saturating_add(by));
}

/// Keeps a [`RowView`] of the item cards up to date.
#[derive(Debug)]
pub struct ItemWatch(pub Arc<RowView<Item>>);

impl Watch<Items> for ItemWatch {
    fn loaded(&mut self, machine: &Items, _head: Head) {
        *self.0.0.write() = machine.items().map(|(sku, item)| (sku.clone(), item.clone())).collect();
    }

    fn confirmed(
        &mut self,
        _machine: &Items,
        rows: &[ItemRow],
        _facts: &[(Option<usize>, ItemFact)],
        _head: Head,
        _at: Timestamp,
    ) {
        let mut view = self.0.0.write();
        for row in rows {
            if let ItemRow::Item(sku, item) = row {
                set(&mut view, sku, item.clone());
            }
        }
    }
}

fn set<V>(map: &mut BTreeMap<Sku, V>, sku: &Sku, value: Option<V>) {
    match value {
        Some(value) => drop(map.insert(sku.clone(), value)),
        None => drop(map.remove(sku)),
    }
}
