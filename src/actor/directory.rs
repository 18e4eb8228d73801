//! Starts every actor from its journal, watches over it, and stops it.
//!
//! actix does not restart an actor whose handler panicked, and does not say so: the mailbox just closes. The guardian
//! here nudges each actor in short intervals (that is also how time reaches an idle actor), notices a dead or stuck
//! one, loads its machine from the journal again and redirects its mailbox. Too many deaths end the process: whatever
//! kills the actor is then in the journal or in every retry, and an operator must see it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, ArbiterHandle};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use super::journaled::{Journaled, Limits, Loaded, Parts, Stats, Watch, load_machine};
use super::mailbox::Mailbox;
use crate::domain::time::{Clock, Timestamp};
use crate::journal::record::Recorded;
use crate::journal::{Head, Journal, JournalError, JournalId};
use crate::telemetry::Metrics;

/// How often time is told to an actor, and its life is checked.
const NUDGE_EVERY: Duration = Duration::from_millis(100);
/// Nudges without a beat after which an actor counts as stuck.
const STUCK_AFTER: u32 = 100;
/// Deaths of one actor within [`DEATHS_WITHIN`] nudges that end the process.
const DEATHS_MAX: u32 = 5;
/// About a minute.
const DEATHS_WITHIN: u64 = 600;

/// What all actors are started with.
#[derive(Debug, Clone)]
pub struct Ground {
    /// Where the journals are.
    pub journal: Arc<dyn Journal>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What bounds each actor.
    pub limits: Limits,
    /// How long an asker waits.
    pub deadline: Duration,
    /// How long after the start nothing expires, in milliseconds.
    pub grace_ms: i64,
    /// Where commits, loads and guardians run.
    pub io: Handle,
    /// Threads for actors; where there are none, all live on the thread that starts them.
    pub arbiters: Vec<ArbiterHandle>,
    /// Where a journal that is given up leaves what memory knew.
    pub rescue: PathBuf,
    /// Told every confirmed head.
    pub note: Note,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Seeds the nonces.
    pub seed: u64,
    /// Told when an actor can't be kept alive.
    pub failed: CancellationToken,
    /// Told when the guardians shall rest.
    pub stopping: CancellationToken,
}

/// Is told every confirmed head of every journal; on the actors' threads, so it must be quick.
#[derive(Clone)]
pub struct Note(pub Arc<NoteHead>);

/// Takes a confirmed head.
pub type NoteHead = dyn Fn(&JournalId, Head) + Send + Sync;

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Note")
    }
}

/// Makes a watch for each life of an actor.
pub type MakeWatch<M> = Arc<dyn Fn() -> Box<dyn Watch<M>> + Send + Sync>;
/// Makes an empty machine.
pub type Fresh<M> = Arc<dyn Fn() -> M + Send + Sync>;

/// One actor's life, seen from outside.
#[derive(Debug)]
pub struct Life {
    /// Its journal.
    pub id: JournalId,
    /// Its figures.
    pub stats: Arc<Stats>,
    /// How often it was rebuilt.
    pub restarts: AtomicU64,
}

impl Life {
    /// How often it has shown that it goes on: about ten times a second. While its journal is loaded again, its guardian
    /// beats for it.
    #[must_use]
    pub fn beats(&self) -> u64 {
        self.stats.beats.load(Ordering::Relaxed)
    }

    fn beat(&self) {
        self.stats.beats.fetch_add(1, Ordering::Relaxed);
    }
}

struct Kept<M: Recorded> {
    ground: Ground,
    life: Arc<Life>,
    fresh: Fresh<M>,
    watch: MakeWatch<M>,
    place: usize,
}

impl Ground {
    /// Loads a machine and starts its actor, with a guardian.
    ///
    /// # Errors
    /// As the store gives them.
    pub async fn start<M: Recorded + Sync>(
        &self,
        id: JournalId,
        place: usize,
        fresh: Fresh<M>,
        watch: MakeWatch<M>,
    ) -> Result<(Mailbox<M>, Arc<Life>), JournalError> {
        let meter = self.metrics.actor(&id.to_string());
        let stats = Stats { beats: AtomicU64::new(0), lost: AtomicBool::new(false), meter };
        let life = Arc::new(Life { id, stats: Arc::new(stats), restarts: AtomicU64::new(0) });
        let mut ground = self.clone();
        if ground.arbiters.is_empty() {
            // A guardian rebuilds from a task of its own, where an actor can't be started directly.
            ground.arbiters.push(Arbiter::current());
        }
        let kept = Kept { ground, life: life.clone(), fresh, watch, place };
        let loaded = kept.load().await?;
        tracing::info!(journal = %life.id, head = %loaded.head, "loaded");
        let expire_from = self.clock.wall().max(loaded.at).plus(self.grace_ms);
        let address = kept.spawn(loaded, expire_from);
        let mailbox = Mailbox::new(address, self.deadline, self.metrics.clone());
        mailbox.begun().await;
        let guarded = mailbox.clone();
        self.io.spawn(async move { kept.guard(guarded, expire_from).await });
        Ok((mailbox, life))
    }
}

