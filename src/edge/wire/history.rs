//! Why a figure is what it is.

use serde::Serialize;
use utoipa::ToSchema;

use super::stock::Unavailable;
use super::text::Text;
use super::time::Time;
use crate::actor::house::history::Step;
use crate::domain::fact::{Crossed, Fact, FactKind};
use crate::domain::ids::{
    CartId, ChannelId, CommandId, OrderId, Reason, Reference, Sku, SourceId, WarehouseId,
};
use crate::domain::level::Level;

/// The figures at one moment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Figures {
    /// Units in the house.
    pub on_hand: i64,
    /// Of these, what can't be sold.
    pub unavailable: Unavailable,
    /// Softly held.
    pub reserved: i64,
    /// Promised, not yet shipped.
    pub allocated: i64,
}

/// A figure that crossed a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Crossed)]
pub struct CrossedAnswer {
    /// Where the figure stands: units that may be sold (net less safety stock); of `overstock` on hand, of a shortage the
    /// promises without goods, of `negative_stock` on hand less unavailable.
    pub figure: i64,
    /// The line it crossed.
    pub limit: i64,
}

impl From<Crossed> for CrossedAnswer {
    fn from(crossed: Crossed) -> Self {
        Self { figure: crossed.figure, limit: crossed.limit }
    }
}

/// What something that happened to stock is about, as far as that is known.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockAbout {
    /// By which channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// For which reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reservation: Option<Text<CommandId>>,
    /// For which cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cart: Option<Text<CartId>>,
    /// For which order or transfer, by its id over all channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub document: Option<Text<OrderId>>,
    /// Until when the hold lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Time>,
    /// Referring to what.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// Counted by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub source: Option<Text<SourceId>>,
    /// Whether a count had known of it already, so that nothing moved.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub covered: bool,
    /// Of an alert: which line was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossed: Option<CrossedAnswer>,
}

/// One change of a SKU's figures.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangeAnswer {
    /// The event's id, `<journal>.<version>-<nonce>.<index>`.
    pub event: String,
    /// What happened, in the past tense: `stock_received`, `stock_reserved` and so on.
    pub fact: &'static str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// When it happened, where that is not when it was recorded; of a count, its as-of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Time>,
    /// Units, signed as the fact has it.
    pub change: i64,
    /// The figures before it; `null` where the log does not reach back.
    pub before: Option<Figures>,
    /// The figures after it.
    pub after: Figures,
    /// The id of the command that caused it; `null` where time alone did.
    #[schema(value_type = Option<String>)]
    pub command: Option<Text<CommandId>>,
    /// The name of the token it came with.
    pub actor: Option<String>,
    /// What it is about.
    #[serde(flatten)]
    pub about: StockAbout,
}

/// A SKU's history at one warehouse, newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HistoryAnswer {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// The changes, newest first.
    pub changes: Vec<ChangeAnswer>,
    /// Send it as `before` for older changes; `null` where this was all.
    pub next: Option<u64>,
    /// The oldest version the log still has: older changes are forgotten.
    pub complete_since: u64,
}

impl Figures {
    /// The figures of a level.
    #[must_use]
    pub const fn of(level: &Level) -> Self {
        Self {
            on_hand: level.on_hand,
            unavailable: Unavailable {
                damaged: level.damaged,
                quality_control: level.quality_control,
                quarantine: level.quarantine,
            },
            reserved: level.reserved,
            allocated: level.allocated,
        }
    }
}

impl StockAbout {
    /// What a fact is about, and when it happened where that is not when it was recorded.
    #[must_use]
    pub fn of(fact: &Fact) -> (Option<Time>, Self) {
        let holds = matches!(fact.kind, FactKind::Reserved | FactKind::Amended | FactKind::Extended);
        let time = fact.time.map(Time);
        let about = Self {
            channel: fact.channel.clone().map(Text),
            reservation: fact.reservation.clone().map(Text),
            cart: fact.cart.clone().map(Text),
            document: fact.order.clone().map(Text),
            expires_at: time.filter(|_| holds),
            reference: fact.reference.clone().map(Text),
            reason: fact.reason.clone().map(Text),
            source: fact.source.clone().map(Text),
            covered: fact.covered,
            crossed: fact.crossed.map(CrossedAnswer::from),
        };
        (time.filter(|_| !holds), about)
    }
}

impl ChangeAnswer {
    /// A step of a warehouse's history; `before` is the level it began with, where known.
    #[must_use]
    pub fn of(warehouse: &WarehouseId, step: Step, before: Option<&Level>) -> Self {
        let (occurred_at, about) = StockAbout::of(&step.fact);
        Self {
            event: format!("w:{warehouse}.{}.{}", step.head, step.index),
            fact: step.fact.kind.name(),
            at: Time(step.at),
            occurred_at,
            change: step.line.change,
            before: before.map(Figures::of),
            after: Figures::of(&step.line.after),
            actor: step.cause.as_ref().and_then(|cause| Some(cause.actor.as_ref()?.as_str().to_owned())),
            command: step.cause.map(|cause| Text(cause.id)),
            about,
        }
    }
}
