//! Stories of orders that wait for goods.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::orders_words::{MERCHANT, Story, at_work, counters, order, part, with};
use crate::process::Store;
use crate::talk::{get, wish};

/// Goods are expected and sold before they are there. When they come, in two deliveries, those are served first who are
/// more urgent, then those who came first; what is left over is free.
async fn filled_on_receipt(store: Store) {
    let mut story = Story::on(&store, MERCHANT).await;
    let eta = (Timestamp::now() + SignedDuration::from_hours(72)).round(jiff::Unit::Second).expect("a time");
    let due = json!({"ref": "PO 4711", "warehouse": "BER", "eta": eta.to_string(), "lines": [{"sku": "NEW", "quantity": 6}]});
    let inbound = story.tell("/v1/inbound", &due).await;
    let path = format!("/v1/inbound/{}", inbound["inbound"].as_str().expect("an id"));
    let (_, shown) = get(&mut story.client, "/v1/channels/pre/availability?sku=NEW").await;
    assert_eq!(shown["items"][0]["expected_on"], json!(eta.to_string()), "{shown}");
    let mut placed = Vec::new();
    for (number, units, priority) in [("first", 2, 100), ("second", 2, 100), ("urgent", 1, 0)] {
        let body = with(order("pre", number, &[("NEW", units)]), json!({"priority": priority}));
        let told = story.tell("/v1/orders", &body).await;
        assert_eq!(counters(&told, 0), [0, units, 0, 0, 0], "{told}");
        assert_eq!(told["waits"][0]["warehouse"], "BER", "{told}");
        placed.push(body);
    }
    story.refused("/v1/orders", &order("web", "o-1", &[("NEW", 1)]), "insufficient_stock").await;
    let some = json!({"lines": [{"sku": "NEW", "quantity": 3}]});
    story.tell(&format!("{path}/receive"), &some).await;
    for (number, stands) in
        [("urgent", [0, 0, 1, 0, 0]), ("first", [0, 0, 2, 0, 0]), ("second", [0, 2, 0, 0, 0])]
    {
        story
            .until(("pre", number), "who comes first to be served", |order| counters(order, 0) == stands)
            .await;
    }
    assert_eq!(story.figures("NEW", "BER").await, (3, 0, 3));
    // A restart in between loses nobody's turn.
    story.daemon.kill().await;
    story.daemon.again().await;
    story.tell(&format!("{path}/receive"), &json!({})).await;
    let second = story
        .until(("pre", "second"), "the second to be served", |order| counters(order, 0) == [0, 0, 2, 0, 0])
        .await;
    assert_eq!(at_work(&second), [part("BER", "requested", 2)], "{second}");
    assert_eq!(story.see(&path).await["state"], "closed");
    assert_eq!(story.figures("NEW", "BER").await, (6, 0, 5));
    let last = story.tell("/v1/orders", &order("web", "o-2", &[("NEW", 1)])).await;
    assert_eq!(at_work(&last), [part("BER", "requested", 1)], "the one left over is anybody's");
    for number in ["first", "second", "urgent"] {
        let now = story.order("pre", number).await;
        for at in 0..at_work(&now).len() {
            story.step(&now, at, "ship", &json!({})).await;
        }
        assert_eq!(story.order("pre", number).await["state"], "shipped");
    }
    assert_eq!(story.figures("NEW", "BER").await, (1, 0, 1));
    story.end().await;
}

/// On the embedded store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pre_order_filled_on_receipt() {
    filled_on_receipt(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pre_order_filled_on_receipt_on_redis() {
    let Some(store) = Store::redis().await else { return };
    filled_on_receipt(store).await;
}

/// A channel may sell only so many beyond stock: the one too many is refused with the numbers, and whoever cancels while
/// waiting gives the room to the next.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backorders_are_bounded() {
    let bounded = MERCHANT.replacen("backorder = true", "backorder = true\nbackorder_limit = 3", 1);
    let mut story = Story::on(&Store::Embedded, &bounded).await;
    story.stock("BER", &[("X", 1)]).await;
    let part_waits = story.tell("/v1/orders", &order("pre", "o-1", &[("X", 3)])).await;
    assert_eq!(counters(&part_waits, 0), [0, 2, 1, 0, 0], "{part_waits}");
    let refused = story.refused("/v1/orders", &order("pre", "o-2", &[("X", 2)]), "insufficient_room").await;
    assert_eq!((&refused["asked"], &refused["there"]), (&json!(2), &json!(1)), "{refused}");
    let told = story.tell("/v1/orders", &order("pre", "o-3", &[("X", 1)])).await;
    assert_eq!(counters(&told, 0), [0, 1, 0, 0, 0]);
    let cut = json!({"lines": [{"line": "1", "quantity": 2}]});
    let cut = story.act("pre", "o-1", "cancel", &cut).await;
    assert_eq!(counters(&cut, 0), [0, 0, 1, 0, 2], "what waits is given up first: {cut}");
    let told = story.tell("/v1/orders", &order("pre", "o-4", &[("X", 2)])).await;
    assert_eq!(counters(&told, 0), [0, 2, 0, 0, 0]);
    story.refused("/v1/orders", &order("pre", "o-5", &[("X", 1)]), "insufficient_room").await;
    story.stock("BER", &[("X", 9)]).await;
    for (number, units) in [("o-3", 1), ("o-4", 2)] {
        story.until(("pre", number), "the goods", |order| counters(order, 0) == [0, 0, units, 0, 0]).await;
    }
    assert_eq!(story.figures("X", "BER").await, (10, 0, 4));
    // With their goods there, the room is free again.
    let told = story.tell("/v1/orders", &order("pre", "o-6", &[("X", 9)])).await;
    assert_eq!(counters(&told, 0), [0, 3, 6, 0, 0], "{told}");
    story.end().await;
}

/// Goods that are given back by one serve who waits for them, before anybody new gets them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_back_serves_who_waits() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 2)]).await;
    story.tell("/v1/orders", &order("web", "o-1", &[("X", 1)])).await;
    story.client.reserve("r-1", &wish("web", "cart", &[("X", 1)])).await.expect("the other");
    let waits = story.tell("/v1/orders", &order("pre", "o-2", &[("X", 2)])).await;
    assert_eq!(counters(&waits, 0), [0, 2, 0, 0, 0], "{waits}");
    story.client.release("r-1", "d-1").await.expect("given back");
    story.until(("pre", "o-2"), "the released unit", |order| counters(order, 0) == [0, 1, 1, 0, 0]).await;
    story.refused("/v1/orders", &order("web", "o-3", &[("X", 1)]), "insufficient_stock").await;
    story.act("web", "o-1", "cancel", &json!({})).await;
    let served = story
        .until(("pre", "o-2"), "the cancelled unit", |order| counters(order, 0) == [0, 0, 2, 0, 0])
        .await;
    let units = at_work(&served).iter().map(|one| one.2).sum::<i64>();
    assert_eq!(units, 2, "{served}");
    story.act("pre", "o-2", "cancel", &json!({})).await;
    assert_eq!(story.everywhere("X").await, (2, 0, 0));
    let cancelled = story.order("pre", "o-2").await;
    assert_eq!(counters(&cancelled, 0), [0, 0, 0, 0, 2], "{cancelled}");
    story.end().await;
}
