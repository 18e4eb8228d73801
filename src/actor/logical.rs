//! Logical time of one journal: never before its last entry, and moving with boottime, whatever the wall clock does.

use std::sync::Arc;

use crate::domain::time::{Clock, Timestamp};

/// Time as a journal's decisions see it.
#[derive(Debug)]
pub struct LogicalClock {
    clock: Arc<dyn Clock>,
    base: Timestamp,
    boottime: i64,
}

impl LogicalClock {
    /// Begins at the wall clock's time, or at the last entry's where that is later.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, last_entry: Timestamp) -> Self {
        let base = clock.wall().max(last_entry);
        let boottime = clock.boottime();
        Self { clock, base, boottime }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.base.plus(self.clock.boottime().saturating_sub(self.boottime))
    }

    /// Moves on to the time of an entry somebody else wrote, where that is later.
    pub fn lift(&mut self, entry: Timestamp) {
        let behind = entry.since(self.now());
        if behind > 0 {
            self.base = self.base.plus(behind);
        }
    }
}