impl<M: Recorded + Sync> Kept<M> {
    async fn load(&self) -> Result<Loaded<M>, JournalError> {
        let ring_bytes = self.ground.limits.ring_bytes;
        load_machine(self.ground.journal.as_ref(), &self.life.id, self.fresh.as_ref(), ring_bytes).await
    }

    fn spawn(&self, loaded: Loaded<M>, expire_from: Timestamp) -> Addr<Journaled<M>> {
        let ground = &self.ground;
        let parts = Parts {
            id: self.life.id.clone(),
            journal: ground.journal.clone(),
            clock: ground.clock.clone(),
            limits: ground.limits,
            io: ground.io.clone(),
            fresh: self.fresh.clone(),
            stats: self.life.stats.clone(),
            note: ground.note.clone(),
            rescue: ground.rescue.clone(),
            expire_from,
        };
        let lives = self.life.restarts.load(Ordering::Relaxed);
        let seed = ground.seed ^ ((self.place as u64) << 32) ^ lives;
        let actor = Journaled::new(parts, loaded, (self.watch)(), fastrand::Rng::with_seed(seed));
        let at = self.place.checked_rem(ground.arbiters.len()).and_then(|at| ground.arbiters.get(at));
        match at {
            Some(arbiter) => Journaled::start_in_arbiter(arbiter, move |_| actor),
            None => actor.start(),
        }
    }

    async fn guard(self, mailbox: Mailbox<M>, expire_from: Timestamp) {
        let mut tick = tokio::time::interval(NUDGE_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut beats, mut still, mut round) = (0, 0_u32, 0_u64);
        let mut deaths = std::collections::VecDeque::new();
        loop {
            tokio::select! {
                biased;
                () = self.ground.stopping.cancelled() => return,
                _ = tick.tick() => {}
            }
            round = round.saturating_add(1);
            let alive = mailbox.nudge();
            let now = self.life.beats();
            still = if now == beats { still.saturating_add(1) } else { 0 };
            beats = now;
            if alive && still < STUCK_AFTER {
                continue;
            }
            tracing::error!(journal = %self.life.id, alive, "an actor died or hangs; it is rebuilt from its journal");
            self.life.restarts.fetch_add(1, Ordering::Relaxed);
            self.life.stats.meter.restarted();
            deaths.push_back(round);
            deaths.retain(|death| death.saturating_add(DEATHS_WITHIN) > round);
            if deaths.len() > DEATHS_MAX as usize || !self.rebuild(&mailbox, expire_from).await {
                tracing::error!(journal = %self.life.id, "an actor can't be kept alive; the process ends");
                self.ground.failed.cancel();
                return;
            }
            still = 0;
        }
    }

    /// Loads, and beats for the actor meanwhile: it waits for the store, and nothing else would help.
    async fn load_beating(&self) -> Result<Loaded<M>, JournalError> {
        let mut loading = std::pin::pin!(self.load());
        loop {
            tokio::select! {
                loaded = loading.as_mut() => return loaded,
                () = tokio::time::sleep(NUDGE_EVERY) => self.life.beat(),
            }
        }
    }

    /// A rebuild begins no new grace, and does not end the one of the start.
    async fn rebuild(&self, mailbox: &Mailbox<M>, expire_from: Timestamp) -> bool {
        loop {
            match self.load_beating().await {
                Ok(loaded) => {
                    mailbox.redirect(self.spawn(loaded, expire_from));
                    return true;
                }
                Err(JournalError::Unavailable(why)) => {
                    tracing::warn!(journal = %self.life.id, %why, "waiting for the store to rebuild an actor");
                    self.life.beat();
                    tokio::select! {
                        () = self.ground.stopping.cancelled() => return true,
                        () = tokio::time::sleep(NUDGE_EVERY) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(journal = %self.life.id, %error, "an actor can't be rebuilt");
                    return false;
                }
            }
        }
    }
}
