//! The journal in Redis: what others hold.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::{BoxFuture, join_all};
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisResult, Value, cmd};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::RedisOptions;
use super::command::{self, JOURNALS_KEY, STORE_KEY, array, bytes, text};
use super::fault::{breaks_connection, is_missing_function, odd_reply, of_call, words};
use super::link::{Dial, Link};
use super::terms::{Terms, load_library};
use super::writer::{Job, write};
use crate::journal::{
    Batch, Change, CommitError, Head, Journal, JournalError, JournalId, Page, RowCursor, Span, StoreHealth,
    StoreId, StoredEntry, Table,
};

/// Commits that may wait for the write connection; beyond it the store is busy. Every journal has a few in flight.
const WAITING_MAX: usize = 4_096;

/// A store of journals in Redis.
#[derive(Debug)]
pub struct RedisJournal {
    store: StoreId,
    terms: Arc<Terms>,
    writing: Arc<Link>,
    reading: Link,
    jobs: mpsc::Sender<Job>,
}

impl RedisJournal {
    /// Connects, checks what is expected of Redis, makes a new Redis a store, and keeps the connections from then on.
    /// Must be called inside a tokio runtime that outlives the journal.
    ///
    /// # Errors
    /// [`JournalError::Unavailable`] where Redis can't be reached or is no master: try again later;
    /// [`JournalError::Unusable`] where the address is wrong or the eviction policy isn't `noeviction`;
    /// [`JournalError::Lost`] where Redis has no store id and may not be given one.
    pub async fn open(options: &RedisOptions) -> Result<Self, JournalError> {
        let terms = Arc::new(Terms::new(options.allow_eviction, options.found_store));
        let dial = Dial { client: options.client()?, config: options.config(), terms: Arc::clone(&terms) };
        let (writing, reading) = (dial.connect().await?, dial.connect().await?);
        let store = terms.store().ok_or_else(|| odd_reply("GET lagerd:store"))?;
        let writing = Arc::new(Link::keep("write", dial.clone(), writing));
        let reading = Link::keep("read", dial, reading);
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(write(waiting, Arc::clone(&writing)));
        Ok(Self { store, terms, writing, reading, jobs })
    }

    /// Sends a command that may be repeated. Loads the functions where they are missing.
    pub(super) async fn call(&self, command: &Cmd) -> Result<Value, JournalError> {
        let mut connected = self.reading.now()?;
        let mut answer = send(&mut connected.connection, command).await;
        if answer.as_ref().is_err_and(is_missing_function) {
            load_library(&mut connected.connection).await?;
            answer = send(&mut connected.connection, command).await;
        }
        answer.map_err(|error| {
            if breaks_connection(&error) {
                self.reading.broke(connected.number, &words(&error));
            }
            of_call(&error)
        })
    }

    async fn listed(&self, name: &str) -> Result<Option<JournalId>, JournalError> {
        let id: JournalId = name.parse().map_err(JournalError::Damaged)?;
        match self.call(&command::exists(&id)).await? {
            Value::Int(0) => Ok(None),
            Value::Int(_) => Ok(Some(id)),
            _ => Err(odd_reply("EXISTS")),
        }
    }
}

impl Journal for RedisJournal {
    fn store_id(&self) -> StoreId {
        self.store
    }

    fn health(&self) -> StoreHealth {
        let mut warnings = self.terms.warnings();
        let mut reachable = true;
        for state in [self.writing.now(), self.reading.now()] {
            if let Err(error) = state {
                reachable = false;
                warnings.push(error.to_string());
            }
        }
        StoreHealth { reachable, warnings }
    }

