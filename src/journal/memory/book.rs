//! One journal's contents.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;

use crate::journal::{
    Batch, Change, ChangesOf, CommitError, Head, JournalError, Page, RowCursor, Span, StoredEntry, Table,
};

/// Rows a page holds at most; small enough that tests page, large enough that loading is quick.
const PAGE_ROWS: usize = 1_000;
/// Bytes of entries one read returns at most, beyond its first entry.
const READ_BYTES_MAX: usize = 4 << 20;

type Rows = BTreeMap<(Table, Bytes), Bytes>;

/// An entry, and what was written beside it: a lost tail takes both away, and folding what is left needs both.
#[derive(Debug)]
struct Logged {
    stored: StoredEntry,
    beside: Vec<Change>,
}

/// Log, rows, head and cursors of one journal.
#[derive(Debug, Default)]
pub(super) struct Book {
    head: Option<Head>,
    log: BTreeMap<u64, Logged>,
    rows: Rows,
    /// What the trimmed entries folded to, and the newest of them: where folding begins after a lost tail.
    base: Rows,
    base_head: Option<Head>,
    cursors: BTreeMap<String, Head>,
}

impl Book {
    pub(super) fn head(&self) -> Head {
        self.head.unwrap_or(Head::GENESIS)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head.is_none() && self.log.is_empty()
    }

    pub(super) fn commit(&mut self, batch: &Batch) -> Result<(), CommitError> {
        self.append(batch)?;
        self.write_rows(batch.head, &batch.changes);
        Ok(())
    }

    /// The first half of a commit only, as a store that dies inside one leaves it.
    pub(super) fn append(&mut self, batch: &Batch) -> Result<(), CommitError> {
        let above = self.log.last_key_value().is_some_and(|(version, _)| *version >= batch.head.version);
        if !batch.follows() || batch.expected != self.head() || above {
            return Err(CommitError::Conflict);
        }
        let stored = StoredEntry { head: batch.head, entry: batch.entry.clone() };
        self.log.insert(batch.head.version, Logged { stored, beside: Vec::new() });
        Ok(())
    }

    pub(super) fn span(&self) -> Span {
        let head = self.head();
        Span {
            head,
            first: self.log.first_key_value().map_or(head.version + 1, |(version, _)| *version),
            last: self.newest(),
            log_bytes: self.log.values().map(|logged| logged.stored.entry.len() as u64).sum(),
        }
    }

    pub(super) fn read(&self, from: u64, limit: usize) -> Vec<StoredEntry> {
        let mut bytes = 0;
        let fits = |stored: &&StoredEntry| {
            let first = bytes == 0;
            bytes += stored.entry.len().max(1);
            first || bytes <= READ_BYTES_MAX
        };
        self.log
            .range(from..)
            .map(|(_, logged)| &logged.stored)
            .take(limit)
            .take_while(fits)
            .cloned()
            .collect()
    }

    pub(super) fn page(&self, table: Table, from: &RowCursor) -> Page {
        // A cursor is the last key of the page before, led by one byte that tells it from the beginning.
        let begin = match from.0.get(1..) {
            Some(key) => Bound::Excluded((table, Bytes::copy_from_slice(key))),
            None => Bound::Included((table, Bytes::new())),
        };
        let rows = self.rows.range((begin, Bound::Unbounded)).take_while(|((t, _), _)| *t == table);
        let rows: Vec<_> =
            rows.take(PAGE_ROWS).map(|((_, key), value)| (key.clone(), value.clone())).collect();
        let next = rows
            .last()
            .filter(|_| rows.len() == PAGE_ROWS)
            .map(|(key, _)| RowCursor(Bytes::from([b">".as_slice(), key].concat())));
        Page { rows, next }
    }

    pub(super) fn row(&self, table: Table, key: &[u8]) -> Option<Bytes> {
        self.rows.get(&(table, Bytes::copy_from_slice(key))).cloned()
    }

    pub(super) fn finish(&mut self, last: Head, changes: &[Change]) {
        if self.newest() == Some(last) && last.version > self.head().version {
            self.write_rows(last, changes);
        }
    }

    fn newest(&self) -> Option<Head> {
        self.log.last_key_value().map(|(_, logged)| logged.stored.head)
    }

    /// The second half of a commit.
    fn write_rows(&mut self, head: Head, changes: &[Change]) {
        fold(&mut self.rows, changes);
        if let Some(logged) = self.log.get_mut(&head.version) {
            logged.beside = changes.iter().filter(|change| change.table.is_beside()).cloned().collect();
        }
        self.head = Some(head);
    }

    pub(super) fn trim(&mut self, before: u64, changes_of: ChangesOf) -> Result<(), JournalError> {
        while self.log.len() > 1 {
            let Some(oldest) = self.log.first_entry().filter(|oldest| *oldest.key() < before) else { break };
            fold(&mut self.base, &changes_of(&oldest.get().stored.entry)?);
            let Logged { stored, beside } = oldest.remove();
            fold(&mut self.base, &beside);
            self.base_head = Some(stored.head);
        }
        Ok(())
    }

    pub(super) fn cursors(&self) -> Vec<(String, Head)> {
        self.cursors.iter().map(|(consumer, at)| (consumer.clone(), *at)).collect()
    }

    pub(super) fn set_cursor(&mut self, consumer: &str, at: Option<Head>) {
        let Some(at) = at else {
            self.cursors.remove(consumer);
            return;
        };
        if self.cursors.get(consumer).is_none_or(|stored| stored.version < at.version) {
            self.cursors.insert(consumer.to_owned(), at);
        }
    }

    /// Drops the newest `entries` entries and folds the rest again. Returns how many were there to drop.
    pub(super) fn lose_tail(&mut self, entries: u64, changes_of: ChangesOf) -> Result<u64, JournalError> {
        let mut lost = 0;
        while lost < entries && self.log.pop_last().is_some() {
            lost += 1;
        }
        let mut rows = self.base.clone();
        for Logged { stored, beside } in self.log.values() {
            fold(&mut rows, &changes_of(&stored.entry)?);
            fold(&mut rows, beside);
        }
        self.rows = rows;
        self.head = self.newest().or(self.base_head);
        Ok(lost)
    }
}

fn fold(rows: &mut Rows, changes: &[Change]) {
    for change in changes {
        let key = (change.table, change.key.clone());
        match &change.value {
            Some(value) => rows.insert(key, value.clone()),
            None => rows.remove(&key),
        };
    }
}
