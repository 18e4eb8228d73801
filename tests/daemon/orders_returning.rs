//! Stories of goods that do not stay with their buyer: cancelled, refunded, sent back.

use serde_json::json;

use crate::orders_words::{Story, counters, order, part, parts, say};
use crate::talk::{get, level};

/// A part has left when the buyer cancels: only the rest is cancelled and free again, what left stays shipped, and the
/// money for the rest goes back once, however often it is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancel_after_partial_ship_then_refund() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 5)]).await;
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", 3)])).await;
    let left =
        json!({"lines": [{"line": "1", "quantity": 1}], "parcels": [{"carrier": "dhl", "tracking": "42"}]});
    story.step(&placed, 0, "ship", &left).await;
    let shipped = story.order("web", "o-1").await;
    assert_eq!(parts(&shipped), [part("BER", "shipped", 1), part("BER", "requested", 2)], "{shipped}");
    assert_eq!((counters(&shipped, 0), &shipped["state"]), ([0, 0, 2, 1, 0], &json!("partially_shipped")));
    assert_eq!(story.figures("X", "BER").await, (4, 0, 2));
    let cancel = json!({"reason": "customer_request"});
    let path = "/v1/orders/o-1/cancel?channel=web";
    let (_, first) = say(&mut story.client, path, "c-1", &cancel).await;
    assert_eq!((counters(&first, 0), &first["state"]), ([0, 0, 0, 1, 2], &json!("shipped")), "{first}");
    let (status, again) = say(&mut story.client, path, "c-1", &cancel).await;
    assert_eq!((status, counters(&again, 0)), (200, [0, 0, 0, 1, 2]));
    let refused = story.refused(path, &json!({}), "illegal_step").await;
    assert_eq!(refused["found"], "shipped", "what has left can't be cancelled");
    assert_eq!(story.figures("X", "BER").await, (4, 0, 0));
    let refund = json!({"amount": {"amount_minor": 3_998, "currency": "EUR"}, "reason": "cancelled"});
    let path = "/v1/orders/o-1/refund?channel=web";
    for _ in 0..2 {
        let (status, told) = say(&mut story.client, path, "m-1", &refund).await;
        assert_eq!((status, told["refunds"].as_array().map(Vec::len)), (200, Some(1)), "{told}");
        assert_eq!(told["refunds"][0]["amount"]["amount_minor"], 3_998);
    }
    let foreign = json!({"amount": {"amount_minor": 1, "currency": "CHF"}});
    story.refused(path, &foreign, "mixed_currencies").await;
    let shipped = story.order("web", "o-1").await;
    story.step(&shipped, 0, "deliver", &json!({})).await;
    assert_eq!(story.order("web", "o-1").await["state"], "delivered");
    story.end().await;
}

/// Bought in a shop, shipped from Berlin, announced for Berlin, handed in at the store in Wien: the goods lie there until
/// somebody has looked at them, unit by unit, and the refund belongs to that return.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn return_to_another_store_with_inspection() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 5), ("Y", 1)]).await;
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", 4), ("Y", 1)])).await;
    story.step(&placed, 0, "ship", &json!({})).await;
    story.step(&placed, 0, "deliver", &json!({})).await;
    let announce = json!({"order": "o-1", "channel": "web", "warehouse": "BER",
        "lines": [{"line": "1", "quantity": 3, "reason": "too small"}]});
    let back = story.tell("/v1/returns", &announce).await;
    let id = back["return"].as_str().expect("an id").to_owned();
    assert!(back["refund_by"].is_string(), "{back}");
    let more = json!({"order": "o-1", "channel": "web", "warehouse": "VIE", "lines": [{"line": "1", "quantity": 2}]});
    story.refused("/v1/returns", &more, "too_many").await;
    let path = format!("/v1/returns/{id}");
    let here = json!({"warehouse": "VIE", "lines": [{"sku": "X", "quantity": 3}]});
    let arrived = story.tell(&format!("{path}/receive"), &here).await;
    assert_eq!((&arrived["state"], &arrived["warehouse"]), (&json!("received"), &json!("VIE")), "{arrived}");
    let shelf = level(&mut story.client, "X", "VIE").await;
    assert_eq!((shelf.on_hand, shelf.allocated), (3, 0));
    story.refused("/v1/orders", &order("web", "o-2", &[("X", 2)]), "insufficient_stock").await;
    let found = json!({"lines": [{"sku": "X", "sellable": 1, "damaged": 1, "scrap": 1}]});
    let seen = story.tell(&format!("{path}/inspect"), &found).await;
    assert_eq!((&seen["state"], &seen["refunded"]), (&json!("closed"), &json!(false)), "{seen}");
    let refund =
        json!({"amount": {"amount_minor": 5_997, "currency": "EUR"}, "return": id, "reason": "return"});
    let told = story.act("web", "o-1", "refund", &refund).await;
    assert_eq!(told["refunds"][0]["return"], json!(id), "{told}");
    assert_eq!(story.see(&path).await["refunded"], true);
    let (_, stock) = get(&mut story.client, "/v1/stock/X").await;
    let levels = stock["levels"].as_array().expect("levels");
    let vie = levels.iter().find(|level| level["warehouse"] == "VIE").expect("a level");
    assert_eq!((&vie["on_hand"], &vie["unavailable"]["damaged"]), (&json!(2), &json!(1)), "{vie}");
    let order_now = story.order("web", "o-1").await;
    assert_eq!((&order_now["lines"][0]["returned"], &order_now["state"]), (&json!(3), &json!("delivered")));
    assert_eq!(counters(&order_now, 0), [0, 0, 0, 4, 0]);
    // The unit that is as good as new is for sale where it lies.
    let sold = story.tell("/v1/orders", &order("web", "o-3", &[("X", 2)])).await;
    assert_eq!(parts(&sold), [part("BER", "requested", 1), part("VIE", "requested", 1)], "{sold}");
    story.end().await;
}

/// Money may go back without goods, and goods may come back without a known order; neither moves what it does not name.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refund_without_return_and_return_without_order() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 2)]).await;
    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("X", 2)])).await;
    story.step(&placed, 0, "ship", &json!({})).await;
    let goodwill = json!({"amount": {"amount_minor": 500, "currency": "EUR"}, "reason": "goodwill"});
    let told = story.act("web", "o-1", "refund", &goodwill).await;
    assert_eq!((&told["state"], counters(&told, 0)), (&json!("shipped"), [0, 0, 0, 2, 0]));
    let loose =
        json!({"ref": "parcel without a letter", "warehouse": "HAM", "lines": [{"sku": "X", "quantity": 1}]});
    let back = story.tell("/v1/returns", &loose).await;
    let path = format!("/v1/returns/{}", back["return"].as_str().expect("an id"));
    story.tell(&format!("{path}/receive"), &json!({})).await;
    story.tell(&format!("{path}/inspect"), &json!({"lines": [{"sku": "X", "sellable": 1}]})).await;
    assert_eq!(story.figures("X", "HAM").await, (1, 0, 0));
    assert_eq!(story.order("web", "o-1").await["lines"][0]["returned"], 0);
    story.end().await;
}
