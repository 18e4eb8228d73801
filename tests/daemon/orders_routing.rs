//! Stories of orders that find another place: moved, short, refused, timed out; and of those that must not move.

use serde_json::json;

use crate::orders_words::{MERCHANT, Story, at_work, counters, order, part, parts, with};
use crate::process::Store;
use crate::talk::level;

/// An order is moved between warehouses while nobody has begun with it: to the one that is named, then away from it; in
/// the end nothing stays promised where it no longer ships from, and an operator's word is not forgotten.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moved_between_warehouses_mid_order() {
    let mut story = Story::begin().await;
    for place in ["BER", "HAM", "VIE"] {
        story.stock(place, &[("X", 5)]).await;
    }
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", 2)])).await;
    assert_eq!(parts(&placed), [part("BER", "requested", 2)], "{placed}");
    story.step(&placed, 0, "accept", &json!({})).await;
    let moved = story.act("web", "o-1", "reroute", &json!({"only": "HAM"})).await;
    assert_eq!((at_work(&moved), counters(&moved, 0)), (vec![part("HAM", "requested", 2)], [0, 0, 2, 0, 0]));
    assert_eq!((story.figures("X", "BER").await, story.figures("X", "HAM").await), ((5, 0, 0), (5, 0, 2)));
    let moved = story.act("web", "o-1", "reroute", &json!({"exclude": ["HAM"]})).await;
    assert_eq!(at_work(&moved), [part("VIE", "requested", 2)], "not where an operator took it from: {moved}");
    assert_eq!(story.everywhere("X").await, (15, 0, 2));
    let begun = moved["fulfilments"].as_array().expect("parts").len() - 1;
    story.step(&moved, begun, "pick", &json!({})).await;
    let stays = story.act("web", "o-1", "reroute", &json!({"only": "BER"})).await;
    assert_eq!(at_work(&stays), [part("VIE", "picked", 2)], "what is picked stays where it is");
    let explained = story.see("/v1/orders/o-1/explain?channel=web").await;
    assert_eq!(explained["attempts"].as_array().map(Vec::len), Some(3), "{explained}");
    let dropped = &explained["attempts"][2]["explanation"]["considered"];
    for place in ["BER", "HAM"] {
        let named = dropped.as_array().expect("all").iter().find(|one| one["warehouse"] == place);
        assert!(named.is_some_and(|one| one["dropped_by"].is_string()), "{place} in {dropped}");
    }
    story.step(&stays, begun, "ship", &json!({})).await;
    assert_eq!(story.everywhere("X").await, (13, 0, 0));
    story.end().await;
}

/// An order waits in a store for its buyer to come, the goods lie elsewhere: a transfer carries them there, and what
/// arrives is the waiting order's before it is anybody else's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transfer_carries_goods_to_the_waiting_order() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 3)]).await;
    // The store has had them before.
    story.stock("VIE", &[("X", 1)]).await;
    let sold = json!({"fulfilled": {"warehouse": "VIE", "at": jiff::Timestamp::now().to_string()}});
    story.tell("/v1/orders", &with(order("till", "o-0", &[("X", 1)]), sold)).await;
    let pickup = |number: &str, units: i64| {
        with(order("pre", number, &[("X", units)]), json!({"method": "pickup", "pickup_at": "VIE"}))
    };
    let waits = story.tell("/v1/orders", &pickup("o-1", 2)).await;
    assert_eq!(counters(&waits, 0), [0, 2, 0, 0, 0], "{waits}");
    let moved = json!({"from": "BER", "to": "VIE", "lines": [{"sku": "X", "quantity": 3}]});
    let transfer = story.tell("/v1/transfers", &moved).await;
    let path = format!("/v1/transfers/{}", transfer["transfer"].as_str().expect("an id"));
    assert_eq!(story.figures("X", "BER").await, (3, 0, 3), "promised to the road");
    story.tell(&format!("{path}/ship"), &json!({})).await;
    assert_eq!(story.figures("X", "BER").await, (0, 0, 0));
    let some = json!({"lines": [{"sku": "X", "quantity": 1}]});
    story.tell(&format!("{path}/receive"), &some).await;
    let partly =
        story.until(("pre", "o-1"), "the first unit", |order| counters(order, 0) == [0, 1, 1, 0, 0]).await;
    assert_eq!(at_work(&partly), [part("VIE", "requested", 1)], "{partly}");
    story.tell(&format!("{path}/receive"), &json!({})).await;
    let whole =
        story.until(("pre", "o-1"), "the other units", |order| counters(order, 0) == [0, 0, 2, 0, 0]).await;
    assert_eq!(story.see(&path).await["state"], "closed");
    assert_eq!(story.figures("X", "VIE").await, (2 + 1, 0, 2), "the third is free");
    for at in 0..whole["fulfilments"].as_array().expect("parts").len() {
        story.step(&whole, at, "ready", &json!({})).await;
        story.step(&whole, at, "collect", &json!({})).await;
    }
    assert_eq!(story.order("pre", "o-1").await["state"], "delivered");
    assert_eq!(story.figures("X", "VIE").await, (1, 0, 0));
    story.end().await;
}

