//! Following all journals at once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::outlet::Outlet;
use super::place::Place;
use crate::domain::time::{Clock, Timestamp};
use crate::journal::{Head, Journal, JournalError, JournalId};

/// The name its cursors have in the journals.
pub const CONSUMER: &str = "amqp";

/// How far it lags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// Entries that are not told yet, over all journals.
    pub entries: u64,
    /// When the oldest of these was seen here; `None` where everything is told.
    pub since: Option<Timestamp>,
}

/// Follows every journal.
pub struct Relay {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) outlet: Arc<dyn Outlet>,
    pub(super) clock: Arc<dyn Clock>,
    places: RwLock<BTreeMap<JournalId, Arc<Place>>>,
    fresh: Notify,
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("lag", &self.lag()).finish_non_exhaustive()
    }
}

impl Relay {
    /// Nothing is told before [`Relay::run`].
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, outlet: Arc<dyn Outlet>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { journal, outlet, clock, places: RwLock::default(), fresh: Notify::new() })
    }

    /// Takes note of a confirmed head; on the actors' threads, so it waits for nobody.
    pub fn note(&self, id: &JournalId, head: Head) {
        self.place(id).seen(head.version, self.clock.wall());
    }

    /// How far it lags.
    #[must_use]
    pub fn lag(&self) -> Lag {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let lags = places.values().map(|place| place.lag());
        lags.fold(Lag::default(), |sum, lag| Lag {
            entries: sum.entries.saturating_add(lag.entries),
            since: match (sum.since, lag.since) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            },
        })
    }

    /// Follows every journal there is and every one to come, until it is told to stop; then what is on its way is waited
    /// for, for a moment.
    ///
    /// # Errors
    /// Where the journals can't be listed at its start.
    pub async fn run(self: Arc<Self>, stopping: CancellationToken) -> Result<(), JournalError> {
        for id in self.journal.journals().await? {
            self.place(&id);
        }
        let mut followed = BTreeMap::new();
        let mut tasks = JoinSet::new();
        while !stopping.is_cancelled() {
            let known: Vec<_> = {
                let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
                let new = places.iter().filter(|(id, _)| !followed.contains_key(*id));
                new.map(|(id, place)| (id.clone(), place.clone())).collect()
            };
            for (id, place) in known {
                followed.insert(id.clone(), ());
                tasks.spawn(self.clone().follow(id, place, stopping.clone()));
            }
            tokio::select! {
                () = self.fresh.notified() => {}
                () = stopping.cancelled() => {}
            }
        }
        while tasks.join_next().await.is_some() {}
        Ok(())
    }

    fn place(&self, id: &JournalId) -> Arc<Place> {
        if let Some(place) = self.places.read().unwrap_or_else(PoisonError::into_inner).get(id) {
            return place.clone();
        }
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        let place = places.entry(id.clone()).or_default().clone();
        drop(places);
        self.fresh.notify_one();
        place
    }
}
