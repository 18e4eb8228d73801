//! Steps of warehouses, stores and carriers over the door.

use std::sync::Arc;

use serde_json::{Value, json};

use super::shop::{Shop, visit};

/// Places an order and answers it.
async fn placed(shop: &Shop, number: &str, more: Value) -> Value {
    let mut body = json!({"order": number, "channel": "web", "lines": [{"line": "1", "sku": "A", "quantity": 3}],
        "ship_to": {"country": "DE"}});
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    let answer = shop.post("/v1/orders", &format!("p-{number}"), &body.to_string()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.json()
}

/// The id of an order's only fulfilment.
fn part(order: &Value) -> String {
    order["fulfilments"][0]["fulfilment"].as_str().unwrap().to_owned()
}

async fn step(shop: &Arc<Shop>, part: &str, act: &str, body: &str) -> Value {
    let answer =
        shop.post(&format!("/v1/fulfilments/{part}/{act}"), &format!("{act}-{}", body.len()), body).await;
    assert_eq!(answer.status, 200, "{act} {body}: {answer:?}");
    answer.json()
}

/// A fulfilment is accepted, picked, packed, shipped and delivered; its warehouse sees what it needs to; a resend of a
/// step changes nothing.
#[test]
fn a_fulfilment_lives() {
    visit(|shop| async move {
        shop.stock("BER", "A", 10).await;
        let order = placed(&shop, "o-1", json!({"priority": 5})).await;
        let id = part(&order);
        let seen = shop.get(&format!("/v1/fulfilments/{id}")).await.json();
        let expected = json!({"fulfilment":id,"warehouse":"BER","state":"requested","lines":[{"line":"1","sku":"A","quantity":3}],
            "requested_at":"2026-11-23T10:00:00Z","order":"o-1","order_id":order["id"],"channel":"web","method":"ship",
            "country":"DE","priority":5,"ship_complete":false});
        assert_eq!(seen, expected);
        assert_eq!(step(&shop, &id, "accept", "").await["state"], "accepted");
        assert_eq!(step(&shop, &id, "pick", r#"{"begin":true}"#).await["state"], "picking");
        assert_eq!(step(&shop, &id, "pick", "{}").await["state"], "picked");
        let packed = r#"{"parcels":[{"carrier":"dhl","tracking":"00340434161094021234"}],"serials":[{"line":"1","serials":["S1","S2"]}]}"#;
        let packed = step(&shop, &id, "pack", packed).await;
        assert_eq!(
            (&packed["state"], &packed["lines"][0]["serials"]),
            (&json!("packed"), &json!(["S1", "S2"]))
        );
        let shipped = r#"{"lines":[{"line":"1","quantity":2}],"parcels":[{"carrier":"dhl","tracking":"2"}]}"#;
        let left = step(&shop, &id, "ship", shipped).await;
        assert_eq!((&left["state"], &left["lines"][0]["quantity"]), (&json!("shipped"), &json!(2)), "{left}");
        assert_eq!(step(&shop, &id, "ship", shipped).await["lines"][0]["quantity"], 2, "a resend");
        let order = shop.get("/v1/orders/o-1").await.json();
        assert_eq!(order["state"], "partially_shipped");
        let rest = order["fulfilments"][1]["fulfilment"].as_str().unwrap().to_owned();
        let left = shop.post(&format!("/v1/fulfilments/{rest}/ship"), "rest", "{}").await;
        assert_eq!(left.json()["state"], "shipped", "{left:?}");
        let lost = step(&shop, &id, "carrier", r#"{"event":"exception","reason":"address_unknown"}"#).await;
        assert_eq!((&lost["carrier"], &lost["trouble"]), (&json!("exception"), &json!("address_unknown")));
        assert_eq!(step(&shop, &id, "deliver", "").await["state"], "delivered");
        let late = shop.post(&format!("/v1/fulfilments/{id}/accept"), "late", "").await;
        assert_eq!(
            (late.status, late.code().as_str(), &late.json()["found"]),
            (409, "illegal_step", &json!("delivered"))
        );
        let level = shop.get("/v1/stock/A").await.json()["levels"][0].clone();
        assert_eq!((&level["on_hand"], &level["allocated"]), (&json!(7), &json!(0)));
    });
}

/// A warehouse that takes a part leaves the rest as a fulfilment of its own; what it rejects or does not find goes
/// elsewhere.
#[test]
fn parts_go_elsewhere() {
    visit(|shop| async move {
        shop.stock("BER", "A", 3).await;
        let order = placed(&shop, "o-1", json!({})).await;
        shop.stock("HAM", "A", 4).await;
        let id = part(&order);
        let taken = step(&shop, &id, "accept", r#"{"lines":[{"line":"1","quantity":2}]}"#).await;
        assert_eq!((&taken["state"], &taken["lines"][0]["quantity"]), (&json!("accepted"), &json!(2)));
        let order = shop.get("/v1/orders/o-1").await.json();
        let rest = &order["fulfilments"][1];
        assert_eq!(
            (&rest["state"], &rest["lines"][0]["quantity"]),
            (&json!("requested"), &json!(1)),
            "{order}"
        );
        let rest = rest["fulfilment"].as_str().unwrap().to_owned();
        assert_eq!(step(&shop, &rest, "reject", r#"{"reason":"closed"}"#).await["state"], "rejected");
        let short =
            step(&shop, &id, "short_pick", r#"{"lines":[{"line":"1","quantity":1}],"reason":"not_found"}"#)
                .await;
        assert_eq!(
            (&short["state"], &short["lines"][0]["quantity"]),
            (&json!("short_picked"), &json!(1)),
            "{short}"
        );
        let open = shop.get("/v1/fulfilments?warehouse=HAM&state=requested").await.json();
        let units: i64 = open["fulfilments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| f["lines"][0]["quantity"].as_i64().unwrap())
            .sum();
        assert_eq!(units, 2, "{open}");
        for (act, body, status, code) in [
            ("pack", r#"{"lines":[{"line":"1","quantity":2}]}"#, 409, "too_many"),
            ("pack", r#"{"lines":[{"line":"9","quantity":1}]}"#, 409, "too_many"),
            ("pack", r#"{"lines":[]}"#, 422, "invalid"),
            ("pick", "", 409, "illegal_step"),
            ("short_pick", "", 400, "malformed_json"),
            ("uncollected", "", 409, "illegal_step"),
            ("carrier", r#"{"event":"lost"}"#, 422, "invalid"),
            ("carrier", r#"{"event":"delivered"}"#, 409, "illegal_step"),
        ] {
            let wrong = shop
                .post(&format!("/v1/fulfilments/{id}/{act}"), &format!("w-{act}-{}", body.len()), body)
                .await;
            assert_eq!((wrong.status, wrong.code().as_str()), (status, code), "{act} {body}: {wrong:?}");
        }
        for name in ["nobody", "07-1-f1", "07-1-r1", &format!("{id}9"), "a%2Fb"] {
            assert_eq!(
                shop.get(&format!("/v1/fulfilments/{name}")).await.code(),
                "unknown_fulfilment",
                "{name}"
            );
        }
    });
}

/// Goods wait for their buyer in the store; one comes, another never does.
#[test]
fn buyers_come_or_do_not() {
    visit(|shop| async move {
        shop.stock("HAM", "A", 9).await;
        let pickup = json!({"method":"pickup","pickup_at":"HAM"});
        let (first, second) =
            (placed(&shop, "o-1", pickup.clone()).await, placed(&shop, "o-2", pickup).await);
        assert_eq!(
            (&first["pickup_at"], &first["fulfilments"][0]["warehouse"]),
            (&json!("HAM"), &json!("HAM"))
        );
        let (first, second) = (part(&first), part(&second));
        assert_eq!(step(&shop, &first, "ready", "").await["state"], "ready_for_pickup");
        let taken = shop
            .post(&format!("/v1/fulfilments/{first}/collect"), "c-1", r#"{"at":"2026-11-23T09:59:30Z"}"#)
            .await;
        assert_eq!(
            (&taken.json()["state"], &taken.json()["left_at"]),
            (&json!("collected"), &json!("2026-11-23T09:59:30Z"))
        );
        shop.post(&format!("/v1/fulfilments/{second}/ready"), "r-2", "").await;
        assert_eq!(step(&shop, &second, "uncollected", "").await["state"], "cancelled");
        assert_eq!(shop.get("/v1/orders/o-2").await.json()["state"], "cancelled");
        let level = shop.get("/v1/stock/A").await.json()["levels"][0].clone();
        assert_eq!((&level["on_hand"], &level["allocated"]), (&json!(6), &json!(0)));
    });
}

/// What somebody should look at is listed, newest first; a word that is no alert is told which ones are.
#[test]
fn alerts_are_listed() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 1).await;
        let body = json!({"order": "late-1", "channel": "web", "ship_to": {"country": "DE"},
            "promise_by": "2026-11-01T08:00:00Z", "lines": [{"line": "1", "sku": "TEE-M", "quantity": 1}]});
        let placed = shop.post("/v1/orders", "p-late", &body.to_string()).await;
        assert_eq!(placed.status, 201, "{placed:?}");
        let part = placed.json()["fulfilments"][0]["fulfilment"].as_str().unwrap().to_owned();
        let reject = shop.post(&format!("/v1/fulfilments/{part}/reject"), "r-1", "{}").await;
        assert_eq!(reject.status, 200, "{reject:?}");
        let alerts = shop.get("/v1/alerts?alert=order_unroutable").await.json();
        let first = &alerts["items"][0];
        assert_eq!(
            (&first["alert"], &first["order"]),
            (&json!("order_unroutable"), &json!("late-1")),
            "{alerts}"
        );
        let wrong = shop.get("/v1/alerts?alert=order_shipped").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.json()["detail"].as_str().unwrap().contains("order_late"), "{wrong:?}");
    });
}
