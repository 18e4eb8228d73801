//! Returns, transfers and receipts over the door.

use serde_json::{Value, json};

use super::shop::{Shop, visit, visit_with};
use crate::config::{Scope, Settings, Token, TokenHash};

/// Places an order of some units and ships all of it; its id over all channels.
pub(super) async fn shipped(shop: &Shop, number: &str, sku: &str, units: i64) -> String {
    let order = placed(shop, number, sku, units).await;
    let part = order["fulfilments"][0]["fulfilment"].as_str().expect("a fulfilment").to_owned();
    let body = r#"{"parcels":[{"carrier":"dhl","tracking":"00340434161094000001"}]}"#;
    let sent = shop.post(&format!("/v1/fulfilments/{part}/ship"), &format!("ship-{number}"), body).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    order["id"].as_str().expect("an id").to_owned()
}

/// Places an order of some units.
pub(super) async fn placed(shop: &Shop, number: &str, sku: &str, units: i64) -> Value {
    let body = json!({
        "order": number, "channel": "web", "method": "ship",
        "lines": [{"line": "1", "sku": sku, "quantity": units}],
        "ship_to": {"country": "DE", "postal_code": "10115", "name": "Ada Beispiel"},
        "payment": {"state": "authorised"},
    });
    let order = shop.post("/v1/orders", &format!("place-{number}"), &body.to_string()).await;
    assert_eq!(order.status, 201, "{order:?}");
    order.json()
}

/// What a warehouse has of a SKU.
async fn level(shop: &Shop, warehouse: &str, sku: &str) -> Value {
    let levels = shop.get(&format!("/v1/stock/{sku}")).await.json()["levels"].clone();
    let mut levels = levels.as_array().expect("levels").iter();
    levels.find(|level| level["warehouse"] == warehouse).cloned().unwrap_or_default()
}

/// An order comes back to another store, is looked at unit by unit and refunded; a resend is the same return, and no more
/// comes back than has left.
#[test]
fn goods_come_back_to_another_store() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let id = shipped(&shop, "o-1", "TEE-M", 3).await;
        let body = r#"{"order":"o-1","channel":"web","warehouse":"HAM","lines":[{"line":"1","quantity":2,"reason":"too small"}]}"#;
        let back = shop.post("/v1/returns", "a-1", body).await;
        assert_eq!((back.status, &back.json()["state"]), (201, &json!("announced")), "{back:?}");
        assert_eq!(back.json()["return"], format!("{id}-r1"));
        let other = shop.post("/v1/returns", "a-2", &body.replace("\"quantity\":2", "\"quantity\":1")).await;
        assert_eq!(other.json()["return"], format!("{id}-r2"), "{other:?}");
        let again = shop.post("/v1/returns", "a-1", body).await;
        assert_eq!((again.status, &again.json()["return"]), (201, &back.json()["return"]), "{again:?}");
        let more = shop.post("/v1/returns", "a-3", body).await;
        assert_eq!((more.status, more.code().as_str()), (409, "too_many"));
        let gone = shop.post(&format!("/v1/returns/{id}-r2/cancel"), "c-1", "").await;
        assert_eq!(gone.json()["state"], "cancelled", "{gone:?}");
        let path = format!("/v1/returns/{id}-r1");
        let here = shop.post(&format!("{path}/receive"), "r-1", "{}").await;
        assert_eq!(
            (&here.json()["state"], &here.json()["lines"][0]["received"]),
            (&json!("received"), &json!(2))
        );
        let ham = level(&shop, "HAM", "TEE-M").await;
        assert_eq!(
            (&ham["on_hand"], &ham["unavailable"]["quality_control"]),
            (&json!(2), &json!(2)),
            "{ham}"
        );
        let found = r#"{"lines":[{"sku":"TEE-M","sellable":1,"scrap":1}]}"#;
        let seen = shop.post(&format!("{path}/inspect"), "i-1", found).await;
        assert_eq!(
            (&seen.json()["state"], &seen.json()["refunded"]),
            (&json!("closed"), &json!(false)),
            "{seen:?}"
        );
        let ham = level(&shop, "HAM", "TEE-M").await;
        assert_eq!(
            (&ham["on_hand"], &ham["unavailable"]["quality_control"]),
            (&json!(1), &json!(0)),
            "{ham}"
        );
        let late = shop.post(&format!("{path}/receive"), "r-2", "{}").await;
        assert_eq!((late.status, late.code().as_str()), (409, "illegal_step"));
        let order = shop.get("/v1/orders/o-1?channel=web").await.json();
        assert_eq!(order["lines"][0]["returned"], 2, "{order}");
        let closed = shop.get("/v1/returns?warehouse=HAM&state=closed").await.json();
        assert_eq!(closed["returns"][0]["return"], format!("{id}-r1"), "{closed}");
        assert_eq!(shop.get(&format!("/v1/returns/{id}-r9")).await.code(), "unknown_return");
    });
}

