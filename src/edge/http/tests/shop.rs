//! A daemon's door on a free port, and a caller.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::actor::house::trial::{Trial, run};
use crate::config::{Scope, Settings, Token, TokenHash};
use crate::edge::command::FingerprintKey;
use crate::edge::door::Door;
use crate::edge::http::{listen, serve};
use crate::telemetry::Metrics;

/// How long any answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Shop {
    pub(super) trial: Trial,
    pub(super) door: Arc<Door>,
    pub(super) address: std::net::SocketAddr,
    pub(super) shutdown: CancellationToken,
    pub(super) served: tokio::task::JoinHandle<()>,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.trim()))
    }

    /// The code of a problem; panics where the answer is no proper one.
    pub(super) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["type"], format!("urn:lagerd:problem:{}", problem["code"].as_str().unwrap()));
        problem["code"].as_str().unwrap().to_owned()
    }
}

/// Runs a test against an open door.
pub(super) fn visit<F: Future>(test: impl FnOnce(Arc<Shop>) -> F) -> F::Output {
    visit_with(|_| {}, test)
}

/// Runs a test against a door with other settings.
pub(super) fn visit_with<F: Future>(
    change: impl FnOnce(&mut Settings),
    test: impl FnOnce(Arc<Shop>) -> F,
) -> F::Output {
    run(async {
        let mut settings = Settings::default();
        change(&mut settings);
        let trial = Trial::open(10_000).await;
        let door = Door::new(Arc::new(settings), Arc::new(Metrics::new()));
        door.open(trial.house.clone(), FingerprintKey::of_store(b"trial"));
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve(listener, door.clone(), shutdown.clone()));
        let shop = Arc::new(Shop { trial, door, address, shutdown, served });
        let result = test(shop.clone()).await;
        shop.shutdown.cancel();
        result
    })
}

impl Shop {
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), b"").await
    }

    pub(super) async fn post(&self, path: &str, id: &str, body: &str) -> Answer {
        self.call("POST", path, &format!("Idempotency-Key: {id}\r\n"), body).await
    }

    /// Sends a command as somebody.
    pub(super) async fn post_as(&self, who: &str, path: &str, id: &str, body: &str) -> Answer {
        let headers = format!("Authorization: Bearer {who}\r\nIdempotency-Key: {id}\r\n");
        self.call("POST", path, &headers, body).await
    }

    /// Asks as somebody.
    pub(super) async fn get_as(&self, who: &str, path: &str) -> Answer {
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {who}\r\n\r\n"
        );
        self.send(&head, b"").await
    }

    pub(super) async fn call(&self, verb: &str, path: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let head = format!(
            "{verb} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n{headers}\r\n"
        );
        self.send(&head, body.as_bytes()).await
    }

    /// Sends bytes, reads until the daemon closes.
    pub(super) async fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let mut all = head.as_bytes().to_vec();
        all.extend_from_slice(body);
        let mut bytes = Vec::new();
        let talk = async {
            let (mut reader, mut writer) = stream.split();
            // The daemon may answer and close before it has read everything.
            let (_, read) = tokio::join!(writer.write_all(&all), reader.read_to_end(&mut bytes));
            read
        };
        let read = tokio::time::timeout(PATIENCE, talk).await.expect("an answer in time");
        parse(&bytes).unwrap_or_else(|| panic!("no answer ({read:?}) to {head}"))
    }

    /// Puts units of a SKU into a warehouse.
    pub(super) async fn stock(&self, warehouse: &str, sku: &str, units: i64) {
        let id = format!("stock-{warehouse}-{}", sku.len());
        let line = serde_json::json!({"lines": [{"sku": sku, "kind": "receive", "quantity": units}]});
        let path = format!("/v1/warehouses/{warehouse}/movements");
        let answer = self.post(&path, &format!("{id}-{units}"), &line.to_string()).await;
        assert_eq!(answer.json()["applied"], 1, "{answer:?}");
    }
}

pub(super) fn parse(bytes: &[u8]) -> Option<Answer> {
    let at = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let body = String::from_utf8_lossy(&bytes[at + 4..]).into_owned();
    Some(Answer { status, head, body })
}

/// A token that is its own name.
pub(super) fn token(name: &str, scopes: &[&str]) -> Token {
    let scopes = scopes.iter().map(|scope| scope.parse::<Scope>().unwrap()).collect();
    Token { name: name.to_owned(), hash: TokenHash::of(name), scopes, expires: None }
}
