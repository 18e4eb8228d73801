//! Holding a store against its witness.

use std::ops::RangeInclusive;

use super::Witnessed;
use crate::journal::{Head, Journal, JournalError, JournalId, Span};

/// Entries looked at in one read while searching for a told loss.
const READ_ENTRIES: usize = 1_000;

/// The versions an entry tells as lost (`tail_lost`), `None` where it tells no loss or can't be understood.
pub type TailLostOf = fn(&[u8]) -> Option<RangeInclusive<u64>>;

/// What the witness says of one journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The log bears what was witnessed, or it was trimmed since, or a later entry has told the loss.
    Passed,
    /// Nothing was witnessed of this journal in this store.
    New,
    /// The log doesn't bear what was witnessed: confirmed entries are gone.
    Lost {
        /// The confirmed head.
        witnessed: Head,
        /// The head now.
        found: Head,
    },
}

/// Holds every journal of the store, and every journal witnessed, against the witness. Another store's witness says
/// nothing of this one.
///
/// # Errors
/// As the store gives them.
pub async fn check(
    witnessed: Option<&Witnessed>,
    journal: &dyn Journal,
    tail_lost_of: TailLostOf,
) -> Result<Vec<(JournalId, Verdict)>, JournalError> {
    let heads =
        witnessed.filter(|witnessed| witnessed.store == journal.store_id()).map(|witnessed| &witnessed.heads);
    let mut verdicts = Vec::new();
    for (id, head) in heads.into_iter().flatten() {
        verdicts.push((id.clone(), judge(journal, id, *head, tail_lost_of).await?));
    }
    let unknown = |id: &JournalId| !heads.is_some_and(|heads| heads.contains_key(id));
    let listed = journal.journals().await?;
    verdicts.extend(listed.into_iter().filter(unknown).map(|id| (id, Verdict::New)));
    verdicts.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(verdicts)
}

async fn judge(
    journal: &dyn Journal,
    id: &JournalId,
    witnessed: Head,
    tail_lost_of: TailLostOf,
) -> Result<Verdict, JournalError> {
    let span = journal.span(id).await?;
    if witnessed.version < span.first {
        return Ok(Verdict::Passed);
    }
    let stored = journal.read(id, witnessed.version, 1).await?;
    if stored.first().is_some_and(|stored| stored.head == witnessed)
        || told(journal, id, &span, witnessed.version, tail_lost_of).await?
    {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Lost { witnessed, found: span.head })
}

/// Whether an entry still in the log tells `version` as lost.
async fn told(
    journal: &dyn Journal,
    id: &JournalId,
    span: &Span,
    version: u64,
    tail_lost_of: TailLostOf,
) -> Result<bool, JournalError> {
    let mut next = span.first;
    loop {
        let page = journal.read(id, next, READ_ENTRIES).await?;
        let Some(last) = page.last() else { return Ok(false) };
        next = last.head.version.saturating_add(1);
        let tells = |entry: &[u8]| tail_lost_of(entry).is_some_and(|lost| lost.contains(&version));
        if page.iter().any(|stored| tells(&stored.entry)) {
            return Ok(true);
        }
    }
}
