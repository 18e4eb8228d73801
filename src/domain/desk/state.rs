//! What a desk knows, and the one way it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ahash::AHashMap;

use super::lately::Lately;
use crate::domain::ids::{CommandId, OrderId, WarehouseId};
use crate::domain::machine::replace;
use crate::domain::order::{Inbound, Order, Return, Task, Tasks, Transfer};
use crate::domain::refusal::Refusal;
use crate::domain::table::Table;
use crate::domain::time::Timestamp;

/// What every desk keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeskRules {
    /// Open documents a desk holds at most; a new one is refused then.
    pub open_max: usize,
    /// How long after its declaration a return must be refunded, in milliseconds.
    pub refund_within_ms: i64,
    /// How long before that somebody is told, in milliseconds.
    pub refund_alert_ms: i64,
    /// How long a parcel waits for its buyer in a store, in milliseconds.
    pub collect_within_ms: i64,
    /// After how long a shipment nobody heard of counts as delivered, in milliseconds.
    pub delivered_after_ms: i64,
    /// How long refusals are remembered, in milliseconds.
    pub refusals_ms: i64,
}

/// A document. Cheap to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Document {
    /// An order.
    Order(Arc<Order>),
    /// A return without a known order.
    Return(Arc<Return>),
    /// A transfer.
    Transfer(Arc<Transfer>),
    /// An expected receipt.
    Inbound(Arc<Inbound>),
}

impl Document {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &OrderId {
        match self {
            Self::Order(order) => &order.id,
            Self::Return(back) => &back.id,
            Self::Transfer(transfer) => &transfer.id,
            Self::Inbound(inbound) => &inbound.id,
        }
    }

    /// What it still has to tell.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        match self {
            Self::Order(order) => &order.tasks,
            Self::Return(back) => &back.tasks,
            Self::Transfer(transfer) => &transfer.tasks,
            Self::Inbound(inbound) => &inbound.tasks,
        }
    }

    /// The next thing it has to tell.
    #[must_use]
    pub fn task(&self) -> Option<&Task> {
        self.tasks().first()
    }

    /// Whether nothing can happen to it any more but what somebody asks for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Order(order) => order.is_settled(),
            Self::Return(back) => back.is_over() && back.tasks.open.is_empty(),
            Self::Transfer(transfer) => transfer.is_settled(),
            Self::Inbound(inbound) => inbound.is_settled(),
        }
    }

    /// The order, where it is one.
    #[must_use]
    pub const fn order(&self) -> Option<&Arc<Order>> {
        match self {
            Self::Order(order) => Some(order),
            Self::Return(_) | Self::Transfer(_) | Self::Inbound(_) => None,
        }
    }
}

/// A refusal that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When it was told.
    pub at: Timestamp,
    /// What was asked.
    pub fingerprint: u64,
    /// Why not.
    pub refusal: Refusal,
}

/// A row of a desk's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskRow {
    /// A document that is open.
    Open(OrderId, Option<Document>),
    /// A document that is settled; not kept in memory for long.
    Archived(OrderId, Option<Document>),
    /// A refusal that is remembered.
    Refused(CommandId, Option<Refused>),
    /// How many fulfilments a warehouse was asked for on a local day of its own.
    Asked((WarehouseId, i64), i64),
}

/// The key of a desk's row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DeskKey {
    /// Of an open document.
    Open(OrderId),
    /// Of a settled document.
    Archived(OrderId),
    /// Of a refusal.
    Refused(CommandId),
    /// Of a warehouse's day.
    Asked((WarehouseId, i64)),
}

/// An order desk: the only writer of the documents of its shard.
#[derive(Debug, Clone)]
pub struct Desk {
    pub(super) rules: DeskRules,
    pub(super) open: Table<OrderId, Document>,
    /// Settled, and not yet confirmed to be in the archive.
    pub(super) settling: AHashMap<OrderId, Document>,
    /// Confirmed to be in the archive while the document had settled anew: where that batch is taken back, what is
    /// confirmed is what it is again.
    outlived: AHashMap<OrderId, Document>,
    pub(super) lately: Lately,
    pub(super) due: BTreeSet<(Timestamp, OrderId)>,
    pub(super) refused: AHashMap<CommandId, Refused>,
    pub(super) refused_ages: BTreeSet<(Timestamp, CommandId)>,
    pub(super) asked: BTreeMap<(WarehouseId, i64), i64>,
}

