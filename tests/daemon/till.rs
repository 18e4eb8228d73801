//! Tills that tell late, counts that come late and twice, and stores whose figures are wrong.

use jiff::{SignedDuration, Timestamp};
use lagerd::client::{Client, Method};
use serde_json::{Value, json};

use crate::process::{Daemon, Store};
use crate::talk::{ask, figures, get, post, receive, wish};

const SHOP: &str = r#"
[[warehouse]]
id = "BER"
[[warehouse]]
id = "POTS"
kind = "store"
[[channel]]
id = "web"
warehouses = ["BER", "POTS"]
[[channel]]
id = "till"
mode = "tells"
warehouses = ["POTS"]
"#;

fn hours_ago(hours: i64) -> String {
    Timestamp::now().checked_sub(SignedDuration::from_hours(hours)).expect("a time").to_string()
}

/// The only verdict of a batch of one line.
async fn book(client: &mut Client, path: &str, id: &str, body: &Value) -> Value {
    let (status, answer) = post(client, path, id, &body.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    answer["results"][0].clone()
}

async fn sell(client: &mut Client, id: &str, quantity: i64, at: &str) -> Value {
    let line =
        json!({"sku": "TEE", "kind": "sell", "channel": "till", "quantity": quantity, "occurred_at": at});
    book(client, "/v1/warehouses/POTS/movements", id, &json!({"lines": [line]})).await
}

async fn count(client: &mut Client, id: &str, source: &str, on_hand: i64, at: &str) -> Value {
    let lines = json!([{"sku": "TEE", "on_hand": on_hand}]);
    let body = json!({"source": source, "as_of": at, "lines": lines});
    book(client, "/v1/warehouses/POTS/counts", id, &body).await
}

/// A till was offline while the store was counted. What the count had seen moves nothing when it is told late; what
/// came after the count does. Told twice is told once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_late() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), SHOP).await;
    let mut client = daemon.client();
    let line = json!({"sku": "TEE", "kind": "receive", "quantity": 10, "occurred_at": hours_ago(6)});
    book(&mut client, "/v1/warehouses/POTS/movements", "in", &json!({"lines": [line]})).await;
    let (counted_at, before, after) = (hours_ago(2), hours_ago(3), hours_ago(1));
    assert_eq!(count(&mut client, "count", "stocktaking", 7, &counted_at).await["status"], "applied");
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (7, 0, 0));

    let seen = sell(&mut client, "offline-1", 3, &before).await;
    assert_eq!((&seen["covered"], &seen["on_hand"]), (&json!(true), &json!(7)), "{seen}");
    let unseen = sell(&mut client, "offline-2", 1, &after).await;
    assert_eq!((&unseen["covered"], &unseen["on_hand"]), (&Value::Null, &json!(6)), "{unseen}");
    daemon.kill().await;
    daemon.again().await;
    for (id, quantity, at, first) in [("offline-1", 3, &before, &seen), ("offline-2", 1, &after, &unseen)] {
        let again = sell(&mut client, id, quantity, at).await;
        assert_eq!((&again["status"], &again["covered"]), (&first["status"], &first["covered"]), "{again}");
    }
    let other = sell(&mut client, "offline-2", 2, &after).await;
    assert_eq!(other["code"], "idempotency_conflict", "{other}");
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (6, 0, 0));
    daemon.audit().await;
}

