//! The channel: what it may sell, and what the merchant has set for it.

use ahash::AHashMap;

use super::ids::{CommandId, Sku};
use super::machine::{Draft, Envelope, Machine, Moment, replace};
use super::memory::{Class, Floors, Memory, Outcome, Remembered, Windows};
use super::policy::Scheduled;
use super::refusal::Refusal;
use super::time::Timestamp;

/// Units a channel may show: `max(0, min(cap, max(0, sellable − buffer) + min(0, sellable) + room))`.
///
/// `sellable` is the sum over the channel's warehouses of what is free for it, less their deficits; `room` is what may
/// still be sold without goods.
#[must_use]
pub fn available(sellable: i64, buffer: i64, cap: Option<i64>, room: i64) -> i64 {
    let above = sellable.saturating_sub(buffer).max(0);
    let below = sellable.min(0);
    let figure = above.saturating_add(below).saturating_add(room);
    cap.map_or(figure, |cap| figure.min(cap)).max(0)
}

/// How a figure looks to a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockState {
    /// More than a few.
    InStock,
    /// A few.
    Low,
    /// None.
    SoldOut,
}

impl StockState {
    /// The state of a figure, where up to `low_at` units count as few.
    #[must_use]
    pub const fn of(available: i64, low_at: i64) -> Self {
        if available <= 0 {
            Self::SoldOut
        } else if available <= low_at {
            Self::Low
        } else {
            Self::InStock
        }
    }

    /// The name programs see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::Low => "low",
            Self::SoldOut => "sold_out",
        }
    }
}

/// What is set for one SKU on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelPolicy {
    /// Units never shown, against slow channels.
    pub buffer: Option<Scheduled>,
    /// The most ever shown.
    pub cap: Option<Scheduled>,
    /// Up to how many units count as few.
    pub low_at: Option<i64>,
}

impl ChannelPolicy {
    /// When time alone changes what is shown next, after `now`.
    #[must_use]
    pub fn turn(&self, now: Timestamp) -> Option<Timestamp> {
        self.buffer.iter().chain(&self.cap).filter_map(|set| set.turn(now)).min()
    }

    const fn is_empty(&self) -> bool {
        self.buffer.is_none() && self.cap.is_none() && self.low_at.is_none()
    }
}

/// Sets a SKU's policy on a channel. What is not named stays as it is; `Some(None)` takes it away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetChannelPolicy {
    /// Which goods.
    pub sku: Sku,
    /// Units never shown.
    pub buffer: Option<Option<Scheduled>>,
    /// The most ever shown.
    pub cap: Option<Option<Scheduled>>,
    /// Up to how many units count as few.
    pub low_at: Option<Option<i64>>,
}

/// What happened to a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelFact {
    /// A SKU's policy was set.
    PolicySet {
        /// Which goods.
        sku: Sku,
        /// The policy after it.
        after: ChannelPolicy,
    },
}

/// A row of a channel's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelRow {
    /// A SKU's policy.
    Policy(Sku, Option<ChannelPolicy>),
    /// A remembered id.
    Remembered(CommandId, Option<Remembered>),
    /// Times up to which ids were forgotten.
    Floors(Floors),
}

/// The key of a channel's row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ChannelKey {
    /// Of a policy.
    Policy(Sku),
    /// Of a remembered id.
    Remembered(CommandId),
    /// Of the floors.
    Floors,
}

/// A channel's journaled part: the only writer of its policies.
#[derive(Debug, Clone)]
pub struct Channel {
    policies: AHashMap<Sku, ChannelPolicy>,
    memory: Memory,
    windows: Windows,
}

impl Channel {
    /// A channel nothing was set for.
    #[must_use]
    pub fn new(windows: Windows) -> Self {
        Self { policies: AHashMap::new(), memory: Memory::default(), windows }
    }

    /// A SKU's policy.
    #[must_use]
    pub fn policy(&self, sku: &Sku) -> Option<&ChannelPolicy> {
        self.policies.get(sku)
    }

    /// Every policy, in no order.
    pub fn policies(&self) -> impl Iterator<Item = (&Sku, &ChannelPolicy)> {
        self.policies.iter()
    }
}

impl Machine for Channel {
    type Command = SetChannelPolicy;
    type Answer = ();
    type Fact = ChannelFact;
    type Row = ChannelRow;
    type Key = ChannelKey;

