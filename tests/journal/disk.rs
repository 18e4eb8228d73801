//! What only the embedded store shows: the file, its lock, a full disk.

use std::sync::Arc;

use futures_util::future::join_all;
use lagerd::journal::embedded::{EmbeddedJournal, EmbeddedOptions};
use lagerd::journal::{CommitError, Head, Journal, JournalError, JournalId, JournalKind, Table};

use crate::contract::load_rows;
use crate::record::{batch, ber, grow, level, put};
use crate::when_free;

/// Everything is found again after the file was closed and opened, under the same store id.
#[tokio::test]
async fn reopened() {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::new(folder.path().join("store.redb"));
    let journal = EmbeddedJournal::open(&options).unwrap();
    let store = journal.store_id();
    let batches = grow(&journal, &ber(), Head::GENESIS, 30).await;
    journal.set_cursor(&ber(), "amqp", Some(batches[3].head)).await.unwrap();
    let before = (load_rows(&journal, &ber()).await, journal.span(&ber()).await.unwrap());
    drop(journal);
    let journal = when_free(|| EmbeddedJournal::open(&options)).await;
    assert_eq!(journal.store_id(), store);
    assert_eq!((load_rows(&journal, &ber()).await, journal.span(&ber()).await.unwrap()), before);
    assert_eq!(journal.cursors(&ber()).await.unwrap(), vec![("amqp".to_owned(), batches[3].head)]);
}

/// A second process (here: a second opening) is refused in plain words, and doesn't disturb the first.
#[tokio::test]
async fn held_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::new(folder.path().join("store.redb"));
    let journal = EmbeddedJournal::open(&options).unwrap();
    let Err(JournalError::Unusable(words)) = EmbeddedJournal::open(&options) else { panic!() };
    assert!(words.contains("held by another process"), "{words}");
    grow(&journal, &ber(), Head::GENESIS, 1).await;
}

/// A file that is something else is refused, not overwritten.
#[tokio::test]
async fn foreign_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
    assert!(EmbeddedJournal::open(&EmbeddedOptions::new(&path)).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 10_000]);

    let path = folder.path().join("other.redb");
    let other = redb::Database::create(&path).unwrap();
    let writing = other.begin_write().unwrap();
    writing.open_table(redb::TableDefinition::<u64, u64>::new("theirs")).unwrap();
    writing.commit().unwrap();
    drop(other);
    let refused = EmbeddedJournal::open(&EmbeddedOptions::new(&path));
    assert!(matches!(refused, Err(JournalError::Unusable(_))), "{refused:?}");
}

/// A full disk refuses batches as surely not written and stays readable; what was answered is there, also after
/// reopening with more room, and then writing goes on.
#[tokio::test]
async fn full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = EmbeddedOptions::new(folder.path().join("store.redb"));
    options.bytes_max = 6 << 20;
    let journal = EmbeddedJournal::open(&options).unwrap();
    let mut head = Head::GENESIS;
    let refused = loop {
        let batch = batch(head, vec![put(Table::Items, format!("{head}"), vec![1; 100_000])]);
        match journal.commit(&ber(), batch.clone()).await {
            Ok(()) => head = batch.head,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, CommitError::Unavailable("the disk is full".to_owned()));
    assert!(head.version > 3);
    assert!(journal.health().reachable && journal.health().warnings[0].contains("full"));
    assert_eq!(journal.span(&ber()).await.unwrap().head, head);
    assert_eq!(load_rows(&journal, &ber()).await.1.len() as u64, head.version);
    // Again and again, and never half.
    for _ in 0..3 {
        let large = batch(head, vec![put(Table::Items, "large", vec![1; 8 << 20])]);
        assert!(matches!(journal.commit(&ber(), large).await, Err(CommitError::Unavailable(_))));
        assert_eq!(journal.span(&ber()).await.unwrap().last, Some(head));
    }
    drop(journal);
    options.bytes_max = u64::MAX;
    let journal = when_free(|| EmbeddedJournal::open(&options)).await;
    assert_eq!(load_rows(&journal, &ber()).await.1.len() as u64, head.version);
    grow(&journal, &ber(), head, 2).await;
    assert!(journal.health().warnings.is_empty());
}

/// A thousand batches of fifty journals sent at once share transactions; each journal keeps its own order.
#[tokio::test]
async fn group_commit() {
    let folder = tempfile::tempdir().unwrap();
    let journal = EmbeddedJournal::open(&EmbeddedOptions::new(folder.path().join("store.redb"))).unwrap();
    let ids: Vec<JournalId> =
        (0..50).map(|n| JournalId::new(JournalKind::Warehouse, format!("W{n}"))).collect();
    let mut sent = Vec::new();
    for id in &ids {
        let mut head = Head::GENESIS;
        for n in 0..20 {
            let batch = level(head, "A", n);
            head = batch.head;
            sent.push(journal.commit(id, Arc::clone(&batch)));
        }
    }
    assert!(join_all(sent).await.iter().all(Result::is_ok));
    for id in &ids {
        assert_eq!(journal.span(id).await.unwrap().head.version, 20);
    }
    let mut listed = ids.clone();
    listed.sort();
    assert_eq!(journal.journals().await.unwrap(), listed);
}
