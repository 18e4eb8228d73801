//! Commands over the broker: each has one effect and one answer, whatever dies meanwhile, and nothing that could be
//! carried out is lost.

use std::collections::{BTreeMap, BTreeSet};

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable};
use serde_json::{Value, json};

use crate::amqp_talk::{Correspondent, broker, header};
use crate::feed_commands::without_time;
use crate::feed_raw::Raw;
use crate::orders_words::{MERCHANT, order};
use crate::process::{Daemon, ONE, Store, redis_lines};
use crate::rabbit_server::shared;
use crate::redis_server::RedisServer;
use crate::talk::{ask, figures, get, metric, post, receive};
use crate::wait::wait_for;

/// A daemon on a broker of the tests, and somebody who talks to it over that.
async fn begin(config: &str) -> Option<(Daemon, Correspondent)> {
    let url = shared().await?;
    let config = format!("{}{config}", broker(&url));
    let daemon = Daemon::start(&Store::Embedded.lines(), &config).await;
    let other = Correspondent::begin(&url).await;
    Some((daemon, other))
}

fn reserve(quantity: i64) -> Value {
    json!({"channel": "web", "lines": [{"sku": "A", "quantity": quantity}]})
}

fn receipt(sku: &str) -> Value {
    json!({"movements": {"lines": [{"sku": sku, "kind": "receive", "quantity": 1}]}, "warehouse": "BER"})
}

/// The same command at three doors under one id, whichever is the first: one effect, one answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_at_three_doors() {
    let Some((mut daemon, mut other)) = begin(ONE).await else { return };
    let (mut client, mut socket) = (daemon.client(), Raw::open(&daemon).await);
    receive(&mut client, "BER", "in", &[("A", 100)]).await;
    for first in 0..3 {
        let id = format!("three-{first}");
        let mut answers = Vec::new();
        for door in 0..3 {
            let told = match (first + door) % 3 {
                0 => other.tell(&id, &json!({"reserve": reserve(2)})).await,
                1 => {
                    let (status, told) =
                        post(&mut client, "/v1/reservations", &id, &reserve(2).to_string()).await;
                    assert!(status < 300, "{told}");
                    told
                }
                _ => {
                    socket.say(&json!({"id": id, "reserve": reserve(2)}).to_string()).await;
                    socket.json().await["ok"].take()
                }
            };
            answers.push(without_time(told));
        }
        assert_eq!(answers[0]["state"], "reserved", "{answers:?}");
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(figures(&mut client, "A", "BER").await, (100, 2 * (first + 1), 0));
        let taken = other.ask(&id, &json!({"reserve": reserve(3)})).await;
        assert_eq!(taken["refused"]["code"], "idempotency_conflict", "{taken}");
    }
    daemon.audit().await;
}

