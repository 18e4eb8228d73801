//! Rows beside the journal: written with an entry that doesn't name them.

use std::sync::Arc;

use lagerd::journal::memory::{Fault, MemoryJournal};
use lagerd::journal::{Batch, Change, CommitError, Head, Journal, Resynced, Ring, Table, resync, scan};

use crate::cold::{desk, text_of};
use crate::contract::load_rows;
use crate::record::{changes_of, encode, gone, put};

/// A batch whose entry says `rows`, and which writes `contacts` too.
pub(crate) fn with_contacts(expected: Head, rows: Vec<Change>, contacts: Vec<Change>) -> Arc<Batch> {
    let head = Head { version: expected.version + 1, nonce: fastrand::u64(1..) };
    let entry = encode(&rows);
    Arc::new(Batch { expected, head, entry, changes: [rows, contacts].concat() })
}

fn contact(key: &str, value: &str) -> Change {
    put(Table::Contacts, key, value)
}

/// What stands beside goes in with its entry or not at all, is not in the log, and outlives its trimming.
pub(crate) async fn committed_with_its_entry(journal: Arc<dyn Journal>) {
    let order = |state: &str| vec![put(Table::Orders, "o-1", state)];
    let first = with_contacts(
        Head::GENESIS,
        order("placed"),
        vec![contact("o-1", "Erika Mustermann"), contact("o-2", "Max")],
    );
    journal.commit(&desk(), first.clone()).await.unwrap();
    let refused = with_contacts(Head::GENESIS, order("wrong"), vec![contact("o-1", "wrong")]);
    assert_eq!(journal.commit(&desk(), refused).await, Err(CommitError::Conflict));
    assert_eq!(text_of(&*journal, Table::Contacts, "o-1").await.as_deref(), Some("Erika Mustermann"));
    let second = with_contacts(first.head, order("shipped"), vec![contact("o-2", "Max M.")]);
    journal.commit(&desk(), second.clone()).await.unwrap();
    journal.trim(&desk(), 2).await.unwrap();
    assert_eq!(text_of(&*journal, Table::Contacts, "o-1").await.as_deref(), Some("Erika Mustermann"));
    let erased = with_contacts(second.head, vec![], vec![gone(Table::Contacts, "o-1")]);
    journal.commit(&desk(), erased.clone()).await.unwrap();
    assert_eq!(text_of(&*journal, Table::Contacts, "o-1").await, None);
    assert_eq!(text_of(&*journal, Table::Contacts, "o-2").await.as_deref(), Some("Max M."));
    for stored in journal.read(&desk(), 1, 10).await.unwrap() {
        assert!(!String::from_utf8_lossy(&stored.entry).contains("Ma"), "{stored:?}");
    }
    let (head, rows) = load_rows(&*journal, &desk()).await;
    assert_eq!((head, rows.len()), (erased.head, 1));
}

/// Thousands of rows beside go in and out as one batch.
pub(crate) async fn many_at_once(journal: Arc<dyn Journal>) {
    let keys = || (0..5_000).map(|n| format!("o-{n}"));
    let first = with_contacts(Head::GENESIS, vec![], keys().map(|key| contact(&key, "x")).collect());
    journal.commit(&desk(), first.clone()).await.unwrap();
    assert_eq!(count(&*journal).await, 5_000);
    let all = keys().map(|key| gone(Table::Contacts, key)).collect();
    journal.commit(&desk(), with_contacts(first.head, vec![], all)).await.unwrap();
    assert_eq!(count(&*journal).await, 0);
}

async fn count(journal: &dyn Journal) -> usize {
    let mut keys = std::collections::BTreeSet::new();
    scan(journal, &desk(), Table::Contacts, &mut |key, _| {
        keys.insert(key);
        Ok(())
    })
    .await
    .unwrap();
    keys.len()
}

/// A store that lost its tail lost what stood beside it too, and gets it back from the ring; from a ring made of the log
/// alone it doesn't.
#[tokio::test]
async fn repaired_from_the_ring() {
    let journal = MemoryJournal::new(changes_of, 1);
    let first = with_contacts(Head::GENESIS, vec![], vec![contact("o-1", "Erika"), contact("o-2", "Max")]);
    let second =
        with_contacts(first.head, vec![], vec![contact("o-1", "Erika M."), gone(Table::Contacts, "o-2")]);
    let of_the_log = |batch: &Batch| Batch { changes: changes_of(&batch.entry).unwrap(), ..batch.clone() };
    let knowing: [(Vec<Arc<Batch>>, Option<&str>); 2] = [
        (vec![first.clone(), second.clone()], Some("Erika M.")),
        (vec![Arc::new(of_the_log(&first)), Arc::new(of_the_log(&second))], Some("Erika")),
    ];
    for batch in [&first, &second] {
        journal.commit(&desk(), batch.clone()).await.unwrap();
    }
    for (batches, expected) in knowing {
        journal.faults().lose_tail(&desk(), 1).unwrap();
        assert_eq!(text_of(&journal, Table::Contacts, "o-1").await.as_deref(), Some("Erika"));
        assert_eq!(text_of(&journal, Table::Contacts, "o-2").await.as_deref(), Some("Max"));
        let ring = crate::resync::ring(&batches);
        let resynced = resync(&journal, &desk(), second.head, &ring, changes_of).await;
        assert_eq!(resynced, Ok(Resynced::Repaired { appended: 1 }));
        assert_eq!(text_of(&journal, Table::Contacts, "o-1").await.as_deref(), expected);
    }
}

/// A write that got half way is finished as it was sent where its maker still has it; from the log alone what stood
/// beside is missing.
#[tokio::test]
async fn finished_as_it_was_sent() {
    for (known, expected) in [(true, Some("Erika")), (false, None)] {
        let journal = MemoryJournal::new(changes_of, 1);
        let half = with_contacts(
            Head::GENESIS,
            vec![put(Table::Orders, "o-1", "placed")],
            vec![contact("o-1", "Erika")],
        );
        journal.faults().script([Fault::Interrupted]);
        assert!(matches!(journal.commit(&desk(), half.clone()).await, Err(CommitError::Unknown(_))));
        assert_eq!(text_of(&journal, Table::Contacts, "o-1").await, None);
        let mut ring = Ring::new(1 << 20);
        if known {
            ring.doubt(half);
        }
        let resynced = resync(&journal, &desk(), Head::GENESIS, &ring, changes_of).await;
        assert!(matches!(resynced, Ok(Resynced::Entries(entries)) if entries.len() == 1));
        assert_eq!(text_of(&journal, Table::Orders, "o-1").await.as_deref(), Some("placed"));
        assert_eq!(text_of(&journal, Table::Contacts, "o-1").await.as_deref(), expected);
    }
}
