//! Short words for stories about orders: a merchant with three places and five channels, and what is said to him.

use std::time::Duration;

use lagerd::client::{Client, Method, Request};
use serde_json::{Value, json};

use crate::process::{Daemon, Store};
use crate::talk::{ask, figures, get, receive};
use crate::wait::wait_for;

/// A warehouse in Berlin, one in Hamburg, a store in Wien; two shops that ask, a shop that backorders, a marketplace and
/// a till that tell.
pub(crate) const MERCHANT: &str = r#"
[limits]
restart_grace_s = 0
[[warehouse]]
id = "BER"
[[warehouse]]
id = "HAM"
[[warehouse]]
id = "VIE"
kind = "store"
country = "AT"
[[channel]]
id = "web"
warehouses = ["BER", "HAM", "VIE"]
[[channel]]
id = "app"
warehouses = ["BER", "HAM"]
[[channel]]
id = "pre"
backorder = true
warehouses = ["BER", "HAM", "VIE"]
[[channel]]
id = "ebay"
mode = "tells"
backorder = true
warehouses = ["BER", "HAM"]
[[channel]]
id = "till"
mode = "tells"
warehouses = ["VIE"]
"#;

/// A daemon, and one who talks to it.
pub(crate) struct Story {
    pub(crate) daemon: Daemon,
    pub(crate) client: Client,
    commands: u32,
}

impl Story {
    /// Begins on an embedded store of its own.
    pub(crate) async fn begin() -> Self {
        Self::on(&Store::Embedded, MERCHANT).await
    }

    /// Begins with another configuration.
    pub(crate) async fn on(store: &Store, config: &str) -> Self {
        Self::of(Daemon::start(&store.lines(), config).await)
    }

    /// Begins with a daemon that is ready.
    pub(crate) fn of(daemon: Daemon) -> Self {
        Self { client: daemon.patient(), daemon, commands: 0 }
    }

    /// Ends well, and with every invariant of the store.
    pub(crate) async fn end(mut self) {
        self.daemon.audit().await;
    }

    /// An id no command had before.
    pub(crate) fn id(&mut self) -> String {
        self.commands += 1;
        format!("story-{}", self.commands)
    }

    /// Brings goods in.
    pub(crate) async fn stock(&mut self, warehouse: &str, lines: &[(&str, i64)]) {
        let id = self.id();
        receive(&mut self.client, warehouse, &id, lines).await;
    }

    /// Reads what must be there.
    pub(crate) async fn see(&mut self, path: &str) -> Value {
        let (status, found) = get(&mut self.client, path).await;
        assert_eq!(status, 200, "{path}: {found}");
        found
    }

    /// An order.
    pub(crate) async fn order(&mut self, channel: &str, number: &str) -> Value {
        self.see(&format!("/v1/orders/{number}?channel={channel}")).await
    }

    /// A command that must be carried out.
    pub(crate) async fn tell(&mut self, path: &str, body: &Value) -> Value {
        let id = self.id();
        let (status, told) = say(&mut self.client, path, &id, body).await;
        assert!((200..300).contains(&status), "{path} {body}: {status} {told}");
        told
    }

    /// A command that must be refused with this code; what else the refusal says.
    pub(crate) async fn refused(&mut self, path: &str, body: &Value, code: &str) -> Value {
        let id = self.id();
        let (status, told) = say(&mut self.client, path, &id, body).await;
        assert!((400..500).contains(&status) && told["code"] == code, "{path} {body}: {status} {told}");
        told
    }

    /// An act on an order; how it stands then.
    pub(crate) async fn act(&mut self, channel: &str, number: &str, act: &str, body: &Value) -> Value {
        self.tell(&format!("/v1/orders/{number}/{act}?channel={channel}"), body).await
    }

    /// A step of the part that has this many before it; how the part stands then.
    pub(crate) async fn step(&mut self, order: &Value, part: usize, step: &str, body: &Value) -> Value {
        let id = order["fulfilments"][part]["fulfilment"].as_str();
        let id = id.unwrap_or_else(|| panic!("no part {part} in {order}")).to_owned();
        self.tell(&format!("/v1/fulfilments/{id}/{step}"), body).await
    }