/// Counts that come late, twice, from the future, or with another figure for the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), SHOP).await;
    let mut client = daemon.client();
    let at = hours_ago(2);
    assert_eq!(count(&mut client, "c-1", "erp", 7, &at).await["status"], "applied");
    let line = json!({"sku": "TEE", "kind": "receive", "quantity": 2});
    book(&mut client, "/v1/warehouses/POTS/movements", "in", &json!({"lines": [line]})).await;
    for (id, source, figure, at, verdict) in [
        ("c-1", "erp", 7, at.clone(), Value::Null),
        ("c-2", "erp", 7, at.clone(), Value::Null),
        ("c-3", "erp", 8, at.clone(), json!("stale_count")),
        ("c-4", "wms", 7, at.clone(), json!("stale_count")),
        ("c-5", "wms", 3, hours_ago(3), json!("stale_count")),
        ("c-6", "wms", 3, hours_ago(49), json!("stale_count")),
        ("c-7", "wms", 3, hours_ago(-1), json!("stale_count")),
        ("c-1", "erp", 9, at.clone(), json!("idempotency_conflict")),
    ] {
        let told = count(&mut client, id, source, figure, &at).await;
        assert_eq!(told["code"], verdict, "{id}: {told}");
        assert_eq!(figures(&mut client, "TEE", "POTS").await, (9, 0, 0), "{id}");
    }
    let now = count(&mut client, "c-8", "wms", 4, &hours_ago(1)).await;
    assert_eq!((&now["status"], &now["on_hand"]), (&json!("applied"), &json!(6)), "{now}");
    daemon.audit().await;
}

/// A sale is never refused, a negative figure is kept as told, and neither takes units off another place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn negative_store() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), SHOP).await;
    let mut client = daemon.client();
    receive(&mut client, "BER", "in", &[("TEE", 5)]).await;
    let gone = sell(&mut client, "s-1", 4, &hours_ago(1)).await;
    assert_eq!(gone["on_hand"], -4, "{gone}");
    let available = client.availability("web", &["TEE"]).await.expect("availability");
    assert_eq!(available[0].available, 5);
    let told = count(&mut client, "c-1", "erp", -2, &Timestamp::now().to_string()).await;
    assert_eq!(told["status"], "applied", "{told}");
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (-2, 0, 0));
    client.reserve("r-1", &wish("web", "", &[("TEE", 5)])).await.expect("five units");
    let refused = client.reserve("r-2", &wish("web", "", &[("TEE", 1)])).await.expect_err("none left");
    assert_eq!(refused.code(), Some("insufficient_stock"));
    let (_, stock) = get(&mut client, "/v1/stock/TEE").await;
    let of = |channel: &str| {
        let rows = stock["channels"].as_array().expect("channels");
        rows.iter().find(|row| row["channel"] == channel).map(|row| row["available"].clone())
    };
    assert_eq!((of("web"), of("till")), (Some(json!(0)), Some(json!(0))), "{stock}");
    daemon.kill().await;
    daemon.again().await;
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (-2, 0, 0));
    assert_eq!(figures(&mut client, "TEE", "BER").await, (5, 5, 0));
    daemon.audit().await;
}

/// A till that sells what it had reserved ends the hold with the sale, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sale_ends_its_hold() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), SHOP).await;
    let mut client = daemon.client();
    receive(&mut client, "POTS", "in", &[("TEE", 5)]).await;
    client.reserve("hold", &wish("till", "", &[("TEE", 2)])).await.expect("two units");
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (5, 2, 0));
    let line = json!({"sku": "TEE", "kind": "sell", "channel": "till", "quantity": 2, "reservation": "hold"});
    for _ in 0..2 {
        let told =
            book(&mut client, "/v1/warehouses/POTS/movements", "sale", &json!({"lines": [line]})).await;
        assert_eq!((&told["status"], &told["on_hand"]), (&json!("applied"), &json!(3)), "{told}");
    }
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (3, 0, 0));
    let (status, ended) = get(&mut client, "/v1/reservations/hold").await;
    assert_eq!((status, &ended["state"]), (200, &json!("shipped")), "{ended}");
    let (status, _) = ask(&mut client, (Method::Delete, "/v1/reservations/hold"), Some("late"), None).await;
    assert_eq!(status, 200);
    assert_eq!(figures(&mut client, "TEE", "POTS").await, (3, 0, 0));
    daemon.audit().await;
}
