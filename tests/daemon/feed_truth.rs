//! Whatever changes, and whoever comes, goes, dozes or was away: in the end every reader of the feed has the truth.

use std::time::Duration;

use fastrand::Rng;
use lagerd::client::feed::{
    Applied, AskError, Event, Feed, FeedCommands, FeedConnection, Figures, Incoming, Verb,
};
use lagerd::client::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::feed_readers::{Follower, Visitor, Wish};
use crate::process::{Daemon, ONE, Store, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::{ask, receive};

const PLACES: &str = r#"
[feed]
checksum_interval_s = 1
write_timeout_s = 60
[limits]
restart_grace_s = 0
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
buffer = 1
low_at = 5
[[channel]]
id = "fair"
warehouses = ["BER"]
display_cap = 6
"#;

const CHANNELS: [&str; 3] = ["web", "app", "fair"];
const WAREHOUSES: [&str; 2] = ["BER", "VIE"];
const TOPICS: [&str; 5] = ["channel:web", "channel:app", "channel:fair", "warehouse:BER", "warehouse:VIE"];
const SKUS: usize = 60;
const CHANGERS: u64 = 4;
const STEPS: usize = 120;
/// How long anything may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(30);

fn sku(number: usize) -> String {
    format!("S{number}")
}

fn skus() -> Vec<String> {
    (0..SKUS).map(sku).collect()
}

/// Somebody who changes everything there is to change, over the feed as well.
struct Changer {
    name: String,
    commands: FeedCommands,
    random: Rng,
    /// Reservations that may still be open.
    open: Vec<String>,
    count: usize,
}

impl Changer {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.random.usize(..from.len())]
    }

    fn sku(&mut self) -> String {
        sku(self.random.usize(..SKUS))
    }

    /// Asks until it is decided; false where it was decided against.
    async fn ask(&mut self, verb: Verb<'_>, body: &Value) -> Option<String> {
        self.count += 1;
        let id = format!("{}-{}", self.name, self.count);
        match self.commands.ask(verb, &id, body).await {
            Ok(_) => Some(id),
            Err(AskError::Refused(problem)) if ![400, 422].contains(&problem.status) => None,
            Err(error) => panic!("{verb:?} {body}: {error}"),
        }
    }

    async fn step(&mut self) {
        match self.random.u8(..10) {
            0..3 => self.moves().await,
            3..6 => self.reserves().await,
            6 | 7 => self.goes_on().await,
            8 => self.counts().await,
            _ => self.sets().await,
        }
    }

    async fn moves(&mut self) {
        let lines: Vec<Value> = (0..self.random.usize(1..8))
            .map(|_| {
                let kind = self.pick(&["receive", "receive", "receive", "damage", "scrap"]);
                json!({"sku": self.sku(), "kind": kind, "quantity": self.random.i64(1..9)})
            })
            .collect();
        let warehouse = self.pick(&WAREHOUSES);
        self.ask(Verb::Movements(warehouse), &json!({"lines": lines})).await;
    }

    async fn reserves(&mut self) {
        let lines: Vec<Value> = (0..self.random.usize(1..3))
            .map(|_| json!({"sku": self.sku(), "quantity": self.random.i64(1..4)}))
            .collect();
        let ttl_s = if self.random.u8(..8) == 0 { 1 } else { 600 };
        let body = json!({"channel": self.pick(&CHANNELS), "lines": lines, "ttl_s": ttl_s});
        let id = self.ask(Verb::Reserve, &body).await;
        self.open.extend(id);
    }

    async fn goes_on(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let at = self.random.usize(..self.open.len());
        let id = self.open[at].clone();
        match self.random.u8(..4) {
            0 => drop(self.ask(Verb::Extend(&id), &json!({"ttl_s": 900})).await),
            1 => drop(self.ask(Verb::Allocate(&id), &json!({})).await),
            2 => {
                self.open.swap_remove(at);
                self.ask(Verb::Release(&id), &json!({})).await;
            }
            _ => {
                self.open.swap_remove(at);
                self.ask(Verb::Allocate(&id), &json!({})).await;
                self.ask(Verb::Ship(&id), &json!({})).await;
            }
        }
    }

    async fn counts(&mut self) {
        let as_of = jiff::Timestamp::now().to_string();
        let lines = json!([{"sku": self.sku(), "on_hand": self.random.i64(-2..30)}]);
        let warehouse = self.pick(&WAREHOUSES);
        let body = json!({"source": "erp", "as_of": as_of, "lines": lines});
        self.ask(Verb::Counts(warehouse), &body).await;
    }

    async fn sets(&mut self) {
        let sku = self.sku();
        let units = self.random.i64(0..6);
        if self.random.bool() {
            let fence = json!({"channel": self.pick(&CHANNELS), "quantity": self.random.i64(0..4)});
            let fences = if self.random.bool() { json!([fence]) } else { json!([]) };
            let warehouse = self.pick(&WAREHOUSES);
            let body = json!({"lines": [{"sku": sku, "safety_stock": units, "fences": fences}]});
            self.ask(Verb::StockPolicies(warehouse), &body).await;
        } else {
            let line = match self.random.u8(..4) {
                0 => json!({"sku": sku, "buffer": units}),
                1 => json!({"sku": sku, "cap": units}),
                2 => json!({"sku": sku, "low_at": units}),
                _ => json!({"sku": sku, "buffer": null, "cap": null, "low_at": null}),
            };
            let channel = self.pick(&CHANNELS);
            self.ask(Verb::ChannelPolicies(channel), &json!({"lines": [line]})).await;
        }
    }
}

