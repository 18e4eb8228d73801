//! How far one journal is told.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tokio::sync::watch;

use super::Lag;
use crate::domain::time::Timestamp;

/// Stands for "not behind".
const NEVER: i64 = i64::MAX;

/// One journal's newest entry, and the newest that is told.
#[derive(Debug)]
pub(super) struct Place {
    newest: watch::Sender<u64>,
    told: AtomicU64,
    /// Since when something is untold.
    behind: AtomicI64,
}

impl Default for Place {
    fn default() -> Self {
        Self { newest: watch::Sender::new(0), told: AtomicU64::new(0), behind: AtomicI64::new(NEVER) }
    }
}

impl Place {
    /// There is an entry of this version.
    pub(super) fn seen(&self, version: u64, now: Timestamp) {
        let newer = self.newest.send_if_modified(|newest| {
            let newer = version > *newest;
            *newest = version.max(*newest);
            newer
        });
        if newer && version > self.told.load(Ordering::Relaxed) {
            // "Not behind" is later than any time, so the earliest stays.
            self.behind.fetch_min(now.as_millis(), Ordering::Relaxed);
        }
    }

    /// Everything up to this version is told.
    pub(super) fn told(&self, version: u64, now: Timestamp) {
        self.told.store(version, Ordering::Relaxed);
        let behind = if version >= *self.newest.borrow() { NEVER } else { now.as_millis() };
        self.behind.store(behind, Ordering::Relaxed);
    }

    /// Where to wait for entries.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// How far it lags.
    pub(super) fn lag(&self) -> Lag {
        let entries = self.newest.borrow().saturating_sub(self.told.load(Ordering::Relaxed));
        let behind = self.behind.load(Ordering::Relaxed);
        let since = (entries > 0 && behind != NEVER).then(|| Timestamp::from_millis(behind));
        Lag { entries, since }
    }
}
