//! Stories of promised units that go along with a transfer: they are free nowhere in between, and are shipped from where
//! they arrive.

use serde_json::{Value, json};

use crate::orders_words::{MERCHANT, Story, at_work, counters, order, part, parts, with};
use crate::process::Store;
use crate::talk::wish;

/// Everything there is of X is promised to an order in Berlin, and goes along to Hamburg.
async fn carried(story: &mut Story, units: i64) -> (Value, String) {
    story.stock("BER", &[("X", units)]).await;
    // Hamburg has had it before.
    story.stock("HAM", &[("Y", 1)]).await;
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", units)])).await;
    assert_eq!(parts(&placed), [part("BER", "requested", units)], "{placed}");
    let carry = json!([{"order": "o-1", "channel": "web", "line": "1", "quantity": units}]);
    let asked = json!({"from": "BER", "to": "HAM", "carry": carry});
    let transfer = story.tell("/v1/transfers", &asked).await;
    assert_eq!((&transfer["state"], &transfer["lines"][0]["quantity"]), (&json!("allocated"), &json!(units)));
    let path = format!("/v1/transfers/{}", transfer["transfer"].as_str().expect("an id"));
    (placed, path)
}

/// Nobody can have a unit anywhere: not by a cart, not by an order, not by another transfer.
async fn nobody_gets(story: &mut Story, sku: &str) {
    let id = story.id();
    let refused = story.client.reserve(&id, &wish("web", &id, &[(sku, 1)])).await;
    assert!(refused.is_err(), "{refused:?}");
    let other = order("app", &story.id(), &[(sku, 1)]);
    story.refused("/v1/orders", &other, "insufficient_stock").await;
    for (from, to) in [("BER", "HAM"), ("HAM", "BER")] {
        let away = json!({"from": from, "to": to, "lines": [{"sku": sku, "quantity": 1}]});
        story.refused("/v1/transfers", &away, "transfer_refused").await;
    }
}

/// An order is carried from Berlin to Hamburg in two deliveries and shipped from there; at no time in between can anybody
/// have one of its units, and the daemon may die on the way.
async fn carried_and_shipped(store: Store) {
    let mut story = Story::on(&store, MERCHANT).await;
    let (placed, path) = carried(&mut story, 2).await;
    let waits = story.order("web", "o-1").await;
    assert_eq!(parts(&waits), [part("BER", "awaiting_transfer", 2)], "{waits}");
    assert_eq!(waits["fulfilments"][0]["transfer"], json!(path.rsplit('/').next()));
    assert_eq!(counters(&waits, 0), [0, 0, 2, 0, 0]);
    let id = placed["fulfilments"][0]["fulfilment"].as_str().expect("an id");
    let refused = story.refused(&format!("/v1/fulfilments/{id}/pick"), &json!({}), "illegal_step").await;
    assert_eq!(refused["found"], "awaiting_transfer");
    story.act("web", "o-1", "reroute", &json!({"exclude": ["BER"]})).await;
    nobody_gets(&mut story, "X").await;
    story.daemon.kill().await;
    story.daemon.again().await;
    story.tell(&format!("{path}/ship"), &json!({})).await;
    let road = story
        .until(("web", "o-1"), "the units to leave", |order| counters(order, 0) == [0, 2, 0, 0, 0])
        .await;
    assert_eq!(parts(&road), [part("HAM", "in_transfer", 2)], "{road}");
    assert_eq!((story.figures("X", "BER").await, story.everywhere("X").await), ((0, 0, 0), (0, 0, 0)));
    nobody_gets(&mut story, "X").await;
    story.daemon.kill().await;
    story.daemon.again().await;
    let one = json!({"lines": [{"sku": "X", "quantity": 1}]});
    story.tell(&format!("{path}/receive"), &one).await;
    story.until(("web", "o-1"), "the first unit", |order| counters(order, 0) == [0, 1, 1, 0, 0]).await;
    assert_eq!(story.figures("X", "HAM").await, (1, 0, 1));
    nobody_gets(&mut story, "X").await;
    story.tell(&format!("{path}/receive"), &json!({})).await;
    let there =
        story.until(("web", "o-1"), "the second unit", |order| counters(order, 0) == [0, 0, 2, 0, 0]).await;
    nobody_gets(&mut story, "X").await;
    assert_eq!(at_work(&there), [part("HAM", "requested", 1), part("HAM", "requested", 1)], "{there}");
    let transfer = story.see(&path).await;
    assert_eq!(transfer["state"], "closed");
    let row = &transfer["carry"][0];
    assert_eq!((&row["shipped"], &row["received"], &row["lost"]), (&json!(2), &json!(2), &json!(0)), "{row}");
    for at in 0..2 {
        story.step(&there, at, "ship", &json!({})).await;
    }
    assert_eq!(story.order("web", "o-1").await["state"], "shipped");
    assert_eq!(story.everywhere("X").await, (0, 0, 0));
    story.end().await;
}

