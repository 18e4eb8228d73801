//! Item cards: what others need to work with a SKU, kept as given.

use std::collections::BTreeMap;

use ahash::AHashMap;

use super::channel::machine::done;
use super::ids::{CommandId, Sku, WarehouseId};
use super::machine::{Draft, Envelope, Machine, Moment, replace};
use super::memory::{Class, Floors, Memory, Remembered, Windows};
use super::refusal::Refusal;
use super::time::Timestamp;

/// What is known of a SKU beside its stock. Nothing here is computed with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// Its name for people.
    pub title: Option<String>,
    /// Its global trade item number, 8 to 14 digits.
    pub gtin: Option<String>,
    /// The unit it is counted in.
    pub unit: Option<String>,
    /// Its weight in grams.
    pub weight_g: Option<i64>,
    /// Where it lies, per warehouse.
    pub bins: BTreeMap<WarehouseId, String>,
}

/// Sets a SKU's card, replacing the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetItem {
    /// Which goods.
    pub sku: Sku,
    /// The card.
    pub item: Item,
}

/// What happened to the cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemFact {
    /// A card was set.
    Set {
        /// Which goods.
        sku: Sku,
    },
}

/// A row of the cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemRow {
    /// A card.
    Item(Sku, Option<Item>),
    /// A remembered id.
    Remembered(CommandId, Option<Remembered>),
    /// Times up to which ids were forgotten.
    Floors(Floors),
}

/// The key of a row of the cards.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ItemKey {
    /// Of a card.
    Item(Sku),
    /// Of a remembered id.
    Remembered(CommandId),
    /// Of the floors.
    Floors,
}

/// All item cards of the store.
#[derive(Debug, Clone)]
pub struct Items {
    items: AHashMap<Sku, Item>,
    memory: Memory,
    windows: Windows,
}

impl Items {
    /// No cards yet.
    #[must_use]
    pub fn new(windows: Windows) -> Self {
        Self { items: AHashMap::new(), memory: Memory::default(), windows }
    }

    /// A SKU's card.
    #[must_use]
    pub fn item(&self, sku: &Sku) -> Option<&Item> {
        self.items.get(sku)
    }

    /// Every card, in no order.
    pub fn items(&self) -> impl Iterator<Item = (&Sku, &Item)> {
        self.items.iter()
    }
}

impl Machine for Items {
    type Command = SetItem;
    type Answer = ();
    type Fact = ItemFact;
    type Row = ItemRow;
    type Key = ItemKey;

    fn name(_command: &SetItem) -> &'static str {
        "set_item"
    }

    fn decide(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &SetItem,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        if self.memory.recall(envelope)?.is_some() {
            return Ok(());
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        if self.items.get(&command.sku) != Some(&command.item) {
            draft.put(self, ItemRow::Item(command.sku.clone(), Some(command.item.clone())));
            draft.fact(ItemFact::Set { sku: command.sku.clone() });
        }
        draft.put(self, ItemRow::Remembered(envelope.id.clone(), Some(done(envelope))));
        Ok(())
    }

    fn upkeep(&mut self, moment: &Moment, _limit: usize, draft: &mut Draft<Self>) {
        if let Some(floors) = self.memory.floors_due(&self.windows, moment.now) {
            draft.put(self, ItemRow::Floors(floors));
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.memory.due(&self.windows)
    }

    fn put(&mut self, row: ItemRow) -> ItemRow {
        match row {
            ItemRow::Item(sku, value) => ItemRow::Item(sku.clone(), replace(&mut self.items, sku, value)),
            ItemRow::Remembered(id, value) => {
                let before = self.memory.put(&id, value);
                ItemRow::Remembered(id, before)
            }
            ItemRow::Floors(floors) => ItemRow::Floors(self.memory.put_floors(floors)),
        }
    }

    fn key(row: &ItemRow) -> ItemKey {
        match row {
            ItemRow::Item(sku, _) => ItemKey::Item(sku.clone()),
            ItemRow::Remembered(id, _) => ItemKey::Remembered(id.clone()),
            ItemRow::Floors(_) => ItemKey::Floors,
        }
    }

    fn row(&self, key: &ItemKey) -> ItemRow {
        match key {
            ItemKey::Item(sku) => ItemRow::Item(sku.clone(), self.items.get(sku).cloned()),
            ItemKey::Remembered(id) => ItemRow::Remembered(id.clone(), self.memory.get(id).cloned()),
            ItemKey::Floors => ItemRow::Floors(self.memory.floors()),
        }
    }

    fn rows(&self) -> Vec<ItemRow> {
        let items = self.items.iter().map(|(sku, item)| ItemRow::Item(sku.clone(), Some(item.clone())));
        items.chain([ItemRow::Floors(self.memory.floors())]).collect()
    }

    fn floor(&self) -> Timestamp {
        self.memory.floors().hold
    }

    fn loaded(&mut self, _version: u64) {
        let floors = self.memory.floors();
        self.memory.purge_holds(&floors);
    }

    fn settle(&mut self, confirmed: &[ItemRow], _version: u64) {
        for row in confirmed {
            if let ItemRow::Floors(floors) = row {
                self.memory.purge_holds(floors);
            }
        }
    }
}
