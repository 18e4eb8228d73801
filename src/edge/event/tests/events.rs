//! What events say, word for word.

use serde_json::{Value, json};

use super::sample::{
    AT, ORDER, back, desk, desk_fact, full_fact, happened, inbound, keys, of_order, of_part, one, order,
    stock, tell, told, transfer, units,
};
use crate::domain::desk::{DeskFact, DeskFactKind, Document};
use crate::domain::fact::{Crossed, Fact, FactKind};
use crate::domain::ids::{Reason, Sku, SourceId};
use crate::domain::item::ItemFact;
use crate::domain::trace::Trace;
use crate::feed::happened::What;

/// An event says what happened and the figures after it.
#[test]
fn stock_events() {
    let received = tell(&stock(full_fact(FactKind::Received)));
    let (message, body) = one(&received, "stock.BER.stock_received");
    assert_eq!(message.id, "w:BER.42-00000000000000ab.3");
    assert_eq!(message.kind, "lagerd.stock.received.v1");
    assert_eq!(message.subject.as_deref(), Some("TEE-M/BER"));
    assert_eq!(&*message.partition, "w:BER");
    let line = json!({"sku": "TEE-M", "change": 10, "on_hand": 47,
        "unavailable": {"damaged": 1, "quality_control": 0, "quarantine": 0},
        "reserved": 2, "allocated": 3, "previous": 41});
    let expected = json!({
        "event": "w:BER.42-00000000000000ab.3", "fact": "stock_received", "at": "2027-01-15T08:00:00Z",
        "occurred_at": "2027-01-15T08:01:00Z", "command": "cmd-1", "actor": "till", "warehouse": "BER",
        "channel": "web-de", "reservation": "r-1", "ref": "PO 4711", "lines": [line],
    });
    assert_eq!(body, expected);
    assert_eq!(message.trace, None);
    let held = tell(&stock(full_fact(FactKind::Reserved)));
    let (message, body) = one(&held, "reservation.web-de.stock_reserved");
    assert_eq!(message.kind, "lagerd.stock.reserved.v1");
    assert_eq!(body["expires_at"], "2027-01-15T08:01:00Z");
    assert_eq!(body["occurred_at"], Value::Null);
    let counted =
        Fact { source: Some(SourceId::stored("erp")), covered: true, ..full_fact(FactKind::Counted) };
    let (_, body) = one(&tell(&stock(counted)), "stock.BER.stock_counted");
    assert_eq!((&body["source"], &body["covered"]), (&json!("erp"), &json!(true)));
}

/// A lost tail and a claim that could not be kept come with an alert that has its own id and names its event.
#[test]
fn stock_alerts() {
    let lost = Fact { lost: Some((40, 41)), ..Fact::new(FactKind::TailLost) };
    let messages = tell(&stock(lost));
    assert_eq!(keys(&messages), ["stock.BER.tail_lost", "alert.tail_lost"]);
    let (message, body) = one(&messages, "stock.BER.tail_lost");
    assert_eq!(message.subject, None);
    assert_eq!(body["lost"], json!({"from": 40, "to": 41}));
    let (message, body) = one(&messages, "alert.tail_lost");
    assert_eq!(message.id, "w:BER.42-00000000000000ab.3/tail_lost");
    assert_eq!(message.kind, "lagerd.alert.tail_lost.v1");
    assert_eq!(
        (&body["alert"], &body["event"]),
        (&json!("tail_lost"), &json!("w:BER.42-00000000000000ab.3"))
    );
    let (_, body) = one(&tell(&stock(full_fact(FactKind::Oversold))), "alert.oversold");
    assert_eq!(body["levels"][0]["on_hand"], 47);
    let low = Fact { crossed: Some(Crossed { figure: 4, limit: 5 }), ..full_fact(FactKind::LowStock) };
    let messages = tell(&stock(low));
    assert_eq!(keys(&messages), ["stock.BER.low_stock", "alert.low_stock"]);
    for (_, body) in keys(&messages).iter().map(|key| one(&messages, key)) {
        assert_eq!(body["crossed"], json!({"figure": 4, "limit": 5}));
    }
}

/// Whatever is told of a fact belongs to its command's trace: the event, and what comes beside it.
#[test]
fn traces_go_along() {
    let trace = Trace::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert!(trace.is_some());
    let mut low =
        stock(Fact { crossed: Some(Crossed { figure: 4, limit: 5 }), ..full_fact(FactKind::LowStock) });
    low.cause.as_mut().unwrap().trace = trace;
    let messages = tell(&low);
    assert_eq!(messages.iter().map(|message| message.trace).collect::<Vec<_>>(), [trace, trace]);
    low.cause = None;
    assert!(tell(&low).iter().all(|message| message.trace.is_none()));
}