/// A day in messages alone: goods, policies, carts, orders with their parts, returns, transfers, expected goods, and the
/// end of what is known of a person.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_in_messages() {
    let Some((mut daemon, mut other)) = begin(MERCHANT).await else { return };
    let mut number = 0;
    let mut say = async |command: Value| {
        number += 1;
        other.tell(&format!("day-{number}"), &command).await
    };
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
    let receive = json!([{"sku": "A", "kind": "receive", "quantity": 20}, {"sku": "A", "kind": "teleport", "quantity": 1}]);
    let told = say(json!({"movements": {"lines": receive}, "warehouse": "BER"})).await;
    assert_eq!(
        (&told["applied"], &told["refused"], &told["results"][1]["code"]),
        (&json!(1), &json!(1), &json!("invalid"))
    );
    let count = json!({"source": "erp", "as_of": jiff::Timestamp::now().to_string(), "lines": [{"sku": "B", "on_hand": 5}]});
    assert_eq!(say(json!({"counts": count, "warehouse": "BER"})).await["applied"], 1);
    let policy = json!({"lines": [{"sku": "A", "safety_stock": 1, "fences": []}]});
    assert_eq!(say(json!({"stock_policies": policy, "warehouse": "BER"})).await["applied"], 1);
    let policy = json!({"lines": [{"sku": "A", "buffer": 1}]});
    assert_eq!(say(json!({"channel_policies": policy, "channel": "web"})).await["applied"], 1);
    say(json!({"item": {"title": "Tasse"}, "sku": "A"})).await;
    let cart = say(json!({"reserve": reserve(2)})).await;
    let cart = text(&cart["reservation"]);
    say(json!({"extend": {"ttl_s": 1_200}, "reservation": cart})).await;
    say(json!({"allocate": {}, "reservation": cart})).await;
    say(json!({"ship": {}, "reservation": cart})).await;
    let cart = say(json!({"reserve": reserve(1)})).await;
    say(json!({"release": {}, "reservation": text(&cart["reservation"])})).await;
    let placed = say(json!({"place_order": order("web", "o-1", &[("A", 3)])})).await;
    let part = text(&placed["fulfilments"][0]["fulfilment"]);
    say(json!({"hold": {"reason": "check"}, "order": "o-1", "channel": "web"})).await;
    say(json!({"resume": {}, "order": "o-1"})).await;
    say(json!({"payment": {"state": "paid"}, "order": "o-1"})).await;
    for step in ["accept", "pick", "pack", "ship_fulfilment", "deliver"] {
        say(json!({step: {}, "fulfilment": part})).await;
    }
    let back = json!({"order": "o-1", "warehouse": "BER", "lines": [{"line": "1", "quantity": 1}]});
    let back = text(&say(json!({"announce_return": back})).await["return"]);
    say(json!({"receive_return": {}, "return": back})).await;
    let seen = json!({"lines": [{"sku": "A", "sellable": 1}]});
    assert_eq!(say(json!({"inspect_return": seen, "return": back})).await["state"], "closed");
    let refund = json!({"amount": {"amount_minor": 1_999, "currency": "EUR"}, "return": back});
    say(json!({"refund": refund, "order": "o-1"})).await;
    say(json!({"place_order": order("web", "o-2", &[("A", 1)])})).await;
    assert_eq!(say(json!({"cancel": {}, "order": "o-2"})).await["state"], "cancelled");
    let lines = json!([{"sku": "A", "quantity": 4}]);
    let moved = say(json!({"request_transfer": {"from": "BER", "to": "HAM", "lines": lines}})).await;
    let moved = text(&moved["transfer"]);
    say(json!({"ship_transfer": {}, "transfer": moved})).await;
    say(json!({"receive_transfer": {}, "transfer": moved})).await;
    let due = text(&say(json!({"expect_inbound": {"warehouse": "HAM", "lines": lines}})).await["inbound"]);
    say(json!({"receive_inbound": {}, "inbound": due})).await;
    let erase = json!({"orders": [{"channel": "web", "order": "o-1"}], "force": true});
    assert_eq!(say(json!({"erase_contacts": erase})).await["applied"], 1);
    let mut client = daemon.client();
    assert_eq!(figures(&mut client, "A", "BER").await, (20 - 2 - 3 + 1 - 4, 0, 0));
    assert_eq!(figures(&mut client, "A", "HAM").await, (8, 0, 0));
    assert_eq!(figures(&mut client, "B", "BER").await, (5, 0, 0));
    assert_eq!(other.waiting("lagerd.dead").await, 0);
    daemon.audit().await;
}

