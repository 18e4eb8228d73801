//! A person's data over the door.

use serde_json::json;

use super::documents::{placed, shipped};
use super::shop::{Shop, visit};
use crate::domain::ids::OrderId;

const DAY: i64 = 86_400_000;

async fn kept(shop: &Shop, id: &str) -> bool {
    shop.trial.house.contact(&OrderId::stored(id)).await.unwrap().is_some()
}

/// What is kept of a person is told to who may know it, and each reading is in the order's timeline; erased it is gone,
/// an open order's only by force, and then the order is held.
#[test]
fn a_person_is_told_and_forgotten() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let open = placed(&shop, "o-1", "TEE-M", 1).await["id"].as_str().unwrap().to_owned();
        let both = r#"{"orders":[{"channel":"web","order":"o-1"},{"channel":"web","order":"none"}]}"#;
        let told = shop.post("/v1/privacy/export", "x-1", both).await;
        assert_eq!(told.header("cache-control"), Some("no-store"));
        let told = told.json();
        assert_eq!(told["orders"][0]["contact"]["ship_to"]["name"], "Ada Beispiel", "{told}");
        assert_eq!(
            (&told["orders"][1]["code"], &told["orders"][1]["contact"]),
            (&json!("unknown_order"), &json!(null))
        );
        let timeline = shop.get("/v1/orders/o-1/tracking?channel=web").await.body;
        assert!(timeline.contains("contact_read"), "{timeline}");
        let refused = shop.post("/v1/privacy/erase", "e-1", both).await.json();
        assert_eq!(
            (&refused["results"][0]["code"], &refused["refused"]),
            (&json!("order_open"), &json!(2)),
            "{refused}"
        );
        assert!(kept(&shop, &open).await);
        let forced = format!(r#"{{"force":true,{}"#, both.strip_prefix('{').unwrap());
        let erased = shop.post("/v1/privacy/erase", "e-2", &forced).await.json();
        assert_eq!(
            (&erased["results"][0]["status"], &erased["applied"]),
            (&json!("applied"), &json!(1)),
            "{erased}"
        );
        assert!(!kept(&shop, &open).await);
        let order = shop.get("/v1/orders/o-1?channel=web").await.json();
        assert_eq!((&order["state"], &order["contact"]), (&json!("held"), &json!("erased")), "{order}");
        let told = shop.post("/v1/privacy/export", "x-2", both).await.json();
        assert_eq!(told["orders"][0]["contact"], json!(null), "{told}");
        assert!(told["orders"][0]["erased_at"].is_string(), "{told}");
        let again = shop.post("/v1/privacy/erase", "e-3", &forced).await.json();
        assert_eq!(again["results"][0]["status"], "applied", "{again}");
    });
}

/// A delivered order's contact goes a term after delivery, an open one's at the longest term, and what nobody owns at
/// once; settled documents are forgotten at last.
#[test]
fn time_erases() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let house = &shop.trial.house;
        let open = placed(&shop, "o-1", "TEE-M", 1).await["id"].as_str().unwrap().to_owned();
        let gone = shipped(&shop, "o-2", "TEE-M", 1).await;
        shop.post(&format!("/v1/fulfilments/{gone}-f1/deliver"), "d-1", "{}").await;
        let erased = house.erase_due(true).await.unwrap();
        assert_eq!((erased.contacts, erased.again, erased.documents), (0, 0, 0));
        shop.trial.pass(31 * DAY);
        let erased = house.erase_due(true).await.unwrap();
        assert_eq!((erased.contacts, erased.again, erased.documents), (1, 0, 0));
        assert!(kept(&shop, &open).await && !kept(&shop, &gone).await);
        shop.trial.pass(150 * DAY);
        let erased = house.erase_due(true).await.unwrap();
        assert_eq!((erased.contacts, erased.again), (1, 0));
        assert!(!kept(&shop, &open).await);
        assert_eq!(shop.get("/v1/orders/o-1?channel=web").await.json()["state"], "held");
        shop.trial.pass(400 * DAY);
        assert_eq!(shop.get("/v1/orders/o-2?channel=web").await.status, 200);
        assert_eq!(house.erase_due(true).await.unwrap().documents, 1);
        assert_eq!(shop.get("/v1/orders/o-2?channel=web").await.code(), "unknown_order");
        assert_eq!(shop.get("/v1/orders/o-1?channel=web").await.status, 200);
    });
}
