//! Commands over the feed: the same as at the HTTP door, under the same ids, with the same answers.

use std::sync::Arc;
use std::time::Duration;

use lagerd::client::feed::{AskError, Event, Feed, FeedCommands, Verb};
use lagerd::client::{Client, Method, Target};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::{JoinHandle, JoinSet};

use crate::feed_raw::{Frame, Raw, TEXT, frame, nobody_left};
use crate::process::{Daemon, ONE, Store};
use crate::talk::{ask, figures, get, receive};

const WITHIN: Duration = Duration::from_secs(20);

async fn stocked(config: &str) -> (Daemon, Client) {
    let daemon = Daemon::start(&Store::Embedded.lines(), &format!("{config}\n{ONE}")).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 1_000), ("B", 1_000)]).await;
    (daemon, client)
}

/// A command: its word, what stands beside it, its place over HTTP, and its body.
#[derive(Debug, Clone)]
struct Command {
    word: &'static str,
    beside: Option<(&'static str, String)>,
    http: (Method, String),
    body: Value,
}

impl Command {
    fn new(
        word: &'static str,
        beside: Option<(&'static str, &str)>,
        http: (Method, &str),
        body: Value,
    ) -> Self {
        let beside = beside.map(|(name, target)| (name, target.to_owned()));
        Self { word, beside, http: (http.0, http.1.to_owned()), body }
    }

    /// Over HTTP: whether it was done, and the answer.
    async fn by_http(&self, client: &mut Client, id: &str) -> (bool, Value) {
        let (method, path) = &self.http;
        let (status, told) = ask(client, (*method, path), Some(id), Some(&self.body.to_string())).await;
        (status < 300, without_time(told))
    }

    /// Over the socket: the same.
    async fn by_socket(&self, socket: &mut Raw, id: &str) -> (bool, Value) {
        let mut message = json!({"id": id, self.word: self.body});
        if let Some((name, target)) = &self.beside {
            message[name] = target.as_str().into();
        }
        socket.say(&message.to_string()).await;
        let mut told = socket.json().await;
        assert_eq!(told["id"], id, "{told}");
        match (told["ok"].take(), told["refused"].take()) {
            (Value::Null, Value::Null) => panic!("{told}"),
            (Value::Null, refused) => (false, refused),
            (done, _) => (true, without_time(done)),
        }
    }
}

/// An answer without the moment a reservation ends: it is told from what is left of its time, to some milliseconds.
pub(crate) fn without_time(mut told: Value) -> Value {
    if let Some(ends) = told.get_mut("expires_at") {
        assert!(ends.as_str().is_some_and(|ends| ends.parse::<jiff::Timestamp>().is_ok()), "{ends}");
        *ends = Value::Null;
    }
    told
}

fn reserve(sku: &str, quantity: i64) -> Command {
    let body = json!({"channel": "web", "lines": [{"sku": sku, "quantity": quantity}]});
    Command::new("reserve", None, (Method::Post, "/v1/reservations"), body)
}

/// What happens to one reservation, in an order in which all of it can.
fn life_of(reservation: &str) -> [Command; 3] {
    let of = |word, body| {
        let path = format!("/v1/reservations/{reservation}/{word}");
        Command::new(word, Some(("reservation", reservation)), (Method::Post, &path), body)
    };
    [of("extend", json!({"ttl_s": 1_200})), of("allocate", json!({})), of("ship", json!({}))]
}

/// Every command that is about no reservation; `unit` makes one set different from another.
fn settings(unit: i64) -> Vec<Command> {
    let at = |word, path: &'static str, method, body| {
        Command::new(word, Some(("warehouse", "BER")), (method, path), body)
    };
    let as_of = jiff::Timestamp::now().to_string();
    vec![
        at(
            "movements",
            "/v1/warehouses/BER/movements",
            Method::Post,
            json!({"lines": [
                {"sku": "A", "kind": "receive", "quantity": unit},
                {"sku": "A", "kind": "teleport", "quantity": 1},
                {"sku": "B", "kind": "damage", "quantity": 1},
            ]}),
        ),
        at(
            "counts",
            "/v1/warehouses/BER/counts",
            Method::Post,
            json!({"source": "erp", "as_of": as_of, "lines": [{"sku": "C", "on_hand": unit}, {"sku": "", "on_hand": 1}]}),
        ),
        at(
            "stock_policies",
            "/v1/warehouses/BER/policies",
            Method::Put,
            json!({"lines": [{"sku": "A", "safety_stock": unit, "fences": []}]}),
        ),
        Command::new(
            "channel_policies",
            Some(("channel", "web")),
            (Method::Put, "/v1/channels/web/policies"),
            json!({"lines": [{"sku": "A", "buffer": unit}, {"sku": "B", "cap": -1}]}),
        ),
        Command::new(
            "acknowledge",
            Some(("channel", "web")),
            (Method::Put, "/v1/channels/web/acknowledged"),
            json!({"items": [{"sku": "A", "available": unit}, {"sku": "B", "available": -1}, {"sku": "", "available": 0}]}),
        ),
        Command::new(
            "item",
            Some(("sku", "Täs/se 1")),
            (Method::Put, "/v1/items/T%C3%A4s%2Fse%201"),
            json!({"title": format!("Tasse {unit}"), "weight_g": 300}),
        ),
    ]
}

/// Asks at one door and then at the other, under one id: one command with one answer.
async fn both_doors(
    client: &mut Client,
    socket: &mut Raw,
    command: &Command,
    id: &str,
    http_first: bool,
) -> Value {
    let (first, second) = if http_first {
        let first = command.by_http(client, id).await;
        (first, command.by_socket(socket, id).await)
    } else {
        let first = command.by_socket(socket, id).await;
        (first, command.by_http(client, id).await)
    };
    assert_eq!(first, second, "{command:?}");
    assert!(first.0, "{command:?}: {}", first.1);
    first.1
}

/// Whichever door a command comes to first, the other knows it and answers the same; every command there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_at_two_doors() {
    let (mut daemon, mut client) = stocked("").await;
    let mut socket = Raw::open(&daemon).await;
    for (http_first, unit) in [(true, 5), (false, 7)] {
        let name = format!("from-{http_first}");
        for command in settings(unit) {
            let id = format!("{name}-{}", command.word);
            let told = both_doors(&mut client, &mut socket, &command, &id, http_first).await;
            if let Some(results) = told["results"].as_array() {
                let lines = command.body["lines"].as_array().or(command.body["items"].as_array());
                assert_eq!(Some(results.len()), lines.map(Vec::len), "{told}");
            }
        }
        both_doors(&mut client, &mut socket, &reserve("B", 2), &name, http_first).await;
        for command in life_of(&name) {
            let id = format!("{name}-{}", command.word);
            both_doors(&mut client, &mut socket, &command, &id, http_first).await;
        }
        let given_back = format!("{name}-back");
        both_doors(&mut client, &mut socket, &reserve("B", 3), &given_back, http_first).await;
        let path = format!("/v1/reservations/{given_back}");
        let release =
            Command::new("release", Some(("reservation", &given_back)), (Method::Delete, &path), json!({}));
        both_doors(&mut client, &mut socket, &release, &format!("{name}-release"), http_first).await;
    }
    assert_eq!(figures(&mut client, "A", "BER").await, (1_012, 0, 0));
    assert_eq!(figures(&mut client, "B", "BER").await, (996, 0, 0));
    assert_eq!(figures(&mut client, "C", "BER").await, (7, 0, 0));
    daemon.audit().await;
}