/// On the embedded store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_are_carried_along() {
    carried_and_shipped(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn promises_are_carried_along_on_redis() {
    let Some(store) = Store::redis().await else { return };
    carried_and_shipped(store).await;
}

/// One unit of two is lost on the road: the order looks for it elsewhere, and finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_on_the_road_is_routed_again() {
    let mut story = Story::begin().await;
    let (_, path) = carried(&mut story, 2).await;
    story.tell(&format!("{path}/ship"), &json!({})).await;
    let one = json!({"lines": [{"sku": "X", "quantity": 1}]});
    story.tell(&format!("{path}/receive"), &one).await;
    story.until(("web", "o-1"), "the first unit", |order| counters(order, 0) == [0, 1, 1, 0, 0]).await;
    story.stock("VIE", &[("X", 1)]).await;
    let closed = story.tell(&format!("{path}/close"), &json!({})).await;
    assert_eq!((&closed["state"], &closed["carry"][0]["lost"]), (&json!("closed"), &json!(1)), "{closed}");
    let found =
        story.until(("web", "o-1"), "another unit", |order| counters(order, 0) == [0, 0, 2, 0, 0]).await;
    let mut work = at_work(&found);
    work.sort();
    assert_eq!(work, [part("HAM", "requested", 1), part("VIE", "requested", 1)], "{found}");
    assert_eq!(story.everywhere("X").await, (2, 0, 2));
    story.end().await;
}

/// Cancelled on the road, units arrive as anybody's; cancelled before they leave, they stay, free, and the transfer ends
/// with them. A transfer that is cancelled leaves every unit promised where it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cancelled_is_free_where_it_is() {
    let mut story = Story::begin().await;
    let (_, path) = carried(&mut story, 2).await;
    story.tell(&format!("{path}/ship"), &json!({})).await;
    let cut = json!({"lines": [{"line": "1", "quantity": 1}]});
    let cut = story.act("web", "o-1", "cancel", &cut).await;
    assert_eq!(counters(&cut, 0), [0, 1, 0, 0, 1], "{cut}");
    story.tell(&format!("{path}/receive"), &json!({})).await;
    story.until(("web", "o-1"), "the other unit", |order| counters(order, 0) == [0, 0, 1, 0, 1]).await;
    assert_eq!(story.figures("X", "HAM").await, (2, 0, 1));
    // The one left over goes to another, who wants it from Berlin, and changes his mind.
    let placed = story.tell("/v1/orders", &order("app", "o-2", &[("X", 1)])).await;
    assert_eq!(parts(&placed), [part("HAM", "requested", 1)], "{placed}");
    let carry = json!([{"order": "o-2", "line": "1", "quantity": 1}]);
    let asked = json!({"from": "HAM", "to": "BER", "carry": carry});
    let transfer = story.tell("/v1/transfers", &asked).await;
    let path = format!("/v1/transfers/{}", transfer["transfer"].as_str().expect("an id"));
    story.tell(&format!("{path}/cancel"), &json!({})).await;
    let stays = story
        .until(("app", "o-2"), "the unit to stay", |order| parts(order) == [part("HAM", "requested", 1)])
        .await;
    assert_eq!(counters(&stays, 0), [0, 0, 1, 0, 0]);
    let transfer = story.tell("/v1/transfers", &asked).await;
    let path = format!("/v1/transfers/{}", transfer["transfer"].as_str().expect("an id"));
    story.act("app", "o-2", "cancel", &json!({})).await;
    let ended = story.see(&path).await;
    assert_eq!(
        (&ended["state"], &ended["lines"][0]["quantity"]),
        (&json!("cancelled"), &json!(0)),
        "{ended}"
    );
    assert_eq!(story.figures("X", "HAM").await, (2, 0, 1));
    story.end().await;
}

/// What can't go along refuses the transfer with the row and the reason, and undoes the rows before it: units that are not
/// there, that somebody has begun to pick, whose buyer comes for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_may_say_no() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 5)]).await;
    story.stock("VIE", &[("X", 1)]).await;
    story.tell("/v1/orders", &order("web", "o-1", &[("X", 2)])).await;
    let begun = story.tell("/v1/orders", &order("web", "o-2", &[("X", 1)])).await;
    story.step(&begun, 0, "pick", &json!({"begin": true})).await;
    let comes = json!({"method": "pickup", "pickup_at": "VIE"});
    story.tell("/v1/orders", &with(order("pre", "o-3", &[("X", 1)]), comes)).await;
    let row = |number: &str, units: i64| json!({"order": number, "line": "1", "quantity": units});
    let moved = |from: &str, carry: Value| json!({"from": from, "to": "HAM", "carry": carry, "lines": [{"sku": "X", "quantity": 1}]});
    for (from, carry, at) in [
        ("BER", json!([row("o-1", 1), row("o-1", 2)]), "carry[1]"),
        ("BER", json!([row("o-1", 2), row("o-2", 1)]), "carry[1]"),
        ("VIE", json!([row("o-3", 1)]), "carry[0]"),
    ] {
        let refused = story.refused("/v1/transfers", &moved(from, carry), "transfer_refused").await;
        assert!(refused["detail"].as_str().is_some_and(|detail| detail.starts_with(at)), "{refused}");
        let back = story
            .until(("web", "o-1"), "all to stand as before", |order| {
                at_work(order).iter().all(|one| one.1 == "requested")
            })
            .await;
        assert_eq!(counters(&back, 0), [0, 0, 2, 0, 0]);
        assert_eq!(story.figures("X", "BER").await, (5, 0, 3), "nothing of the lines is promised");
    }
    story.refused("/v1/transfers", &moved("BER", json!([row("o-9", 1)])), "unknown_order").await;
    story.refused("/v1/transfers", &json!({"from": "BER", "to": "HAM"}), "invalid").await;
    story.end().await;
}
