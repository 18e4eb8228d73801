//! What documents say, word for word.

use serde_json::{Value, json};

use super::sample::{
    AT, ORDER, back, card, contact, desk, desk_fact, fulfilment, full_fact, inbound, keys, noted, of_order,
    of_part, one, order, order_id, refund, settings, stock, tell, told, units,
};
use crate::config::Invoice;
use crate::domain::desk::{DeskFact, DeskFactKind, Document};
use crate::domain::fact::FactKind;
use crate::domain::ids::WarehouseId;
use crate::domain::machine::Cause;
use crate::domain::order::{Fulfilment, FulfilmentState, Order, Payment, PaymentState, Return};
use crate::domain::routing::Method;
use crate::edge::amqp::Message;
use crate::edge::event::messages;

const EVENT: &str = "d:07.42-00000000000000ab.3";

fn with(parts: Vec<Fulfilment>) -> Order {
    Order { fulfilments: parts, ..order() }
}

fn part(state: FulfilmentState) -> Order {
    with(vec![fulfilment(1, state)])
}

/// Names of the documents that come with a fact.
fn documents(messages: &[Message]) -> Vec<&str> {
    keys(messages).into_iter().filter_map(|key| key.strip_prefix("document.")).collect()
}

/// A warehouse is told where everything lies, and the address once it is to send it.
#[test]
fn a_warehouse_is_told_what_to_do() {
    let messages = tell(&desk(of_part(DeskFactKind::FulfilmentRequested), of_order(order())));
    assert_eq!(documents(&messages), ["pick_list", "shipping_order"]);
    let (message, list) = one(&messages, "document.pick_list");
    assert_eq!(message.id, format!("{EVENT}/pick_list"));
    assert_eq!(message.kind, "lagerd.document.pick_list.v1");
    assert_eq!((message.subject.as_deref(), message.expires_ms), (Some("07-o-f1"), None));
    let lines = json!([{"line": "1", "sku": "TEE-M", "quantity": 2, "bin": "A-9", "title": "T-shirt M",
        "gtin": "04012345678901"}]);
    let work = json!({
        "id": format!("{EVENT}/pick_list"), "kind": "pick_list", "event": EVENT, "at": "2027-01-15T08:00:00Z",
        "command": "cmd-1", "fulfilment": "07-o-f1", "warehouse": "BER", "order": "o-1", "order_id": "07-o",
        "channel": "web-de", "placed_at": "2027-01-15T08:00:00Z", "method": "ship",
        "destination": {"country": "DE", "postal_prefix": "10"}, "priority": 0,
        "promise_by": "2027-01-16T08:00:00Z", "lines": lines,
    });
    assert_eq!(list, work);
    let (message, shipping) = one(&messages, "document.shipping_order");
    assert_eq!(message.expires_ms, Some(7_200_000));
    let contact = json!({"country": "DE", "name": "Canary Müller", "street": "Canary Street 1"});
    assert_eq!((&shipping["contact"], shipping.get("erased")), (&contact, None));
    assert_eq!(shipping["lines"], lines);
}

