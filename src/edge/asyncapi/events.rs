//! What is told.

use serde_json::{Map, Value, json};

use super::shapes::Shapes;
use super::whole::refer;
use crate::edge::amqp::availability::AvailabilityChanged;
use crate::edge::amqp::topology::EVENTS;
use crate::edge::event::document::DocumentKind;
use crate::edge::event::table::{Family, all};
use crate::edge::wire::event::document::{
    CreditNoteRequestDocument, CustomerNoticeDocument, GoodsReceivedDocument, InvoiceRequestDocument,
    PickListDocument, RefundDueDocument, ShippingOrderDocument,
};
use crate::edge::wire::event::{
    AlertEvent, BackorderEvent, ChannelPolicyEvent, FulfilmentEvent, GapEvent, InboundEvent, ItemEvent,
    OrderEvent, ReturnEvent, StockEvent, TransferEvent,
};

/// Adds everything that is told.
pub(super) fn describe(
    shapes: &mut Shapes,
    channels: &mut Map<String, Value>,
    operations: &mut Map<String, Value>,
    messages: &mut Map<String, Value>,
) {
    let headers = shapes.named("CloudEventHeaders", headers());
    for family in Family::ALL {
        let mut facts = Map::new();
        let mut names = Vec::new();
        for (_, fact) in all().into_iter().filter(|(of, _)| *of == family) {
            let kind = family.kind(fact);
            let message = message(&kind, summary(family, fact), &headers, &payload(shapes, family, fact));
            facts.insert(fact.to_owned(), refer(&format!("components/messages/{kind}")));
            names.push(fact);
            messages.insert(kind, message);
        }
        let word = family.word();
        let channel = json!({
            "address": family.pattern(),
            "description": family.about(),
            "parameters": parameters(family, &names),
            "messages": facts,
            "bindings": binding(),
        });
        channels.insert(word.to_owned(), channel);
        let operation = json!({"action": "send", "channel": refer(&format!("channels/{word}")), "summary": family.about()});
        operations.insert(format!("tell_{word}"), operation);
    }
}

fn message(kind: &str, summary: String, headers: &Value, payload: &Value) -> Value {
    json!({
        "name": kind,
        "summary": summary,
        "headers": headers,
        "payload": payload,
        "bindings": {"amqp": {"messageType": kind, "bindingVersion": "0.3.0"}},
    })
}

fn summary(family: Family, fact: &str) -> String {
    let document =
        DocumentKind::ALL.into_iter().find(|kind| family == Family::Document && kind.name() == fact);
    match document {
        Some(kind) => format!("to {}: {}", kind.to(), kind.when()),
        None => fact.replace('_', " "),
    }
}

/// The shape of what a message says.
fn payload(shapes: &mut Shapes, family: Family, fact: &str) -> Value {
    match family {
        Family::Stock | Family::Reservation => shapes.of::<StockEvent>(),
        Family::Order => shapes.of::<OrderEvent>(),
        Family::Fulfilment => shapes.of::<FulfilmentEvent>(),
        Family::Return => shapes.of::<ReturnEvent>(),
        Family::Transfer => shapes.of::<TransferEvent>(),
        Family::Inbound => shapes.of::<InboundEvent>(),
        Family::Policy => shapes.of::<ChannelPolicyEvent>(),
        Family::Backorder => shapes.of::<BackorderEvent>(),
        Family::Item => shapes.of::<ItemEvent>(),
        Family::Availability => shapes.of::<AvailabilityChanged>(),
        Family::Gap => shapes.of::<GapEvent>(),
        Family::Alert => shapes.of::<AlertEvent>(),
        Family::Document => {
            let kind = DocumentKind::ALL.into_iter().find(|kind| kind.name() == fact);
            kind.map(|kind| document(shapes, kind)).unwrap_or_default()
        }
    }
}

fn document(shapes: &mut Shapes, kind: DocumentKind) -> Value {
    match kind {
        DocumentKind::PickList => shapes.of::<PickListDocument>(),
        DocumentKind::ShippingOrder => shapes.of::<ShippingOrderDocument>(),
        DocumentKind::InvoiceRequest => shapes.of::<InvoiceRequestDocument>(),
        DocumentKind::CreditNoteRequest => shapes.of::<CreditNoteRequestDocument>(),
        DocumentKind::RefundDue => shapes.of::<RefundDueDocument>(),
        DocumentKind::GoodsReceived => shapes.of::<GoodsReceivedDocument>(),
        DocumentKind::CustomerNotice => shapes.of::<CustomerNoticeDocument>(),
    }
}

/// What fills a family's routing keys.
fn parameters(family: Family, facts: &[&str]) -> Value {
    let mut parameters = Map::new();
    for part in family.pattern().split('.') {
        let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else { continue };
        let described = match name {
            "fact" | "kind" => json!({"description": "what happened", "enum": facts}),
            "warehouse" => json!({"description": "the id of a warehouse", "examples": ["BER"]}),
            "from" => json!({"description": "the id of the warehouse the goods leave", "examples": ["BER"]}),
            "channel" => {
                json!({"description": "the id of a channel; `-` where it is not known", "examples": ["web-de"]})
            }
            _ => {
                json!({"description": "the journal's name with a dot for its colon", "examples": ["w.BER", "d.07"]})
            }
        };
        parameters.insert(name.to_owned(), described);
    }
    Value::Object(parameters)
}

fn binding() -> Value {
    json!({"amqp": {
        "is": "routingKey",
        "exchange": {"name": EVENTS, "type": "topic", "durable": true, "autoDelete": false},
        "bindingVersion": "0.3.0",
    }})
}

/// The attributes of `CloudEvents` 1.0, as they stand in the headers.
fn headers() -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    json!({
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode; `message_id`, `type` and `timestamp` of AMQP say the same",
        "required": ["cloudEvents_specversion", "cloudEvents_id", "cloudEvents_source", "cloudEvents_type",
            "cloudEvents_time", "cloudEvents_sequence", "cloudEvents_partitionkey"],
        "properties": {
            "cloudEvents_specversion": {"const": "1.0"},
            "cloudEvents_id": text("the same whenever the message is sent again"),
            "cloudEvents_source": text("`/lagerd`"),
            "cloudEvents_type": text("for example `lagerd.stock.received.v1`"),
            "cloudEvents_time": {"type": "string", "format": "date-time", "description": "when it was recorded"},
            "cloudEvents_subject": text("what it is about, for example `TEE-M/BER` or an order's id"),
            "cloudEvents_partitionkey": text("the journal within which messages have an order"),
            "cloudEvents_sequence": text("the place there, as a text that sorts like the place"),
            "cloudEvents_causation": text("the id of the command that caused it"),
            "cloudEvents_traceparent": text("the trace that command belonged to (W3C Trace Context), where it said so"),
            "traceparent": text("the same, where tracing libraries look for it"),
        },
    })
}
