//! Counts against movements: which of the two already knows of the other.
//!
//! One rule, [`Mark::covers`], serves whichever of the two arrives first. Movements are kept in minute buckets for the
//! count horizon; a bucket that straddles the cut counts outgoing units as not covered and incoming ones as covered,
//! which in doubt gives the lower figure.

use super::ids::{Sku, SourceId};
use super::time::Timestamp;

/// How far ahead of our clock a movement may lie, in milliseconds.
pub const FUTURE_MAX_MS: i64 = 5 * 60_000;

/// What a count's figure measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measures {
    /// Everything in the house.
    OnHand,
    /// What the source believes may be sold: without unavailable goods and without what it was asked to ship.
    Available,
}

/// The last count of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Who counted.
    pub source: SourceId,
    /// The time the figure was true.
    pub as_of: Timestamp,
    /// The figure, as sent.
    pub figure: i64,
    /// What it measures.
    pub measures: Measures,
    /// How far the source's clock or bookings may lag, in milliseconds.
    pub lag_ms: i64,
}

/// Which way units went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the house.
    In,
    /// Out of the house.
    Out,
}

impl Mark {
    /// Whether the count knew of a movement at `occurred_at`: an outgoing one only if it surely lies before, an
    /// incoming one already if it may.
    #[must_use]
    pub fn covers(&self, direction: Direction, occurred_at: Timestamp) -> bool {
        match direction {
            Direction::Out => occurred_at <= self.as_of.minus(self.lag_ms),
            Direction::In => occurred_at <= self.as_of.plus(self.lag_ms),
        }
    }
}

/// The movements of one SKU within one minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// Units that came in.
    pub incoming: i64,
    /// Units that went out.
    pub outgoing: i64,
    /// Version of the first entry that added to it.
    pub first: u64,
    /// Version of the last entry that added to it.
    pub last: u64,
}

/// Where a minute bucket is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketKey {
    /// Minutes since 1970, of the time the movements happened.
    pub minute: i64,
    /// The SKU.
    pub sku: Sku,
}

/// Units of a bucket that the count did not know of, as a signed sum.
///
/// With `seen` (the version of the last event its source had booked) a movement is covered iff its entry is not newer;
/// otherwise by time.
#[must_use]
pub fn uncovered(minute: i64, bucket: &Bucket, mark: &Mark, seen: Option<u64>) -> i64 {
    let begin = Timestamp::from_millis(minute.saturating_mul(60_000));
    let end = begin.plus(59_999);
    let (in_covered, out_covered) = match seen {
        Some(seen) => (bucket.first <= seen, bucket.last <= seen),
        None => (mark.covers(Direction::In, begin), mark.covers(Direction::Out, end)),
    };
    let incoming = if in_covered { 0 } else { bucket.incoming };
    let outgoing = if out_covered { 0 } else { bucket.outgoing };
    incoming.saturating_sub(outgoing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(as_of: i64, lag_ms: i64) -> Mark {
        let source = SourceId::parse("erp").unwrap();
        Mark { source, as_of: Timestamp::from_millis(as_of), figure: 0, measures: Measures::OnHand, lag_ms }
    }

    /// In doubt the lower figure: outgoing movements near the count are taken off, incoming ones not added.
    #[test]
    fn a_straddling_bucket_gives_the_lower_figure() {
        let bucket = Bucket { incoming: 5, outgoing: 3, first: 10, last: 20 };
        for (as_of, lag, expected) in [
            (59_999, 0, 2),        // before the bucket: nothing covered
            (60_000, 0, -3),       // its first moment: incoming covered, outgoing not
            (119_998, 0, -3),      // inside
            (119_999, 0, 0),       // its last moment: all covered
            (125_000, 10_000, -3), // the lag widens the doubt
            (50_000, 10_000, -3),
            (129_999, 10_000, 0),
        ] {
            assert_eq!(uncovered(1, &bucket, &mark(as_of, lag), None), expected, "as_of {as_of}, lag {lag}");
        }
    }

    /// With the last booked event told, versions decide and time does not.
    #[test]
    fn seen_decides_by_version() {
        let bucket = Bucket { incoming: 5, outgoing: 3, first: 10, last: 20 };
        for (seen, expected) in [(9, 2), (10, -3), (19, -3), (20, 0)] {
            assert_eq!(uncovered(1, &bucket, &mark(0, 0), Some(seen)), expected, "seen {seen}");
        }
    }
}
