//! Finding out where a journal stands: the cases any store can show.

use std::sync::Arc;

use lagerd::journal::{Batch, Head, Journal, JournalError, Resynced, Ring, resync};

use crate::record::{ber, changes_of, grow};

/// A ring that holds these batches.
pub(crate) fn ring(batches: &[Arc<Batch>]) -> Ring {
    let mut ring = Ring::new(1 << 20);
    for batch in batches {
        ring.push(Arc::clone(batch));
    }
    ring
}

/// Resyncs from `mine` with what `batches` keep.
pub(crate) async fn ask(
    journal: &dyn Journal,
    mine: Head,
    batches: &[Arc<Batch>],
) -> Result<Resynced, JournalError> {
    resync(journal, &ber(), mine, &ring(batches), changes_of).await
}

/// Where the head is mine, nothing is new.
pub(crate) async fn nothing_new(journal: Arc<dyn Journal>) {
    assert_eq!(ask(&*journal, Head::GENESIS, &[]).await, Ok(Resynced::Entries(vec![])));
    let batches = grow(&*journal, &ber(), Head::GENESIS, 3).await;
    assert_eq!(ask(&*journal, batches[2].head, &batches).await, Ok(Resynced::Entries(vec![])));
}

/// What came after my head is told in order, over as many pages as it takes.
pub(crate) async fn entries_after_mine(journal: Arc<dyn Journal>) {
    let batches = grow(&*journal, &ber(), Head::GENESIS, 1_205).await;
    let Ok(Resynced::Entries(entries)) = ask(&*journal, batches[1].head, &batches[..2]).await else {
        panic!()
    };
    let heads: Vec<Head> = entries.iter().map(|stored| stored.head).collect();
    assert_eq!(heads, batches[2..].iter().map(|batch| batch.head).collect::<Vec<_>>());
}

/// Whoever knows nothing yet gets the whole log.
pub(crate) async fn from_genesis(journal: Arc<dyn Journal>) {
    grow(&*journal, &ber(), Head::GENESIS, 4).await;
    let Ok(Resynced::Entries(entries)) = ask(&*journal, Head::GENESIS, &[]).await else { panic!() };
    assert_eq!(entries.len(), 4);
}

/// Where my version was trimmed only a full load helps; where it is the oldest kept, the entries still do.
pub(crate) async fn trimmed_is_reload(journal: Arc<dyn Journal>) {
    let batches = grow(&*journal, &ber(), Head::GENESIS, 6).await;
    journal.trim(&ber(), 4).await.unwrap();
    assert_eq!(ask(&*journal, batches[2].head, &batches[..3]).await, Ok(Resynced::Reload));
    assert_eq!(ask(&*journal, Head::GENESIS, &[]).await, Ok(Resynced::Reload));
    let Ok(Resynced::Entries(entries)) = ask(&*journal, batches[3].head, &batches[..4]).await else {
        panic!()
    };
    assert_eq!(entries.len(), 2);
}
