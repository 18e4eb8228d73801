//! Rows by SKU: what is set for channels, and item cards.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::shared::Shared;
use crate::actor::journaled::Watch;
use crate::domain::channel::{Channel, ChannelFact, ChannelPolicy, ChannelRow};
use crate::domain::ids::Sku;
use crate::domain::item::{Item, ItemFact, ItemRow, Items};
use crate::feed::{ChannelFeed, Skus};
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

/// Keeps a [`RowView`] of a channel's policies up to date, and tells the channel which SKUs to look at again.
#[derive(Debug)]
pub struct PolicyWatch {
    /// Where the policies go.
    pub view: Arc<RowView<ChannelPolicy>>,
    /// The channel.
    pub feed: Arc<ChannelFeed>,
    /// The SKUs' numbers.
    pub skus: Arc<Skus>,
}

impl Watch<Channel> for PolicyWatch {
    fn loaded(&mut self, machine: &Channel, _head: Head) {
        *self.view.0.write() = machine.policies().map(|(sku, policy)| (sku.clone(), *policy)).collect();
        self.feed.news.mark_all();
    }

    fn confirmed(
        &mut self,
        _machine: &Channel,
        rows: &[ChannelRow],
        _facts: &[(Option<usize>, ChannelFact)],
        _head: Head,
    ) {
        let mut view = self.view.0.write();
        for row in rows {
            if let ChannelRow::Policy(sku, policy) = row {
                set(&mut view, sku, *policy);
            }
        }
        drop(view);
        // Only now: who holds a view never waits for the SKUs.
        let touched = rows.iter().filter_map(|row| match row {
            ChannelRow::Policy(sku, _) => self.skus.find(sku),
            ChannelRow::Remembered(..) | ChannelRow::Floors(_) => None,
        });
        self.feed.news.mark(&touched.collect::<Vec<_>>());
    }
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
