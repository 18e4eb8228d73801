//! Where an order is: for staff with everything that happened, for its buyer without a name or an address.

use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use crate::domain::desk::DeskFactKind;
use crate::domain::ids::{ChannelId, FulfilmentId, OrderId, OrderNumber, Reason, Reference, ReturnId, WarehouseId};
use crate::domain::order::{Fulfilment, Happened, Order};

/// A parcel as its carrier knows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ParcelAnswer {
    /// Who carries it.
    #[schema(value_type = Option<String>)]
    pub carrier: Option<Text<Reference>>,
    /// Its tracking number.
    #[schema(value_type = Option<String>)]
    pub tracking: Option<Text<Reference>>,
}

/// One warehouse's part of an order, as staff see it under way.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartAnswer {
    /// Its id.
    #[schema(value_type = String)]
    pub fulfilment: Text<FulfilmentId>,
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// Where the warehouse stands with it.
    pub state: &'static str,
    /// Where its carrier says it is.
    pub carrier_state: Option<&'static str>,
    /// What is wrong with its delivery.
    #[schema(value_type = Option<String>)]
    pub problem: Option<Text<Reason>>,
    /// When it left, or was ready for its buyer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Time>,
    /// Its parcels.
    pub parcels: Vec<ParcelAnswer>,
}

/// One thing that happened to an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventAnswer {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// What, in the past tense: `order_received`, `fulfilment_shipped`, `delivery_exception` and so on.
    pub fact: &'static str,
    /// The name of the token it came with; `null` where the daemon did it.
    pub actor: Option<String>,
    /// At which warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// To which fulfilment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub fulfilment: Option<Text<FulfilmentId>>,
    /// To which return.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub back: Option<Text<ReturnId>>,
    /// To how many units in all.
    #[serde(skip_serializing_if = "is_zero")]
    pub quantity: i64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
}

/// Where an order is, for staff.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineAnswer {
    /// The order, as its channel calls it.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// Its id over all channels.
    #[schema(value_type = String)]
    pub id: Text<OrderId>,
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// How it stands.
    pub state: &'static str,
    /// When the buyer was promised to have it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise: Option<Time>,
    /// Whether that has passed.
    pub late: bool,
    /// Its parts.
    pub parts: Vec<PartAnswer>,
    /// What happened to it, the oldest first. Of very many events the oldest but the first are forgotten.
    pub timeline: Vec<EventAnswer>,
}

/// A parcel as its buyer sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrackedParcel {
    /// `waiting`, `preparing`, `packed`, `in_transit`, `exception`, `returned_to_sender`, `delivered`,
    /// `ready_for_pickup` or `collected`.
    pub state: &'static str,
    /// The same in words.
    pub text: &'static str,
    /// Units in it and what came with it.
    pub units: i64,
    /// Since when, where something has happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// Who carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub carrier: Option<Text<Reference>>,
    /// Its tracking number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tracking: Option<Text<Reference>>,
    /// Where it waits for its buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What is wrong with the delivery, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Whom the buyer may turn to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SupportAnswer {
    /// Who answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// A telephone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// When somebody answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<String>,
}

/// Where an order is, for its buyer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrackedOrder {
    /// The order, as the shop calls it.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// How it stands.
    pub state: &'static str,
    /// The same in words.
    pub text: &'static str,
    /// When it should arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expected: Option<Time>,
    /// Whether that has passed.
    pub late: bool,
    /// Its parcels.
    pub parcels: Vec<TrackedParcel>,
    /// Units that are in no parcel yet.
    pub to_follow: i64,
    /// Whom to turn to.
    pub support: SupportAnswer,
}

impl EventAnswer {
    fn of(order: &Order, happened: &Happened) -> Self {
        let part = |wanted: bool, letter: char| {
            let number = happened.number.filter(|_| wanted)?;
            Some(Text(OrderId::stored(&format!("{}-{letter}{number}", order.id))))
        };
        let of_return = is_of_return(happened.kind);
        Self {
            at: Time(happened.at),
            fact: happened.kind.name(),
            actor: happened.actor.as_ref().map(|actor| actor.as_str().to_owned()),
            warehouse: happened.warehouse.clone().map(Text),
            fulfilment: part(!of_return, 'f'),
            back: part(of_return, 'r'),
            quantity: happened.quantity,
            reason: happened.reason.clone().map(Text),
        }
    }
}

/// Whether the number that a fact names is that of a return.
const fn is_of_return(kind: DeskFactKind) -> bool {
    matches!(
        kind,
        DeskFactKind::ReturnAnnounced
            | DeskFactKind::ReturnReceived
            | DeskFactKind::ReturnInspected
            | DeskFactKind::ReturnCancelled
            | DeskFactKind::RefundDueSoon
            | DeskFactKind::OrderRefunded
    )
}

impl PartAnswer {
    fn of(order: &Order, part: &Fulfilment) -> Self {
        let parcels = part.parcels.iter();
        let parcels = parcels.map(|parcel| ParcelAnswer {
            carrier: parcel.carrier.clone().map(Text),
            tracking: parcel.tracking.clone().map(Text),
        });
        Self {
            fulfilment: Text(part.id(&order.id)),
            warehouse: Text(part.warehouse.clone()),
            state: part.state.name(),
            carrier_state: part.carrier.map(|carrier| carrier.name()),
            problem: part.trouble.clone().map(Text),
            left_at: part.left_at.map(Time),
            parcels: parcels.collect(),
        }
    }
}

impl From<&Order> for TimelineAnswer {
    fn from(order: &Order) -> Self {
        Self {
            order: Text(order.number.clone()),
            id: Text(order.id.clone()),
            channel: Text(order.channel.clone()),
            state: order.state.name(),
            promise: order.terms.promise.map(Time),
            late: order.late_told,
            parts: order.fulfilments.iter().map(|part| PartAnswer::of(order, part)).collect(),
            timeline: order.timeline.iter().map(|happened| EventAnswer::of(order, happened)).collect(),
        }
    }
}

const fn is_zero(quantity: &i64) -> bool {
    *quantity == 0
}
