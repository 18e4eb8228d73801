//! What readers see of the desks: open documents as confirmed and where they stand, how busy each warehouse is, what is
//! expected where, and which documents still have something to tell.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use ahash::AHashMap;
use tokio::sync::watch;

use super::alerts::Alerts;
use super::following::{Followed, Following};
use super::sales::{Ledger, Sells};
use super::shared::Shared;
use crate::actor::journaled::Watch;
use crate::domain::desk::{Desk, DeskFact, DeskRow, Document};
use crate::domain::ids::{OrderId, Sku, WarehouseId};
use crate::domain::order::{Commercial, FulfilmentState, InboundState, Order, TransferState};
use crate::domain::time::Timestamp;
use crate::journal::Head;
use crate::telemetry::DeskMeter;

/// Documents looked at before others may write again.
const LOOK_MAX: usize = 1_000;

/// Units expected somewhere, by the document that expects them.
type Incoming = BTreeMap<OrderId, (Timestamp, i64)>;

#[derive(Debug, Default)]
struct Documents {
    open: BTreeMap<OrderId, Document>,
    /// Orders without a place, and with nothing under way to find one.
    parked: BTreeSet<OrderId>,
    /// Fulfilments that warehouses have open.
    load: AHashMap<WarehouseId, i64>,
    /// Fulfilments asked for, per warehouse, local day and shard.
    asked: AHashMap<(WarehouseId, i64), AHashMap<u8, i64>>,
    incoming: AHashMap<(WarehouseId, Sku), Incoming>,
    orders: OpenOrders,
    following: Following,
    heads: AHashMap<u8, Head>,
}

/// Open orders, counted as they change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenOrders {
    /// How many are in each commercial state.
    pub by_state: BTreeMap<Commercial, i64>,
    /// How many are late and have not left as a whole.
    pub late: i64,
    /// Units that were told as sold and wait for goods.
    pub oversold: i64,
    /// Fulfilments that have not arrived, by warehouse and state.
    pub parts: BTreeMap<WarehouseId, BTreeMap<FulfilmentState, i64>>,
}

impl OpenOrders {
    fn count(&mut self, order: &Order, by: i64) {
        if order.withdrawn {
            return;
        }
        let counted = self.by_state.entry(order.state).or_default();
        *counted = counted.saturating_add(by);
        if order.late_told && order.lines.iter().any(|line| line.open() > 0) {
            self.late = self.late.saturating_add(by);
        }
        if order.told {
            let waiting = order.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.backordered));
            self.oversold = self.oversold.saturating_add(waiting.saturating_mul(by));
        }
        for part in order.fulfilments.iter().filter(|part| is_under_way(part.state)) {
            match self.parts.get_mut(&part.warehouse) {
                Some(states) => {
                    let counted = states.entry(part.state).or_default();
                    *counted = counted.saturating_add(by);
                }
                None => drop(self.parts.insert(part.warehouse.clone(), [(part.state, by)].into())),
            }
        }
    }
}

/// The open documents of all desks as confirmed; also the topics of those who follow orders and work.
#[derive(Debug, Default)]
pub struct DeskView(Shared<Documents>);

impl DeskView {
    /// No documents, and topics under random names.
    #[must_use]
    pub fn new(views: fastrand::Rng) -> Self {
        Self(Shared::new(Documents { following: Following::new(views), ..Documents::default() }))
    }

    /// The topics of orders and work, of one moment; changes wait meanwhile, so read little.
    pub fn follow<T>(&self, read: impl FnOnce(Followed<'_>) -> T) -> T {
        let documents = self.0.read();
        let order = |id: &OrderId| documents.open.get(id).and_then(Document::order);
        read(Followed::new(&documents.following, &order))
    }

    /// Where to wait for changes of orders.
    #[must_use]
    pub fn listen_to_orders(&self) -> watch::Receiver<u64> {
        self.0.read().following.orders_bell.listen()
    }

    /// Where to wait for changes of a warehouse's work, which is followed from here on.
    #[must_use]
    pub fn listen_to_work(&self, warehouse: &WarehouseId) -> watch::Receiver<u64> {
        self.0.write().following.work_at(warehouse).listen()
    }

    /// An open document.
    #[must_use]
    pub fn get(&self, id: &OrderId) -> Option<Document> {
        self.0.read().open.get(id).cloned()
    }

    /// The version of a desk's journal up to which the view shows its documents.
    #[must_use]
    pub fn version(&self, shard: u8) -> u64 {
        self.0.read().heads.get(&shard).map_or(0, |head| head.version)
    }

    /// Up to `limit` open documents after `after` that are wanted, in order of id.
    pub fn list(
        &self,
        after: Option<&OrderId>,
        limit: usize,
        mut wanted: impl FnMut(&Document) -> bool,
    ) -> Vec<Document> {
        let mut found = Vec::new();
        let mut after = after.cloned();
        while found.len() < limit {
            let documents = self.0.read();
            let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
            let range = documents.open.range::<OrderId, _>((from, Bound::Unbounded));
            let mut last = None;
            for (id, document) in range.take(LOOK_MAX) {
                last = Some(id.clone());
                if wanted(document) {
                    found.push(document.clone());
                    if found.len() >= limit {
                        break;
                    }
                }
            }
            drop(documents);
            if last.is_none() {
                break;
            }
            after = last;
        }
        found
    }

    /// Up to `limit` orders after `after` that have no place and nothing under way to find one, in order of id.
    #[must_use]
    pub fn parked(&self, after: Option<&OrderId>, limit: usize) -> Vec<Document> {
        let documents = self.0.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = documents.parked.range::<OrderId, _>((from, Bound::Unbounded)).take(limit);
        range.filter_map(|id| documents.open.get(id)).cloned().collect()
    }

    /// How many documents are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.read().open.len()
    }

