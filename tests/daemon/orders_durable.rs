//! Stories of daemons and stores that die, hang and go away while orders come in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lagerd::client::Client;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::orders_words::{MERCHANT, Story, certain, counters, order, say, with};
use crate::process::{Daemon, Store, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::get;
use crate::wait::wait_for;

const WORKERS: usize = 24;
const ORDERS: usize = 10;
const SKUS: [&str; 3] = ["A", "B", "C"];

/// One order, and what its sender was told.
struct Told {
    id: String,
    body: Value,
    status: u16,
    answer: Value,
    cancelled: bool,
}

impl Told {
    fn path(&self) -> String {
        let text = |name: &str| self.body[name].as_str().expect("text").to_owned();
        format!("/v1/orders/{}?channel={}", text("order"), text("channel"))
    }
}

/// Senders under way.
struct Burst {
    workers: JoinSet<Vec<Told>>,
    answers: Arc<AtomicUsize>,
}

impl Burst {
    /// Sends orders of every kind: plain ones, split ones, refused ones, told ones, ones that wait, ones that are cancelled.
    fn start(daemon: &Daemon) -> Self {
        let (mut workers, answers) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        for worker in 0..WORKERS {
            let (client, answers) = (daemon.client(), answers.clone());
            workers.spawn(async move { send(client, worker, &answers).await });
        }
        Self { workers, answers }
    }

    /// Waits until this part of the orders was answered.
    async fn answered(&self, tenths: usize) {
        wait_for("the orders to go on", async || {
            (self.answers.load(Ordering::Relaxed) * 10 >= WORKERS * ORDERS * tenths).then_some(())
        })
        .await;
    }
}

async fn send(mut client: Client, worker: usize, answers: &AtomicUsize) -> Vec<Told> {
    let mut random = fastrand::Rng::with_seed(u64::try_from(worker).expect("small"));
    let mut told = Vec::new();
    for number in 0..ORDERS {
        let channel = ["web", "app", "pre", "ebay", "web"][random.usize(..5)];
        let first = random.usize(..SKUS.len());
        let mut lines = vec![(SKUS[first], random.i64(1..4))];
        if random.bool() {
            lines.push((SKUS[(first + 1) % SKUS.len()], random.i64(1..3)));
        }
        let (id, name) = (format!("p-{worker}-{number}"), format!("o-{worker}-{number}"));
        let body = with(order(channel, &name, &lines), json!({"revision": 1}));
        let (status, answer) = certain(&mut client, "/v1/orders", &id, &body).await;
        let mut one = Told { id, body, status, answer, cancelled: false };
        if status == 201 && random.u8(..) < 60 {
            let path = format!("/v1/orders/{name}/cancel?channel={channel}");
            let (status, answer) =
                certain(&mut client, &path, &format!("x-{worker}-{number}"), &json!({})).await;
            assert_eq!((status, &answer["state"]), (200, &json!("cancelled")), "{answer}");
            one.cancelled = true;
        }
        told.push(one);
        answers.fetch_add(1, Ordering::Relaxed);
    }
    told
}

/// Puts in less than will be asked for, in two places.
async fn opening(story: &mut Story) {
    story.stock("BER", &[("A", 90), ("B", 40), ("C", 5)]).await;
    story.stock("HAM", &[("A", 60), ("B", 60)]).await;
}

/// What was told stands: every order taken in is there once, every one refused stays refused, and asked again under its
/// id each is answered as before.
async fn all_stands(story: &mut Story, told: &[Told]) {
    assert_eq!(told.len(), WORKERS * ORDERS);
    let count = |status: u16| told.iter().filter(|one| one.status == status).count();
    assert!(
        count(201) > 50 && count(409) > 0 && count(201) + count(409) == told.len(),
        "every kind is there"
    );
    for one in told {
        let again = say(&mut story.client, "/v1/orders", &one.id, &one.body).await;
        assert_eq!(again.0, one.status, "{} {}", one.id, again.1);
        if one.status == 409 {
            assert_eq!(again.1["lines"], one.answer["lines"], "{}", one.id);
            assert_eq!(get(&mut story.client, &one.path()).await.0, 404, "{}", one.id);
            continue;
        }
        let (status, found) = get(&mut story.client, &one.path()).await;
        assert_eq!((status, &found["id"], &again.1["id"]), (200, &one.answer["id"], &one.answer["id"]));
        let lines = found["lines"].as_array().expect("lines").len();
        for line in 0..lines {
            assert_eq!(found["lines"][line]["ordered"], one.answer["lines"][line]["ordered"], "{found}");
            let [unrouted, backordered, allocated, shipped, cancelled] = counters(&found, line);
            assert_eq!(shipped, 0);
            if one.cancelled {
                assert_eq!((unrouted, backordered, allocated), (0, 0, 0), "{found}");
            } else {
                assert_eq!(cancelled, 0, "{found}");
            }
        }
    }
}

/// Units of open orders per SKU: those waiting, those promised.
async fn promised(client: &mut Client) -> BTreeMap<String, [i64; 3]> {
    let mut sums: BTreeMap<String, [i64; 3]> = BTreeMap::new();
    let mut path = "/v1/orders?limit=500".to_owned();
    loop {
        let (status, page) = get(client, &path).await;
        assert_eq!(status, 200, "{page}");
        for order in page["orders"].as_array().expect("orders") {
            for (at, line) in order["lines"].as_array().expect("lines").iter().enumerate() {
                let sum = sums.entry(line["sku"].as_str().expect("a SKU").to_owned()).or_default();
                for (sum, units) in sum.iter_mut().zip(counters(order, at)) {
                    *sum += units;
                }
            }
        }
        let Some(next) = page["next"].as_str() else { return sums };
        path = format!("/v1/orders?limit=500&after={next}");
    }
}

/// No hold is left without its order and no order without its goods: what warehouses have promised is what open orders
/// count, nothing is held on the way, nobody is looked for any more, and no unit was sold twice.
async fn nothing_is_orphaned(story: &mut Story) {
    let client = &mut story.client;
    wait_for("promises to be what orders count", async || {
        let orders = promised(client).await;
        for sku in SKUS {
            let [unrouted, waiting, allocated] = orders.get(sku).copied().unwrap_or_default();
            let (_, stock) = get(client, &format!("/v1/stock/{sku}")).await;
            let sum = |name: &str| -> i64 {
                let levels = stock["levels"].as_array().into_iter().flatten();
                levels.filter_map(|level| level[name].as_i64()).sum()
            };
            let right = (0, waiting, 0, allocated);
            if (unrouted, sum("waiting"), sum("reserved"), sum("allocated")) != right {
                return None;
            }
            assert!(allocated <= sum("on_hand"), "{sku} was oversold: {stock}");
        }
        Some(())
    })
    .await;
}

async fn killed_in_a_burst(store: Store) {
    let mut story = Story::on(&store, MERCHANT).await;
    opening(&mut story).await;
    let burst = Burst::start(&story.daemon);
    for tenths in [2, 4, 7] {
        burst.answered(tenths).await;
        story.daemon.kill().await;
        story.daemon.again().await;
    }
    let told = burst.workers.join_all().await.into_iter().flatten().collect::<Vec<_>>();
    nothing_is_orphaned(&mut story).await;
    all_stands(&mut story, &told).await;
    nothing_is_orphaned(&mut story).await;
    story.daemon.stop().await;
    story.daemon.again().await;
    all_stands(&mut story, &told).await;
    story.end().await;
}

/// Killed three times in the middle of a burst of orders, the daemon has every order it acknowledged, answers as before,
/// and has no hold that belongs to nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_burst() {
    killed_in_a_burst(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_a_burst_on_redis() {
    let Some(store) = Store::redis().await else { return };
    killed_in_a_burst(store).await;
}

/// Redis hangs, and later dies, while orders come in: answers are bounded and say when to come back, and once it is back
/// every order goes on where it stood, by itself or when it is asked for again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn store_goes_away_and_comes_back() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let config = MERCHANT.replacen("[limits]", "[limits]\ncommand_timeout_ms = 500", 1);
    let daemon = Daemon::start(&redis_lines(&server), &config).await;
    let mut story = Story::of(daemon);
    opening(&mut story).await;
    let burst = Burst::start(&story.daemon);
    let mut impatient = story.daemon.client();
    for (tenths, hang) in [(2, true), (5, false)] {
        burst.answered(tenths).await;
        if hang {
            server.stall(true);
        } else {
            server.kill().await;
        }
        let body = order("web", &format!("away-{hang}"), &[("A", 1)]);
        let id = format!("away-{hang}");
        wait_for("the daemon to notice", async || {
            (get(&mut impatient, "/readyz").await.0 == 503).then_some(())
        })
        .await;
        let asked = tokio::time::Instant::now();
        let (status, told) = say(&mut impatient, "/v1/orders", &id, &body).await;
        assert!(status == 503 && asked.elapsed().as_secs() < 10, "{status} {told}");
        assert!(impatient.connection().retry_after_s().is_some(), "{told}");
        if hang {
            server.stall(false);
        } else {
            server.restart().await;
        }
        story.daemon.ready().await;
        let (status, told) = certain(&mut impatient, "/v1/orders", &id, &body).await;
        assert!(matches!(status, 201 | 409), "{told}");
        let again = say(&mut impatient, "/v1/orders", &id, &body).await;
        assert_eq!((again.0, &again.1["id"]), (status, &told["id"]));
    }
    let told = burst.workers.join_all().await.into_iter().flatten().collect::<Vec<_>>();
    nothing_is_orphaned(&mut story).await;
    all_stands(&mut story, &told).await;
    story.daemon.kill().await;
    story.daemon.again().await;
    all_stands(&mut story, &told).await;
    nothing_is_orphaned(&mut story).await;
    story.end().await;
}
