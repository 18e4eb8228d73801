//! What is said to what.

use serde_json::{Value, json};

use super::trial::{connected, tokens, with};
use crate::config::Settings;
use crate::edge::auth::Credential;
use crate::edge::ws::close::Close;

fn receive(id: &str, sku: &str, quantity: i64) -> Value {
    json!({"id": id, "movements": {"lines": [{"sku": sku, "kind": "receive", "quantity": quantity}]}, "warehouse": "BER"})
}

/// A reader gets a snapshot with its checksum, then what changes; one that comes back gets what it missed, newest values
/// only; one of another view begins anew.
#[test]
fn a_reader_follows_and_comes_back() {
    connected(async |line| {
        line.say(receive("in-1", "A", 5)).await;
        line.say(receive("in-2", "B", 2)).await;
        let told = line.say(json!({"subscribe": {"channel": "web"}})).await;
        let (view, place) = (told[0]["snapshot"]["view"].clone(), told[0]["snapshot"]["offset"].clone());
        let items = told[0]["snapshot"]["items"].as_array().unwrap();
        assert!(items.contains(&json!({"sku": "A", "available": 5, "state": "in_stock"})), "{told:?}");
        assert_eq!((items.len(), &told[0]["snapshot"]["more"]), (2, &json!(false)));
        let sum = crc32fast::hash(b"A:5").wrapping_add(crc32fast::hash(b"B:2"));
        assert_eq!((&told[1]["checksum"]["sum"], &told[1]["checksum"]["items"]), (&json!(sum), &json!(2)));
        let told = line
            .say(json!({"id": "r", "reserve": {"channel": "web", "lines": [{"sku": "B", "quantity": 2}]}}))
            .await;
        assert_eq!(told[0]["ok"]["state"], "reserved", "{told:?}");
        assert_eq!(told[1]["changes"]["items"], json!([{"sku": "B", "available": 0, "state": "sold_out"}]));
        line.say(json!({"unsubscribe": {"channel": "web"}})).await;
        for round in 0..5 {
            line.say(receive(&format!("more-{round}"), "A", 1)).await;
        }
        let since = json!({"view": view, "offset": place});
        let told = line.say(json!({"subscribe": {"topic": "channel:web", "since": since}})).await;
        assert_eq!(told[0], json!({"resumed": {"topic": "channel:web", "view": view, "offset": place}}));
        let missed = told[1]["changes"]["items"].as_array().unwrap();
        assert_eq!(
            (missed.len(), &missed[0]["sku"], &missed[1]["available"]),
            (2, &json!("B"), &json!(10)),
            "sold out first: {told:?}"
        );
        assert_eq!(told[1]["changes"]["conflated"], json!(4));
        line.say(json!({"unsubscribe": {"channel": "web"}})).await;
        let since = json!({"view": "0123456789abcdef", "offset": 1});
        let told = line.say(json!({"subscribe": {"channel": "web", "since": since}})).await;
        assert!(told[0].get("snapshot").is_some(), "{told:?}");
    });
}

/// A reader of some SKUs hears of no others, and of one that comes up later.
#[test]
fn a_list_hears_of_its_own() {
    connected(async |line| {
        line.say(receive("in-1", "A", 5)).await;
        let told = line.say(json!({"subscribe": {"channel": "web", "skus": ["A", "LATE", "A"]}})).await;
        assert_eq!(told[0]["snapshot"]["items"].as_array().unwrap().len(), 1);
        let told = line.say(receive("in-2", "B", 5)).await;
        assert_eq!(told.len(), 1, "the answer alone: {told:?}");
        let told = line.say(receive("in-3", "LATE", 4)).await;
        assert_eq!(
            told[1]["changes"]["items"],
            json!([{"sku": "LATE", "available": 4, "state": "in_stock"}])
        );
    });
}

/// A channel's display cap hides exact figures, and what shows the same is no news.
#[test]
fn a_capped_channel_shows_its_cap() {
    connected(async |line| {
        let told = line.say(json!({"subscribe": {"channel": "solo"}})).await;
        assert_eq!(told[0]["snapshot"]["items"], json!([]));
        let told = line.say(receive("in-1", "A", 50)).await;
        assert_eq!(told[1]["changes"]["items"][0]["available"], json!(5));
        let told = line.say(receive("in-2", "A", 50)).await;
        assert_eq!(told.len(), 1, "{told:?}");
    });
}

