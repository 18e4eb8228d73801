//! Builds a machine from its journal: the rows, the entries written meanwhile, and the ids that live in the log alone.

use std::sync::Arc;

use bytes::Bytes;

use crate::domain::memory::AHEAD_MAX_MS;
use crate::domain::time::Timestamp;
use crate::journal::record::{Entry, Recorded, changes_of, entry_time};
use crate::journal::{
    Batch, Change, Head, Journal, JournalError, JournalId, Loading, Ring, StoredEntry, Table, load,
};

/// Entries read at once while ids are collected.
const READ_ENTRIES: usize = 500;
/// Progress is told every so many rows.
const PROGRESS_ROWS: u64 = 100_000;
/// How often a load is begun anew when others write or trim under it.
const ATTEMPTS_MAX: usize = 8;

/// A machine as its journal has it.
#[derive(Debug)]
pub struct Loaded<M> {
    /// The machine.
    pub machine: M,
    /// The head it stands at.
    pub head: Head,
    /// The time of the newest entry, or the beginning of time where there is none.
    pub at: Timestamp,
    /// The newest batches: a store may lose its tail right after.
    pub ring: Ring,
}

/// Loads a machine.
///
/// # Errors
/// As the store gives them, and [`JournalError::Damaged`] where rows or entries can't be understood.
pub async fn load_machine<M: Recorded>(
    journal: &dyn Journal,
    id: &JournalId,
    fresh: &(dyn Fn() -> M + Send + Sync),
    ring_bytes: usize,
) -> Result<Loaded<M>, JournalError> {
    let mut last = JournalError::Unavailable(format!("{id} kept changing while it was loaded"));
    for _ in 0..ATTEMPTS_MAX {
        let mut building = Building { machine: fresh(), id, told: 0 };
        match load(journal, id, changes_of, &mut building).await {
            Ok(head) => {
                let mut machine = building.machine;
                let mut ring = Ring::new(ring_bytes);
                let at = remember(journal, id, head, &mut machine, &mut ring).await?;
                machine.loaded(head.version);
                return Ok(Loaded { machine, head, at, ring });
            }
            Err(JournalError::Unavailable(why)) => last = JournalError::Unavailable(why),
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

struct Building<'a, M> {
    machine: M,
    id: &'a JournalId,
    told: u64,
}

impl<M: Recorded> Loading for Building<'_, M> {
    fn rows(&mut self, table: Table, rows: Vec<(Bytes, Bytes)>) -> Result<(), JournalError> {
        for (key, value) in rows {
            self.machine.put(M::row_from(table, &key, &value)?);
        }
        Ok(())
    }

    fn entry(&mut self, stored: &StoredEntry, _changes: Vec<Change>) -> Result<(), JournalError> {
        for row in Entry::<M>::decode(&stored.entry)?.rows {
            if !is_cold::<M>(&row) {
                self.machine.put(row);
            }
        }
        Ok(())
    }

    fn progress(&mut self, table: Table, rows: u64) {
        if rows >= self.told.saturating_add(PROGRESS_ROWS) {
            self.told = rows;
            tracing::info!(journal = %self.id, table = table.name(), rows, "loading");
        }
    }
}

/// Whether a row stays in the store: a machine holds it only from its decision until it is confirmed.
fn is_cold<M: Recorded>(row: &M::Row) -> bool {
    M::change(row).is_some_and(|change| change.table.is_cold())
}

/// Replays the retained log once more for the rows that live in it alone: ids of holds that are still remembered. All
/// rows are absolute and the log ends at the loaded head, so the other rows come out as they were.
async fn remember<M: Recorded>(
    journal: &dyn Journal,
    id: &JournalId,
    head: Head,
    machine: &mut M,
    ring: &mut Ring,
) -> Result<Timestamp, JournalError> {
    let span = journal.span(id).await?;
    let mut at = Timestamp::MIN;
    let mut before: Option<Head> = None;
    let mut next = first_remembered(journal, id, head, span.first, machine.floor()).await?;
    while next <= head.version {
        let page = journal.read(id, next, READ_ENTRIES).await?;
        if page.first().is_none_or(|stored| stored.head.version > head.version) {
            break;
        }
        for stored in page.iter().take_while(|stored| stored.head.version <= head.version) {
            let entry = Entry::<M>::decode(&stored.entry)?;
            at = entry.at;
            next = stored.head.version.saturating_add(1);
            if let Some(expected) = before.or((stored.head.version == 1).then_some(Head::GENESIS)) {
                let (head, bytes) = (stored.head, stored.entry.clone());
                ring.push(Arc::new(Batch { expected, head, entry: bytes, changes: entry.changes() }));
            }
            before = Some(stored.head);
            for row in entry.rows {
                if M::change(&row).is_none() {
                    machine.put(row);
                }
            }
        }
    }
    Ok(at)
}

/// The first entry that may hold an id younger than the machine's window, found by bisection over the entries' times.
async fn first_remembered(
    journal: &dyn Journal,
    id: &JournalId,
    head: Head,
    first: u64,
    floor: Timestamp,
) -> Result<u64, JournalError> {
    let needed = floor.minus(AHEAD_MAX_MS);
    let (mut low, mut high) = (first.max(1), head.version);
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        let page = journal.read(id, middle, 1).await?;
        let Some(stored) = page.first() else { break };
        if entry_time(&stored.entry)? < needed {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}
