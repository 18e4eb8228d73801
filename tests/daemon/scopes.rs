//! Who may do what, at every door: each route, each command and each topic of a running daemon is refused to everybody
//! without the right scope, and open with it. What there is comes from the daemon itself, so that something new needs
//! its row in the table.

use std::collections::BTreeSet;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::amqp_talk::{Correspondent, broker};
use crate::feed_raw::{Raw, head};
use crate::process::Store;
use crate::rabbit_server::shared;
use crate::scopes_table::{FEED, Open, Row, TOPICS, rows};
use crate::scopes_world::{About, NOBODIES, SCOPES, World, config, token};
use crate::wait::wait_for;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Who asks is not known.
    Stranger,
    /// He may not, or may not even know.
    Refused,
    /// Done, or told.
    Done,
    /// Told, and there was nothing for him.
    Nothing,
    /// Something else went wrong.
    Wrong,
}

/// Every route over HTTP: 401 without a token, 403 (or 404 for documents one may not know of) with each wrong scope,
/// and done with each right one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_guarded() {
    let mut world = World::begin("").await;
    let (_, document) = world.ask(None, "get", "/openapi.json", "").await;
    let mut served = BTreeSet::new();
    for (path, verbs) in document["paths"].as_object().expect("paths") {
        served.extend(verbs.as_object().expect("verbs").keys().map(|verb| (verb.clone(), path.clone())));
    }
    let listed: BTreeSet<_> =
        rows().iter().map(|row| (row.route.0.to_owned(), row.route.1.to_owned())).collect();
    assert!(served.remove(&("get".to_owned(), FEED.to_owned())), "the feed is served");
    assert_eq!(served, listed, "every route needs its row in scopes_table.rs");
    world.ask(Some("admin"), "put", "/v1/items/A", "{}").await;
    for row in rows() {
        let mut about = world.make(row.about).await;
        for who in NOBODIES {
            let fate = asked(&mut world, &row, who, &about).await;
            let right = if row.open == Open::Everybody { Fate::Done } else { Fate::Stranger };
            assert_eq!(fate, right, "{:?} as {who:?}", row.route);
        }
        // Those who may not come first: they change nothing, so one thing is enough for all of them.
        let (open, shut): (Vec<&str>, Vec<&str>) = SCOPES.iter().partition(|scope| row.lets(scope));
        for scope in shut {
            let right = if row.nothing_for.contains(&scope) { Fate::Nothing } else { Fate::Refused };
            assert_eq!(
                asked(&mut world, &row, Some(scope), &about).await,
                right,
                "{:?} as {scope}",
                row.route
            );
        }
        for scope in open {
            assert_eq!(
                asked(&mut world, &row, Some(scope), &about).await,
                Fate::Done,
                "{:?} as {scope}",
                row.route
            );
            if !row.verb.is_empty() {
                about = world.make(row.about).await;
            }
        }
    }
    world.daemon.audit().await;
}

/// Every command and topic over the socket, in the same way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_message_is_guarded() {
    let mut world = World::begin("").await;
    let mut readers = Vec::new();
    for scope in SCOPES {
        readers.push((scope, enter(&world, Some(scope)).await));
    }
    let (_, admin) = readers.last_mut().expect("a reader");
    admin.say(r#"{"id":"x","dance":{}}"#).await;
    let told = admin.json().await;
    let words = told["refused"]["detail"].as_str().expect("the words").to_owned();
    let words: BTreeSet<&str> =
        words.rsplit(": ").next().expect("a list").split(", ").filter(|word| !word.contains(' ')).collect();
    let commands: Vec<Row> = rows().into_iter().filter(|row| !row.verb.is_empty()).collect();
    assert_eq!(words, commands.iter().map(|row| row.verb).collect(), "every command needs its row");
    for row in &commands {
        let mut about = world.make(row.about).await;
        let message = message(&mut world, row, &about);
        let mut stranger = enter(&world, None).await;
        stranger.say(&message.to_string()).await;
        assert_eq!(stranger.closed().await, 4500, "{} as a stranger", row.verb);
        for (scope, reader) in &mut readers {
            let message = self::message(&mut world, row, &about);
            reader.say(&message.to_string()).await;
            judge(row, scope, &reader.json().await);
            if row.lets(scope) {
                about = world.make(row.about).await;
            }
        }
    }
    let (_, admin) = readers.last_mut().expect("a reader");
    admin.say(r#"{"subscribe":{"topic":"dance"}}"#).await;
    let told = admin.json().await;
    let known = told["error"]["detail"].as_str().expect("the topics").to_owned();
    let known: BTreeSet<&str> =
        known.split('`').skip(1).step_by(2).map(|topic| topic.split(':').next().expect("a kind")).collect();
    let kinds = TOPICS.iter().map(|(topic, _)| topic.split(':').next().expect("a kind"));
    assert_eq!(known, kinds.collect(), "every topic needs its row in scopes_table.rs");
    for (topic, open) in TOPICS {
        for (scope, reader) in &mut readers {
            reader.say(&json!({"subscribe": {"topic": topic}}).to_string()).await;
            let told = reader.json().await;
            if *scope == "admin" || open.contains(scope) {
                assert!(told.get("error").is_none(), "{topic} as {scope}: {told}");
                // What else comes on this topic is not looked at.
                *reader = enter(&world, Some(scope)).await;
            } else {
                assert_eq!(told["error"]["code"], "forbidden", "{topic} as {scope}: {told}");
            }
        }
    }
    world.daemon.audit().await;
}

/// Every command over the broker, with each scope that `[amqp] scopes` may have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_letter_is_guarded() {
    let Some(url) = shared().await else { return };
    let settings = |scope: &str| format!("{}scopes = [\"{scope}\"]\n", broker(&url));
    let mut world = World::begin(&settings("admin")).await;
    let mut other = Correspondent::begin(&url).await;
    let commands: Vec<Row> = rows().into_iter().filter(|row| !row.verb.is_empty()).collect();
    for scope in SCOPES {
        // A token that comes with the scope tells when it counts.
        let secret = format!("round-{scope}");
        let lines = format!("{}{}", config(&settings(scope)), token("round", &secret, &["read:*"], ""));
        world.daemon.configure(&Store::Embedded.lines(), &lines);
        world.daemon.signal(Signal::HUP);
        wait_for("the scope to count", async || {
            (world.ask(Some(&secret), "get", "/v1/stock", "").await.0 == 200).then_some(())
        })
        .await;
        for row in &commands {
            let about = world.make(row.about).await;
            let mut message = message(&mut world, row, &about);
            let id = message["id"].take();
            message.as_object_mut().expect("an object").remove("id");
            judge(row, scope, &other.ask(id.as_str().expect("an id"), &message).await);
        }
    }
    world.daemon.audit().await;
}

