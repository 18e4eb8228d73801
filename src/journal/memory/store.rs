//! The memory store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::book::Book;
use super::faults::{Fault, Faults, Ghost, Plan};
use crate::journal::locked::Locked;
use crate::journal::{
    Batch, Change, ChangesOf, CommitError, Head, Journal, JournalError, JournalId, Page, RowCursor, Span,
    StoreHealth, StoreId, StoredEntry, Table,
};

/// A store of journals in memory. A clone of its `Arc` handed to a new daemon is a restart on the same store.
#[derive(Debug)]
pub struct MemoryJournal {
    store: StoreId,
    latency: Option<Duration>,
    world: Arc<Locked<World>>,
}

impl MemoryJournal {
    /// An empty store. `changes_of` folds entries again after a lost tail; `seed` decides the store's id, foreign
    /// nonces and faults drawn by odds.
    #[must_use]
    pub fn new(changes_of: ChangesOf, seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let store = StoreId(rng.u128(1..));
        let world = World { changes_of, rng, books: BTreeMap::new(), plan: Plan::default() };
        Self { store, latency: None, world: Arc::new(Locked::new(world)) }
    }

    /// Answers every call only after `latency` of tokio's time; what a call does is done when it is made.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = Some(latency);
        self
    }

    /// The handle that switches faults.
    #[must_use]
    pub fn faults(&self) -> Faults {
        Faults { world: Arc::clone(&self.world) }
    }

    fn ask<'a, T: Send + 'a>(
        &self,
        work: impl FnOnce(&mut World) -> Result<T, JournalError>,
    ) -> BoxFuture<'a, Result<T, JournalError>> {
        let answer = self.world.with(|world| if world.arrives() { work(world) } else { Err(away()) });
        self.answer(answer)
    }

    fn answer<'a, T: Send + 'a>(&self, answer: T) -> BoxFuture<'a, T> {
        let latency = self.latency;
        Box::pin(async move {
            if let Some(latency) = latency {
                tokio::time::sleep(latency).await;
            }
            answer
        })
    }
}

impl Journal for MemoryJournal {
    fn store_id(&self) -> StoreId {
        self.store
    }

    fn health(&self) -> StoreHealth {
        let reachable = self.world.with(|world| !world.plan.away && world.plan.away_calls == 0);
        StoreHealth { reachable, warnings: vec!["memory store: nothing outlives the process".to_owned()] }
    }

    fn contacts(&self) -> u64 {
        self.world.with(|world| world.plan.contacts)
    }

    fn commit(&self, id: &JournalId, batch: Arc<Batch>) -> BoxFuture<'static, Result<(), CommitError>> {
        let answer = self.world.with(|world| world.commit(id, batch));
        self.answer(answer)
    }

    fn span<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Span, JournalError>> {
        self.ask(|world| Ok(world.books.get(id).map_or_else(|| Book::default().span(), Book::span)))
    }

    fn read<'a>(
        &'a self,
        id: &'a JournalId,
        from: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<StoredEntry>, JournalError>> {
        self.ask(|world| Ok(world.books.get(id).map(|book| book.read(from, limit)).unwrap_or_default()))
    }

    fn rows<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        from: RowCursor,
    ) -> BoxFuture<'a, Result<Page, JournalError>> {
        self.ask(|world| Ok(world.books.get(id).map(|book| book.page(table, &from)).unwrap_or_default()))
    }

    fn row<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Bytes>, JournalError>> {
        self.ask(|world| Ok(world.books.get(id).and_then(|book| book.row(table, key))))
    }

    fn finish<'a>(
        &'a self,
        id: &'a JournalId,
        last: Head,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ask(|world| {
            world.book(id).finish(last, &changes);
            Ok(())
        })
    }

    fn trim<'a>(&'a self, id: &'a JournalId, before: u64) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ask(|world| {
            let changes_of = world.changes_of;
            world.book(id).trim(before, changes_of)
        })
    }

    fn cursors<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Vec<(String, Head)>, JournalError>> {
        self.ask(|world| Ok(world.books.get(id).map(Book::cursors).unwrap_or_default()))
    }

    fn set_cursor<'a>(
        &'a self,
        id: &'a JournalId,
        consumer: &'a str,
        at: Option<Head>,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ask(|world| {
            world.book(id).set_cursor(consumer, at);
            Ok(())
        })
    }

    fn journals(&self) -> BoxFuture<'_, Result<Vec<JournalId>, JournalError>> {
        self.ask(|world| {
            let written = world.books.iter().filter(|(_, book)| !book.is_empty());
            Ok(written.map(|(id, _)| id.clone()).collect())
        })
    }
}

