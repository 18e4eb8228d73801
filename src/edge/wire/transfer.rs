//! Goods that go from one warehouse to another.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reservation::ReserveLine;
use super::text::Text;
use super::time::Time;
use crate::domain::ids::{
    ChannelId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, TransferId, WarehouseId,
};
use crate::domain::order::{Along, Transfer, TransferLine};
use crate::edge::wire::units::Quantity;

/// Asks for goods to go to another warehouse. They are promised at once, all of them or none; what is carried is promised
/// already.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestTransferBody {
    /// What the merchant calls it; opaque, an `@` is refused.
    #[serde(default, rename = "ref")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reference: Option<Text<Reference>>,
    /// From where.
    #[schema(value_type = String, example = "BER")]
    pub from: Text<WarehouseId>,
    /// To where.
    #[schema(value_type = String, example = "HAM")]
    pub to: Text<WarehouseId>,
    /// What of the goods that are free; the same SKU on two lines counts as a sum. May be left out where something is
    /// carried.
    #[serde(default)]
    pub lines: Vec<ReserveLine>,
    /// Promised units of orders that go along, beside the lines: they stay their orders' all the way, and are shipped to
    /// the buyers from where they arrive. Nobody may have begun to pick them, and no buyer may come for them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carry: Vec<CarryBody>,
    /// When it is expected.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Promised units of an order that go along with a transfer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarryBody {
    /// The order, as its channel calls it, or its id over all channels.
    #[schema(value_type = String, example = "o-1")]
    pub order: Text<OrderNumber>,
    /// The order's channel; needed where two channels use the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// Out of which of its fulfilments; of any that is open where the transfer begins, where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub fulfilment: Option<Text<OrderId>>,
    /// Which line of it.
    #[schema(value_type = String, example = "1")]
    pub line: Text<LineId>,
    /// Units of it.
    #[schema(value_type = i64, minimum = 1, example = 1)]
    pub quantity: Quantity,
}

/// Goods of a transfer left.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipTransferBody {
    /// What; all of it where nothing is said.
    #[serde(default)]
    pub lines: Option<Vec<ReserveLine>>,
    /// When it is expected; as it was where it is not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Goods arrived.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveBody {
    /// What; all that is under way or expected where nothing is said.
    #[serde(default)]
    pub lines: Option<Vec<ReserveLine>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// One SKU of a transfer. Units shipped were received, lost, or are under way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferLineAnswer {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units asked for, with those that are carried.
    pub quantity: i64,
    /// Units that left.
    pub shipped: i64,
    /// Units that arrived.
    pub received: i64,
    /// Units given up.
    pub lost: i64,
    /// Units on the road.
    pub under_way: i64,
}

/// Promised units of an order that go along with a transfer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CarriedAnswer {
    /// Its number within the transfer, from 1.
    pub row: u32,
    /// The order's id over all channels.
    #[schema(value_type = String)]
    pub order_id: Text<OrderId>,
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Which line of it.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units that go along: those asked for, but for those cancelled before they left.
    pub quantity: i64,
    /// Units that left.
    pub shipped: i64,
    /// Units that arrived; those cancelled on the road are free there.
    pub received: i64,
    /// Units given up; their order looks for another place.
    pub lost: i64,
    /// Why the order did not let them go; then the whole transfer was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub refused: Option<Text<Reason>>,
}

/// A transfer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferAnswer {
    /// Its id.
    #[schema(value_type = String)]
    pub transfer: Text<TransferId>,
    /// `requested`, `allocated`, `refused`, `shipped`, `partly_received`, `closed` or `cancelled`.
    pub state: &'static str,
    /// What the merchant calls it.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
    /// From where.
    #[schema(value_type = String)]
    pub from: Text<WarehouseId>,
    /// To where.
    #[schema(value_type = String)]
    pub to: Text<WarehouseId>,
    /// What.
    pub lines: Vec<TransferLineAnswer>,
    /// Promised units of orders among them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub carry: Vec<CarriedAnswer>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Time,
    /// When it is expected.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Time>,
    /// Whether it was expected earlier than it came.
    pub late: bool,
}

/// A page of transfers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransfersPage {
    /// The transfers. A page of the archive may have none and still be followed by others.
    pub transfers: Vec<TransferAnswer>,
    /// Send it as `after` for the next page; `null` where this was the last.
    pub next: Option<String>,
}

impl From<&Transfer> for TransferAnswer {
    fn from(transfer: &Transfer) -> Self {
        let line = |line: &TransferLine| TransferLineAnswer {
            sku: Text(line.sku.clone()),
            quantity: line.quantity,
            shipped: line.shipped,
            received: line.received,
            lost: line.lost,
            under_way: line.under_way(),
        };
        let carried = |along: &Along| CarriedAnswer {
            row: along.row,
            order_id: Text(along.order.clone()),
            channel: Text(along.channel.clone()),
            line: Text(along.line.clone()),
            sku: Text(along.sku.clone()),
            quantity: along.quantity,
            shipped: along.shipped,
            received: along.received,
            lost: along.lost,
            refused: along.refused.clone().map(Text),
        };
        Self {
            transfer: Text(transfer.id.clone()),
            state: transfer.state.name(),
            reference: transfer.reference.clone().map(Text),
            from: Text(transfer.from.clone()),
            to: Text(transfer.to.clone()),
            lines: transfer.lines.iter().map(line).collect(),
            carry: transfer.along.iter().map(carried).collect(),
            requested_at: Time(transfer.requested_at),
            eta: transfer.eta.map(Time),
            late: transfer.late_told,
        }
    }
}