/// What can't be carried out lies among the dead with its reason, and its sender is told where he can be; everything
/// between is carried out. A refusal is no death.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_malformed_go_and_the_rest_flow() {
    let Some((mut daemon, mut other)) = begin(&format!("command_bytes_max = 2000\n{ONE}")).await else {
        return;
    };
    let long = json!({"reserve": {"channel": "x".repeat(3_000), "lines": []}}).to_string();
    let card =
        r#"{"place_order":{"order":"o","channel":"web","lines":[],"po_number":"4111 1111 1111 1111"}}"#;
    #[rustfmt::skip]
    let wrong: [(Option<&str>, &str, &str); 9] = [
        (Some("w-0"), "no json", "malformed_json"),
        (Some("w-1"), r#"{"teleport":{}}"#, "unknown_message"),
        (Some("w-2"), r#"{"reserve":{"channel":"web","lines":[],"x":1}}"#, "invalid"),
        (Some("w-3"), r#"{"movements":{"lines":[]}}"#, "invalid"),
        (Some("w/4"), r#"{"reserve":{}}"#, "id_invalid"),
        (Some("w-5"), &long, "body_too_large"),
        (Some("w-6"), r#"{"id":"w-7","reserve":{}}"#, "id_ambiguous"),
        (None, r#"{"reserve":{}}"#, "id_missing"),
        (Some("w-8"), card, "payment_data_refused"),
    ];
    let mut good = BTreeSet::new();
    for (at, (id, body, _)) in wrong.iter().enumerate() {
        other.send(*id, body.as_bytes()).await;
        let id = format!("good-{at}");
        other.send(Some(&id), receipt("A").to_string().as_bytes()).await;
        good.insert(id);
    }
    let mut told = BTreeMap::new();
    for _ in 0..wrong.len() * 2 {
        let reply = other.reply().await;
        if good.remove(&reply.id) {
            assert_eq!(reply.body["ok"]["applied"], 1, "{reply:?}");
        } else {
            told.insert(reply.id, reply.body["refused"]["code"].as_str().expect("a code").to_owned());
        }
    }
    assert!(good.is_empty(), "{good:?}");
    let mut dead = BTreeMap::new();
    for _ in 0..wrong.len() {
        let found = other.dead().await;
        assert_eq!(header(&found.headers, "x-lagerd-routing-key").as_deref(), Some("lagerd.commands"));
        assert!(header(&found.headers, "x-lagerd-detail").is_some_and(|said| !said.is_empty()));
        dead.insert(found.id.clone().unwrap_or_default(), (found.reason, found.body));
    }
    for (id, body, reason) in wrong {
        let id = id.unwrap_or_default();
        let kept = if reason == "payment_data_refused" { "" } else { body };
        assert_eq!(dead.remove(id), Some((reason.to_owned(), kept.as_bytes().to_vec())), "{id}");
        assert_eq!(told.remove(id).as_deref(), Some(reason), "{id}");
    }
    let refused = other.ask("much", &json!({"reserve": reserve(1_000)})).await;
    assert_eq!(refused["refused"]["code"], "insufficient_stock", "{refused}");
    assert_eq!((other.waiting("lagerd.dead").await, other.waiting("lagerd.commands").await), (0, 0));
    assert_eq!(figures(&mut daemon.client(), "A", "BER").await, (9, 0, 0));
    daemon.audit().await;
}

/// A store that is away kills nothing: no more commands are taken, those that were taken wait, and all are carried out
/// once it is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_away() {
    const MANY: usize = 300;
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let Some(url) = shared().await else { return };
    let mut daemon = Daemon::start(&redis_lines(&server), &format!("{}{ONE}", broker(&url))).await;
    let (mut other, mut client) = (Correspondent::begin(&url).await, daemon.client());
    assert_eq!(other.tell("before", &receipt("A")).await["applied"], 1);
    server.kill().await;
    other.send_all((0..MANY).map(|number| (format!("away-{number}"), receipt("A")))).await;
    wait_for("no more to be taken", async || {
        let taking = metric(&mut client, "lagerd_amqp_commands_taking").await;
        let tried = metric(&mut client, "lagerd_amqp_commands_retried_total").await;
        (taking == 0.0 && tried > 0.0).then_some(())
    })
    .await;
    assert!(metric(&mut client, "lagerd_amqp_commands_under_way").await > 0.0, "what was taken waits");
    assert!(other.waiting("lagerd.commands").await > 0, "what was not taken stays with the broker");
    server.restart().await;
    let mut answered = BTreeSet::new();
    while answered.len() < MANY {
        let reply = other.reply().await;
        assert_eq!(reply.body["ok"]["applied"], 1, "{reply:?}");
        answered.insert(reply.id);
    }
    assert_eq!((other.waiting("lagerd.dead").await, other.waiting("lagerd.commands").await), (0, 0));
    assert_eq!(figures(&mut client, "A", "BER").await, (301, 0, 0));
    daemon.audit().await;
}

/// The daemon dies in the middle of a thousand commands, again and again, by force and in order; each of them has one
/// effect and an answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle() {
    const MANY: usize = 1_000;
    let Some((mut daemon, mut other)) = begin(ONE).await else { return };
    other.send_all((0..MANY).map(|number| (format!("kill-{number}"), receipt("A")))).await;
    let mut answered = BTreeSet::new();
    for round in 1..=4 {
        while answered.len() < MANY.min(round * 200) {
            let reply = other.reply().await;
            assert_eq!(reply.body["ok"]["applied"], 1, "{reply:?}");
            answered.insert(reply.id);
        }
        if round % 2 == 0 {
            daemon.stop().await
        } else {
            daemon.kill().await
        }
        daemon.again().await;
    }
    while answered.len() < MANY {
        answered.insert(other.reply().await.id);
    }
    wait_for("the queue to be empty", async || {
        let under_way = metric(&mut daemon.client(), "lagerd_amqp_commands_under_way").await;
        (under_way == 0.0 && other.waiting("lagerd.commands").await == 0).then_some(())
    })
    .await;
    assert_eq!(figures(&mut daemon.client(), "A", "BER").await, (1_000, 0, 0));
    assert_eq!(other.waiting("lagerd.dead").await, 0);
    daemon.audit().await;
}

/// What commands may do is configured; who sent them is known as far as the broker vouches for it; a reply bears its
/// sender's words, goes where he says, and is lost where nobody is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_and_where_the_answer_goes() {
    let Some((mut daemon, mut other)) = begin(&format!("scopes = [\"stock:BER\"]\n{ONE}")).await else {
        return;
    };
    let refused = other.ask("sold", &json!({"reserve": reserve(1)})).await;
    assert_eq!(refused["refused"]["code"], "forbidden", "{refused}");
    assert_eq!(other.tell("unnamed", &receipt("A")).await["applied"], 1);
    let queue = other.own_queue().await;
    let mut headers = FieldTable::default();
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    headers.insert("traceparent".into(), AMQPValue::LongString(trace.into()));
    let properties = BasicProperties::default().with_message_id("named".into()).with_headers(headers);
    let to = |to: &str| properties.clone().with_user_id("lagerd".into()).with_reply_to(to.into());
    let sent = receipt("A").to_string();
    other.publish(sent.as_bytes(), to(queue.as_str())).await;
    assert_eq!(other.take(&queue).await["ok"]["applied"], 1);
    let direct = to("amq.rabbitmq.reply-to").with_correlation_id("call-7".into());
    other.publish(sent.as_bytes(), direct).await;
    let reply = other.reply().await;
    assert_eq!((reply.id.as_str(), &reply.body["id"]), ("call-7", &json!("named")), "{reply:?}");
    let headers = reply.properties.headers().clone().expect("headers");
    assert_eq!(header(&headers, "traceparent").as_deref(), Some(trace));
    other.publish(sent.as_bytes(), to("nobody.is.here")).await;
    other.publish(br#"{"id":"inside","movements":{"lines":[{"sku":"A","kind":"receive","quantity":1}]},"warehouse":"BER"}"#, BasicProperties::default()).await;
    let mut client = daemon.client();
    wait_for("what wants no reply to be carried out, and the lost reply to be counted", async || {
        let lost = metric(&mut client, "lagerd_amqp_replies_lost_total").await;
        (lost == 1.0 && figures(&mut client, "A", "BER").await.0 == 3).then_some(())
    })
    .await;
    let (_, told) = get(&mut client, "/v1/stock/A/history?warehouse=BER").await;
    let changes = told["changes"].as_array().unwrap_or_else(|| panic!("{told}")).clone();
    let mut actors: Vec<_> =
        changes.iter().map(|change| change["actor"].as_str().unwrap_or_default()).collect();
    actors.sort_unstable();
    assert_eq!(actors, ["amqp", "amqp", "amqp:lagerd"], "{told}");
    daemon.audit().await;
}

/// A stock feed in one message: ten thousand lines, and a verdict for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_in_one_message() {
    const MANY: usize = 10_000;
    let Some((mut daemon, mut other)) = begin(ONE).await else { return };
    let line = |number: usize| match number % 1_000 {
        7 => json!({"sku": format!("S-{number}"), "on_hand": "many"}),
        _ => json!({"sku": format!("S-{number}"), "on_hand": number}),
    };
    let lines: Vec<_> = (0..MANY).map(line).collect();
    let count = json!({"source": "erp", "as_of": jiff::Timestamp::now().to_string(), "lines": lines});
    let feed = json!({"counts": count, "warehouse": "BER"});
    for _ in 0..2 {
        let told = other.tell("feed", &feed).await;
        assert_eq!((&told["applied"], &told["refused"]), (&json!(MANY - 10), &json!(10)));
        let results = told["results"].as_array().expect("verdicts");
        assert_eq!(results.len(), MANY);
        assert_eq!((&results[1_007]["code"], &results[9_999]["on_hand"]), (&json!("invalid"), &json!(9_999)));
    }
    let (status, told) =
        ask(&mut daemon.client(), (lagerd::client::Method::Get, "/v1/stock/S-9999"), None, None).await;
    assert_eq!((status, &told["levels"][0]["on_hand"]), (200, &json!(9_999)));
    daemon.audit().await;
}