/// An id that was used at one door is taken at the other, also after the daemon was killed; and what is refused is
/// refused in the same words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids_are_taken_at_both_doors() {
    let (mut daemon, mut client) = stocked("").await;
    let mut socket = Raw::open(&daemon).await;
    let by_http = reserve("A", 2).by_http(&mut client, "http").await;
    let by_socket = reserve("A", 3).by_socket(&mut socket, "socket").await;
    assert!(by_http.0 && by_socket.0);
    for killed in [false, true] {
        if killed {
            daemon.kill().await;
            daemon.again().await;
            socket = Raw::open(&daemon).await;
        }
        assert_eq!(reserve("A", 2).by_socket(&mut socket, "http").await, by_http);
        assert_eq!(reserve("A", 3).by_http(&mut client, "socket").await, by_socket);
        for (done, told) in [
            reserve("A", 9).by_socket(&mut socket, "http").await,
            reserve("A", 9).by_http(&mut client, "socket").await,
            reserve("A", 9).by_socket(&mut socket, "socket").await,
        ] {
            assert_eq!(
                (done, &told["code"], &told["status"]),
                (false, &json!("idempotency_conflict"), &json!(409))
            );
        }
        let nobody = life_of("nobody");
        for command in [&reserve("A", 100_000), &reserve("NONE", 1), &nobody[0], &nobody[1], &nobody[2]] {
            let id = format!("refused-{}-{}", command.word, command.body.to_string().len());
            let here = command.by_socket(&mut socket, &id).await;
            let there = command.by_http(&mut client, &id).await;
            assert!(!here.0, "{}", here.1);
            assert_eq!(here, there, "{command:?}");
        }
    }
    assert_eq!(figures(&mut client, "A", "BER").await, (1_000, 5, 0));
    daemon.audit().await;
}