/// What is under way: those who change, and how far they are.
struct Storm {
    changers: JoinSet<()>,
    steps: watch::Sender<usize>,
}

impl Storm {
    fn start(daemon: &Daemon, random: &mut Rng) -> Self {
        let mut storm = Self { changers: JoinSet::new(), steps: watch::Sender::new(0) };
        for number in 0..CHANGERS {
            let mut feed = Feed::new(daemon.target(), Duration::from_secs(5));
            let (commands, random, steps) = (feed.commands(), random.fork(), storm.steps.clone());
            let mut changer =
                Changer { name: format!("c-{number}"), commands, random, open: Vec::new(), count: 0 };
            storm.changers.spawn(async move {
                let driving = async {
                    loop {
                        let event = feed.next_event().await.expect("a feed that comes back");
                        assert!(matches!(event, Event::Connected | Event::Away { .. }), "{event:?}");
                    }
                };
                let changing = async {
                    for _ in 0..STEPS {
                        changer.step().await;
                        steps.send_modify(|made| *made += 1);
                    }
                };
                tokio::select! {
                    () = changing => {}
                    () = driving => {}
                }
            });
        }
        storm
    }

    /// Waits until so many tenths of the changes are done.
    async fn done(&self, tenths: usize) {
        let all = usize::try_from(CHANGERS).expect("few") * STEPS;
        let mut steps = self.steps.subscribe();
        let going_on = steps.wait_for(|made| made * 10 >= all * tenths);
        let gone_on = tokio::time::timeout(WITHIN, going_on).await;
        gone_on
            .unwrap_or_else(|_| panic!("no change after {} of {all}", *self.steps.borrow()))
            .expect("changers");
    }
}

/// Readers of every kind under way.
struct Audience {
    stop: CancellationToken,
    followers: JoinSet<Follower>,
    visitors: JoinSet<Visitor>,
}

impl Audience {
    fn gather(daemon: &Daemon, random: &mut Rng, steps: &watch::Sender<usize>) -> Self {
        let stop = CancellationToken::new();
        let (mut followers, mut visitors) = (JoinSet::new(), JoinSet::new());
        let everything: Vec<Wish> = TOPICS.iter().map(|topic| (*topic, Vec::new())).collect();
        let mut some = || -> Vec<String> { (0..20).map(|_| sku(random.usize(..SKUS + 5))).collect() };
        let choices: Vec<Wish> = TOPICS.iter().map(|topic| (*topic, some())).collect();
        for wishes in [&everything, &choices, &everything] {
            followers.spawn(Follower::new(daemon.target(), wishes).follow(stop.clone()));
        }
        for wish in everything.iter().chain(&choices) {
            let visitor = || Visitor::new(daemon.target(), daemon.port(), wish.clone());
            visitors.spawn(visitor().come_and_go(stop.clone(), random.fork()));
            visitors.spawn(visitor().doze(stop.clone(), steps.subscribe(), 40));
        }
        Self { stop, followers, visitors }
    }

    /// Lets everybody read on until all have the truth.
    async fn settle(self, daemon: &Daemon) {
        self.stop.cancel();
        let (mut client, all) = (daemon.client(), skus());
        let mut resumed = 0;
        for mut follower in self.followers.join_all().await {
            follower.settle(&mut client, &all).await;
        }
        for mut visitor in self.visitors.join_all().await {
            visitor.settle(&mut client, &all).await;
            resumed += visitor.resumed;
        }
        assert!(resumed > 20, "{resumed} conversations went on where one before had ended");
    }
}

