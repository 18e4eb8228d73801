//! Orders over the door.

use serde_json::{Value, json};

use super::shop::{Answer, Shop, visit};

async fn place(shop: &Shop, id: &str, body: &Value) -> Answer {
    shop.post("/v1/orders", id, &body.to_string()).await
}

/// An order of the channel `web` for units of one SKU.
fn order(number: &str, sku: &str, quantity: i64) -> Value {
    json!({"order": number, "channel": "web", "lines": [{"line": "1", "sku": sku, "quantity": quantity}],
        "ship_to": {"country": "DE", "postal_code": "10115", "name": "Canary"}})
}

/// An order is taken in, answered as the contract says, read by its number and by its id, and a resend is answered alike.
#[test]
fn an_order_is_taken_in() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let body = json!({"order":"o/1 ä","channel":"web","revision":1,"prices":"gross",
            "lines":[{"line":"1","sku":"TEE-M","quantity":2,"unit_price":{"amount_minor":1999,"currency":"EUR"},"tax_rate":"19.0","title":"Tee"},
                     {"line":"2","quantity":1,"stock":false,"title":"Gift wrap","unit_price":{"amount_minor":300,"currency":"EUR"}}],
            "method":"ship","ship_to":{"country":"DE","postal_code":"10115","name":"Canary"},
            "payment":{"state":"authorised","ref":"psp 1"},
            "charges":[{"name":"shipping","amount":{"amount_minor":490,"currency":"EUR"},"tax_rate":"19.0"}],
            "discount":{"amount_minor":100,"currency":"EUR"},"total":{"amount_minor":4688,"currency":"EUR"},
            "campaign":"autumn","labels":["vip","gift"],"customer_ref":"c-77","po_number":"PO 9","replaces":"o-0","sold_as":"SET",
            "release_on":"2026-11-01","promise_by":"2026-11-30T12:00:00Z","priority":3});
        let made = place(&shop, "p-1", &body).await;
        assert_eq!(made.status, 201, "{made:?}");
        let answer = made.json();
        for same in [
            "order",
            "channel",
            "revision",
            "prices",
            "charges",
            "discount",
            "total",
            "campaign",
            "labels",
            "customer_ref",
            "po_number",
            "replaces",
            "sold_as",
            "release_on",
            "promise_by",
            "priority",
            "method",
        ] {
            assert_eq!(answer[same], body[same], "{same}");
        }
        assert_eq!(answer["state"], "accepted");
        assert_eq!(answer["ship_to"], json!({"country":"DE","postal_prefix":"10"}));
        assert_eq!(answer["payment"], json!({"state":"authorised","required":false,"ref":"psp 1"}));
        assert_eq!(answer["contact"], "kept");
        let lines = json!([
            {"line":"1","sku":"TEE-M","ordered":2,"unrouted":0,"backordered":0,"allocated":2,"shipped":0,"cancelled":0,"returned":0,
             "title":"Tee","unit_price":{"amount_minor":1999,"currency":"EUR"},"tax_rate":"19.0"},
            {"line":"2","stock":false,"ordered":1,"unrouted":0,"backordered":0,"allocated":0,"shipped":0,"cancelled":0,"returned":0,
             "title":"Gift wrap","unit_price":{"amount_minor":300,"currency":"EUR"}}]);
        assert_eq!(answer["lines"], lines);
        let part = &answer["fulfilments"][0];
        assert_eq!((&part["warehouse"], &part["state"]), (&json!("BER"), &json!("requested")));
        assert_eq!(part["lines"], json!([{"line":"1","sku":"TEE-M","quantity":2}]));
        let id = answer["id"].as_str().unwrap();
        let token = answer["tracking"].as_str().unwrap().strip_prefix(&format!("/track/{id}.")).unwrap();
        assert_eq!(token.len(), 32);
        assert!(!made.body.contains("Canary") && !made.body.contains("10115"), "{made:?}");
        assert_eq!(place(&shop, "p-1", &body).await.json(), answer);
        assert_eq!(place(&shop, "p-2", &body).await.json(), answer);
        for path in [
            "/v1/orders/o%2F1%20%C3%A4",
            "/v1/orders/o%2F1%20%C3%A4?channel=web",
            &format!("/v1/orders/{id}"),
        ] {
            assert_eq!(shop.get(path).await.json(), answer, "{path}");
        }
        let told = shop.get(&format!("/v1/orders/{id}?timeline=true")).await.json();
        assert_eq!(told["timeline"][0]["fact"], "order_received", "{told}");
        let level = shop.get("/v1/stock/TEE-M").await.json()["levels"][0].clone();
        assert_eq!((&level["allocated"], &level["on_hand"]), (&json!(2), &json!(10)));
    });
}

