//! When a commit was not confirmed: everything unconfirmed is taken back, the journal says where it stands, and what
//! waited is decided again or told.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use super::core::{Ask, Core, Event, Phase, Waiting};
use super::load::Loaded;
use super::recovery::{Recovering, Recovery, recover};
use super::rescue;
use crate::actor::fault::Fault;
use crate::domain::machine::Redo;
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Batch, CommitError, Head, JournalError, Ring, StoredEntry};

impl<M: Recorded> Core<M> {
    /// Takes every unconfirmed batch back, newest first, and asks the journal where it stands.
    pub(super) fn take_back(&mut self) {
        let mut surely_not_done = true;
        let mut conflict = false;
        let mut back = Vec::new();
        while let Some(flight) = self.in_flight.pop_back() {
            flight.undo.undo(&mut self.machine);
            match &flight.outcome {
                Some(Err(CommitError::Unavailable(why))) => self.away = Some(why.clone()),
                Some(Err(CommitError::Conflict)) => conflict = true,
                Some(Err(CommitError::Unknown(_)) | Ok(())) | None => surely_not_done = false,
            }
            self.ring.doubt(flight.batch);
            back.push(flight.told);
        }
        // A conflict behind an unavailable store is only the broken chain; alone it is another writer, or a lost reply.
        surely_not_done &= self.away.is_some();
        if conflict && self.away.is_none() {
            self.conflicts = self.conflicts.saturating_add(1);
        }
        for (mut waiting, _) in back.into_iter().flat_map(|told| told.into_iter().rev()) {
            if surely_not_done && !waiting.uncertain && waiting.refused.is_none() {
                let why = self.away.clone().unwrap_or_default();
                drop(waiting.ask.reply.send(Err(Fault::Unavailable(why))));
            } else {
                waiting.uncertain |= !surely_not_done;
                self.queue.push_front(waiting);
            }
        }
        self.head = self.confirmed;
        self.start_recovery(if conflict && self.away.is_none() {
            "conflict"
        } else if surely_not_done {
            "unavailable"
        } else {
            "unknown_outcome"
        });
    }

    pub(super) fn start_recovery(&mut self, cause: &'static str) {
        self.phase = Phase::Recovering;
        self.parts.stats.meter.resynced(cause);
        let ring = std::mem::replace(&mut self.ring, Ring::new(0));
        let (post, wake) = (self.post.clone(), self.wake.clone());
        let (tell, nudge) = (self.post.clone(), self.wake.clone());
        let work = Recovering {
            journal: self.parts.journal.clone(),
            id: self.parts.id.clone(),
            confirmed: self.confirmed,
            fresh: self.parts.fresh.clone(),
            ring_bytes: self.parts.limits.ring_bytes,
            conflicts: self.conflicts,
            away: Box::new(move |why| {
                if tell.send(Event::Away(why.to_owned())).is_ok() {
                    nudge();
                }
            }),
        };
        self.parts.io.spawn(async move {
            let result = recover(work, &ring).await;
            if post.send(Event::Recovered { ring, result }).is_ok() {
                wake();
            }
        });
    }

    pub(super) fn store_away(&mut self, why: String) {
        if self.away.is_none() {
            tracing::warn!(journal = %self.parts.id, %why, "the store is away");
        }
        // What was never decided is surely not done; what was is answered when the store is back, or by its deadline.
        let (keep, answer): (Vec<_>, Vec<_>) =
            self.queue.drain(..).partition(|waiting| waiting.uncertain || waiting.refused.is_some());
        self.queue.extend(keep);
        for waiting in answer {
            drop(waiting.ask.reply.send(Err(Fault::Unavailable(why.clone()))));
        }
        self.away = Some(why);
    }

