//! Reservations over the door.

use std::sync::Arc;

use serde_json::{Value, json};

use super::shop::{Shop, visit};

async fn reserve(shop: &Shop, id: &str, body: Value) -> super::shop::Answer {
    shop.post("/v1/reservations", id, &body.to_string()).await
}

/// A reservation is made, read, extended, allocated and shipped, and a resend is answered like the first.
#[test]
fn a_reservation_lives() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let body = json!({"channel":"web","cart":"c-1","lines":[{"sku":"TEE-M","quantity":2}],"ttl_s":900});
        let made = reserve(&shop, "r-1", body.clone()).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.header("idempotency-key"), Some("r-1"));
        let expected = json!({
            "reservation": "r-1", "state": "reserved", "channel": "web", "cart": "c-1",
            "expires_at": "2026-11-23T10:15:00Z",
            "lines": [{"sku": "TEE-M", "quantity": 2, "warehouse": "BER"}],
        });
        assert_eq!(made.json(), expected);
        let again = reserve(&shop, "r-1", body).await;
        assert_eq!((again.status, again.json()), (201, expected.clone()));
        assert_eq!(shop.get("/v1/reservations/r-1").await.json(), expected);
        let other = json!({"channel":"web","cart":"c-1","lines":[{"sku":"TEE-M","quantity":3}],"ttl_s":900});
        let conflict = reserve(&shop, "r-1", other).await;
        assert_eq!((conflict.status, conflict.code().as_str()), (409, "idempotency_conflict"));
        let longer = shop.post("/v1/reservations/r-1/extend", "x-1", r#"{"ttl_s":1800}"#).await;
        assert_eq!(longer.json()["expires_at"], "2026-11-23T10:30:00Z", "{longer:?}");
        let promised = shop.post("/v1/reservations/r-1/allocate", "a-1", "").await;
        assert_eq!((promised.status, &promised.json()["state"]), (200, &json!("allocated")), "{promised:?}");
        let line = r#"{"lines":[{"sku":"TEE-M","quantity":1}],"ref":"parcel 1"}"#;
        let part = shop.post("/v1/reservations/r-1/ship", "s-1", line).await;
        assert_eq!(part.json()["lines"][0]["quantity"], 1, "{part:?}");
        let rest = shop.post("/v1/reservations/r-1/ship", "s-2", "{}").await;
        assert_eq!(rest.json()["state"], "shipped", "{rest:?}");
        let level = shop.get("/v1/stock/TEE-M").await.json()["levels"][0].clone();
        assert_eq!(
            (&level["on_hand"], &level["reserved"], &level["allocated"]),
            (&json!(8), &json!(0), &json!(0))
        );
    });
}

/// What is not there is refused with the numbers, over both lines of a SKU and both warehouses, and counted.
#[test]
fn shortage_is_told_in_numbers() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 1).await;
        shop.stock("HAM", "TEE-M", 2).await;
        let line = |quantity: i64| json!({"sku":"TEE-M","quantity":quantity});
        let refused = reserve(&shop, "r-1", json!({"channel":"web","lines":[line(2), line(2)]})).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "insufficient_stock"));
        assert_eq!(refused.json()["lines"], json!([{"sku":"TEE-M","asked":4,"free":3}]));
        let split = reserve(&shop, "r-2", json!({"channel":"web","lines":[line(3)]})).await;
        let lines = json!([
            {"sku":"TEE-M","quantity":1,"warehouse":"BER"}, {"sku":"TEE-M","quantity":2,"warehouse":"HAM"}]);
        assert_eq!(split.json()["lines"], lines, "{split:?}");
        let some = json!({"channel":"web","partial":true,"lines":[line(5)]});
        assert_eq!(reserve(&shop, "r-3", some.clone()).await.status, 409);
        let back = shop.call("DELETE", "/v1/reservations/r-2", "Idempotency-Key: d-1\r\n", "").await;
        assert_eq!((back.status, &back.json()["state"]), (200, &json!("released")));
        let back = shop.call("DELETE", "/v1/reservations/r-2", "", "").await;
        assert_eq!((back.status, &back.json()["state"]), (200, &json!("released")));
        assert!(back.header("idempotency-key").is_some_and(|id| id.len() == 36), "{back:?}");
        let some = reserve(&shop, "r-4", some).await;
        let units: i64 =
            some.json()["lines"].as_array().unwrap().iter().map(|l| l["quantity"].as_i64().unwrap()).sum();
        assert_eq!((some.status, units), (201, 3));
        let demand = shop.get("/v1/channels/web/refused-demand?hours=1").await.json();
        assert_eq!(demand["items"][0]["requests"], 2, "{demand}");
        assert_eq!(demand["items"][0]["units"], 6, "{demand}");
    });
}

