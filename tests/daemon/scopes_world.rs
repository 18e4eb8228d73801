//! A merchant with a token for each single scope, and whatever a command of his may be about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lagerd::client::{Client, Method, Target};
use lagerd::config::TokenHash;
use serde_json::{Value, json};

use crate::process::{Daemon, Store};
use crate::talk::{ask, receive};

/// Every scope there is, for a channel and a warehouse that are meant and for others. The secret of each one's token is
/// the scope itself.
pub(crate) const SCOPES: [&str; 12] = [
    "read:*",
    "read:web",
    "read:solo",
    "sell:web",
    "sell:solo",
    "stock:BER",
    "stock:HAM",
    "fulfil:BER",
    "fulfil:HAM",
    "contact:web",
    "contact:solo",
    "admin",
];

/// Tokens that open nothing: none, one nobody knows, one whose time is over.
pub(crate) const NOBODIES: [Option<&str>; 3] = [None, Some("unknown"), Some("expired")];

/// Two places and a channel at each; `web` draws on BER, where goods can be picked up.
const PLACES: &str = r#"
[limits]
restart_grace_s = 0
[[warehouse]]
id = "BER"
pickup = true
[[warehouse]]
id = "HAM"
[[channel]]
id = "web"
warehouses = ["BER"]
[[channel]]
id = "solo"
warehouses = ["HAM"]
"#;

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Nothing that has to be made.
    Nothing,
    Reservation,
    Order,
    HeldOrder,
    /// The link of an order's buyer.
    Link,
    Part,
    ShippedPart,
    PickupPart,
    ReadyPart,
    Return,
    ReceivedReturn,
    Transfer,
    ShippedTransfer,
    Inbound,
}

/// The daemon, and everybody who talks to it.
pub(crate) struct World {
    pub(crate) daemon: Daemon,
    clients: BTreeMap<String, Client>,
    made: u32,
}

/// A `[[token]]` whose secret is `secret`.
pub(crate) fn token(name: &str, secret: &str, scopes: &[&str], more: &str) -> String {
    let hash = TokenHash::of(secret).configured();
    format!("[[token]]\nname = \"{name}\"\nhash = \"{hash}\"\nscopes = {scopes:?}\n{more}\n")
}

/// The whole configuration, with more sections before the places.
pub(crate) fn config(more: &str) -> String {
    let all = SCOPES.map(|scope| token(&scope.replace([':', '*'], "_"), scope, &[scope], ""));
    let expired = token("expired", "expired", &["admin"], "expires = \"2020-01-01T00:00:00Z\"");
    format!("{more}{PLACES}{}{expired}", all.concat())
}

impl World {
    pub(crate) async fn begin(more: &str) -> Self {
        let daemon = Daemon::start(&Store::Embedded.lines(), &config(more)).await;
        let mut world = Self { daemon, clients: BTreeMap::new(), made: 0 };
        let admin = world.client(Some("admin"));
        for place in ["BER", "HAM"] {
            receive(admin, place, &format!("in-{place}"), &[("A", 100_000)]).await;
        }
        world
    }

    pub(crate) fn client(&mut self, secret: Option<&str>) -> &mut Client {
        let url = self.daemon.url();
        self.clients.entry(secret.unwrap_or_default().to_owned()).or_insert_with(|| {
            Client::new(Arc::new(Target::new(&url, secret).expect("a url")), Duration::from_secs(20))
        })
    }

    /// A number nothing had before.
    pub(crate) fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// Asks as somebody, under a new id.
    pub(crate) async fn ask(
        &mut self,
        who: Option<&str>,
        verb: &str,
        path: &str,
        body: &str,
    ) -> (u16, Value) {
        let id = format!("asked-{}", self.number());
        let method = match verb {
            "get" => Method::Get,
            "post" => Method::Post,
            "put" => Method::Put,
            "delete" => Method::Delete,
            other => panic!("{other} is no verb"),
        };
        let id = (method != Method::Get).then_some(id.as_str());
        ask(self.client(who), (method, path), id, Some(body).filter(|body| !body.is_empty())).await
    }

    async fn made(&mut self, path: &str, body: &Value) -> Value {
        let (status, told) = self.ask(Some("admin"), "post", path, &body.to_string()).await;
        assert!((200..300).contains(&status), "{path} {body}: {status} {told}");
        told
    }

    async fn order(&mut self, pickup: bool) -> Value {
        let body = order_body(&format!("o-{}", self.number()), pickup);
        self.made("/v1/orders", &body).await
    }

    async fn part(&mut self, pickup: bool, steps: &[&str]) -> String {
        let part = text(&self.order(pickup).await["fulfilments"][0]["fulfilment"]);
        for step in steps {
            self.made(&format!("/v1/fulfilments/{part}/{step}"), &json!({})).await;
        }
        part
    }

    /// Makes something to ask about; its name.
    pub(crate) async fn make(&mut self, about: About) -> String {
        let lines = json!([{"sku": "A", "quantity": 2}]);
        let transfer = json!({"from": "BER", "to": "HAM", "lines": lines});
        match about {
            About::Nothing => String::new(),
            About::Reservation => {
                let body = json!({"channel": "web", "lines": lines});
                text(&self.made("/v1/reservations", &body).await["reservation"])
            }
            About::Order => text(&self.order(false).await["id"]),
            About::HeldOrder => {
                let id = text(&self.order(false).await["id"]);
                self.made(&format!("/v1/orders/{id}/hold"), &json!({"reason": "check"})).await;
                id
            }
            About::Link => text(&self.order(false).await["tracking"]).replace("/track/", ""),
            About::Part => self.part(false, &[]).await,
            About::ShippedPart => self.part(false, &["ship"]).await,
            About::PickupPart => self.part(true, &["accept", "pick"]).await,
            About::ReadyPart => self.part(true, &["accept", "pick", "ready"]).await,
            About::Return | About::ReceivedReturn => {
                let body = json!({"ref": "r", "channel": "web", "warehouse": "BER", "lines": lines});
                let back = text(&self.made("/v1/returns", &body).await["return"]);
                if about == About::ReceivedReturn {
                    self.made(&format!("/v1/returns/{back}/receive"), &json!({})).await;
                }
                back
            }
            About::Transfer => text(&self.made("/v1/transfers", &transfer).await["transfer"]),
            About::ShippedTransfer => {
                let moved = text(&self.made("/v1/transfers", &transfer).await["transfer"]);
                self.made(&format!("/v1/transfers/{moved}/ship"), &json!({})).await;
                moved
            }
            About::Inbound => {
                let body = json!({"warehouse": "BER", "lines": lines});
                text(&self.made("/v1/inbound", &body).await["inbound"])
            }
        }
    }
}

/// An order of channel `web`.
pub(crate) fn order_body(number: &str, pickup: bool) -> Value {
    let price = json!({"amount_minor": 1_999, "currency": "EUR"});
    let mut body = json!({
        "order": number, "channel": "web",
        "lines": [{"line": "1", "sku": "A", "quantity": 2, "unit_price": price}],
        "ship_to": {"country": "DE", "postal_code": "10115", "name": "Ada Beispiel"},
        "payment": {"state": "authorised"},
    });
    if pickup {
        body["method"] = json!("pickup");
        body["pickup_at"] = json!("BER");
    }
    body
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