/// Of more commands at once than may be under way, some are told `busy` and surely not done, and the others are done;
/// asked again under the same id, the former are done too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_at_once() {
    const MANY: usize = 60;
    let (mut daemon, mut client) = stocked("[feed]\ncommands_in_flight = 4").await;
    let mut socket = Raw::open(&daemon).await;
    let mut all = Vec::new();
    for number in 0..MANY {
        let text = json!({"id": format!("r-{number}"), "reserve": reserve("A", 1).body}).to_string();
        all.extend(frame(TEXT, text.len(), text.as_bytes()));
    }
    socket.send_bytes(&all).await;
    let (mut done, mut busy) = (Vec::new(), Vec::new());
    for _ in 0..MANY {
        let told = socket.json().await;
        let id = told["id"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned();
        match (&told["ok"]["state"], &told["error"]["code"]) {
            (Value::String(state), _) if state == "reserved" => done.push(id),
            (_, Value::String(code)) if code == "busy" => busy.push(id),
            _ => panic!("{told}"),
        }
    }
    assert!(done.len() >= 4 && !busy.is_empty(), "{} done, {} busy", done.len(), busy.len());
    for id in &busy {
        assert_eq!(get(&mut client, &format!("/v1/reservations/{id}")).await.0, 404, "{id} was not done");
    }
    for id in &done {
        assert_eq!(get(&mut client, &format!("/v1/reservations/{id}")).await.0, 200, "{id} was done");
    }
    for id in &busy {
        assert!(reserve("A", 1).by_socket(&mut socket, id).await.0);
    }
    assert_eq!(figures(&mut client, "A", "BER").await, (1_000, 60, 0));
    drop(socket);
    nobody_left(&mut client).await;
    daemon.audit().await;
}

