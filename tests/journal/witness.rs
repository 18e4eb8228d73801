//! The witness: what it writes, what it notices, what it lets pass.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use bytes::Bytes;
use lagerd::journal::memory::MemoryJournal;
use lagerd::journal::witness::{Verdict, Witness, Witnessed, check};
use lagerd::journal::{Batch, Head, Journal, JournalError, JournalId};

use crate::record::{ber, changes_of, encode, grow, put};
use crate::wait::wait_for;

/// In this suite an entry whose one row is `lost` tells a loss.
fn tail_lost_of(entry: &[u8]) -> Option<RangeInclusive<u64>> {
    let changes = changes_of(entry).ok()?;
    let row = changes.first().filter(|change| change.key == "lost")?;
    let (from, to) = std::str::from_utf8(row.value.as_ref()?).ok()?.split_once(' ')?;
    Some(from.parse().ok()?..=to.parse().ok()?)
}

fn store() -> MemoryJournal {
    let journal = MemoryJournal::new(changes_of, 3);
    journal.faults().set_foreign_writer(|_: &JournalId, _| Bytes::new());
    journal
}

fn witnessed(journal: &MemoryJournal, head: Head) -> Witnessed {
    Witnessed { store: journal.store_id(), heads: BTreeMap::from([(ber(), head)]) }
}

async fn verdict(journal: &MemoryJournal, head: Head) -> Verdict {
    let verdicts = check(Some(&witnessed(journal, head)), journal, tail_lost_of).await.unwrap();
    assert_eq!((verdicts.len(), &verdicts[0].0), (1, &ber()));
    verdicts[0].1
}

/// What was noted is found by the next process, at once after closing, and soon without.
#[tokio::test]
async fn written_and_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    assert_eq!(Witnessed::read(&path), Ok(None));
    let journal = store();
    let witness = Witness::keep(path.clone(), journal.store_id(), BTreeMap::new());
    let head = |version| Head { version, nonce: 5 };
    witness.note(&ber(), head(1));
    wait_for("the witness file", async || {
        let heads = Witnessed::read(&path).unwrap()?.heads;
        (heads.get(&ber()) == Some(&head(1))).then_some(())
    })
    .await;
    for version in 2..1_000 {
        witness.note(&ber(), head(version));
    }
    witness.note(&"i:items".parse().unwrap(), head(7));
    witness.close().await;
    let file = Witnessed::read(&path).unwrap().unwrap();
    assert_eq!(file.store, journal.store_id());
    assert_eq!(file.heads, BTreeMap::from([(ber(), head(999)), ("i:items".parse().unwrap(), head(7))]));
}

/// A witness that can't be written says so and goes on when it can.
#[tokio::test]
async fn trouble() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state").join("witness");
    let witness = Witness::keep(path.clone(), store().store_id(), BTreeMap::new());
    wait_for("trouble", async || witness.trouble()).await;
    std::fs::create_dir(folder.path().join("state")).unwrap();
    wait_for("the end of trouble", async || witness.trouble().is_none().then_some(())).await;
    assert!(Witnessed::read(&path).unwrap().is_some());
}

/// A file that is cut, or something else, is damaged, never "no witness".
#[tokio::test]
async fn damaged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("witness");
    let witness = Witness::keep(path.clone(), store().store_id(), BTreeMap::from([(ber(), Head::GENESIS)]));
    witness.close().await;
    let whole = std::fs::read(&path).unwrap();
    for cut in 0..whole.len() {
        std::fs::write(&path, &whole[..cut]).unwrap();
        assert!(matches!(Witnessed::read(&path), Err(JournalError::Damaged(_))), "cut at {cut}");
    }
    std::fs::write(&path, [0xff; 100]).unwrap();
    assert!(matches!(Witnessed::read(&path), Err(JournalError::Damaged(_))));
}

/// Passes: the log bears the head, or went on from it, or was trimmed beyond it. Lost: shorter, or another history.
#[tokio::test]
async fn verdicts() {
    let journal = store();
    let batches = grow(&journal, &ber(), Head::GENESIS, 6).await;
    assert_eq!(verdict(&journal, batches[5].head).await, Verdict::Passed);
    assert_eq!(verdict(&journal, batches[2].head).await, Verdict::Passed);
    journal.trim(&ber(), 4).await.unwrap();
    assert_eq!(verdict(&journal, batches[2].head).await, Verdict::Passed);
    journal.faults().lose_tail(&ber(), 1).unwrap();
    let (witnessed, found) = (batches[5].head, batches[4].head);
    assert_eq!(verdict(&journal, witnessed).await, Verdict::Lost { witnessed, found });
    journal.faults().fork(&ber(), 0, 4).unwrap();
    let found = journal.span(&ber()).await.unwrap().head;
    assert_eq!(verdict(&journal, witnessed).await, Verdict::Lost { witnessed, found });
}

/// A loss that a later entry has told is passed; a told loss of other versions isn't.
#[tokio::test]
async fn told_loss() {
    for (told, verdict_is_lost) in [("5 6", false), ("5 5", true)] {
        let journal = store();
        let batches = grow(&journal, &ber(), Head::GENESIS, 6).await;
        journal.faults().fork(&ber(), 2, 1).unwrap();
        let expected = journal.span(&ber()).await.unwrap().head;
        let changes = vec![put(lagerd::journal::Table::Marks, "lost", told)];
        let head = Head { version: expected.version + 1, nonce: 77 };
        let telling = Batch { expected, head, entry: encode(&changes), changes };
        journal.commit(&ber(), telling.into()).await.unwrap();
        grow(&journal, &ber(), head, 3).await;
        let verdict = verdict(&journal, batches[5].head).await;
        assert_eq!(matches!(verdict, Verdict::Lost { .. }), verdict_is_lost, "{told}: {verdict:?}");
    }
}

/// Journals nobody witnessed are new, and so is everything in another store; a witnessed journal that vanished is lost.
#[tokio::test]
async fn new_and_vanished() {
    let journal = store();
    grow(&journal, &ber(), Head::GENESIS, 1).await;
    assert_eq!(check(None, &journal, tail_lost_of).await, Ok(vec![(ber(), Verdict::New)]));
    let mut other = witnessed(&journal, Head { version: 9, nonce: 9 });
    other.store.0 ^= 1;
    assert_eq!(check(Some(&other), &journal, tail_lost_of).await, Ok(vec![(ber(), Verdict::New)]));
    let head = Head { version: 9, nonce: 9 };
    let heads = BTreeMap::from([("c:web".parse().unwrap(), head)]);
    let vanished = Witnessed { store: journal.store_id(), heads };
    let lost = Verdict::Lost { witnessed: head, found: Head::GENESIS };
    let verdicts = check(Some(&vanished), &journal, tail_lost_of).await.unwrap();
    assert_eq!(verdicts, vec![(ber(), Verdict::New), ("c:web".parse().unwrap(), lost)]);
}
