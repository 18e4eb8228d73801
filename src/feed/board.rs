//! A topic of things that come and go: orders, work, alerts.
//!
//! Each open thing has a row, in the order of last change like the SKUs of other topics, so readers follow it the same way.
//! One that ends is told once more, as ended, and then is no part of the table; only a bounded number of those that ended
//! last is kept for readers who have not heard of it. A reader that is further behind than that begins anew.

use std::collections::VecDeque;
use std::hash::Hash;

use ahash::AHashMap;

use super::latest::Latest;
use super::reader::Reader;
use super::skus::SkuId;

/// Ended things that are kept: a reader that is this many ends behind begins anew with a snapshot.
const ENDED_MAX: usize = 4_096;

#[derive(Debug)]
struct Row<K, E> {
    key: K,
    /// What is told of it, where it has ended.
    ended: Option<E>,
}

/// The things of one topic by the order of their last change. What is open is read where it lives; only of what has ended
/// something is kept here.
#[derive(Debug)]
pub struct Board<K, E> {
    latest: Latest<u32>,
    /// Rows by number. A number is used again once its thing is forgotten.
    rows: Vec<Option<Row<K, E>>>,
    numbers: AHashMap<K, SkuId>,
    free: Vec<SkuId>,
    /// What has ended, by when; one that was opened again stands here in vain.
    ended: VecDeque<(SkuId, u64)>,
    /// Everything forgotten ended at this offset or before.
    floor: u64,
    open: usize,
}

impl<K: Clone + Eq + Hash, E> Board<K, E> {
    /// Nothing yet, under a view's random name.
    #[must_use]
    pub fn new(view: u64) -> Self {
        Self {
            latest: Latest::new(view, 0),
            rows: Vec::new(),
            numbers: AHashMap::new(),
            free: Vec::new(),
            ended: VecDeque::new(),
            floor: 0,
            open: 0,
        }
    }

    /// A thing is open and has changed; `sum` is what it adds to the checksum.
    pub fn put(&mut self, key: &K, sum: u32) {
        let Some(id) = self.number(key) else { return };
        let before = self.sum(id);
        let Some(Some(row)) = self.rows.get_mut(id.index()) else { return };
        // A row that is new has no offset; one that had ended is open again.
        if row.ended.take().is_some() || self.latest.get(id).is_none() {
            self.open = self.open.saturating_add(1);
        }
        self.latest.put(id, sum, (before, sum));
    }

    /// A thing has ended. One that was never told is not told now.
    pub fn end(&mut self, key: &K, told: E) {
        let Some(id) = self.numbers.get(key).copied() else { return };
        let before = self.sum(id);
        let Some(Some(row)) = self.rows.get_mut(id.index()) else { return };
        if row.ended.replace(told).is_some() {
            return;
        }
        self.open = self.open.saturating_sub(1);
        self.latest.put(id, 0, (before, 0));
        self.ended.push_back((id, self.latest.offset()));
        while self.ended.len() > ENDED_MAX {
            self.forget_oldest();
        }
    }

    /// The order of changes.
    #[must_use]
    pub const fn latest(&self) -> &Latest<u32> {
        &self.latest
    }

    /// How many things are open: the rows of a reader's table.
    #[must_use]
    pub const fn open(&self) -> usize {
        self.open
    }

    /// Readers that stand below this have missed an end and begin anew.
    #[must_use]
    pub const fn floor(&self) -> u64 {
        self.floor
    }

    /// Whether the thing is open.
    #[must_use]
    pub fn is_open(&self, key: &K) -> bool {
        let id = self.numbers.get(key);
        let row = id.and_then(|id| self.rows.get(id.index())?.as_ref());
        row.is_some_and(|row| row.ended.is_none())
    }

    /// A row's thing, and what is told of it where it has ended.
    #[must_use]
    pub fn row(&self, id: SkuId) -> Option<(&K, Option<&E>)> {
        self.rows.get(id.index())?.as_ref().map(|row| (&row.key, row.ended.as_ref()))
    }

    /// Lets a reader begin anew that has missed an end.
    pub fn admit(&self, reader: &mut Reader) {
        reader.stand_at_least(self.floor);
    }

    fn sum(&self, id: SkuId) -> u32 {
        self.latest.get(id).map_or(0, |(sum, _)| sum)
    }

