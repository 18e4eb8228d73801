//! What a consumer hears of the house, through kills of the daemon and of the broker.

#![expect(clippy::disallowed_types, reason = "locks of a test are held for a line")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use lagerd::client::{Client, Method};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions, QueueBindOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties, ExchangeKind};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};

use crate::orders_words::certain;
use crate::process::{Daemon, ONE, Store};
use crate::rabbit_server::RabbitServer;
use crate::talk::{ask, get, metric, post};
use crate::wait::wait_for;

const SKUS: [&str; 4] = ["A", "B", "C", "D"];
const WORKERS: usize = 6;
const COMMANDS: usize = 60;

/// One message as it was heard.
#[derive(Debug, Clone)]
struct Heard {
    id: String,
    key: String,
    partition: String,
    sequence: String,
    body: Value,
}

/// A consumer with a durable queue of its own; it comes back whenever the broker does.
struct Consumer {
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Consumer {
    /// Makes its queue, and begins to listen.
    async fn start(url: &str) -> Self {
        let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
        bind(url).await.expect("a queue of its own");
        let (into, url) = (heard.clone(), url.to_owned());
        let task = tokio::spawn(async move {
            loop {
                if listen(&url, &into).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
        Self { heard, task }
    }

    fn all(&self) -> Vec<Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Each message once, in the order of its first hearing.
    fn once(&self) -> Vec<Heard> {
        let mut seen = BTreeSet::new();
        self.all().into_iter().filter(|heard| seen.insert(heard.id.clone())).collect()
    }

    /// Waits until all of these ids were heard.
    async fn has(&self, ids: &BTreeSet<String>) {
        let missing = || {
            let heard: BTreeSet<String> = self.all().into_iter().map(|heard| heard.id).collect();
            ids.difference(&heard).take(5).cloned().collect::<Vec<_>>()
        };
        let all = async {
            while !missing().is_empty() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(120), all).await;
        assert!(waited.is_ok(), "never heard: {:?} …", missing());
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn bind(url: &str) -> Result<(), lapin::Error> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("erp".into(), durable, quorum).await?;
    let mut aside = FieldTable::default();
    aside.insert("alternate-exchange".into(), AMQPValue::LongString("lagerd.unrouted".into()));
    let lasting = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare("lagerd.events".into(), ExchangeKind::Topic, lasting, aside).await?;
    let bound = QueueBindOptions::default();
    channel.queue_bind("erp".into(), "lagerd.events".into(), "#".into(), bound, FieldTable::default()).await
}

async fn listen(url: &str, heard: &Mutex<Vec<Heard>>) -> Result<(), lapin::Error> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(200, BasicQosOptions::default()).await?;
    let consumer =
        channel.basic_consume("erp".into(), "".into(), BasicConsumeOptions::default(), FieldTable::default());
    let mut consumer = consumer.await?;
    while let Some(delivery) = consumer.next().await {
        let delivery = delivery?;
        heard.lock().unwrap_or_else(PoisonError::into_inner).push(read(&delivery));
        delivery.ack(BasicAckOptions::default()).await?;
    }
    Ok(())
}

fn read(delivery: &Delivery) -> Heard {
    let headers = delivery.properties.headers().as_ref().expect("headers").inner();
    let header = |name: &str| match headers.get(format!("cloudEvents_{name}").as_str()) {
        Some(AMQPValue::LongString(text)) => text.to_string(),
        other => panic!("cloudEvents_{name}: {other:?}"),
    };
    let id = delivery.properties.message_id().as_ref().expect("a message id").to_string();
    assert_eq!(id, header("id"));
    assert_eq!(header("specversion"), "1.0");
    Heard {
        id,
        key: delivery.routing_key.to_string(),
        partition: header("partitionkey"),
        sequence: header("sequence"),
        body: serde_json::from_slice(&delivery.data).expect("JSON"),
    }
}

fn broker(url: &str) -> String {
    format!("[amqp]\nurl = \"{url}\"\nholds = true\n{ONE}")
}

/// One seller: it receives, holds, promises, ships, gives back and corrects, each until it is certain.
async fn work(mut client: Client, worker: usize) {
    for number in 0..COMMANDS {
        let sku = SKUS[(worker + number) % SKUS.len()];
        let id = format!("{worker}-{number}");
        let lines = |kind: &str, quantity: i64| json!({"lines": [{"sku": sku, "kind": kind, "quantity": quantity, "reason": "test"}]});
        let (path, body) = match number % 5 {
            0 => ("/v1/warehouses/BER/movements".to_owned(), lines("receive", 5)),
            1 => ("/v1/warehouses/BER/movements".to_owned(), lines("adjust", -1)),
            2 => {
                let wish = json!({"channel": "web", "lines": [{"sku": sku, "quantity": 1}]});
                ("/v1/reservations".to_owned(), wish)
            }
            3 => (format!("/v1/reservations/{worker}-{}/allocate", number - 1), json!({})),
            _ => (format!("/v1/reservations/{worker}-{}/ship", number - 2), json!({})),
        };
        certain(&mut client, &path, &id, &body).await;
    }
}

/// Every event id the store's own history has.
async fn history(client: &mut Client, skus: &[&str]) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for sku in skus {
        let mut before = String::new();
        loop {
            let path = format!("/v1/stock/{sku}/history?warehouse=BER&limit=100{before}");
            let (status, page) = get(client, &path).await;
            assert_eq!(status, 200, "{page}");
            let changes = page["changes"].as_array().expect("changes");
            ids.extend(changes.iter().map(|change| change["event"].as_str().expect("an id").to_owned()));
            match page["next"].as_u64() {
                Some(next) => before = format!("&before={next}"),
                None => break,
            }
        }
    }
    ids
}

/// The levels that follow from the events alone.
fn folded(events: &[Heard]) -> BTreeMap<String, [i64; 3]> {
    let mut levels = BTreeMap::new();
    for event in events.iter().filter(|event| event.partition == "w:BER") {
        for line in event.body["lines"].as_array().into_iter().flatten() {
            let figure = |name: &str| line[name].as_i64().unwrap_or_else(|| panic!("{name} in {line}"));
            let sku = line["sku"].as_str().expect("a SKU").to_owned();
            levels.insert(sku, ["on_hand", "reserved", "allocated"].map(figure));
        }
    }
    levels
}

/// A run with kills (-9) of daemon and broker in its middle: a consumer that drops ids it knows hears everything, in order
/// per journal, and folding it gives the store's levels.
async fn through_kills(store: Store) {
    let Some(mut server) = RabbitServer::start().await else { return };
    let url = server.url();
    let mut daemon = Daemon::start(&store.lines(), &broker(&url)).await;
    wait_for("the daemon to reach the broker", async || {
        (metric(&mut daemon.client(), "lagerd_amqp_publishing").await > 0.5).then_some(())
    })
    .await;
    let consumer = Consumer::start(&url).await;
    server.keeps(&url, "erp").await;
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        workers.spawn(work(daemon.client(), worker));
    }
    let heard = async |least: usize| {
        wait_for("events to be heard", async || (consumer.all().len() >= least).then_some(())).await;
    };
    heard(30).await;
    daemon.kill().await;
    daemon.again().await;
    heard(60).await;
    server.kill().await;
    let before = consumer.all().len();
    server.restart().await;
    heard(before + 10).await;
    daemon.kill().await;
    daemon.again().await;
    while let Some(worker) = workers.join_next().await {
        worker.expect("a worker ends");
    }
    let mut client = daemon.patient();
    consumer.has(&history(&mut client, &SKUS).await).await;
    let once = consumer.once();
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for event in
        once.iter().filter(|event| !event.partition.starts_with("availability:") && !event.id.contains('/'))
    {
        if let Some(before) = last.insert(&event.partition, &event.sequence) {
            assert!(before < event.sequence.as_str(), "{} came after {before}: {event:?}", event.sequence);
        }
    }
    let levels = folded(&once);
    for sku in SKUS {
        let (_, stock) = get(&mut client, &format!("/v1/stock/{sku}")).await;
        let level = &stock["levels"][0];
        let figures =
            ["on_hand", "reserved", "allocated"].map(|name| level[name].as_i64().expect("a figure"));
        assert_eq!(levels.get(sku), Some(&figures), "{sku}");
    }
    assert!(once.iter().any(|event| event.key == "stock.BER.stock_received"), "{once:?}");
    daemon.audit().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_hears_everything_through_kills_embedded() {
    through_kills(Store::Embedded).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_hears_everything_through_kills_redis() {
    let Some(store) = Store::redis().await else { return };
    through_kills(store).await;
}

/// A part is told again to one queue that is there; one that is not is named, and what came back is in no log.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_is_told_again() {
    let Some(server) = RabbitServer::start().await else { return };
    let url = server.url();
    let daemon = Daemon::start(&Store::Embedded.lines(), &broker(&url)).await;
    let consumer = Consumer::start(&url).await;
    let mut client = daemon.patient();
    let body = json!({"lines": [{"sku": "A", "kind": "receive", "quantity": 3, "reason": "canary"}]});
    let (status, told) = certain(&mut client, "/v1/warehouses/BER/movements", "m", &body).await;
    assert_eq!(status, 200, "{told}");
    let received =
        || consumer.all().into_iter().filter(|heard| heard.key == "stock.BER.stock_received").count();
    wait_for("the event", async || (received() == 1).then_some(())).await;
    let mut replay = json!({"queue": "erp", "since": "2026-01-01T00:00:00Z"});
    let (status, told) = post(&mut client, "/v1/replay", "r-1", &replay.to_string()).await;
    assert_eq!((status, &told["entries"]), (200, &json!(1)), "{told}");
    let again =
        || consumer.all().into_iter().filter(|heard| heard.key == "erp" && heard.partition == "w:BER");
    wait_for("the event again", async || again().next().map(|_| ())).await;
    let ids: BTreeSet<String> = consumer.once().into_iter().map(|heard| heard.id).collect();
    assert!(again().all(|heard| ids.contains(&heard.id)));
    assert_eq!(consumer.once().iter().filter(|heard| heard.body["fact"] == "stock_received").count(), 1);
    replay["queue"] = json!("nobody");
    let (status, told) =
        ask(&mut daemon.client(), (Method::Post, "/v1/replay"), None, Some(&replay.to_string())).await;
    assert_eq!((status, &told["code"]), (503, &json!("broker_away")), "{told}");
    assert!(told["detail"].to_string().contains("no queue"), "{told}");
    let log = daemon.log();
    assert!(!log.contains("canary") && !log.contains("returned_messages"), "{log}");
}

/// After a start a channel's connector is told what it has not confirmed, and nothing else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_tells_what_is_not_confirmed() {
    let Some(server) = RabbitServer::start().await else { return };
    let url = server.url();
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &broker(&url)).await;
    let consumer = Consumer::start(&url).await;
    let mut client = daemon.patient();
    let body = json!({"lines": [
        {"sku": "A", "kind": "receive", "quantity": 3, "reason": "test"},
        {"sku": "B", "kind": "receive", "quantity": 5, "reason": "test"}]});
    let (status, told) = certain(&mut client, "/v1/warehouses/BER/movements", "m", &body).await;
    assert_eq!(status, 200, "{told}");
    let confirmed = json!({"items": [{"sku": "A", "available": 3}]}).to_string();
    let asked = (Method::Put, "/v1/channels/web/acknowledged");
    let (status, told) = ask(&mut client, asked, Some("seen"), Some(&confirmed)).await;
    assert_eq!((status, &told["applied"]), (200, &json!(1)), "{told}");
    let view = |heard: &Heard| heard.body["view"].clone();
    let told = || consumer.all().into_iter().filter(|heard| heard.key == "availability.web");
    wait_for("the first life's figures", async || told().next().map(|_| ())).await;
    let first = told().next().map(|heard| view(&heard));
    daemon.kill().await;
    daemon.again().await;
    let shown = || {
        let fresh = told().filter(|heard| Some(view(heard)) != first);
        let items = fresh.flat_map(|heard| heard.body["items"].as_array().cloned().unwrap_or_default());
        items.map(|item| (item["sku"].clone(), item["available"].clone())).collect::<Vec<_>>()
    };
    let all = async || shown().iter().any(|(sku, _)| sku == "B").then_some(());
    wait_for("what is not confirmed", all).await;
    assert_eq!(shown(), [(json!("B"), json!(5))]);
    let body = json!({"lines": [{"sku": "A", "kind": "receive", "quantity": 1, "reason": "test"}]});
    certain(&mut client, "/v1/warehouses/BER/movements", "n", &body).await;
    wait_for("what changes then", async || shown().contains(&(json!("A"), json!(4))).then_some(())).await;
}

/// While the broker is away stock is sold as ever, and the lag is told; once it is there, everything is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_keeps_nobody_waiting() {
    let Some(mut server) = RabbitServer::start().await else { return };
    let url = server.url();
    let daemon = Daemon::start(&Store::Embedded.lines(), &broker(&url)).await;
    let consumer = Consumer::start(&url).await;
    server.keeps(&url, "erp").await;
    server.kill().await;
    let mut client = daemon.patient();
    for number in 0..200 {
        let body = json!({"lines": [{"sku": "A", "kind": "receive", "quantity": 1, "reason": "test"}]});
        let (status, told) =
            certain(&mut client, "/v1/warehouses/BER/movements", &format!("m-{number}"), &body).await;
        assert_eq!(status, 200, "{told}");
    }
    wait_for("the lag to be told", async || {
        let (entries, (_, ready)) =
            (metric(&mut client, "lagerd_relay_lag_entries").await, get(&mut client, "/readyz").await);
        let said = ready["warnings"].to_string();
        (entries > 0.5 && ready["status"] == "degraded" && said.contains("RabbitMQ")).then_some(())
    })
    .await;
    server.restart().await;
    let ids = history(&mut client, &["A"]).await;
    assert!(ids.len() >= 200, "{}", ids.len());
    consumer.has(&ids).await;
    wait_for("the lag to end", async || {
        let entries = metric(&mut client, "lagerd_relay_lag_entries").await;
        let (_, ready) = get(&mut client, "/readyz").await;
        (entries < 0.5 && ready["status"] == "ready").then_some(())
    })
    .await;
}
