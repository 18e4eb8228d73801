//! What a channel has to publish, and what it confirms.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::shop::{Answer, Shop, token, visit, visit_with};

const WORK: &str = "/v1/channels/market/work";
const DAY_MS: i64 = 86_400_000;

async fn confirm(shop: &Shop, id: &str, items: Value) -> Answer {
    let body = json!({ "items": items }).to_string();
    let id = format!("Idempotency-Key: {id}\r\n");
    shop.call("PUT", "/v1/channels/market/acknowledged", &id, &body).await
}

/// Asks for work until it is as it should be: what a channel shows follows what was confirmed, a moment later.
async fn work(shop: &Arc<Shop>, what: &str, is_right: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let work = shop.get(WORK).await.json();
        if is_right(&work) {
            return work;
        }
        assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}: {work}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn figures(work: &Value) -> Vec<(String, i64)> {
    let items = work["items"].as_array().expect("items").iter();
    items
        .map(|item| (item["sku"].as_str().unwrap().to_owned(), item["available"].as_i64().unwrap()))
        .collect()
}

fn are(work: &Value, expected: &[(&str, i64)]) -> bool {
    figures(work).iter().map(|(sku, units)| (sku.as_str(), *units)).eq(expected.iter().copied())
}

/// What differs is work, sold out first; what was confirmed is none any more, is told beside what is published, and outlives
/// the daemon.
#[test]
fn work_is_what_is_not_confirmed() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        shop.stock("BER", "BB", 7).await;
        work(&shop, "two SKUs", |work| are(work, &[("A", 5), ("BB", 7)])).await;
        let body = r#"{"channel":"market","cart":"c","lines":[{"sku":"BB","quantity":7}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        let told = work(&shop, "sold out first", |work| are(work, &[("BB", 0), ("A", 5)])).await;
        assert_eq!((&told["differing"], &told["items"][0]["acknowledged"]), (&json!(2), &Value::Null));
        assert_eq!(
            shop.get(&format!("{WORK}?limit=1")).await.json()["items"].as_array().map(Vec::len),
            Some(1)
        );
        let answer =
            confirm(&shop, "a-1", json!([{"sku":"BB","available":0},{"sku":"A","available":4}])).await;
        assert_eq!(answer.json()["applied"], 2, "{answer:?}");
        let told = work(&shop, "what is still wrong", |work| are(work, &[("A", 5)])).await;
        assert_eq!(
            (&told["items"][0]["acknowledged"], &told["items"][0]["changes_today"]),
            (&json!(4), &json!(1))
        );
        let stock = shop.get("/v1/stock/A").await.json();
        let channel = |id: &str| {
            let channels = stock["channels"].as_array().unwrap().iter();
            channels.clone().find(|channel| channel["channel"] == id).unwrap().clone()
        };
        let market = channel("market");
        assert_eq!(
            (&market["available"], &market["published"], &market["acknowledged"]),
            (&json!(5), &json!(5), &json!(4))
        );
        assert_eq!(channel("till")["published"], Value::Null, "the till does not have it: {stock}");
        assert_eq!(channel("web")["acknowledged"], Value::Null);
        let refused = shop.get("/v1/channels/nobody/work").await;
        assert_eq!((refused.status, refused.code().as_str()), (404, "unknown_channel"));
    });
}

/// Each item has its verdict; a bad one harms no other, and a resend changes nothing.
#[test]
fn items_are_judged_one_by_one() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        let items = json!([
            {"sku":"A","available":5,"at":"2026-11-23T09:59:00Z"},
            {"sku":"NOBODY","available":1},
            {"sku":"A","available":-1},
            {"sku":"A"},
            {"sku":"A","available":4,"at":"2026-11-23T11:00:00Z"},
            {"sku":"A","available":9,"at":"2026-11-23T09:58:00Z"},
        ]);
        for _ in 0..2 {
            let told = confirm(&shop, "a-1", items.clone()).await.json();
            let results = told["results"].as_array().unwrap();
            let verdicts: Vec<_> = results
                .iter()
                .map(|one| one["code"].as_str().or(one["status"].as_str()).unwrap().to_owned())
                .collect();
            assert_eq!(verdicts, ["applied", "unknown_sku", "invalid", "invalid", "invalid", "applied"]);
            assert!(results[4]["detail"].as_str().unwrap().starts_with("items[4].at: lies ahead"), "{told}");
            assert!(results[2]["detail"].as_str().unwrap().starts_with("items[2].available"), "{told}");
        }
        work(&shop, "nothing to do", |work| work["differing"] == 0).await;
        let none = confirm(&shop, "a-2", json!([])).await;
        assert_eq!((none.status, &none.json()["path"]), (422, &json!("items")));
        let other = confirm(&shop, "a-1", json!([{"sku":"A","available":6}])).await;
        assert_eq!(other.json()["results"][0]["code"], "idempotency_conflict");
    });
}

