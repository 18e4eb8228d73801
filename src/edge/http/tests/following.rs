//! Pick lists, and the page a buyer follows an order on.

use serde_json::{Value, json};

use super::documents::{placed, shipped};
use super::shop::{Answer, Shop, visit};

async fn card(shop: &Shop, sku: &str, title: &str, bin: Option<&str>) {
    let bins = bin.map_or(json!({}), |bin| json!({ "BER": bin }));
    let body = json!({"title": title, "gtin": "4006381333931", "bins": bins}).to_string();
    let set = shop
        .call("PUT", &format!("/v1/items/{sku}"), &format!("Idempotency-Key: card-{sku}\r\n"), &body)
        .await;
    assert_eq!(set.status, 200, "{set:?}");
}

/// Open work is batched, the most urgent first, and sorted by bin; what is shipped is not on it; on paper it says the
/// same.
#[test]
fn work_is_listed_by_bin() {
    visit(|shop| async move {
        for (sku, title, bin) in
            [("TEE", "T-shirt", Some("A-10")), ("MUG", "Mug", Some("A-9")), ("CAP", "Cap", None)]
        {
            card(&shop, sku, title, bin).await;
            let line = json!({"lines": [{"sku": sku, "kind": "receive", "quantity": 20}]}).to_string();
            shop.post("/v1/warehouses/BER/movements", &format!("in-{sku}"), &line).await;
        }
        shipped(&shop, "o-0", "TEE", 1).await;
        for (number, sku, units) in
            [("o-1", "CAP", 1), ("o-2", "TEE", 2), ("o-3", "MUG", 3), ("o-4", "TEE", 4)]
        {
            placed(&shop, number, sku, units).await;
        }
        let lists = shop.get("/v1/warehouses/BER/pick-lists").await.json();
        let list = &lists["lists"][0];
        let bins: Vec<_> = list["lines"].as_array().unwrap().iter().map(|line| line["bin"].clone()).collect();
        assert_eq!(bins, [json!("A-9"), json!("A-10"), Value::Null], "{lists}");
        assert_eq!((&list["units"], &lists["left"]), (&json!(10), &json!(0)));
        let tees = &list["lines"][1];
        assert_eq!(
            (&tees["quantity"], &tees["title"], &tees["gtin"]),
            (&json!(6), &json!("T-shirt"), &json!("4006381333931"))
        );
        assert_eq!(tees["for"].as_array().map(Vec::len), Some(2), "{tees}");
        let orders: Vec<_> =
            list["boxes"].as_array().unwrap().iter().map(|one| one["order"].clone()).collect();
        assert_eq!(orders.len(), 4, "{orders:?}");
        assert!(!orders.contains(&json!("o-0")));
        let small = shop.get("/v1/warehouses/BER/pick-lists?size=1&limit=3").await.json();
        assert_eq!(
            (small["lists"].as_array().map(Vec::len), &small["left"]),
            (Some(3), &json!(1)),
            "{small}"
        );
        let head = "GET /v1/warehouses/BER/pick-lists HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: text/plain\r\n\r\n";
        let paper = shop.send(head, b"").await;
        assert_eq!(paper.header("content-type"), Some("text/plain; charset=utf-8"));
        for there in [
            "Pick list 1 of 1   BER BER 1",
            "4 boxes, 10 units",
            "[ ] A-9 ",
            "T-shirt",
            "order o-3 on web, 3 units",
        ] {
            assert!(paper.body.contains(there), "{there} is missing in {}", paper.body);
        }
        assert_eq!(shop.get("/v1/warehouses/NO/pick-lists").await.code(), "unknown_warehouse");
        let none = shop.get("/v1/warehouses/HAM/pick-lists").await.json();
        assert_eq!(none["lists"], json!([]));
    });
}

async fn page(shop: &Shop, path: &str, headers: &str) -> Answer {
    shop.send(&format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n"), b"").await
}

fn guarded(answer: &Answer) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{answer:?}");
    }
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
}

