//! The embedded journal: what others hold.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use redb::{Database, ReadableDatabase, ReadableTable};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::compact;
use super::disk::Disk;
use super::schema::{self, CURSORS, HEADS, LOG, ROWS, damaged};
use super::transact::newest;
use super::writer::{Job, Shared, Work, Writer};
use crate::journal::{
    Batch, Change, CommitError, Head, Journal, JournalError, JournalId, Page, RowCursor, Span, StoreHealth,
    StoreId, StoredEntry, Table,
};

/// Jobs that may wait for the writer; beyond it the store is busy. Every journal has a few batches in flight, so this
/// is reached only by hundreds of journals on a stalled disk.
const WAITING_MAX: usize = 4_096;
/// How often a ping looks whether the disk has the word.
const PING_LOOK: Duration = Duration::from_millis(50);
/// Rows of a page.
const PAGE_ROWS: usize = 1_000;
/// Bytes of entries one read returns at most, beyond its first entry.
const READ_BYTES_MAX: usize = 4 << 20;

/// Where the embedded store lives.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The file; it and its folder are created where they are missing.
    pub path: PathBuf,
    /// Memory for pages read, in bytes.
    pub cache_bytes: usize,
    /// How large the file may grow, in bytes; then the store refuses batches as on a full disk. `u64::MAX` = the disk
    /// alone decides.
    pub bytes_max: u64,
}

/// A store of journals in one file. Dropping it waits for the write under way and closes the file.
#[derive(Debug)]
pub struct EmbeddedJournal {
    store: StoreId,
    disk: Disk,
    database: Shared,
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writing: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

impl EmbeddedOptions {
    /// Sensible figures for a store at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), cache_bytes: 64 << 20, bytes_max: u64::MAX }
    }
}

impl EmbeddedJournal {
    /// Opens the file, or makes it a new store, and starts the writer. Blocks for as long as the disk takes, after a
    /// crash a little longer.
    ///
    /// # Errors
    /// [`JournalError::Unusable`] where another process holds the file, it can't be opened or is of a newer schema;
    /// [`JournalError::Damaged`] where it is no store.
    pub fn open(options: &EmbeddedOptions) -> Result<Self, JournalError> {
        let disk = Disk::open(&options.path, options.bytes_max)?;
        if let Err(error) = compact::clear(&options.path) {
            tracing::warn!(%error, "cannot delete what a compaction that was cut short left beside the store");
        }
        let (database, store) = schema::open(disk.clone(), options.cache_bytes)?;
        let database: Shared = Arc::new(ArcSwapOption::from_pointee(database));
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        let writing = Arc::new(AtomicBool::new(false));
        let writer = Writer {
            disk: disk.clone(),
            cache_bytes: options.cache_bytes,
            database: Arc::clone(&database),
            jobs: waiting,
            writing: writing.clone(),
        };
        let writer = std::thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| JournalError::Unusable(format!("cannot start the writer: {error}")))?;
        Ok(Self { store, disk, database, jobs: Some(jobs), writing, writer: Some(writer) })
    }

    fn send(&self, job: Job) -> Result<(), &'static str> {
        let Some(jobs) = &self.jobs else { return Err("the store is closing") };
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => "too many writes wait for the disk",
            TrySendError::Closed(_) => "the store is closing",
        })
    }

    fn ask<'a>(&'a self, id: &JournalId, work: Work) -> BoxFuture<'a, Result<(), JournalError>> {
        let unavailable = |why: &str| JournalError::Unavailable(why.to_owned());
        let (reply, answer) = oneshot::channel();
        let sent = self.send(Job::Other { id: id.clone(), work, reply });
        Box::pin(async move {
            sent.map_err(unavailable)?;
            answer.await.map_err(|_| unavailable("the writer has ended"))?
        })
    }

    fn look<'a, T: Send + 'static>(
        &'a self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error> + Send + 'static,
    ) -> BoxFuture<'a, Result<T, JournalError>> {
        let unavailable = |why: &str| JournalError::Unavailable(why.to_owned());
        let database = self.database.load_full();
        Box::pin(async move {
            let database = database.ok_or_else(|| unavailable("the disk is full"))?;
            let looked = tokio::task::spawn_blocking(move || work(&database).map_err(damaged)).await;
            looked.map_err(|error| unavailable(&format!("reading ended early: {error}")))?
        })
    }
}

