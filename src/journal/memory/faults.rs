//! Faults of the memory store, and the handle that switches them.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::store::World;
use crate::journal::locked::Locked;
use crate::journal::{Batch, Head, JournalError, JournalId};

/// What may befall one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing: to count off commits in a script.
    Pass,
    /// The batch is written, the answer is "unknown".
    LostReply,
    /// Another writer gets in first (see [`Faults::set_foreign_writer`]), the batch meets a conflict.
    ForeignWriter,
    /// The batch is surely not written; this call and the `calls` after it, of any kind, find the store away.
    Unavailable {
        /// Further calls that fail.
        calls: u32,
    },
    /// The answer is "unknown" and the batch lands later, where its head still fits then.
    Ghost {
        /// After how many further calls of any kind it lands; `None` = when [`Faults::land_ghosts`] says so.
        after: Option<u32>,
    },
    /// The store dies inside the commit: the entry is in the log, rows and head are not; the answer is "unknown".
    Interrupted,
    /// Before the batch arrives, the newest entries are gone.
    LostTail {
        /// How many.
        entries: u64,
    },
    /// Before the batch arrives, the newest entries are gone and another writer has written instead.
    Fork {
        /// How many are gone.
        lost: u64,
        /// How many the other writer has written.
        foreign: u64,
    },
}

/// How often each fault is drawn, in commits of 1,000. All zero = none. The parameters of a drawn fault are small
/// numbers from the same seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FaultOdds {
    /// [`Fault::LostReply`].
    pub lost_reply: u32,
    /// [`Fault::ForeignWriter`].
    pub foreign_writer: u32,
    /// [`Fault::Unavailable`].
    pub unavailable: u32,
    /// [`Fault::Ghost`].
    pub ghost: u32,
    /// [`Fault::Interrupted`].
    pub interrupted: u32,
    /// [`Fault::LostTail`].
    pub lost_tail: u32,
    /// [`Fault::Fork`].
    pub fork: u32,
}

/// Switches a memory store's faults from outside, also while commits are in flight.
#[derive(Debug, Clone)]
pub struct Faults {
    pub(super) world: Arc<Locked<World>>,
}

impl Faults {
    /// Lets `faults` befall the next commits, one each, in order; before any fault by odds.
    pub fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.world.with(|world| world.plan.script.extend(faults));
    }

    /// Draws faults by these odds from now on, wherever no script is left. The default switches them off.
    pub fn set_odds(&self, odds: FaultOdds) {
        self.world.with(|world| world.plan.odds = odds);
    }

    /// Takes the store away (every call fails as unavailable) or brings it back, which counts as a new contact.
    pub fn set_away(&self, away: bool) {
        self.world.with(|world| {
            world.plan.contacts += u64::from(world.plan.away && !away);
            world.plan.away = away;
            world.plan.away_calls = 0;
        });
    }

    /// Says how another writer's entry for a new head looks. Without it a foreign writer is a conflict out of nothing.
    pub fn set_foreign_writer(&self, entry: impl Fn(&JournalId, Head) -> Bytes + Send + Sync + 'static) {
        self.world.with(|world| world.plan.foreign = Some(Arc::new(entry)));
    }

    /// Lands every ghost write now, in order, each where its head still fits. Returns how many were written.
    pub fn land_ghosts(&self) -> usize {
        self.world.with(World::land_all_ghosts)
    }

    /// Drops the newest `entries` entries of a journal and folds the rest again. Returns how many were there.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where an entry can't be folded.
    pub fn lose_tail(&self, id: &JournalId, entries: u64) -> Result<u64, JournalError> {
        self.world.with(|world| world.lose_tail(id, entries))
    }

    /// Drops the newest `lost` entries, then lets another writer write `foreign` entries.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where an entry can't be folded.
    pub fn fork(&self, id: &JournalId, lost: u64, foreign: u64) -> Result<(), JournalError> {
        self.world.with(|world| world.fork(id, lost, foreign))
    }

    /// Lets another writer write one entry on the present head.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where its entry can't be folded.
    pub fn write_foreign(&self, id: &JournalId) -> Result<(), JournalError> {
        self.world.with(|world| world.write_foreign(id))
    }
}

pub(super) type ForeignEntry = Arc<dyn Fn(&JournalId, Head) -> Bytes + Send + Sync>;

/// What is to befall the coming calls.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) script: VecDeque<Fault>,
    pub(super) odds: FaultOdds,
    pub(super) away: bool,
    pub(super) away_calls: u32,
    pub(super) contacts: u64,
    pub(super) foreign: Option<ForeignEntry>,
    pub(super) ghosts: Vec<Ghost>,
}

/// A batch on its way that will land later.
pub(super) struct Ghost {
    pub(super) id: JournalId,
    pub(super) batch: Arc<Batch>,
    pub(super) after: Option<u32>,
}

impl Plan {
    /// The fault of the next commit.
    pub(super) fn next(&mut self, rng: &mut fastrand::Rng) -> Fault {
        if let Some(fault) = self.script.pop_front() {
            return fault;
        }
        if self.odds == FaultOdds::default() {
            return Fault::Pass;
        }
        let drawn = rng.u32(0..1_000);
        let small = rng.u32(1..6);
        let choices = [
            (self.odds.lost_reply, Fault::LostReply),
            (self.odds.foreign_writer, Fault::ForeignWriter),
            (self.odds.unavailable, Fault::Unavailable { calls: small }),
            (self.odds.ghost, Fault::Ghost { after: Some(small) }),
            (self.odds.interrupted, Fault::Interrupted),
            (self.odds.lost_tail, Fault::LostTail { entries: u64::from(small) }),
            (self.odds.fork, Fault::Fork { lost: u64::from(small), foreign: u64::from(rng.u32(1..6)) }),
        ];
        let mut bound = 0;
        for (odds, fault) in choices {
            bound += odds;
            if drawn < bound {
                return fault;
            }
        }
        Fault::Pass
    }

    /// Counts one call. Whether the store answers it.
    pub(super) fn answers(&mut self) -> bool {
        let away = self.away || self.away_calls > 0;
        self.away_calls = self.away_calls.saturating_sub(1);
        !away
    }

    /// Counts one call for the ghosts and takes those that land now.
    pub(super) fn due_ghosts(&mut self) -> Vec<Ghost> {
        for ghost in &mut self.ghosts {
            ghost.after = ghost.after.map(|calls| calls.saturating_sub(1));
        }
        let (due, later) =
            std::mem::take(&mut self.ghosts).into_iter().partition(|ghost| ghost.after == Some(0));
        self.ghosts = later;
        due
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("script", &self.script).field("odds", &self.odds).finish_non_exhaustive()
    }
}
