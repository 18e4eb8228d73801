use std::sync::Arc;

use bytes::Bytes;

use crate::actor::audit::audit;
use crate::domain::desk::Desk;
use crate::domain::memory::Windows;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::Rules;
use crate::journal::memory::MemoryJournal;
use crate::journal::record::{Entry, changes_of};
use crate::journal::{Batch, Change, Head, Journal, JournalId, JournalKind, Table};

/// Writes an entry of nothing, with a contact beside it.
async fn beside(store: &MemoryJournal, expected: Head, value: Option<&'static str>) -> Head {
    let at = Timestamp::from_millis(1_764_000_000_000);
    let entry = Entry::<Desk> { at, causes: Vec::new(), facts: Vec::new(), rows: Vec::new() };
    let head = Head { version: expected.version + 1, nonce: expected.nonce + 7 };
    let key = Bytes::from_static(b"07-1");
    let change = Change {
        table: Table::Contacts,
        key,
        value: value.map(|value| Bytes::from_static(value.as_bytes())),
    };
    let batch = Batch { expected, head, entry: entry.encode(), changes: vec![change] };
    store.commit(&JournalId::new(JournalKind::Desk, "07"), Arc::new(batch)).await.unwrap();
    head
}

/// A contact that belongs to no order is told, without a word of what stands in it; once it is gone all is well.
#[tokio::test]
async fn a_contact_of_nobody_is_found() {
    let windows = Windows { hold_ms: 1_000, movement_ms: 1_000, ids_max: 10 };
    let rules = Rules { max_hold_ms: 1_000, count_horizon_ms: 1_000, windows };
    let store = MemoryJournal::new(changes_of, 1);
    let head = beside(&store, Head::GENESIS, Some("Erika Mustermann")).await;
    let found = audit(&store, rules).await.unwrap();
    assert_eq!(found.journals[0].problems, ["privacy: a contact of 07-1 is there, and no such order"]);
    beside(&store, head, None).await;
    assert!(audit(&store, rules).await.unwrap().is_clean());
}
