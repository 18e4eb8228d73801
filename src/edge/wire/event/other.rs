//! What happened to policies, backorders and item cards; gaps and alerts.

use serde::Serialize;
use utoipa::ToSchema;

use super::desk::UnitsLine;
use super::head::EventHead;
use super::stock::StockEventLine;
use crate::domain::channel::ChannelPolicy;
use crate::domain::ids::{ChannelId, CommandId, OrderId, Sku};
use crate::domain::policy::Scheduled;
use crate::edge::wire::alert::AlertAbout;
use crate::edge::wire::item::ItemBody;
use crate::edge::wire::policy::Figure;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::edge::wire::units::Whole;

/// What shapes a SKU's figure on a channel was set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChannelPolicyEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// On which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Of which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units never shown; `null` where none is set.
    pub buffer: Option<Figure>,
    /// The most ever shown.
    pub cap: Option<Figure>,
    /// Up to how many units count as few.
    pub low_at: Option<i64>,
    /// Units that may be sold without goods.
    pub backorder_limit: Option<Figure>,
    /// Whether the goods are not released yet.
    pub preorder: bool,
}

/// Something happened to units that a channel sold without goods.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BackorderEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// By which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Under which id.
    #[schema(value_type = String)]
    pub backorder: Text<CommandId>,
    /// To which order, by its id over all channels.
    #[schema(value_type = String)]
    pub document: Text<OrderId>,
    /// Whether its time had run out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub expired: bool,
    /// Which units.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<UnitsLine>,
}

/// An item card was set.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ItemEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// The card as it is when this is sent; a card set again meanwhile is told by its own event too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<ItemBody>,
}

/// Entries of a journal were forgotten before they were told: whoever follows it reloads what he knows of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GapEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// Of which journal.
    #[schema(value_type = String, example = "w:BER")]
    pub journal: String,
    /// Version of the first entry that was not told.
    pub from: u64,
    /// Version of the last.
    pub to: u64,
}

/// Somebody should look at something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AlertEvent {
    /// What every event says; `event` is the event it comes with.
    #[serde(flatten)]
    pub head: EventHead,
    /// What it is, for example `order_late`.
    #[schema(value_type = String)]
    pub alert: &'static str,
    /// What it is about.
    #[serde(flatten)]
    pub about: AlertAbout,
    /// Which fulfilment or return of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub part: Option<Text<OrderId>>,
    /// When something is due that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Time>,
    /// Which units of a document.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<UnitsLine>,
    /// Which SKUs of a warehouse, and their figures.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<StockEventLine>,
}

impl ChannelPolicyEvent {
    /// What is told of a policy that was set.
    #[must_use]
    pub fn of(head: EventHead, channel: &ChannelId, sku: &Sku, after: &ChannelPolicy) -> Self {
        let figure = |set: Scheduled| Figure {
            value: Whole(set.value),
            from: set.from.map(Time),
            until: set.until.map(Time),
        };
        Self {
            head,
            channel: Text(channel.clone()),
            sku: Text(sku.clone()),
            buffer: after.buffer.map(figure),
            cap: after.cap.map(figure),
            low_at: after.low_at,
            backorder_limit: after.backorder_limit.map(figure),
            preorder: after.preorder,
        }
    }
}