    fn name(_command: &SetChannelPolicy) -> &'static str {
        "set_channel_policy"
    }

    fn decide(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &SetChannelPolicy,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        if self.memory.recall(envelope)?.is_some() {
            return Ok(());
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        let mut policy = self.policies.get(&command.sku).copied().unwrap_or_default();
        let before = policy;
        policy.buffer = command.buffer.unwrap_or(policy.buffer);
        policy.cap = command.cap.unwrap_or(policy.cap);
        policy.low_at = command.low_at.unwrap_or(policy.low_at);
        if policy != before {
            let row = (!policy.is_empty()).then_some(policy);
            draft.put(self, ChannelRow::Policy(command.sku.clone(), row));
            draft.fact(ChannelFact::PolicySet { sku: command.sku.clone(), after: policy });
        }
        draft.put(self, ChannelRow::Remembered(envelope.id.clone(), Some(done(envelope))));
        Ok(())
    }

    fn upkeep(&mut self, moment: &Moment, _limit: usize, draft: &mut Draft<Self>) {
        if let Some(floors) = self.memory.floors_due(&self.windows, moment.now) {
            draft.put(self, ChannelRow::Floors(floors));
        }
    }

    fn due(&self) -> Option<Timestamp> {
        self.memory.due(&self.windows)
    }

    fn put(&mut self, row: ChannelRow) -> ChannelRow {
        match row {
            ChannelRow::Policy(sku, value) => {
                ChannelRow::Policy(sku.clone(), replace(&mut self.policies, sku, value))
            }
            ChannelRow::Remembered(id, value) => {
                let before = self.memory.put(&id, value);
                ChannelRow::Remembered(id, before)
            }
            ChannelRow::Floors(floors) => ChannelRow::Floors(self.memory.put_floors(floors)),
        }
    }

    fn key(row: &ChannelRow) -> ChannelKey {
        match row {
            ChannelRow::Policy(sku, _) => ChannelKey::Policy(sku.clone()),
            ChannelRow::Remembered(id, _) => ChannelKey::Remembered(id.clone()),
            ChannelRow::Floors(_) => ChannelKey::Floors,
        }
    }

    fn row(&self, key: &ChannelKey) -> ChannelRow {
        match key {
            ChannelKey::Policy(sku) => ChannelRow::Policy(sku.clone(), self.policies.get(sku).copied()),
            ChannelKey::Remembered(id) => ChannelRow::Remembered(id.clone(), self.memory.get(id).cloned()),
            ChannelKey::Floors => ChannelRow::Floors(self.memory.floors()),
        }
    }

    fn rows(&self) -> Vec<ChannelRow> {
        let policies = self.policies.iter();
        let policies = policies.map(|(sku, policy)| ChannelRow::Policy(sku.clone(), Some(*policy)));
        policies.chain([ChannelRow::Floors(self.memory.floors())]).collect()
    }

    fn floor(&self) -> Timestamp {
        self.memory.floors().hold
    }

    fn loaded(&mut self) {
        let floors = self.memory.floors();
        self.memory.purge_holds(&floors);
    }

    fn settle(&mut self, confirmed: &[ChannelRow]) {
        for row in confirmed {
            if let ChannelRow::Floors(floors) = row {
                self.memory.purge_holds(floors);
            }
        }
    }
}

/// A setting remembered: a resend does nothing.
pub(super) fn done(envelope: &Envelope) -> Remembered {
    let (time, fingerprint) = (envelope.time, envelope.fingerprint);
    Remembered { class: Class::Hold, time, fingerprint, outcome: Outcome::Done }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Buffer and cap shape what is shown; a deficit takes from the room, never below zero.
    #[test]
    fn available_follows_the_table() {
        for (sellable, buffer, room, expected) in [(3, 2, 4, 5), (1, 5, 4, 4), (-3, 0, 5, 2), (0, 2, 0, 0)] {
            assert_eq!(available(sellable, buffer, None, room), expected, "{sellable}/{buffer}/{room}");
        }
        assert_eq!(available(100, 0, Some(7), 0), 7);
        assert_eq!(available(i64::MAX, i64::MIN, None, i64::MAX), i64::MAX);
        assert_eq!(available(5, 0, Some(-1), 0), 0);
    }
}
