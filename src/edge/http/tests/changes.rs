//! Batches over the door: movements, counts, policies, cards.

use serde_json::{Value, json};

use super::shop::{Answer, visit, visit_with};

fn codes(answer: &Answer) -> Vec<Value> {
    let results = answer.json()["results"].as_array().unwrap_or_else(|| panic!("{answer:?}")).clone();
    results.iter().map(|verdict| verdict.get("code").cloned().unwrap_or(verdict["status"].clone())).collect()
}

/// Each line of a batch has its own verdict, in order; a bad one harms no other; a resend does nothing twice.
#[test]
fn lines_are_judged_one_by_one() {
    visit(|shop| async move {
        let body = r#"{"lines":[
            {"sku":"A","kind":"receive","quantity":10,"ref":"PO 4711"},
            {"sku":"A","kind":"receive","quantity":"ten"},
            {"sku":"B","kind":"damage","quantity":1},
            7,
            {"sku":"A","kind":"receive","quantity":99999999999999999999},
            {"sku":"A","kind":"dance","quantity":1},
            {"sku":"A","kind":"sell","quantity":1},
            {"sku":"A","kind":"scrap","quantity":-1},
            {"sku":"A","kind":"adjust","quantity":-2,"reason":"broken glass"},
            {"sku":"A","kind":"damage","quantity":3},
            {"sku":"A","kind":"restock","quantity":1,"from":"damaged"},
            {"sku":"A","kind":"sell","quantity":1,"channel":"till"},
            {"sku":"A","kind":"receive","quantity":1,"ref":"me@x.de"},
            {"sku":"Größe #1/M","kind":"return","quantity":4,"into":"quality_control"}
        ]}"#;
        let path = "/v1/warehouses/HAM/movements";
        let first = shop.post(path, "m-1", body).await;
        let expected = json!([
            "applied",
            "invalid",
            "unknown_sku",
            "invalid",
            "invalid",
            "invalid",
            "invalid",
            "invalid",
            "applied",
            "applied",
            "applied",
            "applied",
            "invalid",
            "applied"
        ]);
        assert_eq!(json!(codes(&first)), expected, "{first:?}");
        let results = first.json()["results"].clone();
        assert_eq!((&results[1]["sku"], &results[3]["sku"]), (&json!("A"), &Value::Null));
        let detail = results[1]["detail"].as_str().unwrap();
        assert!(detail.starts_with("lines[1].quantity: invalid type: string \"ten\""), "{detail}");
        assert!(!first.body.contains("me@x.de"), "{first:?}");
        assert_eq!(json!(codes(&shop.post(path, "m-1", body).await)), expected);
        let level = shop.get("/v1/stock/A").await.json()["levels"][0].clone();
        assert_eq!((&level["on_hand"], &level["unavailable"]["damaged"]), (&json!(7), &json!(2)), "{level}");
        let odd = shop.get("/v1/stock/Gr%C3%B6%C3%9Fe%20%231%2FM").await.json();
        assert_eq!(odd["levels"][0]["unavailable"]["quality_control"], 4, "{odd}");
        let changed = body.replace("\"quantity\":10", "\"quantity\":11");
        assert_eq!(codes(&shop.post(path, "m-1", &changed).await)[0], "idempotency_conflict");
    });
}

/// Counts set the figure, also below zero; late and repeated ones are told; `seen` must be an event of this journal.
#[test]
fn counts_are_absolute() {
    visit(|shop| async move {
        let path = "/v1/warehouses/BER/counts";
        let count = |as_of: &str, on_hand: i64| {
            json!({"source":"erp","as_of":as_of,"lines":[{"sku":"A","on_hand":on_hand},{"sku":"B","on_hand":-3}]})
                .to_string()
        };
        let first = shop.post(path, "c-1", &count("2026-11-23T10:30:00+01:00", 42)).await;
        assert_eq!(codes(&first), ["applied", "applied"], "{first:?}");
        assert_eq!(first.json()["results"][1]["on_hand"], -3);
        let same = shop.post(path, "c-2", &count("2026-11-23T09:30:00Z", 42)).await;
        assert_eq!(codes(&same), ["applied", "applied"]);
        let late = shop.post(path, "c-3", &count("2026-11-23T09:00:00Z", 40)).await;
        assert_eq!(codes(&late), ["stale_count", "stale_count"]);
        let event = shop.get("/v1/stock/A/history?warehouse=BER").await.json()["changes"][0]["event"].clone();
        let seen = |event: &Value| {
            json!({"source":"erp","as_of":"2026-11-23T09:45:00Z","seen":event,"lines":[{"sku":"A","on_hand":41}]})
                .to_string()
        };
        assert_eq!(codes(&shop.post(path, "c-4", &seen(&event)).await), ["applied"]);
        let foreign = json!(event.as_str().unwrap().replace("w:BER.1-", "w:BER.1-f"));
        for wrong in [foreign, json!("w:HAM.1-0000000000000001.0"), json!("yesterday")] {
            let refused = shop.post(path, "c-5", &seen(&wrong)).await;
            assert_eq!((refused.status, refused.code().as_str()), (422, "unknown_seen"), "{wrong}");
        }
        let wrong = r#"{"source":"erp","as_of":"2026-11-23T09:50:00Z","measures":"available","lines":[{"sku":"A","on_hand":1},{"sku":"A","available":1}]}"#;
        assert_eq!(codes(&shop.post(path, "c-6", wrong).await), ["invalid", "applied"]);
    });
}