    /// Waits until an order stands as wanted.
    pub(crate) async fn until(
        &mut self,
        (channel, number): (&str, &str),
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let path = format!("/v1/orders/{number}?channel={channel}");
        let client = &mut self.client;
        wait_for(what, async || {
            let (status, order) = get(client, &path).await;
            (status == 200 && wanted(&order)).then_some(order)
        })
        .await
    }

    /// On hand, reserved, allocated.
    pub(crate) async fn figures(&mut self, sku: &str, warehouse: &str) -> (i64, i64, i64) {
        figures(&mut self.client, sku, warehouse).await
    }

    /// On hand, reserved, allocated over all places.
    pub(crate) async fn everywhere(&mut self, sku: &str) -> (i64, i64, i64) {
        let levels = self.client.stock(sku).await.expect("stock").levels;
        levels.iter().fold((0, 0, 0), |sum, level| {
            (sum.0 + level.on_hand, sum.1 + level.reserved, sum.2 + level.allocated)
        })
    }

    /// How often this fact stands in an order's timeline.
    pub(crate) async fn times(&mut self, channel: &str, number: &str, fact: &str) -> usize {
        let told = self.see(&format!("/v1/orders/{number}/tracking?channel={channel}")).await;
        let timeline = told["timeline"].as_array().expect("a timeline");
        timeline.iter().filter(|one| one["fact"] == fact).count()
    }
}

/// One command with its answer.
pub(crate) async fn say(client: &mut Client, path: &str, id: &str, body: &Value) -> (u16, Value) {
    let body = body.to_string();
    ask(client, (Method::Post, path), Some(id), Some(&body)).await
}

/// An order that is to be shipped to Berlin, its lines numbered from 1.
pub(crate) fn order(channel: &str, number: &str, lines: &[(&str, i64)]) -> Value {
    let line = |(at, (sku, quantity)): (usize, &(&str, i64))| {
        json!({"line": (at + 1).to_string(), "sku": sku, "quantity": quantity,
            "unit_price": {"amount_minor": 1_999, "currency": "EUR"}})
    };
    let lines: Vec<_> = lines.iter().enumerate().map(line).collect();
    json!({"order": number, "channel": channel, "lines": lines,
        "ship_to": {"country": "DE", "postal_code": "10115", "name": "Erika Beispiel"}})
}

/// The same with further words.
pub(crate) fn with(mut order: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("words are an object") };
    order.as_object_mut().expect("an order").extend(more);
    order
}

/// Unrouted, backordered, allocated, shipped, cancelled units of a line.
pub(crate) fn counters(order: &Value, line: usize) -> [i64; 5] {
    let line = &order["lines"][line];
    let figure = |name: &str| line[name].as_i64().unwrap_or_else(|| panic!("no {name} in {line}"));
    let found = ["unrouted", "backordered", "allocated", "shipped", "cancelled"].map(figure);
    assert_eq!(found.iter().sum::<i64>(), figure("ordered"), "every unit is somewhere: {line}");
    found
}

/// Where, how it stands, and how many units, of every part.
pub(crate) fn parts(order: &Value) -> Vec<(String, String, i64)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let parts = order["fulfilments"].as_array().expect("parts").iter();
    let units = |part: &Value| {
        part["lines"].as_array().expect("lines").iter().filter_map(|line| line["quantity"].as_i64()).sum()
    };
    parts.map(|part| (text(&part["warehouse"]), text(&part["state"]), units(part))).collect()
}

/// The same of those somebody may still work on.
pub(crate) fn at_work(order: &Value) -> Vec<(String, String, i64)> {
    let mut found = parts(order);
    found.retain(|(_, state, _)| !["cancelled", "rejected", "timed_out"].contains(&state.as_str()));
    found
}

/// Such a part.
pub(crate) fn part(warehouse: &str, state: &str, units: i64) -> (String, String, i64) {
    (warehouse.to_owned(), state.to_owned(), units)
}

/// A command asked again under its id until its outcome is known, whatever happens to the daemon meanwhile.
pub(crate) async fn certain(client: &mut Client, path: &str, id: &str, body: &Value) -> (u16, Value) {
    let bytes = serde_json::to_vec(body).expect("text");
    let request = Request { method: Method::Post, path, id: Some(id), body: Some(&bytes) };
    let asking = async {
        loop {
            match client.connection().send(&request).await {
                Ok(429 | 503) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(status) => {
                    let told = serde_json::from_slice(client.connection().body());
                    return (status, told.unwrap_or_default());
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("an outcome")
}
