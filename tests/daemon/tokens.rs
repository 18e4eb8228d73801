//! Tokens in their lives: one takes another's place, one ends, and what was done under each is told by its name.

use rustix::process::Signal;
use serde_json::json;

use crate::feed_raw::{Raw, head};
use crate::process::Store;
use crate::scopes_world::{World, config, token};
use crate::wait::wait_for;

const RESERVE: &str = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;

async fn enter(world: &World, secret: &str) -> Raw {
    let mut reader = Raw::connect(&world.daemon).await;
    let line = format!("Authorization: Bearer {secret}");
    assert_eq!(reader.ask(&head(&world.daemon, &[&line])).await, 101, "{secret}");
    reader.json().await;
    reader
}

/// Takes other tokens beside those of the world, and waits until this one is answered so.
async fn take(world: &mut World, tokens: &str, secret: &str, status: u16) {
    world.daemon.configure(&Store::Embedded.lines(), &format!("{}{tokens}", config("")));
    world.daemon.signal(Signal::HUP);
    wait_for("the tokens to count", async || {
        (world.ask(Some(secret), "post", "/v1/reservations", RESERVE).await.0 == status).then_some(())
    })
    .await;
}

/// While two tokens bear one name both are good; the old one's end is the end of what it has open and of nothing else;
/// a token whose time comes ends in the middle of a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_takes_the_place_of_another() {
    let mut world = World::begin("").await;
    let old = token("shop", "old", &["sell:web"], "");
    let new = token("shop", "new", &["sell:web"], "");
    take(&mut world, &old, "old", 201).await;
    let mut before = enter(&world, "old").await;
    take(&mut world, &format!("{old}{new}"), "new", 201).await;
    let mut after = enter(&world, "new").await;
    for (reader, id) in [(&mut before, "by-old"), (&mut after, "by-new")] {
        reader.say(&format!(r#"{{"id":"{id}","reserve":{RESERVE}}}"#)).await;
        assert_eq!(reader.json().await["ok"]["state"], "reserved", "{id}");
    }
    take(&mut world, &new, "old", 401).await;
    assert_eq!(before.closed().await, 4501);
    after.say(&format!(r#"{{"id":"still","reserve":{RESERVE}}}"#)).await;
    assert_eq!(after.json().await["ok"]["state"], "reserved");
    let (_, history) = world.ask(Some("admin"), "get", "/v1/stock/A/history?warehouse=BER", "").await;
    for id in ["by-old", "by-new", "still"] {
        let changes = history["changes"].as_array().expect("changes");
        let change = changes.iter().find(|change| change["reservation"] == id);
        assert_eq!(change.map(|change| &change["actor"]), Some(&json!("shop")), "{id}: {history}");
    }
    let ends = token("shop", "new", &["sell:web"], "expires = \"2020-01-01T00:00:00Z\"");
    take(&mut world, &ends, "new", 401).await;
    assert_eq!(after.closed().await, 4501);
    world.daemon.audit().await;
}