/// A feed that is driven until nobody hands in commands any more.
fn driven(daemon: &Daemon) -> (FeedCommands, JoinHandle<()>) {
    let mut feed = Feed::new(daemon.target(), WITHIN);
    let commands = feed.commands();
    let driving = tokio::spawn(async move {
        loop {
            match feed.next_event().await {
                Ok(Event::Connected | Event::Away { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    });
    (commands, driving)
}

/// Hundreds of commands on one connection, through a daemon that is killed in the middle: each is answered for good, and
/// done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_and_killed() {
    let (mut daemon, mut client) = stocked("[feed]\ncommands_in_flight = 16").await;
    let (commands, driving) = driven(&daemon);
    let mut asking = JoinSet::new();
    for number in 0..400 {
        let commands = commands.clone();
        asking.spawn(async move {
            let body = reserve(if number % 2 == 0 { "A" } else { "NONE" }, 1).body;
            let told = commands.ask(Verb::Reserve, &format!("r-{number}"), &body).await;
            match told {
                Ok(_) => assert_eq!(number % 2, 0, "there is none"),
                Err(AskError::Refused(problem)) => {
                    assert_eq!((number % 2, problem.code.as_str()), (1, "insufficient_stock"))
                }
                Err(error) => panic!("{error}"),
            }
        });
    }
    for _ in 0..100 {
        asking.join_next().await.expect("a command").expect("an answer");
    }
    daemon.kill().await;
    daemon.again().await;
    asking.join_all().await;
    assert_eq!(figures(&mut client, "A", "BER").await, (1_000, 200, 0));
    driving.abort();
    daemon.audit().await;
}

/// A daemon that is told to stop while hundreds of commands are on their way answers all that it has taken before it goes:
/// what was answered is done, and what was not answered is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_in_the_middle() {
    let (mut daemon, _) = stocked("[feed]\ncommands_in_flight = 1000").await;
    let mut socket = Raw::open(&daemon).await;
    let mut all = Vec::new();
    for number in 0..600 {
        let text = json!({"id": format!("r-{number}"), "reserve": reserve("A", 1).body}).to_string();
        all.extend(frame(TEXT, text.len(), text.as_bytes()));
    }
    socket.send_bytes(&all).await;
    let mut answered = vec![socket.json().await];
    daemon.signal(Signal::TERM);
    let code = loop {
        match socket.frame().await {
            Frame::Text(text) => answered.push(serde_json::from_str(&text).expect("JSON")),
            Frame::Ping | Frame::Pong => {}
            Frame::Closed(code) => break code,
        }
    };
    assert_eq!(code, 1001);
    assert_eq!(daemon.ended().await, Some(0), "{}", daemon.log());
    daemon.again().await;
    let done = answered.iter().filter(|told| told["ok"]["state"] == "reserved").count();
    assert_eq!(done, answered.len(), "{answered:?}");
    let held = i64::try_from(done).expect("few");
    assert_eq!(figures(&mut daemon.client(), "A", "BER").await, (1_000, held, 0));
    daemon.audit().await;
}

/// The last unit, wanted over two hundred sockets at once, is sold once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_unit() {
    const SOCKETS: usize = 200;
    let (mut daemon, mut client) = stocked("").await;
    receive(&mut client, "BER", "last", &[("LAST", 1)]).await;
    let barrier = Arc::new(Barrier::new(SOCKETS));
    let mut sockets = JoinSet::new();
    for number in 0..SOCKETS {
        let mut socket = Raw::open(&daemon).await;
        let barrier = barrier.clone();
        sockets.spawn(async move {
            barrier.wait().await;
            let (done, told) = reserve("LAST", 1).by_socket(&mut socket, &format!("r-{number}")).await;
            assert!(done || told["code"] == "insufficient_stock", "{told}");
            done
        });
    }
    let sold = sockets.join_all().await;
    assert_eq!(sold.into_iter().filter(|sold| *sold).count(), 1);
    assert_eq!(figures(&mut client, "LAST", "BER").await, (1, 1, 0));
    daemon.audit().await;
}

/// A token as the configuration has it.
fn token(name: &str, scopes: &str) -> String {
    let hash = lagerd::config::TokenHash::of(name).configured();
    format!("[[token]]\nname = \"{name}\"\nhash = \"{hash}\"\nscopes = [{scopes}]\n")
}

/// A connection of who bears the token of this name.
async fn known(daemon: &Daemon, name: &str) -> Raw {
    let mut socket = Raw::open(daemon).await;
    socket.say(&json!({"auth": {"token": name}}).to_string()).await;
    assert_eq!(socket.json().await["authenticated"]["name"], name);
    socket
}

/// A token opens what it says and nothing else; taken away, it closes the connections it had opened, and no other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scopes() {
    let more = "[[warehouse]]\nid = \"VIE\"\n[[channel]]\nid = \"app\"\nwarehouses = [\"VIE\"]";
    let (reads, app, sells) = (
        token("reads", r#""read:web""#),
        token("app", r#""read:app", "sell:app""#),
        token("sells", r#""sell:web", "stock:BER""#),
    );
    let root = token("root", r#""admin""#);
    let config = |tokens: &str| format!("{ONE}{more}\n{root}{tokens}");
    let store = Store::Embedded.lines();
    let mut daemon = Daemon::start(&store, &config(&format!("{reads}{app}{sells}"))).await;
    let target = Target::new(&daemon.url(), Some("root")).expect("a url");
    let mut client = Client::new(Arc::new(target), WITHIN);
    receive(&mut client, "BER", "in", &[("A", 10)]).await;
    let web = r#"{"subscribe":{"channel":"web"}}"#;
    let stock = r#"{"subscribe":{"topic":"warehouse:BER"}}"#;
    let buy = json!({"id": "r", "reserve": reserve("A", 1).body}).to_string();
    let set = json!({"id": "p", "channel": "web", "channel_policies": {"lines": [{"sku": "A", "cap": 1}]}});
    let mut by_app = known(&daemon, "app").await;
    let mut by_sells = known(&daemon, "sells").await;
    let mut by_reads = known(&daemon, "reads").await;
    for said in [web, stock, &buy, &set.to_string()] {
        assert_eq!(by_app.complaint(said).await, "forbidden", "{said}");
    }
    for said in [stock, &buy, &set.to_string()] {
        assert_eq!(by_reads.complaint(said).await, "forbidden", "{said}");
    }
    for said in [web, &set.to_string()] {
        assert_eq!(by_sells.complaint(said).await, "forbidden", "{said}");
    }
    by_sells.say(&buy).await;
    assert_eq!(by_sells.json().await["ok"]["state"], "reserved");
    by_reads.say(web).await;
    assert_eq!(by_reads.json().await["snapshot"]["items"][0]["available"], 9);
    by_sells.say(stock).await;
    assert_eq!(by_sells.json().await["snapshot"]["items"][0]["reserved"], 1);
    // Taken away; and one that keeps its name and loses what it follows by.
    let narrowed = token("sells", r#""sell:web""#);
    daemon.configure(&store, &config(&format!("{app}{narrowed}")));
    daemon.signal(Signal::HUP);
    assert_eq!(by_reads.closed().await, 4501);
    assert_eq!(by_sells.closed().await, 4501);
    assert_eq!(by_app.complaint(web).await, "forbidden");
    let mut again = Raw::open(&daemon).await;
    again.say(r#"{"auth":{"token":"reads"}}"#).await;
    assert_eq!(again.closed().await, 4501);
    drop(by_app);
    assert_eq!(figures(&mut client, "A", "BER").await, (10, 1, 0));
    daemon.audit().await;
}
