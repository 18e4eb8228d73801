//! What may be said: every command, and its reply.

use serde_json::{Map, Value, json};

use super::shapes::Shapes;
use super::whole::refer;
use crate::edge::amqp::topology::COMMANDS;
use crate::edge::command::Verb;
use crate::edge::command::errand::TRACEPARENT;
use crate::edge::http;

/// Where HTTP takes each command: its body and its answer are documented there.
pub(super) const ROUTES: [(&str, &str, &str); 46] = [
    ("reserve", "post", "/v1/reservations"),
    ("extend", "post", "/v1/reservations/{reservation}/extend"),
    ("allocate", "post", "/v1/reservations/{reservation}/allocate"),
    ("release", "delete", "/v1/reservations/{reservation}"),
    ("ship", "post", "/v1/reservations/{reservation}/ship"),
    ("movements", "post", "/v1/warehouses/{warehouse}/movements"),
    ("counts", "post", "/v1/warehouses/{warehouse}/counts"),
    ("stock_policies", "put", "/v1/warehouses/{warehouse}/policies"),
    ("channel_policies", "put", "/v1/channels/{channel}/policies"),
    ("acknowledge", "put", "/v1/channels/{channel}/acknowledged"),
    ("work", "get", "/v1/channels/{channel}/work"),
    ("item", "put", "/v1/items/{sku}"),
    ("place_order", "post", "/v1/orders"),
    ("amend", "post", "/v1/orders/{order}/amend"),
    ("address", "post", "/v1/orders/{order}/address"),
    ("cancel", "post", "/v1/orders/{order}/cancel"),
    ("hold", "post", "/v1/orders/{order}/hold"),
    ("resume", "post", "/v1/orders/{order}/resume"),
    ("payment", "post", "/v1/orders/{order}/payment"),
    ("refund", "post", "/v1/orders/{order}/refund"),
    ("reroute", "post", "/v1/orders/{order}/reroute"),
    ("accept", "post", "/v1/fulfilments/{fulfilment}/accept"),
    ("reject", "post", "/v1/fulfilments/{fulfilment}/reject"),
    ("pick", "post", "/v1/fulfilments/{fulfilment}/pick"),
    ("short_pick", "post", "/v1/fulfilments/{fulfilment}/short_pick"),
    ("pack", "post", "/v1/fulfilments/{fulfilment}/pack"),
    ("ship_fulfilment", "post", "/v1/fulfilments/{fulfilment}/ship"),
    ("ready", "post", "/v1/fulfilments/{fulfilment}/ready"),
    ("collect", "post", "/v1/fulfilments/{fulfilment}/collect"),
    ("uncollected", "post", "/v1/fulfilments/{fulfilment}/uncollected"),
    ("deliver", "post", "/v1/fulfilments/{fulfilment}/deliver"),
    ("carrier", "post", "/v1/fulfilments/{fulfilment}/carrier"),
    ("announce_return", "post", "/v1/returns"),
    ("receive_return", "post", "/v1/returns/{return}/receive"),
    ("inspect_return", "post", "/v1/returns/{return}/inspect"),
    ("cancel_return", "post", "/v1/returns/{return}/cancel"),
    ("request_transfer", "post", "/v1/transfers"),
    ("ship_transfer", "post", "/v1/transfers/{transfer}/ship"),
    ("receive_transfer", "post", "/v1/transfers/{transfer}/receive"),
    ("close_transfer", "post", "/v1/transfers/{transfer}/close"),
    ("cancel_transfer", "post", "/v1/transfers/{transfer}/cancel"),
    ("expect_inbound", "post", "/v1/inbound"),
    ("change_inbound", "put", "/v1/inbound/{inbound}"),
    ("receive_inbound", "post", "/v1/inbound/{inbound}/receive"),
    ("close_inbound", "post", "/v1/inbound/{inbound}/close"),
    ("erase_contacts", "post", "/v1/privacy/erase"),
];

/// Adds every command and its reply.
pub(super) fn describe(
    shapes: &mut Shapes,
    channels: &mut Map<String, Value>,
    operations: &mut Map<String, Value>,
    messages: &mut Map<String, Value>,
) {
    let http: Value = serde_json::from_str(&http::document()).unwrap_or_default();
    let (mut said, mut answered) = (Map::new(), Map::new());
    for (name, verb) in Verb::ALL {
        let operation = operation(&http, name);
        let body = body(operation);
        let answer = answer(operation);
        for shape in [&body, &answer] {
            shapes.borrow(shape, &http);
        }
        messages.insert(format!("command.{name}"), command(name, verb, &body));
        messages.insert(format!("reply.{name}"), reply(name, &answer));
        said.insert(name.to_owned(), refer(&format!("components/messages/command.{name}")));
        answered.insert(name.to_owned(), refer(&format!("components/messages/reply.{name}")));
    }
    let problem = json!({"$ref": "#/components/schemas/ProblemBody"});
    shapes.borrow(&problem, &http);
    channels.insert("commands".to_owned(), queue(&said));
    let replies = json!({
        "address": null,
        "description": "the queue a command names in `reply_to`; `correlation_id` is the command's, or its id",
        "messages": answered,
    });
    channels.insert("replies".to_owned(), replies);
    let operation = json!({
        "action": "receive",
        "channel": refer("channels/commands"),
        "summary": "carry commands out: each is acknowledged once it is committed, or refused for good",
        "reply": {"channel": refer("channels/replies"), "address": {"location": "$message.header#/reply_to"}},
    });
    operations.insert("take_commands".to_owned(), operation);
}

