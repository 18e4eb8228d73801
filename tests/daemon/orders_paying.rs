//! Stories of channels whose orders wait for their payment.

use serde_json::json;

use crate::orders_words::{MERCHANT, Story, at_work, counters, order, part, with};
use crate::process::Store;
use crate::talk::figures;
use crate::wait::wait_for;

/// The merchant, whose shop wants the money first.
fn paid_first(within_s: u32) -> String {
    let shop = "id = \"web\"\npayment_required = true";
    format!("{}[orders]\npay_within_s = {within_s}\n", MERCHANT.replacen("id = \"web\"", shop, 1))
}

/// An order waits for its payment with its goods promised and nobody at work; once it is paid, work begins. News that
/// come late or twice change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_until_paid() {
    let mut story = Story::on(&Store::Embedded, &paid_first(3_600)).await;
    story.stock("BER", &[("X", 5)]).await;
    let pending = with(order("web", "o-1", &[("X", 2)]), json!({"payment": {"state": "pending"}}));
    let held = story.tell("/v1/orders", &pending).await;
    assert_eq!((&held["state"], &held["hold"]["reason"]), (&json!("held"), &json!("payment")), "{held}");
    assert!(held["payment"]["until"].is_string(), "{held}");
    assert_eq!(at_work(&held), [part("BER", "on_hold", 2)]);
    assert_eq!(story.figures("X", "BER").await, (5, 0, 2), "promised, so that nobody else gets it");
    let id = held["fulfilments"][0]["fulfilment"].as_str().expect("an id").to_owned();
    story.refused(&format!("/v1/fulfilments/{id}/pick"), &json!({}), "illegal_step").await;
    story
        .refused("/v1/orders", &with(order("app", "o-1", &[("X", 4)]), json!({})), "insufficient_stock")
        .await;
    let paid = story.act("web", "o-1", "payment", &json!({"state": "paid", "ref": "psp-1"})).await;
    assert_eq!((&paid["state"], &paid["payment"]["state"]), (&json!("accepted"), &json!("paid")), "{paid}");
    assert_eq!(at_work(&paid), [part("BER", "requested", 2)]);
    for late in ["authorised", "pending", "failed", "paid"] {
        let same = story.act("web", "o-1", "payment", &json!({"state": late})).await;
        assert_eq!((&same["payment"]["state"], at_work(&same)), (&json!("paid"), at_work(&paid)), "{late}");
    }
    assert_eq!(story.times("web", "o-1", "order_payment").await, 1);
    let at_once = with(order("web", "o-2", &[("X", 1)]), json!({"payment": {"state": "authorised"}}));
    assert_eq!(story.tell("/v1/orders", &at_once).await["state"], "accepted");
    story.end().await;
}

/// A payment fails: the goods are free at once. The buyer tries again and pays: the goods are claimed again where they
/// are still there; where they are gone, somebody is told that there is money and nothing for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failed_then_paid_after_all() {
    let mut story = Story::on(&Store::Embedded, &paid_first(3_600)).await;
    story.stock("BER", &[("X", 2)]).await;
    for number in ["o-1", "o-2"] {
        story.tell("/v1/orders", &order("web", number, &[("X", 1)])).await;
        let failed = story.act("web", number, "payment", &json!({"state": "failed"})).await;
        assert_eq!(
            (&failed["state"], counters(&failed, 0)),
            (&json!("cancelled"), [0, 0, 0, 0, 1]),
            "{failed}"
        );
        assert_eq!(failed["cancelled_for"], "payment_failed");
    }
    assert_eq!(story.figures("X", "BER").await, (2, 0, 0));
    let paid = story.act("web", "o-1", "payment", &json!({"state": "paid"})).await;
    assert_eq!(
        (&paid["state"], at_work(&paid)),
        (&json!("accepted"), vec![part("BER", "requested", 1)]),
        "{paid}"
    );
    story.tell("/v1/orders", &order("app", "o-9", &[("X", 1)])).await;
    let paid = story.act("web", "o-2", "payment", &json!({"state": "paid"})).await;
    assert_eq!((counters(&paid, 0), &paid["state"]), ([1, 0, 0, 0, 0], &json!("held")), "{paid}");
    assert_eq!(paid["hold"]["reason"], "payment_without_stock");
    assert_eq!(story.figures("X", "BER").await, (2, 0, 2));
    story.stock("HAM", &[("X", 1)]).await;
    let found = story
        .until(("web", "o-2"), "goods for the money", |order| counters(order, 0) == [0, 0, 1, 0, 0])
        .await;
    assert_eq!(at_work(&found), [part("HAM", "requested", 1)], "{found}");
    story.end().await;
}

/// Nobody pays: when the time is over the order is cancelled and its goods are free, also where the daemon was away when
/// it ended.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_paid() {
    let mut story = Story::on(&Store::Embedded, &paid_first(1)).await;
    story.stock("BER", &[("X", 2)]).await;
    for number in ["o-1", "o-2"] {
        let held = story.tell("/v1/orders", &order("web", number, &[("X", 1)])).await;
        assert!(held["payment"]["until"].is_string(), "{held}");
        if number == "o-2" {
            story.daemon.kill().await;
            story.daemon.again().await;
        }
        let over = story
            .until(("web", number), "the time to pay to end", |order| order["state"] == "cancelled")
            .await;
        assert_eq!(
            (counters(&over, 0), &over["cancelled_for"]),
            ([0, 0, 0, 0, 1], &json!("payment_timeout"))
        );
    }
    let client = &mut story.client;
    wait_for("the goods to be free", async || (figures(client, "X", "BER").await == (2, 0, 0)).then_some(()))
        .await;
    let late = story.act("web", "o-1", "payment", &json!({"state": "paid"})).await;
    assert_eq!((&late["state"], counters(&late, 0)), (&json!("accepted"), [0, 0, 1, 0, 0]), "{late}");
    story.end().await;
}
