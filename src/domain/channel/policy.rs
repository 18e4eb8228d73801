//! What the merchant has set for a channel.

use crate::domain::ids::Sku;
use crate::domain::policy::Scheduled;
use crate::domain::time::Timestamp;

/// What is set for one SKU on one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChannelPolicy {
    /// Units never shown, against slow channels.
    pub buffer: Option<Scheduled>,
    /// The most ever shown.
    pub cap: Option<Scheduled>,
    /// Up to how many units count as few.
    pub low_at: Option<i64>,
    /// Units that may be sold without goods.
    pub backorder_limit: Option<Scheduled>,
    /// Whether it is not released yet, so that what may be sold is a pre-order.
    pub preorder: bool,
}

impl ChannelPolicy {
    /// When time alone changes what is shown next, after `now`.
    #[must_use]
    pub fn turn(&self, now: Timestamp) -> Option<Timestamp> {
        let set = self.buffer.iter().chain(&self.cap).chain(&self.backorder_limit);
        set.filter_map(|set| set.turn(now)).min()
    }

    /// Units that may still be sold without goods, where `open` were. `limit` is the channel's own, for SKUs without one.
    #[must_use]
    pub fn room(&self, open: i64, limit: i64, now: Timestamp) -> i64 {
        let limit = self.backorder_limit.and_then(|set| set.at(now)).unwrap_or(limit);
        limit.saturating_sub(open).max(0)
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
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
    /// Units that may be sold without goods.
    pub backorder_limit: Option<Option<Scheduled>>,
    /// Whether it is not released yet.
    pub preorder: Option<bool>,
}
