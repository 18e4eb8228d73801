//! A cart's life over several warehouses, with restarts in between.

use lagerd::client::{Client, Reservation};
use serde_json::{Value, json};

use crate::process::{Daemon, Store};
use crate::talk::{figures, get, held, post, receive, wish};
use crate::wait::wait_for;

const THREE: &str = r#"
[limits]
restart_grace_s = 0
[[warehouse]]
id = "A"
[[warehouse]]
id = "B"
[[warehouse]]
id = "C"
[[channel]]
id = "web"
warehouses = ["A", "B", "C"]
[[channel]]
id = "app"
warehouses = ["B", "C"]
"#;

const WITHOUT_C: &str = r#"
[[warehouse]]
id = "A"
[[warehouse]]
id = "B"
[[channel]]
id = "web"
warehouses = ["A", "B"]
[[channel]]
id = "app"
warehouses = ["B"]
"#;

/// 2 units of X at A, 3 at B, 1 at C, and 4 of Y at C.
async fn stocked() -> (Daemon, Client) {
    let daemon = Daemon::start(&Store::Embedded.lines(), THREE).await;
    let mut client = daemon.client();
    receive(&mut client, "A", "in-a", &[("X", 2)]).await;
    receive(&mut client, "B", "in-b", &[("X", 3)]).await;
    receive(&mut client, "C", "in-c", &[("X", 1), ("Y", 4)]).await;
    (daemon, client)
}

async fn restart(daemon: &mut Daemon) {
    daemon.kill().await;
    daemon.again().await;
}

async fn reserve(client: &mut Client, id: &str, cart: &str, lines: &[(&str, i64)]) -> Reservation {
    let told = client.reserve(id, &wish("web", cart, lines)).await;
    let told = told.unwrap_or_else(|error| panic!("{id}: {error}"));
    assert_eq!(told.per_sku(), lines.iter().copied().collect(), "{told:?}");
    told
}

/// Reserved and allocated of a SKU over all warehouses.
async fn claimed(client: &mut Client, sku: &str) -> (i64, i64) {
    let levels = client.stock(sku).await.expect("stock").levels;
    levels.iter().fold((0, 0), |sum, level| (sum.0 + level.reserved, sum.1 + level.allocated))
}

/// Split over the warehouses, made bigger, too big, smaller, and other goods: a cart holds what it was last granted,
/// also through restarts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amended() {
    let (mut daemon, mut client) = stocked().await;
    let first = reserve(&mut client, "r-1", "cart", &[("X", 4)]).await;
    assert!(first.lines.len() > 1, "{first:?}");
    restart(&mut daemon).await;
    reserve(&mut client, "r-2", "cart", &[("X", 6)]).await;
    assert_eq!(claimed(&mut client, "X").await, (6, 0));
    let refused = client.reserve("r-3", &wish("web", "cart", &[("X", 7)])).await.expect_err("only six");
    assert_eq!(refused.code(), Some("insufficient_stock"));
    assert_eq!(claimed(&mut client, "X").await, (6, 0));
    restart(&mut daemon).await;
    assert_eq!(client.reservation("r-2").await.expect("held").per_sku()["X"], 6);
    reserve(&mut client, "r-4", "cart", &[("X", 1)]).await;
    assert_eq!(claimed(&mut client, "X").await, (1, 0));
    reserve(&mut client, "r-5", "cart", &[("Y", 3), ("X", 2)]).await;
    reserve(&mut client, "r-6", "cart", &[("Y", 4)]).await;
    assert_eq!((claimed(&mut client, "X").await, claimed(&mut client, "Y").await), ((0, 0), (4, 0)));

    for id in ["r-1", "r-2"] {
        let body = json!({"channel": "web", "cart": "cart", "lines": [{"sku": "X", "quantity": if id == "r-1" { 4 } else { 6 }}]});
        let (status, again) = post(&mut client, "/v1/reservations", id, &body.to_string()).await;
        assert!(status < 300 && again["amended_by"].is_string(), "{id}: {status} {again}");
        let (status, answer) = post(
            &mut client,
            &format!("/v1/reservations/{id}/extend"),
            &format!("x-{id}"),
            r#"{"ttl_s":60}"#,
        )
        .await;
        assert_eq!((status, &answer["code"]), (409, &json!("amended")), "{id}: {answer}");
    }
    let late = json!({"channel": "web", "cart": "cart", "lines": [{"sku": "X", "quantity": 1}]});
    let (first, second) = (late.clone(), late);
    let stamped = |mut body: Value, ago: i64| {
        let at = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_secs(ago)).expect("a time");
        body["issued_at"] = json!(at.to_string());
        body.to_string()
    };
    let (status, _) = post(&mut client, "/v1/reservations", "r-8", &stamped(first, 10)).await;
    assert_eq!(status, 201);
    let (status, answer) = post(&mut client, "/v1/reservations", "r-7", &stamped(second, 20)).await;
    assert_eq!(
        (status, &answer["code"], &answer["by"]),
        (409, &json!("superseded"), &json!("r-8")),
        "{answer}"
    );
    assert_eq!((claimed(&mut client, "X").await, claimed(&mut client, "Y").await), ((1, 0), (0, 0)));
    daemon.audit().await;
}

