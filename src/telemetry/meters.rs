//! Meters that whoever counts keeps: handles of one label set, so that counting looks nothing up.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use super::labels::{CauseLabel, ChannelLabel, FactLabel};

/// A gauge with a fraction.
pub(super) type Decimal = Gauge<f64, AtomicU64>;

/// The meters of one actor.
#[derive(Debug, Clone)]
pub struct ActorMeter {
    pub(super) commit_seconds: Histogram,
    pub(super) batch_commands: Histogram,
    pub(super) queue_commands: Gauge,
    pub(super) restarts: Counter,
    pub(super) lost_tails: Counter,
    pub(super) resyncs: Family<CauseLabel, Counter>,
    pub(super) last_commit: Decimal,
    pub(super) slow: Counter,
    pub(super) slow_after_ms: Arc<AtomicU64>,
}

impl ActorMeter {
    /// A batch was confirmed: when (in milliseconds since 1970), how long after it was sent, and how many commands it
    /// answered.
    pub fn committed(&self, at_ms: i64, after: Duration, commands: usize) {
        self.last_commit.set(seconds_of(at_ms));
        self.commit_seconds.observe(after.as_secs_f64());
        self.batch_commands.observe(f64::from(u32::try_from(commands).unwrap_or(u32::MAX)));
    }

    /// So many commands are queued or in flight.
    pub fn waiting(&self, commands: usize) {
        self.queue_commands.set(whole(commands));
    }

    /// From which time on a command is slow; `None` where none is.
    #[must_use]
    pub fn slow_after(&self) -> Option<Duration> {
        let millis = self.slow_after_ms.load(Ordering::Relaxed);
        (millis > 0).then(|| Duration::from_millis(millis))
    }

    /// So many commands were slow.
    pub fn slow(&self, commands: usize) {
        self.slow.inc_by(u64::try_from(commands).unwrap_or(u64::MAX));
    }

    /// The actor was rebuilt.
    pub fn restarted(&self) {
        self.restarts.inc();
    }

    /// Its journal had to be read again; `cause` is a word (`conflict`, `unknown_outcome`, `unavailable`).
    pub fn resynced(&self, cause: &'static str) {
        self.resyncs.get_or_create(&CauseLabel { cause }).inc();
    }

    /// The store had lost the tail of its journal.
    pub fn lost_tail(&self) {
        self.lost_tails.inc();
    }
}

/// The meters of one warehouse.
#[derive(Debug, Clone)]
pub struct WarehouseMeter {
    pub(super) open: Gauge,
    pub(super) promised: Gauge,
    pub(super) waiting: Gauge,
    pub(super) sold: Family<ChannelLabel, Counter>,
    pub(super) expired: Counter,
    pub(super) oversold: Counter,
    pub(super) negative: Counter,
}

impl WarehouseMeter {
    /// So many reservations are open, so many promises are not shipped yet, and so many claims wait for goods.
    pub fn open(&self, reservations: usize, promises: usize, waiting: usize) {
        self.open.set(whole(reservations));
        self.promised.set(whole(promises));
        self.waiting.set(whole(waiting));
    }

    /// So many units were sold without an order.
    pub fn sold(&self, channel: &str, units: i64) {
        count_sold(&self.sold, channel, units);
    }

    /// A reservation ended by its deadline.
    pub fn expired(&self) {
        self.expired.inc();
    }

    /// An acknowledged claim could not be had again after a loss.
    pub fn oversold(&self) {
        self.oversold.inc();
    }

    /// A level's on-hand fell below zero.
    pub fn negative(&self) {
        self.negative.inc();
    }
}

/// The meters of the order desks, all together.
#[derive(Debug, Clone)]
pub struct DeskMeter {
    pub(super) facts: Family<FactLabel, Counter>,
    pub(super) sold: Family<ChannelLabel, Counter>,
}

impl DeskMeter {
    /// Something happened to an order or another document.
    pub fn fact(&self, fact: &'static str) {
        self.facts.get_or_create(&FactLabel { fact }).inc();
    }

    /// An order was taken for so many units.
    pub fn sold(&self, channel: &str, units: i64) {
        count_sold(&self.sold, channel, units);
    }
}

/// The meters of one channel.
#[derive(Debug, Clone)]
pub struct ChannelMeter {
    pub(super) differing: Gauge,
    pub(super) oldest: Gauge,
    pub(super) buffer: Gauge,
}

impl ChannelMeter {
    /// So many SKUs differ, the oldest for so many milliseconds, and so many units of each SKU are kept back for it.
    pub fn behind(&self, differing: usize, oldest_ms: i64, buffer: i64) {
        self.differing.set(whole(differing));
        self.oldest.set(oldest_ms.max(0) / 1_000);
        self.buffer.set(buffer);
    }
}

/// From a quarter of a millisecond, below which no synced write answers, to eight seconds, beyond every timeout.
pub(super) fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

/// Batches from one command to the largest that may be configured.
pub(super) fn batch() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 2.0, 13))
}

/// A count as a gauge shows it.
pub(super) fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Milliseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are far below 2^53")]
pub(super) fn seconds_of(millis: i64) -> f64 {
    millis as f64 / 1_000.0
}

fn count_sold(sold: &Family<ChannelLabel, Counter>, channel: &str, units: i64) {
    if let Ok(units) = u64::try_from(units) {
        sold.get_or_create(&ChannelLabel { channel: channel.into() }).inc_by(units);
    }
}
