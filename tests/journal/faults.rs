//! The memory store's faults, and what resync makes of them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use lagerd::journal::memory::{Fault, FaultOdds, Faults, MemoryJournal};
use lagerd::journal::{Batch, CommitError, Head, Journal, JournalError, JournalId, Resynced, Table};

use crate::contract::load_rows;
use crate::record::{ber, changes_of, encode, grow, level, put};
use crate::resync::ask;

fn store() -> (MemoryJournal, Faults) {
    let journal = MemoryJournal::new(changes_of, 1);
    let faults = journal.faults();
    faults.set_foreign_writer(|_: &JournalId, head| {
        encode(&[put(Table::Stock, "foreign", head.version.to_string())])
    });
    (journal, faults)
}

/// A lost reply means written: the next attempt conflicts, and resync shows the batch by its nonce.
#[tokio::test]
async fn lost_reply() {
    let (journal, faults) = store();
    faults.script([Fault::LostReply]);
    let batch = level(Head::GENESIS, "A", 1);
    assert!(matches!(journal.commit(&ber(), batch.clone()).await, Err(CommitError::Unknown(_))));
    let Ok(Resynced::Entries(entries)) = ask(&journal, Head::GENESIS, &[]).await else { panic!() };
    assert_eq!(entries.iter().map(|stored| stored.head).collect::<Vec<_>>(), vec![batch.head]);
}

/// A foreign writer gets in first: the batch conflicts and its entry is found by resync.
#[tokio::test]
async fn foreign_writer() {
    let (journal, faults) = store();
    faults.script([Fault::Pass, Fault::ForeignWriter]);
    let first = grow(&journal, &ber(), Head::GENESIS, 1).await;
    assert_eq!(journal.commit(&ber(), level(first[0].head, "A", 2)).await, Err(CommitError::Conflict));
    let Ok(Resynced::Entries(entries)) = ask(&journal, first[0].head, &first).await else { panic!() };
    assert_eq!(entries.len(), 1);
    let (_, rows) = load_rows(&journal, &ber()).await;
    assert!(rows.contains_key(&(Table::Stock, "foreign".into())));
}

/// Away means surely not written, and reads fail too, until it is back.
#[tokio::test]
async fn unavailable() {
    let (journal, faults) = store();
    let batch = level(Head::GENESIS, "A", 1);
    faults.script([Fault::Unavailable { calls: 1 }]);
    assert!(matches!(journal.commit(&ber(), batch.clone()).await, Err(CommitError::Unavailable(_))));
    assert!(!journal.health().reachable);
    assert!(matches!(journal.span(&ber()).await, Err(JournalError::Unavailable(_))));
    assert_eq!(journal.span(&ber()).await.unwrap().head, Head::GENESIS);
    faults.set_away(true);
    assert!(matches!(journal.commit(&ber(), batch.clone()).await, Err(CommitError::Unavailable(_))));
    faults.set_away(false);
    assert!(journal.health().reachable);
    assert_eq!(journal.commit(&ber(), batch).await, Ok(()));
}

/// A ghost lands when it is told to, or after its calls, and only where its head still fits.
#[tokio::test]
async fn ghost() {
    let (journal, faults) = store();
    let ghost = level(Head::GENESIS, "A", 1);
    faults.script([Fault::Ghost { after: None }]);
    assert!(matches!(journal.commit(&ber(), ghost.clone()).await, Err(CommitError::Unknown(_))));
    assert_eq!(journal.span(&ber()).await.unwrap().head, Head::GENESIS);
    assert_eq!(faults.land_ghosts(), 1);
    assert_eq!(journal.span(&ber()).await.unwrap().head, ghost.head);

    faults.script([Fault::Ghost { after: Some(2) }, Fault::Ghost { after: Some(3) }]);
    let late = level(ghost.head, "A", 2);
    let too_late = level(ghost.head, "A", 3);
    assert!(journal.commit(&ber(), late.clone()).await.is_err());
    assert!(journal.commit(&ber(), too_late).await.is_err());
    assert_eq!(journal.span(&ber()).await.unwrap().head, late.head);
    assert_eq!(journal.span(&ber()).await.unwrap().head, late.head);
    assert_eq!(journal.read(&ber(), 1, 9).await.unwrap().len(), 2);
}

/// An interrupted write is finished by whoever resyncs; before that nobody can write, after it everybody can (J1).
#[tokio::test]
async fn interrupted_write_is_finished() {
    let (journal, faults) = store();
    let first = grow(&journal, &ber(), Head::GENESIS, 1).await;
    faults.script([Fault::Interrupted]);
    let half = level(first[0].head, "half", 9);
    assert!(matches!(journal.commit(&ber(), half.clone()).await, Err(CommitError::Unknown(_))));
    let span = journal.span(&ber()).await.unwrap();
    assert_eq!((span.head, span.last), (first[0].head, Some(half.head)));
    assert_eq!(journal.commit(&ber(), level(first[0].head, "A", 2)).await, Err(CommitError::Conflict));
    let Ok(Resynced::Entries(entries)) = ask(&journal, first[0].head, &first).await else { panic!() };
    assert_eq!(entries[0].head, half.head);
    let (head, rows) = load_rows(&journal, &ber()).await;
    assert_eq!(head, half.head);
    assert!(rows.contains_key(&(Table::Stock, "half".into())));
    grow(&journal, &ber(), half.head, 1).await;
}

