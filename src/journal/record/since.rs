//! Where in a log a time is.

use super::entry::entry_time;
use crate::domain::time::Timestamp;
use crate::journal::{Journal, JournalError, JournalId};

/// The first version decided at or after a time, by bisection; one past the newest where there is none.
///
/// # Errors
/// As the store gives them.
pub async fn first_since(
    journal: &dyn Journal,
    id: &JournalId,
    (first, newest): (u64, u64),
    since: Timestamp,
) -> Result<u64, JournalError> {
    let (mut low, mut high) = (first.max(1), newest.saturating_add(1));
    while low < high {
        let middle = low.saturating_add(high.saturating_sub(low) / 2);
        let page = journal.read(id, middle, 1).await?;
        let Some(stored) = page.first() else { break };
        if entry_time(&stored.entry)? < since {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}
