//! The smallest machine that can sell, and misbehave on command. Its facts and rows are those of the item cards, whose
//! weight stands for the units left, so that its entries are what every part of the journal can read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::ids::Sku;
use crate::domain::item::{Item, ItemFact, ItemKey, ItemRow, Items};
use crate::domain::machine::{Draft, Envelope, Machine, Moment};
use crate::domain::memory::{Class, Memory, Outcome, Remembered};
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::time::Timestamp;
use crate::journal::record::{Reader, Recorded, Writer};
use crate::journal::{Change, JournalError, JournalKind, Table};

/// What a kiosk may be asked.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// Set the units.
    Stock(i64),
    /// Take one; the answer is 1.
    Take,
    /// Take one for a person, whose name is kept beside the journal under [`BUYER`]; the answer is 1.
    TakeFor(&'static str),
    /// Delete that name and nothing else; the answer is 0.
    Erase,
    /// Say how many are left; changes nothing.
    Look,
    /// Panic.
    Explode,
    /// Call this in the middle of the decision, then refuse.
    Call(Hook),
}

/// Where a buyer's name is kept.
pub(super) const BUYER: &str = "buyer";

/// Something to call from inside a decision.
#[derive(Clone)]
pub(super) struct Hook(pub(super) Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

/// Sells one SKU.
#[derive(Debug, Default)]
pub(super) struct Kiosk {
    units: i64,
    memory: Memory,
}

/// The one SKU.
pub(super) fn sku() -> Sku {
    Sku::parse("LAST").unwrap()
}

/// The row that says how many units are left.
pub(super) fn units_row(units: i64) -> ItemRow {
    let card = Item { title: None, gtin: None, unit: None, weight_g: Some(units), bins: BTreeMap::new() };
    ItemRow::Item(sku(), Some(card))
}

impl Kiosk {
    fn set(&mut self, units: i64, envelope: &Envelope, draft: &mut Draft<Self>) {
        draft.put(self, units_row(units));
        draft.fact(ItemFact::Set { sku: sku() });
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        let known = Remembered { class: Class::Hold, time, fingerprint, outcome: Outcome::Done };
        draft.put(self, ItemRow::Remembered(envelope.id.clone(), Some(known)));
    }

    fn take(&mut self, envelope: &Envelope, draft: &mut Draft<Self>) -> Result<i64, Refusal> {
        if self.units <= 0 {
            let short = Shortfall { sku: sku(), asked: 1, free: self.units };
            return Err(Refusal::InsufficientStock(vec![short]));
        }
        self.set(self.units - 1, envelope, draft);
        Ok(1)
    }
}

impl Machine for Kiosk {
    type Command = Order;
    type Answer = i64;
    type Fact = ItemFact;
    type Row = ItemRow;
    type Key = ItemKey;

    fn name(_order: &Order) -> &'static str {
        "order"
    }

    fn decide(
        &mut self,
        _moment: &Moment,
        envelope: &Envelope,
        order: &Order,
        draft: &mut Draft<Self>,
    ) -> Result<i64, Refusal> {
        let known = self.memory.recall(envelope)?.is_some();
        match order {
            Order::Stock(units) => {
                if !known {
                    self.set(*units, envelope, draft);
                }
                Ok(*units)
            }
            Order::Take | Order::TakeFor(_) if known => Ok(1),
            Order::Take => self.take(envelope, draft),
            Order::TakeFor(name) => {
                draft.aside(BUYER, Some(b"somebody".to_vec()));
                draft.aside(BUYER, Some(name.as_bytes().to_vec()));
                self.take(envelope, draft)
            }
            Order::Erase => {
                draft.aside(BUYER, None);
                Ok(0)
            }
            Order::Look => Ok(self.units),
            Order::Explode => panic!("as ordered"),
            Order::Call(hook) => {
                (hook.0)();
                Err(Refusal::UnknownSku(sku()))
            }
        }
    }

    fn upkeep(&mut self, _moment: &Moment, _limit: usize, _draft: &mut Draft<Self>) {}

    fn due(&self) -> Option<Timestamp> {
        None
    }

    fn put(&mut self, row: ItemRow) -> ItemRow {
        match row {
            ItemRow::Item(_, card) => {
                let units = card.and_then(|card| card.weight_g).unwrap_or(0);
                units_row(std::mem::replace(&mut self.units, units))
            }
            ItemRow::Remembered(id, known) => {
                let before = self.memory.put(&id, known);
                ItemRow::Remembered(id, before)
            }
            ItemRow::Floors(floors) => ItemRow::Floors(self.memory.put_floors(floors)),
        }
    }

    fn key(row: &ItemRow) -> ItemKey {
        Items::key(row)
    }

    fn row(&self, key: &ItemKey) -> ItemRow {
        match key {
            ItemKey::Item(_) => units_row(self.units),
            ItemKey::Remembered(id) => ItemRow::Remembered(id.clone(), self.memory.get(id).cloned()),
            ItemKey::Floors => ItemRow::Floors(self.memory.floors()),
        }
    }

    fn rows(&self) -> Vec<ItemRow> {
        vec![units_row(self.units), ItemRow::Floors(self.memory.floors())]
    }

    fn floor(&self) -> Timestamp {
        self.memory.floors().hold
    }

    fn loaded(&mut self, _version: u64) {}

    fn settle(&mut self, _confirmed: &[ItemRow], _version: u64) {}
}

impl Recorded for Kiosk {
    const KIND: JournalKind = Items::KIND;
    const VERSION: u8 = 1;
    const TABLES: &'static [Table] = Items::TABLES;

    fn put_fact(fact: &ItemFact, writer: &mut Writer) {
        Items::put_fact(fact, writer);
    }

    fn get_fact(reader: &mut Reader<'_>) -> Result<ItemFact, JournalError> {
        Items::get_fact(reader)
    }

    fn put_row(row: &ItemRow, writer: &mut Writer) {
        Items::put_row(row, writer);
    }

    fn get_row(reader: &mut Reader<'_>) -> Result<ItemRow, JournalError> {
        Items::get_row(reader)
    }

    fn change(row: &ItemRow) -> Option<Change> {
        Items::change(row)
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Result<ItemRow, JournalError> {
        Items::row_from(table, key, value)
    }
}
