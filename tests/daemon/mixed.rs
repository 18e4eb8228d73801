//! Everything at once: goods come in, carts are filled, changed, given back, promised and shipped, while the daemon is
//! killed, or while two daemons work on one store. In the end the store's figures are those the clients were told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fastrand::Rng;
use lagerd::client::{Client, ClientError, Method, Request, Reservation};
use tokio::task::JoinSet;

use crate::process::{Daemon, Store, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::{held, receive, wish};
use crate::wait::wait_for;

/// Two warehouses under one channel, and a channel that knows only the second.
pub(crate) const TWO: &str = r#"
[[warehouse]]
id = "BER"
[[warehouse]]
id = "VIE"
[[channel]]
id = "web"
warehouses = ["BER", "VIE"]
[[channel]]
id = "app"
warehouses = ["VIE"]
"#;

const SKUS: [&str; 6] = ["S0", "S1", "S2", "S3", "S4", "S5"];
const PLACES: [&str; 2] = ["BER", "VIE"];
const STEPS: usize = 20;

/// On hand, reserved, allocated per warehouse and SKU.
type Books = BTreeMap<(String, String), [i64; 3]>;

/// One client's story, and what it was told.
struct Worker {
    name: String,
    client: Client,
    random: Rng,
    books: Books,
    /// Reservations that are still open, with their state.
    open: Vec<(Reservation, &'static str)>,
    commands: usize,
}

impl Worker {
    fn new(name: String, client: Client, seed: u64) -> Self {
        let random = Rng::with_seed(seed);
        Self { name, client, random, books: Books::new(), open: Vec::new(), commands: 0 }
    }

    fn id(&mut self) -> String {
        self.commands += 1;
        format!("{}-{}", self.name, self.commands)
    }

    fn book(&mut self, told: &Reservation, [on_hand, reserved, allocated]: [i64; 3]) {
        for (place, sku, quantity) in held(told) {
            let level = self.books.entry((place, sku)).or_default();
            level[0] += on_hand * quantity;
            level[1] += reserved * quantity;
            level[2] += allocated * quantity;
        }
    }

    async fn step(&mut self) {
        if self.random.u8(..) < 100 {
            let place = PLACES[self.random.usize(..PLACES.len())];
            let sku = SKUS[self.random.usize(..SKUS.len())];
            let quantity = self.random.i64(1..6);
            let id = self.id();
            receive(&mut self.client, place, &id, &[(sku, quantity)]).await;
            self.books.entry((place.to_owned(), sku.to_owned())).or_default()[0] += quantity;
            return;
        }
        let channel = if self.random.u8(..) < 60 { "app" } else { "web" };
        let cart = if self.random.bool() { self.id() } else { String::new() };
        let Some(mut told) = self.reserve(channel, &cart).await else { return };
        self.book(&told, [0, 1, 0]);
        if !cart.is_empty()
            && let Some(amended) = self.reserve(channel, &cart).await
        {
            self.book(&told, [0, -1, 0]);
            self.book(&amended, [0, 1, 0]);
            told = amended;
        }
        self.go_on(told).await;
    }

    async fn reserve(&mut self, channel: &str, cart: &str) -> Option<Reservation> {
        let first = self.random.usize(..SKUS.len());
        let second = (first + self.random.usize(1..SKUS.len())) % SKUS.len();
        let mut lines = vec![(SKUS[first], self.random.i64(1..4))];
        if self.random.bool() {
            lines.push((SKUS[second], self.random.i64(1..4)));
        }
        let id = self.id();
        match self.client.reserve(&id, &wish(channel, cart, &lines)).await {
            Ok(told) => {
                assert_eq!(told.per_sku(), lines.into_iter().collect(), "{told:?}");
                Some(told)
            }
            Err(ClientError::Problem(refused)) if refused.code == "insufficient_stock" => None,
            Err(error) => panic!("{id}: {error}"),
        }
    }

    /// Leaves it held, gives it back, promises it, or promises and ships it.
    async fn go_on(&mut self, told: Reservation) {
        let (id, name) = (self.id(), told.reservation.clone());
        match self.random.u8(..4) {
            0 => self.open.push((told, "reserved")),
            1 => {
                let end = self.client.release(&name, &id).await.expect("release");
                assert_eq!(end.state, "released", "{end:?}");
                self.book(&told, [0, -1, 0]);
            }
            then => {
                let promised = self.client.allocate(&name, &id).await.expect("allocate");
                assert_eq!((promised.state.as_str(), held(&promised)), ("allocated", held(&told)));
                self.book(&told, [0, -1, 1]);
                if then == 2 {
                    self.open.push((told, "allocated"));
                    return;
                }
                self.ship_first_line(&promised).await;
                let id = self.id();
                let gone = self.client.ship(&name, &id).await.expect("ship");
                assert_eq!(gone.state, "shipped", "{gone:?}");
                self.book(&told, [-1, 0, -1]);
            }
        }
    }
}

impl Worker {
    /// Ships most of the first line's units, wherever they lie, and compares what is left with what was asked.
    async fn ship_first_line(&mut self, promised: &Reservation) {
        let all = promised.per_sku();
        let Some((sku, quantity)) = all.into_iter().map(|(sku, units)| (sku, units - 1)).next() else {
            return;
        };
        if quantity < 1 {
            return;
        }
        let path = format!("/v1/reservations/{}/ship", promised.reservation);
        let (id, body) = (self.id(), format!(r#"{{"lines":[{{"sku":"{sku}","quantity":{quantity}}}]}}"#));
        let request =
            Request { method: Method::Post, path: &path, id: Some(&id), body: Some(body.as_bytes()) };
        let told = outcome(&mut self.client, &request).await;
        let mut left = promised.per_sku();
        left.insert(sku, 1);
        assert_eq!(told.per_sku(), left, "after {quantity} of {sku} left {promised:?}");
    }
}

/// A daemon that is killed leaves a command's outcome unknown: the same id tells it, once it is back.
async fn outcome(client: &mut Client, request: &Request<'_>) -> Reservation {
    let asking = async {
        loop {
            match client.connection().send(request).await {
                Ok(200) => {
                    return serde_json::from_slice(client.connection().body()).expect("a reservation");
                }
                Ok(429 | 503) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(status) => {
                    panic!("{status} {}", String::from_utf8_lossy(client.connection().body()));
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("an outcome")
}

/// Workers under way.
pub(crate) struct Load {
    workers: JoinSet<Worker>,
    steps: Arc<AtomicUsize>,
    all: usize,
}

impl Load {
    /// Sends `many` workers to these daemons, one after the other.
    pub(crate) fn start(daemons: &[&Daemon], many: usize) -> Self {
        let mut load = Self { workers: JoinSet::new(), steps: Arc::default(), all: many * STEPS };
        for number in 0..many {
            let client = daemons[number % daemons.len()].patient();
            let seed = u64::try_from(number).expect("small");
            let mut worker = Worker::new(format!("worker-{number}"), client, seed);
            let steps = load.steps.clone();
            load.workers.spawn(async move {
                for _ in 0..STEPS {
                    worker.step().await;
                    steps.fetch_add(1, Ordering::Relaxed);
                }
                worker
            });
        }
        load
    }

    /// Waits until this part of the work is done.
    pub(crate) async fn done(&self, tenths: usize) {
        wait_for("the load to go on", async || {
            (self.steps.load(Ordering::Relaxed) * 10 >= self.all * tenths).then_some(())
        })
        .await;
    }

    /// Lets the workers finish, and compares what they were told with what the daemon has.
    pub(crate) async fn agrees_with(self, daemon: &mut Daemon, restart: bool) {
        let workers = self.workers.join_all().await;
        if restart {
            daemon.stop().await;
            daemon.again().await;
        }
        let mut books = Books::new();
        for worker in &workers {
            for (key, told) in &worker.books {
                let level = books.entry(key.clone()).or_default();
                level.iter_mut().zip(told).for_each(|(sum, figure)| *sum += figure);
            }
        }
        let mut client = daemon.client();
        let mut found = Books::new();
        for sku in SKUS {
            for level in client.stock(sku).await.expect("stock").levels {
                let figures = [level.on_hand, level.reserved, level.allocated];
                found.insert((level.warehouse, sku.to_owned()), figures);
            }
        }
        assert_eq!(found, books, "what is there, and what was told");
        for (told, state) in workers.iter().flat_map(|worker| &worker.open) {
            let read = client.reservation(&told.reservation).await.expect("an open reservation");
            assert_eq!((read.state.as_str(), held(&read)), (*state, held(told)));
        }
    }
}

async fn killed_twice(store: Store) {
    let mut daemon = Daemon::start(&store.lines(), TWO).await;
    let load = Load::start(&[&daemon], 48);
    for tenths in [3, 6] {
        load.done(tenths).await;
        daemon.kill().await;
        daemon.again().await;
    }
    load.agrees_with(&mut daemon, false).await;
    daemon.audit().await;
}

/// Killed twice under mixed load, the daemon has exactly what its clients were told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_killed() {
    killed_twice(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis_killed() {
    let Some(store) = Store::redis().await else { return };
    killed_twice(store).await;
}

/// Redis dies under mixed load, and later comes back without its newest entries: the daemon goes on by itself, writes
/// again what was lost, and has exactly what its clients were told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_and_set_back() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), TWO).await;
    let load = Load::start(&[&daemon], 48);
    load.done(2).await;
    server.kill().await;
    server.restart().await;
    load.done(4).await;
    let copy = std::fs::read(server.append_file()).expect("the append-only file");
    load.done(6).await;
    server.kill().await;
    std::fs::write(server.append_file(), copy).expect("write the append-only file");
    server.restart().await;
    load.agrees_with(&mut daemon, true).await;
    daemon.audit().await;
}
