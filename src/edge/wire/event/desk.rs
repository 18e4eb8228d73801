//! What happened to orders, fulfilments, returns, transfers and receipts.

use serde::Serialize;
use utoipa::ToSchema;

use super::head::EventHead;
use crate::domain::desk::fact::{DeskFact, DeskFactKind, DeskLine};
use crate::domain::ids::{ChannelId, LineId, OrderId, OrderNumber, Reason, Sku, WarehouseId};
use crate::edge::wire::inbound::InboundAnswer;
use crate::edge::wire::order::answer::OrderAnswer;
use crate::edge::wire::order::fulfilment::FulfilmentAnswer;
use crate::edge::wire::returns::ReturnAnswer;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::edge::wire::transfer::TransferAnswer;

/// Units of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnitsLine {
    /// Which line of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line: Option<Text<LineId>>,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units.
    pub quantity: i64,
}

/// What it happened to, and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct About {
    /// The id of the order, return, transfer or receipt.
    #[schema(value_type = String)]
    pub document: Text<OrderId>,
    /// The order, as its channel calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order: Option<Text<OrderNumber>>,
    /// Where it was bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// At which warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// To which fulfilment or return of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub part: Option<Text<OrderId>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// When something is due that it speaks of: a promise, an arrival, a refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub due: Option<Time>,
    /// To which units.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<UnitsLine>,
}

/// Something happened to an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// To what.
    #[serde(flatten)]
    pub about: About,
    /// The order's state after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub state: Option<&'static str>,
    /// The order after it, where what it says or how its units stand has changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Box<OrderAnswer>>,
}

/// Something happened to a fulfilment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FulfilmentEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// To what.
    #[serde(flatten)]
    pub about: About,
    /// The fulfilment after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Box<FulfilmentAnswer>>,
}

/// Something happened to a return.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// To what.
    #[serde(flatten)]
    pub about: About,
    /// The return after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Box<ReturnAnswer>>,
}

/// Something happened to a transfer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// To what.
    #[serde(flatten)]
    pub about: About,
    /// The transfer after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Box<TransferAnswer>>,
}

/// Something happened to an expected receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InboundEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// To what.
    #[serde(flatten)]
    pub about: About,
    /// The receipt after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Box<InboundAnswer>>,
}

impl About {
    /// What a fact is about; `part` is the id of the fulfilment or return.
    #[must_use]
    pub fn of(fact: &DeskFact, part: Option<OrderId>) -> Self {
        let line = |line: &DeskLine| UnitsLine {
            line: line.line.clone().map(Text),
            sku: Text(line.sku.clone()),
            quantity: line.quantity,
        };
        Self {
            document: Text(fact.document.clone()),
            order: fact.number.clone().map(Text),
            channel: fact.channel.clone().map(Text),
            warehouse: fact.warehouse.clone().map(Text),
            part: part.map(Text),
            reason: fact.reason.clone().map(Text),
            due: fact.time.filter(|_| names_a_term(fact.kind)).map(Time),
            lines: fact.lines.iter().map(line).collect(),
        }
    }
}

/// When the fact happened, where it says so and that is not when it was recorded.
#[must_use]
pub fn occurred_at(fact: &DeskFact) -> Option<Time> {
    fact.time.filter(|_| !names_a_term(fact.kind)).map(Time)
}

/// Whether a fact's time is not when it happened, but when something is due.
const fn names_a_term(kind: DeskFactKind) -> bool {
    matches!(
        kind,
        DeskFactKind::LineBackordered
            | DeskFactKind::OrderLate
            | DeskFactKind::RefundDueSoon
            | DeskFactKind::TransferLate
            | DeskFactKind::InboundExpected
            | DeskFactKind::InboundLate
    )
}
