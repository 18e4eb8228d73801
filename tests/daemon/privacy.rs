//! What is known of a person: in one place, told to whom it concerns, and gone when it is erased.

use std::path::Path;

use lagerd::client::{Client, Method, Request};
use serde_json::{Value, json};

use crate::feed_raw::Raw;
use crate::process::{Daemon, Store};
use crate::talk::{get, post, receive};

/// Two warehouses, so that an order can be routed again, and a channel that says whom to turn to.
const SHOP: &str = r#"
[[warehouse]]
id = "BER"
[[warehouse]]
id = "HAM"
[[channel]]
id = "web"
warehouses = ["BER", "HAM"]
support = { name = "Help", email = "help@shop.example" }
"#;

/// In every text about a person, and nowhere else.
const CANARY: &str = "zqCanary";

/// An address with the canary in every field that takes a text, and numbers nobody else has.
fn person(of: &str) -> Value {
    let text = |field: &str| format!("{CANARY}-{of}-{field}");
    json!({
        "country": "DE", "postal_code": "1088zqC", "name": text("name"), "company": text("company"),
        "street": text("street"), "street2": text("street2"), "city": text("city"), "region": text("region"),
        "email": format!("{CANARY}-{of}@example.com"), "phone": "+49 30 90210 90210", "vat_id": text("vat"),
        "note": text("note"),
    })
}

fn order(number: &str) -> String {
    let body = json!({
        "order": number, "channel": "web", "method": "ship", "ship_to": person("ship"), "bill_to": person("bill"),
        "lines": [{"line": "1", "sku": "TEE", "quantity": 2}], "payment": {"state": "authorised"},
    });
    body.to_string()
}

/// What is of the person in a text; the two characters of the postal code that routing needs are not.
fn found(text: &str) -> Option<&'static str> {
    [CANARY, "1088zqC", "90210", "9021090210"].into_iter().find(|secret| text.contains(secret))
}

fn clean(what: &str, text: &str) {
    assert_eq!(found(text), None, "{what} tells of the person: {text}");
}

/// Whether a file below a folder holds the canary.
fn on_disk(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.into_iter().any(|path| {
        if path.is_dir() {
            return on_disk(&path);
        }
        // A file may go while it is looked at.
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes())
    })
}

async fn text(client: &mut Client, path: &str) -> String {
    let request = Request { method: Method::Get, path, id: None, body: None };
    let connection = client.connection();
    connection.send(&request).await.unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(connection.body()).into_owned()
}

/// Everything that answers a reader, of these orders.
async fn all_answers(client: &mut Client, orders: &[&str]) {
    let mut paths: Vec<String> = [
        "/v1/orders",
        "/v1/orders?archived=true",
        "/v1/fulfilments",
        "/v1/returns",
        "/v1/transfers",
        "/v1/inbound",
        "/v1/warehouses/BER/pick-lists",
        "/v1/warehouses/HAM/pick-lists",
        "/v1/stock",
        "/v1/stock/TEE",
        "/v1/stock/TEE/history?warehouse=BER",
        "/v1/stock/TEE/history?warehouse=HAM",
        "/v1/items/TEE",
        "/v1/channels/web/availability?sku=TEE",
        "/metrics",
        "/readyz",
        "/livez",
    ]
    .map(str::to_owned)
    .into();
    for order in orders {
        for part in ["?timeline=true", "/explain", "/tracking"] {
            paths.push(format!("/v1/orders/{order}{part}"));
        }
        let (_, known) = get(client, &format!("/v1/orders/{order}")).await;
        if let Some(link) = known["tracking"].as_str() {
            paths.extend([link.to_owned(), format!("{link}?format=json")]);
        }
        for part in known["fulfilments"].as_array().into_iter().flatten() {
            paths.push(format!("/v1/fulfilments/{}", part["fulfilment"].as_str().unwrap_or_default()));
        }
    }
    for path in paths {
        clean(&path, &text(client, &path).await);
    }
}

async fn done(client: &mut Client, path: &str, id: &str, body: &str) -> Value {
    let (status, answer) = post(client, path, id, body).await;
    assert!(status < 300, "{path}: {status} {answer}");
    clean(path, &answer.to_string());
    answer
}

