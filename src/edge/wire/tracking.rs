//! Where an order is: for staff with everything that happened, for its buyer without a name or an address.

use serde::Serialize;
use utoipa::ToSchema;

use super::order::answer::HappenedAnswer;
use super::order::fulfilment::FulfilmentPart;
use super::text::Text;
use super::time::Time;
use crate::config::Settings;
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reference};
use crate::domain::order::Order;

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
    pub promise_by: Option<Time>,
    /// Whether that has passed.
    pub late: bool,
    /// Its parts.
    pub fulfilments: Vec<FulfilmentPart>,
    /// What happened to it, the oldest first. Of very many events the oldest but the first are forgotten.
    pub timeline: Vec<HappenedAnswer>,
}

/// A parcel as its buyer sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TrackedParcel {
    /// `waiting`, `preparing`, `packed`, `in_transit`, `exception`, `returned_to_sender`, `delivered`,
    /// `ready_for_pickup` or `collected`.
    pub state: &'static str,
    /// The same in words.
    pub text: &'static str,
    /// Units in it; left out where several parcels share them and nobody told which has what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub units: Option<i64>,
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

impl SupportAnswer {
    /// Whom buyers of a channel may turn to, where its settings say so.
    #[must_use]
    pub fn of(settings: &Settings, channel: &ChannelId) -> Option<Self> {
        let configured = settings.channels.iter().find(|configured| configured.id == channel.as_str())?;
        let support = configured.support.clone()?;
        Some(Self { name: support.name, email: support.email, phone: support.phone, hours: support.hours })
    }
}

impl From<&Order> for TimelineAnswer {
    fn from(order: &Order) -> Self {
        Self {
            order: Text(order.number.clone()),
            id: Text(order.id.clone()),
            channel: Text(order.channel.clone()),
            state: order.state.name(),
            promise_by: order.terms.promise.map(Time),
            late: order.late_told,
            fulfilments: order.fulfilments.iter().map(|part| FulfilmentPart::of(&order.id, part)).collect(),
            timeline: HappenedAnswer::all(order),
        }
    }
}
