//! Stories of channels that tell: what they report is a fact, comes twice, late and in any order, and is never refused.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lagerd::client::{Client, CountLine, Counts, Method};
use serde_json::{Value, json};

use crate::orders_words::{MERCHANT, Story, certain, counters, order, part, parts, say, with};
use crate::process::Store;
use crate::talk::{ask, figures, get};
use crate::wait::wait_for;

/// Every order in which these things may come.
fn permutations(of: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    for next in 0..of {
        let longer = |known: &Vec<usize>| {
            let known = known.clone();
            (0..=known.len()).map(move |at| {
                let mut longer = known.clone();
                longer.insert(at, next);
                longer
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Delivers messages as a queue does: one whose order is not known yet is delivered again after the others, and one
/// that was taken comes once more under another id. The last answer's status of each.
async fn deliver(
    client: &mut Client,
    number: &str,
    messages: &[(&str, Value)],
    sequence: &[usize],
) -> Vec<u16> {
    let mut statuses = vec![0; messages.len()];
    let mut queue: std::collections::VecDeque<(usize, u32)> = sequence.iter().map(|at| (*at, 1)).collect();
    queue.extend(sequence.iter().map(|at| (*at, 2)));
    while let Some((at, copy)) = queue.pop_front() {
        let (act, body) = &messages[at];
        let path = match *act {
            "" => "/v1/orders".to_owned(),
            act => format!("/v1/orders/{number}/{act}?channel=ebay"),
        };
        let id = format!("{number}-{at}-{copy}");
        let (status, told) = say(client, &path, &id, body).await;
        if status == 404 {
            assert_eq!(told["code"], "unknown_order", "{told}");
            queue.push_back((at, copy));
            continue;
        }
        statuses[at] = status;
    }
    statuses
}

/// What must be the same whatever order the messages came in.
fn essence(order: &Value) -> Value {
    let lines = order["lines"].as_array().expect("lines").iter();
    let lines: Vec<_> = lines.map(|line| json!([line["line"], counters_of(line)])).collect();
    json!({"state": order["state"], "payment": order["payment"]["state"], "revision": order["revision"],
        "lines": lines, "total": order["total"]})
}

fn counters_of(line: &Value) -> Value {
    json!([line["unrouted"], line["backordered"], line["allocated"], line["shipped"]])
}

/// Three revisions and the payment of an order, each told twice, in every order they can come: one and the same order
/// stands in the end, and exactly its units are promised.
async fn revisions_converge(store: Store) {
    let mut story = Story::on(&store, MERCHANT).await;
    story.stock("BER", &[("A", 1_000), ("B", 1_000)]).await;
    let mut seen = BTreeSet::new();
    let sequences = permutations(4);
    for (round, sequence) in sequences.iter().enumerate() {
        let number = format!("m-{round}");
        let revision = |revision: i64, lines: &[(&str, i64)], payment: &str| {
            let more = json!({"revision": revision, "payment": {"state": payment},
                "total": {"amount_minor": 100 * revision, "currency": "EUR"}});
            ("", with(order("ebay", &number, lines), more))
        };
        let messages = [
            revision(1, &[("A", 2)], "pending"),
            revision(2, &[("A", 5), ("B", 1)], "pending"),
            revision(3, &[("A", 3), ("B", 2)], "authorised"),
            ("payment", json!({"state": "paid", "ref": "psp-1"})),
        ];
        let statuses = deliver(&mut story.client, &number, &messages, sequence).await;
        assert!(statuses.iter().all(|status| (200..300).contains(status)), "{sequence:?} {statuses:?}");
        seen.insert(essence(&story.order("ebay", &number).await).to_string());
        let placed = usize::from(story.times("ebay", &number, "order_received").await == 1);
        assert_eq!(placed, 1, "taken in once");
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert!(seen.iter().all(|one| one.contains("\"paid\"") && one.contains("\"accepted\"")), "{seen:?}");
    let orders = i64::try_from(sequences.len()).expect("few");
    assert_eq!(story.everywhere("A").await, (1_000, 0, 3 * orders));
    assert_eq!(story.everywhere("B").await, (1_000, 0, 2 * orders));
    story.end().await;
}

/// On the embedded store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revisions_in_all_orders() {
    revisions_converge(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revisions_in_all_orders_on_redis() {
    let Some(store) = Store::redis().await else { return };
    revisions_converge(store).await;
}

/// Two revisions, a cancellation and a payment, each told twice, in every order they can come: the order ends cancelled
/// and paid, and nothing stays promised. A revision that comes after the cancellation is the only one that is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancellation_in_all_orders() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("A", 1_000)]).await;
    for (round, sequence) in permutations(4).iter().enumerate() {
        let number = format!("c-{round}");
        let revision = |revision: i64, units: i64| {
            ("", with(order("ebay", &number, &[("A", units)]), json!({"revision": revision})))
        };
        let cancel = ("cancel", json!({"reason": "buyer_changed_mind"}));
        let messages = [revision(1, 2), revision(2, 3), cancel, ("payment", json!({"state": "paid"}))];
        let statuses = deliver(&mut story.client, &number, &messages, sequence).await;
        let found = story.order("ebay", &number).await;
        assert_eq!(
            (&found["state"], &found["cancelled_for"]),
            (&json!("cancelled"), &json!("buyer_changed_mind"))
        );
        assert_eq!(found["payment"]["state"], "paid", "{sequence:?} {found}");
        assert_eq!(counters(&found, 0)[..4], [0, 0, 0, 0], "{sequence:?} {found}");
        assert!(matches!(statuses[2], 200 | 409), "{sequence:?} {statuses:?}");
        assert!(matches!(statuses[0], 200 | 201) && matches!(statuses[1], 201 | 409), "{statuses:?}");
        assert_eq!(statuses[3], 200, "{statuses:?}");
    }
    assert_eq!(story.everywhere("A").await, (1_000, 0, 0));
    story.end().await;
}

/// A marketplace sells what lies in its own place: the sale is a movement, never routed and never refused, also where the
/// goods were not known to be there; told again it moves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marketplace_sale_already_fulfilled() {
    let mut story = Story::begin().await;
    story.stock("HAM", &[("X", 5)]).await;
    let at = Timestamp::now().to_string();
    let sale = |number: &str, units: i64| {
        let gone = json!({"fulfilled": {"warehouse": "HAM", "at": at}, "revision": 1});
        with(order("ebay", number, &[("X", units)]), gone)
    };
    for _ in 0..2 {
        let told = story.tell("/v1/orders", &sale("s-1", 2)).await;
        assert_eq!((counters(&told, 0), &told["state"]), ([0, 0, 0, 2, 0], &json!("delivered")), "{told}");
        assert_eq!(parts(&told), [part("HAM", "collected", 2)], "{told}");
        assert_eq!(story.figures("X", "HAM").await, (3, 0, 0));
    }
    story.refused("/v1/orders", &sale("s-1", 3), "order_exists").await;
    let told = story.tell("/v1/orders", &sale("s-2", 4)).await;
    assert_eq!(told["state"], "delivered", "{told}");
    assert_eq!(story.figures("X", "HAM").await, (-1, 0, 0), "a fact, whatever was known before");
    story.refused("/v1/orders", &order("web", "o-1", &[("X", 1)]), "insufficient_stock").await;
    let never_seen =
        with(order("ebay", "s-3", &[("NEW", 1)]), json!({"fulfilled": {"warehouse": "HAM", "at": at}}));
    assert_eq!(story.tell("/v1/orders", &never_seen).await["state"], "delivered");
    assert_eq!(story.figures("NEW", "HAM").await, (-1, 0, 0));
    let explained = story.see("/v1/orders/s-1/explain?channel=ebay").await;
    assert_eq!(explained["attempts"], json!([]), "never routed");
    story.end().await;
}

/// Thirty sales of a till that was offline: half of them from before the shelf was counted.
fn sales() -> Vec<Value> {
    let sale = |number: i64| {
        // Two minutes around the count are left free: what lies within them may be on either side of it.
        let ago = if number < 15 { 3_600 + 120 + number * 60 } else { 3_600 - 120 - (number - 15) * 60 };
        let at = Timestamp::now() - SignedDuration::from_secs(ago);
        let gone =
            json!({"fulfilled": {"warehouse": "VIE", "at": at.to_string()}, "placed_at": at.to_string()});
        with(order("till", &format!("t-{number}"), &[("X", 1 + number % 3)]), gone)
    };
    (0..30).map(sale).collect()
}

/// A till comes back with 30 sales, some of them told twice, from both its lines at once, while the daemon is killed: each
/// counts once, and those the shelf was counted after don't count again.
async fn till_comes_back(store: Store) {
    let mut story = Story::on(&store, MERCHANT).await;
    story.stock("VIE", &[("X", 100)]).await;
    let counted = Timestamp::now() - SignedDuration::from_secs(3_600);
    let counts = Counts {
        source: "shelf".to_owned(),
        as_of: counted.to_string(),
        seen: None,
        lines: vec![CountLine { sku: "X".to_owned(), on_hand: 60 }],
    };
    story.client.counts("VIE", "count", &counts).await.expect("counted");
    let before = story.figures("X", "VIE").await.0;
    let sales = sales();
    let units = |sale: &Value| sale["lines"][0]["quantity"].as_i64().expect("units");
    let mut lines = tokio::task::JoinSet::new();
    for line in 0..2 {
        let (mut client, sales) = (story.daemon.client(), sales.clone());
        lines.spawn(async move {
            let mut order: Vec<usize> = (0..sales.len()).collect();
            fastrand::Rng::with_seed(line).shuffle(&mut order);
            // The first line tells all, the second every third once more: half of those under the same id.
            for at in order.into_iter().filter(|at| line == 0 || at % 3 == 0) {
                let id = if line == 1 && at % 2 == 0 { format!("again-{at}") } else { format!("sale-{at}") };
                let (status, told) = certain(&mut client, "/v1/orders", &id, &sales[at]).await;
                assert_eq!(status, 201, "{told}");
            }
        });
    }
    let mut witness = story.daemon.client();
    wait_for("some sales", async || {
        let (_, page) = get(&mut witness, "/v1/orders?archived=true&limit=100").await;
        (page["orders"].as_array().is_some_and(|orders| orders.len() > 5)).then_some(())
    })
    .await;
    story.daemon.kill().await;
    story.daemon.again().await;
    lines.join_all().await;
    let later: i64 = sales[15..].iter().map(units).sum();
    let client = &mut story.client;
    wait_for("every sale to be booked", async || {
        let found = figures(client, "X", "VIE").await;
        (found == (before - later, 0, 0)).then_some(())
    })
    .await;
    for (number, sale) in sales.iter().enumerate() {
        let found = story.order("till", &format!("t-{number}")).await;
        assert_eq!((counters(&found, 0), &found["state"]), ([0, 0, 0, units(sale), 0], &json!("delivered")));
    }
    story.end().await;
}

/// On the embedded store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_till_comes_back() {
    till_comes_back(Store::Embedded).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_till_comes_back_on_redis() {
    let Some(store) = Store::redis().await else { return };
    till_comes_back(store).await;
}

/// A marketplace tells of goods nobody knows: the order is taken in and held; it goes on by itself when the item's card
/// comes, or the goods. A shop that asks is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_sku_on_a_channel_that_tells() {
    let mut story = Story::begin().await;
    story.stock("BER", &[("X", 5)]).await;
    story.refused("/v1/orders", &order("web", "o-1", &[("NEW", 1)]), "unknown_sku").await;
    for (number, sku) in [("u-1", "CARD"), ("u-2", "GOODS")] {
        let told = story.tell("/v1/orders", &order("ebay", number, &[(sku, 2), ("X", 1)])).await;
        assert_eq!(
            (&told["state"], &told["hold"]["reason"]),
            (&json!("held"), &json!("unknown_sku")),
            "{told}"
        );
        assert_eq!(counters(&told, 0)[3..], [0, 0]);
        let explained = story.times("ebay", number, "unknown_sku").await;
        assert_eq!(explained, 1, "somebody is told");
        assert!(parts(&told).iter().all(|(_, state, _)| state == "on_hold"), "{told}");
    }
    let card = json!({"title": "Something new", "gtin": "4006381333931"}).to_string();
    let put = (Method::Put, "/v1/items/CARD");
    let (status, said) = ask(&mut story.client, put, Some("card"), Some(&card)).await;
    assert_eq!(status, 200, "{said}");
    let waits = story.until(("ebay", "u-1"), "the card to count", |order| order["hold"].is_null()).await;
    assert_eq!((counters(&waits, 0), counters(&waits, 1)), ([2, 0, 0, 0, 0], [0, 0, 1, 0, 0]), "{waits}");
    story.stock("BER", &[("CARD", 2)]).await;
    story.until(("ebay", "u-1"), "the goods", |order| counters(order, 0) == [0, 0, 2, 0, 0]).await;
    assert_eq!(
        story.order("ebay", "u-2").await["hold"]["reason"],
        "unknown_sku",
        "another item's card is no use"
    );
    story.stock("HAM", &[("GOODS", 2)]).await;
    let goes_on = |order: &Value| order["hold"].is_null() && counters(order, 0) == [0, 0, 2, 0, 0];
    let placed = story.until(("ebay", "u-2"), "the goods to count", goes_on).await;
    assert!(parts(&placed).contains(&part("HAM", "requested", 2)), "{placed}");
    assert!(parts(&placed).iter().all(|(_, state, _)| state == "requested"), "{placed}");
    story.end().await;
}
