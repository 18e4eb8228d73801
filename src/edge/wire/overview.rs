//! How everything stands: what an operator's first screen shows.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use crate::actor::house::overview::{ChannelStand, Overview};
use crate::actor::view::{Newest, Sold, Voice};
use crate::domain::ids::{ChannelId, SourceId, WarehouseId};
use crate::domain::order::Commercial;
use crate::domain::time::Timestamp;

/// What a channel sold today.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SoldOnChannel {
    /// Which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Units: of orders that were accepted, promised without an order, or gone at a till.
    pub units: i64,
    /// Orders that were accepted.
    pub orders: i64,
    /// When the channel's day began, in its own time zone.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
}

/// What was sold since midnight, each channel's own. Cancellations are not taken off.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SoldToday {
    /// Units over all channels.
    pub units: i64,
    /// Orders over all channels.
    pub orders: i64,
    /// `false` while the log is being counted after a start, and where it does not reach back to midnight: then it was more.
    pub complete: bool,
    /// Each channel.
    pub channels: Vec<SoldOnChannel>,
}

/// Units that were sold and not there.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct OversoldAnswer {
    /// Units that were told as sold since midnight and had no goods, or whose promise could not be kept after a loss.
    pub today: i64,
    /// Units sold that have no goods now: what was told and waits, and promises that exceed the goods of a warehouse.
    pub open: i64,
}

/// SKUs that are short.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct SoldOutAnswer {
    /// SKUs that at least one channel shows as sold out.
    pub skus: usize,
    /// SKUs that at least one channel shows as few, and none as sold out.
    pub low: usize,
}

/// The newest that was heard of a channel.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct NewsAnswer {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// How long ago, in whole seconds.
    pub age_s: i64,
    /// What: `acknowledged`, `order`, `reserved`, `sold` or `count`.
    pub what: &'static str,
}

/// Who was heard of longest ago.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OldestNews {
    /// `channel`, or `source` of a warehouse's counts.
    pub kind: &'static str,
    /// Its name.
    #[schema(example = "ebay")]
    pub name: String,
    /// Whose stock the source counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// The newest of it.
    #[serde(flatten)]
    pub news: NewsAnswer,
}

/// How a channel stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelOverview {
    /// Which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// SKUs whose figure it has not confirmed; `null` where nobody publishes for it.
    pub differing_skus: Option<usize>,
    /// Of these, those whose quota of the day is used up.
    pub withheld_skus: Option<usize>,
    /// Since how many seconds the oldest of them differs; `null` where none does.
    pub oldest_difference_s: Option<i64>,
    /// Units kept back because the channel is behind.
    pub lag_buffer: i64,
    /// SKUs it shows as sold out.
    pub sold_out_skus: usize,
    /// SKUs it shows as few.
    pub low_skus: usize,
    /// The newest that was heard of it; `null` where nothing is known.
    pub news: Option<NewsAnswer>,
}

/// How a source of counts stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SourceOverview {
    /// Which source.
    #[schema(value_type = String)]
    pub source: Text<SourceId>,
    /// Whose stock it counts.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// The newest of it.
    pub news: NewsAnswer,
}

/// How everything stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OverviewAnswer {
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Time,
    /// What was sold since midnight.
    pub sold_today: SoldToday,
    /// Units sold and not there.
    pub oversold: OversoldAnswer,
    /// SKUs that are short.
    pub sold_out: SoldOutAnswer,
    /// Open orders whose promise has passed and that have not left as a whole.
    pub orders_late: i64,
    /// Open orders by their state; what is settled is not open.
    pub orders_by_state: BTreeMap<&'static str, i64>,
    /// Who was heard of longest ago; `null` where nobody ever was.
    pub oldest_news: Option<OldestNews>,
    /// Every channel.
    pub channels: Vec<ChannelOverview>,
    /// Every source of counts.
    pub sources: Vec<SourceOverview>,
}

impl OverviewAnswer {
    /// What is told of it.
    #[must_use]
    pub fn of(overview: Overview) -> Self {
        let at = overview.at;
        let all = overview.channels.iter().fold(Sold::default(), |sum, stand| sum.plus(stand.sold));
        let sold = overview.channels.iter().map(|stand| SoldOnChannel {
            channel: Text(stand.channel.clone()),
            units: stand.sold.units,
            orders: stand.sold.orders,
            since: Time(stand.day_began),
        });
        let in_state = |state: Commercial| overview.orders.by_state.get(&state).copied().unwrap_or(0);
        let states = Commercial::ALL.iter().map(|state| (state.name(), in_state(*state)));
        let oldest = overview.heard.iter().min_by_key(|(_, newest)| newest.at);
        let news_of = |channel: &ChannelId| {
            let of_it = |voice: &Voice| matches!(voice, Voice::Channel(known) if known == channel);
            overview
                .heard
                .iter()
                .find(|(voice, _)| of_it(voice))
                .map(|(_, newest)| NewsAnswer::of(*newest, at))
        };
        let source = |(voice, newest): &(Voice, Newest)| match voice {
            Voice::Channel(_) => None,
            Voice::Source(warehouse, source) => {
                let (source, warehouse) = (Text(source.clone()), Text(warehouse.clone()));
                Some(SourceOverview { source, warehouse, news: NewsAnswer::of(*newest, at) })
            }
        };
        Self {
            as_of: Time(at),
            sold_today: SoldToday {
                units: all.units,
                orders: all.orders,
                complete: overview.complete,
                channels: sold.collect(),
            },
            oversold: OversoldAnswer {
                today: all.oversold,
                open: overview.deficit.saturating_add(overview.orders.oversold),
            },
            sold_out: SoldOutAnswer { skus: overview.short.out, low: overview.short.low },
            orders_late: overview.orders.late,
            orders_by_state: states.collect(),
            oldest_news: oldest.map(|(voice, newest)| OldestNews::of(voice, NewsAnswer::of(*newest, at))),
            channels: overview
                .channels
                .iter()
                .map(|stand| ChannelOverview::of(stand, news_of(&stand.channel), at))
                .collect(),
            sources: overview.heard.iter().filter_map(source).collect(),
        }
    }
}

impl NewsAnswer {
    const fn of(newest: Newest, now: Timestamp) -> Self {
        Self { at: Time(newest.at), age_s: seconds(newest.at, now), what: newest.what }
    }
}

impl OldestNews {
    fn of(voice: &Voice, news: NewsAnswer) -> Self {
        match voice {
            Voice::Channel(id) => Self { kind: "channel", name: id.to_string(), warehouse: None, news },
            Voice::Source(warehouse, id) => {
                let warehouse = Some(Text(warehouse.clone()));
                Self { kind: "source", name: id.to_string(), warehouse, news }
            }
        }
    }
}

impl ChannelOverview {
    fn of(stand: &ChannelStand, news: Option<NewsAnswer>, now: Timestamp) -> Self {
        Self {
            channel: Text(stand.channel.clone()),
            differing_skus: stand.lag.map(|lag| lag.differing),
            withheld_skus: stand.lag.map(|lag| lag.withheld),
            oldest_difference_s: stand.lag.and_then(|lag| lag.oldest).map(|since| seconds(since, now)),
            lag_buffer: stand.lag_buffer,
            sold_out_skus: stand.short.out,
            low_skus: stand.short.low,
            news,
        }
    }
}

/// Whole seconds since a time; none where it lies ahead.
const fn seconds(since: Timestamp, now: Timestamp) -> i64 {
    let millis = now.since(since);
    if millis > 0 { millis / 1_000 } else { 0 }
}
