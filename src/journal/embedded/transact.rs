//! What one job does inside a transaction.

use redb::{ReadableTable, Table as RedbTable, WriteTransaction};

use super::schema::{CURSORS, HEADS, LOG, ROWS};
use crate::journal::{Batch, Change, CommitError, Head, JournalId};

type Logs<'t> = RedbTable<'t, (&'static str, u64), (u64, &'static [u8])>;

/// The tables of one write transaction, opened once for all jobs in it.
pub(super) struct Tables<'t> {
    heads: RedbTable<'t, &'static str, (u64, u64, u64)>,
    log: Logs<'t>,
    rows: RedbTable<'t, (&'static str, u8, &'static [u8]), &'static [u8]>,
    cursors: RedbTable<'t, (&'static str, &'static str), (u64, u64)>,
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Self {
            heads: transaction.open_table(HEADS)?,
            log: transaction.open_table(LOG)?,
            rows: transaction.open_table(ROWS)?,
            cursors: transaction.open_table(CURSORS)?,
        })
    }

    /// Writes a batch where its head fits. The inner result is the answer, the outer one is the disk's.
    pub(super) fn commit(
        &mut self,
        id: &JournalId,
        batch: &Batch,
    ) -> Result<Result<(), CommitError>, redb::Error> {
        let id = id.to_string();
        let (head, log_bytes) = self.head(&id)?;
        let above = self.newest(&id)?.is_some_and(|newest| newest.version >= batch.head.version);
        if !batch.follows() || head != batch.expected || above {
            return Ok(Err(CommitError::Conflict));
        }
        self.log.insert((&*id, batch.head.version), (batch.head.nonce, &*batch.entry))?;
        self.write_rows(&id, &batch.changes)?;
        let log_bytes = log_bytes.saturating_add(batch.entry.len() as u64);
        self.heads.insert(&*id, (batch.head.version, batch.head.nonce, log_bytes))?;
        Ok(Ok(()))
    }

    pub(super) fn finish(
        &mut self,
        id: &JournalId,
        last: Head,
        changes: &[Change],
    ) -> Result<(), redb::Error> {
        let id = id.to_string();
        let (head, log_bytes) = self.head(&id)?;
        if self.newest(&id)? == Some(last) && last.version > head.version {
            self.write_rows(&id, changes)?;
            self.heads.insert(&*id, (last.version, last.nonce, log_bytes))?;
        }
        Ok(())
    }

    pub(super) fn trim(&mut self, id: &JournalId, before: u64) -> Result<(), redb::Error> {
        let id = id.to_string();
        let Some(newest) = self.newest(&id)? else { return Ok(()) };
        let end = before.min(newest.version);
        let mut freed = 0_u64;
        self.log.retain_in((&*id, 0)..(&*id, end), |_, (_, entry)| {
            freed = freed.saturating_add(entry.len() as u64);
            false
        })?;
        let (head, log_bytes) = self.head(&id)?;
        self.heads.insert(&*id, (head.version, head.nonce, log_bytes.saturating_sub(freed)))?;
        Ok(())
    }

    pub(super) fn set_cursor(
        &mut self,
        id: &JournalId,
        consumer: &str,
        at: Option<Head>,
    ) -> Result<(), redb::Error> {
        let id = id.to_string();
        let key = (&*id, consumer);
        let Some(at) = at else {
            self.cursors.remove(key)?;
            return Ok(());
        };
        let stored = self.cursors.get(key)?.map(|stored| stored.value().0);
        if stored.is_none_or(|stored| stored < at.version) {
            self.cursors.insert(key, (at.version, at.nonce))?;
        }
        Ok(())
    }

    fn head(&self, id: &str) -> Result<(Head, u64), redb::Error> {
        let stored = self.heads.get(id)?.map(|stored| stored.value());
        let (version, nonce, log_bytes) = stored.unwrap_or_default();
        Ok((Head { version, nonce }, log_bytes))
    }

    fn newest(&self, id: &str) -> Result<Option<Head>, redb::Error> {
        newest(&self.log, id)
    }

    fn write_rows(&mut self, id: &str, changes: &[Change]) -> Result<(), redb::Error> {
        for change in changes {
            let key = (id, change.table.number(), &*change.key);
            match &change.value {
                Some(value) => self.rows.insert(key, &**value)?,
                None => self.rows.remove(key)?,
            };
        }
        Ok(())
    }
}

/// The newest entry's head.
pub(super) fn newest(
    log: &impl ReadableTable<(&'static str, u64), (u64, &'static [u8])>,
    id: &str,
) -> Result<Option<Head>, redb::Error> {
    let newest = log.range((id, 0)..=(id, u64::MAX))?.next_back().transpose()?;
    Ok(newest.map(|(key, value)| Head { version: key.value().1, nonce: value.value().0 }))
}