impl Journal for EmbeddedJournal {
    fn store_id(&self) -> StoreId {
        self.store
    }

    fn health(&self) -> StoreHealth {
        let reachable = self.database.load().is_some();
        let full = !reachable || self.disk.is_refusing();
        let warnings = full.then(|| "the disk is full: the newest write was refused".to_owned());
        let warnings = warnings.into_iter().collect();
        StoreHealth { reachable, warnings }
    }

    fn ping(&self) -> BoxFuture<'static, bool> {
        // Weak, so that a ping nobody waits for doesn't keep the writer.
        let jobs = self.jobs.as_ref().map(mpsc::Sender::downgrade);
        let writing = self.writing.clone();
        Box::pin(async move {
            let (reply, mut answer) = oneshot::channel();
            let mut unsent = Some(reply);
            loop {
                // While the disk has the word the writer can't come by, and a disk that hangs is no fault of his:
                // another process would wait for the same disk, and nobody could read meanwhile.
                if writing.load(Ordering::Acquire) {
                    return true;
                }
                if let Some(reply) = unsent.take() {
                    let Some(jobs) = jobs.as_ref().and_then(mpsc::WeakSender::upgrade) else { return false };
                    match jobs.try_send(Job::Ping(reply)) {
                        Err(TrySendError::Full(Job::Ping(reply))) => unsent = Some(reply),
                        Ok(()) | Err(TrySendError::Full(_)) => {}
                        Err(TrySendError::Closed(_)) => return false,
                    }
                }
                if let Ok(answered) = tokio::time::timeout(PING_LOOK, &mut answer).await {
                    return answered.is_ok();
                }
            }
        })
    }

    fn commit(&self, id: &JournalId, batch: Arc<Batch>) -> BoxFuture<'static, Result<(), CommitError>> {
        let (reply, answer) = oneshot::channel();
        let sent = self.send(Job::Commit { id: id.clone(), batch, reply });
        Box::pin(async move {
            sent.map_err(|why| CommitError::Unavailable(why.to_owned()))?;
            answer.await.map_err(|_| CommitError::Unknown("the writer has ended".to_owned()))?
        })
    }

    fn span<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Span, JournalError>> {
        let id = id.to_string();
        self.look(move |database| span(database, &id))
    }

    fn read<'a>(
        &'a self,
        id: &'a JournalId,
        from: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<StoredEntry>, JournalError>> {
        let id = id.to_string();
        self.look(move |database| read(database, &id, from, limit))
    }

    fn rows<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        from: RowCursor,
    ) -> BoxFuture<'a, Result<Page, JournalError>> {
        let id = id.to_string();
        self.look(move |database| page(database, &id, table, &from))
    }

    fn row<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Bytes>, JournalError>> {
        let (id, key) = (id.to_string(), Bytes::copy_from_slice(key));
        self.look(move |database| row(database, &id, table, &key))
    }

    fn finish<'a>(
        &'a self,
        id: &'a JournalId,
        last: Head,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ask(id, Work::Finish { last, changes })
    }

    fn trim<'a>(&'a self, id: &'a JournalId, before: u64) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ask(id, Work::Trim { before })
    }

    fn cursors<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Vec<(String, Head)>, JournalError>> {
        let id = id.to_string();
        self.look(move |database| cursors(database, &id))
    }

    fn set_cursor<'a>(
        &'a self,
        id: &'a JournalId,
        consumer: &'a str,
        at: Option<Head>,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ask(id, Work::SetCursor { consumer: consumer.to_owned(), at })
    }

    fn journals(&self) -> BoxFuture<'_, Result<Vec<JournalId>, JournalError>> {
        let names = self.look(|database| {
            let heads = database.begin_read()?.open_table(HEADS)?;
            let names = heads.iter()?.map(|row| Ok(row?.0.value().to_owned()));
            names.collect::<Result<Vec<String>, redb::Error>>()
        });
        Box::pin(async move {
            let ids = names.await?.into_iter().map(|name| name.parse().map_err(JournalError::Damaged));
            let mut ids = ids.collect::<Result<Vec<JournalId>, JournalError>>()?;
            ids.sort();
            Ok(ids)
        })
    }
}