/// J6 a: the ring reaches the head that is left, its batches are appended verbatim, and the rows are whole again.
#[tokio::test]
async fn lost_tail_is_repaired() {
    let (journal, faults) = store();
    let batches = grow(&journal, &ber(), Head::GENESIS, 9).await;
    let whole = load_rows(&journal, &ber()).await;
    for lost in [1, 4, 9] {
        assert_eq!(faults.lose_tail(&ber(), lost), Ok(lost));
        let appended = usize::try_from(lost).unwrap();
        assert_eq!(ask(&journal, batches[8].head, &batches).await, Ok(Resynced::Repaired { appended }));
        assert_eq!(load_rows(&journal, &ber()).await, whole);
    }
    journal.trim(&ber(), 5).await.unwrap();
    faults.lose_tail(&ber(), 2).unwrap();
    assert_eq!(ask(&journal, batches[8].head, &batches).await, Ok(Resynced::Repaired { appended: 2 }));
    assert_eq!(load_rows(&journal, &ber()).await, whole);
}

/// J6 b: another history went on, shorter, as long, or longer than mine; the ancestor is found by nonce.
#[tokio::test]
async fn fork_is_found() {
    for foreign in [1, 3, 8] {
        let (journal, faults) = store();
        let batches = grow(&journal, &ber(), Head::GENESIS, 6).await;
        faults.fork(&ber(), 3, foreign).unwrap();
        let forked = Resynced::Forked { ancestor: batches[2].head, lost_from: 4, lost_to: 6 };
        assert_eq!(ask(&journal, batches[5].head, &batches).await, Ok(forked.clone()));
        assert_eq!(ask(&journal, batches[5].head, &batches[3..]).await, Ok(forked));
    }
}

/// A fork from the very beginning shares genesis.
#[tokio::test]
async fn fork_at_genesis() {
    let (journal, faults) = store();
    let batches = grow(&journal, &ber(), Head::GENESIS, 2).await;
    faults.fork(&ber(), 2, 5).unwrap();
    let forked = Resynced::Forked { ancestor: Head::GENESIS, lost_from: 1, lost_to: 2 };
    assert_eq!(ask(&journal, batches[1].head, &batches).await, Ok(forked));
}

/// J6 c: where the ring doesn't reach the ancestor, or belongs to another head, acknowledged data is lost.
#[tokio::test]
async fn beyond_the_ring_is_lost() {
    let (journal, faults) = store();
    let batches = grow(&journal, &ber(), Head::GENESIS, 6).await;
    faults.fork(&ber(), 3, 0).unwrap();
    let asked: [&[Arc<Batch>]; 3] = [&batches[4..], &batches[..4], &[]];
    for kept in asked {
        assert!(matches!(ask(&journal, batches[5].head, kept).await, Err(JournalError::Lost(_))));
    }
    faults.fork(&ber(), 0, 9).unwrap();
    for kept in asked {
        assert!(matches!(ask(&journal, batches[5].head, kept).await, Err(JournalError::Lost(_))));
    }
    assert_eq!(journal.span(&ber()).await.unwrap().head.version, 12);
}

/// The store goes away in the middle of a repair; the next resync goes on where it stopped.
#[tokio::test]
async fn repair_is_resumed() {
    let (journal, faults) = store();
    let batches = grow(&journal, &ber(), Head::GENESIS, 6).await;
    faults.lose_tail(&ber(), 4).unwrap();
    faults.script([Fault::Pass, Fault::Unavailable { calls: 0 }]);
    assert!(matches!(ask(&journal, batches[5].head, &batches).await, Err(JournalError::Unavailable(_))));
    faults.script([Fault::LostReply]);
    assert!(matches!(ask(&journal, batches[5].head, &batches).await, Err(JournalError::Unavailable(_))));
    assert_eq!(ask(&journal, batches[5].head, &batches).await, Ok(Resynced::Repaired { appended: 2 }));
}

/// A foreign writer comes between the look and the repair: the fork is told, nothing is written on top.
#[tokio::test]
async fn repair_meets_a_foreign_writer() {
    let (journal, faults) = store();
    let batches = grow(&journal, &ber(), Head::GENESIS, 6).await;
    faults.lose_tail(&ber(), 4).unwrap();
    faults.script([Fault::Pass, Fault::ForeignWriter]);
    let forked = Resynced::Forked { ancestor: batches[2].head, lost_from: 4, lost_to: 6 };
    assert_eq!(ask(&journal, batches[5].head, &batches).await, Ok(forked));
}

/// The same seed gives the same faults; another seed others.
#[tokio::test]
async fn odds_follow_the_seed() {
    let odds =
        FaultOdds { lost_reply: 200, unavailable: 200, ghost: 200, interrupted: 100, ..FaultOdds::default() };
    let run = async |seed| {
        let journal = MemoryJournal::new(changes_of, seed);
        journal.faults().set_odds(odds);
        let mut outcomes = Vec::new();
        for n in 0..200 {
            let head = journal.span(&ber()).await.map_or(Head::GENESIS, |span| span.head);
            outcomes.push(journal.commit(&ber(), level(head, "A", n)).await);
        }
        outcomes
    };
    assert_eq!(run(1).await, run(1).await);
    assert_ne!(run(1).await, run(2).await);
}

/// With a latency under paused time answers take virtual time only, and the order stays that of the calls.
#[tokio::test(start_paused = true)]
async fn latency_is_virtual() {
    let journal = MemoryJournal::new(changes_of, 1).with_latency(Duration::from_secs(60));
    let before = tokio::time::Instant::now();
    let first = level(Head::GENESIS, "A", 1);
    let second = level(first.head, "A", 2);
    let answers = join_all([first, second].map(|batch| journal.commit(&ber(), batch))).await;
    assert_eq!(answers, vec![Ok(()), Ok(())]);
    assert_eq!(before.elapsed(), Duration::from_secs(60));
}
