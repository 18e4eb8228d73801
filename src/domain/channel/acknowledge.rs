//! What a channel has confirmed it shows: the newest value per SKU, and how many changes that took today.
//!
//! A figure that was published is not yet one that buyers see: a marketplace takes its time, refuses, or counts changes.
//! So the connector says what it managed to publish, and the difference to what should be shown is known.

use super::command::ChannelAnswer;
use super::machine::{Channel, ChannelFact, ChannelRow, done};
use crate::domain::ids::Sku;
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::Class;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// A channel confirms what it shows of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledge {
    /// Which goods.
    pub sku: Sku,
    /// The figure it shows; never negative.
    pub available: i64,
    /// When it was published there.
    pub at: Timestamp,
    /// The channel's own day of that time; the domain knows no time zones.
    pub day: i32,
}

/// What a channel has confirmed of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    /// The figure it shows.
    pub available: i64,
    /// When it was published there.
    pub at: Timestamp,
    /// The channel's own day of that time.
    pub day: i32,
    /// Changes that were published on that day.
    pub changes: u32,
}

impl Acknowledged {
    /// What is known after a confirmation; `None` where that changes nothing.
    ///
    /// One that is older than the newest came late: its figure is not shown any more, but publishing it was a change, and
    /// the marketplace has counted it. The same figure once more is no change.
    #[must_use]
    pub fn after(before: Option<&Self>, told: &Acknowledge) -> Option<Self> {
        let (available, at, day) = (told.available, told.at, told.day);
        let Some(before) = before else { return Some(Self { available, at, day, changes: 1 }) };
        let today = before.changes_on(day);
        if at < before.at {
            let changes = before.changes.saturating_add(1);
            return (day == before.day).then_some(Self { changes, ..*before });
        }
        let changes = today.saturating_add(u32::from(available != before.available));
        let after = Self { available, at, day, changes };
        (after != *before).then_some(after)
    }

    /// Changes that were published on a day.
    #[must_use]
    pub const fn changes_on(&self, day: i32) -> u32 {
        if self.day == day { self.changes } else { 0 }
    }
}

/// How many changes per SKU and day a channel takes. The last tenth is kept for "sold out": when a figure runs hot all day
/// the one change that must not fail is the one that ends the sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    per_day: u32,
}

impl Quota {
    /// So many, at least one.
    #[must_use]
    pub fn of(per_day: u32) -> Self {
        Self { per_day: per_day.max(1) }
    }

    /// Changes kept for "sold out": a tenth, at least one, but never the only one there is.
    #[must_use]
    pub fn reserve(self) -> u32 {
        self.per_day.div_ceil(10).min(self.per_day.saturating_sub(1))
    }

    /// Whether a SKU that changed so often today may be changed to this figure.
    #[must_use]
    pub fn admits(self, changes: u32, available: i64) -> bool {
        let kept = if available <= 0 { 0 } else { self.reserve() };
        changes < self.per_day.saturating_sub(kept)
    }
}

/// Keeps units back while a channel shows old figures: what it oversells meanwhile comes out of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LagRule {
    /// Units added to the buffer.
    pub units: i64,
    /// From which age of the oldest difference on, in milliseconds.
    pub after_ms: i64,
}

impl LagRule {
    /// Whether the units are kept back now. They come back at half the age at which they go, so that a channel at the edge
    /// does not turn over every figure it has again and again.
    #[must_use]
    pub fn holds(&self, held: bool, oldest_ms: Option<i64>) -> bool {
        let from = if held { self.after_ms.checked_div(2).unwrap_or(0) } else { self.after_ms };
        oldest_ms.is_some_and(|age| age >= from)
    }
}

impl Channel {
    /// What the channel has confirmed of a SKU.
    #[must_use]
    pub fn acknowledged(&self, sku: &Sku) -> Option<&Acknowledged> {
        self.acknowledged.get(sku)
    }

    /// Everything the channel has confirmed, in no order.
    pub fn all_acknowledged(&self) -> impl Iterator<Item = (&Sku, &Acknowledged)> {
        self.acknowledged.iter()
    }

    pub(super) fn acknowledge(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        told: &Acknowledge,
        draft: &mut Draft<Self>,
    ) -> Result<ChannelAnswer, Refusal> {
        if self.memory.recall(envelope)?.is_some() {
            return Ok(ChannelAnswer::Done);
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        let before = self.acknowledged.get(&told.sku);
        let shown = before.map(|before| before.available);
        if let Some(after) = Acknowledged::after(before, told) {
            let sku = told.sku.clone();
            if shown != Some(after.available) {
                let (available, at) = (after.available, after.at);
                draft.fact(ChannelFact::Acknowledged { sku: sku.clone(), available, at });
            }
            draft.put(self, ChannelRow::Acknowledged(sku, Some(after)));
        }
        draft.put(self, ChannelRow::Remembered(envelope.id.clone(), Some(done(envelope))));
        Ok(ChannelAnswer::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a day's changes the last tenth is for "sold out", and a channel that takes one change takes any.
    #[test]
    fn quotas_keep_a_reserve() {
        for (per_day, reserve) in [(0, 0), (1, 0), (2, 1), (5, 1), (10, 1), (11, 2), (250, 25)] {
            let quota = Quota::of(per_day);
            assert_eq!(quota.reserve(), reserve, "{per_day}");
            let most = |available| (0..1_000).take_while(|changes| quota.admits(*changes, available)).count();
            let per_day = usize::try_from(per_day.max(1)).unwrap();
            assert_eq!(
                (most(0), most(7)),
                (per_day, per_day - usize::try_from(reserve).unwrap()),
                "{per_day}"
            );
        }
    }

    /// Units are kept back from the age on and given back at half of it.
    #[test]
    fn lag_has_two_edges() {
        let rule = LagRule { units: 2, after_ms: 60_000 };
        for (held, age, holds) in [
            (false, None, false),
            (false, Some(59_999), false),
            (false, Some(60_000), true),
            (true, Some(59_999), true),
            (true, Some(30_000), true),
            (true, Some(29_999), false),
            (true, None, false),
        ] {
            assert_eq!(rule.holds(held, age), holds, "{held} {age:?}");
        }
    }

    /// The newest wins whatever comes when; each change counts once on its day, the same figure again does not.
    #[test]
    fn confirmations_follow_the_table() {
        let told = |available, at, day| Acknowledge {
            sku: Sku::parse("A").unwrap(),
            available,
            at: Timestamp::from_millis(at),
            day,
        };
        let mut known = None;
        for (available, at, day, expected) in [
            (5, 100, 1, Some((5, 100, 1))),
            (5, 100, 1, None),
            (5, 110, 1, Some((5, 110, 1))),
            (4, 120, 1, Some((4, 120, 2))),
            (9, 115, 1, Some((4, 120, 3))),
            (4, 200, 2, Some((4, 200, 0))),
            (3, 210, 2, Some((3, 210, 1))),
            (8, 130, 1, None),
        ] {
            let after = Acknowledged::after(known.as_ref(), &told(available, at, day));
            let shown = after.map(|after| (after.available, after.at.as_millis(), after.changes));
            assert_eq!(shown, expected, "{available} at {at}");
            known = after.or(known);
        }
        let known = known.unwrap();
        assert_eq!((known.changes_on(2), known.changes_on(1), known.changes_on(3)), (1, 0, 0));
    }
}
