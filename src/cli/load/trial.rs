//! Whole runs against a daemon of a few lines, honest or not.
#![expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use clap::Parser;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{LoadArgs, run};
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::fake;
use crate::client::feed::fake::Peer;

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
    bell: watch::Sender<u64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Oversells,
    Forgets,
    AnswersAnew,
    CutsConnections,
    SaysNothing,
    IsBusy,
    ShowsNothingNew,
    ShowsOneTooMany,
    Caps,
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
        if let Some((_, sku)) = asked.path.split_once("availability?sku=") {
            let available = if fault == Fault::Caps { 3 } else { self.free(sku) };
            return Some((200, json!({"items": [{"sku": sku, "available": available}]}).to_string()));
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
        if fault == Fault::IsBusy && self.asked.is_multiple_of(3) {
            return Some((503, json!({"code": "busy", "status": 503}).to_string()));
        }
        let answer = self.reserve(asked, fault);
        self.bell.send_modify(|changes| *changes += 1);
        let cut = fault == Fault::CutsConnections && self.asked.is_multiple_of(3);
        (!cut).then_some(answer)
    }

    fn free(&self, sku: &str) -> i64 {
        self.stock[sku] - self.reserved.get(sku).copied().unwrap_or(0)
    }

    fn table(&self) -> HashMap<String, i64> {
        self.stock.keys().map(|sku| (sku.clone(), self.free(sku))).collect()
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
        if fault != Fault::Oversells && !skus.iter().all(|sku| self.free(sku) > 0) {
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

/// One connection to the fake's feed, until either side goes.
async fn talk(mut peer: Peer, books: Arc<Mutex<Books>>, fault: Fault) -> Option<()> {
    peer.try_say(json!({"hello": {"limits": {"commands_in_flight": 64}}})).await?;
    let mut bell = books.lock().unwrap().bell.subscribe();
    let mut shown: Option<HashMap<String, i64>> = None;
    loop {
        tokio::select! {
            said = peer.try_hear() => {
                let said = said?;
                let table = books.lock().unwrap().table();
                let frame = if said["subscribe"]["topic"] == "channel:web-de" {
                    shown = Some(table.clone());
                    json!({"snapshot": {"topic": "t", "view": "v", "offset": 0, "items": items(&table, 0)}})
                } else {
                    let Some(answer) = answer(&said, &mut books.lock().unwrap(), fault)? else { continue };
                    answer
                };
                peer.try_say(frame).await?;
            }
            changed = bell.changed(), if shown.is_some() && fault != Fault::ShowsNothingNew => {
                changed.ok()?;
                let mut table = books.lock().unwrap().table();
                let more = i64::from(fault == Fault::ShowsOneTooMany);
                if let Some(before) = shown.replace(table.clone()) {
                    table.retain(|sku, free| before.get(sku) != Some(free));
                }
                if !table.is_empty() {
                    let changes = json!({"topic": "t", "offset": 1, "items": items(&table, more)});
                    peer.try_say(json!({ "changes": changes })).await?;
                }
            }
        }
    }
}

fn items(table: &HashMap<String, i64>, more: i64) -> Vec<Value> {
    table.iter().map(|(sku, free)| json!({"sku": sku, "available": free + more})).collect()
}

/// The answer to a command: `None` where the connection is to be cut, `Some(None)` where nothing is said.
fn answer(said: &Value, books: &mut Books, fault: Fault) -> Option<Option<Value>> {
    let id = said["id"].as_str().unwrap().to_owned();
    let asked = fake::Asked {
        method: "POST".to_owned(),
        path: "/v1/reservations".to_owned(),
        id: Some(id.clone()),
        body: said["reserve"].clone(),
    };
    let (status, body) = books.answer(&asked, fault)?;
    if fault == Fault::SaysNothing && books.asked.is_multiple_of(7) {
        return Some(None);
    }
    let word = match status {
        201 => "ok",
        409 => "refused",
        _ => "error",
    };
    let body: Value = serde_json::from_str(&body).unwrap();
    Some(Some(json!({"id": id, word: body})))
}

async fn try_run(fault: Fault, line: &str) -> Result<Exit, Failure> {
    let books = Arc::new(Mutex::new(Books::default()));
    let fed = Arc::clone(&books);
    let url = fake::serve_with_feed(
        move |asked| books.lock().unwrap().answer(&asked, fault),
        move |peer| talk(peer, Arc::clone(&fed), fault).map(|_| ()),
    )
    .await;
    let words = format!("load --url {url} --warm-up 10ms --for 100ms --json {line}");
    run(Line::parse_from(words.split(' ')).load).await
}

async fn outcome(fault: Fault, line: &str) -> Exit {
    try_run(fault, line).await.unwrap()
}

/// An honest daemon passes in every shape, sold out or not.
#[tokio::test]
async fn honest_daemon_passes() {
    for line in [
        "--shape hot --clients 4 --units 30",
        "--shape uniform --clients 4 --skus 20 --resend",
        "--shape cart --clients 4 --skus 20 --units 9 --resend",
        "--shape duel --clients 60 --units 25",
        "--clients 4 --units 30 --subscribers 3",
        "--socket --clients 4 --units 30",
        "--socket --clients 2 --in-flight 8 --units 30 --resend --subscribers 5 --slow-subscribers 1",
        "--socket --clients 2 --in-flight 8 --shape cart --skus 20 --units 9 --resend --subscribers 2",
        "--socket --clients 2 --in-flight 2 --rate 100 --subscribers 3",
        "--clients 0 --subscribers 3",
        "--burst 5 --subscribers 4 --slow-subscribers 1",
        "--burst 64 --subscribers 1",
    ] {
        assert_eq!(outcome(Fault::None, line).await, Exit::Ok, "{line}");
    }
}

/// Answers that never arrive are asked for again with the same id, and nothing is counted twice.
#[tokio::test]
async fn cut_connections_are_survived() {
    assert_eq!(outcome(Fault::CutsConnections, "--clients 4 --units 30").await, Exit::Ok);
    let socket = "--socket --clients 2 --in-flight 4 --units 30";
    assert_eq!(outcome(Fault::CutsConnections, socket).await, Exit::Ok);
    assert_eq!(outcome(Fault::CutsConnections, &format!("{socket} --resend")).await, Exit::Ok);
    assert_eq!(outcome(Fault::CutsConnections, "--burst 2 --subscribers 2").await, Exit::Ok);
    let duel = "--shape duel --clients 30 --units 10";
    assert_eq!(outcome(Fault::CutsConnections, duel).await, Exit::Ok);
}

/// The audit is worth nothing unless each kind of lie is found.
#[tokio::test]
async fn lies_are_found() {
    for fault in [Fault::Oversells, Fault::Forgets, Fault::AnswersAnew] {
        assert_eq!(outcome(fault, "--clients 4 --units 5 --resend").await, Exit::CheckFailed);
        let socket = "--socket --in-flight 4 --clients 2 --units 5 --resend";
        assert_eq!(outcome(fault, socket).await, Exit::CheckFailed);
        assert_eq!(outcome(fault, "--shape duel --clients 20 --units 5").await, Exit::CheckFailed);
    }
}

/// Silence on a connection that stays open, and `busy`, are survived too.
#[tokio::test]
async fn silence_and_busy_are_survived() {
    let socket = "--socket --clients 2 --in-flight 4 --units 30 --timeout 50ms --resend";
    assert_eq!(outcome(Fault::SaysNothing, socket).await, Exit::Ok);
    assert_eq!(outcome(Fault::IsBusy, socket).await, Exit::Ok);
    assert_eq!(outcome(Fault::IsBusy, "--clients 4 --units 30").await, Exit::Ok);
}

/// Readers that end at another number than the daemon's are found, and a channel that does not show its number is no use.
#[tokio::test]
async fn wrong_shows_are_found() {
    for fault in [Fault::ShowsNothingNew, Fault::ShowsOneTooMany] {
        for line in ["--socket --clients 2 --units 5 --subscribers 2", "--burst 2 --subscribers 2"] {
            let line = format!("{line} --patience 200ms");
            assert_eq!(outcome(fault, &line).await, Exit::CheckFailed, "{line}");
        }
    }
    let refused = try_run(Fault::Caps, "--units 5 --subscribers 1 --timeout 50ms").await;
    assert!(refused.unwrap_err().to_string().contains("shows 3 of 5 units"));
    let many = try_run(Fault::None, "--socket --in-flight 65").await;
    assert!(many.unwrap_err().to_string().contains("64 commands"));
}
