//! A marketplace's connector: it asks what to publish, publishes, confirms, and is killed in between.

use std::collections::BTreeMap;

use lagerd::client::{Client, Method};
use serde_json::{Value, json};

use crate::amqp_talk::{Correspondent, broker};
use crate::feed_raw::Raw;
use crate::process::{Daemon, Store};
use crate::rabbit_server::shared;
use crate::talk::{ask, get, metric, receive};
use crate::wait::wait_for;

const MARKET: &str = r#"
[[warehouse]]
id = "BER"
[[channel]]
id = "market"
mode = "tells"
warehouses = ["BER"]
timezone = "Europe/Berlin"
changes_per_sku_per_day = 250
[[channel]]
id = "slow"
warehouses = ["BER"]
lag_buffer = 2
lag_after_s = 1
[[channel]]
id = "web"
warehouses = ["BER"]
"#;

async fn work(client: &mut Client, channel: &str) -> Value {
    let (status, work) = get(client, &format!("/v1/channels/{channel}/work")).await;
    assert_eq!(status, 200, "{work}");
    work
}

/// What a channel has to publish: sold out first, and here in order of SKU among what differs as long.
fn figures(work: &Value) -> Vec<(String, i64)> {
    let items = work["items"].as_array().expect("items").iter();
    let figure = |item: &Value| Some((item["sku"].as_str()?.to_owned(), item["available"].as_i64()?));
    let mut figures: Vec<_> = items.map(|item| figure(item).expect("a figure")).collect();
    assert!(figures.is_sorted_by_key(|(_, units)| *units > 0), "sold out first: {work}");
    figures.sort_by_key(|(sku, units)| (*units > 0, sku.clone()));
    figures
}

async fn until(client: &mut Client, channel: &str, expected: &[(&str, i64)]) {
    let expected: Vec<_> = expected.iter().map(|&(sku, units)| (sku.to_owned(), units)).collect();
    wait_for("work as it should be", async || {
        (figures(&work(client, channel).await) == expected).then_some(())
    })
    .await;
}

async fn confirm(client: &mut Client, channel: &str, id: &str, items: &Value) {
    let path = format!("/v1/channels/{channel}/acknowledged");
    let body = json!({ "items": items }).to_string();
    let (status, told) = ask(client, (Method::Put, &path), Some(id), Some(&body)).await;
    assert_eq!((status, &told["refused"]), (200, &json!(0)), "{told}");
}

/// What was confirmed over either door is known after a kill, and only the rest is work then; the audit holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmed_for_good() {
    let stores = [Some(Store::Embedded), Store::redis().await];
    for store in stores.into_iter().flatten() {
        let mut daemon = Daemon::start(&store.lines(), MARKET).await;
        let mut client = daemon.client();
        receive(&mut client, "BER", "in", &[("A", 5), ("B", 7), ("C", 9)]).await;
        until(&mut client, "market", &[("A", 5), ("B", 7), ("C", 9)]).await;
        confirm(&mut client, "market", "a-1", &json!([{"sku": "A", "available": 5}])).await;
        let mut socket = Raw::open(&daemon).await;
        let said = json!({"id": "a-2", "channel": "market", "acknowledge": {"items": [{"sku": "B", "available": 6}]}});
        socket.say(&said.to_string()).await;
        let told = socket.json().await;
        assert_eq!(told["ok"]["applied"], 1, "{told}");
        until(&mut client, "market", &[("B", 7), ("C", 9)]).await;
        daemon.kill().await;
        daemon.again().await;
        let mut client = daemon.client();
        until(&mut client, "market", &[("B", 7), ("C", 9)]).await;
        confirm(&mut client, "market", "a-3", &json!([{"sku": "C", "available": 9}])).await;
        let (_, stock) = get(&mut client, "/v1/stock/B").await;
        let channels = stock["channels"].as_array().expect("channels").iter();
        let shown: BTreeMap<_, _> = channels
            .map(|one| (one["channel"].as_str(), (one["published"].as_i64(), one["acknowledged"].as_i64())))
            .collect();
        assert_eq!(shown[&Some("market")], (Some(7), Some(6)), "{stock}");
        assert_eq!(shown[&Some("web")], (Some(7), None), "{stock}");
        confirm(&mut client, "market", "a-2", &json!([{"sku": "B", "available": 6}])).await;
        until(&mut client, "market", &[("B", 7)]).await;
        daemon.audit().await;
    }
}

