//! The AsyncAPI 3 document of the broker's door, made from the code: events and documents out of the table they are sent
//! by, commands out of the names every door knows and the shapes HTTP documents.
//!
//! May know: the shapes, the table, the OpenAPI document. Must not know: the broker beyond the names of its exchange and queue.

mod commands;
mod events;
mod shapes;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use serde_json::{Value, json};

use shapes::Shapes;

static TEXT: LazyLock<String> = LazyLock::new(|| {
    // A document of strings and numbers always serialises; an empty one would fail every reader's check.
    serde_json::to_string_pretty(&value()).map(|text| text + "\n").unwrap_or_default()
});

/// The document: JSON, which is YAML 1.2 as well.
#[must_use]
pub fn document() -> &'static str {
    &TEXT
}

fn value() -> Value {
    let mut shapes = Shapes::default();
    let mut channels = serde_json::Map::new();
    let mut operations = serde_json::Map::new();
    let mut messages = serde_json::Map::new();
    events::describe(&mut shapes, &mut channels, &mut operations, &mut messages);
    commands::describe(&mut shapes, &mut channels, &mut operations, &mut messages);
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "lagerd",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "One truth about stock for every channel and warehouse, told over RabbitMQ. Messages \
                of one journal (`cloudEvents_partitionkey`) come in order, at least once: whoever keeps the ids he has seen \
                has each once. Between journals there is no order; `cloudEvents_causation` names the command.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {"host": "localhost:5672", "protocol": "amqp", "protocolVersion": "0.9.1",
                "description": "the RabbitMQ named by `amqp.url`"},
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": shapes.found()},
    })
}

/// A reference to a part of the document.
fn refer(path: &str) -> Value {
    json!({"$ref": format!("#/{path}")})
}
