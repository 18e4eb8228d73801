//! What somebody should look at, newest first. Kept in memory: each is also a fact of its journal.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::desk::{DeskFact, DeskFactKind};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reason, WarehouseId};
use crate::domain::time::{Clock, Timestamp};
use crate::journal::locked::Locked;
use crate::telemetry::Metrics;

/// Alerts kept; the oldest go.
const KEPT_MAX: usize = 1_000;

/// Something somebody should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// When it was told.
    pub at: Timestamp,
    /// What it is.
    pub kind: DeskFactKind,
    /// About which document.
    pub document: OrderId,
    /// Of which channel.
    pub channel: Option<ChannelId>,
    /// What the channel calls the order.
    pub number: Option<OrderNumber>,
    /// At which warehouse.
    pub warehouse: Option<WarehouseId>,
    /// Why.
    pub reason: Option<Reason>,
}

/// The newest alerts since the start.
#[derive(Debug)]
pub struct Alerts {
    kept: Locked<VecDeque<Alert>>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl Alerts {
    /// None yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, metrics: Arc<Metrics>) -> Self {
        Self { kept: Locked::default(), clock, metrics }
    }

    /// Takes in a confirmed fact, where it is an alert.
    pub fn note(&self, fact: &DeskFact) {
        if !fact.kind.is_alert() {
            return;
        }
        self.metrics.alert(fact.kind.name());
        tracing::warn!(document = %fact.document, alert = fact.kind.name(), "somebody should look at this");
        let alert = Alert {
            at: self.clock.wall(),
            kind: fact.kind,
            document: fact.document.clone(),
            channel: fact.channel.clone(),
            number: fact.number.clone(),
            warehouse: fact.warehouse.clone(),
            reason: fact.reason.clone(),
        };
        self.kept.with(|kept| {
            if kept.len() >= KEPT_MAX {
                kept.pop_back();
            }
            kept.push_front(alert);
        });
    }

    /// Up to `limit` alerts that are wanted, newest first.
    pub fn newest(&self, limit: usize, mut wanted: impl FnMut(&Alert) -> bool) -> Vec<Alert> {
        self.kept.with(|kept| kept.iter().filter(|alert| wanted(alert)).take(limit).cloned().collect())
    }
}