/// Who must accept gets the address when he has; what waits, has left or is fetched is sent by nobody.
#[test]
fn addresses_wait_for_the_warehouse() {
    use DeskFactKind::{FulfilmentAccepted, FulfilmentRequested, FulfilmentResumed};
    use FulfilmentState::{Accepted, Cancelled, OnHold, Packed, Picking, Requested, Shipped};
    let asked = |state| Fulfilment { accept_within_ms: Some(1_000), ..fulfilment(1, state) };
    for (kind, part, expected) in [
        (FulfilmentRequested, asked(Requested), &["pick_list"][..]),
        (FulfilmentAccepted, asked(Accepted), &["shipping_order"]),
        (FulfilmentAccepted, asked(Picking), &["shipping_order"]),
        (FulfilmentAccepted, fulfilment(1, Accepted), &[]),
        (FulfilmentRequested, fulfilment(1, OnHold), &[]),
        (FulfilmentRequested, fulfilment(1, Shipped), &[]),
        (FulfilmentRequested, fulfilment(1, Cancelled), &[]),
        (FulfilmentResumed, fulfilment(1, Requested), &["pick_list", "shipping_order"]),
        (FulfilmentResumed, asked(Requested), &["pick_list"]),
        (FulfilmentResumed, fulfilment(1, Packed), &["shipping_order"]),
        (FulfilmentRequested, fulfilment(2, Requested), &[]),
    ] {
        let what = format!("{kind} {:?}", part.state);
        let messages = tell(&desk(of_part(kind), of_order(with(vec![part]))));
        assert_eq!(documents(&messages), expected, "{what}");
    }
    let store = WarehouseId::stored("BER");
    let fetched = Order { method: Method::Pickup(store), ..order() };
    assert_eq!(documents(&tell(&desk(of_part(FulfilmentRequested), of_order(fetched)))), ["pick_list"]);
}

/// What changes an order as a whole is told to each warehouse it touches, each document under its own id.
#[test]
fn changes_reach_every_warehouse() {
    let parts = vec![
        fulfilment(1, FulfilmentState::Requested),
        fulfilment(2, FulfilmentState::Accepted),
        fulfilment(3, FulfilmentState::Shipped),
    ];
    let moved = desk_fact(DeskFactKind::OrderAddressChanged, ORDER);
    let messages = tell(&desk(moved, of_order(with(parts.clone()))));
    let ids: Vec<&str> = messages.iter().skip(1).map(|message| message.id.as_str()).collect();
    assert_eq!(ids, [1, 2].map(|number| format!("{EVENT}/shipping_order/{number}")));
    let body: Value = serde_json::from_slice(&messages[2].body).unwrap();
    assert_eq!((&body["id"], &body["fulfilment"]), (&json!(ids[1]), &json!("07-o-f2")));
    let amended = DeskFact { lines: vec![units(3)], ..desk_fact(DeskFactKind::OrderAmended, ORDER) };
    let messages = tell(&desk(amended, of_order(with(parts))));
    assert_eq!(documents(&messages), ["pick_list", "pick_list", "shipping_order", "shipping_order"]);
}

/// What has left is invoiced with the prices as given; the first one brings what is told of the order as a whole.
#[test]
fn what_has_left_is_invoiced() {
    let timeline = vec![noted(DeskFactKind::FulfilmentShipped, 1), noted(DeskFactKind::FulfilmentShipped, 2)];
    let parts = vec![fulfilment(1, FulfilmentState::Shipped), fulfilment(2, FulfilmentState::Shipped)];
    let order = Order { timeline, ..with(parts) };
    let messages = tell(&desk(of_part(DeskFactKind::FulfilmentShipped), of_order(order.clone())));
    assert_eq!(documents(&messages), ["invoice_request", "customer_notice"]);
    let (message, invoice) = one(&messages, "document.invoice_request");
    assert_eq!(message.expires_ms, Some(7_200_000));
    let expected = json!({
        "id": format!("{EVENT}/invoice_request"), "kind": "invoice_request", "event": EVENT,
        "at": "2027-01-15T08:00:00Z", "command": "cmd-1", "order": "o-1", "order_id": "07-o", "channel": "web-de",
        "placed_at": "2027-01-15T08:00:00Z", "fulfilment": "07-o-f1", "warehouse": "BER",
        "left_at": "2027-01-15T08:00:00Z", "first": true, "last": false,
        "destination": {"country": "DE", "postal_prefix": "10"},
        "lines": [
            {"line": "1", "sku": "TEE-M", "quantity": 2, "ordered": 2,
             "unit_price": {"amount_minor": 1999, "currency": "EUR"}, "tax_rate": "19.0"},
            {"line": "2", "quantity": 1, "ordered": 1, "title": "Shipping",
             "unit_price": {"amount_minor": 490, "currency": "EUR"}},
        ],
        "payment": {"state": "paid", "required": true}, "prices": "gross",
        "charges": [{"name": "wrapping", "amount": {"amount_minor": 100, "currency": "EUR"}}],
        "total": {"amount_minor": 4588, "currency": "EUR"},
        "contact": {"company": "Canary GmbH", "email": "canary@example.com"},
    });
    assert_eq!(invoice, expected);
    let second = DeskFact { part: Some(2), ..of_part(DeskFactKind::FulfilmentShipped) };
    let (_, invoice) = one(&tell(&desk(second, of_order(order.clone()))), "document.invoice_request");
    assert_eq!((&invoice["first"], invoice["lines"].as_array().unwrap().len()), (&json!(false), 1));
    // Fees alone are invoiced once they count as delivered; goods have been by then.
    let delivered = || desk_fact(DeskFactKind::OrderDelivered, ORDER);
    assert_eq!(documents(&tell(&desk(delivered(), of_order(order.clone())))), [] as [&str; 0]);
    let fees = Order { lines: order.lines[1..].to_vec(), fulfilments: Vec::new(), ..order };
    let (message, invoice) = one(&tell(&desk(delivered(), of_order(fees))), "document.invoice_request");
    assert_eq!((message.subject.as_deref(), &invoice["lines"][0]["line"]), (Some(ORDER), &json!("2")));
}

