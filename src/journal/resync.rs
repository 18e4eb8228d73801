//! One way to find out where a journal stands: at start, after a conflict, an unknown outcome, or a reconnect (J6).

use super::{Batch, ChangesOf, CommitError, Head, Journal, JournalError, JournalId, Ring, Span, StoredEntry};

/// Entries asked for in one read.
const READ_ENTRIES: usize = 1_000;
/// How often another writer may come between reading and repairing before the store counts as busy.
const ROUNDS_MAX: usize = 16;

/// Where a journal stands, seen from a confirmed head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resynced {
    /// My head is the log's entry at my version; these follow it, gap-free. Empty = nothing happened since.
    Entries(Vec<StoredEntry>),
    /// My version was trimmed: only a full load tells the state.
    Reload,
    /// The store had lost its tail, the ring's batches were appended again verbatim: the history is whole, and my head
    /// is the journal's head again (J6 a).
    Repaired {
        /// How many batches.
        appended: usize,
    },
    /// Another history went on from `ancestor`. The caller keeps `ring.after(ancestor)`, which is what was lost, cuts
    /// the ring there, resyncs from `ancestor` to take over the other history, tells `tail_lost`, and claims again what
    /// the lost batches held (J6 b).
    Forked {
        /// The newest head both histories share.
        ancestor: Head,
        /// First version of mine that the log doesn't have.
        lost_from: u64,
        /// Last version of mine that the log doesn't have.
        lost_to: u64,
    },
}

/// Compares the log with the confirmed head `mine` (inclusive: by nonce, not by version alone), finishes an interrupted
/// write first (J1), and repairs a lost tail from `ring` where it can.
///
/// # Errors
/// [`JournalError::Lost`] where acknowledged entries are gone and the ring doesn't reach the common ancestor (J6 c);
/// [`JournalError::Unavailable`] where the store is away, answers a repair with an unknown outcome, or other writers
/// keep coming in between: call again; the other errors as the store gives them.
pub async fn resync(
    journal: &dyn Journal,
    id: &JournalId,
    mine: Head,
    ring: &Ring,
    changes_of: ChangesOf,
) -> Result<Resynced, JournalError> {
    for _ in 0..ROUNDS_MAX {
        let span = settle(journal, id, ring, changes_of).await?;
        if let Some(answer) = compare(journal, id, mine, &span).await? {
            return Ok(answer);
        }
        if let Some(missing) = ring.after(span.head).filter(|_| ring.newest() == Some(mine)) {
            match append(journal, id, &missing).await? {
                true => return Ok(Resynced::Repaired { appended: missing.len() }),
                // Somebody wrote in between; look again.
                false => continue,
            }
        }
        return fork(journal, id, mine, ring, &span).await;
    }
    Err(JournalError::Unavailable(format!("other writers keep changing {id}")))
}

/// Reads the journal's extent and finishes an interrupted write, so that head and log agree. A write the ring has in doubt
/// is finished as it was sent; of any other the log says all but what was written beside it, which is lost.
///
/// # Errors
/// As the store gives them, and [`JournalError::Damaged`] where more than one entry stands above the head.
pub async fn settle(
    journal: &dyn Journal,
    id: &JournalId,
    ring: &Ring,
    changes_of: ChangesOf,
) -> Result<Span, JournalError> {
    for _ in 0..ROUNDS_MAX {
        let span = journal.span(id).await?;
        let Some(last) = span.last.filter(|last| last.version > span.head.version) else { return Ok(span) };
        if last.version != span.head.version + 1 {
            return Err(JournalError::Damaged(format!(
                "log of {id} ends at {last}, its head is {}",
                span.head
            )));
        }
        let stored = journal.read(id, last.version, 1).await?;
        if let Some(stored) = stored.into_iter().next().filter(|stored| stored.head == last) {
            tracing::warn!(journal = %id, entry = %last, "finishing an interrupted write");
            let changes = match ring.doubtful(last) {
                Some(batch) => batch.changes.clone(),
                None => changes_of(&stored.entry)?,
            };
            journal.finish(id, last, changes).await?;
        }
    }
    Err(JournalError::Unavailable(format!("other writers keep changing {id}")))
}

