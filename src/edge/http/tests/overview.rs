//! How everything stands, told over the door.

use std::time::Duration;

use serde_json::{Value, json};

use super::shop::{Shop, token, visit, visit_with};

const HOUR_MS: i64 = 3_600_000;

/// Asks until what is followed beside the work is there.
async fn until(shop: &Shop, wanted: impl Fn(&Value) -> bool) -> Value {
    let looking = async {
        loop {
            let told = shop.get("/v1/overview").await.json();
            if wanted(&told) {
                return told;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looking).await.expect("an overview as wanted")
}

/// Every way of selling counts once, for its channel; what was sold is another day's after midnight, open orders are not.
#[test]
fn sales_count_once_and_for_their_day() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        shop.stock("HAM", "A", 9).await;
        let none = until(&shop, |told| told["sold_today"]["complete"] == true).await;
        assert_eq!((&none["sold_today"]["units"], &none["oldest_news"]), (&json!(0), &json!(null)));
        let order = json!({"order": "1", "channel": "web", "prices": "gross", "lines": [{"line": "1", "sku": "A", "quantity": 2,
            "unit_price": {"amount_minor": 100, "currency": "EUR"}}], "ship_to": {"country": "DE"}});
        for id in ["o-1", "o-2"] {
            assert_eq!(shop.post("/v1/orders", id, &order.to_string()).await.status, 201);
        }
        let held = r#"{"channel":"web","lines":[{"sku":"A","quantity":3}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r-1", held).await.status, 201);
        assert_eq!(shop.post("/v1/reservations/r-1/allocate", "p-1", "{}").await.status, 200);
        // A till hands out what it had let set aside: two of it promised already, one more.
        let held = r#"{"channel":"till","lines":[{"sku":"A","quantity":2}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r-2", held).await.status, 201);
        assert_eq!(shop.post("/v1/reservations/r-2/allocate", "p-2", "{}").await.status, 200);
        let sell = |more: Value| {
            let mut line = json!({"sku": "A", "kind": "sell", "channel": "till", "quantity": 3});
            line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"lines": [line]}).to_string()
        };
        for (id, more) in [
            ("s-1", json!({"reservation": "r-2"})),
            ("s-1", json!({"reservation": "r-2"})),
            ("s-2", json!({"occurred_at": "2026-11-22T18:00:00Z"})),
        ] {
            let sold = shop.post("/v1/warehouses/HAM/movements", id, &sell(more)).await.json();
            assert_eq!(sold["applied"], 1, "{sold}");
        }
        let gone = json!({"order": "2", "channel": "till", "prices": "gross", "lines": [{"line": "1", "sku": "A", "quantity": 1,
            "unit_price": {"amount_minor": 100, "currency": "EUR"}}],
            "fulfilled": {"warehouse": "HAM", "at": "2026-11-23T09:00:00Z"}});
        assert_eq!(shop.post("/v1/orders", "o-3", &gone.to_string()).await.status, 201);
        let told = until(&shop, |told| told["sold_today"]["units"] == 9).await;
        assert_eq!(told["sold_today"]["orders"], 2, "{told}");
        let of = |name: &str| {
            let channels = told["sold_today"]["channels"].as_array().unwrap();
            let channel = channels.iter().find(|channel| channel["channel"] == name).unwrap();
            (channel["units"].as_i64().unwrap(), channel["orders"].as_i64().unwrap())
        };
        assert_eq!((of("web"), of("till"), of("solo")), ((5, 1), (4, 1), (0, 0)));
        assert_eq!(told["orders_by_state"]["accepted"], 1, "{told}");
        assert_eq!(told["channels"].as_array().map(Vec::len), Some(5));
        shop.trial.pass(15 * HOUR_MS);
        let told = shop.get("/v1/overview").await.json();
        assert_eq!((&told["sold_today"]["units"], &told["sold_today"]["orders"]), (&json!(0), &json!(0)));
        assert_eq!(
            (&told["sold_today"]["complete"], &told["as_of"]),
            (&json!(true), &json!("2026-11-24T01:00:00Z"))
        );
        assert_eq!(told["orders_by_state"]["accepted"], 1, "{told}");
        assert_eq!(told["oldest_news"]["age_s"].as_i64(), Some(15 * 3_600), "{told}");
    });
}

/// SKUs are counted once however many channels they are short on; who confirmed longest ago is named.
#[test]
fn what_is_short_and_who_is_silent() {
    visit(|shop| async move {
        shop.stock("BER", "GONE", 1).await;
        shop.stock("BER", "FEW", 2).await;
        shop.stock("BER", "MANY", 50).await;
        let body = r#"{"channel":"web","lines":[{"sku":"GONE","quantity":1}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        let told = until(&shop, |told| told["sold_out"] == json!({"skus": 1, "low": 1})).await;
        let of = |told: &Value, name: &str| {
            let channels = told["channels"].as_array().unwrap();
            channels.iter().find(|channel| channel["channel"] == name).unwrap().clone()
        };
        let web = of(&told, "web");
        assert_eq!((&web["sold_out_skus"], &web["low_skus"]), (&json!(1), &json!(1)), "{web}");
        assert_eq!((&web["differing_skus"], &web["news"]["what"]), (&json!(null), &json!("reserved")));
        let market = until(&shop, |told| of(told, "market")["differing_skus"] == 3).await;
        assert_eq!(of(&market, "market")["oldest_difference_s"], 0, "{market}");
        shop.trial.pass(5_000);
        let body = r#"{"items":[{"sku":"MANY","available":50}]}"#;
        let path = "/v1/channels/market/acknowledged";
        assert_eq!(shop.call("PUT", path, "Idempotency-Key: a-1\r\n", body).await.status, 200);
        // It knows nothing of what was received an hour later.
        let count = r#"{"source":"erp","as_of":"2026-11-23T09:00:00Z","lines":[{"sku":"MANY","on_hand":0}]}"#;
        assert_eq!(shop.post("/v1/warehouses/BER/counts", "c-1", count).await.json()["applied"], 1);
        let told = shop.get("/v1/overview").await.json();
        let oldest = json!({"kind": "source", "name": "erp", "warehouse": "BER", "what": "count", "age_s": 3_605,
            "at": "2026-11-23T09:00:00Z"});
        assert_eq!(told["oldest_news"], oldest);
        assert_eq!(told["sources"].as_array().map(Vec::len), Some(1), "{told}");
        let market = of(&told, "market");
        assert_eq!((&market["differing_skus"], &market["news"]["what"]), (&json!(2), &json!("acknowledged")));
        assert_eq!((&market["oldest_difference_s"], &market["news"]["age_s"]), (&json!(5), &json!(0)));
    });
}

/// Whoever may read everything may read this, nobody else.
#[test]
fn the_overview_is_for_who_reads_all() {
    let tokens = |settings: &mut crate::config::Settings| {
        settings.tokens =
            vec![token("all", &["read:*"]), token("one", &["read:web", "fulfil:BER", "sell:web"])];
    };
    visit_with(tokens, |shop| async move {
        assert_eq!(shop.get_as("all", "/v1/overview").await.status, 200);
        assert_eq!(shop.get_as("one", "/v1/overview").await.status, 403);
        assert_eq!(shop.get("/v1/overview").await.status, 401);
        assert_eq!(shop.get_as("all", "/v1/overview?day=yesterday").await.status, 400);
    });
}
