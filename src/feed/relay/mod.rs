//! Tells everything that journals say to somebody outside: at least once, and in order within each journal.
//!
//! The journal is the outbox. `follow` reads one journal from its cursor on, hands each entry to the [`Outlet`], and moves
//! the cursor once the outlet has confirmed; whatever goes wrong, it begins again at the cursor. `place` is how far one
//! journal is told; [`Relay`] follows all of them; `replay` tells a part of them again. Nobody waits for it: what is not told yet lies in the log, which is
//! kept for it up to a bound (see `retention`); beyond that it tells a gap.

mod follow;
mod place;
mod replay;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::place::Place;
pub use self::replay::{Replay, ReplayError, Replayed};
use super::happened::Happened;
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::time::{Clock, Timestamp};
use crate::journal::{Head, Journal, JournalError, JournalId};

/// The name its cursors have in the journals.
pub const CONSUMER: &str = "amqp";

/// Who is told can't be reached, or did not confirm; in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// To everybody who listens.
    Everybody,
    /// To one queue alone, which must be there.
    Queue(Arc<str>),
}

/// Is there once all of what was sent is confirmed.
pub type Confirming = BoxFuture<'static, Result<(), Away>>;

/// Who is told.
pub trait Outlet: Send + Sync + fmt::Debug + 'static {
    /// Whether a document's contact has to be joined for a kind of fact.
    fn needs_contact(&self, kind: DeskFactKind) -> bool;

    /// Things of one journal that may be sent and not yet confirmed.
    fn window(&self) -> usize;

    /// Waits until it can be reached.
    fn ready(&self) -> BoxFuture<'_, ()>;

    /// Sends what happened, in order; calls made one after the other are sent in that order. Answers once it is on its way.
    fn send(&self, happened: Vec<Happened>, to: To) -> BoxFuture<'_, Result<Confirming, Away>>;
}

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
    journal: Arc<dyn Journal>,
    outlet: Arc<dyn Outlet>,
    clock: Arc<dyn Clock>,
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
