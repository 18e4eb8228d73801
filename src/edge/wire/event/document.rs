//! Documents: what somebody outside needs to do his part of the work.
//!
//! Prices, taxes and charges are those the order brought, told as given and never computed with.

use serde::Serialize;
use utoipa::ToSchema;

use super::desk::UnitsLine;
use crate::domain::ids::{
    ChannelId, CommandId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, WarehouseId,
};
use crate::edge::wire::order::answer::{DestinationAnswer, PaymentAnswer, RefundAnswer};
use crate::edge::wire::order::carried::{Carried, CarriedLine};
use crate::edge::wire::order::fulfilment::ParcelAnswer;
use crate::edge::wire::returns::Findings;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::{Day, Time};

/// What every document says first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DocumentHead {
    /// Its id, `<event>/<kind>`: the same whenever it is sent again.
    pub id: String,
    /// What it is, for example `pick_list`.
    #[schema(value_type = String, example = "pick_list")]
    pub kind: &'static str,
    /// The event it comes with.
    pub event: String,
    /// When that was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The id of the command that caused it; `null` where time alone did.
    #[schema(value_type = Option<String>)]
    pub command: Option<Text<CommandId>>,
}

/// The order a document is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfOrder {
    /// As its channel calls it.
    #[schema(value_type = String, example = "o-1")]
    pub order: Text<OrderNumber>,
    /// Its id over all channels.
    #[schema(value_type = String)]
    pub order_id: Text<OrderId>,
    /// Where it was bought.
    #[schema(value_type = String, example = "web-de")]
    pub channel: Text<ChannelId>,
    /// When it was placed.
    #[schema(value_type = String, format = DateTime)]
    pub placed_at: Time,
}

/// A warehouse's part of an order, to be worked on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Work {
    /// Which fulfilment. A newer document of it takes the place of an older one.
    #[schema(value_type = String)]
    pub fulfilment: Text<OrderId>,
    /// At which warehouse.
    #[schema(value_type = String, example = "BER")]
    pub warehouse: Text<WarehouseId>,
    /// Of which order.
    #[serde(flatten)]
    pub of: OfOrder,
    /// `ship` or `pickup`.
    pub method: &'static str,
    /// Where it goes, as far as is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationAnswer>,
    /// How urgent it is; 0 is the most urgent.
    pub priority: u8,
    /// When the buyer was promised to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise_by: Option<Time>,
    /// The first day it may leave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub release_on: Option<Day>,
    /// Until when the warehouse must say whether it will do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub accept_by: Option<Time>,
    /// What, all of it.
    pub lines: Vec<WorkLine>,
}

/// Units to be worked with, and what their item card says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WorkLine {
    /// Which line of the order.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units.
    pub quantity: i64,
    /// Where they lie in this warehouse; `null` where the item card does not say.
    pub bin: Option<String>,
    /// Their name for people.
    pub title: Option<String>,
    /// The number of their barcode.
    pub gtin: Option<String>,
    /// What they are counted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Grams of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_g: Option<i64>,
}

/// To a warehouse: take these from the shelves.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickListDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// What to do.
    #[serde(flatten)]
    pub work: Work,
}

/// To a warehouse or carrier: send these there.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShippingOrderDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// What to do.
    #[serde(flatten)]
    pub work: Work,
    /// To whom.
    #[serde(flatten)]
    pub whom: super::contact::Whom,
}

/// Units with what was said of their price.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricedLine {
    /// Which line of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub line: Option<Text<LineId>>,
    /// Which goods; not there for a fee or a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sku: Option<Text<Sku>>,
    /// Units this document is about.
    pub quantity: i64,
    /// Units ordered in all; what was taken off the line was taken off these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered: Option<i64>,
    /// What the order said of it.
    #[serde(flatten)]
    pub carried: CarriedLine,
    /// What inspection has found so far, of goods that came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspected: Option<Findings>,
}