/// A SKU that has used up its day waits for the next, and "sold out" has a change left.
#[test]
fn a_quota_is_kept() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        for change in 0..9 {
            let item = json!([{"sku":"A","available":if change % 2 == 0 { 4 } else { 3 }}]);
            confirm(&shop, &format!("a-{change}"), item).await;
        }
        let told = work(&shop, "a used-up quota", |work| work["withheld"]["count"] == 1).await;
        assert!(are(&told, &[]), "{told}");
        assert_eq!(told["withheld"]["until"], "2026-11-24T00:00:00Z");
        assert_eq!(told["withheld"]["items"][0]["changes_today"], 9);
        let body = r#"{"channel":"market","cart":"c","ttl_s":7200,"lines":[{"sku":"A","quantity":5}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        work(&shop, "the last change", |work| are(work, &[("A", 0)])).await;
        confirm(&shop, "a-9", json!([{"sku":"A","available":0}])).await;
        shop.stock("BER", "A", 2).await;
        work(&shop, "no change left", |work| are(work, &[]) && work["withheld"]["count"] == 1).await;
        shop.trial.pass(DAY_MS);
        work(&shop, "a new day", |work| !are(work, &[]) && work["withheld"]["count"] == 0).await;
    });
}

/// A channel that is behind keeps units back of what it shows, not of what may be claimed, and gives them back.
#[test]
fn units_are_kept_back_from_a_channel_that_is_behind() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        work(&shop, "something to publish", |work| are(work, &[("A", 5)])).await;
        shop.trial.pass(60_000);
        let told = work(&shop, "units kept back", |work| are(work, &[("A", 3)])).await;
        assert_eq!(told["lag_buffer"], 2, "{told}");
        assert!(told["oldest_age_s"].as_i64().unwrap() >= 60, "{told}");
        let body = r#"{"channel":"market","cart":"c","lines":[{"sku":"A","quantity":5}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        assert_eq!(shop.call("DELETE", "/v1/reservations/r", "", "").await.status, 200);
        work(&shop, "what is shown as before", |work| are(work, &[("A", 3)])).await;
        confirm(&shop, "a-1", json!([{"sku":"A","available":3}])).await;
        let told = work(&shop, "units given back", |work| are(work, &[("A", 5)])).await;
        assert_eq!(told["lag_buffer"], 0, "{told}");
        confirm(&shop, "a-2", json!([{"sku":"A","available":5}])).await;
        work(&shop, "nothing to do", |work| work["differing"] == 0).await;
    });
}

/// Only who sells on a channel may see its work and confirm.
#[test]
fn work_is_for_who_sells() {
    let tokens =
        [token("shop", &["sell:market"]), token("page", &["read:market"]), token("other", &["sell:web"])];
    let change = |settings: &mut crate::config::Settings| settings.tokens = tokens.to_vec();
    visit_with(change, |shop| async move {
        for (who, status) in [("shop", 200), ("page", 403), ("other", 403)] {
            assert_eq!(shop.get_as(who, WORK).await.status, status, "{who}");
            let headers = format!("Authorization: Bearer {who}\r\n");
            let body = r#"{"items":[{"sku":"A","available":1}]}"#;
            let told = shop.call("PUT", "/v1/channels/market/acknowledged", &headers, body).await;
            assert_eq!(told.status, status, "{who}: {told:?}");
        }
    });
}