/// A channel nobody publishes for falls behind, and shows less; a connector that comes finds all of it to do, and when it
/// has caught up the channel shows what there is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_and_back() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), MARKET).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 5), ("B", 2)]).await;
    until(&mut client, "slow", &[("B", 0), ("A", 3)]).await;
    assert_eq!(work(&mut client, "slow").await["lag_buffer"], 2);
    wait_for("the metric", async || {
        let behind = metric(&mut client, "lagerd_channel_lag_buffer").await > 1.0;
        let differing = metric(&mut client, "lagerd_channel_differing_skus").await >= 2.0;
        let old = metric(&mut client, "lagerd_channel_oldest_difference_seconds").await >= 1.0;
        (behind && differing && old).then_some(())
    })
    .await;
    // A connector at work: whatever it is told it publishes and confirms, until nothing is left and nothing kept back.
    let mut round = 0;
    wait_for("the channel to catch up", async || {
        let told = work(&mut client, "slow").await;
        let items: Vec<_> =
            figures(&told).into_iter().map(|(sku, units)| json!({"sku": sku, "available": units})).collect();
        if items.is_empty() {
            return (told["lag_buffer"] == 0).then_some(());
        }
        round += 1;
        confirm(&mut client, "slow", &format!("round-{round}"), &json!(items)).await;
        None
    })
    .await;
    let (_, stock) = get(&mut client, "/v1/stock/A").await;
    let slow = stock["channels"].as_array().expect("channels").iter().find(|one| one["channel"] == "slow");
    let slow = slow.expect("the channel");
    assert_eq!((&slow["available"], &slow["acknowledged"]), (&json!(5), &json!(5)), "{stock}");
    daemon.audit().await;
}

/// A connector that has nothing but the broker: it asks, publishes and confirms there until nothing is left, and is told
/// what HTTP tells. A question is answered anew, whatever its id; one that is none is dead, and who it is about must be
/// known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connector_on_the_broker_alone() {
    let Some(url) = shared().await else { return };
    let config = format!("{}{MARKET}", broker(&url));
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &config).await;
    let mut connector = Correspondent::begin(&url).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("A", 5), ("B", 7), ("C", 9)]).await;
    until(&mut client, "market", &[("A", 5), ("B", 7), ("C", 9)]).await;
    let two = json!({"work": {"limit": 2}, "channel": "market"});
    let first = connector.tell("w-1", &two).await;
    assert_eq!(figures(&first).len(), 2, "{first}");
    let mut published = BTreeMap::new();
    for round in 0.. {
        let work = connector.tell("w-1", &two).await;
        if work["items"] == json!([]) {
            assert_eq!((&work["differing"], round), (&json!(0), 2), "{work}");
            break;
        }
        published.extend(figures(&work));
        let items: Vec<_> =
            figures(&work).into_iter().map(|(sku, units)| json!({"sku": sku, "available": units})).collect();
        let confirm = json!({"acknowledge": {"items": items}, "channel": "market"});
        assert_eq!(connector.tell(&format!("a-{round}"), &confirm).await["refused"], 0);
        // Confirmed is confirmed once the channel's view has it.
        let still = 3 - published.len();
        wait_for("what was confirmed to be work no more", async || {
            (figures(&self::work(&mut client, "market").await).len() == still).then_some(())
        })
        .await;
    }
    assert_eq!(published, BTreeMap::from([("A".to_owned(), 5), ("B".to_owned(), 7), ("C".to_owned(), 9)]));
    let unknown = connector.ask("w-2", &json!({"work": {}, "channel": "nowhere"})).await;
    assert_eq!(unknown["refused"]["code"], "unknown_channel", "{unknown}");
    let none = connector.ask("w-3", &json!({"work": {"limit": 0}, "channel": "market"})).await;
    assert_eq!(none["refused"]["code"], "invalid", "{none}");
    assert_eq!(connector.dead().await.id.as_deref(), Some("w-3"));
    daemon.audit().await;
}
