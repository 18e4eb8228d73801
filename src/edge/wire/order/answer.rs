//! Orders as they stand.

use serde::Serialize;
use utoipa::ToSchema;

use super::carried::{Baggage, Carried, CarriedLine};
use super::fulfilment::FulfilmentPart;
use super::money::Money;
use crate::domain::ids::{
    ActorName, ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, WarehouseId,
};
use crate::domain::order::{Contact, Happened, Line, Order, Return};
use crate::domain::routing::Method;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::{Day, Time};

/// A line and where its units are: ordered = unrouted + backordered + allocated + shipped + cancelled.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderLineAnswer {
    /// Its id within the order.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Which goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sku: Option<Text<Sku>>,
    /// `false` where it is no goods; then it has no counters beside `ordered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stock: Option<bool>,
    /// Units ordered.
    pub ordered: i64,
    /// Without a place yet.
    pub unrouted: i64,
    /// Waiting for goods.
    pub backordered: i64,
    /// Promised by a warehouse.
    pub allocated: i64,
    /// Gone to the buyer.
    pub shipped: i64,
    /// Not wanted any more, or not to be had.
    pub cancelled: i64,
    /// Of those shipped, how many came back.
    pub returned: i64,
    /// What it brought beside its units, as given.
    #[serde(flatten)]
    pub carried: CarriedLine,
}

/// Where an order goes, as far as is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DestinationAnswer {
    /// The country.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The first two characters of the postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_prefix: Option<String>,
}

/// Where the money stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PaymentAnswer {
    /// `unknown`, `pending`, `authorised`, `paid`, `failed` or `refunded`.
    pub state: &'static str,
    /// Whether goods wait for it.
    pub required: bool,
    /// What it is known by elsewhere.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
    /// When payment must be there; then the order is cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
}

/// Why nobody works on an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HoldAnswer {
    /// Why.
    #[schema(value_type = String)]
    pub reason: Text<Reason>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
}

/// Money that went back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundAnswer {
    /// When it was told.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// How much.
    #[schema(value_type = Money)]
    pub amount: AmountAnswer,
    /// For which return.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// What it is known by elsewhere.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
}

/// An amount as it was kept.
#[derive(Debug, Clone, Serialize)]
pub struct AmountAnswer {
    /// In the currency's smallest unit.
    pub amount_minor: i64,
    /// Which currency.
    pub currency: String,
}

/// A return of the order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReturnSummary {
    /// Its id.
    #[serde(rename = "return")]
    #[schema(value_type = String)]
    pub id: Text<OrderId>,
    /// Where it stands: `announced`, `partly_received`, `received`, `closed` or `cancelled`.
    pub state: &'static str,
}

/// Units that wait for goods.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WaitAnswer {
    /// Of which line.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// Units that wait still.
    pub waiting: i64,
    /// Units that have got goods.
    pub served: i64,
}

/// Something that happened to the order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HappenedAnswer {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// What, in the past tense: `order_received`, `fulfilment_shipped` and so on.
    pub fact: &'static str,
    /// The name of the token it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// At which warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// To which fulfilment or return.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// To how many units in all.
    #[serde(skip_serializing_if = "is_zero")]
    pub quantity: i64,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
}

/// An order as it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderAnswer {
    /// True where what was sent is older than what is known; then the order stands as it did.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub superseded: bool,
    /// What its channel calls it.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// Its id over all channels.
    #[schema(value_type = String)]
    pub id: Text<OrderId>,
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Its revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// `received`, `held`, `accepted`, `in_fulfilment`, `partially_shipped`, `shipped`, `delivered`, `closed` or
    /// `cancelled`.
    pub state: &'static str,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Time,
    /// When it changed last.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
    /// Why nobody works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldAnswer>,
    /// Why what had not left was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cancelled_for: Option<Text<Reason>>,
    /// Where the money stands.
    pub payment: PaymentAnswer,
    /// `ship` or `pickup`.
    pub method: &'static str,
    /// Where the buyer picks it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub pickup_at: Option<Text<WarehouseId>>,
    /// Where it goes, as far as is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<DestinationAnswer>,
    /// Whether its personal data is `kept`, was `erased`, or there was `none`.
    pub contact: &'static str,
    /// The reservation it took over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reservation: Option<Text<CommandId>>,
    /// The first day it may leave a warehouse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub release_on: Option<Day>,
    /// When the buyer was promised to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise_by: Option<Time>,
    /// Whether everything goes at once.
    pub ship_complete: bool,
    /// Who is served first: 0 first, 255 last.
    pub priority: u8,
    /// Whether it waits for goods where there are none.
    pub backorder: bool,
    /// Its lines.
    pub lines: Vec<OrderLineAnswer>,
    /// Its parts at warehouses, oldest first.
    pub fulfilments: Vec<FulfilmentPart>,
    /// Units that wait for goods.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waits: Vec<WaitAnswer>,
    /// What came or comes back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<ReturnSummary>,
    /// Refunds told.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<RefundAnswer>,
    /// What it brought, as given.
    #[serde(flatten)]
    pub carried: Carried,
    /// The path under which its buyer follows it; whoever has it sees how the order stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// What happened to it, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Vec<HappenedAnswer>>,
}

/// A page of orders.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderPage {
    /// The orders. A page of the archive may have none and still be followed by others.
    pub orders: Vec<OrderAnswer>,
    /// Send it as `after` for the next page; `null` after the last.
    pub next: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
const fn is_zero(quantity: &i64) -> bool {
    *quantity == 0
}

