//! The machine's clocks; the only place that reads them.

use rustix::time::{ClockId, clock_gettime};

use crate::domain::time::{Clock, Timestamp};

/// The wall clock and boottime of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(millis(ClockId::Realtime))
    }

    fn boottime(&self) -> i64 {
        millis(ClockId::Boottime)
    }
}

fn millis(clock: ClockId) -> i64 {
    let now = clock_gettime(clock);
    now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000)
}
