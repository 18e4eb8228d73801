//! A shop's papers, and things that happened to them.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::config::{Settings, Support};
use crate::domain::desk::Document;
use crate::domain::desk::fact::{DeskFact, DeskFactKind, DeskLine};
use crate::domain::fact::{Fact, FactKind, FactLine};
use crate::domain::ids::{
    ActorName, ChannelId, CommandId, LineId, OrderId, OrderNumber, Reference, Sku, WarehouseId,
};
use crate::domain::item::Item;
use crate::domain::level::Level;
use crate::domain::machine::Cause;
use crate::domain::order::{
    Commercial, Contact, Destination, Fulfilment, FulfilmentLine, FulfilmentState, Happened as Noted,
    Inbound, InboundLine, InboundState, Inspected, Line, Order, Parcel, Payment, PaymentState, Refund,
    Return, ReturnLine, ReturnState, Tasks, Terms, Transfer, TransferLine, TransferState,
};
use crate::domain::place::{Country, PostalPrefix};
use crate::domain::routing::Method;
use crate::domain::time::Timestamp;
use crate::edge::amqp::Message;
use crate::edge::event::messages;
use crate::feed::happened::{Happened, Told, What};

/// 2027-01-15T08:00:00Z.
pub(super) const AT: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// What must be in no message but three documents.
pub(super) const CANARY: &str = "Canary";
pub(super) const ORDER: &str = "07-o";

pub(super) fn order_id(text: &str) -> OrderId {
    OrderId::stored(text)
}

pub(super) fn warehouse() -> WarehouseId {
    WarehouseId::stored("BER")
}

pub(super) fn channel() -> ChannelId {
    ChannelId::stored("web-de")
}

pub(super) fn settings() -> Settings {
    let mut settings = Settings::default();
    settings.amqp.holds = true;
    settings.amqp.contact_hours = 2;
    settings.warehouses[0].name = Some("Berlin Mitte".to_owned());
    let email = Some("help@shop.example".to_owned());
    settings.channels[0].support = Some(Support { email, ..Support::default() });
    settings
}

pub(super) fn card(sku: &Sku) -> Option<Item> {
    let bins = [(warehouse(), "A-9".to_owned())].into();
    let (title, gtin) = (Some("T-shirt M".to_owned()), Some("04012345678901".to_owned()));
    (sku.as_str() == "TEE-M").then(|| Item { title, gtin, bins, ..Item::default() })
}

pub(super) fn happened(journal: &str, what: What) -> Happened {
    let cause = Cause { id: CommandId::stored("cmd-1"), actor: ActorName::parse("till").ok(), trace: None };
    Happened {
        journal: journal.into(),
        head: "42-00000000000000ab".parse().unwrap(),
        index: 3,
        at: AT,
        cause: Some(cause),
        what,
    }
}

pub(super) fn stock(fact: Fact) -> Happened {
    happened("w:BER", What::Stock(warehouse(), fact))
}

/// A fact about ten T-shirts that has everything a fact may have.
pub(super) fn full_fact(kind: FactKind) -> Fact {
    let after = Level { on_hand: 47, damaged: 1, reserved: 2, allocated: 3, ..Level::default() };
    Fact {
        lines: vec![FactLine { sku: Sku::stored("TEE-M"), change: 10, after, previous: 41 }],
        reservation: Some(CommandId::stored("r-1")),
        channel: Some(channel()),
        reference: Some(Reference::stored("PO 4711")),
        time: Some(AT.plus(60_000)),
        ..Fact::new(kind)
    }
}

pub(super) fn desk_fact(kind: DeskFactKind, document: &str) -> DeskFact {
    DeskFact {
        kind,
        document: order_id(document),
        channel: Some(channel()),
        number: Some(OrderNumber::stored("o-1")),
        warehouse: Some(warehouse()),
        part: None,
        lines: Vec::new(),
        reason: None,
        time: None,
    }
}

/// A fact about two T-shirts of an order, in its first fulfilment or return.
pub(super) fn of_part(kind: DeskFactKind) -> DeskFact {
    DeskFact { part: Some(1), lines: vec![units(2)], ..desk_fact(kind, ORDER) }
}

pub(super) fn units(quantity: i64) -> DeskLine {
    DeskLine { line: Some(LineId::stored("1")), sku: Sku::stored("TEE-M"), quantity }
}

pub(super) fn contact() -> Bytes {
    let record = format!(
        r#"{{"v":1,"ship_to":{{"country":"DE","name":"{CANARY} Müller","street":"{CANARY} Street 1"}},
        "bill_to":{{"company":"{CANARY} GmbH","email":"canary@example.com"}},"tracking_token":"tok"}}"#
    );
    record.into_bytes().into()
}

pub(super) fn desk(fact: DeskFact, document: Document) -> Happened {
    told(fact, document, Some(contact()))
}

pub(super) fn told(fact: DeskFact, document: Document, contact: Option<Bytes>) -> Happened {
    let told = Told { fact, document: Some(document), contact: Some(contact) };
    happened("d:07", What::Document(Box::new(told)))
}

pub(super) fn of_order(order: Order) -> Document {
    Document::Order(Arc::new(order))
}

pub(super) fn tell(happened: &Happened) -> Vec<Message> {
    messages(&settings(), &card, happened)
}

/// The one message of a kind.
pub(super) fn one(messages: &[Message], key: &str) -> (Message, Value) {
    let mut found = messages.iter().filter(|message| message.key == key);
    let keys: Vec<&String> = messages.iter().map(|message| &message.key).collect();
    let message = found.next().unwrap_or_else(|| panic!("no {key} in {keys:?}"));
    assert!(found.next().is_none(), "more than one {key} in {keys:?}");
    (message.clone(), serde_json::from_slice(&message.body).unwrap())
}

