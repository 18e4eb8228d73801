//! What orders own and wait for, as others see it.

use serde_json::json;

use super::shop::{Shop, visit};
use crate::domain::hold::{ClaimLine, Plan};
use crate::domain::ids::{ChannelId, CommandId, OrderId, Sku, WarehouseId};
use crate::domain::machine::Envelope;
use crate::domain::warehouse::{Answer, ClaimStock, Command, WaitForStock};

fn sku() -> Sku {
    Sku::parse("TEE-M").unwrap()
}

fn order() -> OrderId {
    OrderId::parse("07-1").unwrap()
}

/// Asks a warehouse as a desk does.
async fn ask(shop: &Shop, id: &str, command: Command) -> Answer {
    let house = &shop.trial.house;
    let id = CommandId::parse(id).unwrap();
    let envelope = Envelope { id, time: house.now(), timed: true, fingerprint: 5, actor: None, trace: None };
    let handle = &house.warehouses[&WarehouseId::parse("BER").unwrap()];
    handle.mailbox.ask(envelope, command).await.unwrap()
}

/// A reservation an order took over says so, and nobody releases or extends it, nor what the order made of it.
#[test]
fn what_an_order_took_over_is_shown_and_left_alone() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 5).await;
        let body = r#"{"channel":"web","cart":"c","lines":[{"sku":"TEE-M","quantity":2}]}"#;
        assert_eq!(shop.post("/v1/reservations", "r", body).await.status, 201);
        let claim = ClaimStock {
            attempt: 1,
            channel: ChannelId::parse("web").unwrap(),
            cart: None,
            lines: vec![ClaimLine { sku: sku(), quantity: 2 }],
            plan: Plan::default(),
            ttl_ms: 60_000,
            told: false,
            partial: false,
            owner: Some(order()),
            from: Some(CommandId::parse("r").unwrap()),
            allocate: true,
        };
        ask(&shop, "x-1", Command::Claim(claim)).await;
        let shown = shop.get("/v1/reservations/r").await.json();
        assert_eq!((&shown["state"], &shown["order"]), (&json!("ordered"), &json!("07-1")));
        for id in ["r", "x-1"] {
            for (verb, path) in
                [("DELETE", ""), ("POST", "/extend"), ("POST", "/allocate"), ("POST", "/ship")]
            {
                let body = if path == "/extend" { r#"{"ttl_s":60}"# } else { "{}" };
                let key = format!("Idempotency-Key: {id}{}-{verb}\r\n", path.replace('/', "-"));
                let body = if verb == "DELETE" { "" } else { body };
                let answer = shop.call(verb, &format!("/v1/reservations/{id}{path}"), &key, body).await;
                assert_eq!(
                    (answer.status, answer.code().as_str()),
                    (409, "owned_by_order"),
                    "{verb} {id}{path}"
                );
                assert_eq!(answer.json()["order"], "07-1");
            }
        }
        let stock = shop.get("/v1/stock/TEE-M").await.json();
        assert_eq!(
            (&stock["levels"][0]["allocated"], &stock["levels"][0]["reserved"]),
            (&json!(2), &json!(0))
        );
        // The same cart begins anew.
        assert_eq!(shop.post("/v1/reservations", "r2", body).await.status, 201);
    });
}

/// What waits and what comes in stands beside the levels; buyers hear when more is expected than others wait for.
#[test]
fn waiting_and_inbound_are_shown() {
    visit(|shop| async move {
        let wait = WaitForStock {
            channel: ChannelId::parse("web").unwrap(),
            owner: order(),
            sku: sku(),
            quantity: 3,
            told: false,
            priority: 0,
            promise: None,
            accepted_at: shop.trial.house.now(),
        };
        ask(&shop, "w-1", Command::Wait(wait)).await;
        let mut receipts = Vec::new();
        for (day, units) in [(24, 4), (17, 3), (20, 1)] {
            let eta = format!("2027-01-{day}T08:00:00Z");
            let lines = json!([{"sku": "TEE-M", "quantity": units}]);
            let body = json!({"warehouse": "BER", "eta": eta, "lines": lines}).to_string();
            let expected = shop.post("/v1/inbound", &format!("e-{day}"), &body).await.json();
            receipts.push(expected["inbound"].as_str().unwrap().to_owned());
        }
        let stock = shop.get("/v1/stock/TEE-M").await.json();
        let level = &stock["levels"][0];
        assert_eq!(
            (&level["waiting"], &level["inbound"], &level["on_hand"]),
            (&json!(3), &json!(8), &json!(0))
        );
        let path = "/v1/channels/web/availability?sku=TEE-M";
        let shown = shop.get(path).await.json();
        assert_eq!(
            shown["items"][0],
            json!({"sku":"TEE-M","available":0,"state":"sold_out","expected_on":"2027-01-20T08:00:00Z"})
        );
        shop.stock("BER", "TEE-M", 4).await;
        let stock = shop.get("/v1/stock/TEE-M").await.json();
        let level = &stock["levels"][0];
        assert_eq!((&level["waiting"], &level["allocated"]), (&json!(0), &json!(3)));
        assert_eq!(shop.get(path).await.json()["items"][0]["expected_on"], json!(null));
        for id in receipts {
            shop.post(&format!("/v1/inbound/{id}/close"), &format!("c-{id}"), "").await;
        }
        assert_eq!(shop.get("/v1/stock/TEE-M").await.json()["levels"][0]["inbound"], 0);
    });
}

/// What may be sold beyond stock is shown, also of goods no warehouse has ever had, and says that it is a backorder or a
/// pre-order.
#[test]
fn goods_may_be_sold_beyond_stock() {
    visit(|shop| async move {
        let mut number = 0;
        for (line, state, available) in [
            (r#"{"sku":"NEW","backorder_limit":7}"#, "backorder", 7),
            (r#"{"sku":"NEW","preorder":true}"#, "preorder", 7),
            (r#"{"sku":"NEW","backorder_limit":{"value":7,"until":"2001-01-01T00:00:00Z"}}"#, "sold_out", 0),
            (r#"{"sku":"NEW","backorder_limit":null,"preorder":false}"#, "sold_out", 0),
        ] {
            number += 1;
            let key = format!("Idempotency-Key: p-{number}\r\n");
            let body = format!(r#"{{"lines":[{line}]}}"#);
            let answer = shop.call("PUT", "/v1/channels/web/policies", &key, &body).await;
            assert_eq!(answer.json()["applied"], 1, "{answer:?}");
            let shown = shop.get("/v1/channels/web/availability?sku=NEW").await.json();
            assert_eq!(shown["items"][0], json!({"sku":"NEW","available":available,"state":state}));
        }
        let key = "Idempotency-Key: p-9\r\n";
        shop.call("PUT", "/v1/channels/web/policies", key, r#"{"lines":[{"sku":"A","backorder_limit":7}]}"#)
            .await;
        shop.stock("BER", "A", 2).await;
        let shown = shop.get("/v1/channels/web/availability?sku=A").await.json();
        assert_eq!(shown["items"][0], json!({"sku":"A","available":9,"state":"low"}));
    });
}