    fn number(&mut self, key: &K) -> Option<SkuId> {
        if let Some(id) = self.numbers.get(key) {
            return Some(*id);
        }
        let id = match self.free.pop() {
            Some(id) => id,
            None => SkuId::at(self.rows.len())?,
        };
        let row = Some(Row { key: key.clone(), ended: None });
        match self.rows.get_mut(id.index()) {
            Some(free) => *free = row,
            None => self.rows.push(row),
        }
        self.numbers.insert(key.clone(), id);
        Some(id)
    }

    fn forget_oldest(&mut self) {
        let Some((id, at)) = self.ended.pop_front() else { return };
        // It was opened again, or has ended once more, since.
        if self.latest.get(id).is_none_or(|(_, offset)| offset != at) {
            return;
        }
        let Some(row) = self.rows.get_mut(id.index()).and_then(Option::take) else { return };
        self.numbers.remove(&row.key);
        self.latest.forget(id);
        self.free.push(id);
        self.floor = self.floor.max(at);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::feed::reader::Step;
    use crate::feed::skus::Skus;

    /// A reader's table of a board whose things are numbers with a value.
    struct Trial {
        board: Board<u32, u32>,
        values: BTreeMap<u32, u32>,
        reader: Reader,
        table: BTreeMap<u32, u32>,
        paging: bool,
        skus: Skus,
    }

    impl Trial {
        fn new() -> Self {
            let reader = Reader::new(None, None);
            let (values, table) = (BTreeMap::new(), BTreeMap::new());
            Self { board: Board::new(1), values, reader, table, paging: false, skus: Skus::default() }
        }

        fn put(&mut self, key: u32, value: u32) {
            self.values.insert(key, value);
            self.board.put(&key, value);
        }

        fn end(&mut self, key: u32) {
            self.values.remove(&key);
            self.board.end(&key, 0);
        }

        /// One step; false where there was nothing left to do.
        fn step(&mut self, most: usize) -> bool {
            self.board.admit(&mut self.reader);
            let rows = match self.reader.step(self.board.latest(), &self.skus.names(), most) {
                Step::Done => return false,
                Step::Again => return true,
                Step::Page { rows, more, .. } => {
                    if !std::mem::replace(&mut self.paging, more) {
                        self.table.clear();
                    }
                    rows
                }
                Step::Changes { rows, .. } => rows,
            };
            for id in rows {
                let (key, ended) = self.board.row(id).expect("a row that is there");
                match ended {
                    Some(_) => self.table.remove(key),
                    None => self.table.insert(*key, self.values[key]),
                };
            }
            true
        }

        fn agree(&mut self, most: usize) {
            while self.step(most) {}
            assert_eq!(self.table, self.values);
            let sum = self.values.values().fold(0_u32, |sum, value| sum.wrapping_add(*value));
            assert_eq!((self.board.open(), self.board.latest().sum()), (self.values.len(), sum));
        }
    }

    proptest! {
        /// Whatever comes, changes, ends and comes again between steps of whatever size: in the end the reader's table is
        /// what is open.
        #[test]
        fn every_reader_ends_with_what_is_open(
            work in prop::collection::vec((0_u32..30, 1_u32..9, any::<bool>(), 0_usize..3), 0..300),
            most in 1_usize..9,
        ) {
            let mut trial = Trial::new();
            for (key, value, ends, steps) in work {
                if ends { trial.end(key) } else { trial.put(key, value) }
                for _ in 0..steps {
                    trial.step(most);
                }
            }
            trial.agree(most);
        }
    }

    /// Memory is bound by what is open and by what ended last; who missed an end begins anew, who did not goes on.
    #[test]
    fn ends_are_forgotten() {
        let mut trial = Trial::new();
        (0..10).for_each(|key| trial.put(key, 1));
        trial.agree(250);
        let place = trial.reader.place();
        let many = u32::try_from(ENDED_MAX).unwrap();
        for key in 10..10 + many {
            trial.put(key, 1);
            trial.end(key);
        }
        trial.agree(250);
        assert!(trial.board.floor() <= place, "nothing was missed yet");
        trial.put(99_999, 7);
        trial.end(5);
        trial.end(99_999);
        assert!(trial.board.floor() > place && trial.board.rows.len() <= ENDED_MAX + 11);
        trial.reader = Reader::new(Some(place), None);
        trial.agree(250);
        assert!(!trial.table.contains_key(&5));
    }
}