/// Where somebody else writes the invoices nobody is asked for one, nor for a credit note; all else comes as ever.
#[test]
fn invoices_may_be_somebody_elses() {
    let mut settings = settings();
    settings.channels[0].invoice = Invoice::Never;
    let of = |kind, happened: Vec<_>| {
        let order = Order { timeline: happened, ..part(FulfilmentState::Shipped) };
        let happened = desk(of_part(kind), of_order(order));
        (tell(&happened), messages(&settings, &card, &happened))
    };
    let shipped = vec![noted(DeskFactKind::FulfilmentShipped, 1)];
    let (asked, never) = of(DeskFactKind::FulfilmentShipped, shipped);
    assert_eq!(documents(&asked), ["invoice_request", "customer_notice"]);
    assert_eq!(documents(&never), ["customer_notice"]);
    let (asked, never) = of(DeskFactKind::OrderRefunded, vec![noted(DeskFactKind::OrderRefunded, 1)]);
    assert_eq!(documents(&asked), ["credit_note_request"]);
    assert_eq!(documents(&never), [] as [&str; 0]);
}

/// Of a return, its goods are credited or its money, whichever was told first.
#[test]
fn what_came_back_is_credited_once() {
    use DeskFactKind::{OrderRefunded, ReturnInspected};
    let inspected = || DeskFact { lines: vec![back_units(2)], ..of_part(ReturnInspected) };
    let refunded = || DeskFact { lines: Vec::new(), ..of_part(OrderRefunded) };
    let order = |first| Order {
        timeline: vec![noted(first, 1), noted(ReturnInspected, 1), noted(OrderRefunded, 1)],
        refunds: vec![refund(None, 1), refund(Some(1), 1_999)],
        ..order()
    };
    let (_, note) =
        one(&tell(&desk(inspected(), of_order(order(ReturnInspected)))), "document.credit_note_request");
    assert_eq!((&note["because"], &note["return"]), (&json!("returned"), &json!("07-o-r1")));
    let line = json!({"line": "1", "sku": "TEE-M", "quantity": 2, "ordered": 2, "tax_rate": "19.0",
        "unit_price": {"amount_minor": 1999, "currency": "EUR"},
        "inspected": {"sellable": 1, "damaged": 1, "quarantine": 0, "scrap": 0}});
    assert_eq!((&note["lines"], note.get("refunds")), (&json!([line]), None));
    assert_eq!(documents(&tell(&desk(refunded(), of_order(order(ReturnInspected))))), [] as [&str; 0]);
    assert_eq!(documents(&tell(&desk(inspected(), of_order(order(OrderRefunded))))), [] as [&str; 0]);
    let (_, note) =
        one(&tell(&desk(refunded(), of_order(order(OrderRefunded)))), "document.credit_note_request");
    let told = json!([{"number": 2, "at": "2027-01-15T08:00:00Z", "return": "07-o-r1",
        "amount": {"amount_minor": 1999, "currency": "EUR"}}]);
    assert_eq!((&note["because"], &note["refunds"]), (&json!("refunded"), &told));
    let goodwill = desk_fact(OrderRefunded, ORDER);
    let (_, note) =
        one(&tell(&desk(goodwill, of_order(order(ReturnInspected)))), "document.credit_note_request");
    assert_eq!((&note["refunds"][0]["number"], note.get("return")), (&json!(1), None));
}

