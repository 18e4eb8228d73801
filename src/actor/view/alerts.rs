//! What somebody should look at, newest first. Kept in memory: each is also a fact of its journal.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::domain::desk::{DeskFact, DeskFactKind};
use crate::domain::fact::{Crossed, Fact, FactKind};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reason, ReservationId, Sku, WarehouseId};
use crate::domain::time::{Clock, Timestamp};
use crate::journal::locked::Locked;
use crate::telemetry::Metrics;

/// Alerts kept of each kind; the oldest go. So many low stocks can't hide the one payment without stock.
const KEPT_MAX: usize = 1_000;

/// Something somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
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
    kept: Locked<Kept>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

#[derive(Debug, Default)]
struct Kept {
    /// How many there were: each has its number, so that those of all kinds stand in one order.
    told: u64,
    /// Newest first.
    of_kind: BTreeMap<&'static str, VecDeque<(u64, Alert)>>,
}

impl Alerts {
    /// None yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { kept: Locked::default(), clock, metrics }
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
        self.kept.with(|kept| {
            let all = kept.of_kind.values().flatten();
            let mut found: Vec<&(u64, Alert)> = all.filter(|(_, alert)| wanted(alert)).collect();
            found.sort_unstable_by_key(|(number, _)| Reverse(*number));
            found.into_iter().take(limit).map(|(_, alert)| alert.clone()).collect()
        })
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
        self.kept.with(|kept| {
            kept.told = kept.told.saturating_add(1);
            let of_kind = kept.of_kind.entry(alert.kind).or_default();
            of_kind.truncate(KEPT_MAX.saturating_sub(1));
            of_kind.push_front((kept.told, alert));
        });
    }
}