    /// Open orders, counted.
    #[must_use]
    pub fn orders(&self) -> OpenOrders {
        self.0.read().orders.clone()
    }

    /// Open fulfilments of a warehouse.
    #[must_use]
    pub fn load(&self, warehouse: &WarehouseId) -> i64 {
        self.0.read().load.get(warehouse).copied().unwrap_or(0)
    }

    /// Fulfilments a warehouse was asked for on a local day of its own. Each desk counts its own, so that orders taken
    /// at the same moment may go a few beyond a capacity.
    #[must_use]
    pub fn asked(&self, warehouse: &WarehouseId, day: i64) -> i64 {
        let documents = self.0.read();
        let by_shard = documents.asked.get(&(warehouse.clone(), day));
        by_shard.map_or(0, |shards| shards.values().sum())
    }

    /// What is expected at a warehouse, soonest first.
    #[must_use]
    pub fn incoming(&self, warehouse: &WarehouseId, sku: &Sku) -> Vec<(Timestamp, i64)> {
        let documents = self.0.read();
        let incoming = documents.incoming.get(&(warehouse.clone(), sku.clone()));
        let mut incoming: Vec<_> = incoming.into_iter().flat_map(BTreeMap::values).copied().collect();
        incoming.sort_unstable();
        incoming
    }
}

impl Documents {
    /// Takes in a document as it stands; of one that is not open any more, `last` is how it ended, where that is known.
    fn put(&mut self, id: &OrderId, document: Option<Document>, last: Option<&Document>) {
        let before = match &document {
            Some(document) => self.open.insert(id.clone(), document.clone()),
            None => self.open.remove(id),
        };
        if let Some(before) = &before {
            self.count(before, -1);
        }
        self.following.take(
            before.as_ref().and_then(Document::order).map(Arc::as_ref),
            document.as_ref().and_then(Document::order).map(Arc::as_ref),
            last.and_then(Document::order).map(Arc::as_ref),
        );
        if document.as_ref().is_some_and(is_parked) {
            self.parked.insert(id.clone());
        } else {
            self.parked.remove(id);
        }
        if let Some(document) = &document {
            self.count(document, 1);
        }
    }

    fn count(&mut self, document: &Document, by: i64) {
        match document {
            Document::Order(order) => {
                self.orders.count(order, by);
                for part in order.fulfilments.iter().filter(|part| part.state.is_allocated()) {
                    let load = self.load.entry(part.warehouse.clone()).or_default();
                    *load = load.saturating_add(by);
                }
            }
            Document::Inbound(inbound) => {
                let open = matches!(inbound.state, InboundState::Expected | InboundState::PartlyReceived);
                for line in inbound.lines.iter().filter(|line| open && line.open() > 0) {
                    let expected = (inbound.eta.unwrap_or(Timestamp::MAX), line.open());
                    self.expect((&inbound.warehouse, &line.sku), &inbound.id, (by > 0).then_some(expected));
                }
            }
            Document::Transfer(transfer) => {
                let on_road =
                    matches!(transfer.state, TransferState::Shipped | TransferState::PartlyReceived);
                for line in transfer.lines.iter().filter(|line| on_road && transfer.own_under_way(line) > 0) {
                    let expected = (transfer.eta.unwrap_or(Timestamp::MAX), transfer.own_under_way(line));
                    self.expect((&transfer.to, &line.sku), &transfer.id, (by > 0).then_some(expected));
                }
            }
            Document::Return(_) => {}
        }
    }