fn seeded() -> Rng {
    let seed = std::env::var("LAGERD_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("seed {seed}");
    Rng::with_seed(seed)
}

/// Everything changes at random while readers of every kind read, and the daemon is killed in the middle.
async fn killed(store: Store) {
    let mut random = seeded();
    let mut daemon = Daemon::start(&store.lines(), PLACES).await;
    let storm = Storm::start(&daemon, &mut random);
    let audience = Audience::gather(&daemon, &mut random, &storm.steps);
    for tenths in [3, 6] {
        storm.done(tenths).await;
        daemon.kill().await;
        daemon.again().await;
    }
    storm.changers.join_all().await;
    audience.settle(&daemon).await;
    daemon.audit().await;
}

/// Killed twice while everything changes, the daemon tells every reader the truth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_killed() {
    killed(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis_killed() {
    let Some(store) = Store::redis().await else { return };
    killed(store).await;
}

/// Redis dies while everything changes, and later comes back without its newest entries: the same life of the daemon goes
/// on, and its readers have the truth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_set_back() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let mut random = seeded();
    let mut daemon = Daemon::start(&redis_lines(&server), PLACES).await;
    let storm = Storm::start(&daemon, &mut random);
    let audience = Audience::gather(&daemon, &mut random, &storm.steps);
    storm.done(2).await;
    server.kill().await;
    server.restart().await;
    storm.done(4).await;
    let copy = std::fs::read(server.append_file()).expect("the append-only file");
    storm.done(6).await;
    server.kill().await;
    std::fs::write(server.append_file(), copy).expect("write the append-only file");
    server.restart().await;
    storm.changers.join_all().await;
    audience.settle(&daemon).await;
    daemon.audit().await;
}

/// A reader that was away for thousands of changes of a few SKUs is sent each SKU once, and so is one that stopped
/// reading: what it would have been told in between is counted as conflated.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn absence_costs_skus_not_changes() {
    const FEW: usize = 50;
    let mut daemon = Daemon::start(&Store::Embedded.lines(), PLACES).await;
    let mut client = daemon.client();
    let names: Vec<String> = (0..FEW).map(|number| format!("{number}-{}", "x".repeat(120))).collect();
    let batch = |rounds: usize| -> Vec<(&str, i64)> {
        (0..rounds).flat_map(|_| names.iter().map(|sku| (sku.as_str(), 1))).collect()
    };
    receive(&mut client, "BER", "opening", &batch(1)).await;
    let visitor = |topic| Visitor::new(daemon.target(), daemon.port(), (topic, Vec::new()));
    let mut readers = [visitor("channel:web"), visitor("warehouse:BER")];
    for reader in &mut readers {
        let mut conversation = reader.open().await;
        reader.agree(&mut conversation).await;
        assert_eq!((reader.rows, reader.resumed), (FEW, 0));
        reader.rows = 0;
    }
    let mut stopped = visitor("warehouse:BER");
    let mut silent = stopped.open_narrow().await;
    while stopped.take(&Incoming::read(&silent.text().await).expect("a frame")) != Applied::Whole {}
    for number in 0..4 {
        receive(&mut client, "BER", &format!("in-{number}"), &batch(20)).await;
    }
    for reader in &mut readers {
        let mut conversation = reader.open().await;
        reader.agree(&mut conversation).await;
        assert_eq!((reader.rows, reader.resumed), (FEW, 1), "{}", reader.table.topic());
        reader.settle(&mut client, &names).await;
    }
    let few = FEW as u64;
    assert_eq!(readers[1].table.conflated() + few, readers[1].table.offset() - few, "all but the newest");
    while stopped.take(&Incoming::read(&silent.text().await).expect("a frame")) != Applied::Agreed
        || stopped.table.offset() < readers[1].table.offset()
    {}
    assert!(stopped.table.conflated() > few, "{} rows were sent", stopped.rows);
    assert_eq!(stopped.table.conflated() + stopped.rows as u64, stopped.table.offset());
    daemon.audit().await;
}

/// SKUs nobody has heard of come in at every moment while channels and warehouses are read: nobody stands still.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_skus_stop_nobody() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), PLACES).await;
    let (stop, mut visitors, mut bringing) = (CancellationToken::new(), JoinSet::new(), JoinSet::new());
    for topic in TOPICS.iter().cycle().take(20) {
        let visitor = Visitor::new(daemon.target(), daemon.port(), (topic, Vec::new()));
        visitors.spawn(visitor.come_and_go(stop.clone(), Rng::with_seed(7)));
    }
    let mut all = Vec::new();
    for (number, warehouse) in WAREHOUSES.iter().cycle().take(4).enumerate() {
        let names: Vec<String> = (0..100).map(|count| format!("N{number}-{count}")).collect();
        all.extend(names.clone());
        let mut client = daemon.client();
        bringing.spawn(async move {
            for sku in &names {
                receive(&mut client, warehouse, &format!("in-{sku}"), &[(sku, 1)]).await;
            }
        });
    }
    bringing.join_all().await;
    stop.cancel();
    let mut client = daemon.client();
    for mut visitor in visitors.join_all().await.into_iter().take(TOPICS.len()) {
        visitor.settle(&mut client, &all).await;
    }
    daemon.audit().await;
}