fn part_of(order: &Value, warehouse: &str) -> String {
    let parts = order["fulfilments"].as_array().expect("fulfilments").iter();
    let mut open = parts.filter(|part| part["warehouse"] == warehouse && part["state"] == "requested");
    open.next().unwrap_or_else(|| panic!("no fulfilment at {warehouse}: {order}"))["fulfilment"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Orders with a person in every field, through both doors: placed twice, changed, wrong, accepted, rejected and routed
/// again, cut off in the middle. Until they are erased the person is in the store's files and in what only the privacy
/// door tells; afterwards nowhere, once the store has written its files anew.
async fn a_person_passes(store: Store) {
    let mut daemon = Daemon::start(&store.lines(), SHOP).await;
    let mut client = daemon.patient();
    for warehouse in ["BER", "HAM"] {
        receive(&mut client, warehouse, &format!("opening-{warehouse}"), &[("TEE", 50)]).await;
    }
    let first = done(&mut client, "/v1/orders", "p-1", &order("o-1")).await;
    done(&mut client, "/v1/orders", "p-1", &order("o-1")).await;
    let mut socket = Raw::open(&daemon).await;
    socket.say(&format!("{{\"id\":\"p-2\",\"place_order\":{}}}", order("o-2"))).await;
    let told = socket.json().await;
    assert!(told.get("ok").is_some(), "{told}");
    clean("the feed", &told.to_string());
    // What is wrong is told without what was sent, whichever field it is in.
    for (number, wrong) in
        [("o-3", json!({"country": CANARY})), ("o-4", json!({"country": "DE", CANARY: CANARY}))]
    {
        let body = json!({"order": number, "channel": "web", "ship_to": wrong, "lines": [{"line": "1", "sku": "TEE", "quantity": 1}]});
        let (status, answer) = post(&mut client, "/v1/orders", number, &body.to_string()).await;
        assert!(status >= 400, "{answer}");
        let text = answer.to_string();
        assert!(number == "o-4" || found(&text).is_none(), "{text}");
    }
    let moved = json!({"ship_to": person("moved")}).to_string();
    done(&mut client, "/v1/orders/o-1/address", "a-1", &moved).await;
    let rejected = part_of(&first, "BER");
    done(&mut client, &format!("/v1/fulfilments/{rejected}/reject"), "j-1", r#"{"reason":"no time"}"#).await;
    let (_, again) = get(&mut client, "/v1/orders/o-1").await;
    let part = part_of(&again, "HAM");
    done(&mut client, &format!("/v1/fulfilments/{part}/accept"), "c-1", "{}").await;
    done(&mut client, "/v1/orders/o-2/reroute", "u-1", r#"{"exclude":["BER"]}"#).await;
    all_answers(&mut client, &["o-1", "o-2"]).await;
    assert!(on_disk(&daemon.path("")) || matches!(store, Store::Redis(_)), "the person was never stored");

    daemon.kill().await;
    daemon.again().await;
    let mut client = daemon.patient();
    all_answers(&mut client, &["o-1", "o-2"]).await;
    let both = r#"{"orders":[{"channel":"web","order":"o-1"},{"channel":"web","order":"o-2"}]"#;
    let (_, told) = post(&mut client, "/v1/privacy/export", "x-1", &format!("{both}}}")).await;
    assert_eq!(told["orders"][0]["contact"]["ship_to"], person("moved"), "{told}");
    assert_eq!(told["orders"][0]["contact"]["bill_to"], person("bill"), "{told}");
    assert_eq!(told["orders"][1]["contact"]["ship_to"], person("ship"), "{told}");
    let erased = done(&mut client, "/v1/privacy/erase", "e-1", &format!("{both},\"force\":true}}")).await;
    assert_eq!(erased["applied"], 2, "{erased}");
    let (_, told) = post(&mut client, "/v1/privacy/export", "x-2", &format!("{both}}}")).await;
    clean("the export of what was erased", &told.to_string());
    all_answers(&mut client, &["o-1", "o-2"]).await;

    daemon.kill().await;
    daemon.again().await;
    let mut client = daemon.patient();
    all_answers(&mut client, &["o-1", "o-2"]).await;
    clean("the log", &daemon.log());
    daemon.audit().await;
    for shard in 0..16 {
        let (code, journal) =
            daemon.run(&["inspect", "journal", &format!("d:{shard:02}"), "--limit", "500"]).await;
        assert_eq!(code, Some(0), "{journal}");
        clean("a desk's journal", &journal);
    }
    let (code, said) = daemon.run(&["compact"]).await;
    assert_eq!(code, Some(0), "{said}");
    let folder = match &store {
        Store::Embedded => daemon.path(""),
        Store::Redis(server) => server.append_file().parent().expect("a folder").to_owned(),
    };
    assert!(!on_disk(&folder), "what was erased is still on the disk");
    assert!(!on_disk(&daemon.path("")), "what was erased is still beside the daemon");
}

/// On the embedded store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    a_person_passes(Store::Embedded).await;
}

/// On a real Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis() {
    let Some(store) = Store::redis().await else { return };
    a_person_passes(store).await;
}
