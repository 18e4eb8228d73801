//! Loading a journal's whole state: pages of rows while others may write, then the log from before the first page.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::resync::{changed, read_all, settle};
use super::{
    Change, ChangesOf, Head, Journal, JournalError, JournalId, Page, Ring, RowCursor, StoredEntry, Table,
};

/// Takes what [`load`] reads. An error stops the loading.
pub trait Loading: Send {
    /// Some rows of a table, never of a cold one; pages of different tables come in any order. A row may come again, then with a value at
    /// least as new; rows of one moment don't come together, so relations between rows hold only once the entries after
    /// them are taken too.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where a row can't be understood.
    fn rows(&mut self, table: Table, rows: Vec<(Bytes, Bytes)>) -> Result<(), JournalError>;

    /// An entry written since the loading began, with the absolute rows it leaves, those of cold tables too. In order,
    /// gap-free.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where an entry can't be understood.
    fn entry(&mut self, stored: &StoredEntry, changes: Vec<Change>) -> Result<(), JournalError>;

    /// Told after every page: how many rows came so far, of all tables together. For a line in the log.
    fn progress(&mut self, table: Table, rows: u64);
}

/// Streams all rows of all tables but the cold ones to `into`, page by page (the next page of one table travels while that of another is
/// taken), then the entries after the head seen before the first page.
/// Returns the head that the whole stands at.
///
/// # Errors
/// [`JournalError::Unavailable`] where the store is away or the log was trimmed or replaced under the loading: begin
/// anew with an empty `into`. Other errors as the store and `into` give them.
pub async fn load(
    journal: &dyn Journal,
    id: &JournalId,
    changes_of: ChangesOf,
    into: &mut dyn Loading,
) -> Result<Head, JournalError> {
    let before = settle(journal, id, &Ring::new(0), changes_of).await?.head;
    let mut count = 0;
    let warm = Table::ALL.into_iter().filter(|table| !table.is_cold());
    let mut pages: FuturesUnordered<_> =
        warm.map(|table| page(journal, id, table, RowCursor::default())).collect();
    while let Some(answer) = pages.next().await {
        let (table, answer) = answer?;
        if let Some(next) = answer.next {
            pages.push(page(journal, id, table, next));
        }
        count += answer.rows.len() as u64;
        into.rows(table, answer.rows)?;
        into.progress(table, count);
    }
    replay(journal, id, before, changes_of, into).await
}

async fn page(
    journal: &dyn Journal,
    id: &JournalId,
    table: Table,
    from: RowCursor,
) -> Result<(Table, Page), JournalError> {
    Ok((table, journal.rows(id, table, from).await?))
}

async fn replay(
    journal: &dyn Journal,
    id: &JournalId,
    before: Head,
    changes_of: ChangesOf,
    into: &mut dyn Loading,
) -> Result<Head, JournalError> {
    let span = settle(journal, id, &Ring::new(0), changes_of).await?;
    if span.head == before {
        return Ok(before);
    }
    if span.first > before.version.max(1) || span.head.version <= before.version {
        return Err(changed(id));
    }
    // From the head seen before, inclusive: its nonce shows that this is still the same history.
    let entries = read_all(journal, id, before.version.max(1), span.head.version).await?;
    let mut entries = entries.into_iter().peekable();
    if before != Head::GENESIS && entries.next_if(|stored| stored.head == before).is_none() {
        return Err(changed(id));
    }
    let mut head = before;
    for stored in entries {
        into.entry(&stored, changes_of(&stored.entry)?)?;
        head = stored.head;
    }
    Ok(head)
}
