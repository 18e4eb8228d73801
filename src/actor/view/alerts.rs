//! What somebody should look at: the newest of it, and the topic of those who follow it. Kept in memory: each is also a
//! fact of its journal.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::watch;

use super::shared::Shared;
use crate::domain::desk::{DeskFact, DeskFactKind};
use crate::domain::fact::{Crossed, Fact, FactKind};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reason, ReservationId, Sku, WarehouseId};
use crate::domain::time::{Clock, Timestamp};
use crate::feed::{Bell, Board, sum};
use crate::telemetry::Metrics;

/// Alerts kept of each kind; the oldest go. So many low stocks can't hide the one payment without stock.
const KEPT_MAX: usize = 1_000;

/// Something somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its number since the start.
    pub id: u64,
    /// When it was told.
    pub at: Timestamp,
    /// What it is: the name of its fact.
    pub kind: &'static str,
    /// About which document.
    pub document: Option<OrderId>,
    /// Of which channel.
    pub channel: Option<ChannelId>,
    /// What the channel calls the order.
    pub number: Option<OrderNumber>,
    /// At which warehouse.
    pub warehouse: Option<WarehouseId>,
    /// About which goods.
    pub sku: Option<Sku>,
    /// About which reservation.
    pub reservation: Option<ReservationId>,
    /// Which line a figure crossed.
    pub crossed: Option<Crossed>,
    /// Why.
    pub reason: Option<Reason>,
}

/// The newest alerts since the start.
#[derive(Debug)]
pub struct Alerts {
    kept: Shared<Kept>,
    bell: Bell,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Kept {
    /// How many there were: each has its number, so that those of all kinds stand in one order.
    told: u64,
    /// By number.
    all: BTreeMap<u64, Alert>,
    /// The numbers of each kind, oldest first.
    of_kind: BTreeMap<&'static str, VecDeque<u64>>,
    /// Those that are kept are open; one that is not any more has ended.
    board: Board<u64, ()>,
}

/// The topic of alerts, of one moment.
#[derive(Debug, Clone, Copy)]
pub struct FollowedAlerts<'a>(&'a Kept);

impl<'a> FollowedAlerts<'a> {
    /// The order in which alerts came, and went.
    #[must_use]
    pub const fn board(&self) -> &'a Board<u64, ()> {
        &self.0.board
    }

    /// An alert that is kept.
    #[must_use]
    pub fn alert(&self, id: u64) -> Option<&'a Alert> {
        self.0.all.get(&id)
    }
}

impl Alerts {
    /// None yet, under a view's random name.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, metrics: Arc<Metrics>, view: u64) -> Self {
        let (all, of_kind) = (BTreeMap::new(), BTreeMap::new());
        let kept = Kept { told: 0, all, of_kind, board: Board::new(view) };
        Self { kept: Shared::new(kept), bell: Bell::default(), clock, metrics }
    }

    /// The topic, of one moment; alerts wait meanwhile, so read little.
    pub fn follow<T>(&self, read: impl FnOnce(FollowedAlerts<'_>) -> T) -> T {
        read(FollowedAlerts(&self.kept.read()))
    }

    /// Where to wait for alerts.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.bell.listen()
    }

    /// The kind of that name, where it is one of an alert.
    #[must_use]
    pub fn kind(name: &str) -> Option<&'static str> {
        Self::kinds().find(|kind| *kind == name)
    }

    /// Every kind of alert.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        let of_documents = DeskFactKind::ALL.iter().filter(|kind| kind.is_alert()).map(|kind| kind.name());
        let of_stock = FactKind::ALL.iter().filter(|kind| kind.is_alert()).map(|kind| kind.name());
        of_documents.chain(of_stock)
    }

    /// Takes in a confirmed fact of a document, where it is an alert.
    pub fn note(&self, fact: &DeskFact) {
        if !fact.kind.is_alert() {
            return;
        }
        tracing::warn!(document = %fact.document, alert = fact.kind.name(), "somebody should look at this");
        self.keep(Alert {
            id: 0,
            at: self.clock.wall(),
            kind: fact.kind.name(),
            document: Some(fact.document.clone()),
            channel: fact.channel.clone(),
            number: fact.number.clone(),
            warehouse: fact.warehouse.clone(),
            sku: None,
            reservation: None,
            crossed: None,
            reason: fact.reason.clone(),
        });
    }

    /// Takes in a confirmed fact of a warehouse, where it is an alert: once for each of its SKUs.
    pub fn note_stock(&self, warehouse: &WarehouseId, fact: &Fact) {
        if !fact.kind.is_alert() {
            return;
        }
        let alert = Alert {
            id: 0,
            at: self.clock.wall(),
            kind: fact.kind.name(),
            document: fact.order.clone(),
            channel: fact.channel.clone(),
            number: None,
            warehouse: Some(warehouse.clone()),
            sku: None,
            reservation: fact.reservation.clone(),
            crossed: fact.crossed,
            reason: fact.reason.clone(),
        };
        if fact.lines.is_empty() {
            self.tell_stock(alert);
            return;
        }
        for line in &fact.lines {
            self.tell_stock(Alert { sku: Some(line.sku.clone()), ..alert.clone() });
        }
    }

    /// Up to `limit` alerts that are wanted, newest first.
    pub fn newest(&self, limit: usize, mut wanted: impl FnMut(&Alert) -> bool) -> Vec<Alert> {
        let kept = self.kept.read();
        kept.all.values().rev().filter(|alert| wanted(alert)).take(limit).cloned().collect()
    }

    /// Goods that sell out and come back are every day's business; promises without goods and wrong records are not.
    fn tell_stock(&self, alert: Alert) {
        let (kind, warehouse) = (alert.kind, alert.warehouse.as_ref().map_or("", WarehouseId::as_str));
        let sku = alert.sku.as_ref().map_or("", Sku::as_str);
        let pressing = [FactKind::Shortage, FactKind::NegativeStock, FactKind::Oversold, FactKind::TailLost];
        if pressing.iter().any(|pressing| pressing.name() == kind) {
            tracing::warn!(warehouse, sku, alert = kind, "somebody should look at this");
        } else {
            tracing::debug!(warehouse, sku, alert = kind, "stock crossed a line");
        }
        self.keep(alert);
    }

    fn keep(&self, alert: Alert) {
        self.metrics.alert(alert.kind);
        let mut kept = self.kept.write();
        let Kept { told, all, of_kind, board } = &mut *kept;
        *told = told.saturating_add(1);
        let of_kind = of_kind.entry(alert.kind).or_default();
        of_kind.push_back(*told);
        if of_kind.len() > KEPT_MAX
            && let Some(oldest) = of_kind.pop_front()
        {
            all.remove(&oldest);
            board.end(&oldest, ());
        }
        all.insert(*told, Alert { id: *told, ..alert });
        board.put(told, sum::of_row(&told.to_string(), &[]));
        let offset = board.latest().offset();
        drop(kept);
        self.bell.ring(offset);
    }
}