impl Drop for EmbeddedJournal {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the journal's writer has panicked");
        }
    }
}

/// A journal's head, `None` where it can't be read.
pub(super) fn head(database: &Database, id: &JournalId) -> Option<Head> {
    Some(span(database, &id.to_string()).ok()?.head)
}

fn span(database: &Database, id: &str) -> Result<Span, redb::Error> {
    let transaction = database.begin_read()?;
    let stored = transaction.open_table(HEADS)?.get(id)?.map(|stored| stored.value());
    let (version, nonce, log_bytes) = stored.unwrap_or_default();
    let log = transaction.open_table(LOG)?;
    let oldest = log.range((id, 0)..=(id, u64::MAX))?.next().transpose()?;
    let first = oldest.map_or_else(|| version.saturating_add(1), |(key, _)| key.value().1);
    Ok(Span { head: Head { version, nonce }, first, last: newest(&log, id)?, log_bytes })
}

fn read(database: &Database, id: &str, from: u64, limit: usize) -> Result<Vec<StoredEntry>, redb::Error> {
    let log = database.begin_read()?.open_table(LOG)?;
    let mut entries = Vec::new();
    let mut bytes = 0;
    for row in log.range((id, from)..=(id, u64::MAX))?.take(limit) {
        let (key, value) = row?;
        let (nonce, entry) = value.value();
        bytes += entry.len();
        if bytes > READ_BYTES_MAX && !entries.is_empty() {
            break;
        }
        let head = Head { version: key.value().1, nonce };
        entries.push(StoredEntry { head, entry: Bytes::copy_from_slice(entry) });
    }
    Ok(entries)
}

pub(super) fn page(
    database: &Database,
    id: &str,
    table: Table,
    from: &RowCursor,
) -> Result<Page, redb::Error> {
    let stored = database.begin_read()?.open_table(ROWS)?;
    // A cursor is the last key of the page before, led by one byte that tells it from the beginning.
    let after = from.0.get(1..);
    let begin = (id, table.number(), after.unwrap_or_default());
    let mut rows = Vec::new();
    for row in stored.range(begin..)? {
        let (key, value) = row?;
        let (journal, number, key) = key.value();
        if journal != id || number != table.number() || rows.len() == PAGE_ROWS {
            break;
        }
        if after != Some(key) {
            rows.push((Bytes::copy_from_slice(key), Bytes::copy_from_slice(value.value())));
        }
    }
    let last = rows.last().filter(|_| rows.len() == PAGE_ROWS);
    let next = last.map(|(key, _)| RowCursor(Bytes::from([b">".as_slice(), key].concat())));
    Ok(Page { rows, next })
}

fn row(database: &Database, id: &str, table: Table, key: &[u8]) -> Result<Option<Bytes>, redb::Error> {
    let stored = database.begin_read()?.open_table(ROWS)?;
    Ok(stored.get((id, table.number(), key))?.map(|value| Bytes::copy_from_slice(value.value())))
}

fn cursors(database: &Database, id: &str) -> Result<Vec<(String, Head)>, redb::Error> {
    let stored = database.begin_read()?.open_table(CURSORS)?;
    let mut cursors = Vec::new();
    for row in stored.range((id, "")..)? {
        let (key, value) = row?;
        let (journal, consumer) = key.value();
        if journal != id {
            break;
        }
        let (version, nonce) = value.value();
        cursors.push((consumer.to_owned(), Head { version, nonce }));
    }
    Ok(cursors)
}