    fn expect(
        &mut self,
        (warehouse, sku): (&WarehouseId, &Sku),
        id: &OrderId,
        expected: Option<(Timestamp, i64)>,
    ) {
        let key = (warehouse.clone(), sku.clone());
        match expected {
            Some(expected) => drop(self.incoming.entry(key).or_default().insert(id.clone(), expected)),
            None => {
                let Some(incoming) = self.incoming.get_mut(&key) else { return };
                incoming.remove(id);
                if incoming.is_empty() {
                    self.incoming.remove(&key);
                }
            }
        }
    }

    fn ask(&mut self, shard: u8, key: &(WarehouseId, i64), count: i64) {
        let shards = self.asked.entry(key.clone()).or_default();
        if count == 0 {
            shards.remove(&shard);
        } else {
            shards.insert(shard, count);
        }
        if self.asked.get(key).is_some_and(|shards| shards.is_empty()) {
            self.asked.remove(key);
        }
    }
}

const fn is_under_way(state: FulfilmentState) -> bool {
    state.is_allocated() || matches!(state, FulfilmentState::Proposed | FulfilmentState::Shipped)
}

fn is_parked(document: &Document) -> bool {
    document.order().is_some_and(|order| order.tasks.open.is_empty() && order.unrouted() > 0)
}

/// Is told of documents that have something to tell, or nothing any more.
pub trait Errands: Send + Sync + std::fmt::Debug + 'static {
    /// A document was confirmed; `open` says whether it has something to tell.
    fn confirmed(&self, id: &OrderId, open: bool);
}

/// Keeps a [`DeskView`] up to date with one desk.
#[derive(Debug)]
pub struct DeskWatch {
    /// The view of all desks.
    pub view: Arc<DeskView>,
    /// Which desk this is.
    pub shard: u8,
    /// Told of documents that have something to tell.
    pub errands: Arc<dyn Errands>,
    /// Told of what somebody should look at.
    pub alerts: Arc<Alerts>,
    /// Told what was sold.
    pub ledger: Arc<Ledger>,
    /// What is counted.
    pub meter: DeskMeter,
}

impl Watch<Desk> for DeskWatch {
    fn loaded(&mut self, machine: &Desk, head: Head) {
        let mut documents = self.view.0.write();
        let shard = self.shard;
        let of_shard = documents.open.keys().filter(|id| id.shard() == Some(shard));
        let gone: Vec<OrderId> = of_shard.filter(|id| machine.document(id).is_none()).cloned().collect();
        gone.iter().for_each(|id| documents.put(id, None, None));
        for document in machine.documents() {
            documents.put(document.id(), Some(document.clone()), None);
        }
        let days: Vec<(WarehouseId, i64)> = documents.asked.keys().cloned().collect();
        days.iter().for_each(|key| documents.ask(shard, key, 0));
        for (key, count) in machine.asked() {
            documents.ask(shard, key, count);
        }
        documents.heads.insert(shard, head);
        let bells = documents.following.rung();
        drop(documents);
        bells.iter().for_each(|(bell, offset)| bell.ring(*offset));
        self.ledger.loaded(head);
        gone.iter().for_each(|id| self.errands.confirmed(id, false));
        for document in machine.documents() {
            self.errands.confirmed(document.id(), document.task().is_some());
        }
    }

    fn confirmed(
        &mut self,
        _machine: &Desk,
        rows: &[DeskRow],
        facts: &[(Option<usize>, DeskFact)],
        head: Head,
        at: Timestamp,
    ) {
        let mut documents = self.view.0.write();
        if documents.heads.get(&self.shard).is_some_and(|seen| seen.version >= head.version) {
            // An actor that hung and was replaced wakes up late: its successor has loaded more than this.
            return;
        }
        documents.heads.insert(self.shard, head);
        let ended: AHashMap<&OrderId, &Document> = rows
            .iter()
            .filter_map(|row| match row {
                DeskRow::Archived(id, Some(document)) => Some((id, document)),
                DeskRow::Archived(..) | DeskRow::Open(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => None,
            })
            .collect();
        for row in rows {
            match row {
                DeskRow::Open(id, document) => documents.put(id, document.clone(), ended.get(id).copied()),
                DeskRow::Asked(key, count) => documents.ask(self.shard, key, *count),
                DeskRow::Archived(..) | DeskRow::Refused(..) => {}
            }
        }
        let bells = documents.following.rung();
        drop(documents);
        bells.iter().for_each(|(bell, offset)| bell.ring(*offset));
        for (_, fact) in facts {
            self.alerts.note(fact);
            self.meter.fact(fact.kind.name());
        }
        let sales = Desk::sales(at, facts, rows);
        sales.iter().for_each(|sale| self.meter.sold(sale.channel.as_str(), sale.sold.units));
        self.ledger.confirmed(head, at, &sales);
        for row in rows {
            if let DeskRow::Open(id, document) = row {
                let open = document.as_ref().is_some_and(|document| document.task().is_some());
                self.errands.confirmed(id, open);
            }
        }
    }
}
