//! What happened to a warehouse's stock.

use serde::Serialize;
use utoipa::ToSchema;

use super::head::EventHead;
use crate::domain::fact::{Fact, FactKind, FactLine};
use crate::domain::ids::{
    CartId, ChannelId, CommandId, OrderId, Reason, Reference, Sku, SourceId, WarehouseId,
};
use crate::edge::wire::history::{CrossedAnswer, Figures};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;

/// Something happened to a warehouse's stock.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// Where.
    #[schema(value_type = String, example = "BER")]
    pub warehouse: Text<WarehouseId>,
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
    /// Of a lost tail: which entries are lost. Whatever was read of them did not happen: reload the stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<Lost>,
    /// Of an alert: which line was crossed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossed: Option<CrossedAnswer>,
    /// To which SKUs.
    pub lines: Vec<StockEventLine>,
}

/// Entries that are lost, both ends included.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Lost {
    /// Version of the first.
    pub from: u64,
    /// Version of the last.
    pub to: u64,
}

/// What happened to one SKU, and its figures after it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockEventLine {
    /// Which goods.
    #[schema(value_type = String, example = "TEE-M")]
    pub sku: Text<Sku>,
    /// Units, signed as the fact has it: received (+), held (+), given back (−), shipped (−), corrected (±).
    #[schema(example = 10)]
    pub change: i64,
    /// The figures after it.
    #[serde(flatten)]
    pub after: Figures,
    /// Version of the entry with the SKU's previous fact, so that a reader sees whether he has missed one; 0 where there
    /// was none.
    pub previous: u64,
}

impl StockEvent {
    /// What is told of a fact; `head` without its times.
    #[must_use]
    pub fn of(mut head: EventHead, warehouse: &WarehouseId, fact: &Fact) -> Self {
        let holds = matches!(fact.kind, FactKind::Reserved | FactKind::Amended | FactKind::Extended);
        let time = fact.time.map(Time);
        head.occurred_at = time.filter(|_| !holds);
        Self {
            head,
            warehouse: Text(warehouse.clone()),
            channel: fact.channel.clone().map(Text),
            reservation: fact.reservation.clone().map(Text),
            cart: fact.cart.clone().map(Text),
            document: fact.order.clone().map(Text),
            expires_at: time.filter(|_| holds),
            reference: fact.reference.clone().map(Text),
            reason: fact.reason.clone().map(Text),
            source: fact.source.clone().map(Text),
            covered: fact.covered,
            lost: fact.lost.map(|(from, to)| Lost { from, to }),
            crossed: fact.crossed.map(CrossedAnswer::from),
            lines: fact.lines.iter().map(StockEventLine::from).collect(),
        }
    }
}

impl From<&FactLine> for StockEventLine {
    fn from(line: &FactLine) -> Self {
        Self {
            sku: Text(line.sku.clone()),
            change: line.change,
            after: Figures::of(&line.after),
            previous: line.previous,
        }
    }
}
