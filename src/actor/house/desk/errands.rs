//! Which documents have something to tell, since when, and when it is tried again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::actor::view::Errands;
use crate::domain::ids::OrderId;
use crate::journal::locked::Locked;

/// A document is usually carried on by whoever changed it; nobody else comes in between for so long.
const PATIENCE: Duration = Duration::from_millis(300);
/// The longest pause between two tries.
const PAUSE_MAX: Duration = Duration::from_secs(20);

#[derive(Debug)]
struct Errand {
    due: Instant,
    pause: Duration,
}

/// Documents that have something to tell. Bounded by the documents that are open.
#[derive(Debug, Default)]
pub(super) struct Book {
    open: Locked<BTreeMap<OrderId, Errand>>,
    /// Orders whose waiting claims were served at a warehouse.
    served: Locked<std::collections::BTreeSet<OrderId>>,
}

impl Errands for Book {
    fn confirmed(&self, id: &OrderId, open: bool) {
        self.open.with(|errands| {
            if open {
                let fresh = || Errand { due: Instant::now() + PATIENCE, pause: PATIENCE };
                errands.entry(id.clone()).or_insert_with(fresh);
            } else {
                errands.remove(id);
            }
        });
    }
}

impl Book {
    /// Up to `limit` documents that nobody has carried on in time. Each is due again later, and later still after that.
    pub(super) fn due(&self, limit: usize) -> Vec<OrderId> {
        let now = Instant::now();
        self.open.with(|errands| {
            let due = errands.iter_mut().filter(|(_, errand)| errand.due <= now).take(limit);
            due.map(|(id, errand)| {
                errand.pause = errand.pause.saturating_mul(2).min(PAUSE_MAX);
                errand.due = now + errand.pause;
                id.clone()
            })
            .collect()
        })
    }

    /// How many documents have something to tell.
    pub(super) fn len(&self) -> usize {
        self.open.with(|errands| errands.len())
    }

    /// Notes that waiting claims of an order were served.
    pub(super) fn note_served(&self, order: &OrderId) {
        self.served.with(|served| {
            if !served.contains(order) {
                served.insert(order.clone());
            }
        });
    }

    /// Up to `limit` orders whose waiting claims were served.
    pub(super) fn take_served(&self, limit: usize) -> Vec<OrderId> {
        self.served.with(|served| {
            let some = served.iter().take(limit).cloned().collect::<Vec<_>>();
            for id in &some {
                served.remove(id);
            }
            some
        })
    }
}