/// Revisions decide: the same says the same, a lower one is old news, a higher one amends; an id used for another body is
/// a conflict.
#[test]
fn revisions_decide() {
    visit(|shop| async move {
        shop.stock("BER", "A", 10).await;
        let at = |revision: i64, quantity: i64| {
            let mut body = order("o-1", "A", quantity);
            body["revision"] = json!(revision);
            body
        };
        assert_eq!(place(&shop, "p-1", &at(2, 3)).await.status, 201);
        let old = place(&shop, "p-2", &at(1, 9)).await;
        assert_eq!((old.status, &old.json()["superseded"]), (200, &json!(true)), "{old:?}");
        assert_eq!(old.json()["lines"][0]["ordered"], 3);
        let other = place(&shop, "p-3", &at(2, 4)).await;
        assert_eq!((other.status, other.code().as_str()), (409, "order_exists"));
        let more = place(&shop, "p-4", &at(3, 5)).await;
        assert_eq!((more.status, &more.json()["lines"][0]["allocated"]), (201, &json!(5)), "{more:?}");
        let fewer = shop
            .post(
                "/v1/orders/o-1/amend",
                "a-1",
                r#"{"revision":4,"lines":[{"line":"1","sku":"A","quantity":2,"title":"Tee"}]}"#,
            )
            .await;
        let line = fewer.json()["lines"][0].clone();
        assert_eq!(
            (&line["allocated"], &line["cancelled"], &line["title"]),
            (&json!(2), &json!(3), &json!("Tee")),
            "{fewer:?}"
        );
        let conflict = place(&shop, "p-1", &at(2, 4)).await;
        assert_eq!((conflict.status, conflict.code().as_str()), (409, "idempotency_conflict"));
    });
}

/// What is not there is refused with the numbers; the refusal is remembered under its id, and a new id is decided anew.
#[test]
fn shortage_is_told_in_numbers() {
    visit(|shop| async move {
        shop.stock("BER", "A", 1).await;
        let refused = place(&shop, "p-1", &order("o-1", "A", 3)).await;
        assert_eq!((refused.status, refused.code().as_str()), (409, "insufficient_stock"));
        assert_eq!(refused.json()["lines"], json!([{"sku":"A","asked":3,"free":1}]));
        shop.stock("BER", "A", 5).await;
        assert_eq!(place(&shop, "p-1", &order("o-1", "A", 3)).await.status, 409);
        assert_eq!(place(&shop, "p-2", &order("o-1", "A", 3)).await.status, 201);
        assert_eq!(shop.get("/v1/orders/none").await.code(), "unknown_order");
    });
}

/// What a channel tells is a fact: goods nobody knows, goods that are gone already, nothing but fees.
#[test]
fn what_is_told_is_taken() {
    visit(|shop| async move {
        shop.stock("HAM", "A", 5).await;
        let line = |sku: &str| json!([{"line":"1","sku":sku,"quantity":2}]);
        let sold = json!({"order":"t-1","channel":"till","lines":line("A"),"fulfilled":{"warehouse":"HAM","at":"2026-11-23T09:59:00Z"}});
        let sold = place(&shop, "p-1", &sold).await;
        assert_eq!((sold.status, &sold.json()["lines"][0]["shipped"]), (201, &json!(2)), "{sold:?}");
        assert_eq!(sold.json()["fulfilments"][0]["state"], "collected");
        assert_eq!(shop.get("/v1/stock/A").await.json()["levels"][0]["on_hand"], 3);
        let strange = json!({"order":"t-2","channel":"till","lines":line("NEW")});
        let strange = place(&shop, "p-2", &strange).await;
        assert_eq!(strange.json()["hold"]["reason"], "unknown_sku", "{strange:?}");
        let unheard = place(&shop, "p-3", &order("o-9", "NEW", 1)).await;
        assert_eq!((unheard.status, unheard.code().as_str()), (404, "unknown_sku"));
        let fees = json!({"order":"t-3","channel":"till","lines":[{"line":"1","quantity":1,"stock":false,"title":"Card 25"}]});
        let fees = place(&shop, "p-4", &fees).await;
        assert_eq!((fees.status, &fees.json()["contact"]), (201, &json!("none")), "{fees:?}");
        let settled = shop.get("/v1/orders?archived=true&channel=till").await.json();
        let numbers: Vec<&str> =
            settled["orders"].as_array().unwrap().iter().map(|o| o["order"].as_str().unwrap()).collect();
        assert!(numbers.contains(&"t-1") && !numbers.contains(&"t-2"), "{settled}");
    });
}

