//! The five beats without a framework.

use std::collections::VecDeque;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::load::Loaded;
use super::recovery::Recovery;
use super::slow::{self, Times};
use super::watch::Watch;
use crate::actor::directory::Note;
use crate::actor::fault::Fault;
use crate::actor::logical::LogicalClock;
use crate::domain::machine::{Aside, Draft, Envelope, Machine, Moment, Undo};
use crate::domain::time::{Clock, Timestamp};
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Batch, Change, CommitError, Head, Journal, JournalError, JournalId, Ring, Table};
use crate::telemetry::ActorMeter;

/// What is asked, and where the answer goes.
pub struct Ask<M: Machine> {
    /// Who asks.
    pub envelope: Envelope,
    /// For what.
    pub command: M::Command,
    /// When it was asked.
    pub asked: Instant,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Result<M::Answer, Fault>>,
}

impl<M: Machine> fmt::Debug for Ask<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("envelope", &self.envelope).field("command", &self.command).finish()
    }
}

/// What bounds an actor.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Commands queued and in flight at most; more are told `busy`.
    pub queue: usize,
    /// Commands decided in one batch at most.
    pub batch_commands: usize,
    /// Rows changed by one batch at most, about: a store writes them in one step that blocks others.
    pub batch_rows: usize,
    /// Batches in flight at most.
    pub in_flight: usize,
    /// Bytes of acknowledged batches kept to repair a store.
    pub ring_bytes: usize,
}

/// What is seen of an actor from outside.
#[derive(Debug)]
pub struct Stats {
    /// Rounds handled; stands still when the actor hangs.
    pub beats: AtomicU64,
    /// Whether its journal was given up, so that only an operator helps.
    pub lost: AtomicBool,
    /// Its meters.
    pub meter: ActorMeter,
}

/// What a core is made of.
pub struct Parts<M: Recorded> {
    /// Its journal's name.
    pub id: JournalId,
    /// Where its journal is.
    pub journal: Arc<dyn Journal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What bounds it.
    pub limits: Limits,
    /// Where commits and resyncs run.
    pub io: Handle,
    /// Makes an empty machine.
    pub fresh: Arc<dyn Fn() -> M + Send + Sync>,
    /// Its figures.
    pub stats: Arc<Stats>,
    /// Where a journal that is given up leaves what memory knew.
    pub rescue: PathBuf,
    /// Told every confirmed head.
    pub note: Note,
    /// No hold expires before this time.
    pub expire_from: Timestamp,
}

impl<M: Recorded> fmt::Debug for Parts<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("id", &self.id).field("limits", &self.limits).finish_non_exhaustive()
    }
}

pub(super) struct Waiting<M: Machine> {
    pub(super) ask: Ask<M>,
    /// An earlier decision of this command may still be written by somebody.
    pub(super) uncertain: bool,
    /// What to record where it is refused.
    pub(super) refused: Option<M::Command>,
}

pub(super) type Told<M> = (Waiting<M>, Result<<M as Machine>::Answer, Fault>);

pub(super) struct Flight<M: Recorded> {
    pub(super) batch: Arc<Batch>,
    pub(super) at: Timestamp,
    pub(super) rows: Vec<M::Row>,
    pub(super) facts: Vec<(Option<usize>, M::Fact)>,
    pub(super) undo: Undo<M>,
    pub(super) told: Vec<Told<M>>,
    pub(super) outcome: Option<Result<(), CommitError>>,
    pub(super) times: Times,
}

pub(super) enum Event<M> {
    Committed { head: Head, result: Result<(), CommitError> },
    Recovered { ring: Ring, result: Result<Recovery<M>, JournalError> },
    Away(String),
}

const STOPPING: &str = "the daemon is stopping";

pub(super) enum Phase {
    Running,
    /// A commit failed; nothing is decided until the journal was read again.
    Failed,
    Recovering,
    Lost(String),
    Stopped,
}

/// One machine on one journal.
pub struct Core<M: Recorded> {
    pub(super) parts: Parts<M>,
    pub(super) machine: M,
    pub(super) clock: LogicalClock,
    pub(super) watch: Box<dyn Watch<M>>,
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
    pub(super) ring: Ring,
    pub(super) rng: fastrand::Rng,
    pub(super) confirmed: Head,
    pub(super) head: Head,
    pub(super) queue: VecDeque<Waiting<M>>,
    pub(super) in_flight: VecDeque<Flight<M>>,
    pub(super) phase: Phase,
    pub(super) away: Option<String>,
    pub(super) stopping: Option<oneshot::Sender<()>>,
    pub(super) conflicts: u32,
    pub(super) contacts: u64,
    pub(super) events: mpsc::UnboundedReceiver<Event<M>>,
    pub(super) post: mpsc::UnboundedSender<Event<M>>,
}