/// Reads every entry from `from` up to `to`, in pages, and checks that no version is missing.
///
/// # Errors
/// As the store gives them; [`JournalError::Unavailable`] where the log changed under the reading.
pub(super) async fn read_all(
    journal: &dyn Journal,
    id: &JournalId,
    from: u64,
    to: u64,
) -> Result<Vec<StoredEntry>, JournalError> {
    let mut entries: Vec<StoredEntry> = Vec::new();
    let mut next = from;
    while next <= to {
        let page = journal.read(id, next, READ_ENTRIES).await?;
        if page.is_empty() {
            return Err(changed(id));
        }
        for stored in page.into_iter().take_while(|stored| stored.head.version <= to) {
            if stored.head.version != next {
                return Err(changed(id));
            }
            next += 1;
            entries.push(stored);
        }
    }
    Ok(entries)
}

pub(super) fn changed(id: &JournalId) -> JournalError {
    JournalError::Unavailable(format!("the log of {id} changed while it was read"))
}

/// The answer where my head is part of the log, or too old to tell; `None` where the log has lost or forked.
async fn compare(
    journal: &dyn Journal,
    id: &JournalId,
    mine: Head,
    span: &Span,
) -> Result<Option<Resynced>, JournalError> {
    if mine == span.head {
        return Ok(Some(Resynced::Entries(Vec::new())));
    }
    if mine.version >= span.head.version {
        return Ok(None);
    }
    // Every history begins at genesis, which has no entry to compare.
    let from = mine.version.max(1);
    if from < span.first || (mine == Head::GENESIS && span.first > 1) {
        return Ok(Some(Resynced::Reload));
    }
    let mut entries = read_all(journal, id, from, span.head.version).await?;
    if entries.last().map(|stored| stored.head) != Some(span.head) {
        return Err(changed(id));
    }
    if mine == Head::GENESIS {
        return Ok(Some(Resynced::Entries(entries)));
    }
    if entries.first().map(|stored| stored.head) != Some(mine) {
        return Ok(None);
    }
    entries.remove(0);
    Ok(Some(Resynced::Entries(entries)))
}

/// Appends batches verbatim. Whether all are in; false = somebody else wrote first.
async fn append(
    journal: &dyn Journal,
    id: &JournalId,
    missing: &[std::sync::Arc<Batch>],
) -> Result<bool, JournalError> {
    tracing::warn!(journal = %id, batches = missing.len(), "the store lost its tail; appending it again");
    for batch in missing {
        match journal.commit(id, batch.clone()).await {
            Ok(()) => {}
            Err(CommitError::Conflict) => return Ok(false),
            Err(CommitError::Unavailable(why) | CommitError::Unknown(why)) => {
                return Err(JournalError::Unavailable(why));
            }
        }
    }
    Ok(true)
}

/// Finds the newest head of the ring that the log bears too.
async fn fork(
    journal: &dyn Journal,
    id: &JournalId,
    mine: Head,
    ring: &Ring,
    span: &Span,
) -> Result<Resynced, JournalError> {
    let lost =
        |why: String| JournalError::Lost(format!("{id} held {mine}, its log stands at {}: {why}", span.head));
    if ring.newest() != Some(mine) {
        return Err(lost("nothing is kept in memory to repair it from".to_owned()));
    }
    let oldest = ring.reaches().unwrap_or(mine);
    // Genesis is an ancestor of every history, also of one whose first entries are trimmed; there is no entry to read.
    let from = oldest.version.max(1).max(span.first);
    let entries = if from <= span.head.version {
        read_all(journal, id, from, span.head.version).await?
    } else {
        Vec::new()
    };
    let logged = |head: Head| {
        let at = head.version.checked_sub(from).and_then(|at| usize::try_from(at).ok());
        head == Head::GENESIS || at.and_then(|at| entries.get(at)).is_some_and(|stored| stored.head == head)
    };
    match ring.heads().find(|head| logged(*head)) {
        Some(ancestor) => {
            Ok(Resynced::Forked { ancestor, lost_from: ancestor.version + 1, lost_to: mine.version })
        }
        None => Err(lost(format!("memory reaches back only to {oldest}"))),
    }
}
