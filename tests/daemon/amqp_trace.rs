//! A trace goes through the house: from a command at any door to every message about what it caused, however much later
//! that is told.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::StreamExt;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Connection, ConnectionProperties, Consumer};
use serde_json::json;

use crate::amqp_talk::{Correspondent, broker, header};
use crate::feed_raw::Raw;
use crate::odd::raw;
use crate::orders_words::{MERCHANT, Story, order};
use crate::process::{Daemon, Store};
use crate::rabbit_server::shared;

/// Contexts that are right, and whatever must count as not sent.
const TRACES: [&str; 4] = [
    "00-11111111111111111111111111111111-0000000000000001-01",
    "00-22222222222222222222222222222222-0000000000000002-00",
    "00-33333333333333333333333333333333-0000000000000003-03",
    "00-44444444444444444444444444444444-0000000000000004-01",
];
const WRONG: &str = "01-55555555555555555555555555555555-0000000000000005-01";

/// What was heard: by the event's id, its key with the command that caused it, and whose trace it belongs to.
type Heard = BTreeMap<String, (String, Option<String>)>;

/// A queue that hears everything, of one connection.
struct Listener {
    _connection: Connection,
    queue: String,
    consumer: Consumer,
}

impl Listener {
    async fn begin(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("a broker");
        let channel = connection.create_channel().await.expect("a channel");
        let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue =
            channel.queue_declare("".into(), exclusive, FieldTable::default()).await.expect("a queue");
        let name = queue.name().clone();
        let bound = QueueBindOptions::default();
        let all = channel.queue_bind(
            name.clone(),
            "lagerd.events".into(),
            "#".into(),
            bound,
            FieldTable::default(),
        );
        all.await.expect("a binding");
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let consumer = channel.basic_consume(name.clone(), "".into(), no_ack, FieldTable::default()).await;
        Self { _connection: connection, queue: name.to_string(), consumer: consumer.expect("a consumer") }
    }

    /// Hears what commands caused until that is enough.
    async fn until(&mut self, done: impl Fn(&Heard) -> bool) -> Heard {
        let mut heard = Heard::new();
        while !done(&heard) {
            let next = tokio::time::timeout(std::time::Duration::from_secs(60), self.consumer.next()).await;
            let delivery = next.unwrap_or_else(|_| panic!("no more came than {heard:?}"));
            let delivery = delivery.expect("a message").expect("a message");
            let headers = delivery.properties.headers().clone().expect("headers");
            let trace = header(&headers, "traceparent");
            assert_eq!(header(&headers, "cloudEvents_traceparent"), trace, "both say the same");
            let Some(cause) = header(&headers, "cloudEvents_causation") else {
                assert_eq!(trace, None, "nothing caused it");
                continue;
            };
            let id = header(&headers, "cloudEvents_id").expect("an id");
            let told = format!("{} {cause}", delivery.routing_key);
            heard.insert(id, (told, trace));
        }
        heard
    }
}

/// The routing keys that were heard with a trace.
fn keys<'a>(heard: &'a Heard, trace: Option<&str>) -> BTreeSet<&'a str> {
    let of = heard.values().filter(|(_, found)| found.as_deref() == trace);
    of.filter_map(|(told, _)| told.split(' ').next()).collect()
}