/// Safety stock and fences leave less to others, buffer and cap shape what is shown; null takes away.
#[test]
fn policies_are_set_per_line() {
    visit(|shop| async move {
        shop.stock("BER", "A", 20).await;
        let put = |path: &'static str, id: &'static str, body: Value| {
            let shop = shop.clone();
            async move { shop.call("PUT", path, &format!("Idempotency-Key: {id}\r\n"), &body.to_string()).await }
        };
        let places = json!({"lines":[
            {"sku":"A","safety_stock":2,"fences":[{"channel":"solo","quantity":5}]},
            {"sku":"A","fences":[{"channel":"nobody","quantity":5}]},
            {"sku":"A","safety_stock":-1}]});
        let set = put("/v1/warehouses/BER/policies", "p-1", places).await;
        assert_eq!(codes(&set), ["applied", "unknown_channel", "invalid"], "{set:?}");
        let shown = |channel: &'static str| {
            let shop = shop.clone();
            async move {
                let answer = shop.get(&format!("/v1/channels/{channel}/availability?sku=A")).await.json();
                answer["items"][0]["available"].as_i64().unwrap()
            }
        };
        assert_eq!(shown("web").await, 13);
        assert_eq!(shown("solo").await, 5, "the display cap");
        let channel =
            json!({"lines":[{"sku":"A","buffer":1,"cap":{"value":10,"until":"2027-01-01T00:00:00Z"}}]});
        assert_eq!(codes(&put("/v1/channels/web/policies", "p-2", channel).await), ["applied"]);
        assert_eq!(shown("web").await, 10);
        let channel = json!({"lines":[{"sku":"A","cap":null}]});
        assert_eq!(codes(&put("/v1/channels/web/policies", "p-3", channel).await), ["applied"]);
        assert_eq!(shown("web").await, 12);
        let level = shop.get("/v1/stock/A").await.json()["levels"][0].clone();
        assert_eq!(level["safety_stock"], 2);
        assert_eq!(level["fences"], json!([{"channel":"solo","set":5,"left":5}]));
    });
}

/// A card comes back as it was given, also under an odd name.
#[test]
fn cards_are_kept_as_given() {
    visit(|shop| async move {
        let card = json!({"title":"Tee, weiß","gtin":"04012345678901","unit":"piece","weight_g":180,"bins":{"BER":"A-01"}});
        let path = "/v1/items/T%2F1";
        let set = shop.call("PUT", path, "", &card.to_string()).await;
        assert_eq!(set.status, 200, "{set:?}");
        let mut expected = card.clone();
        expected["sku"] = json!("T/1");
        assert_eq!(shop.get(path).await.json(), expected);
        assert_eq!(shop.get("/v1/items/none").await.code(), "unknown_sku");
        let wrong = shop.call("PUT", path, "", r#"{"gtin":"12"}"#).await;
        assert_eq!((wrong.status, &wrong.json()["path"]), (422, &json!("gtin")));
    });
}

/// Thousands of lines go through one request, and one too many is refused before any is done.
#[test]
fn long_batches_are_bounded() {
    visit_with(
        |settings| settings.limits.lines_per_request = 3_000,
        |shop| async move {
            let lines = |n: usize| {
                let line = |at: usize| json!({"sku":format!("S-{}", at % 700),"kind":"receive","quantity":1});
                json!({"lines": (0..n).map(line).collect::<Vec<_>>()}).to_string()
            };
            let path = "/v1/warehouses/BER/movements";
            let many = shop.post(path, "b-1", &lines(3_000)).await;
            assert_eq!((many.status, &many.json()["applied"]), (200, &json!(3_000)));
            let over = shop.post(path, "b-2", &lines(3_001)).await;
            assert_eq!((over.status, over.code().as_str()), (422, "invalid"));
            let mut seen = 0;
            let mut path = "/v1/stock?limit=300".to_owned();
            loop {
                let page = shop.get(&path).await.json();
                seen += page["items"].as_array().unwrap().len();
                let Some(next) = page["next"].as_str() else { break };
                path = format!("/v1/stock?limit=300&after={next}");
            }
            assert_eq!(seen, 700);
        },
    );
}