impl<M: Recorded> fmt::Debug for Core<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core")
            .field("id", &self.parts.id)
            .field("confirmed", &self.confirmed)
            .finish_non_exhaustive()
    }
}

impl<M: Recorded> Core<M> {
    /// A core that goes on from a loaded machine. `wake` is called from other threads when something came for it.
    pub fn new(
        parts: Parts<M>,
        loaded: Loaded<M>,
        mut watch: Box<dyn Watch<M>>,
        wake: Arc<dyn Fn() + Send + Sync>,
        rng: fastrand::Rng,
    ) -> Self {
        let (post, events) = mpsc::unbounded_channel();
        let clock = LogicalClock::new(parts.clock.clone(), loaded.at);
        watch.loaded(&loaded.machine, loaded.head);
        (parts.note.0)(&parts.id, loaded.head);
        Self {
            clock,
            watch,
            wake,
            ring: loaded.ring,
            rng,
            confirmed: loaded.head,
            head: loaded.head,
            machine: loaded.machine,
            queue: VecDeque::new(),
            in_flight: VecDeque::new(),
            phase: Phase::Running,
            away: None,
            stopping: None,
            conflicts: 0,
            contacts: parts.journal.contacts(),
            events,
            post,
            parts,
        }
    }

    /// Beat one, gather: takes a command in, or says at once that it was not.
    pub fn gather(&mut self, mut ask: Ask<M>) {
        if !ask.envelope.timed {
            // Arrival, as this journal's clock has it: a wall clock that is set must not make every id stale.
            ask.envelope.time = self.clock.now();
        }
        let waiting = self.waiting();
        let refusal = match &self.phase {
            Phase::Lost(why) => Some(Fault::StoreLost(why.clone())),
            Phase::Stopped => Some(Fault::Unavailable(STOPPING.to_owned())),
            _ if self.stopping.is_some() => Some(Fault::Unavailable(STOPPING.to_owned())),
            _ if waiting >= self.parts.limits.queue => Some(Fault::Busy),
            Phase::Failed | Phase::Recovering => self.away.clone().map(Fault::Unavailable),
            Phase::Running => None,
        };
        match refusal {
            Some(fault) => drop(ask.reply.send(Err(fault))),
            None => self.queue.push_back(Waiting { ask, uncertain: false, refused: None }),
        }
    }

    /// How many commands are queued or in flight.
    fn waiting(&self) -> usize {
        self.in_flight.iter().fold(self.queue.len(), |sum, flight| sum.saturating_add(flight.told.len()))
    }

    /// How many commands are gathered and not yet decided.
    #[must_use]
    pub fn gathered(&self) -> usize {
        self.queue.len()
    }

    /// Does everything that can be done now: takes in outcomes, decides what is gathered and what time made due.
    pub fn pump(&mut self) {
        self.parts.stats.beats.fetch_add(1, Ordering::Relaxed);
        self.drain();
        self.look_after_reconnect();
        while matches!(self.phase, Phase::Running) && self.in_flight.len() < self.parts.limits.in_flight {
            if (self.queue.is_empty() && !self.is_due()) || !self.decide() {
                break;
            }
        }
        self.parts.stats.meter.waiting(self.waiting());
        // A recovery may bring back what must be done again; one that waits for a store that is away is not waited for.
        let recovering = matches!(self.phase, Phase::Recovering) && self.away.is_none();
        if self.queue.is_empty()
            && self.in_flight.is_empty()
            && !recovering
            && let Some(done) = self.stopping.take()
        {
            self.phase = Phase::Stopped;
            // Whoever asked for the stop may have given up waiting.
            done.send(()).unwrap_or_default();
        }
    }