fn back_units(quantity: i64) -> crate::domain::desk::fact::DeskLine {
    crate::domain::desk::fact::DeskLine { line: None, ..units(quantity) }
}

/// Money is due for what came back, and for what was paid and is not wanted any more.
#[test]
fn refunds_are_due() {
    let arrived = || DeskFact { lines: vec![back_units(1)], ..of_part(DeskFactKind::ReturnReceived) };
    let (message, due) = one(&tell(&desk(arrived(), of_order(order()))), "document.refund_due");
    assert_eq!(message.expires_ms, None);
    assert_eq!((&due["because"], &due["refund_by"]), (&json!("returned"), &json!("2027-01-15T08:00:01Z")));
    assert_eq!((&due["lines"][0]["quantity"], &due["lines"][0]["line"]), (&json!(1), &json!("1")));
    let paid_back = Return { refunded: true, ..back(Some(order_id(ORDER))) };
    let order_of = |returns| Order { returns, ..order() };
    assert_eq!(documents(&tell(&desk(arrived(), of_order(order_of(vec![paid_back]))))), [] as [&str; 0]);
    let alone = DeskFact { lines: vec![back_units(1)], ..desk_fact(DeskFactKind::ReturnReceived, "07-x") };
    let (_, due) = one(&tell(&desk(alone, Document::Return(back(None).into()))), "document.refund_due");
    assert_eq!((due.get("order"), &due["ref"], &due["return"]), (None, &json!("other-7"), &json!("07-x")));
    let cancelled = || DeskFact { lines: vec![units(1)], ..desk_fact(DeskFactKind::OrderCancelled, ORDER) };
    let shipped = part(FulfilmentState::Shipped);
    let (_, due) = one(&tell(&desk(cancelled(), of_order(shipped.clone()))), "document.refund_due");
    assert_eq!((&due["because"], &due["lines"][0]["tax_rate"]), (&json!("cancelled"), &json!("19.0")));
    let payment = Payment { state: PaymentState::Authorised, required: true, reference: None };
    let unpaid = Order { payment, ..shipped };
    assert_eq!(documents(&tell(&desk(cancelled(), of_order(unpaid)))), [] as [&str; 0]);
}

/// Payables hear of goods once: from the receipt, or from the movement with a reference that is part of none.
#[test]
fn goods_are_received_once() {
    let arrived = DeskFact { lines: vec![back_units(2)], ..desk_fact(DeskFactKind::InboundReceived, "07-i") };
    let (_, goods) =
        one(&tell(&desk(arrived, Document::Inbound(inbound().into()))), "document.goods_received");
    let line = json!({"sku": "TEE-M", "quantity": 2, "expected": 9, "received": 2});
    let expected = json!({
        "id": format!("{EVENT}/goods_received"), "kind": "goods_received", "event": EVENT,
        "at": "2027-01-15T08:00:00Z", "command": "cmd-1", "warehouse": "BER", "inbound": "07-i", "ref": "PO 4711",
        "complete": false, "lines": [line],
    });
    assert_eq!(goods, expected);
    let mut moved = stock(full_fact(FactKind::Received));
    let (message, goods) = one(&tell(&moved), "document.goods_received");
    assert_eq!((message.subject.as_deref(), &goods["ref"]), (Some("PO 4711"), &json!("PO 4711")));
    assert_eq!(goods["lines"], json!([{"sku": "TEE-M", "quantity": 10}]));
    for (id, told) in [("batch/17", true), ("07-i/5/t2", false)] {
        moved.cause = Some(Cause { id: crate::domain::ids::CommandId::stored(id), actor: None, trace: None });
        assert_eq!(!documents(&tell(&moved)).is_empty(), told, "{id}");
    }
    let mut plain = full_fact(FactKind::Received);
    plain.reference = None;
    assert_eq!(documents(&tell(&stock(plain))), [] as [&str; 0]);
}