/// Everything behind the lock.
#[derive(Debug)]
pub(super) struct World {
    changes_of: ChangesOf,
    rng: fastrand::Rng,
    books: BTreeMap<JournalId, Book>,
    pub(super) plan: Plan,
}

impl World {
    pub(super) fn lose_tail(&mut self, id: &JournalId, entries: u64) -> Result<u64, JournalError> {
        let changes_of = self.changes_of;
        self.book(id).lose_tail(entries, changes_of)
    }

    pub(super) fn fork(&mut self, id: &JournalId, lost: u64, foreign: u64) -> Result<(), JournalError> {
        self.lose_tail(id, lost)?;
        for _ in 0..foreign {
            self.write_foreign(id)?;
        }
        Ok(())
    }

    pub(super) fn write_foreign(&mut self, id: &JournalId) -> Result<(), JournalError> {
        let Some(entry_of) = self.plan.foreign.clone() else { return Ok(()) };
        let expected = self.book(id).head();
        let head = Head { version: expected.version + 1, nonce: self.rng.u64(1..) };
        let entry = entry_of(id, head);
        let changes = (self.changes_of)(&entry)?;
        // A conflict here means that an interrupted write stands above the head; then nobody gets in.
        drop(self.book(id).commit(&Batch { expected, head, entry, changes }));
        Ok(())
    }

    pub(super) fn land_all_ghosts(&mut self) -> usize {
        let ghosts = std::mem::take(&mut self.plan.ghosts);
        ghosts.into_iter().filter(|ghost| self.land(ghost)).count()
    }

    fn land(&mut self, ghost: &Ghost) -> bool {
        self.book(&ghost.id).commit(&ghost.batch).is_ok()
    }

    /// Counts a call, lands the ghosts that are due, and tells whether the store answers.
    fn arrives(&mut self) -> bool {
        for ghost in self.plan.due_ghosts() {
            self.land(&ghost);
        }
        self.plan.answers()
    }

    fn commit(&mut self, id: &JournalId, batch: Arc<Batch>) -> Result<(), CommitError> {
        let unknown = |why: &str| Err(CommitError::Unknown(why.to_owned()));
        if !self.arrives() {
            return Err(CommitError::Unavailable("the memory store is away".to_owned()));
        }
        let unfoldable = |error: JournalError| CommitError::Unavailable(error.to_string());
        match self.plan.next(&mut self.rng) {
            Fault::Pass => {}
            Fault::LostReply => {
                // Whatever came of it, the asker never hears.
                drop(self.book(id).commit(&batch));
                return unknown("reply lost");
            }
            Fault::ForeignWriter if self.plan.foreign.is_none() => return Err(CommitError::Conflict),
            Fault::ForeignWriter => self.write_foreign(id).map_err(unfoldable)?,
            Fault::Unavailable { calls } => {
                self.plan.away_calls = calls;
                return Err(CommitError::Unavailable("the memory store is away".to_owned()));
            }
            Fault::Ghost { after } => {
                self.plan.ghosts.push(Ghost { id: id.clone(), batch, after });
                return unknown("timed out");
            }
            Fault::Interrupted => {
                return self.book(id).append(&batch).and_then(|()| unknown("store died"));
            }
            Fault::LostTail { entries } => {
                self.lose_tail(id, entries).map_err(unfoldable)?;
            }
            Fault::Fork { lost, foreign } => self.fork(id, lost, foreign).map_err(unfoldable)?,
        }
        self.book(id).commit(&batch)
    }

    fn book(&mut self, id: &JournalId) -> &mut Book {
        self.books.entry(id.clone()).or_default()
    }
}

fn away() -> JournalError {
    JournalError::Unavailable("the memory store is away".to_owned())
}