/// A picker finds fewer than there should be: the rest comes from another place, what was not found is not offered there
/// again, what is broken lies under damaged, and both parcels arrive.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_pick_is_sourced_elsewhere() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 4)]).await;
    story.stock("HAM", &[("X", 4)]).await;
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", 4)])).await;
    story.step(&placed, 0, "pick", &json!({"begin": true})).await;
    let missing = json!({"lines": [{"line": "1", "quantity": 1}]});
    story.step(&placed, 0, "short_pick", &missing).await;
    let now = story.order("web", "o-1").await;
    assert_eq!(parts(&now), [part("BER", "short_picked", 3), part("HAM", "requested", 1)], "{now}");
    assert_eq!(story.figures("X", "BER").await, (3, 0, 3), "what is not there is not on hand");
    let broken = json!({"lines": [{"line": "1", "quantity": 1}], "damaged": true});
    story.step(&placed, 0, "short_pick", &broken).await;
    let now = story.order("web", "o-1").await;
    assert_eq!(counters(&now, 0), [0, 0, 4, 0, 0], "{now}");
    assert_eq!(at_work(&now).iter().filter(|one| one.0 == "HAM").map(|one| one.2).sum::<i64>(), 2, "{now}");
    let shelf = level(&mut story.client, "X", "BER").await;
    assert_eq!((shelf.on_hand, shelf.allocated), (3, 2), "a broken one is on hand and not for sale");
    let stock = story.see("/v1/stock/X").await;
    assert_eq!(stock["levels"][0]["unavailable"]["damaged"], 1, "{stock}");
    let explained = story.see("/v1/orders/o-1/explain?channel=web").await;
    assert!(explained["blocked"].to_string().contains("short_picked"), "{explained}");
    for at in 0..parts(&now).len() {
        story.step(&now, at, "ship", &json!({})).await;
        story.step(&now, at, "deliver", &json!({})).await;
    }
    assert_eq!(story.order("web", "o-1").await["state"], "delivered");
    assert_eq!(story.everywhere("X").await, (3, 0, 0));
    story.end().await;
}

/// Nobody anywhere has what the picker did not find: the order waits for somebody to decide, and goes on by itself when
/// goods come.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_pick_with_nothing_left_anywhere() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 2)]).await;
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", 2)])).await;
    let missing = json!({"lines": [{"line": "1", "quantity": 2}]});
    story.step(&placed, 0, "short_pick", &missing).await;
    let held = story.order("web", "o-1").await;
    assert_eq!((counters(&held, 0), &held["state"]), ([2, 0, 0, 0, 0], &json!("held")), "{held}");
    assert_eq!(held["hold"]["reason"], "ask_operator");
    assert_eq!(story.figures("X", "BER").await, (0, 0, 0));
    story.stock("HAM", &[("X", 2)]).await;
    let found = story
        .until(("web", "o-1"), "the goods to be found", |order| counters(order, 0) == [0, 0, 2, 0, 0])
        .await;
    assert_eq!(
        (at_work(&found), found["hold"].is_null()),
        (vec![part("HAM", "requested", 2)], true),
        "{found}"
    );
    story.end().await;
}

/// A store never answers: once its time is over it is timed out and not asked again, the order ships from elsewhere,
/// nothing stays promised in the store, and an answer that comes after all is too late.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_never_answers() {
    let silent = MERCHANT.replace("kind = \"store\"", "kind = \"store\"\naccept_within_s = 1");
    let silent = silent.replace("[\"BER\", \"HAM\", \"VIE\"]", "[\"VIE\", \"BER\"]");
    let mut story = Story::on(&Store::Embedded, &silent).await;
    story.stock("VIE", &[("X", 5)]).await;
    story.stock("BER", &[("X", 5)]).await;
    let mut body = order("web", "o-1", &[("X", 2)]);
    body["ship_to"] = json!({"country": "AT", "postal_code": "1010"});
    story.tell("/v1/orders", &body).await;
    let moved = story
        .until(("web", "o-1"), "the store to be timed out", |order| {
            at_work(order) == [part("BER", "requested", 2)]
        })
        .await;
    assert_eq!(parts(&moved)[0], part("VIE", "timed_out", 2), "{moved}");
    assert_eq!((story.figures("X", "VIE").await, story.figures("X", "BER").await), ((5, 0, 0), (5, 0, 2)));
    let explained = story.see("/v1/orders/o-1/explain?channel=web").await;
    assert_eq!(explained["blocked"], json!([{"warehouse": "VIE", "why": "timed_out"}]), "{explained}");
    assert_eq!(explained["attempts"].as_array().map(Vec::len), Some(2), "{explained}");
    let id = moved["fulfilments"][0]["fulfilment"].as_str().expect("an id").to_owned();
    let late = story.refused(&format!("/v1/fulfilments/{id}/accept"), &json!({}), "illegal_step").await;
    assert_eq!(late["found"], "timed_out", "too late");
    story.step(&moved, 1, "accept", &json!({})).await;
    story.end().await;
}

