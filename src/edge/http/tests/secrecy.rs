//! Who may know what of an order.

use serde_json::json;

use super::shop::{token, visit, visit_with};
use crate::actor::House;
use crate::config::Settings;
use crate::domain::ids::{ChannelId, OrderNumber};

fn tokens(settings: &mut Settings) {
    settings.tokens = vec![
        token("root", &["admin"]),
        token("web", &["sell:web"]),
        token("eyes", &["read:web"]),
        token("solo", &["sell:solo", "read:solo"]),
        token("packer", &["fulfil:BER"]),
        token("store", &["fulfil:HAM", "stock:HAM"]),
    ];
}

/// Who may do nothing on an order's channel does not learn that there is one; who may read it may not change it; a
/// number two channels use is ambiguous only to those who may know both.
#[test]
fn strangers_learn_nothing() {
    visit_with(tokens, |shop| async move {
        let receive = r#"{"lines":[{"sku":"A","kind":"receive","quantity":9}]}"#;
        assert_eq!(shop.post_as("root", "/v1/warehouses/BER/movements", "s", receive).await.status, 200);
        let order = |channel: &str| {
            json!({"order":"o-1","channel":channel,"lines":[{"line":"1","sku":"A","quantity":1}],"ship_to":{"country":"DE"}})
                .to_string()
        };
        assert_eq!(shop.post_as("eyes", "/v1/orders", "p-0", &order("web")).await.status, 403);
        assert_eq!(shop.post_as("solo", "/v1/orders", "p-0", &order("web")).await.status, 403);
        let placed = shop.post_as("web", "/v1/orders", "p-1", &order("web")).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let id = placed.json()["id"].as_str().unwrap().to_owned();
        let part = placed.json()["fulfilments"][0]["fulfilment"].as_str().unwrap().to_owned();
        for (who, path, status) in [
            ("web", "/v1/orders/o-1", 200),
            ("eyes", "/v1/orders/o-1", 200),
            ("solo", "/v1/orders/o-1", 404),
            ("solo", "/v1/orders/o-1?channel=web", 404),
            ("solo", &format!("/v1/orders/{id}"), 404),
            ("packer", "/v1/orders/o-1", 404),
            ("packer", "/v1/orders", 403),
            ("solo", "/v1/orders?channel=web", 403),
            ("eyes", "/v1/orders/o-1/explain", 403),
            ("web", "/v1/orders/o-1/explain", 200),
            ("solo", "/v1/orders/o-1/explain", 404),
            ("packer", &format!("/v1/fulfilments/{part}"), 200),
            ("web", &format!("/v1/fulfilments/{part}"), 200),
            ("store", &format!("/v1/fulfilments/{part}"), 404),
            ("solo", &format!("/v1/fulfilments/{part}"), 404),
        ] {
            assert_eq!(shop.get_as(who, path).await.status, status, "{who} {path}");
        }
        for (who, path, status) in [
            ("solo", "/v1/orders/o-1/cancel", 404),
            ("eyes", "/v1/orders/o-1/cancel", 403),
            ("store", &format!("/v1/fulfilments/{part}/accept"), 404),
            ("web", &format!("/v1/fulfilments/{part}/accept"), 403),
            ("packer", &format!("/v1/fulfilments/{part}/accept"), 200),
            ("eyes", "/v1/routing/preview", 403),
        ] {
            let body = if path.ends_with("preview") { order("web") } else { String::new() };
            assert_eq!(shop.post_as(who, path, "x-1", &body).await.status, status, "{who} {path}");
        }
        assert!(shop.get_as("web", "/v1/orders/o-1").await.json()["tracking"].is_string());
        assert!(shop.get_as("eyes", "/v1/orders/o-1").await.json()["tracking"].is_null());
        assert_eq!(shop.post_as("solo", "/v1/orders", "p-2", &order("solo")).await.status, 201);
        for (who, path, count) in [
            ("web", "/v1/orders", 1),
            ("solo", "/v1/orders", 1),
            ("root", "/v1/orders", 2),
            ("eyes", "/v1/orders", 1),
        ] {
            assert_eq!(
                shop.get_as(who, path).await.json()["orders"].as_array().unwrap().len(),
                count,
                "{who}"
            );
        }
        let work = shop.get_as("store", "/v1/fulfilments").await.json();
        assert_eq!(work["fulfilments"], json!([]));
        assert_eq!(shop.get_as("web", "/v1/orders/o-1").await.json()["channel"], "web");
        assert_eq!(shop.get_as("root", "/v1/orders/o-1").await.code(), "ambiguous_order");
    });
}

/// What an order says of a person is in its contact record and in no answer, whatever is asked, also after its address
/// changed.
#[test]
fn contacts_stay_in_their_record() {
    visit(|shop| async move {
        shop.stock("BER", "A", 9).await;
        let person = json!({"country":"DE","postal_code":"10115","name":"Canary Name","company":"Canary Company","street":"Canary Street",
            "street2":"Canary Floor","city":"Canary City","region":"Canary Region","email":"canary@example.com","phone":"+49 30 4711 4711",
            "vat_id":"DE4711","note":"Canary Note","latitude":52.4711,"longitude":13.4711});
        let body = json!({"order":"o-1","channel":"web","lines":[{"line":"1","sku":"A","quantity":1}],"ship_to":person,"bill_to":person});
        let placed = shop.post("/v1/orders", "p-1", &body.to_string()).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let part = placed.json()["fulfilments"][0]["fulfilment"].as_str().unwrap().to_owned();
        let moved = shop.post("/v1/orders/o-1/address", "a-1", &json!({"ship_to":person}).to_string()).await;
        let taken =
            shop.post("/v1/orders/o-1/cancel", "c-1", r#"{"lines":[{"line":"2","quantity":1}]}"#).await;
        let preview = shop.post("/v1/routing/preview", "v-1", &body.to_string()).await;
        let mut answers = vec![placed, moved, taken, preview];
        for path in [
            "/v1/orders/o-1?timeline=true",
            "/v1/orders",
            "/v1/orders/o-1/explain",
            "/v1/fulfilments",
            "/metrics",
            "/v1/stock/A/history?warehouse=BER",
            &format!("/v1/fulfilments/{part}"),
        ] {
            answers.push(shop.get(path).await);
        }
        for answer in answers {
            // Measured times may have any digits.
            let said: Vec<_> = answer.body.lines().filter(|line| !line.contains("_seconds_sum{")).collect();
            for secret in ["anary", "4711", "10115"] {
                assert!(!said.iter().any(|line| line.contains(secret)), "{secret}: {answer:?}");
            }
        }
        let (channel, number) = (ChannelId::stored("web"), OrderNumber::stored("o-1"));
        let record = shop.trial.house.contact(&House::order_id(&channel, &number)).await.unwrap().unwrap();
        let record: serde_json::Value = serde_json::from_slice(&record).unwrap();
        assert_eq!((&record["v"], &record["ship_to"], &record["bill_to"]), (&json!(1), &person, &person));
        assert_eq!(record["tracking_token"].as_str().unwrap().len(), 32);
    });
}
