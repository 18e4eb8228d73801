//! What a channel confirms it shows, and what it has to publish next.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::units::Count;
use crate::actor::house::confirming::{ChannelWork, ToPublish};
use crate::domain::ids::{ChannelId, Sku};
use crate::domain::time::Timestamp;

/// What was published of one SKU.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgedItem {
    /// Which goods.
    #[schema(value_type = String, max_length = 128)]
    pub sku: Text<Sku>,
    /// The figure the channel shows now.
    #[schema(value_type = i64, minimum = 0)]
    pub available: Count,
    /// When it was published there; now, where it is not said. One that is older than the newest changes nothing but
    /// the day's count of changes.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
}

/// What a channel has published. Items stay as they were sent until their turn, so that one that can't be read refuses
/// itself alone.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemsBody<'a> {
    /// The items, in order.
    #[serde(borrow)]
    pub items: Vec<&'a RawValue>,
    /// When the command was made, for ids that don't tell.
    #[serde(default)]
    pub issued_at: Option<Time>,
}

/// What a channel has published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AcknowledgeBody {
    /// One per SKU and published figure.
    pub items: Vec<AcknowledgedItem>,
    /// When the command was made, for ids that don't tell.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// How much of a channel's work is asked for in a message.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkBody {
    /// SKUs of the answer at most.
    #[serde(default)]
    pub limit: Option<u64>,
}

/// A figure to publish.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkItem {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// The figure to publish.
    pub available: i64,
    /// The figure that was confirmed last; `null` where none ever was.
    pub acknowledged: Option<i64>,
    /// Since when they differ, or since the daemon's start where that was later.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// Changes confirmed on the channel's day.
    pub changes_today: u32,
}

/// Figures that wait because the day's changes of their SKUs are used up.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WithheldAnswer {
    /// How many SKUs.
    pub count: usize,
    /// When the channel's next day begins.
    #[schema(value_type = String, format = DateTime)]
    pub until: Time,
    /// The SKUs, up to the limit.
    pub items: Vec<WorkItem>,
}

/// What a channel has to publish next, and how far it is behind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkAnswer {
    /// Which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// The newest figure of each SKU that differs: sold out first, then what differs longest.
    pub items: Vec<WorkItem>,
    /// What has to wait for the channel's next day.
    pub withheld: WithheldAnswer,
    /// SKUs that differ, those withheld with them.
    pub differing: usize,
    /// Seconds for which the oldest of them has differed; 0 where none does.
    pub oldest_age_s: i64,
    /// Units kept back of every SKU because the channel is behind.
    pub lag_buffer: i64,
}

impl WorkAnswer {
    /// A channel's work as it is at a time.
    #[must_use]
    pub fn of(channel: ChannelId, work: ChannelWork, now: Timestamp) -> Self {
        let items = |list: Vec<ToPublish>| list.into_iter().map(WorkItem::of).collect();
        let oldest_ms = work.lag.oldest.map_or(0, |since| now.since(since));
        Self {
            channel: Text(channel),
            items: items(work.ready),
            withheld: WithheldAnswer {
                count: work.lag.withheld,
                until: Time(work.until),
                items: items(work.withheld),
            },
            differing: work.lag.differing,
            oldest_age_s: oldest_ms.max(0) / 1_000,
            lag_buffer: work.lag_buffer,
        }
    }
}

impl WorkItem {
    fn of(work: ToPublish) -> Self {
        let ToPublish { sku, pending } = work;
        Self {
            sku: Text(sku),
            available: pending.available,
            acknowledged: pending.acknowledged,
            since: Time(pending.since),
            changes_today: pending.changes,
        }
    }
}