/// An HTTP request with these further header lines.
async fn posted(daemon: &Daemon, path: &str, id: &str, lines: &str, body: &serde_json::Value) {
    let body = body.to_string();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {id}\r\n{lines}Content-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(daemon, request.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}

/// Three doors, three traces; an order's goes with it to its warehouses and into its documents. What is no context counts
/// as none. After a kill (-9) all of it is told again as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_goes_through_the_house() {
    let Some(url) = shared().await else { return };
    let config = format!("{}holds = true\n{MERCHANT}", broker(&url));
    let mut story = Story::on(&Store::Embedded, &config).await;
    let other = Correspondent::begin(&url).await;
    let mut listener = Listener::begin(&url).await;
    let receipt = |sku: &str| json!({"lines": [{"sku": sku, "kind": "receive", "quantity": 2}]});
    // Over the broker, over a socket, and twice over HTTP, with what is no context.
    let mut headers = FieldTable::default();
    headers.insert("traceparent".into(), AMQPValue::LongString(TRACES[1].into()));
    let properties = BasicProperties::default().with_message_id("by-broker".into()).with_headers(headers);
    other
        .publish(json!({"movements": receipt("A"), "warehouse": "BER"}).to_string().as_bytes(), properties)
        .await;
    let mut socket = Raw::open(&story.daemon).await;
    let said =
        json!({"id": "by-socket", "movements": receipt("B"), "warehouse": "HAM", "traceparent": TRACES[2]});
    socket.say(&said.to_string()).await;
    assert_eq!(socket.json().await["ok"]["applied"], 1);
    let wrong = format!("traceparent: {WRONG}\r\n");
    posted(&story.daemon, "/v1/warehouses/BER/movements", "by-nobody", &wrong, &receipt("C")).await;
    let twice = format!("traceparent: {}\r\ntraceparent: {}\r\n", TRACES[3], TRACES[3]);
    posted(&story.daemon, "/v1/warehouses/BER/movements", "by-two", &twice, &receipt("C")).await;
    let received = listener
        .until(|heard| heard.values().filter(|(told, _)| told.contains("stock_received")).count() == 4)
        .await;
    let of = |cause: &str| {
        let found = received.values().find(|(told, _)| told.ends_with(&format!("stock_received {cause}/0")));
        found.unwrap_or_else(|| panic!("{cause}: {received:?}")).1.clone()
    };
    assert_eq!(of("by-broker").as_deref(), Some(TRACES[1]));
    assert_eq!(of("by-socket").as_deref(), Some(TRACES[2]));
    assert_eq!((of("by-nobody"), of("by-two")), (None, None));
    // An order over two warehouses.
    let once = format!("traceparent: {}\r\n", TRACES[0]);
    posted(&story.daemon, "/v1/orders", "order", &once, &order("web", "o-1", &[("A", 2), ("B", 2)])).await;
    let placed = listener.until(|heard| {
        let heard = keys(heard, Some(TRACES[0]));
        [
            "stock.BER.stock_allocated",
            "stock.HAM.stock_allocated",
            "order.web.order_accepted",
            "document.pick_list",
        ]
        .iter()
        .all(|key| heard.contains(key))
    });
    let placed = placed.await;
    let of_order = keys(&placed, Some(TRACES[0]));
    assert!(of_order.contains("reservation.web.stock_reserved"), "{of_order:?}");
    // What the receipts caused may still be told; of the order nothing is without its trace.
    let untraced = placed.values().filter(|(told, trace)| trace.is_none() && !told.contains(" by-"));
    assert_eq!(untraced.count(), 0, "{placed:?}");
    // A step of it later is another trace, or none.
    let stands = story.order("web", "o-1").await;
    story.step(&stands, 0, "ship", &json!({})).await;
    let shipped =
        listener.until(|heard| heard.values().any(|(told, _)| told.contains("stock_shipped"))).await;
    let mut left = shipped.values().filter(|(told, _)| told.contains("shipped"));
    assert!(left.all(|(_, trace)| trace.is_none()), "{shipped:?}");
    // All of it once more, out of the store alone.
    let first: Heard = [received, placed].into_iter().flatten().collect();
    told_again(&mut story, &url, &first).await;
    story.end().await;
}

/// After a kill (-9) everything of before is told once more as it was, out of the store alone.
async fn told_again(story: &mut Story, url: &str, first: &Heard) {
    story.daemon.kill().await;
    story.daemon.again().await;
    let mut again = Listener::begin(url).await;
    // Whoever hears something new knows that the daemon has found the broker again.
    story.stock("BER", &[("D", 1)]).await;
    again.until(|heard| keys(heard, None).contains("stock.BER.stock_received")).await;
    let daemon = story.daemon.url();
    let words = ["replay", "--queue", &again.queue, "--since", "2026-01-01T00:00:00Z", "--url", &daemon];
    let (code, said) = story.daemon.run(&words).await;
    assert_eq!(code, Some(0), "{said}");
    let known: BTreeSet<_> = first.keys().cloned().collect();
    let told = again.until(|heard| known.iter().all(|id| heard.contains_key(id))).await;
    for (id, (caused, trace)) in first {
        let (again, same) = &told[id];
        assert_eq!((again.split(' ').nth(1), same), (caused.split(' ').nth(1), trace), "{id}");
    }
}
