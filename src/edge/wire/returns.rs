//! Goods that come back.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reservation::ReserveLine;
use super::text::Text;
use super::time::Time;
use super::units::{Count, Quantity};
use crate::domain::ids::{
    ChannelId, LineId, OrderId, OrderNumber, Reason, Reference, ReturnId, Sku, WarehouseId,
};
use crate::domain::order::{Inspected, Order, Return};

/// Goods a buyer announces.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncedLine {
    /// The order's line. Where it is not said, the order's first line of this SKU.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub line: Option<Text<LineId>>,
    /// Which goods; needed where no line is named.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128, example = "TEE-M")]
    pub sku: Option<Text<Sku>>,
    /// How many units.
    #[schema(value_type = i64, minimum = 1, example = 1)]
    pub quantity: Quantity,
    /// Why, in a word or two; opaque, an `@` is refused.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reason: Option<Text<Reason>>,
}

/// A buyer sends goods back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnounceBody {
    /// Of which order: its channel's number, or its id over all channels. Left out where nobody knows the order.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128, example = "o-1")]
    pub order: Option<Text<OrderNumber>>,
    /// Where the goods were bought.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "web-de")]
    pub channel: Option<Text<ChannelId>>,
    /// What the sender calls it, for example an order number that is not known here; opaque, an `@` is refused.
    #[serde(default, rename = "ref")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reference: Option<Text<Reference>>,
    /// Where the goods go: any warehouse or store.
    #[schema(value_type = String, example = "BER")]
    pub warehouse: Text<WarehouseId>,
    /// What.
    pub lines: Vec<AnnouncedLine>,
    /// When the buyer declared it; now where it is not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub declared_at: Option<Time>,
    /// Until when the buyer must have the money; the configured term where it is not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub refund_by: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Goods of a return arrived.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveReturnBody {
    /// Where, where that is not the warehouse it was announced for.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// What; all that is still expected where nothing is said.
    #[serde(default)]
    pub lines: Option<Vec<ReserveLine>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// What inspection found of one SKU, in units.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedLine {
    /// Which goods.
    #[schema(value_type = String, max_length = 128, example = "TEE-M")]
    pub sku: Text<Sku>,
    /// As good as new: for sale again.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0)]
    pub sellable: Count,
    /// Broken.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0)]
    pub damaged: Count,
    /// Set aside.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0)]
    pub quarantine: Count,
    /// Thrown away.
    #[serde(default)]
    #[schema(value_type = i64, minimum = 0)]
    pub scrap: Count,
}

/// Goods of a return were looked at.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectBody {
    /// What was found.
    pub lines: Vec<InspectedLine>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// What inspection has found so far, in units.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Findings {
    /// As good as new.
    pub sellable: i64,
    /// Broken.
    pub damaged: i64,
    /// Set aside.
    pub quarantine: i64,
    /// Thrown away.
    pub scrap: i64,
}

/// One line of a return.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnLineAnswer {
    /// The order's line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line: Option<Text<LineId>>,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units announced.
    pub quantity: i64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// Units that arrived; they lie under quality control until somebody has looked at them.
    pub received: i64,
    /// What was found.
    pub inspected: Findings,
}

/// A return.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnAnswer {
    /// Its id.
    #[serde(rename = "return")]
    #[schema(value_type = String)]
    pub id: Text<ReturnId>,
    /// `announced`, `partly_received`, `received`, `closed` or `cancelled`.
    pub state: &'static str,
    /// Its order, as the channel calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order: Option<Text<OrderNumber>>,
    /// Its order's id over all channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order_id: Option<Text<OrderId>>,
    /// Where the goods were bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// What the sender calls it.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
    /// Where it goes.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// What.
    pub lines: Vec<ReturnLineAnswer>,
    /// When the buyer declared it.
    #[schema(value_type = String, format = DateTime)]
    pub declared_at: Time,
    /// Until when the buyer must have the money.
    #[schema(value_type = String, format = DateTime)]
    pub refund_by: Time,
    /// Whether the money went back (`POST /v1/orders/{order}/refund` names the return).
    pub refunded: bool,
}

/// A page of returns.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnsPage {
    /// The returns. A page of the archive may have none and still be followed by others.
    pub returns: Vec<ReturnAnswer>,
    /// Send it as `after` for the next page; `null` where this was the last.
    pub next: Option<String>,
}

impl From<&InspectedLine> for Inspected {
    fn from(line: &InspectedLine) -> Self {
        Self {
            sellable: line.sellable.0,
            damaged: line.damaged.0,
            quarantine: line.quarantine.0,
            scrap: line.scrap.0,
        }
    }
}

impl From<&Inspected> for Findings {
    fn from(found: &Inspected) -> Self {
        Self {
            sellable: found.sellable,
            damaged: found.damaged,
            quarantine: found.quarantine,
            scrap: found.scrap,
        }
    }
}

impl ReturnAnswer {
    /// A return, and the order it lives in.
    #[must_use]
    pub fn of(back: &Return, order: Option<&Order>) -> Self {
        let line = |line: &crate::domain::order::ReturnLine| ReturnLineAnswer {
            line: line.line.clone().map(Text),
            sku: Text(line.sku.clone()),
            quantity: line.quantity,
            reason: line.reason.clone().map(Text),
            received: line.received,
            inspected: Findings::from(&line.inspected),
        };
        Self {
            id: Text(back.id.clone()),
            state: back.state.name(),
            order: order.map(|order| Text(order.number.clone())),
            order_id: back.order.clone().map(Text),
            channel: back.channel.clone().map(Text),
            reference: back.reference.clone().map(Text),
            warehouse: Text(back.warehouse.clone()),
            lines: back.lines.iter().map(line).collect(),
            declared_at: Time(back.declared_at),
            refund_by: Time(back.refund_by),
            refunded: back.refunded,
        }
    }
}
