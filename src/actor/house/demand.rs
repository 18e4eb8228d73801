//! Demand that was refused, per SKU, channel and hour: what a buyer wanted and stock could not cover.
//!
//! Kept in memory alone and bounded: a refusal leaves no trace in the store.

use std::collections::BTreeMap;

use ahash::AHashMap;

use crate::domain::ids::{ChannelId, Sku};
use crate::domain::refusal::Shortfall;
use crate::domain::time::Timestamp;
use crate::journal::locked::Locked;

/// Hours kept.
const HOURS: i64 = 48;
const MILLIS_PER_HOUR: i64 = 3_600_000;

/// What was refused of one SKU on one channel in one hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The SKU.
    pub sku: Sku,
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// Requests refused.
    pub requests: u64,
    /// Units that were not there.
    pub units: u64,
}

type Hour = AHashMap<(ChannelId, Sku), (u64, u64)>;

/// Counts refused demand.
#[derive(Debug)]
pub struct RefusedDemand {
    skus_max: usize,
    hours: Locked<BTreeMap<i64, Hour>>,
}

impl RefusedDemand {
    /// Counts up to `skus_max` different SKUs and channels per hour; what comes after is not counted.
    #[must_use]
    pub fn new(skus_max: usize) -> Self {
        Self { skus_max, hours: Locked::default() }
    }

    /// Notes lines that could not be covered.
    pub fn note(&self, channel: &ChannelId, short: &[Shortfall], now: Timestamp) {
        let hour = now.as_millis().div_euclid(MILLIS_PER_HOUR);
        self.hours.with(|hours| {
            let oldest = hour.saturating_sub(HOURS);
            while hours.first_key_value().is_some_and(|(kept, _)| *kept <= oldest) {
                hours.pop_first();
            }
            let counts = hours.entry(hour).or_default();
            for line in short {
                let key = (channel.clone(), line.sku.clone());
                if counts.len() < self.skus_max || counts.contains_key(&key) {
                    let (requests, units) = counts.entry(key).or_default();
                    let missing = u64::try_from(line.asked.saturating_sub(line.free)).unwrap_or(0);
                    *requests = requests.saturating_add(1);
                    *units = units.saturating_add(missing);
                }
            }
        });
    }

    /// What was refused on a channel in the last `hours`, of one SKU or of all, newest hour first, most units first.
    #[must_use]
    pub fn of(&self, channel: &ChannelId, sku: Option<&Sku>, hours: i64, now: Timestamp) -> Vec<Refused> {
        let from = now.as_millis().div_euclid(MILLIS_PER_HOUR).saturating_sub(hours.clamp(1, HOURS));
        let mut found = self.hours.with(|kept| {
            let recent = kept.range(from.saturating_add(1)..);
            let all =
                recent.flat_map(|(hour, counts)| counts.iter().map(move |(key, count)| (hour, key, count)));
            all.filter(|(_, (of, refused), _)| of == channel && sku.is_none_or(|sku| sku == refused))
                .map(|(hour, (_, refused), (requests, units))| Refused {
                    sku: refused.clone(),
                    hour: Timestamp::from_millis(hour.saturating_mul(MILLIS_PER_HOUR)),
                    requests: *requests,
                    units: *units,
                })
                .collect::<Vec<_>>()
        });
        found.sort_by(|a, b| (b.hour, b.units, &a.sku).cmp(&(a.hour, a.units, &b.sku)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours are kept apart, old ones go, and the bound on SKUs holds.
    #[test]
    fn refused_demand_is_counted_per_hour_and_bounded() {
        let demand = RefusedDemand::new(2);
        let channel = ChannelId::parse("shop").unwrap();
        let short = |sku: &str| vec![Shortfall { sku: Sku::parse(sku).unwrap(), asked: 3, free: 1 }];
        let at = |hour: i64| Timestamp::from_millis(hour * 3_600_000 + 5);
        for sku in ["a", "a", "b", "c"] {
            demand.note(&channel, &short(sku), at(100));
        }
        demand.note(&channel, &short("a"), at(101));
        let all = demand.of(&channel, None, 48, at(101));
        let shown: Vec<_> = all.iter().map(|row| (row.sku.as_str(), row.requests, row.units)).collect();
        assert_eq!(shown, [("a", 1, 2), ("a", 2, 4), ("b", 1, 2)]);
        assert_eq!(demand.of(&channel, None, 1, at(101)).len(), 1);
        demand.note(&channel, &short("z"), at(100 + HOURS));
        assert!(demand.of(&channel, Some(&Sku::parse("b").unwrap()), 48, at(100 + HOURS)).is_empty());
    }
}
