//! Fulfilments: one warehouse's part of an order.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::{
    ChannelId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, TransferId, WarehouseId,
};
use crate::domain::order::{Fulfilment, Order, Parcel};
use crate::domain::routing::Method;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::{Day, Time};

/// Units of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FulfilmentLineAnswer {
    /// Which line of the order.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units.
    pub quantity: i64,
    /// Serial numbers as told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub serials: Vec<Text<Reference>>,
}

/// A parcel.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParcelAnswer {
    /// Who carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub carrier: Option<Text<Reference>>,
    /// Its tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tracking: Option<Text<Reference>>,
}

/// One warehouse's part of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FulfilmentPart {
    /// Its id.
    #[schema(value_type = String)]
    pub fulfilment: Text<OrderId>,
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// Where it stands: `proposed`, `requested`, `accepted`, `rejected`, `timed_out`, `picking`, `picked`, `short_picked`,
    /// `packed`, `shipped`, `ready_for_pickup`, `delivered`, `collected`, `on_hold`, `cancelled`, `awaiting_transfer` or
    /// `in_transfer`.
    pub state: &'static str,
    /// The transfer it goes along with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub transfer: Option<Text<TransferId>>,
    /// What.
    pub lines: Vec<FulfilmentLineAnswer>,
    /// When the warehouse was asked; when it was planned before that.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Time,
    /// Until when the warehouse must answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accept_by: Option<Time>,
    /// Its parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parcels: Vec<ParcelAnswer>,
    /// Where the carrier says it is: `in_transit`, `exception`, `delivered` or `returned_to_sender`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<&'static str>,
    /// What went wrong with the delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub trouble: Option<Text<Reason>>,
    /// When it left, or was ready for its buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Time>,
}

/// A fulfilment, with what its warehouse needs to know of the order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FulfilmentAnswer {
    /// The fulfilment.
    #[serde(flatten)]
    pub part: FulfilmentPart,
    /// The order, as its channel calls it.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// The order's id over all channels.
    #[schema(value_type = String)]
    pub order_id: Text<OrderId>,
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// `ship` or `pickup`.
    pub method: &'static str,
    /// To which country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Who is served first: 0 first, 255 last.
    pub priority: u8,
    /// When the buyer was promised to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise_by: Option<Time>,
    /// The first day it may leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub release_on: Option<Day>,
    /// Whether everything goes at once.
    pub ship_complete: bool,
}

/// A page of fulfilments.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FulfilmentPage {
    /// The fulfilments, by order.
    pub fulfilments: Vec<FulfilmentAnswer>,
    /// Send it as `after` for the next page; `null` after the last.
    #[schema(value_type = Option<String>)]
    pub next: Option<Text<OrderId>>,
}

impl FulfilmentPart {
    /// A part of an order.
    #[must_use]
    pub fn of(order: &OrderId, part: &Fulfilment) -> Self {
        let line = |line: &crate::domain::order::FulfilmentLine| FulfilmentLineAnswer {
            line: Text(line.line.clone()),
            sku: Text(line.sku.clone()),
            quantity: line.quantity,
            serials: line.serials.iter().cloned().map(Text).collect(),
        };
        let parcel = |parcel: &Parcel| ParcelAnswer {
            carrier: parcel.carrier.clone().map(Text),
            tracking: parcel.tracking.clone().map(Text),
        };
        Self {
            fulfilment: Text(part.id(order)),
            warehouse: Text(part.warehouse.clone()),
            state: part.state.name(),
            transfer: part.along.as_ref().map(|(transfer, _)| Text(transfer.clone())),
            lines: part.lines.iter().map(line).collect(),
            requested_at: Time(part.requested_at),
            accept_by: part.accept_by.map(Time),
            parcels: part.parcels.iter().map(parcel).collect(),
            carrier: part.carrier.map(crate::domain::order::Carrier::name),
            trouble: part.trouble.clone().map(Text),
            left_at: part.left_at.map(Time),
        }
    }
}

impl FulfilmentAnswer {
    /// A part of an order, and of the order what its warehouse needs.
    #[must_use]
    pub fn of(order: &Order, part: &Fulfilment) -> Self {
        Self {
            part: FulfilmentPart::of(&order.id, part),
            order: Text(order.number.clone()),
            order_id: Text(order.id.clone()),
            channel: Text(order.channel.clone()),
            method: match &order.method {
                Method::Ship => "ship",
                Method::Pickup(_) => "pickup",
            },
            country: order.destination.country.map(|country| country.to_string()),
            priority: order.terms.priority,
            promise_by: order.terms.promise.map(Time),
            release_on: order.terms.release_day.map(Day),
            ship_complete: order.terms.ship_complete,
        }
    }
}