/// An order's event names it, its units and its state, and the whole order where that has changed.
#[test]
fn order_events() {
    let reason = Some(Reason::stored("changed my mind"));
    let fact = DeskFact { reason, lines: vec![units(1)], ..desk_fact(DeskFactKind::OrderCancelled, ORDER) };
    let (message, body) = one(&tell(&desk(fact, of_order(order()))), "order.web-de.order_cancelled");
    assert_eq!(message.kind, "lagerd.order.cancelled.v1");
    assert_eq!(message.subject.as_deref(), Some(ORDER));
    assert_eq!(body["stands"]["lines"][0]["allocated"], 2);
    let mut head = body;
    head.as_object_mut().unwrap().remove("stands");
    let expected = json!({
        "event": "d:07.42-00000000000000ab.3", "fact": "order_cancelled", "at": "2027-01-15T08:00:00Z",
        "command": "cmd-1", "actor": "till", "document": "07-o", "order": "o-1", "channel": "web-de",
        "warehouse": "BER", "reason": "changed my mind", "state": "in_fulfilment",
        "lines": [{"line": "1", "sku": "TEE-M", "quantity": 1}],
    });
    assert_eq!(head, expected);
    let fact = DeskFact { channel: None, number: None, ..desk_fact(DeskFactKind::OrderHeld, ORDER) };
    let (_, body) = one(&tell(&desk(fact, of_order(order()))), "order.-.order_held");
    assert_eq!(body.get("stands"), None);
}

/// A fulfilment's event names the fulfilment and says how it stands; an alert comes beside it.
#[test]
fn fulfilment_events() {
    let messages = tell(&desk(of_part(DeskFactKind::DeliveryException), of_order(order())));
    let three = ["fulfilment.BER.delivery_exception", "alert.delivery_exception", "document.customer_notice"];
    assert_eq!(keys(&messages), three);
    let (message, body) = one(&messages, three[0]);
    assert_eq!(message.kind, "lagerd.fulfilment.delivery_exception.v1");
    assert_eq!(message.subject.as_deref(), Some("07-o-f1"));
    assert_eq!((&body["part"], &body["stands"]["state"]), (&json!("07-o-f1"), &json!("requested")));
    let (message, body) = one(&messages, three[1]);
    assert_eq!(message.id, "d:07.42-00000000000000ab.3/delivery_exception");
    assert_eq!((&body["document"], &body["part"]), (&json!("07-o"), &json!("07-o-f1")));
}

/// Events about the other documents say how those stand; what is due is told as due.
#[test]
fn other_documents_events() {
    let (message, body) = one(
        &tell(&desk(of_part(DeskFactKind::ReturnReceived), of_order(order()))),
        "return.web-de.return_received",
    );
    assert_eq!(message.subject.as_deref(), Some("07-o-r1"));
    assert_eq!((&body["stands"]["return"], &body["stands"]["order"]), (&json!("07-o-r1"), &json!("o-1")));
    let alone = DeskFact { part: Some(1), channel: None, ..desk_fact(DeskFactKind::ReturnAnnounced, "07-x") };
    let (message, body) =
        one(&tell(&desk(alone, Document::Return(back(None).into()))), "return.-.return_announced");
    assert_eq!((message.subject.as_deref(), &body["stands"]["return"]), (Some("07-x"), &json!("07-x")));
    let late = DeskFact { time: Some(AT), ..desk_fact(DeskFactKind::TransferLate, "07-t") };
    let messages = tell(&desk(late, Document::Transfer(transfer().into())));
    assert_eq!(keys(&messages), ["transfer.BER.transfer_late", "alert.transfer_late"]);
    let (_, body) = one(&messages, "transfer.BER.transfer_late");
    assert_eq!((&body["due"], &body["stands"]["to"]), (&json!("2027-01-15T08:00:00Z"), &json!("WIE")));
    assert_eq!(body.get("occurred_at"), None);
    let closed = desk_fact(DeskFactKind::InboundClosed, "07-i");
    let (_, body) =
        one(&tell(&desk(closed, Document::Inbound(inbound().into()))), "inbound.BER.inbound_closed");
    assert_eq!(body["stands"]["lines"][0]["open"], 7);
    let refused = desk_fact(DeskFactKind::TaskRefused, "07-i");
    let messages = tell(&desk(refused, Document::Inbound(inbound().into())));
    assert_eq!(keys(&messages), ["inbound.BER.task_refused", "alert.task_refused"]);
    assert_eq!(messages[0].kind, "lagerd.inbound.task_refused.v1");
}

/// What the entry has forgotten is told by the fact alone.
#[test]
fn a_forgotten_document_is_told_by_its_fact() {
    let mut happened = told(desk_fact(DeskFactKind::OrderRefused, ORDER), of_order(order()), None);
    if let What::Document(told) = &mut happened.what {
        told.document = None;
    }
    let messages = tell(&happened);
    assert_eq!(keys(&messages), ["order.web-de.order_refused"]);
    let (_, body) = one(&messages, "order.web-de.order_refused");
    assert_eq!((&body["order"], body.get("state")), (&json!("o-1"), None));
}

/// Cards, and what was forgotten before it was told.
#[test]
fn item_and_gap_events() {
    let set = happened("i:all", What::Item(ItemFact::Set { sku: Sku::stored("TEE-M") }));
    let (message, body) = one(&tell(&set), "item.item_set");
    assert_eq!((message.kind.as_str(), message.subject.as_deref()), ("lagerd.item.set.v1", Some("TEE-M")));
    assert_eq!(body["card"]["bins"]["BER"], "A-9");
    let (message, body) = one(&tell(&happened("d:07", What::Gap { from: 7, to: 9 })), "gap.d.07");
    assert_eq!((message.kind.as_str(), message.subject.as_deref()), ("lagerd.journal.gap.v1", Some("d:07")));
    assert_eq!((&body["journal"], &body["from"], &body["to"]), (&json!("d:07"), &json!(7), &json!(9)));
    // The entry behind the gap has an event at the same place: the two are not taken for one.
    assert_eq!(message.id, "d:07.42-00000000000000ab.3/gap");
    assert_eq!(body["event"], message.id);
}