/// A buyer sees where the order is, what is wrong with its delivery and nobody's name; staff see everything that
/// happened.
#[test]
fn a_buyer_follows_the_order() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let id = shipped(&shop, "o-1", "TEE-M", 2).await;
        let link =
            shop.get("/v1/orders/o-1?channel=web").await.json()["tracking"].as_str().unwrap().to_owned();
        let seen = page(&shop, &link, "Accept-Language: de-DE,de;q=0.9\r\n").await;
        assert_eq!(
            (seen.status, seen.header("content-type")),
            (200, Some("text/html; charset=utf-8")),
            "{seen:?}"
        );
        guarded(&seen);
        for there in
            ["<h1>Bestellung o-1</h1>", "Ihre Bestellung ist unterwegs.", "00340434161094000001", "dhl"]
        {
            assert!(seen.body.contains(there), "{there} is missing in {}", seen.body);
        }
        assert!(!seen.body.contains("Beispiel") && !seen.body.contains("10115"), "{}", seen.body);
        let part = format!("/v1/fulfilments/{id}-f1/carrier");
        let event = r#"{"event":"exception","reason":"nobody was there"}"#;
        let told = shop.post(&part, "x-1", event).await;
        assert_eq!(told.status, 200, "{told:?}");
        let seen = page(&shop, &link, "").await;
        assert!(seen.body.contains("The carrier could not deliver: nobody was there"), "{}", seen.body);
        for json in [
            page(&shop, &format!("{link}?format=json"), "").await,
            page(&shop, &link, "Accept: application/json\r\n").await,
        ] {
            guarded(&json);
            let parcel = json.json()["parcels"][0].clone();
            assert_eq!((&parcel["state"], &parcel["units"]), (&json!("exception"), &json!(2)), "{json:?}");
            assert!(!json.body.contains("Beispiel"), "{json:?}");
        }
        let timeline = shop.get("/v1/orders/o-1/tracking?channel=web").await.json();
        let facts: Vec<_> = timeline["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["fact"].as_str().unwrap())
            .collect();
        for fact in ["order_received", "fulfilment_requested", "fulfilment_shipped", "delivery_exception"] {
            assert!(facts.contains(&fact), "{fact} is missing in {facts:?}");
        }
    });
}

/// A wrong token, an unknown order and one whose contact was erased are answered alike, without a word of which it was.
#[test]
fn links_that_lead_nowhere_look_alike() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let id = shipped(&shop, "o-1", "TEE-M", 1).await;
        let link =
            shop.get("/v1/orders/o-1?channel=web").await.json()["tracking"].as_str().unwrap().to_owned();
        let right = link.strip_prefix(&format!("/track/{id}.")).unwrap().to_owned();
        let mut seen = Vec::new();
        for path in [
            format!("/track/{id}.{}", right.replace(right.chars().next().unwrap(), "_")),
            format!("/track/{id}."),
            format!("/track/{id}"),
            format!("/track/07-00000000000000000000000000.{right}"),
            "/track/no%20id.x".to_owned(),
        ] {
            seen.push(page(&shop, &path, "").await);
        }
        let erased = shop
            .post("/v1/privacy/erase", "e-1", r#"{"orders":[{"channel":"web","order":"o-1"}],"force":true}"#)
            .await;
        assert_eq!(erased.json()["applied"], 1, "{erased:?}");
        seen.push(page(&shop, &link, "").await);
        for answer in &seen {
            guarded(answer);
            assert_eq!((answer.status, &answer.body), (404, &seen[0].body));
        }
        let json = page(&shop, &link, "Accept: application/json\r\n").await;
        assert_eq!((json.status, json.code().as_str()), (404, "unknown_token"));
        guarded(&json);
    });
}

/// A link ends with the time its order's contact is kept, whether anybody has come by to erase it or not.
#[test]
fn links_end_with_the_contact() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let id = shipped(&shop, "o-1", "TEE-M", 1).await;
        let link =
            shop.get("/v1/orders/o-1?channel=web").await.json()["tracking"].as_str().unwrap().to_owned();
        shop.post(&format!("/v1/fulfilments/{id}-f1/deliver"), "d-1", "{}").await;
        shop.trial.pass(29 * 86_400_000);
        assert_eq!(page(&shop, &link, "").await.status, 200);
        shop.trial.pass(2 * 86_400_000);
        assert_eq!(page(&shop, &link, "").await.status, 404);
    });
}