/// A warehouse's reader sees its levels, which add up, and what changes in them.
#[test]
fn levels_are_followed() {
    connected(async |line| {
        line.say(receive("in-1", "A", 5)).await;
        let told = line.say(json!({"subscribe": {"topic": "warehouse:BER"}})).await;
        assert_eq!(told[0]["snapshot"]["items"][0]["on_hand"], 5, "{told:?}");
        assert_eq!(told[1]["checksum"]["sum"], json!(crc32fast::hash(b"A:5:0:0")));
        let told = line
            .say(json!({"id": "r", "reserve": {"channel": "web", "lines": [{"sku": "A", "quantity": 2}]}}))
            .await;
        assert_eq!(told[1]["changes"]["items"][0]["reserved"], 2, "{told:?}");
    });
}

/// What can't be understood is told, says where, and ends nothing.
#[test]
fn odd_messages_are_answered() {
    connected(async |line| {
        for (text, code) in [
            ("{", "malformed_json"),
            ("[]", "malformed_json"),
            ("{\"subscribe\":1,\"subscribe\":2}", "malformed_json"),
            ("{\"dance\":{}}", "unknown_message"),
            ("{}", "unknown_message"),
            ("{\"reserve\":{}}", "id_missing"),
            ("{\"subscribe\":{}}", "invalid"),
            ("{\"subscribe\":{\"topic\":\"web\"}}", "unknown_topic"),
            ("{\"subscribe\":{\"channel\":\"nowhere\"}}", "unknown_channel"),
            ("{\"subscribe\":{\"topic\":\"warehouse:MARS\"}}", "unknown_warehouse"),
            ("{\"subscribe\":{\"channel\":\"web\",\"skus\":[\"\\u0001\"]}}", "invalid"),
            ("{\"unsubscribe\":{\"channel\":\"web\"}}", "not_subscribed"),
            ("{\"id\":7,\"reserve\":{}}", "id_invalid"),
        ] {
            let told = line.say_text(text).await.unwrap();
            assert_eq!(told[0]["error"]["code"], code, "{text}: {told:?}");
        }
        for (message, code) in [
            (json!({"id": "a/b", "reserve": {}}), "id_invalid"),
            (json!({"id": "a", "dance": {}}), "unknown_message"),
            (json!({"id": "a", "extend": {"ttl_s": 5}}), "invalid"),
            (json!({"id": "a", "reserve": {}, "sku": "A"}), "unknown_message"),
            (json!({"id": "a", "extend": {"ttl_s": 5}, "reservation": "none"}), "unknown_reservation"),
            (json!({"id": "a", "reserve": {"channel": "web"}}), "invalid"),
        ] {
            let told = line.say(message.clone()).await;
            assert_eq!(
                (&told[0]["id"], &told[0]["refused"]["code"]),
                (&message["id"], &json!(code)),
                "{told:?}"
            );
        }
        line.say(json!({"subscribe": {"channel": "web"}})).await;
        let told = line.say(json!({"subscribe": {"channel": "web"}})).await;
        assert_eq!(
            (&told[0]["error"]["code"], &told[0]["topic"]),
            (&json!("already_subscribed"), &json!("channel:web"))
        );
    });
}

