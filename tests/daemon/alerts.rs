//! Alerts from outside: what crossed a line stands once in a SKU's history and once in the list, through kills too.

use lagerd::client::Method;
use serde_json::{Value, json};

use crate::orders_words::Story;
use crate::process::Store;
use crate::talk::{ask, wish};

const SHOP: &str = r#"
[limits]
restart_grace_s = 0
[[warehouse]]
id = "BER"
low_stock = 2
[[channel]]
id = "web"
warehouses = ["BER"]
"#;

impl Story {
    /// Sets policies of one SKU.
    async fn limit(&mut self, line: &Value) {
        let (path, body) = ("/v1/warehouses/BER/policies", json!({"lines": [line]}).to_string());
        let id = self.id();
        let (status, told) = ask(&mut self.client, (Method::Put, path), Some(&id), Some(&body)).await;
        assert_eq!((status, &told["results"][0]["status"]), (200, &json!("applied")), "{told}");
    }

    /// The crossings in a SKU's history, oldest first.
    async fn crossed(&mut self, sku: &str) -> Vec<Value> {
        let history = self.see(&format!("/v1/stock/{sku}/history?warehouse=BER")).await;
        let changes = history["changes"].as_array().expect("changes").iter().rev();
        let crossings = changes.filter(|change| change["crossed"].is_object());
        let shown = |change: &Value| {
            assert_eq!((&change["change"], &change["before"]), (&json!(0), &change["after"]), "{change}");
            json!([change["fact"], change["crossed"]["figure"], change["crossed"]["limit"]])
        };
        crossings.map(shown).collect()
    }

    /// The alerts of a SKU in the list, oldest first.
    async fn listed(&mut self, sku: &str) -> Vec<Value> {
        let alerts = self.see("/v1/alerts?limit=1000").await;
        let items = alerts["items"].as_array().expect("items").iter().rev();
        let of_sku = items.filter(|item| item["sku"] == sku && item["warehouse"] == "BER");
        let shown =
            |item: &Value| json!([item["alert"], item["crossed"]["figure"], item["crossed"]["limit"]]);
        of_sku.map(shown).collect()
    }

    /// Both say the same, and this.
    async fn alerted(&mut self, sku: &str, expected: &[Value]) {
        assert_eq!(self.crossed(sku).await, expected, "in the history of {sku}");
        assert_eq!(self.listed(sku).await, expected, "in the list, of {sku}");
    }
}

/// Goods run low, sell out in a cart, come back, and are too many; the same command again tells nothing again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_crossing_is_told_once() {
    let mut story = Story::on(&Store::Embedded, SHOP).await;
    story.stock("BER", &[("TEE", 3), ("CAP", 9)]).await;
    story.alerted("TEE", &[]).await;

    let one = story.client.reserve("cart-1", &wish("web", "c-1", &[("TEE", 1)])).await.expect("reserved");
    let mut told = vec![json!(["low_stock", 2, 2])];
    story.alerted("TEE", &told).await;
    for _ in 0..2 {
        story.client.reserve("cart-2", &wish("web", "c-2", &[("TEE", 2)])).await.expect("reserved");
    }
    told.push(json!(["sold_out", 0, 0]));
    story.alerted("TEE", &told).await;
    let refused = story.client.reserve("cart-3", &wish("web", "c-3", &[("TEE", 1), ("CAP", 9)])).await;
    assert_eq!(refused.expect_err("sold out").code(), Some("insufficient_stock"));
    story.client.release(&one.reservation, "back-1").await.expect("released");
    told.push(json!(["back_in_stock", 1, 0]));
    story.alerted("TEE", &told).await;
    story.alerted("CAP", &[]).await;

    story.limit(&json!({"sku": "CAP", "low_stock": 0, "overstock": 20})).await;
    story.stock("BER", &[("CAP", 12)]).await;
    story.stock("BER", &[("CAP", 1)]).await;
    story.alerted("CAP", &[json!(["overstock", 21, 20])]).await;
    let sold = json!({"sku": "CAP", "kind": "sell", "channel": "web", "quantity": 23});
    story.tell("/v1/warehouses/BER/movements", &json!({"lines": [sold]})).await;
    let gone = [json!(["overstock", 21, 20]), json!(["sold_out", -1, 0]), json!(["negative_stock", -1, 0])];
    story.alerted("CAP", &gone).await;

    let sold_out = story.see("/v1/alerts?alert=sold_out").await;
    assert_eq!(sold_out["items"].as_array().map(Vec::len), Some(2), "{sold_out}");
    let (status, wrong) =
        ask(&mut story.client, (Method::Get, "/v1/alerts?alert=stock_received"), None, None).await;
    assert_eq!((status, &wrong["code"]), (422, &json!("invalid")), "{wrong}");
    assert!(wrong["detail"].as_str().is_some_and(|detail| detail.contains("back_in_stock")), "{wrong}");
    story.end().await;
}

/// A daemon that was killed knows what it has told: what is on the same side of a line is not told again, what crosses
/// it is. The list begins anew, the history does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kills_tell_nothing_twice() {
    let mut story = Story::on(&Store::Embedded, SHOP).await;
    story.stock("BER", &[("TEE", 1)]).await;
    story.limit(&json!({"sku": "TEE", "safety_stock": 1})).await;
    let sold_out = json!(["sold_out", 0, 0]);
    story.alerted("TEE", std::slice::from_ref(&sold_out)).await;
    story.daemon.kill().await;
    story.daemon.again().await;
    assert_eq!(story.crossed("TEE").await, std::slice::from_ref(&sold_out));
    assert!(story.listed("TEE").await.is_empty());
    story.limit(&json!({"sku": "TEE", "safety_stock": 2})).await;
    assert_eq!(story.crossed("TEE").await, std::slice::from_ref(&sold_out));
    story.limit(&json!({"sku": "TEE", "safety_stock": null})).await;
    let back = json!(["back_in_stock", 1, 0]);
    assert_eq!(story.crossed("TEE").await, [sold_out, back.clone()]);
    assert_eq!(story.listed("TEE").await, [back]);
    story.end().await;
}