impl OrderAnswer {
    /// An order as it stands, without its timeline.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let Baggage { order: carried, lines: mut brought } = Baggage::of(order);
        let line =
            |line: &Line| OrderLineAnswer::of(line, brought.remove(line.id.as_str()).unwrap_or_default());
        let lines = order.lines.iter().map(line).collect();
        let (method, pickup_at) = match &order.method {
            Method::Ship => ("ship", None),
            Method::Pickup(place) => ("pickup", Some(Text(place.clone()))),
        };
        let returns = order.returns.iter();
        let returns =
            returns.map(|back| ReturnSummary { id: Text(back.id.clone()), state: back.state.name() });
        Self {
            superseded: false,
            order: Text(order.number.clone()),
            id: Text(order.id.clone()),
            channel: Text(order.channel.clone()),
            revision: order.revision,
            state: order.state.name(),
            placed_at: Time(order.placed_at),
            updated_at: Time(order.updated_at),
            hold: order
                .hold
                .as_ref()
                .map(|hold| HoldAnswer { reason: Text(hold.reason.clone()), until: hold.until.map(Time) }),
            cancelled_for: order.cancelled_for.clone().map(Text),
            payment: PaymentAnswer::of(order),
            method,
            pickup_at,
            ship_to: DestinationAnswer::of(order),
            contact: match order.contact {
                Contact::None => "none",
                Contact::Kept => "kept",
                Contact::Erased(_) => "erased",
            },
            reservation: order.reservation.clone().map(Text),
            release_on: order.terms.release_day.map(Day),
            promise_by: order.terms.promise.map(Time),
            ship_complete: order.terms.ship_complete,
            priority: order.terms.priority,
            backorder: order.terms.backorder,
            lines,
            fulfilments: order.fulfilments.iter().map(|part| FulfilmentPart::of(&order.id, part)).collect(),
            waits: waits(order),
            returns: returns.collect(),
            refunds: refunds(order),
            carried,
            tracking: None,
            timeline: None,
        }
    }

    /// With what happened to the order.
    #[must_use]
    pub fn with_timeline(mut self, order: &Order) -> Self {
        self.timeline = Some(HappenedAnswer::all(order));
        self
    }
}

impl OrderLineAnswer {
    fn of(line: &Line, carried: CarriedLine) -> Self {
        Self {
            line: Text(line.id.clone()),
            sku: Some(&line.sku).filter(|sku| !sku.as_str().is_empty()).cloned().map(Text),
            stock: (!line.stock).then_some(false),
            ordered: line.ordered,
            unrouted: line.unrouted,
            backordered: line.backordered,
            allocated: line.allocated,
            shipped: line.shipped,
            cancelled: line.cancelled,
            returned: line.returned,
            carried,
        }
    }
}

impl PaymentAnswer {
    /// Where the money of an order stands.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let payment = &order.payment;
        let until = order.terms.pay_until.filter(|_| payment.required && !payment.state.is_good());
        Self {
            state: payment.state.name(),
            required: payment.required,
            reference: payment.reference.clone().map(Text),
            until: until.map(Time),
        }
    }
}

impl DestinationAnswer {
    /// Where an order goes, where anything is told of it.
    #[must_use]
    pub fn of(order: &Order) -> Option<Self> {
        let to = &order.destination;
        let country = to.country.map(|country| country.to_string());
        let postal_prefix = to.postal.map(|postal| postal.to_string());
        (country.is_some() || postal_prefix.is_some()).then_some(Self { country, postal_prefix })
    }
}

impl HappenedAnswer {
    /// What happened to an order, oldest first.
    #[must_use]
    pub fn all(order: &Order) -> Vec<Self> {
        order.timeline.iter().map(|one| Self::of(order, one)).collect()
    }

    fn of(order: &Order, one: &Happened) -> Self {
        let part = one.number.map(|number| match one.kind.number() {
            // Facts about fulfilments have the numbers from 30 on, those about returns from 60 on.
            30..=59 => format!("{}-f{number}", order.id),
            _ => return_id(order, number),
        });
        Self {
            at: Time(one.at),
            fact: one.kind.name(),
            actor: one.actor.as_ref().map(ActorName::as_str).map(str::to_owned),
            warehouse: one.warehouse.clone().map(Text),
            part,
            quantity: one.quantity,
            reason: one.reason.clone().map(Text),
        }
    }
}

fn return_id(order: &Order, number: u32) -> String {
    let back = order.returns.iter().find(|back: &&Return| back.number == number);
    back.map_or_else(|| format!("{}-r{number}", order.id), |back| back.id.to_string())
}

fn waits(order: &Order) -> Vec<WaitAnswer> {
    let open = order.waits.iter().filter(|waits| waits.open > 0 || waits.booked > 0);
    let wait = |waits: &crate::domain::order::model::Waits| WaitAnswer {
        line: Text(waits.line.clone()),
        warehouse: Text(waits.warehouse.clone()),
        waiting: waits.open,
        served: waits.booked,
    };
    open.map(wait).collect()
}

/// The refunds of an order, oldest first.
#[must_use]
pub fn refunds(order: &Order) -> Vec<RefundAnswer> {
    let refund = |refund: &crate::domain::order::Refund| RefundAnswer {
        at: Time(refund.at),
        amount: AmountAnswer { amount_minor: refund.amount_minor, currency: refund.currency.clone() },
        of: refund.of.map(|number| return_id(order, number)),
        reason: refund.reason.clone().map(Text),
        reference: refund.reference.clone().map(Text),
    };
    order.refunds.iter().map(refund).collect()
}