/// A cart has one reservation: a newer id amends it, and the older one says by whom.
#[test]
fn a_cart_amends_its_own() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 5).await;
        let body =
            |quantity: i64| json!({"channel":"web","cart":"c","lines":[{"sku":"TEE-M","quantity":quantity}]});
        assert_eq!(reserve(&shop, "r-1", body(4)).await.status, 201);
        assert_eq!(reserve(&shop, "r-2", body(5)).await.status, 201);
        let old = reserve(&shop, "r-1", body(4)).await;
        assert_eq!((old.status, &old.json()["amended_by"]), (201, &json!("r-2")), "{old:?}");
        let late = shop.post("/v1/reservations/r-1/extend", "x", r#"{"ttl_s":60}"#).await;
        assert_eq!((late.status, late.code().as_str(), &late.json()["by"]), (409, "amended", &json!("r-2")));
    });
}

/// A deadline ends a reservation; what is named and not there is 404; what is wrong in the body is 422 with its path.
#[test]
fn wrong_and_late_requests_are_told_apart() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 5).await;
        let body = json!({"channel":"web","cart":"c","lines":[{"sku":"TEE-M","quantity":1}],"ttl_s":1});
        assert_eq!(reserve(&shop, "r-1", body).await.status, 201);
        shop.trial.pass(2_000);
        let late = shop.post("/v1/reservations/r-1/allocate", "a", "{}").await;
        assert_eq!((late.status, late.code().as_str()), (409, "reservation_expired"));
        assert_eq!(shop.get("/v1/reservations/r-1").await.json()["state"], "expired");
        for path in ["/v1/reservations/nobody", "/v1/reservations/a%2Fb", "/v1/reservations/b%20c"] {
            let none = shop.get(path).await;
            assert_eq!((none.status, none.code().as_str()), (404, "unknown_reservation"), "{path}");
        }
        for (body, path) in [
            (r#"{"channel":"nobody","lines":[{"sku":"A","quantity":1}]}"#, "channel"),
            (r#"{"channel":"web","lines":[]}"#, "lines"),
            (r#"{"channel":"web","lines":[{"sku":"A","quantity":0}]}"#, "lines[0].quantity"),
            (r#"{"channel":"web","lines":[{"sku":"A","quantity":1.5}]}"#, "lines[0].quantity"),
            (r#"{"channel":"web","lines":[{"sku":"A","quantity":1,"colour":"red"}]}"#, "lines[0].colour"),
            (r#"{"channel":"web","lines":[{"sku":"","quantity":1}]}"#, "lines[0].sku"),
            (r#"{"channel":"web","cart":"me@x.de","lines":[{"sku":"A","quantity":1}]}"#, "cart"),
            (r#"{"channel":"web","lines":[{"sku":"A","quantity":1}],"ttl_s":0}"#, "ttl_s"),
        ] {
            let wrong = shop.post("/v1/reservations", "w", body).await;
            assert_eq!((wrong.status, &wrong.json()["path"]), (422, &json!(path)), "{wrong:?}");
            assert!(!wrong.body.contains("me@"), "{wrong:?}");
        }
    });
}

/// A thousand buyers of 500 units, each asking twice: exactly 500 are granted, and both answers of each agree.
#[test]
fn a_crowd_gets_what_there_is() {
    visit(|shop| async move {
        shop.stock("BER", "HOT", 500).await;
        let ask = |shop: Arc<Shop>, buyer: usize| async move {
            let body =
                json!({"channel":"solo","cart":format!("c-{buyer}"),"lines":[{"sku":"HOT","quantity":1}]});
            let id = format!("buyer-{buyer}");
            let (first, second) = tokio::join!(reserve(&shop, &id, body.clone()), reserve(&shop, &id, body));
            assert_eq!(first.status, second.status);
            first.status
        };
        let mut statuses = Vec::new();
        for group in 0..20 {
            let asked = (0..50).map(|buyer| ask(shop.clone(), group * 50 + buyer));
            statuses.extend(futures_util::future::join_all(asked).await);
        }
        let granted = statuses.iter().filter(|status| **status == 201).count();
        let refused = statuses.iter().filter(|status| **status == 409).count();
        assert_eq!((granted, refused), (500, 500));
        let level = shop.get("/v1/stock/HOT").await.json()["levels"][0].clone();
        assert_eq!((&level["reserved"], &level["on_hand"]), (&json!(500), &json!(500)));
    });
}