/// Everybody rejects: each is asked once, then the order waits for somebody instead of going round.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_by_all() {
    let mut story = Story::begin().await;
    for place in ["BER", "HAM", "VIE"] {
        story.stock(place, &[("X", 5)]).await;
    }
    let mut now = story.tell("/v1/orders", &order("web", "o-1", &[("X", 1)])).await;
    for (at, place) in ["BER", "HAM", "VIE"].into_iter().enumerate() {
        assert_eq!(at_work(&now), [part(place, "requested", 1)], "{now}");
        story.step(&now, at, "reject", &json!({"reason": "closed today"})).await;
        now = story.order("web", "o-1").await;
    }
    assert_eq!((at_work(&now), counters(&now, 0), &now["state"]), (vec![], [1, 0, 0, 0, 0], &json!("held")));
    assert_eq!(story.everywhere("X").await, (15, 0, 0));
    // An operator's word undoes what a warehouse said.
    let now = story.act("web", "o-1", "reroute", &json!({"only": "HAM"})).await;
    assert_eq!((at_work(&now), now["hold"].is_null()), (vec![part("HAM", "requested", 1)], true), "{now}");
    story.end().await;
}

/// What shall go at once is asked for all or nothing where nobody may wait, and begun only when all of it is there where
/// one may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ship_complete() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 5), ("Y", 1)]).await;
    let whole = |channel: &str, number: &str| {
        with(order(channel, number, &[("X", 2), ("Y", 2)]), json!({"ship_complete": true}))
    };
    let refused = story.refused("/v1/orders", &whole("web", "o-1"), "insufficient_stock").await;
    assert_eq!(refused["lines"], json!([{"sku": "Y", "asked": 2, "free": 1}]));
    assert_eq!(story.everywhere("X").await, (5, 0, 0), "nothing is kept for an order that was refused");
    let waits = story.tell("/v1/orders", &whole("pre", "o-2")).await;
    assert!(at_work(&waits).iter().all(|(_, state, _)| state == "on_hold"), "nobody begins yet: {waits}");
    let open: i64 = (0..2).map(|line| counters(&waits, line)[..2].iter().sum::<i64>()).sum();
    assert!(open > 0, "{waits}");
    story.stock("BER", &[("Y", 1)]).await;
    let there = story
        .until(("pre", "o-2"), "all of it to be there", |order| {
            (0..2).all(|line| counters(order, line) == [0, 0, 2, 0, 0])
        })
        .await;
    assert!(
        at_work(&there).iter().all(|(place, state, _)| place == "BER" && state == "requested"),
        "{there}"
    );
    assert_eq!((story.everywhere("X").await, story.everywhere("Y").await), ((5, 0, 2), (2, 0, 2)));
    story.end().await;
}

/// A buyer comes to the store, so the order stays there: the store that rejects it, misses it or wants it moved gets no
/// other place into play, whatever lies elsewhere. What nobody collects goes back to the shelf.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pickup_is_never_brokered_again() {
    let mut story = Story::begin().await;
    for place in ["BER", "VIE"] {
        story.stock(place, &[("X", 5)]).await;
    }
    let pickup = |number: &str| {
        with(order("web", number, &[("X", 2)]), json!({"method": "pickup", "pickup_at": "VIE"}))
    };
    let placed = story.tell("/v1/orders", &pickup("o-1")).await;
    assert_eq!(parts(&placed), [part("VIE", "requested", 2)], "{placed}");
    story.refused("/v1/orders/o-1/reroute?channel=web", &json!({"only": "BER"}), "illegal_step").await;
    story.step(&placed, 0, "short_pick", &json!({"lines": [{"line": "1", "quantity": 1}]})).await;
    let held = story.order("web", "o-1").await;
    assert_eq!((at_work(&held).len(), &held["state"]), (1, &json!("held")), "{held}");
    assert_eq!(
        (counters(&held, 0), &held["hold"]["reason"]),
        ([1, 0, 1, 0, 0], &json!("short_picked")),
        "{held}"
    );
    let placed = story.tell("/v1/orders", &pickup("o-2")).await;
    story.step(&placed, 0, "reject", &json!({})).await;
    let held = story.order("web", "o-2").await;
    assert_eq!((at_work(&held), counters(&held, 0)), (vec![], [2, 0, 0, 0, 0]), "{held}");
    assert_eq!(story.figures("X", "BER").await, (5, 0, 0), "nobody looked elsewhere");
    let placed = story.tell("/v1/orders", &pickup("o-3")).await;
    story.step(&placed, 0, "ready", &json!({})).await;
    story.step(&placed, 0, "uncollected", &json!({})).await;
    let back = story.order("web", "o-3").await;
    assert_eq!((counters(&back, 0), &back["state"]), ([0, 0, 0, 0, 2], &json!("cancelled")), "{back}");
    assert_eq!(back["cancelled_for"], "uncollected");
    for number in ["o-1", "o-2"] {
        story.act("web", number, "cancel", &json!({})).await;
    }
    assert_eq!(story.everywhere("X").await, (9, 0, 0), "one was not found");
    story.end().await;
}
