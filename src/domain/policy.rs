//! What a merchant sets aside: safety stock and ring-fences per warehouse and SKU, and what they leave free.

use super::ids::ChannelId;
use super::level::Level;
use super::time::Timestamp;

/// A figure with an optional window in which it holds; outside of it the figure is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// The figure in units.
    pub value: i64,
    /// From when, inclusive.
    pub from: Option<Timestamp>,
    /// Until when, exclusive.
    pub until: Option<Timestamp>,
}

impl Scheduled {
    /// A figure that always holds.
    #[must_use]
    pub const fn always(value: i64) -> Self {
        Self { value, from: None, until: None }
    }

    /// The figure at a time, `None` outside of its window.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Option<i64> {
        let begun = self.from.is_none_or(|from| from <= now);
        let over = self.until.is_some_and(|until| until <= now);
        (begun && !over).then_some(self.value)
    }

    /// When the figure begins or ends to hold next, after `now`.
    #[must_use]
    pub fn turn(&self, now: Timestamp) -> Option<Timestamp> {
        self.from.into_iter().chain(self.until).filter(|turn| *turn > now).min()
    }
}

/// Units kept for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// For whom.
    pub channel: ChannelId,
    /// The figure and window as last set.
    pub set: Scheduled,
    /// What is left of it.
    pub left: i64,
    /// Version of the entry that set it, or one more than the one before where one entry set it twice; what was drawn
    /// under an earlier figure is not given back.
    pub set_by: u64,
}

/// From where on somebody is told of a SKU's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AlertLimits {
    /// So few units that may be sold are few; 0 is never few.
    pub low_stock: Option<i64>,
    /// More units on hand are too many.
    pub overstock: Option<i64>,
}

impl AlertLimits {
    /// These, and what is not said here as there.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { low_stock: self.low_stock.or(other.low_stock), overstock: self.overstock.or(other.overstock) }
    }
}

/// What is set aside of one SKU at one warehouse. Fences stand in the order they were first set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockPolicy {
    /// Units no asking channel may have.
    pub safety_stock: Option<Scheduled>,
    /// Units kept for single channels.
    pub fences: Vec<Fence>,
    /// From where on somebody is told; what is not said is as the warehouse has it.
    pub alerts: AlertLimits,
    /// The safety stock as alerts saw it last. Time alone may change a scheduled one: what crosses a line then is still
    /// told once, whichever entry comes first.
    pub safety_seen: i64,
}

impl StockPolicy {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.safety_stock.is_none() && self.fences.is_empty() && self.alerts == AlertLimits::default()
    }

    /// The safety stock at a time; never negative, so that it can't free units that aren't there.
    #[must_use]
    pub fn safety(&self, now: Timestamp) -> i64 {
        self.safety_stock.and_then(|set| set.at(now)).unwrap_or(0).max(0)
    }

    /// When time alone changes what is set aside next, after `now`.
    #[must_use]
    pub fn turn(&self, now: Timestamp) -> Option<Timestamp> {
        let fences = self.fences.iter().map(|fence| &fence.set);
        self.safety_stock.iter().chain(fences).filter_map(|set| set.turn(now)).min()
    }

    /// What each fence keeps at a time: fences are filled in order, as far as stock above the safety stock goes.
    pub fn effective(&self, net: i64, now: Timestamp) -> impl Iterator<Item = (&ChannelId, i64)> {
        let mut room = net.saturating_sub(self.safety(now)).max(0);
        self.fences.iter().filter(move |fence| fence.set.at(now).is_some()).map(move |fence| {
            let kept = fence.left.clamp(0, room);
            room = room.saturating_sub(kept);
            (&fence.channel, kept)
        })
    }

    /// A channel's active fence.
    pub fn fence_mut(&mut self, channel: &ChannelId, now: Timestamp) -> Option<&mut Fence> {
        self.fences.iter_mut().find(|fence| fence.channel == *channel && fence.set.at(now).is_some())
    }
}

/// Units of one SKU at one warehouse that a channel may claim now. Told claims may have the safety stock too.
#[must_use]
pub fn free(
    level: &Level,
    policy: Option<&StockPolicy>,
    channel: &ChannelId,
    told: bool,
    now: Timestamp,
) -> i64 {
    let net = level.net();
    let Some(policy) = policy else { return net.max(0) };
    let others = policy
        .effective(net, now)
        .filter(|(owner, _)| *owner != channel)
        .fold(0_i64, |sum, (_, kept)| sum.saturating_add(kept));
    let safety = if told { 0 } else { policy.safety(now) };
    net.saturating_sub(safety).saturating_sub(others).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(id: &str) -> ChannelId {
        ChannelId::parse(id).unwrap()
    }

    fn fence(id: &str, left: i64) -> Fence {
        Fence { channel: channel(id), set: Scheduled::always(left), left, set_by: 1 }
    }

    /// Fences are filled in order from what lies above the safety stock, and a channel sees past its own.
    #[test]
    fn free_respects_safety_stock_and_other_channels_fences() {
        let policy = StockPolicy {
            safety_stock: Some(Scheduled::always(2)),
            fences: vec![fence("shop", 4), fence("till", 5)],
            ..StockPolicy::default()
        };
        let now = Timestamp::from_millis(0);
        for (on_hand, shop, till, other, told_other) in
            [(20, 13, 14, 9, 11), (8, 4, 2, 0, 2), (5, 3, 0, 0, 2), (1, 0, 0, 0, 1), (-3, 0, 0, 0, 0)]
        {
            let level = Level { on_hand, ..Level::default() };
            let free = |name: &str, told| super::free(&level, Some(&policy), &channel(name), told, now);
            assert_eq!(free("shop", false), shop, "shop at {on_hand}");
            assert_eq!(free("till", false), till, "till at {on_hand}");
            assert_eq!(free("app", false), other, "app at {on_hand}");
            assert_eq!(free("app", true), told_other, "told app at {on_hand}");
        }
    }

    /// Outside of its window a figure is not there.
    #[test]
    fn schedules_begin_inclusive_and_end_exclusive() {
        let at = |millis| {
            let from = Some(Timestamp::from_millis(10));
            Scheduled { value: 3, from, until: Some(Timestamp::from_millis(20)) }
                .at(Timestamp::from_millis(millis))
        };
        assert_eq!((at(9), at(10), at(19), at(20)), (None, Some(3), Some(3), None));
    }

    /// The next turn of a policy is the nearest of all its figures.
    #[test]
    fn turns_are_told_in_advance() {
        let at = Timestamp::from_millis;
        let sale = Scheduled { value: 3, from: Some(at(10)), until: Some(at(20)) };
        let later = Scheduled { value: 1, from: Some(at(15)), until: None };
        let fence = Fence { set: later, ..fence("shop", 1) };
        let policy = StockPolicy { safety_stock: Some(sale), fences: vec![fence], ..StockPolicy::default() };
        let turns: Vec<_> = [0, 10, 15, 20].iter().map(|now| policy.turn(at(*now))).collect();
        assert_eq!(turns, [Some(at(10)), Some(at(15)), Some(at(20)), None]);
        assert_eq!(Scheduled::always(1).turn(at(0)), None);
    }
}