/// What a conversation begins with, from the table's place.
async fn beginning(reader: &mut Visitor) -> (FeedConnection, Applied) {
    let mut conversation = reader.open().await;
    let first = reader.take(&conversation.next().await.expect("a frame"));
    (conversation, first)
}

/// A place is good for one life of the daemon: in the next one, the view is another and the reader gets everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_life_is_another_view() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), PLACES).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("S0", 5), ("S1", 6)]).await;
    for topic in TOPICS {
        let mut reader = Visitor::new(daemon.target(), daemon.port(), (topic, Vec::new()));
        let (mut conversation, first) = beginning(&mut reader).await;
        assert_eq!(first, Applied::Whole);
        reader.agree(&mut conversation).await;
        drop(conversation);
        let (conversation, first) = beginning(&mut reader).await;
        assert_eq!(first, Applied::Resumed);
        drop(conversation);
        let before = reader.table.view().map(str::to_owned);
        daemon.kill().await;
        daemon.again().await;
        let (conversation, first) = beginning(&mut reader).await;
        assert_eq!(first, Applied::Whole, "{topic}");
        assert_ne!(reader.table.view().map(str::to_owned), before);
        drop(conversation);
        reader.settle(&mut client, &skus()).await;
    }
    daemon.audit().await;
}

/// Figures that hold from a time on, or until one, turn for readers when it comes, with nobody doing anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_alone() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    let lines: Vec<(&str, i64)> = vec![("FROM", 10), ("UNTIL", 10), ("CAP", 10), ("SAFE", 10), ("FENCE", 10)];
    receive(&mut client, "BER", "in", &lines).await;
    let mut reader = Visitor::new(daemon.target(), daemon.port(), ("channel:web", Vec::new()));
    let mut conversation = reader.open().await;
    reader.agree(&mut conversation).await;
    let mut keeper = Visitor::new(daemon.target(), daemon.port(), ("warehouse:BER", Vec::new()));
    let mut levels = keeper.open().await;
    keeper.agree(&mut levels).await;
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2);
    let (from, until) =
        (json!({"value": 3, "from": soon.to_string()}), json!({"value": 3, "until": soon.to_string()}));
    let set = json!({"lines": [{"sku": "FROM", "buffer": from}, {"sku": "UNTIL", "buffer": until}, {"sku": "CAP", "cap": from}]});
    put(&mut client, "/v1/channels/web/policies", &set).await;
    let set = json!({"lines": [{"sku": "SAFE", "safety_stock": from}]});
    put(&mut client, "/v1/warehouses/BER/policies", &set).await;
    let turned = [("FROM", 7), ("UNTIL", 10), ("CAP", 3), ("SAFE", 7), ("FENCE", 10)];
    let right = |reader: &Visitor| {
        let told = |sku| reader.table.get(sku).map(|figures| figures.available());
        turned.iter().all(|(sku, units)| told(sku) == Some(*units))
    };
    let turning = async {
        while !right(&reader) {
            reader.take(&conversation.next().await.expect("a frame"));
        }
    };
    tokio::time::timeout(WITHIN, turning).await.expect("every figure to turn");
    let set_aside = |keeper: &Visitor| match keeper.table.get("SAFE") {
        Some(Figures::Level { safety_stock, .. }) => safety_stock,
        other => panic!("{other:?}"),
    };
    let turning = async {
        while set_aside(&keeper) != 3 {
            keeper.take(&levels.next().await.expect("a frame"));
        }
    };
    tokio::time::timeout(WITHIN, turning).await.expect("the safety stock to turn");
    reader.settle(&mut client, &lines.iter().map(|(sku, _)| (*sku).to_owned()).collect::<Vec<_>>()).await;
    daemon.audit().await;
}

async fn put(client: &mut Client, path: &str, body: &Value) {
    let (status, told) = ask(client, (Method::Put, path), None, Some(&body.to_string())).await;
    assert_eq!((status, &told["refused"]), (200, &json!(0)), "{told}");
}
