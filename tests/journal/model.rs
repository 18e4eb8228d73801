//! A writer and its promises under seeded faults: whatever happens to the store, an answered batch is in the log at its
//! version, or its loss was told; the log has no gap, and the rows are what it folds to.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use lagerd::journal::memory::{FaultOdds, Faults, MemoryJournal};
use lagerd::journal::{
    Batch, Change, Head, Journal, JournalError, Resynced, Ring, StoredEntry, Table, resync,
};

use crate::contract::load_rows;
use crate::record::{batch, ber, changes_of, encode, put};

const ODDS: FaultOdds = FaultOdds {
    lost_reply: 30,
    foreign_writer: 40,
    unavailable: 30,
    ghost: 40,
    interrupted: 20,
    lost_tail: 20,
    fork: 15,
};

/// What one writer knows: the head it confirmed, what it could repair from, and what it has answered.
struct Writer {
    mine: Head,
    ring: Ring,
    answered: BTreeMap<u64, Head>,
    told_lost: usize,
}

impl Writer {
    fn confirm(&mut self, batch: Arc<Batch>) {
        self.mine = batch.head;
        self.ring.push(batch);
    }

    /// Up to four batches in flight; the first failure ends the round with a resync.
    async fn round(&mut self, journal: &MemoryJournal, rng: &mut fastrand::Rng) {
        let mut chain = Vec::new();
        let mut head = self.mine;
        for _ in 0..rng.usize(1..5) {
            let row = put(Table::Stock, format!("sku-{}", rng.u8(..9)), rng.u8(..).to_string());
            let next = batch(head, vec![row]);
            head = next.head;
            chain.push(next);
        }
        let answers = join_all(chain.iter().map(|batch| journal.commit(&ber(), batch.clone()))).await;
        for (batch, answer) in chain.into_iter().zip(answers) {
            if answer.is_err() {
                return self.recover(journal).await;
            }
            self.answered.insert(batch.head.version, batch.head);
            self.confirm(batch);
        }
    }

    async fn recover(&mut self, journal: &MemoryJournal) {
        loop {
            match resync(journal, &ber(), self.mine, &self.ring, changes_of).await {
                Ok(Resynced::Entries(entries)) => {
                    entries.into_iter().for_each(|stored| self.take_over(stored));
                    return;
                }
                Ok(Resynced::Repaired { .. }) => return,
                Ok(Resynced::Forked { ancestor, lost_from, lost_to }) => {
                    assert_eq!((lost_from, lost_to), (ancestor.version + 1, self.mine.version));
                    let lost = self.ring.after(ancestor).expect("the ring reaches the ancestor");
                    assert_eq!(lost.len() as u64, lost_to - ancestor.version);
                    self.tell_lost(ancestor.version);
                    self.ring.cut(ancestor);
                    self.mine = ancestor;
                }
                Ok(Resynced::Reload) => panic!("nothing was trimmed"),
                Err(JournalError::Unavailable(_)) => {}
                // The operator accepts the loss: all that is not in the log is told.
                Err(JournalError::Lost(_)) => {
                    let Ok(log) = journal.read(&ber(), 1, usize::MAX).await else { continue };
                    let kept = |version: &u64, head: &mut Head| {
                        log.iter().any(|stored| stored.head == *head && stored.head.version == *version)
                    };
                    let before = self.answered.len();
                    self.answered.retain(kept);
                    self.told_lost += before - self.answered.len();
                    self.ring.clear();
                    self.mine = Head::GENESIS;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    fn tell_lost(&mut self, after: u64) {
        self.told_lost += self.answered.split_off(&(after + 1)).len();
    }

    fn take_over(&mut self, stored: StoredEntry) {
        let changes = changes_of(&stored.entry).expect("entry");
        self.confirm(Arc::new(Batch {
            expected: self.mine,
            head: stored.head,
            entry: stored.entry,
            changes,
        }));
    }
}

async fn world(seed: u64) -> usize {
    let mut rng = fastrand::Rng::with_seed(seed);
    let journal = MemoryJournal::new(changes_of, seed);
    let faults = journal.faults();
    faults.set_foreign_writer(|_, head| encode(&[put(Table::Stock, "foreign", head.to_string())]));
    faults.set_odds(ODDS);
    // In some worlds memory reaches back only a few batches.
    let ring = Ring::new(if seed.is_multiple_of(3) { 700 } else { 1 << 20 });
    let mut writer = Writer { mine: Head::GENESIS, ring, answered: BTreeMap::new(), told_lost: 0 };
    for _ in 0..60 {
        writer.round(&journal, &mut rng).await;
    }
    settle(&faults);
    writer.recover(&journal).await;
    let log = journal.read(&ber(), 1, usize::MAX).await.unwrap();
    let mut expected: BTreeMap<(Table, bytes::Bytes), bytes::Bytes> = BTreeMap::new();
    for (stored, version) in log.iter().zip(1..) {
        assert_eq!(stored.head.version, version);
        for Change { table, key, value } in changes_of(&stored.entry).unwrap() {
            expected.insert((table, key), value.expect("only puts here"));
        }
    }
    assert_eq!(load_rows(&journal, &ber()).await, (writer.mine, expected));
    for (version, head) in &writer.answered {
        let at = usize::try_from(*version).unwrap() - 1;
        assert_eq!(log.get(at).map(|stored| stored.head), Some(*head), "answered, gone, and never told");
    }
    writer.told_lost
}

fn settle(faults: &Faults) {
    faults.set_odds(FaultOdds::default());
    faults.set_away(false);
    faults.land_ghosts();
}

/// Hundreds of worlds, each from its seed; a failing one is named.
#[tokio::test]
async fn answered_is_kept_or_told() {
    let mut told = 0;
    for seed in 0..400 {
        println!("seed {seed}");
        told += world(seed).await;
    }
    assert!(told > 0, "no world lost anything: the faults don't bite");
}
