//! The load on a fake daemon: an honest one passes, and every lie is found.
#![expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]

use std::collections::HashMap;
use std::sync::Mutex;

use clap::Parser;
use serde_json::{Value, json};

use super::super::args::LoadArgs;
use super::super::run::run;
use crate::cli::exit::Exit;
use crate::client::fake::{self, Asked};

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    load: LoadArgs,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Oversells,
    ForgetsOrders,
    ForgetsShipments,
    PromisesHalf,
    IsNotNew,
    CutsConnections,
}

#[derive(Default, Clone, Copy)]
struct Level {
    on_hand: i64,
    allocated: i64,
}

/// A one-warehouse daemon in a few lines.
struct Books {
    fault: Fault,
    levels: HashMap<String, Level>,
    orders: HashMap<String, (Vec<String>, &'static str)>,
    ids: HashMap<String, (u16, Value)>,
    asked: u64,
}

impl Books {
    fn answer(&mut self, asked: &Asked) -> Option<(u16, String)> {
        self.asked += 1;
        let id = asked.id.clone().unwrap_or_default();
        let (status, body) = match self.ids.get(&id) {
            Some(known) => known.clone(),
            None => self.decide(asked),
        };
        if !id.is_empty() && status < 400 {
            self.ids.insert(id, (status, body.clone()));
        }
        let cut = self.fault == Fault::CutsConnections && self.asked.is_multiple_of(5);
        (!cut).then(|| (status, body.to_string()))
    }

    fn decide(&mut self, asked: &Asked) -> (u16, Value) {
        let path = asked.path.split('?').next().unwrap();
        let parts: Vec<&str> = path.split('/').skip(2).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("POST", ["warehouses", _, "movements"]) => {
                let lines = asked.body["lines"].as_array().unwrap();
                for line in lines {
                    let level = self.levels.entry(line["sku"].as_str().unwrap().to_owned()).or_default();
                    level.on_hand += line["quantity"].as_i64().unwrap();
                }
                let applied: Vec<Value> = lines.iter().map(|_| json!({"status": "applied"})).collect();
                (200, json!({ "results": applied }))
            }
            ("GET", ["stock", sku]) => {
                let Level { on_hand, allocated } = self.levels[*sku];
                let level = json!({"warehouse": "BER", "on_hand": on_hand, "allocated": allocated});
                (200, json!({"sku": sku, "levels": [level]}))
            }
            ("POST", ["orders"]) => self.place(&asked.body),
            ("GET", ["orders", number]) if self.orders.contains_key(*number) => (200, self.order(number)),
            ("GET", ["orders", _]) => (404, json!({"code": "unknown_order"})),
            ("POST", ["fulfilments", part, verb]) => {
                let number = part.trim_end_matches("-f1").to_owned();
                if *verb == "ship" && self.fault != Fault::ForgetsShipments {
                    for sku in self.orders[&number].0.clone() {
                        let level = self.levels.get_mut(&sku).unwrap();
                        level.on_hand -= 1;
                        level.allocated -= 1;
                    }
                }
                let state = match *verb {
                    "accept" => "accepted",
                    "ship" => "shipped",
                    _ => "delivered",
                };
                self.orders.get_mut(&number).unwrap().1 = state;
                (200, json!({"fulfilment": part, "state": state}))
            }
            _ => panic!("unexpected {asked:?}"),
        }
    }

    fn place(&mut self, body: &Value) -> (u16, Value) {
        let number = body["order"].as_str().unwrap().to_owned();
        let lines = body["lines"].as_array().unwrap();
        let skus: Vec<String> = lines.iter().map(|line| line["sku"].as_str().unwrap().to_owned()).collect();
        let free = |sku: &String| self.levels[sku].on_hand - self.levels[sku].allocated > 0;
        if self.fault != Fault::Oversells && !skus.iter().all(free) {
            return (409, json!({"code": "insufficient_stock"}));
        }
        skus.iter().for_each(|sku| self.levels.get_mut(sku).unwrap().allocated += 1);
        self.orders.insert(number.clone(), (skus, "accepted"));
        let told = self.order(&number);
        if self.fault == Fault::ForgetsOrders {
            self.orders.remove(&number);
        }
        (if self.fault == Fault::IsNotNew { 200 } else { 201 }, told)
    }

    fn order(&self, number: &str) -> Value {
        let (skus, state) = &self.orders[number];
        let left = matches!(*state, "shipped" | "delivered");
        let lines: Vec<Value> = skus.iter().map(|sku| {
            json!({"line": sku, "sku": sku, "ordered": 1, "allocated": i64::from(!left), "shipped": i64::from(left)})
        }).collect();
        let half = usize::from(self.fault == Fault::PromisesHalf);
        let units: Vec<Value> =
            skus.iter().skip(half).map(|sku| json!({"line": sku, "sku": sku, "quantity": 1})).collect();
        let state_of_part = if *state == "accepted" { "requested" } else { *state };
        let part = json!({"fulfilment": format!("{number}-f1"), "warehouse": "BER", "state": state_of_part, "lines": units});
        json!({"order": number, "id": number, "channel": "web-de", "state": state, "lines": lines, "fulfilments": [part]})
    }
}

async fn outcome(fault: Fault, line: &str) -> Exit {
    let books = Mutex::new(Books {
        fault,
        levels: HashMap::new(),
        orders: HashMap::new(),
        ids: HashMap::new(),
        asked: 0,
    });
    let url = fake::serve(move |asked| books.lock().unwrap().answer(&asked)).await;
    let words = format!("load orders --url {url} --warm-up 10ms --for 100ms --skus 20 --json {line}");
    run(Line::parse_from(words.split(' ')).load).await.unwrap()
}

/// An honest daemon passes, whether orders stay open or close, sold out or not, also with connections that break.
#[tokio::test]
async fn honest_daemon_passes() {
    for line in ["--clients 4", "--clients 4 --fulfil 50 --units 9", "--clients 2 --shape hot --fulfil 100"] {
        assert_eq!(outcome(Fault::None, line).await, Exit::Ok, "{line}");
        assert_eq!(outcome(Fault::CutsConnections, line).await, Exit::Ok, "{line}");
    }
}

/// The audit is worth nothing unless each kind of lie is found.
#[tokio::test]
async fn lies_are_found() {
    for fault in [Fault::ForgetsOrders, Fault::PromisesHalf, Fault::IsNotNew] {
        assert_eq!(outcome(fault, "--clients 2 --units 9").await, Exit::CheckFailed);
    }
    assert_eq!(outcome(Fault::Oversells, "--clients 2 --units 1").await, Exit::CheckFailed);
    assert_eq!(outcome(Fault::ForgetsShipments, "--clients 2 --fulfil 100").await, Exit::CheckFailed);
}