fn queue(messages: &Map<String, Value>) -> Value {
    json!({
        "address": COMMANDS,
        "description": "commands by name, the same as over HTTP and WebSocket: `message_id` is the command's id, and one \
            id has one effect whichever door it comes through",
        "messages": messages,
        "bindings": {"amqp": {
            "is": "queue",
            "queue": {"name": COMMANDS, "durable": true, "exclusive": false, "autoDelete": false},
            "bindingVersion": "0.3.0",
        }},
    })
}

/// What HTTP documents of a command; nothing where it has no route, which a test does not let through.
fn operation<'a>(http: &'a Value, name: &str) -> &'a Value {
    let route = ROUTES.iter().find(|(verb, _, _)| *verb == name);
    let operation = route.and_then(|(_, method, path)| http.get("paths")?.get(*path)?.get(*method));
    operation.unwrap_or(&Value::Null)
}

/// What stands behind a command's name: the body of its request, or what a question has in its query.
fn body(operation: &Value) -> Value {
    let schema = operation.pointer("/requestBody/content/application~1json/schema").cloned();
    schema.unwrap_or_else(|| {
        let asked = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let asked = asked.filter(|parameter| parameter.get("in") == Some(&json!("query")));
        let property = |parameter: &Value| {
            let mut shape = parameter.get("schema")?.clone();
            let description = parameter.get("description").cloned();
            shape.as_object_mut()?.extend(description.map(|about| ("description".to_owned(), about)));
            Some((parameter.get("name")?.as_str()?.to_owned(), shape))
        };
        let properties: Map<_, _> = asked.filter_map(property).collect();
        json!({"type": "object", "properties": properties})
    })
}

fn answer(operation: &Value) -> Value {
    let answers = operation.get("responses").and_then(Value::as_object);
    let good = answers.and_then(|answers| answers.iter().find(|(status, _)| status.starts_with('2')));
    let schema = good.and_then(|(_, answer)| answer.pointer("/content/application~1json/schema")).cloned();
    schema.unwrap_or_else(|| json!({"type": "object"}))
}

fn command(name: &str, verb: Verb, body: &Value) -> Value {
    let id = json!({"type": "string", "description": "the same as `message_id`, which stands in for it"});
    let trace = json!({"type": "string", "description": "the same as the header, which goes first"});
    let mut properties = Map::from_iter([
        (name.to_owned(), body.clone()),
        ("id".to_owned(), id),
        (TRACEPARENT.to_owned(), trace),
    ]);
    let mut required = vec![name];
    if let Some(target) = verb.target() {
        properties.insert(target.to_owned(), json!({"type": "string"}));
        required.push(target);
    }
    if let Some(within) = verb.within() {
        let about = "needed where several channels have the number";
        properties.insert(within.to_owned(), json!({"type": "string", "description": about}));
    }
    let payload = json!({
        "type": "object", "required": required, "properties": properties, "additionalProperties": false,
    });
    json!({
        "name": format!("command.{name}"),
        "summary": name.replace('_', " "),
        "headers": traced(),
        "payload": payload,
    })
}

fn reply(name: &str, answer: &Value) -> Value {
    let problem = refer("components/schemas/ProblemBody");
    let id = json!({"type": "string", "description": "the command's"});
    let one = |word: &str, shape: &Value, about: &str| {
        let properties = Map::from_iter([("id".to_owned(), id.clone()), (word.to_owned(), shape.clone())]);
        json!({
            "type": "object", "description": about, "required": ["id", word], "properties": properties,
            "additionalProperties": false,
        })
    };
    let payload = json!({"oneOf": [
        one("ok", answer, "it is done, and committed"),
        one("refused", &problem, "it is not done, and asking again changes nothing"),
    ]});
    json!({
        "name": format!("reply.{name}"),
        "summary": format!("what became of {name}"),
        "headers": traced(),
        "payload": payload,
    })
}

fn traced() -> Value {
    let about = "the trace it belongs to, as W3C Trace Context has it, which goes along to the events it causes; a reply bears \
        its command's";
    json!({"type": "object", "properties": {TRACEPARENT: {"type": "string", "description": about}}})
}