/// To receivables: these were sent or handed over, invoice them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InvoiceRequestDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// Of which order.
    #[serde(flatten)]
    pub of: OfOrder,
    /// Which fulfilment; not there where nothing had to be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub fulfilment: Option<Text<OrderId>>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// When the goods left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub left_at: Option<Time>,
    /// Whether this is the order's first: it brings the fees and services, and what is told of the order as a whole
    /// (charges, discount, total) is to be invoiced once.
    pub first: bool,
    /// Whether no other will follow, as things stand.
    pub last: bool,
    /// Where the goods go, as far as is told: taxes depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<DestinationAnswer>,
    /// What.
    pub lines: Vec<PricedLine>,
    /// Where the money stands.
    pub payment: PaymentAnswer,
    /// What the order brought as a whole, as given.
    #[serde(flatten)]
    pub carried: Carried,
    /// Whom to invoice: who pays, or who gets the goods where nobody else was named.
    #[serde(flatten)]
    pub whom: super::contact::Whom,
}

/// Money that went back.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NumberedRefund {
    /// Its number within the order, from 1: credit each once.
    pub number: u32,
    /// How much, and why.
    #[serde(flatten)]
    pub refund: RefundAnswer,
}

/// To receivables: these came back, or money did; credit them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CreditNoteRequestDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// Of which order.
    #[serde(flatten)]
    pub of: OfOrder,
    /// `returned`: goods came back and were looked at; `refunded`: money went back without goods.
    pub because: &'static str,
    /// For which return.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub back: Option<Text<OrderId>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// What came back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<PricedLine>,
    /// The money that went back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<NumberedRefund>,
    /// Where the money stands.
    pub payment: PaymentAnswer,
    /// What the order brought as a whole, as given.
    #[serde(flatten)]
    pub carried: Carried,
}

/// To payments: the buyer gets money back for these. How much is nobody's business here.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RefundDueDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// Of which order; not there where nobody knows it.
    #[serde(flatten)]
    pub of: Option<OfOrder>,
    /// `returned` or `cancelled`.
    pub because: &'static str,
    /// For which return.
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub back: Option<Text<OrderId>>,
    /// What the sender of the return calls it.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// Until when the buyer must have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub refund_by: Option<Time>,
    /// For what.
    pub lines: Vec<PricedLine>,
    /// Where the money stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentAnswer>,
    /// What the order brought as a whole, as given.
    #[serde(flatten)]
    pub carried: Carried,
}

/// To payables: these came from a supplier.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GoodsReceivedDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// Where.
    #[schema(value_type = String, example = "BER")]
    pub warehouse: Text<WarehouseId>,
    /// As part of which expected receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub inbound: Option<Text<OrderId>>,
    /// The purchase order or ship notice.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "PO 4711")]
    pub reference: Option<Text<Reference>>,
    /// When, where that is not when it was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Time>,
    /// Whether no more of the receipt is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// What came.
    pub lines: Vec<GoodsLine>,
}

/// Units that came.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GoodsLine {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units that came now.
    pub quantity: i64,
    /// Units the receipt expects in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
    /// Units of it that have come so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received: Option<i64>,
}

/// To the buyer, by whoever writes to buyers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerNoticeDocument {
    /// What every document says.
    #[serde(flatten)]
    pub head: DocumentHead,
    /// Of which order.
    #[serde(flatten)]
    pub of: OfOrder,
    /// What to tell: `shipped`, `ready_for_pickup`, `delayed` or `delivery_problem`.
    pub notice: &'static str,
    /// Which fulfilment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub fulfilment: Option<Text<OrderId>>,
    /// At which warehouse; where the buyer fetches it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// That place's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// Its parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parcels: Vec<ParcelAnswer>,
    /// When the buyer was promised to have it; of backordered units, what is promised now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise_by: Option<Time>,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reason: Option<Text<Reason>>,
    /// Which units.
    pub lines: Vec<UnitsLine>,
    /// Whom the buyer may turn to; `null` where the channel's `support` says nobody.
    pub support: Option<crate::edge::wire::tracking::SupportAnswer>,
    /// Whom to tell.
    #[serde(flatten)]
    pub whom: super::contact::Reader,
}