/// Refused in full, a cart over several warehouses may ask again under the same id once there are goods.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_and_asked_again() {
    let (mut daemon, mut client) = stocked().await;
    for lines in [&[("X", 7)][..], &[("X", 1), ("Z", 1)]] {
        let id = format!("r-{}", lines.len());
        for _ in 0..2 {
            let refused = client.reserve(&id, &wish("web", "", lines)).await.expect_err("too many");
            assert_eq!(refused.code(), Some("insufficient_stock"), "{refused}");
            assert_eq!(claimed(&mut client, "X").await, (0, 0));
        }
    }
    receive(&mut client, "B", "more", &[("X", 1), ("Z", 1)]).await;
    reserve(&mut client, "r-2", "", &[("X", 1), ("Z", 1)]).await;
    client.release("r-2", "d-2").await.expect("released");
    reserve(&mut client, "r-1", "", &[("X", 7)]).await;
    daemon.audit().await;
}

/// Many carts race for units that lie in three places, each asking until it has some or there are none: all units are
/// sold, whoever was refused may ask again under its id, and nothing stays behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn race_over_three_places() {
    let (mut daemon, mut client) = stocked().await;
    let mut buyers = tokio::task::JoinSet::new();
    for number in 0..40 {
        let mut buyer = daemon.client();
        buyers.spawn(async move {
            let wanted = 2 + number % 3;
            let told = buyer.reserve(&format!("b-{number}"), &wish("web", "", &[("X", wanted)])).await;
            if let Err(error) = &told {
                assert_eq!(error.code(), Some("insufficient_stock"), "{error}");
            }
            told.ok()
        });
    }
    let told = buyers.join_all().await;
    let sold: i64 = told.iter().flatten().map(|told| told.per_sku()["X"]).sum();
    assert!(sold <= 6, "{told:?}");
    assert_eq!(claimed(&mut client, "X").await, (sold, 0));
    for told in told.iter().flatten() {
        client.release(&told.reservation, &format!("d-{}", told.reservation)).await.expect("released");
    }
    for (number, told) in told.iter().enumerate() {
        let (id, wanted) = (format!("b-{number}"), 2 + i64::try_from(number).unwrap() % 3);
        if told.is_none() {
            reserve(&mut client, &id, "", &[("X", wanted)]).await;
            client.release(&id, &format!("d-{id}")).await.expect("released");
        }
    }
    assert_eq!(claimed(&mut client, "X").await, (0, 0));
    daemon.audit().await;
}

/// The last unit, wanted by two channels at the same moment, is sold once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn last_unit_on_two_channels() {
    let (mut daemon, mut client) = stocked().await;
    for round in 0..20 {
        let sku = format!("L-{round}");
        receive(&mut client, "C", &format!("in-{round}"), &[(&sku, 1)]).await;
        let (mut web, mut app) = (daemon.client(), daemon.client());
        let (id_web, id_app) = (format!("w-{round}"), format!("a-{round}"));
        let (wish_web, wish_app) = (wish("web", "", &[(&sku, 1)]), wish("app", "", &[(&sku, 1)]));
        let (web, app) = tokio::join!(web.reserve(&id_web, &wish_web), app.reserve(&id_app, &wish_app));
        assert!(web.is_ok() != app.is_ok(), "{web:?} {app:?}");
        assert_eq!(claimed(&mut client, &sku).await, (1, 0));
    }
    daemon.audit().await;
}

/// A hold ends by itself, an extended one does not, and what ended can be read and its units sold again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expires() {
    let (mut daemon, mut client) = stocked().await;
    let mut short = wish("web", "", &[("X", 5)]);
    short.ttl_s = Some(1);
    client.reserve("short", &short).await.expect("five");
    let mut kept = wish("web", "", &[("Y", 1)]);
    kept.ttl_s = Some(1);
    client.reserve("kept", &kept).await.expect("one");
    client.extend("kept", "x-1", 600).await.expect("extended");
    restart(&mut daemon).await;
    wait_for("the hold to end", async || (claimed(&mut client, "X").await == (0, 0)).then_some(())).await;
    assert_eq!(client.reservation("short").await.expect("its end").state, "expired");
    assert_eq!(client.reservation("kept").await.expect("held").state, "reserved");
    reserve(&mut client, "next", "", &[("X", 6)]).await;
    let refused = client.extend("short", "x-2", 60).await.expect_err("over");
    assert_eq!(refused.code(), Some("reservation_expired"));
    let refused = client.allocate("short", "al-1").await.expect_err("over");
    assert_eq!(refused.code(), Some("reservation_expired"));
    let told = client.release("short", "d-1").await.expect("its end");
    assert_eq!(told.state, "expired");
    daemon.audit().await;
}