impl Desk {
    /// A desk without documents.
    #[must_use]
    pub fn new(rules: DeskRules) -> Self {
        Self {
            rules,
            open: Table::default(),
            settling: AHashMap::new(),
            outlived: AHashMap::new(),
            lately: Lately::default(),
            due: BTreeSet::new(),
            refused: AHashMap::new(),
            refused_ages: BTreeSet::new(),
            asked: BTreeMap::new(),
        }
    }

    /// Every open document, in no order.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.open.iter().map(|(_, document)| document)
    }

    /// An open document.
    #[must_use]
    pub fn document(&self, id: &OrderId) -> Option<&Document> {
        self.open.get(id)
    }

    /// How many fulfilments warehouses were asked for, per local day of their own.
    pub fn asked(&self) -> impl Iterator<Item = (&(WarehouseId, i64), i64)> {
        self.asked.iter().map(|(key, count)| (key, *count))
    }

    pub(super) fn put_row(&mut self, row: DeskRow) -> DeskRow {
        match row {
            DeskRow::Open(id, value) => {
                let before = self.open.get(&id).and_then(super::waking::due_of);
                let after = value.as_ref().and_then(super::waking::due_of);
                if before != after {
                    if let Some(due) = before {
                        self.due.remove(&(due, id.clone()));
                    }
                    if let Some(due) = after {
                        self.due.insert((due, id.clone()));
                    }
                }
                DeskRow::Open(id.clone(), self.open.replace(id, value))
            }
            DeskRow::Archived(id, value) => {
                let before = replace(&mut self.settling, id.clone(), value);
                DeskRow::Archived(id, before)
            }
            DeskRow::Refused(id, value) => {
                if let Some(age) = value.as_ref().map(|value| value.at) {
                    self.refused_ages.insert((age, id.clone()));
                }
                let kept = value.as_ref().map(|value| value.at);
                let before = replace(&mut self.refused, id.clone(), value);
                if let Some(age) = before.as_ref().map(|before| before.at).filter(|age| Some(*age) != kept) {
                    self.refused_ages.remove(&(age, id.clone()));
                }
                DeskRow::Refused(id, before)
            }
            DeskRow::Asked(key, count) => {
                let before =
                    if count == 0 { self.asked.remove(&key) } else { self.asked.insert(key.clone(), count) };
                DeskRow::Asked(key, before.unwrap_or(0))
            }
        }
    }

    pub(super) fn row_of(&self, key: &DeskKey) -> DeskRow {
        match key {
            DeskKey::Open(id) => DeskRow::Open(id.clone(), self.open.get(id).cloned()),
            DeskKey::Archived(id) => DeskRow::Archived(id.clone(), self.settling.get(id).cloned()),
            DeskKey::Refused(id) => DeskRow::Refused(id.clone(), self.refused.get(id).cloned()),
            DeskKey::Asked(key) => DeskRow::Asked(key.clone(), self.asked.get(key).copied().unwrap_or(0)),
        }
    }

    pub(super) fn all_rows(&self) -> Vec<DeskRow> {
        let open = self.open.iter().map(|(id, document)| DeskRow::Open(id.clone(), Some(document.clone())));
        let refused = self.refused.iter();
        let refused = refused.map(|(id, refused)| DeskRow::Refused(id.clone(), Some(refused.clone())));
        let asked = self.asked.iter().map(|(key, count)| DeskRow::Asked(key.clone(), *count));
        open.chain(refused).chain(asked).collect()
    }

    /// Lets go what is confirmed to be in the archive, unless it has settled anew since.
    pub(super) fn let_go(&mut self, confirmed: &[DeskRow], version: u64) {
        for row in confirmed {
            if let DeskRow::Archived(id, document) = row {
                self.lately.note(id, version);
                match document {
                    Some(document) => drop(self.outlived.insert(id.clone(), document.clone())),
                    None => drop(self.outlived.remove(id)),
                }
            }
        }
        let settling = &mut self.settling;
        self.outlived.retain(|id, document| {
            let same = settling.get(id) == Some(document);
            if same {
                settling.remove(id);
            }
            !same
        });
    }
}

/// The key of a row.
pub(super) fn key_of(row: &DeskRow) -> DeskKey {
    match row {
        DeskRow::Open(id, _) => DeskKey::Open(id.clone()),
        DeskRow::Archived(id, _) => DeskKey::Archived(id.clone()),
        DeskRow::Refused(id, _) => DeskKey::Refused(id.clone()),
        DeskRow::Asked(key, _) => DeskKey::Asked(key.clone()),
    }
}