    /// Takes in outcomes of commits and resyncs. Cheap where there are none.
    pub fn drain(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            match event {
                Event::Committed { head, result } => self.committed(head, result),
                Event::Recovered { ring, result } => {
                    self.ring = ring;
                    self.recovered(result);
                }
                Event::Away(why) => self.store_away(why),
            }
        }
    }

    /// Takes no more commands; tells `done` once everything taken is answered.
    pub fn stop(&mut self, done: oneshot::Sender<()>) {
        self.stopping = Some(done);
    }

    /// A store that was away may have come back without its newest entries: an idle journal looks, a busy one is told by
    /// its next commit.
    fn look_after_reconnect(&mut self) {
        let contacts = self.parts.journal.contacts();
        if contacts != self.contacts && matches!(self.phase, Phase::Running) && self.in_flight.is_empty() {
            self.contacts = contacts;
            self.start_recovery("reconnect");
        }
    }

    fn is_due(&self) -> bool {
        let due = self.machine.due().map(|due| due.max(self.parts.expire_from));
        due.is_some_and(|due| due <= self.clock.now()) && self.in_flight.is_empty()
    }

    /// Beats two and three, decide and commit. False where there was nothing to do.
    fn decide(&mut self) -> bool {
        let version = self.head.version.saturating_add(1);
        let (now, begun) = (self.clock.now(), Instant::now());
        let moment = Moment { now, version, may_expire: now >= self.parts.expire_from };
        let limits = self.parts.limits;
        let mut draft = Draft::default();
        self.machine.upkeep(&moment, limits.batch_commands, &mut draft);
        let mut told = Vec::with_capacity(self.queue.len().min(limits.batch_commands));
        while told.len() < limits.batch_commands && draft.rows_len() < limits.batch_rows {
            let Some(waiting) = self.queue.pop_front() else { break };
            if waiting.ask.reply.is_closed() && !waiting.uncertain && waiting.refused.is_none() {
                continue;
            }
            let mut answer =
                draft.decide(&mut self.machine, &moment, &waiting.ask.envelope, &waiting.ask.command);
            if let (Err(refusal), Some(instead)) = (&answer, &waiting.refused) {
                tracing::error!(journal = %self.parts.id, id = %waiting.ask.envelope.id, %refusal, "oversold: a claim lost by the store can't be claimed again");
                answer = draft.decide(&mut self.machine, &moment, &waiting.ask.envelope, instead);
            }
            told.push((waiting, answer.map_err(Fault::from)));
        }
        if draft.is_empty() {
            let some = !told.is_empty();
            match self.in_flight.back_mut() {
                Some(flight) => flight.told.extend(told),
                None => self.tell(told, Times { begun, sent: Instant::now() }),
            }
            return some;
        }
        let closed = draft.close(&self.machine);
        let entry = Entry::<M> { at: now, causes: closed.causes, facts: closed.facts, rows: closed.rows };
        let head = Head { version, nonce: self.rng.u64(..) };
        let mut changes = entry.changes();
        changes.extend(closed.asides.into_iter().map(beside));
        let batch = Batch { expected: self.head, head, entry: entry.encode(), changes };
        let Entry { rows, facts, .. } = entry;
        self.commit(Flight {
            batch: Arc::new(batch),
            at: now,
            rows,
            facts,
            undo: closed.undo,
            told,
            outcome: None,
            times: Times { begun, sent: Instant::now() },
        });
        true
    }

    fn commit(&mut self, flight: Flight<M>) {
        let head = flight.batch.head;
        // Called here, in order; only the answer is awaited elsewhere.
        let commit = self.parts.journal.commit(&self.parts.id, flight.batch.clone());
        let (post, wake) = (self.post.clone(), self.wake.clone());
        self.parts.io.spawn(async move {
            let result = commit.await;
            if post.send(Event::Committed { head, result }).is_ok() {
                wake();
            }
        });
        self.head = head;
        self.in_flight.push_back(flight);
    }

    fn committed(&mut self, head: Head, result: Result<(), CommitError>) {
        if result.is_err() && matches!(self.phase, Phase::Running) {
            self.phase = Phase::Failed;
        }
        if let Some(flight) = self.in_flight.iter_mut().find(|flight| flight.batch.head == head) {
            flight.outcome = Some(result);
        }
        while let Some(flight) = self.in_flight.pop_front() {
            match flight.outcome {
                Some(Ok(())) => self.confirm(flight),
                Some(Err(_)) | None => {
                    self.in_flight.push_front(flight);
                    break;
                }
            }
        }
        let all_known = self.in_flight.iter().all(|flight| flight.outcome.is_some());
        if matches!(self.phase, Phase::Failed) && all_known {
            self.take_back();
        }
    }

    /// Beats four and five, apply and tell. The rows stand in the machine already; now others may see them.
    fn confirm(&mut self, flight: Flight<M>) {
        self.stand_at(flight.batch.head);
        self.conflicts = 0;
        self.ring.push(flight.batch);
        self.machine.settle(&flight.rows, self.confirmed.version);
        self.watch.confirmed(&self.machine, &flight.rows, &flight.facts, self.confirmed, flight.at);
        let now = self.parts.clock.wall().as_millis();
        self.parts.stats.meter.committed(now, flight.times.sent.elapsed(), flight.told.len());
        self.tell(flight.told, flight.times);
    }

    fn tell(&self, told: Vec<Told<M>>, times: Times) {
        slow::look(&self.parts, &told, times);
        for (waiting, answer) in told {
            // The asker may have gone; its command has been decided all the same.
            drop(waiting.ask.reply.send(answer));
        }
    }
}

fn beside(aside: Aside) -> Change {
    let value = aside.value.map(Bytes::from);
    Change { table: Table::Contacts, key: Bytes::from(aside.key), value }
}
