//! Telling a journal to a real RabbitMQ, against a bare client that publishes the same messages.
//!
//! `LAGERD_BENCH_AMQP_URL=amqp://guest:guest@127.0.0.1:5672/%2f cargo bench --bench relay` takes turns: the relay reads a
//! journal in memory and tells single facts, one message each, confirmed, its cursor moved after; the bare client sends
//! messages of the same bytes to the same exchange, confirmed, with the same window. Without the address it says so and
//! measures nothing. What it sends ends in `lagerd.unrouted`, unless somebody has bound a queue.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench: its failures are loud, its figures are printed"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use lagerd::config::{Secret, Settings};
use lagerd::domain::fact::{Fact, FactKind, FactLine};
use lagerd::domain::ids::{CommandId, Sku};
use lagerd::domain::level::Level;
use lagerd::domain::machine::Cause;
use lagerd::domain::time::{Clock, Timestamp};
use lagerd::domain::warehouse::Warehouse;
use lagerd::edge::amqp::{Link, Publisher};
use lagerd::edge::door::Door;
use lagerd::feed::relay::Relay;
use lagerd::journal::memory::MemoryJournal;
use lagerd::journal::record::{Entry, changes_of};
use lagerd::journal::{Batch, Head, Journal, JournalId, JournalKind};
use lagerd::runtime::SystemClock;
use lagerd::telemetry::Metrics;
use lapin::options::{BasicConsumeOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const FACTS: u64 = 30_000;
const ROUNDS: usize = 5;

fn main() {
    let Ok(url) = std::env::var("LAGERD_BENCH_AMQP_URL") else {
        println!("LAGERD_BENCH_AMQP_URL is not set: nothing was measured");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&url));
}

async fn measure(url: &str) {
    let mut settings = Settings::default();
    settings.amqp.url = Some(Secret::new(url));
    let window = usize::try_from(settings.amqp.window).unwrap();
    let door = Door::new(Arc::new(settings.clone()), Arc::new(Metrics::new()));
    let publisher = Publisher::new(door);
    let link = Link::new("bench", settings.amqp);
    let stopping = CancellationToken::new();
    let work = publisher.clone();
    tokio::spawn(
        link.keep(stopping.clone(), Box::new(move |connection| work.clone().publish_on(connection).boxed())),
    );
    publisher.connected().await;
    let sample = sample(url, &publisher).await;
    println!("{FACTS} facts a turn, {} bytes each, window {window}", sample.0.len());
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let relayed = relay(&publisher).await;
        let bare = bare(url, &sample, window).await;
        let each = |took: Duration| FACTS as f64 / took.as_secs_f64();
        let ratio = bare.as_secs_f64() / relayed.as_secs_f64();
        println!("relay {:>7.0}/s   bare {:>7.0}/s   ratio {ratio:.2}", each(relayed), each(bare));
        ratios.push(ratio);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.2}", ratios.get(ROUNDS / 2).unwrap());
    stopping.cancel();
}

/// One message as the relay sends it.
async fn sample(url: &str, publisher: &Arc<Publisher>) -> (Vec<u8>, BasicProperties) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare("".into(), own, FieldTable::default()).await.unwrap();
    let name = queue.name().clone();
    let none = FieldTable::default;
    channel
        .queue_bind(name.clone(), "lagerd.events".into(), "stock.BER.#".into(), Default::default(), none())
        .await
        .unwrap();
    let consumer = channel.basic_consume(name, "".into(), BasicConsumeOptions::default(), none());
    let mut consumer = consumer.await.unwrap();
    let journal = written(1).await;
    tell(publisher, journal, 1).await;
    let delivery = futures_util::StreamExt::next(&mut consumer).await.unwrap().unwrap();
    (delivery.data, delivery.properties)
}

async fn written(facts: u64) -> Arc<dyn Journal> {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::new(changes_of, 1));
    let id = ber();
    let mut head = Head::GENESIS;
    for version in 1..=facts {
        let level = Level { on_hand: 10, ..Level::default() };
        let line = FactLine {
            sku: Sku::parse(&format!("SKU-{version:08}")).unwrap(),
            change: 10,
            after: level,
            previous: 0,
        };
        // Without a `ref`, so that no document goes beside it: one fact, one message.
        let fact = Fact::new(FactKind::Received).lines(vec![line]);
        let cause = Cause {
            id: CommandId::stored(&format!("01a211f5-46ae-7218-91c8-{version:012}")),
            actor: None,
            trace: None,
        };
        let at = Timestamp::from_millis(1_763_892_000_000);
        let entry =
            Entry::<Warehouse> { at, causes: vec![cause], facts: vec![(Some(0), fact)], rows: Vec::new() };
        let next = Head { version, nonce: version };
        let batch = Batch { expected: head, head: next, entry: entry.encode(), changes: Vec::new() };
        journal.commit(&id, Arc::new(batch)).await.unwrap();
        head = next;
    }
    journal
}

fn ber() -> JournalId {
    JournalId::new(JournalKind::Warehouse, "BER")
}

async fn relay(publisher: &Arc<Publisher>) -> Duration {
    let journal = written(FACTS).await;
    let begun = Instant::now();
    tell(publisher, journal, FACTS).await;
    begun.elapsed()
}

async fn tell(publisher: &Arc<Publisher>, journal: Arc<dyn Journal>, facts: u64) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let relay = Relay::new(journal, publisher.clone(), clock);
    relay.note(&ber(), Head { version: facts, nonce: facts });
    let stopping = CancellationToken::new();
    let task = tokio::spawn(relay.clone().run(stopping.clone()));
    while relay.lag().entries > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stopping.cancel();
    task.await.unwrap().unwrap();
}

async fn bare(url: &str, (body, properties): &(Vec<u8>, BasicProperties), window: usize) -> Duration {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let begun = Instant::now();
    let mut unconfirmed = VecDeque::with_capacity(window);
    for _ in 0..FACTS {
        if unconfirmed.len() >= window {
            let oldest: lapin::PublisherConfirm = unconfirmed.pop_front().unwrap();
            assert!(oldest.await.unwrap().is_ack());
        }
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let key = "stock.BER.stock_received".into();
        let sent = channel.basic_publish("lagerd.events".into(), key, options, body, properties.clone());
        unconfirmed.push_back(sent.await.unwrap());
    }
    for confirm in unconfirmed {
        assert!(confirm.await.unwrap().is_ack());
    }
    begun.elapsed()
}