/// An order is held, resumed, readdressed, paid, rerouted, cancelled in part and as a whole, and refunded.
#[test]
fn an_order_changes() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        shop.stock("HAM", "A", 5).await;
        let mut body = order("o-1", "A", 3);
        body["lines"][0]["unit_price"] = json!({"amount_minor":1000,"currency":"EUR"});
        assert_eq!(place(&shop, "p-1", &body).await.status, 201);
        let ask = |act: &'static str, id: &'static str, body: &'static str| {
            let shop = shop.clone();
            async move {
                let answer = shop.post(&format!("/v1/orders/o-1/{act}"), id, body).await;
                assert_eq!(answer.status, 200, "{act}: {answer:?}");
                answer.json()
            }
        };
        let held = ask("hold", "c-1", r#"{"reason":"fraud_check","until":"2026-11-24T10:00:00Z"}"#).await;
        assert_eq!(held["hold"], json!({"reason":"fraud_check","until":"2026-11-24T10:00:00Z"}));
        assert_eq!((&held["state"], &held["fulfilments"][0]["state"]), (&json!("held"), &json!("on_hold")));
        assert_eq!(ask("resume", "c-2", "").await["state"], "accepted");
        let moved =
            ask("address", "c-3", r#"{"ship_to":{"country":"AT","postal_code":"1010","name":"Canary"}}"#)
                .await;
        assert_eq!(moved["ship_to"], json!({"country":"AT","postal_prefix":"10"}));
        assert_eq!(
            ask("payment", "c-4", r#"{"state":"paid","ref":"psp-1"}"#).await["payment"]["state"],
            "paid"
        );
        let elsewhere = ask("reroute", "c-5", r#"{"exclude":["BER"]}"#).await;
        let part = elsewhere["fulfilments"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&part["warehouse"], &part["state"]), (&json!("HAM"), &json!("requested")), "{elsewhere}");
        let fewer =
            ask("cancel", "c-6", r#"{"lines":[{"line":"1","quantity":1}],"reason":"changed his mind"}"#)
                .await;
        assert_eq!(
            (&fewer["lines"][0]["allocated"], &fewer["lines"][0]["cancelled"]),
            (&json!(2), &json!(1))
        );
        let none = ask("cancel", "c-7", "").await;
        assert_eq!(
            (&none["state"], &none["cancelled_for"]),
            (&json!("cancelled"), &json!("requested")),
            "{none}"
        );
        let back =
            ask("refund", "c-8", r#"{"amount":{"amount_minor":3000,"currency":"EUR"},"reason":"cancelled"}"#)
                .await;
        assert_eq!(back["refunds"][0]["amount"], json!({"amount_minor":3000,"currency":"EUR"}));
        assert_eq!(ask("cancel", "c-7", "").await["state"], "cancelled", "a resend");
    });
}

/// What an order's state, or its money, does not allow is refused with the reason.
#[test]
fn wrong_changes_are_refused() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        let mut body = order("o-1", "A", 3);
        body["lines"][0]["unit_price"] = json!({"amount_minor":1000,"currency":"EUR"});
        assert_eq!(place(&shop, "p-1", &body).await.status, 201);
        assert_eq!(shop.post("/v1/orders/o-1/cancel", "c-1", "").await.status, 200);
        for (act, body, status, code) in [
            ("cancel", "{}", 409, "illegal_step"),
            ("hold", r#"{"reason":"x"}"#, 409, "illegal_step"),
            ("hold", r#"{"reason":"me@x.de"}"#, 422, "invalid"),
            ("amend", r#"{"lines":[]}"#, 422, "invalid"),
            ("address", "{}", 422, "invalid"),
            ("payment", r#"{"state":"payed"}"#, 422, "invalid"),
            ("refund", r#"{"amount":{"amount_minor":1,"currency":"CHF"}}"#, 422, "mixed_currencies"),
            ("refund", r#"{"amount":{"amount_minor":0,"currency":"EUR"}}"#, 422, "invalid"),
            (
                "refund",
                r#"{"amount":{"amount_minor":1,"currency":"EUR"},"return":"x"}"#,
                422,
                "unknown_return",
            ),
            ("reroute", r#"{"only":"NO"}"#, 422, "unknown_warehouse"),
            ("hold?page=1", "{}", 400, "unknown_parameter"),
        ] {
            let answer = shop
                .post(
                    &format!("/v1/orders/o-1/{act}"),
                    &format!("w-{act}-{}", body.len()).replace('?', "-"),
                    body,
                )
                .await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{act} {body}: {answer:?}");
        }
    });
}

/// Routing says beforehand what it would do, and afterwards why it did it; every warehouse is named.
#[test]
fn routing_explains_itself() {
    visit(|shop| async move {
        shop.stock("BER", "A", 5).await;
        let preview = shop.post("/v1/routing/preview", "v-1", &order("o-1", "A", 2).to_string()).await;
        assert_eq!(preview.status, 200, "{preview:?}");
        assert_eq!(preview.json()["parts"], json!([{"warehouse":"BER","lines":[{"line":"1","quantity":2}]}]));
        assert_eq!(shop.get("/v1/orders/o-1").await.status, 404);
        let short = shop.post("/v1/routing/preview", "v-2", &order("o-1", "A", 9).to_string()).await.json();
        assert_eq!(short["free"], json!([{"sku":"A","asked":9,"free":5}]), "{short}");
        assert_eq!(short["rest"][0]["what"], "refuse");
        assert_eq!(place(&shop, "p-1", &order("o-1", "A", 2)).await.status, 201);
        let why = shop.get("/v1/orders/o-1/explain").await.json();
        let attempt = &why["attempts"][0];
        assert_eq!(
            attempt["parts"],
            json!([{"warehouse":"BER","lines":[{"line":"1","quantity":2}]}]),
            "{why}"
        );
        let named: Vec<&Value> = attempt["explanation"]["considered"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["warehouse"])
            .collect();
        assert_eq!(named, [&json!("BER"), &json!("HAM")], "{why}");
        assert_eq!(attempt["explanation"]["considered"][1]["dropped_by"], "carries_sku");
    });
}

/// Lists are filtered and paged.
#[test]
fn orders_are_listed_in_pages() {
    visit(|shop| async move {
        shop.stock("BER", "A", 50).await;
        for at in 0..5 {
            assert_eq!(
                place(&shop, &format!("p-{at}"), &order(&format!("o-{at}"), "A", 1)).await.status,
                201
            );
        }
        let mut body = order("s-1", "A", 1);
        body["channel"] = json!("solo");
        assert_eq!(place(&shop, "p-s", &body).await.status, 201);
        shop.trial.pass(60_000);
        shop.post("/v1/orders/o-3/hold", "h", r#"{"reason":"check"}"#).await;
        let count = |query: &'static str| {
            let shop = shop.clone();
            async move {
                let page = shop.get(&format!("/v1/orders?{query}")).await;
                assert_eq!(page.status, 200, "{page:?}");
                page.json()["orders"].as_array().unwrap().len()
            }
        };
        assert_eq!(count("").await, 6);
        assert_eq!(count("channel=web").await, 5);
        assert_eq!(count("state=held").await, 1);
        assert_eq!(count("updated_since=2026-11-23T10:00:30Z").await, 1);
        let (mut seen, mut after) = (0, String::new());
        loop {
            let page = shop.get(&format!("/v1/orders?limit=2{after}")).await.json();
            seen += page["orders"].as_array().unwrap().len();
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
        assert_eq!(seen, 6);
        for (query, code) in [
            ("state=lost", "invalid"),
            ("updated_since=yesterday", "invalid"),
            ("archived=true&after=zz", "out_of_range"),
            ("after=%2F", "invalid"),
        ] {
            let wrong = shop.get(&format!("/v1/orders?{query}")).await;
            assert_eq!((wrong.status, wrong.code().as_str()), (422, code), "{query}");
        }
    });
}

/// A number that two channels use is told from its channel, or refused as ambiguous.
#[test]
fn two_shops_with_the_same_number() {
    visit(|shop| async move {
        shop.stock("BER", "A", 9).await;
        assert_eq!(place(&shop, "p-1", &order("1001", "A", 1)).await.status, 201);
        let mut body = order("1001", "A", 2);
        body["channel"] = json!("solo");
        assert_eq!(place(&shop, "p-2", &body).await.status, 201);
        let both = shop.get("/v1/orders/1001").await;
        assert_eq!((both.status, both.code().as_str()), (409, "ambiguous_order"));
        for (channel, ordered) in [("web", 1), ("solo", 2)] {
            let one = shop.get(&format!("/v1/orders/1001?channel={channel}")).await.json();
            assert_eq!(one["lines"][0]["ordered"], ordered);
            let same = shop.get(&format!("/v1/orders/{}", one["id"].as_str().unwrap())).await.json();
            assert_eq!(same["channel"], channel);
        }
        let cancelled = shop.post("/v1/orders/1001/cancel?channel=solo", "c-1", "").await;
        assert_eq!(cancelled.json()["state"], "cancelled");
        assert_eq!(shop.get("/v1/orders/1001?channel=web").await.json()["state"], "accepted");
        assert_eq!(shop.post("/v1/orders/1001/cancel?channel=none", "c-2", "").await.status, 404);
    });
}

/// What is wrong in an order is told with its path; amounts of two currencies, and of another than the channel's, have
/// their own words.
#[test]
fn wrong_orders_are_refused() {
    visit(|shop| async move {
        shop.stock("BER", "A", 9).await;
        let money = |currency: &str| json!({"amount_minor":100,"currency":currency});
        for (field, value, path, code) in [
            ("channel", json!("nobody"), "channel", "unknown_channel"),
            ("order", json!("me@x.de"), "order", "invalid"),
            ("lines", json!([]), "lines", "invalid"),
            ("lines", json!([{"line":"1","sku":"A","quantity":0}]), "lines[0].quantity", "invalid"),
            (
                "lines",
                json!([{"line":"1","sku":"A","quantity":1},{"line":"1","sku":"A","quantity":1}]),
                "lines[1].line",
                "invalid",
            ),
            ("lines", json!([{"line":"1","quantity":1}]), "lines[0].sku", "invalid"),
            (
                "lines",
                json!(
                    (0..501)
                        .map(|at| json!({"line":at.to_string(),"sku":"A","quantity":1}))
                        .collect::<Vec<_>>()
                ),
                "lines",
                "invalid",
            ),
            ("method", json!("pickup"), "pickup_at", "invalid"),
            ("pickup_at", json!("HAM"), "pickup_at", "invalid"),
            (
                "fulfilled",
                json!({"warehouse":"NO","at":"2026-11-23T09:00:00Z"}),
                "fulfilled.warehouse",
                "unknown_warehouse",
            ),
            ("ship_to", json!({"name":"Canary"}), "ship_to.country", "invalid"),
            ("ship_to", json!({"country":"DE","latitude":52.5}), "ship_to", "invalid"),
            ("labels", json!(["a", "me@x.de"]), "labels[1]", "invalid"),
            ("customer_ref", json!("canary@x.de"), "customer_ref", "invalid"),
            ("campaign", json!("4111 1111 1111 1111"), "campaign", "payment_data_refused"),
            ("release_on", json!("soon"), "release_on", "invalid"),
            ("priority", json!(256), "priority", "invalid"),
            ("total", json!({"amount_minor":1.5,"currency":"EUR"}), "total.amount_minor", "invalid"),
            ("colour", json!("red"), "colour", "invalid"),
        ] {
            let mut body = order("o-1", "A", 1);
            body[field] = value;
            let wrong = place(&shop, "w", &body).await;
            assert_eq!((wrong.status, wrong.code().as_str()), (422, code), "{field}: {wrong:?}");
            assert_eq!(wrong.json()["path"], path, "{wrong:?}");
            for secret in ["canary", "Canary", "4111", "me@"] {
                assert!(!wrong.body.contains(secret), "{wrong:?}");
            }
        }
        let mut mixed = order("o-1", "A", 1);
        (mixed["total"], mixed["discount"]) = (money("EUR"), money("CHF"));
        assert_eq!(place(&shop, "w", &mixed).await.code(), "mixed_currencies");
        let mut foreign = order("o-1", "A", 1);
        foreign["total"] = money("CHF");
        let foreign = place(&shop, "w", &foreign).await;
        assert_eq!((foreign.status, foreign.code().as_str()), (422, "currency_not_of_channel"));
        assert_eq!(shop.get("/v1/orders/o-1").await.status, 404);
    });
}
