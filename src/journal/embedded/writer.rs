//! The one thread that writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;
use redb::Database;
use tokio::sync::{mpsc, oneshot};

use super::disk::Disk;
use super::schema;
use super::transact::Tables;
use crate::journal::{Batch, Change, CommitError, Head, JournalError, JournalId};

/// Jobs one transaction takes at most, and about how many bytes: a larger one would keep its first asker waiting for
/// writes that are not his. A job above the bound still goes, alone.
const JOBS_MAX: usize = 1_024;
const BYTES_MAX: usize = 16 << 20;

/// Something to write, and who waits for it. A waiter who has gone changes nothing.
#[derive(Debug)]
pub(super) enum Job {
    Commit { id: JournalId, batch: Arc<Batch>, reply: oneshot::Sender<Result<(), CommitError>> },
    Other { id: JournalId, work: Work, reply: oneshot::Sender<Result<(), JournalError>> },
    Ping(oneshot::Sender<()>),
}

/// What isn't a commit.
#[derive(Debug)]
pub(super) enum Work {
    Finish { last: Head, changes: Vec<Change> },
    Trim { before: u64 },
    SetCursor { consumer: String, at: Option<Head> },
}

/// The open database, shared with the readers; `None` while it can't be opened again on a full disk.
pub(super) type Shared = Arc<ArcSwapOption<Database>>;

/// The writing end.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) disk: Disk,
    pub(super) cache_bytes: usize,
    pub(super) database: Shared,
    pub(super) jobs: mpsc::Receiver<Job>,
    /// Whether the disk has the word.
    pub(super) writing: Arc<AtomicBool>,
}

impl Writer {
    /// Writes until every sender is gone.
    pub(super) fn run(mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let mut group = vec![first];
            let mut bytes = group.iter().map(Job::size).sum::<usize>();
            while group.len() < JOBS_MAX && bytes < BYTES_MAX {
                let Ok(job) = self.jobs.try_recv() else { break };
                bytes += job.size();
                group.push(job);
            }
            group = group.into_iter().filter_map(Job::unless_ping).collect();
            if !group.is_empty() {
                self.writing.store(true, Ordering::Release);
                self.write(group);
                self.writing.store(false, Ordering::Release);
            }
        }
        // Closes the file before the journal's owner goes on.
        self.database.store(None);
    }

    fn write(&self, group: Vec<Job>) {
        let Some(database) = self.open() else {
            group.into_iter().for_each(Job::refuse);
            return;
        };
        let mut answers = Vec::with_capacity(group.len());
        let outcome = transact(&database, &group, &mut answers);
        drop(database);
        match outcome {
            Ok(()) => {
                self.disk.set_refusing(false);
                group.into_iter().zip(answers).for_each(|(job, answer)| job.answer(answer));
            }
            Err(error) if self.disk.take_full() => {
                tracing::error!(%error, "the disk is full; refusing what was to be written");
                self.disk.set_refusing(true);
                self.reopen(&group, &answers);
                group.into_iter().for_each(Job::refuse);
            }
            Err(error) => {
                tracing::error!(%error, "cannot write the store; ending the process before it answers anything");
                std::process::abort();
            }
        }
    }

    fn open(&self) -> Option<Arc<Database>> {
        if let Some(database) = self.database.load_full() {
            return Some(database);
        }
        match schema::open(self.disk.clone(), self.cache_bytes) {
            Ok((database, _)) => {
                let database = Arc::new(database);
                self.database.store(Some(Arc::clone(&database)));
                Some(database)
            }
            Err(error) if self.disk.take_full() => {
                tracing::error!(%error, "cannot open the store again while the disk is full");
                None
            }
            Err(error) => {
                tracing::error!(%error, "cannot open the store again; ending the process");
                std::process::abort();
            }
        }
    }

    /// After a failed write redb refuses everything until the file is opened anew. Opening shows whether the
    /// transaction got in after all; as it failed for want of space, before its last page, it can't have. Were it
    /// otherwise, saying "surely not written" would be a lie, and only a fresh start could tell the truth.
    fn reopen(&self, group: &[Job], answers: &[Result<(), CommitError>]) {
        self.database.store(None);
        let Some(database) = self.open() else { return };
        let written = group.iter().zip(answers).any(|(job, answer)| match job {
            // An unreadable head counts as the worst case.
            Job::Commit { id, batch, .. } => {
                answer.is_ok() && super::store::head(&database, id).is_none_or(|head| head == batch.head)
            }
            Job::Other { .. } | Job::Ping(_) => false,
        });
        if written {
            tracing::error!(
                "a write failed and got in all the same; ending the process before it answers anything"
            );
            std::process::abort();
        }
    }
}

impl Job {
    fn size(&self) -> usize {
        match self {
            Self::Commit { batch, .. } => batch.size(),
            Self::Other { .. } | Self::Ping(_) => 0,
        }
    }

    /// Answers a ping at once; anything else is for the disk.
    fn unless_ping(self) -> Option<Self> {
        match self {
            Self::Ping(reply) => {
                // Whoever stopped waiting has no use for it.
                reply.send(()).unwrap_or_default();
                None
            }
            Self::Commit { .. } | Self::Other { .. } => Some(self),
        }
    }

    fn answer(self, answer: Result<(), CommitError>) {
        // Whoever stopped waiting asks with a resync if it matters.
        match self {
            Self::Commit { reply, .. } => drop(reply.send(answer)),
            Self::Other { reply, .. } => {
                drop(reply.send(answer.map_err(|error| JournalError::Unavailable(error.to_string()))));
            }
            Self::Ping(reply) => drop(reply.send(())),
        }
    }

    fn refuse(self) {
        self.answer(Err(CommitError::Unavailable("the disk is full".to_owned())));
    }
}

/// All jobs in one transaction, in order; synced when it returns. `answers` holds what each is to be told once it has.
pub(super) fn transact(
    database: &Database,
    group: &[Job],
    answers: &mut Vec<Result<(), CommitError>>,
) -> Result<(), redb::Error> {
    let transaction = schema::begin_write(database)?;
    let mut tables = Tables::open(&transaction)?;
    for job in group {
        answers.push(match job {
            Job::Commit { id, batch, .. } => tables.commit(id, batch)?,
            Job::Other { id, work, .. } => {
                match work {
                    Work::Finish { last, changes } => tables.finish(id, *last, changes)?,
                    Work::Trim { before } => tables.trim(id, *before)?,
                    Work::SetCursor { consumer, at } => tables.set_cursor(id, consumer, *at)?,
                }
                Ok(())
            }
            Job::Ping(_) => Ok(()),
        });
    }
    drop(tables);
    if answers.iter().all(Result::is_err) {
        // Nothing to sync for: all met a conflict.
        transaction.abort()?;
    } else {
        transaction.commit()?;
    }
    Ok(())
}