/// A stranger says who it is or goes; what it may then do is what its token says; a token taken away ends it.
#[test]
fn tokens_are_kept_to() {
    with(tokens("s3cret", &["read:web"]), Credential::of_secret(Some("s3cret")), async |line| {
        let refused = line.stranger().hear(r#"{"subscribe":{"channel":"web"}}"#).unwrap_err();
        assert_eq!(refused.1, Close::BAD_MESSAGE);
        let refused = line.stranger().hear(r#"{"auth":{"token":"wrong"}}"#).unwrap_err();
        assert_eq!(refused.1, Close::UNAUTHORISED);
        line.session = line.stranger().hear(r#"{"auth":{"token":"s3cret"}}"#).unwrap();
        assert_eq!(line.frames().await, [json!({"authenticated": {"name": "one"}})]);
        let told = line.say(json!({"subscribe": {"channel": "till"}})).await;
        assert_eq!(told[0]["error"]["code"], "forbidden");
        let told = line.say(json!({"subscribe": {"topic": "warehouse:BER"}})).await;
        assert_eq!(told[0]["error"]["code"], "forbidden");
        let told = line
            .say(json!({"id": "r", "reserve": {"channel": "web", "lines": [{"sku": "A", "quantity": 1}]}}))
            .await;
        assert_eq!(told[0]["refused"]["code"], "forbidden");
        let told = line.say(json!({"subscribe": {"channel": "web"}})).await;
        assert!(told[0].get("snapshot").is_some());
        line.door.configure(std::sync::Arc::new(tokens("other", &["read:web"])));
        assert_eq!(line.session.still_welcome(), Err(Close::UNAUTHORISED));
    });
}

/// One connection names so many topics and SKUs and has so many commands under way; one more is told so.
#[test]
fn limits_are_kept() {
    let mut settings = Settings::default();
    (settings.feed.subscriptions_max, settings.feed.skus_max, settings.feed.commands_in_flight) = (2, 3, 0);
    with(settings, Credential::default(), async |line| {
        line.say(json!({"subscribe": {"channel": "web", "skus": ["A", "B"]}})).await;
        let told = line.say(json!({"subscribe": {"channel": "till", "skus": ["A", "B"]}})).await;
        assert_eq!(told[0]["error"]["code"], "too_many_skus", "{told:?}");
        line.say(json!({"subscribe": {"channel": "till"}})).await;
        let told = line.say(json!({"subscribe": {"channel": "solo"}})).await;
        assert_eq!(told[0]["error"]["code"], "too_many_subscriptions", "{told:?}");
        let told = line.say(receive("in", "A", 1)).await;
        assert_eq!((&told[0]["id"], &told[0]["error"]["code"]), (&json!("in"), &json!("busy")), "{told:?}");
        drop(line.trial.house.clone());
    });
}

/// What is repeated of a message is short, however long the message was.
#[test]
fn echoes_are_short() {
    connected(async |line| {
        let long = "x".repeat(100_000);
        for message in [
            json!({long.as_str(): {}}),
            json!({"subscribe": {"channel": long}}),
            json!({"subscribe": {"topic": format!("warehouse:{long}")}}),
            json!({"subscribe": {long.as_str(): 1}}),
            json!({"id": long, "reserve": {}}),
            json!({"id": "a", long.as_str(): {}}),
            json!({"id": "a", "reserve": {long.as_str(): 1}}),
            json!({"id": "a", "extend": {"ttl_s": 1}, "reservation": long}),
        ] {
            let told = line.say(message).await;
            let length: usize = told.iter().map(|frame| frame.to_string().len()).sum();
            assert!((10..4_000).contains(&length), "{length} bytes: {:.200}", told[0].to_string());
        }
    });
}

/// Who says anew who it is keeps no topic that the new token does not open.
#[test]
fn another_token_does_not_keep_topics() {
    let mut settings = tokens("s3cret", &["read:web"]);
    settings.tokens.extend(tokens("other", &["read:till"]).tokens);
    with(settings, Credential::of_secret(Some("s3cret")), async |line| {
        line.say(json!({"subscribe": {"channel": "web"}})).await;
        let end = line.say_text(r#"{"auth":{"token":"other"}}"#).await;
        assert_eq!(end.unwrap_err(), Close::UNAUTHORISED);
    });
}

/// While its topic goes on changing, a reader still gets its checksum, right behind the frame it is of.
#[test]
fn a_busy_topic_is_checked_too() {
    connected(async |line| {
        line.say(receive("in-1", "A", 5)).await;
        line.say(json!({"subscribe": {"channel": "web"}})).await;
        let mut checked = 0;
        for round in 0..4 {
            tokio::time::pause();
            tokio::time::advance(std::time::Duration::from_secs(11)).await;
            tokio::time::resume();
            let told = line.say(receive(&format!("more-{round}"), "A", 1)).await;
            assert_eq!(told[1]["changes"]["items"][0]["available"], 6 + round, "{told:?}");
            let sum = crc32fast::hash(format!("A:{}", 6 + round).as_bytes());
            checked += usize::from(told[2]["checksum"]["sum"] == json!(sum));
        }
        assert_eq!(checked, 4);
    });
}