    fn ping(&self) -> BoxFuture<'static, bool> {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.clone();
        // What stands before it is sent or refused within the time Redis has to answer.
        Box::pin(async move { jobs.send(Job::Ping(reply)).await.is_ok() && answer.await.is_ok() })
    }

    fn contacts(&self) -> u64 {
        self.writing.contacts()
    }

    fn commit(&self, id: &JournalId, batch: Arc<Batch>) -> BoxFuture<'static, Result<(), CommitError>> {
        let (reply, answer) = oneshot::channel();
        let job = Job::Commit { id: id.clone(), batch, reply };
        let sent = self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => "too many commits wait for redis",
            TrySendError::Closed(_) => "the store is closing",
        });
        Box::pin(async move {
            sent.map_err(|why| CommitError::Unavailable(why.to_owned()))?;
            answer.await.map_err(|_| CommitError::Unknown("the store was closed".to_owned()))?
        })
    }

    fn span<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Span, JournalError>> {
        Box::pin(async move {
            // An emptied Redis must not look like a journal nobody wrote to.
            self.terms.compare(store_id(self.call(cmd("GET").arg(STORE_KEY)).await?)?)?;
            let reply = self.call(&command::span(id)).await?;
            span(reply).ok_or_else(|| odd_reply("lagerd_span_v1"))
        })
    }

    fn read<'a>(
        &'a self,
        id: &'a JournalId,
        from: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<StoredEntry>, JournalError>> {
        Box::pin(async move {
            let reply = self.call(&command::read(id, from, limit)).await?;
            entries(reply).ok_or_else(|| odd_reply("lagerd_read_v1"))
        })
    }

    fn rows<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        from: RowCursor,
    ) -> BoxFuture<'a, Result<Page, JournalError>> {
        Box::pin(async move {
            let reply = self.call(&command::rows(id, table, &from)).await?;
            page(reply).ok_or_else(|| odd_reply("HSCAN"))
        })
    }

    fn row<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Bytes>, JournalError>> {
        Box::pin(async move {
            let reply = self.call(&command::row(id, table, key)).await?;
            if reply == Value::Nil {
                // An emptied Redis must not look like a row nobody wrote.
                self.terms.compare(store_id(self.call(cmd("GET").arg(STORE_KEY)).await?)?)?;
                return Ok(None);
            }
            bytes(reply).map(Some).ok_or_else(|| odd_reply("HGET"))
        })
    }

    fn finish<'a>(
        &'a self,
        id: &'a JournalId,
        last: Head,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move { self.call(&command::finish(id, last, &changes)).await.map(drop) })
    }

    fn trim<'a>(&'a self, id: &'a JournalId, before: u64) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move {
            // In steps, so that a long-forgotten log doesn't keep Redis busy.
            while !matches!(self.call(&command::trim(id, before)).await?, Value::Int(0)) {}
            Ok(())
        })
    }

    fn cursors<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Vec<(String, Head)>, JournalError>> {
        Box::pin(async move {
            let mut cursors =
                cursors(self.call(&command::cursors(id)).await?).ok_or_else(|| odd_reply("HGETALL"))?;
            cursors.sort();
            Ok(cursors)
        })
    }

    fn set_cursor<'a>(
        &'a self,
        id: &'a JournalId,
        consumer: &'a str,
        at: Option<Head>,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(async move { self.call(&command::set_cursor(id, consumer, at)).await.map(drop) })
    }

    fn journals(&self) -> BoxFuture<'_, Result<Vec<JournalId>, JournalError>> {
        Box::pin(async move {
            let names = array(match self.call(cmd("SMEMBERS").arg(JOURNALS_KEY)).await? {
                Value::Set(names) => Value::Array(names),
                names => names,
            });
            let names: Option<Vec<String>> = names.and_then(|names| names.into_iter().map(text).collect());
            let names = names.ok_or_else(|| odd_reply("SMEMBERS"))?;
            // A name may stand there for a journal whose first commit never came.
            let listed = join_all(names.iter().map(|name| self.listed(name))).await;
            let listed = listed.into_iter().collect::<Result<Vec<_>, _>>()?;
            let mut ids: Vec<JournalId> = listed.into_iter().flatten().collect();
            ids.sort();
            Ok(ids)
        })
    }
}

async fn send(connection: &mut MultiplexedConnection, command: &Cmd) -> RedisResult<Value> {
    connection.send_packed_command(command).await?.extract_error()
}

fn store_id(reply: Value) -> Result<Option<StoreId>, JournalError> {
    match reply {
        Value::Nil => Ok(None),
        reply => {
            let id = text(reply).ok_or_else(|| odd_reply("GET lagerd:store"))?;
            id.parse().map(Some).map_err(JournalError::Damaged)
        }
    }
}

fn span(reply: Value) -> Option<Span> {
    let mut parts = array(reply)?.into_iter();
    let mut part = || text(parts.next()?);
    let (head, first, last, nonce) = (part()?, part()?, part()?, part()?);
    let Some(Value::Int(log_bytes)) = parts.next() else { return None };
    let head: Head = if head.is_empty() { Head::GENESIS } else { head.parse().ok()? };
    if last.is_empty() {
        return Some(Span { head, first: head.version.checked_add(1)?, last: None, log_bytes: 0 });
    }
    let last = Head { version: last.parse().ok()?, nonce: u64::from_str_radix(&nonce, 16).ok()? };
    Some(Span {
        head,
        first: first.parse().ok()?,
        last: Some(last),
        log_bytes: u64::try_from(log_bytes).ok()?,
    })
}

fn entries(reply: Value) -> Option<Vec<StoredEntry>> {
    let mut parts = array(reply)?.into_iter();
    let mut entries = Vec::new();
    while let Some(id) = parts.next() {
        let id = text(id)?;
        let version = id.strip_suffix("-0")?.parse().ok()?;
        let nonce = u64::from_str_radix(&text(parts.next()?)?, 16).ok()?;
        entries.push(StoredEntry { head: Head { version, nonce }, entry: bytes(parts.next()?)? });
    }
    Some(entries)
}

fn page(reply: Value) -> Option<Page> {
    let mut parts = array(reply)?.into_iter();
    let cursor = bytes(parts.next()?)?;
    let mut fields = array(parts.next()?)?.into_iter();
    let mut rows = Vec::new();
    while let Some(key) = fields.next() {
        rows.push((bytes(key)?, bytes(fields.next()?)?));
    }
    let next = (*cursor != *b"0").then_some(RowCursor(cursor));
    Some(Page { rows, next })
}

fn cursors(reply: Value) -> Option<Vec<(String, Head)>> {
    let mut parts = array(reply)?.into_iter();
    let mut cursors = Vec::new();
    while let Some(consumer) = parts.next() {
        cursors.push((text(consumer)?, text(parts.next()?)?.parse().ok()?));
    }
    Some(cursors)
}
