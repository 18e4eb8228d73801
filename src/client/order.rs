//! Orders and the other documents of the desk as a client sees them; what it doesn't need is ignored.

use serde::{Deserialize, Serialize};

use super::model::CartLine;

/// An amount as carried by orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// In the currency's smallest unit.
    pub amount_minor: i64,
    /// Three letters.
    pub currency: String,
}

/// A line of a new order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewOrderLine {
    /// Its id within the order.
    pub line: String,
    /// Which goods.
    pub sku: String,
    /// Units.
    pub quantity: i64,
    /// What a unit costs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Money>,
}

/// Where goods go.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
pub struct Address {
    /// Two capital letters.
    pub country: String,
    /// As written on the parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Who gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

// Written by hand so that a name never reaches a log.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("country", &self.country).finish_non_exhaustive()
    }
}

/// Where the money stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Payment {
    /// `pending`, `authorised`, `paid`, `failed` …
    pub state: String,
}

/// Goods that are gone already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gone {
    /// From where.
    pub warehouse: String,
    /// When, RFC 3339.
    pub at: String,
}

/// An order as a channel sends it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NewOrder {
    /// What the channel calls it.
    pub order: String,
    /// The selling channel.
    pub channel: String,
    /// Decides between messages that come in another order than they were sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// The reservation it takes over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reservation: Option<String>,
    /// What was bought.
    pub lines: Vec<NewOrderLine>,
    /// `ship` or `pickup`; a parcel when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Where the buyer picks it up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup_at: Option<String>,
    /// Where it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<Address>,
    /// Where the money stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// Marks a sale whose goods are gone already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilled: Option<Gone>,
    /// Whether it waits for goods where there are none; as the channel is configured when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backorder: Option<bool>,
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Order {
    /// Whether what was sent is older than what is known.
    pub superseded: bool,
    /// What its channel calls it.
    pub order: String,
    /// Its id over all channels.
    pub id: String,
    /// Where it was bought.
    pub channel: String,
    /// `received`, `held`, `accepted`, `in_fulfilment`, `partially_shipped`, `shipped`, `delivered`, `closed`, `cancelled`.
    pub state: String,
    /// Its lines with their counters.
    pub lines: Vec<OrderLine>,
    /// Its parts at warehouses.
    pub fulfilments: Vec<Fulfilment>,
    /// Units that wait for goods.
    pub waits: Vec<Wait>,
    /// Its returns.
    pub returns: Vec<ReturnName>,
}

impl Order {
    /// A counter, added up over all lines.
    #[must_use]
    pub fn sum(&self, counter: fn(&OrderLine) -> i64) -> i64 {
        self.lines.iter().map(counter).sum()
    }
}

/// A line and where its units are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct OrderLine {
    /// Its id within the order.
    pub line: String,
    /// Which goods; empty where it is none.
    pub sku: String,
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
}

/// Units of an order that wait for goods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Wait {
    /// Of which line.
    pub line: String,
    /// Where.
    pub warehouse: String,
    /// Units that wait still.
    pub waiting: i64,
}

/// A return of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReturnName {
    /// Its id.
    #[serde(rename = "return")]
    pub id: String,
}

/// One warehouse's part of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Fulfilment {
    /// Its id.
    pub fulfilment: String,
    /// Where.
    pub warehouse: String,
    /// `requested`, `accepted`, `picked`, `packed`, `shipped`, `delivered`, `rejected` …
    pub state: String,
    /// What.
    pub lines: Vec<FulfilmentLine>,
    /// The order, as its channel calls it; told where fulfilments stand alone.
    pub order: String,
    /// The order's id over all channels; told where fulfilments stand alone.
    pub order_id: String,
    /// Where it was bought; told where fulfilments stand alone.
    pub channel: String,
    /// `ship` or `pickup`; told where fulfilments stand alone.
    pub method: String,
}

impl Fulfilment {
    /// Whether its goods are promised and still there.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(
            self.state.as_str(),
            "requested"
                | "accepted"
                | "picking"
                | "picked"
                | "short_picked"
                | "packed"
                | "ready_for_pickup"
                | "on_hold"
                | "awaiting_transfer"
        )
    }

    /// Whether its goods are gone.
    #[must_use]
    pub fn has_left(&self) -> bool {
        matches!(self.state.as_str(), "shipped" | "delivered" | "collected")
    }

    /// Units, over all lines.
    #[must_use]
    pub fn units(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }
}

/// Units of a line in a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct FulfilmentLine {
    /// Which line of the order.
    pub line: String,
    /// Which goods.
    pub sku: String,
    /// Units.
    pub quantity: i64,
}

/// Units of a line, as steps and cancellations name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LineUnits {
    /// Which line.
    pub line: String,
    /// Units.
    pub quantity: i64,
}

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parcel {
    /// Who carries it.
    pub carrier: String,
    /// Its tracking number.
    pub tracking: String,
}

/// What a warehouse or a carrier reports about a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Step {
    /// Which units; all when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// Its parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parcels: Vec<Parcel>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the carrier tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Whether units that could not be picked are there and broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damaged: Option<bool>,
}

/// Goods a buyer sends back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewReturn {
    /// Of which order, by its id over all channels.
    pub order: String,
    /// Where the goods go.
    pub warehouse: String,
    /// What.
    pub lines: Vec<LineUnits>,
}

/// A return as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Return {
    /// Its id.
    #[serde(rename = "return")]
    pub id: String,
    /// `announced`, `partly_received`, `received`, `closed`, `cancelled`.
    pub state: String,
}

/// What inspection found of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Inspected {
    /// Which goods.
    pub sku: String,
    /// As good as new.
    pub sellable: i64,
    /// Broken.
    pub damaged: i64,
    /// Thrown away.
    pub scrap: i64,
}

/// Goods that are to go to another warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTransfer {
    /// From where.
    pub from: String,
    /// To where.
    pub to: String,
    /// What.
    pub lines: Vec<CartLine>,
}

/// A transfer as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Transfer {
    /// Its id.
    pub transfer: String,
    /// `requested`, `allocated`, `refused`, `shipped`, `partly_received`, `closed`, `cancelled`.
    pub state: String,
}

/// Goods that are expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewInbound {
    /// The purchase order.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Where.
    pub warehouse: String,
    /// When, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<String>,
    /// What.
    pub lines: Vec<CartLine>,
}

/// An expected receipt as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Inbound {
    /// Its id.
    pub inbound: String,
    /// `expected`, `partly_received`, `closed`, `cancelled`.
    pub state: String,
}

/// A page of orders.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OrderPage {
    /// The orders.
    #[serde(alias = "items")]
    pub orders: Vec<Order>,
    /// Where the next page starts; `None` on the last.
    #[serde(default)]
    pub next: Option<String>,
}

/// A page of fulfilments.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FulfilmentPage {
    /// The fulfilments.
    #[serde(alias = "items")]
    pub fulfilments: Vec<Fulfilment>,
    /// Where the next page starts; `None` on the last.
    #[serde(default)]
    pub next: Option<String>,
}
