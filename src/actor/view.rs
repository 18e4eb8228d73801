//! What readers see: confirmed state only, read without asking an actor.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::journaled::Watch;
use crate::domain::channel::{Channel, ChannelFact, ChannelPolicy, ChannelRow};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{ChannelId, Sku};
use crate::domain::item::{Item, ItemFact, ItemRow, Items};
use crate::domain::level::Level;
use crate::domain::policy::{StockPolicy, free};
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Row, Warehouse};
use crate::journal::Head;
use crate::telemetry::WarehouseMeter;

/// One SKU at one warehouse, as confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockRow {
    /// The figures.
    pub level: Level,
    /// What is set aside.
    pub policy: Option<Box<StockPolicy>>,
}

impl StockRow {
    /// Units a channel may claim.
    #[must_use]
    pub fn free(&self, channel: &ChannelId, told: bool, now: Timestamp) -> i64 {
        free(&self.level, self.policy.as_deref(), channel, told, now)
    }
}

#[derive(Debug, Default)]
struct Stock {
    rows: BTreeMap<Sku, StockRow>,
    head: Option<Head>,
}

/// A warehouse's levels as confirmed, for any number of readers.
#[derive(Debug, Default)]
pub struct StockView(Shared<Stock>);

impl StockView {
    /// One SKU.
    #[must_use]
    pub fn row(&self, sku: &Sku) -> Option<StockRow> {
        self.0.read().rows.get(sku).cloned()
    }

    /// Something of one SKU, without a copy of it.
    pub fn with<T>(&self, sku: &Sku, read: impl FnOnce(Option<&StockRow>) -> T) -> T {
        read(self.0.read().rows.get(sku))
    }

    /// Up to `limit` SKUs after `after`, in order.
    #[must_use]
    pub fn skus_after(&self, after: Option<&Sku>, limit: usize) -> Vec<Sku> {
        let stock = self.0.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        stock.rows.range::<Sku, _>((from, Bound::Unbounded)).take(limit).map(|(sku, _)| sku.clone()).collect()
    }

    /// The head the rows stand at.
    #[must_use]
    pub fn head(&self) -> Head {
        self.0.read().head.unwrap_or(Head::GENESIS)
    }
}

/// Keeps a [`StockView`] up to date.
#[derive(Debug)]
pub struct StockWatch {
    view: Arc<StockView>,
    meter: WarehouseMeter,
}

impl StockWatch {
    /// Follows into this view and counts on these meters.
    #[must_use]
    pub fn new(view: Arc<StockView>, meter: WarehouseMeter) -> Self {
        Self { view, meter }
    }
}

impl Watch<Warehouse> for StockWatch {
    fn loaded(&mut self, machine: &Warehouse, head: Head) {
        let mut rows: BTreeMap<Sku, StockRow> = BTreeMap::new();
        for (sku, level) in machine.levels() {
            rows.insert(sku.clone(), StockRow { level: *level, policy: None });
        }
        for (sku, policy) in machine.policies() {
            rows.entry(sku.clone()).or_default().policy = Some(Box::new(policy.clone()));
        }
        self.meter.open(machine.holds_len());
        let mut stock = self.view.0.write();
        stock.rows = rows;
        stock.head = Some(head);
    }

    fn confirmed(&mut self, machine: &Warehouse, rows: &[Row], facts: &[(Option<usize>, Fact)], head: Head) {
        let mut stock = self.view.0.write();
        if stock.head.is_some_and(|seen| seen.version >= head.version) {
            // An actor that hung and was replaced wakes up late: its successor has loaded more than this.
            return;
        }
        for row in rows {
            match row {
                Row::Level(sku, level) => {
                    let level = level.unwrap_or_default();
                    let row = stock.rows.entry(sku.clone()).or_default();
                    if level.on_hand < 0 && row.level.on_hand >= 0 {
                        self.meter.negative();
                    }
                    row.level = level;
                }
                Row::Policy(sku, policy) => {
                    stock.rows.entry(sku.clone()).or_default().policy = policy.clone().map(Box::new);
                }
                Row::Totals(_)
                | Row::Hold(..)
                | Row::Allocation(..)
                | Row::Mark(..)
                | Row::Bucket(..)
                | Row::Remembered(..)
                | Row::Floors(_) => {}
            }
        }
        for (_, fact) in facts {
            match fact.kind {
                FactKind::Expired => self.meter.expired(),
                FactKind::Oversold => self.meter.oversold(),
                _ => {}
            }
        }
        self.meter.open(machine.holds_len());
        stock.head = Some(head);
    }
}

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
}

/// Keeps a [`RowView`] of a channel's policies up to date.
#[derive(Debug)]
pub struct PolicyWatch(pub Arc<RowView<ChannelPolicy>>);

impl Watch<Channel> for PolicyWatch {
    fn loaded(&mut self, machine: &Channel, _head: Head) {
        *self.0.0.write() = machine.policies().map(|(sku, policy)| (sku.clone(), *policy)).collect();
    }

    fn confirmed(
        &mut self,
        _machine: &Channel,
        rows: &[ChannelRow],
        _facts: &[(Option<usize>, ChannelFact)],
        _head: Head,
    ) {
        let mut view = self.0.0.write();
        for row in rows {
            if let ChannelRow::Policy(sku, policy) = row {
                set(&mut view, sku, *policy);
            }
        }
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

/// A value behind a short lock. A holder that panics leaves it as it was between two assignments, so a poisoned lock is
/// still good to read; the actor that panicked is rebuilt and loads it anew.
#[derive(Debug, Default)]
struct Shared<T>(RwLock<T>);

impl<T> Shared<T> {
    fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