/// Buyers are told what they want to know, with whom to turn to and where to look.
#[test]
fn buyers_are_told() {
    let messages =
        tell(&desk(of_part(DeskFactKind::FulfilmentShipped), of_order(part(FulfilmentState::Shipped))));
    let (_, notice) = one(&messages, "document.customer_notice");
    let expected = json!({
        "id": format!("{EVENT}/customer_notice"), "kind": "customer_notice", "event": EVENT,
        "at": "2027-01-15T08:00:00Z", "command": "cmd-1", "order": "o-1", "order_id": "07-o", "channel": "web-de",
        "placed_at": "2027-01-15T08:00:00Z", "notice": "shipped", "fulfilment": "07-o-f1", "warehouse": "BER",
        "place": "Berlin Mitte", "parcels": [{"carrier": "dhl", "tracking": "0034"}],
        "promise_by": "2027-01-16T08:00:00Z", "lines": [{"line": "1", "sku": "TEE-M", "quantity": 2}],
        "support": {"email": "help@shop.example"},
        // Who pays can be written to; who gets the goods can't.
        "contact": {"company": "Canary GmbH", "email": "canary@example.com"},
        "tracking": "/track/07-o.tok",
    });
    assert_eq!(notice, expected);
    let late = |kind, time| DeskFact { time, lines: vec![units(1)], ..desk_fact(kind, ORDER) };
    for (fact, notice) in [
        (of_part(DeskFactKind::FulfilmentReady), Some("ready_for_pickup")),
        (of_part(DeskFactKind::DeliveryException), Some("delivery_problem")),
        (of_part(DeskFactKind::ReturnedToSender), Some("delivery_problem")),
        (late(DeskFactKind::OrderLate, Some(AT)), Some("delayed")),
        (late(DeskFactKind::LineBackordered, Some(AT)), Some("delayed")),
        (late(DeskFactKind::LineBackordered, None), None),
    ] {
        let kind = fact.kind;
        let messages = tell(&desk(fact, of_order(order())));
        let found = messages.iter().find(|message| message.key == "document.customer_notice");
        let body = found.map(|message| serde_json::from_slice::<Value>(&message.body).unwrap());
        assert_eq!(body.as_ref().and_then(|body| body["notice"].as_str()), notice, "{kind}");
        if notice == Some("delayed") {
            assert_eq!(body.unwrap()["promise_by"], "2027-01-15T08:00:00Z");
        }
    }
}

/// Where a contact was erased, or never given, each document that bears one says so.
#[test]
fn erased_contacts_are_told_as_erased() {
    let shipped = || (of_part(DeskFactKind::FulfilmentShipped), of_order(part(FulfilmentState::Shipped)));
    let asked = || (of_part(DeskFactKind::FulfilmentRequested), of_order(order()));
    for record in [None, Some(bytes::Bytes::from_static(b"{\"v\":1}")), Some(contact().slice(..9))] {
        for (fact, document) in [shipped(), asked()] {
            let messages = tell(&told(fact, document, record.clone()));
            let bearing: Vec<&Message> =
                messages.iter().filter(|message| message.expires_ms.is_some()).collect();
            assert!(!bearing.is_empty());
            for message in bearing {
                let body: Value = serde_json::from_slice(&message.body).unwrap();
                let (contact, erased) = (body.get("contact"), &body["erased"]);
                assert_eq!((contact, erased), (Some(&Value::Null), &json!(true)), "{}", message.key);
            }
        }
    }
}