/// A return of an order nobody knows is taken in by its reference.
#[test]
fn goods_of_nobody_come_back() {
    visit(|shop| async move {
        let body = r#"{"ref":"market 4711","warehouse":"BER","lines":[{"sku":"MUG","quantity":1}]}"#;
        let back = shop.post("/v1/returns", "a-1", body).await;
        assert_eq!((back.status, back.json()["order"].is_null()), (201, true), "{back:?}");
        let path = format!("/v1/returns/{}", back.json()["return"].as_str().unwrap());
        let again = shop.post("/v1/returns", "a-1", body).await;
        assert_eq!(again.json()["return"], back.json()["return"]);
        for (act, body) in [("receive", ""), ("inspect", r#"{"lines":[{"sku":"MUG","damaged":1}]}"#)] {
            let done = shop.post(&format!("{path}/{act}"), act, body).await;
            assert_eq!(done.status, 200, "{done:?}");
        }
        assert_eq!(level(&shop, "BER", "MUG").await["unavailable"]["damaged"], 1);
        assert_eq!(shop.get(&path).await.json()["state"], "closed");
        // Its money is still owed.
        let listed = shop.get("/v1/returns?state=closed").await.json();
        assert_eq!(listed["returns"][0]["ref"], "market 4711", "{listed}");
        for (body, path) in [
            (r#"{"warehouse":"BER","lines":[{"quantity":1}]}"#, "lines[0].sku"),
            (r#"{"warehouse":"BER","lines":[{"line":"1","quantity":1}]}"#, "lines[0].sku"),
            (r#"{"warehouse":"NO","lines":[{"sku":"A","quantity":1}]}"#, "warehouse"),
            (r#"{"warehouse":"BER","lines":[]}"#, "lines"),
        ] {
            let wrong = shop.post("/v1/returns", "w", body).await;
            assert_eq!((wrong.status, &wrong.json()["path"]), (422, &json!(path)), "{wrong:?}");
        }
        let unknown = r#"{"order":"no","warehouse":"BER","lines":[{"sku":"A","quantity":1}]}"#;
        assert_eq!(shop.post("/v1/returns", "u", unknown).await.code(), "unknown_order");
    });
}

/// Goods go to another warehouse, arrive in part, and what is lost on the road is given up; what is not there is not
/// promised.
#[test]
fn goods_go_to_another_warehouse() {
    visit(|shop| async move {
        shop.stock("BER", "TEE-M", 10).await;
        let body = r#"{"from":"BER","to":"HAM","ref":"weekly","lines":[{"sku":"TEE-M","quantity":6}]}"#;
        let asked = shop.post("/v1/transfers", "t-1", body).await;
        assert_eq!((asked.status, &asked.json()["state"]), (201, &json!("allocated")), "{asked:?}");
        assert_eq!(level(&shop, "BER", "TEE-M").await["allocated"], 6);
        let more = shop.post("/v1/transfers", "t-2", body).await;
        assert_eq!((more.status, more.code().as_str()), (409, "transfer_refused"), "{more:?}");
        let path = format!("/v1/transfers/{}", asked.json()["transfer"].as_str().unwrap());
        let part = r#"{"lines":[{"sku":"TEE-M","quantity":5}],"eta":"2026-11-24T10:00:00Z"}"#;
        let left = shop.post(&format!("{path}/ship"), "s-1", part).await;
        assert_eq!(
            (&left.json()["state"], &left.json()["lines"][0]["under_way"]),
            (&json!("shipped"), &json!(5))
        );
        let early = shop.post(&format!("{path}/cancel"), "c-1", "").await;
        assert_eq!((early.status, early.code().as_str()), (409, "illegal_step"));
        let here = r#"{"lines":[{"sku":"TEE-M","quantity":3}]}"#;
        let here = shop.post(&format!("{path}/receive"), "r-1", here).await;
        assert_eq!(here.json()["state"], "partly_received", "{here:?}");
        let closed = shop.post(&format!("{path}/close"), "e-1", "").await;
        assert_eq!(
            (&closed.json()["state"], &closed.json()["lines"][0]["lost"]),
            (&json!("closed"), &json!(2))
        );
        let (ber, ham) = (level(&shop, "BER", "TEE-M").await, level(&shop, "HAM", "TEE-M").await);
        assert_eq!((&ber["on_hand"], &ber["allocated"]), (&json!(5), &json!(0)), "{ber}");
        assert_eq!((&ham["on_hand"], &ham["allocated"]), (&json!(3), &json!(0)), "{ham}");
        let listed = shop.get("/v1/transfers?warehouse=HAM&archived=true").await.json();
        assert_eq!(listed["transfers"].as_array().map(Vec::len), Some(2), "{listed}");
        let same = r#"{"from":"BER","to":"BER","lines":[{"sku":"TEE-M","quantity":1}]}"#;
        assert_eq!(shop.post("/v1/transfers", "t-3", same).await.json()["path"], "to");
    });
}

/// A receipt is expected, expected otherwise, received in parts and closed short.
#[test]
fn goods_are_expected() {
    visit(|shop| async move {
        let body = r#"{"ref":"PO 4711","warehouse":"BER","eta":"2026-12-01T08:00:00Z","lines":[{"sku":"MUG","quantity":10}]}"#;
        let asked = shop.post("/v1/inbound", "e-1", body).await;
        assert_eq!((asked.status, &asked.json()["state"]), (201, &json!("expected")), "{asked:?}");
        let again = shop.post("/v1/inbound", "e-1", body).await;
        assert_eq!(again.json()["inbound"], asked.json()["inbound"]);
        let path = format!("/v1/inbound/{}", asked.json()["inbound"].as_str().unwrap());
        let some =
            shop.post(&format!("{path}/receive"), "r-1", r#"{"lines":[{"sku":"MUG","quantity":4}]}"#).await;
        assert_eq!(
            (&some.json()["state"], &some.json()["lines"][0]["open"]),
            (&json!("partly_received"), &json!(6))
        );
        assert_eq!(level(&shop, "BER", "MUG").await["on_hand"], 4);
        let changed = r#"{"eta":"2026-12-05T08:00:00Z","lines":[{"sku":"MUG","quantity":8},{"sku":"CAP","quantity":1}]}"#;
        let changed = shop.call("PUT", &path, "Idempotency-Key: u-1\r\n", changed).await;
        assert_eq!(changed.json()["lines"][0]["open"], 4, "{changed:?}");
        assert_eq!(
            (&changed.json()["eta"], &changed.json()["ref"]),
            (&json!("2026-12-05T08:00:00Z"), &json!("PO 4711"))
        );
        let closed = shop.post(&format!("{path}/close"), "c-1", "").await;
        assert_eq!(closed.json()["state"], "closed", "{closed:?}");
        let late = shop.post(&format!("{path}/receive"), "r-2", "").await;
        assert_eq!((late.status, late.code().as_str()), (409, "illegal_step"));
        assert_eq!(shop.get("/v1/inbound").await.json()["inbound"], json!([]));
        let listed = shop.get("/v1/inbound?warehouse=BER&state=closed&archived=true").await.json();
        assert_eq!(listed["inbound"][0]["lines"][0]["received"], 4, "{listed}");
    });
}

fn token(secret: &str, scope: Scope) -> Token {
    Token { name: secret.to_owned(), hash: TokenHash::of(secret), scopes: vec![scope], expires: None }
}

fn tokens(settings: &mut Settings) {
    settings.tokens = vec![
        token("all", Scope::Admin),
        token("web", Scope::Sell("web".to_owned())),
        token("till", Scope::Sell("till".to_owned())),
        token("ber", Scope::Stock("BER".to_owned())),
        token("ham", Scope::Stock("HAM".to_owned())),
        token("picker", Scope::Fulfil("BER".to_owned())),
        token("lawyer", Scope::Contact("web".to_owned())),
    ];
}

/// Whoever may not see a document is told that there is none; whoever may see it and not change it is refused.
#[test]
fn strangers_learn_nothing() {
    visit_with(tokens, |shop| async move {
        let ask = |verb: &'static str, path: String, who: &'static str, body: &'static str| {
            let shop = shop.clone();
            async move {
                let headers =
                    format!("Authorization: Bearer {who}\r\nIdempotency-Key: {who}-{}\r\n", path.len());
                shop.call(verb, &path, &headers, body).await
            }
        };
        let goods = r#"{"lines":[{"sku":"MUG","kind":"receive","quantity":9}]}"#;
        ask("POST", "/v1/warehouses/BER/movements".to_owned(), "ber", goods).await;
        let moved = r#"{"from":"BER","to":"HAM","lines":[{"sku":"MUG","quantity":1}]}"#;
        let asked = ask("POST", "/v1/transfers".to_owned(), "ber", moved).await;
        assert_eq!(asked.status, 201, "{asked:?}");
        let transfer = format!("/v1/transfers/{}", asked.json()["transfer"].as_str().unwrap());
        let loose = r#"{"warehouse":"BER","lines":[{"sku":"MUG","quantity":1}]}"#;
        let back = ask("POST", "/v1/returns".to_owned(), "ber", loose).await;
        let back = format!("/v1/returns/{}", back.json()["return"].as_str().unwrap());
        let due = r#"{"warehouse":"BER","lines":[{"sku":"MUG","quantity":1}]}"#;
        let due = ask("POST", "/v1/inbound".to_owned(), "ber", due).await;
        let due = format!("/v1/inbound/{}", due.json()["inbound"].as_str().unwrap());
        for (verb, path, who, status) in [
            ("GET", transfer.clone(), "ber", 200),
            ("GET", transfer.clone(), "ham", 200),
            ("GET", transfer.clone(), "web", 404),
            ("GET", "/v1/transfers".to_owned(), "web", 403),
            ("GET", transfer.clone(), "nobody", 401),
            ("POST", format!("{transfer}/ship"), "ham", 403),
            ("POST", format!("{transfer}/ship"), "web", 404),
            ("POST", format!("{transfer}/receive"), "ber", 403),
            ("GET", back.clone(), "ber", 200),
            ("GET", back.clone(), "web", 404),
            ("POST", format!("{back}/receive"), "ham", 404),
            ("POST", format!("{back}/cancel"), "web", 404),
            ("GET", due.clone(), "ham", 404),
            ("POST", format!("{due}/close"), "ham", 404),
            ("GET", "/v1/warehouses/BER/pick-lists".to_owned(), "picker", 200),
            ("GET", "/v1/warehouses/HAM/pick-lists".to_owned(), "picker", 403),
        ] {
            let answer = ask(verb, path.clone(), who, "").await;
            assert_eq!(answer.status, status, "{verb} {path} {who}: {answer:?}");
        }
        for (path, who, body, status) in [
            ("/v1/transfers", "ham", moved, 403),
            ("/v1/inbound", "ham", loose, 403),
            ("/v1/returns", "web", loose, 403),
            ("/v1/privacy/erase", "web", r#"{"orders":[{"channel":"web","order":"o"}]}"#, 403),
            ("/v1/privacy/export", "lawyer", r#"{"orders":[{"channel":"till","order":"o"}]}"#, 403),
            ("/v1/privacy/export", "lawyer", r#"{"orders":[{"channel":"web","order":"o"}]}"#, 200),
        ] {
            let answer = ask("POST", path.to_owned(), who, body).await;
            assert_eq!(answer.status, status, "{path} {who}: {answer:?}");
        }
    });
}
