//! After a conflict, an unknown outcome or a reconnect: where does the journal stand, and what follows for the machine.

use std::sync::Arc;
use std::time::Duration;

use super::load::{Loaded, load_machine};
use crate::journal::record::{Recorded, changes_of};
use crate::journal::{Head, Journal, JournalError, JournalId, Resynced, Ring, StoredEntry, resync};

/// The longest pause between two attempts.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// What was found.
#[derive(Debug)]
pub(super) enum Recovery<M> {
    /// The log goes on from the confirmed head with these entries.
    Entries(Vec<StoredEntry>),
    /// The log had lost its tail and has it again.
    Repaired(usize),
    /// Only a full load told the state.
    Reloaded(Loaded<M>),
    /// Another history went on; the versions named are lost.
    Forked {
        /// The state as the other history has it.
        loaded: Loaded<M>,
        /// First version lost.
        lost_from: u64,
        /// Last version lost.
        lost_to: u64,
        /// The ring's entries that are lost, oldest first.
        lost: Vec<StoredEntry>,
    },
}

/// What recovery works with.
pub(super) struct Recovering<M> {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) id: JournalId,
    pub(super) confirmed: Head,
    pub(super) fresh: Arc<dyn Fn() -> M + Send + Sync>,
    /// How much of the log is kept in memory.
    pub(super) ring_bytes: usize,
    /// How many conflicts came in a row: two writers take turns by pausing.
    pub(super) conflicts: u32,
    /// Told when the store is found away.
    pub(super) away: Box<dyn Fn(&str) + Send + Sync>,
}

/// Recovers, waiting as long as the store is away. Errors are final: damage or a loss that can't be repaired.
pub(super) async fn recover<M: Recorded>(
    work: Recovering<M>,
    ring: &Ring,
) -> Result<Recovery<M>, JournalError> {
    let mut pause = Duration::from_millis(u64::from(work.conflicts.saturating_sub(1).min(50)));
    loop {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        match attempt(&work, ring).await {
            Err(JournalError::Unavailable(why)) => {
                (work.away)(&why);
                pause = pause.saturating_mul(2).clamp(Duration::from_millis(10), PAUSE_MAX);
            }
            done => return done,
        }
    }
}

async fn attempt<M: Recorded>(work: &Recovering<M>, ring: &Ring) -> Result<Recovery<M>, JournalError> {
    let journal = work.journal.as_ref();
    match resync(journal, &work.id, work.confirmed, ring, changes_of).await? {
        Resynced::Entries(entries) => Ok(Recovery::Entries(entries)),
        Resynced::Repaired { appended } => Ok(Recovery::Repaired(appended)),
        Resynced::Reload => Ok(Recovery::Reloaded(
            load_machine(journal, &work.id, work.fresh.as_ref(), work.ring_bytes).await?,
        )),
        Resynced::Forked { ancestor, lost_from, lost_to } => {
            let loaded = load_machine(journal, &work.id, work.fresh.as_ref(), work.ring_bytes).await?;
            let lost = ring.after(ancestor).unwrap_or_default();
            let lost = lost.iter().map(|batch| StoredEntry { head: batch.head, entry: batch.entry.clone() });
            Ok(Recovery::Forked { loaded, lost_from, lost_to, lost: lost.collect() })
        }
    }
}