/// Promised, shipped in parts and in whole, and what comes too late afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shipped() {
    let (mut daemon, mut client) = stocked().await;
    reserve(&mut client, "r-1", "cart", &[("X", 6), ("Y", 2)]).await;
    let promised = client.allocate("r-1", "al-1").await.expect("promised");
    assert_eq!((promised.state.as_str(), promised.expires_at.is_none()), ("allocated", true), "{promised:?}");
    assert_eq!(claimed(&mut client, "X").await, (0, 6));
    restart(&mut daemon).await;
    let again = client.allocate("r-1", "al-1").await.expect("promised");
    assert_eq!(held(&again), held(&promised));
    let part = r#"{"lines":[{"sku":"X","quantity":3}]}"#;
    for _ in 0..2 {
        let (status, told) = post(&mut client, "/v1/reservations/r-1/ship", "s-1", part).await;
        assert_eq!((status, &told["state"]), (200, &json!("allocated")), "{told}");
        assert_eq!(claimed(&mut client, "X").await, (0, 3));
    }
    let (status, told) =
        post(&mut client, "/v1/reservations/r-1/ship", "s-2", r#"{"lines":[{"sku":"X","quantity":4}]}"#)
            .await;
    assert_eq!((status, &told["code"]), (409, &json!("not_held")), "{told}");
    assert_eq!(claimed(&mut client, "X").await, (0, 3), "a refused shipment moves nothing");
    restart(&mut daemon).await;
    for _ in 0..2 {
        assert_eq!(client.ship("r-1", "s-3").await.expect("shipped").state, "shipped");
    }
    let levels = client.stock("X").await.expect("stock").levels;
    assert!(levels.iter().all(|level| (level.on_hand, level.allocated) == (0, 0)), "{levels:?}");
    assert_eq!(figures(&mut client, "Y", "C").await, (2, 0, 0));
    assert_eq!(client.release("r-1", "d-1").await.expect("its end").state, "shipped");
    let refused = client.allocate("r-1", "al-2").await.expect_err("gone");
    assert_eq!(refused.code(), Some("shipped"));
    daemon.audit().await;
}

/// Given back once, and told so as often as asked; a promise given back is free again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn released() {
    let (mut daemon, mut client) = stocked().await;
    reserve(&mut client, "r-1", "", &[("X", 6)]).await;
    for id in ["d-1", "d-1", "d-2"] {
        assert_eq!(client.release("r-1", id).await.expect("released").state, "released");
    }
    let refused = client.ship("r-1", "s-1").await.expect_err("given back");
    assert_eq!(refused.code(), Some("released"));
    reserve(&mut client, "r-2", "", &[("X", 6)]).await;
    client.allocate("r-2", "al").await.expect("promised");
    assert_eq!(client.release("r-2", "d-3").await.expect("given back").state, "released");
    assert_eq!(claimed(&mut client, "X").await, (0, 0));
    let (status, again) = post(
        &mut client,
        "/v1/reservations",
        "r-1",
        r#"{"channel":"web","lines":[{"sku":"X","quantity":6}]}"#,
    )
    .await;
    assert_eq!((status / 100, &again["state"]), (2, &json!("released")), "{again}");
    assert_eq!(claimed(&mut client, "X").await, (0, 0), "a resend holds nothing anew");
    daemon.audit().await;
}

/// A warehouse that is not there any more takes its part of a hold along: the rest is told, and can be given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_in_part() {
    let (mut daemon, mut client) = stocked().await;
    reserve(&mut client, "r-1", "cart", &[("X", 6)]).await;
    daemon.stop().await;
    daemon.configure(&Store::Embedded.lines(), WITHOUT_C);
    daemon.again().await;
    let (status, told) = get(&mut client, "/v1/reservations/r-1").await;
    assert_eq!((status, &told["code"]), (409, &json!("reservation_expired")), "{told}");
    let still: i64 = told["still_held"]
        .as_array()
        .expect("lines")
        .iter()
        .filter_map(|line| line["quantity"].as_i64())
        .sum();
    assert_eq!(still, 5, "{told}");
    let refused = client.allocate("r-1", "al-1").await.expect_err("not whole");
    assert_eq!(refused.code(), Some("reservation_expired"));
    client.release("r-1", "d-1").await.expect("given back");
    assert_eq!(claimed(&mut client, "X").await, (0, 0));
    daemon.stop().await;
    daemon.configure(&Store::Embedded.lines(), THREE);
    daemon.again().await;
    client.release("r-1", "d-2").await.expect("given back");
    assert_eq!(claimed(&mut client, "X").await, (0, 0));
    daemon.audit().await;
}