pub(super) fn keys(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|message| message.key.as_str()).collect()
}

/// An order of two T-shirts and the shipping, at one warehouse.
pub(super) fn order() -> Order {
    let line =
        Line { unrouted: 0, allocated: 2, ..Line::new(line_id("1"), Sku::stored("TEE-M"), true, 2, 1_999) };
    let carried = r#"{"order":{"prices":"gross","charges":[{"name":"wrapping","amount":{"amount_minor":100,"currency":"EUR"}}],
        "total":{"amount_minor":4588,"currency":"EUR"}},"lines":{"1":{"unit_price":{"amount_minor":1999,"currency":"EUR"},
        "tax_rate":"19.0"},"2":{"title":"Shipping","unit_price":{"amount_minor":490,"currency":"EUR"}}}}"#;
    Order {
        id: order_id(ORDER),
        channel: channel(),
        number: OrderNumber::stored("o-1"),
        revision: Some(1),
        content: 0,
        told: false,
        state: Commercial::InFulfilment,
        placed_at: AT,
        updated_at: AT,
        lines: vec![line, Line::new(line_id("2"), Sku::stored(""), false, 1, 490)],
        method: Method::Ship,
        destination: Destination { country: Country::parse("DE").ok(), postal: PostalPrefix::of("10115") },
        terms: Terms { promise: Some(AT.plus(86_400_000)), ..Terms::default() },
        payment: Payment { state: PaymentState::Paid, required: true, reference: None },
        refunds: Vec::new(),
        hold: None,
        reservation: None,
        fulfilments: vec![fulfilment(1, FulfilmentState::Requested)],
        returns: vec![back(Some(order_id(ORDER)))],
        waits: Vec::new(),
        journeys: Vec::new(),
        attempt: 1,
        only: None,
        blocked: Vec::new(),
        tasks: Tasks::default(),
        routed: Vec::new(),
        timeline: Vec::new(),
        known: Vec::new(),
        contact: Contact::Kept,
        tracking: None,
        cancelled_for: None,
        late_told: false,
        epoch: 1,
        accepted_at: Some(AT),
        withdrawn: false,
        carried: Arc::from(carried),
    }
}

pub(super) fn line_id(text: &str) -> LineId {
    LineId::stored(text)
}

pub(super) fn fulfilment(number: u32, state: FulfilmentState) -> Fulfilment {
    let line =
        FulfilmentLine { line: line_id("1"), sku: Sku::stored("TEE-M"), quantity: 2, serials: Vec::new() };
    let (carrier, tracking) = (Some(Reference::stored("dhl")), Some(Reference::stored("0034")));
    Fulfilment {
        number,
        warehouse: warehouse(),
        claim: CommandId::stored("07-o/1/1/BER"),
        state,
        held_in: state,
        lines: vec![line],
        requested_at: AT,
        accept_within_ms: None,
        accept_by: None,
        day: 0,
        parcels: if state.has_left() { vec![Parcel { carrier, tracking }] } else { Vec::new() },
        carrier: None,
        trouble: None,
        left_at: state.has_left().then_some(AT),
        ends_at: None,
        along: None,
    }
}

/// Two T-shirts came back, one is as good as new and one broken.
pub(super) fn back(order: Option<OrderId>) -> Return {
    let line = ReturnLine {
        line: order.as_ref().map(|_| line_id("1")),
        sku: Sku::stored("TEE-M"),
        quantity: 2,
        reason: None,
        received: 2,
        inspected: Inspected { sellable: 1, damaged: 1, ..Inspected::default() },
    };
    Return {
        id: order_id(if order.is_some() { "07-o-r1" } else { "07-x" }),
        number: 1,
        order,
        channel: Some(channel()),
        reference: Some(Reference::stored("other-7")),
        warehouse: warehouse(),
        state: ReturnState::Received,
        lines: vec![line],
        declared_at: AT,
        refund_by: AT.plus(1_000),
        alert_at: AT,
        alerted: false,
        refunded: false,
        tasks: Tasks::default(),
        known: Vec::new(),
        timeline: Vec::new(),
    }
}

pub(super) fn transfer() -> Transfer {
    Transfer {
        id: order_id("07-t"),
        reference: None,
        from: warehouse(),
        to: WarehouseId::stored("WIE"),
        state: TransferState::Shipped,
        lines: vec![TransferLine {
            sku: Sku::stored("TEE-M"),
            quantity: 9,
            shipped: 8,
            received: 0,
            lost: 0,
        }],
        along: Vec::new(),
        requested_at: AT,
        eta: Some(AT.plus(1_000)),
        late_told: false,
        tasks: Tasks::default(),
        known: Vec::new(),
        timeline: Vec::new(),
    }
}

pub(super) fn inbound() -> Inbound {
    Inbound {
        id: order_id("07-i"),
        reference: Some(Reference::stored("PO 4711")),
        warehouse: warehouse(),
        state: InboundState::PartlyReceived,
        lines: vec![InboundLine { sku: Sku::stored("TEE-M"), expected: 9, received: 2 }],
        eta: None,
        late_told: false,
        told_at: AT,
        tasks: Tasks::default(),
        known: Vec::new(),
        timeline: Vec::new(),
    }
}

pub(super) fn refund(of: Option<u32>, amount_minor: i64) -> Refund {
    Refund { at: AT, amount_minor, currency: "EUR".to_owned(), of, reason: None, reference: None }
}

/// A line of a timeline.
pub(super) fn noted(kind: DeskFactKind, number: u32) -> Noted {
    Noted { at: AT, kind, actor: None, warehouse: None, number: Some(number), quantity: 0, reason: None }
}
