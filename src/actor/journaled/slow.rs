//! Tells of commands that took longer than an operator wants: which part of the way took how long, never what they said.

use tokio::time::Instant;

use super::core::{Parts, Told};
use crate::journal::record::Recorded;

/// When a batch was where.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// Deciding began.
    pub(super) begun: Instant,
    /// It was handed to the store; where it changed nothing, when it was decided.
    pub(super) sent: Instant,
}

/// Looks at the commands of a batch that are about to be answered. One line at most for all of them: a store that hangs
/// makes thousands slow at once, and the log must not be what is slow next.
pub(super) fn look<M: Recorded>(parts: &Parts<M>, told: &[Told<M>], times: Times) {
    let Some(limit) = parts.stats.meter.slow_after() else { return };
    let now = Instant::now();
    let oldest = told.iter().map(|(waiting, _)| &waiting.ask).min_by_key(|ask| ask.asked);
    let Some(oldest) = oldest.filter(|ask| now.duration_since(ask.asked) >= limit) else { return };
    let slow = told.iter().filter(|(waiting, _)| now.duration_since(waiting.ask.asked) >= limit).count();
    parts.stats.meter.slow(slow);
    let millis = |from: Instant, to: Instant| {
        u64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(u64::MAX)
    };
    tracing::warn!(
        actor = %parts.id,
        verb = M::name(&oldest.command),
        total_ms = millis(oldest.asked, now),
        queued_ms = millis(oldest.asked, times.begun),
        decide_ms = millis(times.begun, times.sent),
        commit_ms = millis(times.sent, now),
        commands = slow,
        "slow command"
    );
}