    pub(super) fn recovered(&mut self, result: Result<Recovery<M>, JournalError>) {
        // A stopped one stays so: it had nothing left to decide.
        if !matches!(self.phase, Phase::Stopped) {
            self.phase = Phase::Running;
        }
        self.away = None;
        match result {
            Ok(Recovery::Entries(entries)) => {
                for stored in entries {
                    if let Err(error) = self.adopt(&stored) {
                        return self.lose(error.to_string());
                    }
                }
            }
            Ok(Recovery::Repaired(appended)) => {
                self.parts.stats.meter.lost_tail();
                tracing::error!(journal = %self.parts.id, appended, "the store had lost its newest entries; they were appended again");
            }
            Ok(Recovery::Reloaded(loaded)) => {
                self.stand_on(loaded);
            }
            Ok(Recovery::Forked { loaded, lost_from, lost_to, lost }) => {
                self.parts.stats.meter.lost_tail();
                self.stand_on(loaded);
                self.redo(&lost, (lost_from, lost_to));
            }
            Err(error) => self.lose(error.to_string()),
        }
        self.head = self.confirmed;
    }

    /// Takes over an entry found in the log, ours or another writer's.
    fn adopt(&mut self, stored: &StoredEntry) -> Result<(), JournalError> {
        let entry = Entry::<M>::decode(&stored.entry)?;
        self.clock.lift(entry.at);
        let batch = self.ring.doubtful(stored.head).cloned().unwrap_or_else(|| {
            let (expected, head, changes) = (self.confirmed, stored.head, entry.changes());
            Arc::new(Batch { expected, head, entry: stored.entry.clone(), changes })
        });
        self.ring.push(batch);
        for row in &entry.rows {
            self.machine.put(row.clone());
        }
        self.stand_at(stored.head);
        self.machine.settle(&entry.rows, stored.head.version);
        self.watch.confirmed(&self.machine, &entry.rows, &entry.facts, self.confirmed, entry.at);
        Ok(())
    }

    pub(super) fn stand_at(&mut self, head: Head) {
        self.confirmed = head;
        (self.parts.note.0)(&self.parts.id, head);
    }

    fn stand_on(&mut self, loaded: Loaded<M>) {
        self.machine = loaded.machine;
        self.ring = loaded.ring;
        self.stand_at(loaded.head);
        self.clock.lift(loaded.at);
        self.watch.loaded(&self.machine, self.confirmed);
    }

    /// Queues what must be done after a loss, before everything else.
    fn redo(&mut self, lost: &[StoredEntry], versions: (u64, u64)) {
        tracing::error!(
            journal = %self.parts.id,
            lost_from = versions.0,
            lost_to = versions.1,
            "the store went on with another history; lost claims are claimed again, compare other changes of these versions by hand"
        );
        let mut rows = Vec::new();
        for stored in lost {
            match Entry::<M>::decode(&stored.entry) {
                Ok(entry) => rows.extend(entry.rows),
                Err(error) => return self.lose(error.to_string()),
            }
        }
        for Redo { envelope, command, refused } in
            self.machine.after_loss(&rows, versions, self.clock.now()).into_iter().rev()
        {
            let (reply, _) = oneshot::channel();
            self.queue.push_front(Waiting {
                ask: Ask { envelope, command, asked: tokio::time::Instant::now(), reply },
                uncertain: true,
                refused,
            });
        }
    }

    /// Gives up: nothing more is decided, everybody is told why, and what memory knew goes to the rescue folder.
    fn lose(&mut self, why: String) {
        self.parts.stats.meter.lost_tail();
        self.parts.stats.lost.store(true, Ordering::Relaxed);
        let (folder, id, ring) = (self.parts.rescue.clone(), self.parts.id.clone(), &self.ring);
        let rescued = rescue::text::<M>(&id, ring, &self.machine);
        tracing::error!(journal = %id, %why, folder = %folder.display(), "the journal can't go on without an operator");
        self.parts.io.spawn_blocking(move || rescue::write(&folder, &id, &rescued));
        for waiting in self.queue.drain(..) {
            drop(waiting.ask.reply.send(Err(Fault::StoreLost(why.clone()))));
        }
        self.phase = Phase::Lost(why);
    }
}
