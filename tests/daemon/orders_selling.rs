//! Stories of selling: who gets the last unit, and which order a name means.

use serde_json::json;

use crate::orders_words::{Story, counters, order, part, parts, say, with};
use crate::talk::{get, wish};
use crate::wait::wait_for;

/// The last unit, ordered on two channels at the same moment, is sold once; the other is refused with the numbers, and
/// refused again whenever it asks under its id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_unit_on_two_channels() {
    let mut story = Story::begin().await;
    for round in 0..10 {
        let (sku, number) = (format!("L-{round}"), format!("o-{round}"));
        story.stock("BER", &[(&sku, 1)]).await;
        let (mut web, mut app) = (story.daemon.client(), story.daemon.client());
        let (on_web, on_app) = (order("web", &number, &[(&sku, 1)]), order("app", &number, &[(&sku, 1)]));
        let (id_web, id_app) = (format!("w-{round}"), format!("a-{round}"));
        let told = tokio::join!(
            say(&mut web, "/v1/orders", &id_web, &on_web),
            say(&mut app, "/v1/orders", &id_app, &on_app)
        );
        let (won, (lost, lost_id, said)) = match told {
            ((201, won), (lost, said)) => (won, (lost, (&id_app, &on_app), said)),
            ((lost, said), (_, won)) => (won, (lost, (&id_web, &on_web), said)),
        };
        assert_eq!((counters(&won, 0), &won["state"]), ([0, 0, 1, 0, 0], &json!("accepted")), "{won}");
        assert_eq!((lost, &said["code"]), (409, &json!("insufficient_stock")), "{said}");
        assert_eq!(said["lines"], json!([{"sku": sku, "asked": 1, "free": 0}]));
        let again = say(&mut story.client, "/v1/orders", lost_id.0, lost_id.1).await;
        assert_eq!((again.0, &again.1["lines"]), (409, &said["lines"]));
        assert_eq!(story.figures(&sku, "BER").await, (1, 0, 1));
        let (status, _) = get(&mut story.client, &format!("/v1/orders/{number}")).await;
        assert_eq!(status, 200, "only one order of this number was ever taken in");
    }
    story.end().await;
}

/// The last unit is told by a marketplace while a shop asks for it: the shop may be refused, the marketplace never is;
/// what is not there waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_unit_told_and_asked() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("L", 1)]).await;
    let first = story.tell("/v1/orders", &order("web", "o-1", &[("L", 1)])).await;
    assert_eq!(parts(&first), [part("BER", "requested", 1)]);
    let told = story.tell("/v1/orders", &order("ebay", "o-1", &[("L", 1)])).await;
    assert_eq!(counters(&told, 0), [0, 1, 0, 0, 0], "{told}");
    story.refused("/v1/orders", &order("app", "o-1", &[("L", 1)]), "insufficient_stock").await;
    story.act("web", "o-1", "cancel", &json!({})).await;
    let told = story
        .until(("ebay", "o-1"), "the unit to go to who waits", |order| counters(order, 0) == [0, 0, 1, 0, 0])
        .await;
    assert_eq!(parts(&told), [part("BER", "requested", 1)], "{told}");
    assert_eq!(story.everywhere("L").await, (1, 0, 1));
    story.end().await;
}

/// An order that brings its reservation takes exactly what was held, also where nothing else is free; the cart's hold
/// becomes the order's and is nobody else's any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cart_becomes_an_order() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 1)]).await;
    story.stock("HAM", &[("X", 1)]).await;
    story.client.reserve("r-1", &wish("web", "cart", &[("X", 2)])).await.expect("both");
    story.refused("/v1/orders", &order("web", "o-0", &[("X", 1)]), "insufficient_stock").await;
    let taken = with(order("web", "o-1", &[("X", 2)]), json!({"reservation": "r-1"}));
    let placed = story.tell("/v1/orders", &taken).await;
    assert_eq!(parts(&placed), [part("BER", "requested", 1), part("HAM", "requested", 1)], "{placed}");
    assert_eq!(story.everywhere("X").await, (2, 0, 2));
    assert_eq!(story.client.reservation("r-1").await.expect("its end").state, "ordered");
    let refused = story.client.release("r-1", "d-1").await.expect_err("not the cart's any more");
    assert_eq!(refused.code(), Some("owned_by_order"));
    story.end().await;
}

/// A cart outlives its hold: ordered afterwards, its goods are claimed anew where they are still there, and refused with
/// the numbers where somebody else was faster.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cart_outlives_its_hold() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 3)]).await;
    for cart in ["r-1", "r-2"] {
        let mut short = wish("web", cart, &[("X", 1)]);
        short.ttl_s = Some(1);
        story.client.reserve(cart, &short).await.expect("a unit");
    }
    for cart in ["r-1", "r-2"] {
        let client = &mut story.client;
        wait_for("the hold to end", async || {
            (client.reservation(cart).await.expect("known").state == "expired").then_some(())
        })
        .await;
    }
    let late =
        |number: &str, cart: &str| with(order("web", number, &[("X", 2)]), json!({"reservation": cart}));
    let placed = story.tell("/v1/orders", &late("o-1", "r-1")).await;
    assert_eq!(counters(&placed, 0), [0, 0, 2, 0, 0], "{placed}");
    let refused = story.refused("/v1/orders", &late("o-2", "r-2"), "insufficient_stock").await;
    assert_eq!(refused["lines"], json!([{"sku": "X", "asked": 2, "free": 1}]));
    assert_eq!(story.figures("X", "BER").await, (3, 0, 2));
    story.end().await;
}

/// Two shops give the same number to two orders: without the channel nobody can tell which is meant and nothing is done;
/// with it, or by the id over all channels, each is found, changed and told apart.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_shops_with_the_same_number() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 10)]).await;
    let web = story.tell("/v1/orders", &order("web", "1001", &[("X", 2)])).await;
    let alone = story.see("/v1/orders/1001").await;
    assert_eq!(alone["id"], web["id"], "while there is one, its number is enough");
    let app = story.tell("/v1/orders", &order("app", "1001", &[("X", 3)])).await;
    assert_ne!(web["id"], app["id"]);
    let (status, told) = get(&mut story.client, "/v1/orders/1001").await;
    assert_eq!((status, &told["code"]), (409, &json!("ambiguous_order")), "{told}");
    story.refused("/v1/orders/1001/cancel", &json!({}), "ambiguous_order").await;
    story.refused("/v1/orders/1001/hold", &json!({"reason": "check"}), "ambiguous_order").await;
    assert_eq!(story.figures("X", "BER").await, (10, 0, 5), "nothing was done");
    for known in [&web, &app] {
        let id = known["id"].as_str().expect("an id").to_owned();
        assert_eq!(story.see(&format!("/v1/orders/{id}")).await["channel"], known["channel"]);
    }
    assert_eq!(counters(&story.order("app", "1001").await, 0), [0, 0, 3, 0, 0]);
    let id = web["id"].as_str().expect("an id").to_owned();
    let gone = story.tell(&format!("/v1/orders/{id}/cancel"), &json!({})).await;
    assert_eq!((&gone["state"], &gone["channel"]), (&json!("cancelled"), &json!("web")));
    assert_eq!(story.order("app", "1001").await["state"], "accepted");
    assert_eq!(story.figures("X", "BER").await, (10, 0, 3));
    story.end().await;
}
