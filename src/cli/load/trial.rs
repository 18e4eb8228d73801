//! Whole runs against a daemon of a few lines, honest or not.
#![expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]

use std::collections::HashMap;
use std::sync::Mutex;

use clap::Parser;
use serde_json::{Value, json};

use super::*;
use crate::client::fake;

#[derive(clap::Parser)]
struct Line {
    #[command(flatten)]
    load: LoadArgs,
}

/// A one-warehouse daemon in a few lines, with the misbehaviour a test asks for.
#[derive(Default)]
struct Books {
    stock: HashMap<String, i64>,
    reserved: HashMap<String, i64>,
    reservations: HashMap<String, Value>,
    asked: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Oversells,
    Forgets,
    AnswersAnew,
    CutsConnections,
}

impl Books {
    fn answer(&mut self, asked: &fake::Asked, fault: Fault) -> Option<(u16, String)> {
        self.asked += 1;
        let last = asked.path.rsplit('/').next().unwrap();
        if asked.path.ends_with("/movements") {
            let lines = asked.body["lines"].as_array().unwrap();
            for line in lines {
                let quantity = line["quantity"].as_i64().unwrap();
                *self.stock.entry(line["sku"].as_str().unwrap().into()).or_default() += quantity;
            }
            let results: Vec<Value> = lines.iter().map(|_| json!({"status": "applied"})).collect();
            return Some((200, json!({ "results": results }).to_string()));
        }
        if asked.path.starts_with("/v1/stock/") {
            let (on_hand, reserved) = (self.stock[last], self.reserved.get(last).copied().unwrap_or(0));
            let level = json!({"warehouse": "BER", "on_hand": on_hand, "reserved": reserved});
            return Some((200, json!({"sku": last, "levels": [level]}).to_string()));
        }
        if asked.method == "GET" {
            return Some(match self.reservations.get(last) {
                Some(told) if fault != Fault::Forgets => (200, told.to_string()),
                _ => (404, json!({"code": "not_found"}).to_string()),
            });
        }
        let answer = self.reserve(asked, fault);
        let cut = fault == Fault::CutsConnections && self.asked.is_multiple_of(3);
        (!cut).then_some(answer)
    }

    fn reserve(&mut self, asked: &fake::Asked, fault: Fault) -> (u16, String) {
        let id = asked.id.clone().unwrap();
        if let Some(told) = self.reservations.get(&id) {
            let mut told = told.clone();
            if fault == Fault::AnswersAnew {
                told["lines"][0]["warehouse"] = json!("VIE");
            }
            return (201, told.to_string());
        }
        let lines = asked.body["lines"].as_array().unwrap().clone();
        let skus: Vec<String> = lines.iter().map(|line| line["sku"].as_str().unwrap().into()).collect();
        let free = |sku: &String| self.stock[sku] - self.reserved.get(sku).copied().unwrap_or(0);
        if fault != Fault::Oversells && !skus.iter().all(|sku| free(sku) > 0) {
            return (409, json!({"code": "insufficient_stock"}).to_string());
        }
        skus.into_iter().for_each(|sku| *self.reserved.entry(sku).or_default() += 1);
        let held: Vec<Value> = lines
            .into_iter()
            .map(|mut line| {
                line["warehouse"] = json!("BER");
                line
            })
            .collect();
        let told = json!({"reservation": id, "state": "reserved", "lines": held});
        self.reservations.insert(id, told.clone());
        (201, told.to_string())
    }
}

async fn outcome(fault: Fault, line: &str) -> Exit {
    let books = Mutex::new(Books::default());
    let url = fake::serve(move |asked| books.lock().unwrap().answer(&asked, fault)).await;
    let words = format!("load --url {url} --warm-up 10ms --for 100ms --json {line}");
    run(Line::parse_from(words.split(' ')).load).await.unwrap()
}

/// An honest daemon passes in every shape, sold out or not.
#[tokio::test]
async fn honest_daemon_passes() {
    for line in [
        "--shape hot --clients 4 --units 30",
        "--shape uniform --clients 4 --skus 20 --resend",
        "--shape cart --clients 4 --skus 20 --units 9 --resend",
        "--shape duel --clients 60 --units 25",
    ] {
        assert_eq!(outcome(Fault::None, line).await, Exit::Ok, "{line}");
    }
}

/// Answers that never arrive are asked for again with the same id, and nothing is counted twice.
#[tokio::test]
async fn cut_connections_are_survived() {
    assert_eq!(outcome(Fault::CutsConnections, "--clients 4 --units 30").await, Exit::Ok);
    let duel = "--shape duel --clients 30 --units 10";
    assert_eq!(outcome(Fault::CutsConnections, duel).await, Exit::Ok);
}

/// The audit is worth nothing unless each kind of lie is found.
#[tokio::test]
async fn lies_are_found() {
    for fault in [Fault::Oversells, Fault::Forgets, Fault::AnswersAnew] {
        assert_eq!(outcome(fault, "--clients 4 --units 5 --resend").await, Exit::CheckFailed);
        assert_eq!(outcome(fault, "--shape duel --clients 20 --units 5").await, Exit::CheckFailed);
    }
}
