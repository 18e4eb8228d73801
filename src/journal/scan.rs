//! Reading a whole table, page by page, without holding it in memory.

use bytes::Bytes;

use super::{Journal, JournalError, JournalId, RowCursor, Table};

/// Shows `take` every row of a table, key and value. A row may come twice while others write, a row written or deleted
/// meanwhile may come or not; whoever acts on one asks for it again ([`Journal::row`]), or lets its owner decide.
///
/// # Errors
/// As the store and `take` give them.
pub async fn scan(
    journal: &dyn Journal,
    id: &JournalId,
    table: Table,
    take: &mut (dyn FnMut(Bytes, Bytes) -> Result<(), JournalError> + Send),
) -> Result<(), JournalError> {
    let mut from = Some(RowCursor::default());
    while let Some(cursor) = from {
        let page = journal.rows(id, table, cursor).await?;
        for (key, value) in page.rows {
            take(key, value)?;
        }
        from = page.next;
    }
    Ok(())
}
