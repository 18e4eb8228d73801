//! `[limits]`: what keeps the daemon's memory and answers bounded.

use serde::Serialize;

use super::reader::Table;

/// Every bound of the core. Seconds, hours and days as the names say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Limits {
    /// Commands one warehouse or channel may have queued or in flight; one more is answered `busy`, surely not done.
    pub queue_commands: u64,
    /// Commands decided and written together; a larger batch costs less per command and answers later.
    pub batch_commands: u64,
    /// Batches of one journal under way to the store at once.
    pub commits_in_flight: u64,
    /// Command ids of each class remembered per warehouse; beyond that the oldest are forgotten and older commands are stale.
    pub ids: u64,
    /// Milliseconds a command may take before its asker is told `outcome_unknown` or `busy`.
    pub command_timeout_ms: u64,
    /// Longest life of a reservation from its creation, extensions included.
    pub max_hold_s: u64,
    /// Life of a reservation that asks for none.
    pub default_ttl_s: u64,
    /// After a start or a repair nothing expires for so long, so that customers can come back first.
    pub restart_grace_s: u64,
    /// How long a reservation's command id answers as it did first, and an ended reservation stays readable.
    pub hold_window_s: u64,
    /// How long a physical movement's command id answers as it did first.
    pub movement_window_days: u64,
    /// How old a count may be, and how long movements are kept to set it right.
    pub count_horizon_h: u64,
    /// Lines one request may carry.
    pub lines_per_request: u64,
    /// SKUs whose refused demand is counted per channel and hour; demand for others is counted as one.
    pub refused_demand_skus: u64,
}

impl Limits {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            queue_commands: table.whole("queue_commands", 16_384, 1..=1_048_576),
            batch_commands: table.whole("batch_commands", 256, 1..=4_096),
            commits_in_flight: table.whole("commits_in_flight", 4, 1..=64),
            ids: table.whole("ids", 2_000_000, 1_000..=100_000_000),
            command_timeout_ms: table.whole("command_timeout_ms", 5_000, 100..=120_000),
            max_hold_s: table.whole("max_hold_s", 7_200, 1..=2_592_000),
            default_ttl_s: table.whole("default_ttl_s", 900, 1..=2_592_000),
            restart_grace_s: table.whole("restart_grace_s", 60, 0..=3_600),
            hold_window_s: table.whole("hold_window_s", 900, 900..=86_400),
            movement_window_days: table.whole("movement_window_days", 7, 7..=90),
            count_horizon_h: table.whole("count_horizon_h", 48, 1..=336),
            lines_per_request: table.whole("lines_per_request", 10_000, 1..=10_000),
            refused_demand_skus: table.whole("refused_demand_skus", 10_000, 0..=1_000_000),
        }
    }
}
