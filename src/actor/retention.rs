//! Trimming: the log is kept as long as a consumer, the memory of ids, or the configured retention needs it.

use std::sync::Arc;

use crate::domain::time::Timestamp;
use crate::journal::record::first_since;
use crate::journal::{Head, Journal, JournalError, JournalId};

/// How much of a log is kept.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// Entries younger than this are kept, in milliseconds.
    pub keep_ms: i64,
    /// Above this many bytes older entries go, down to `least_ms`, and consumers that lag behind lose their place.
    pub bytes: u64,
    /// Entries younger than this are kept whatever their size: the memory of ids is rebuilt from them, in milliseconds.
    pub least_ms: i64,
}

/// What trimming did to one journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trimmed {
    /// Entries below this version are gone.
    pub before: u64,
    /// Consumers whose place was lost.
    pub dropped: Vec<String>,
}

/// Trims one journal.
///
/// # Errors
/// As the store gives them.
pub async fn trim(
    journal: &Arc<dyn Journal>,
    id: &JournalId,
    retention: &Retention,
    now: Timestamp,
) -> Result<Trimmed, JournalError> {
    let span = journal.span(id).await?;
    let newest = span.head.version;
    let mut trimmed = Trimmed { before: span.first, dropped: Vec::new() };
    if span.first > newest {
        return Ok(trimmed);
    }
    let by_age = first_since(&**journal, id, (span.first, newest), now.minus(retention.keep_ms)).await?;
    let at_least = first_since(&**journal, id, (span.first, newest), now.minus(retention.least_ms)).await?;
    let by_size = if span.log_bytes > retention.bytes {
        // Entries are of about the same size; what is above the bound goes, the rest is seen next time.
        let entries = newest.saturating_sub(span.first).saturating_add(1);
        let share = u128::from(entries) * u128::from(span.log_bytes - retention.bytes);
        let above = share.checked_div(u128::from(span.log_bytes)).unwrap_or(0);
        span.first.saturating_add(u64::try_from(above).unwrap_or(u64::MAX)).min(at_least)
    } else {
        span.first
    };
    let mut before = by_age.min(at_least).max(span.first);
    for (consumer, Head { version, .. }) in journal.cursors(id).await? {
        if version.saturating_add(1) < by_size {
            tracing::error!(journal = %id, consumer, at = version, "a consumer lags too far behind and loses its place");
            journal.set_cursor(id, &consumer, None).await?;
            trimmed.dropped.push(consumer);
        } else {
            before = before.min(version);
        }
    }
    before = before.max(by_size).min(newest);
    if before > span.first {
        journal.trim(id, before).await?;
        trimmed.before = before;
    }
    Ok(trimmed)
}
