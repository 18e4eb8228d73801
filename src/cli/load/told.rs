//! What a run says about its readers.

use std::fmt;

use serde::Serialize;

use super::args::LoadArgs;
use super::burst::Rounds;
use super::gallery::{Crowd, Gallery};
use super::report::Latency;

/// Everything readers saw inside the measured window. Staleness and deliveries of the window are followed to their end.
#[derive(Debug, Serialize)]
pub(super) struct FeedReport {
    /// Readers that keep up.
    pub(super) fast: CrowdReport,
    /// Readers that take 1 KB a second.
    pub(super) slow: CrowdReport,
    /// How old a reader's number was just before a newer one came, over all readers.
    pub(super) staleness: Latency,
    /// Connections lost and opened anew.
    pub(super) reconnects: u64,
    pub(super) burst: Option<BurstReport>,
    /// Readers that never came to show the daemon's number after the end.
    pub(super) behind: usize,
}

/// What readers of one kind saw.
#[derive(Debug, Serialize)]
pub(super) struct CrowdReport {
    pub(super) readers: usize,
    /// Frames of changes; snapshots and checksums are not counted.
    pub(super) frames: u64,
    pub(super) frames_per_s: f64,
    pub(super) frames_per_daemon_cpu_s: Option<f64>,
    pub(super) items: u64,
    pub(super) items_per_s: f64,
    pub(super) items_per_daemon_cpu_s: Option<f64>,
    /// Bytes of the frames' texts.
    pub(super) bytes: u64,
    pub(super) conflated: u64,
    pub(super) staleness: Latency,
    /// From just before a command is sent until a reader has the frame that shows it; only where a rate is given.
    pub(super) delivery: Option<Latency>,
}

/// What bursts reached.
#[derive(Debug, Serialize)]
pub(super) struct BurstReport {
    pub(super) size: usize,
    pub(super) rounds: u64,
    /// From just before the first command until the last reader shows the last change.
    pub(super) round: Latency,
    /// Changes times readers.
    pub(super) deliveries: u64,
    pub(super) deliveries_per_s: f64,
    pub(super) deliveries_per_daemon_cpu_s: Option<f64>,
}

/// What everything is divided by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) seconds: f64,
    pub(super) daemon_cpu_s: Option<f64>,
}

impl Measured {
    fn per_s(self, count: u64) -> f64 {
        count as f64 / self.seconds.max(f64::MIN_POSITIVE)
    }

    fn per_cpu_s(self, count: u64) -> Option<f64> {
        self.daemon_cpu_s.filter(|seconds| *seconds > 0.0).map(|seconds| count as f64 / seconds)
    }
}

impl FeedReport {
    pub(super) fn new(
        args: &LoadArgs,
        gallery: &Gallery,
        rounds: Option<&Rounds>,
        behind: usize,
        measured: Measured,
    ) -> Self {
        let seen = gallery.seen();
        let mut all = seen.fast.stale_us.clone();
        all += &seen.slow.stale_us;
        let timed = args.rate.is_some();
        let burst = args.burst.zip(rounds).map(|(size, rounds)| {
            let each = u64::try_from(size.saturating_mul(args.subscribers)).unwrap_or(u64::MAX);
            let deliveries = rounds.count.saturating_mul(each);
            BurstReport {
                size,
                rounds: rounds.count,
                round: (&rounds.round_us).into(),
                deliveries,
                deliveries_per_s: Measured { seconds: rounds.seconds, ..measured }.per_s(deliveries),
                deliveries_per_daemon_cpu_s: measured.per_cpu_s(deliveries),
            }
        });
        Self {
            fast: CrowdReport::new(args.subscribers, &seen.fast, timed, measured),
            slow: CrowdReport::new(args.slow_subscribers, &seen.slow, timed, measured),
            staleness: (&all).into(),
            reconnects: seen.reconnects,
            burst,
            behind,
        }
    }
}

impl CrowdReport {
    fn new(readers: usize, crowd: &Crowd, timed: bool, measured: Measured) -> Self {
        Self {
            readers,
            frames: crowd.frames,
            frames_per_s: measured.per_s(crowd.frames),
            frames_per_daemon_cpu_s: measured.per_cpu_s(crowd.frames),
            items: crowd.items,
            items_per_s: measured.per_s(crowd.items),
            items_per_daemon_cpu_s: measured.per_cpu_s(crowd.items),
            bytes: crowd.bytes,
            conflated: crowd.conflated,
            staleness: (&crowd.stale_us).into(),
            delivery: timed.then(|| (&crowd.delivery_us).into()),
        }
    }
}

/// A figure that may not have been asked for.
fn per_cpu(figure: Option<f64>) -> String {
    figure.map_or_else(String::new, |figure| format!(" ({figure:.0} per daemon CPU second)"))
}

impl fmt::Display for FeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, crowd) in [("readers", &self.fast), ("slow", &self.slow)] {
            if crowd.readers > 0 {
                crowd.write(name, f)?;
            }
        }
        if self.fast.readers > 0 && self.slow.readers > 0 {
            writeln!(f, "  staleness   {} over all readers", self.staleness)?;
        }
        if let Some(burst) = &self.burst {
            let BurstReport { size, rounds, round, deliveries_per_s, .. } = burst;
            writeln!(f, "  bursts      {rounds} of {size}, each until all have it: {round}")?;
            let per_cpu = per_cpu(burst.deliveries_per_daemon_cpu_s);
            writeln!(f, "  deliveries  {deliveries_per_s:.0}/s{per_cpu}")?;
        }
        writeln!(f, "  at the end  {} readers behind, {} reconnects", self.behind, self.reconnects)
    }
}

impl CrowdReport {
    fn write(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { readers, frames_per_s, items_per_s, bytes, conflated, .. } = self;
        let per = per_cpu(self.frames_per_daemon_cpu_s);
        writeln!(f, "  {name:<11} {readers}: {frames_per_s:.0} frames/s{per}")?;
        let per = per_cpu(self.items_per_daemon_cpu_s);
        writeln!(f, "  {:<11} {items_per_s:.0} items/s{per}, {bytes} bytes, {conflated} conflated", "")?;
        writeln!(f, "  {:<11} stale {}", "", self.staleness)?;
        match &self.delivery {
            Some(delivery) => writeln!(f, "  {:<11} sent to shown {delivery}", ""),
            None => Ok(()),
        }
    }
}