/// Sends a row's request as somebody, and says what became of it.
async fn asked(world: &mut World, row: &Row, who: Option<&str>, about: &str) -> Fate {
    let (verb, path) = row.route;
    let sent = filled(world, row.sent, about);
    let query = sent.starts_with('?');
    let path = path
        .replace("{sku}", "A")
        .replace("{channel}", "web")
        .replace("{warehouse}", "BER")
        .replace("{token}", about)
        .replace("{file}", "app.js")
        .replace(row.target(), about);
    let (path, body) = if query { (format!("{path}{sent}"), "") } else { (path, sent.as_str()) };
    let (status, told) = world.ask(who, verb, &path, body).await;
    match status {
        401 => Fate::Stranger,
        403 => Fate::Refused,
        404 if row.hides() => Fate::Refused,
        200 | 201 if is_nothing(&told) => Fate::Nothing,
        // 308: the page lies one path further.
        200 | 201 | 308 => Fate::Done,
        // There is no broker to tell anything again.
        409 if told["code"] == "no_broker" => Fate::Done,
        _ => {
            println!("{verb} {path} {body} as {who:?}: {status} {told}");
            Fate::Wrong
        }
    }
}

/// Whether somebody was shown an empty list of documents.
fn is_nothing(told: &Value) -> bool {
    let lists = ["orders", "fulfilments", "returns", "transfers", "inbound"];
    lists.iter().any(|list| told[list].as_array().is_some_and(Vec::is_empty))
}

impl Row {
    /// The part of its path that names what it is about.
    fn target(&self) -> &'static str {
        match self.about {
            About::Nothing | About::Link => "{token}",
            About::Reservation => "{reservation}",
            About::Order | About::HeldOrder => "{order}",
            About::Part | About::ShippedPart | About::PickupPart | About::ReadyPart => "{fulfilment}",
            About::Return | About::ReceivedReturn => "{return}",
            About::Transfer | About::ShippedTransfer => "{transfer}",
            About::Inbound => "{inbound}",
        }
    }
}

fn filled(world: &mut World, text: &str, about: &str) -> String {
    let now = jiff::Timestamp::now().to_string();
    text.replace("{n}", &world.number().to_string()).replace("{now}", &now).replace("{about}", about)
}

/// A row's command as a message.
fn message(world: &mut World, row: &Row, about: &str) -> Value {
    let sent = filled(world, row.sent, about);
    let body: Value = if sent.is_empty() { json!({}) } else { serde_json::from_str(&sent).expect("JSON") };
    let mut message = json!({"id": format!("said-{}", world.number()), row.verb: body});
    for (name, value) in [("sku", "A"), ("channel", "web"), ("warehouse", "BER"), ("token", about)] {
        if row.route.1.contains(&format!("{{{name}}}")) {
            message[name] = json!(value);
        }
    }
    let target = row.target().trim_matches(['{', '}']);
    if row.route.1.contains(row.target()) {
        message[target] = json!(about);
    }
    message
}

/// Whether an answer is what somebody with this one scope should get.
fn judge(row: &Row, scope: &str, told: &Value) {
    let done = told.get("ok").is_some();
    let status = told["refused"]["status"].as_u64();
    if row.lets(scope) {
        assert!(done, "{} as {scope}: {told}", row.verb);
    } else {
        let right = status == Some(403) || (status == Some(404) && row.hides());
        assert!(right, "{} as {scope}: {told}", row.verb);
    }
}

/// A reader with this token; its hello was read.
async fn enter(world: &World, secret: Option<&str>) -> Raw {
    let mut reader = Raw::connect(&world.daemon).await;
    let line = secret.map(|secret| format!("Authorization: Bearer {secret}"));
    let lines: Vec<&str> = line.iter().map(String::as_str).collect();
    assert_eq!(reader.ask(&head(&world.daemon, &lines)).await, 101, "{secret:?}");
    assert_eq!(reader.json().await["hello"]["auth_needed"], secret.is_none());
    reader
}
