//! Requests no well-behaved program sends: each is answered as the contract says, and what was right in them is done.

use lagerd::client::{Client, Method};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::process::{Daemon, ONE, Store};
use crate::talk::{ask, figures, get, metric, post, receive, wish};
use crate::wait::wait_for;

const MOVEMENTS: &str = "/v1/warehouses/BER/movements";

async fn daemon() -> (Daemon, Client) {
    let daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let client = daemon.client();
    (daemon, client)
}

fn codes(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap_or_else(|| panic!("{answer}"));
    results.iter().map(|result| result["code"].as_str().unwrap_or("applied")).collect()
}

/// Whatever is wrong with some lines of a batch, the others are applied, and each says what became of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines() {
    let (mut daemon, mut client) = daemon().await;
    let line = |quantity: &str| format!(r#"{{"sku":"A","kind":"receive","quantity":{quantity}}}"#);
    let lines = [
        line("5"),
        line("\"ten\""),
        line("1.5"),
        line("null"),
        line("true"),
        line("0"),
        line("-3"),
        line("9007199254740993"),
        line("99999999999999999999999"),
        line("9007199254740992"),
        r#"{"sku":"A","kind":"receive","quantity":1,"colour":"red"}"#.to_owned(),
        r#"{"sku":"A","kind":"teleport","quantity":1}"#.to_owned(),
        r#"{"kind":"receive","quantity":1}"#.to_owned(),
        r#"{"sku":"","kind":"receive","quantity":1}"#.to_owned(),
        format!(r#"{{"sku":"{}","kind":"receive","quantity":1}}"#, "x".repeat(129)),
        r#"{"sku":"A\u0007","kind":"receive","quantity":1}"#.to_owned(),
        r#"{"sku":"A","kind":"receive","quantity":1,"ref":"someone@example.com"}"#.to_owned(),
        r#"{"sku":"A","kind":"receive","quantity":1,"occurred_at":"yesterday"}"#.to_owned(),
        r#"{"sku":"A","kind":"receive","quantity":1,"occurred_at":"2199-01-01T00:00:00Z"}"#.to_owned(),
        "7".to_owned(),
        line("2"),
    ];
    let (status, answer) =
        post(&mut client, MOVEMENTS, "odd", &format!(r#"{{"lines":[{}]}}"#, lines.join(","))).await;
    assert_eq!(status, 200, "{answer}");
    let mut expected = vec!["invalid"; lines.len()];
    expected[0] = "applied";
    expected[9] = "out_of_range";
    expected[18] = "future_movement";
    expected[20] = "applied";
    assert_eq!(codes(&answer), expected, "{answer:#}");
    assert!(!answer.to_string().contains("example.com"), "{answer}");
    assert_eq!((&answer["applied"], &answer["refused"]), (&json!(2), &json!(19)));
    assert_eq!(figures(&mut client, "A", "BER").await, (7, 0, 0));
    daemon.audit().await;
}

/// A body that is no JSON, of another shape, too long, or of too many lines is refused as a whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies() {
    let (mut daemon, mut client) = daemon().await;
    let many = |count: usize| {
        let line = r#"{"sku":"A","kind":"receive","quantity":1}"#;
        format!(r#"{{"lines":[{}]}}"#, vec![line; count].join(","))
    };
    for (body, status, code) in [
        (String::new(), 400, "malformed_json"),
        ("{".to_owned(), 400, "malformed_json"),
        (r#"{"lines":[{"sku":"A","kind":"receive","quantity":NaN}]}"#.to_owned(), 400, "malformed_json"),
        ("[]".to_owned(), 422, "invalid"),
        (r#"{"lines":[]}"#.to_owned(), 422, "invalid"),
        (r#"{"lines":[],"surprise":1}"#.to_owned(), 422, "invalid"),
        (r#"{"lines":{}}"#.to_owned(), 422, "invalid"),
        (many(10_001), 422, "invalid"),
        (format!(r#"{{"lines":["{}"]}}"#, "x".repeat(10_000_000)), 413, "body_too_large"),
        ("[".repeat(100_000), 400, "malformed_json"),
    ] {
        let (told, answer) = post(&mut client, MOVEMENTS, "body", &body).await;
        let start: String = body.chars().take(60).collect();
        assert_eq!((told, &answer["code"]), (status, &json!(code)), "{start}: {answer}");
    }
    let (status, answer) = post(&mut client, MOVEMENTS, "most", &many(10_000)).await;
    assert_eq!((status, &answer["applied"]), (200, &json!(10_000)));
    let (_, again) = post(&mut client, MOVEMENTS, "most", &many(10_000)).await;
    assert_eq!(again["applied"], 10_000);
    assert_eq!(figures(&mut client, "A", "BER").await, (10_000, 0, 0));
    daemon.audit().await;
}

/// SKUs may have any characters but control ones; in paths and queries they are percent-encoded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn skus() {
    let (mut daemon, mut client) = daemon().await;
    let skus = [
        "a/b",
        "#1",
        "Größe M",
        " x ",
        "100% wool?",
        "a+b&c=d",
        "..",
        "日本語",
        "😀",
        "'\"\\;--",
        "@home",
        "%2F",
    ];
    for sku in skus {
        let id = format!("in-{}", skus.iter().position(|other| *other == sku).unwrap());
        receive(&mut client, "BER", &id, &[(sku, 3)]).await;
        let told = client.reserve(&format!("r{id}"), &wish("web", "", &[(sku, 1)])).await;
        assert_eq!(told.expect("a unit").per_sku()[sku], 1);
    }
    daemon.kill().await;
    daemon.again().await;
    for sku in skus {
        let stock = client.stock(sku).await.unwrap_or_else(|error| panic!("{sku}: {error}"));
        assert_eq!((stock.sku.as_str(), stock.levels[0].on_hand, stock.levels[0].reserved), (sku, 3, 1));
        let path = format!("/v1/stock/{}/history?warehouse=BER", lagerd::client::segment(sku));
        let (status, history) = get(&mut client, &path).await;
        assert_eq!((status, history["changes"].as_array().map(Vec::len)), (200, Some(2)), "{history}");
    }
    let told = client.availability("web", &skus).await.expect("availability");
    assert!(
        told.iter().zip(skus).all(|(told, sku)| (told.sku.as_str(), told.available) == (sku, 2)),
        "{told:?}"
    );
    let mut seen: Vec<String> = Vec::new();
    loop {
        let page = client.stock_page(seen.last().map(String::as_str), 5).await.expect("a page");
        seen.extend(page.items.into_iter().map(|item| item.sku));
        if page.next.is_none() {
            break;
        }
    }
    let mut all: Vec<String> = skus.map(str::to_owned).to_vec();
    all.sort();
    seen.sort();
    assert_eq!(seen, all);
    daemon.audit().await;
}

/// What does not exist is told apart from what is empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown() {
    let (_daemon, mut client) = daemon().await;
    for (path, code) in [
        ("/v1/stock/NONE", "unknown_sku"),
        ("/v1/stock/NONE/history?warehouse=BER", "unknown_sku"),
        ("/v1/channels/nowhere/availability?sku=A", "unknown_channel"),
        ("/v1/reservations/none", "unknown_reservation"),
        ("/v1/nonsense", "unknown_path"),
    ] {
        let (status, answer) = get(&mut client, path).await;
        assert_eq!((status, answer["code"].as_str()), (404, Some(code)), "{path}: {answer}");
    }
    let (status, answer) = post(&mut client, "/v1/warehouses/MARS/movements", "m", r#"{"lines":[]}"#).await;
    assert_eq!((status, &answer["code"]), (404, &json!("unknown_warehouse")), "{answer}");
    let refused = client.reserve("r", &wish("web", "", &[("NONE", 1)])).await.expect_err("none there");
    assert_eq!(refused.code(), Some("insufficient_stock"));
    let refused = client.reserve("r", &wish("moon", "", &[("NONE", 1)])).await.expect_err("no channel");
    assert!(["unknown_channel", "invalid"].contains(&refused.code().unwrap_or_default()), "{refused:?}");
    let (status, answer) = ask(&mut client, (Method::Delete, "/v1/stock/A"), Some("d"), None).await;
    assert_eq!(status, 405, "{answer}");
}

/// An id means one command: missing it is made, sent twice it is refused, with another body it is a conflict.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ids() {
    let (mut daemon, mut client) = daemon().await;
    receive(&mut client, "BER", "in", &[("A", 9)]).await;
    let body = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;
    let other = r#"{"channel":"web","lines":[{"sku":"A","quantity":2}]}"#;
    let (status, minted) = ask(&mut client, (Method::Post, "/v1/reservations"), None, Some(body)).await;
    assert_eq!(status, 201, "{minted}");
    let (status, first) = post(&mut client, "/v1/reservations", "one", body).await;
    assert_eq!((status, &first["reservation"]), (201, &json!("one")));
    let spelled = r#"{ "lines" : [ {"quantity":1, "sku":"\u0041"} ], "channel":"web", "partial":false }"#;
    for same in [body, spelled] {
        let (status, again) = post(&mut client, "/v1/reservations", "one", same).await;
        assert!(status == 200 || status == 201, "{again}");
        assert_eq!(again["lines"], first["lines"]);
    }
    for (path, body) in [("/v1/reservations", other), ("/v1/reservations/one/extend", r#"{"ttl_s":60}"#)] {
        let (status, answer) = post(&mut client, path, "one", body).await;
        assert_eq!((status, &answer["code"]), (409, &json!("idempotency_conflict")), "{path}: {answer}");
    }
    for id in ["with/slash", "with space", &"x".repeat(129), ""] {
        let (status, answer) = post(&mut client, "/v1/reservations", id, body).await;
        assert_eq!((status, &answer["code"]), (400, &json!("idempotency_key_invalid")), "{id}: {answer}");
    }
    let twice = format!(
        "POST /v1/reservations HTTP/1.1\r\nHost: x\r\nIdempotency-Key: t-1\r\nIdempotency-Key: t-2\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = raw(&daemon, twice.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("idempotency_key_invalid"), "{answer}");
    assert_eq!(figures(&mut client, "A", "BER").await, (9, 2, 0));
    daemon.stop().await;
    daemon.configure("kind = \"embedded\"", ONE);
    let text = std::fs::read_to_string(daemon.path("lagerd.toml")).unwrap();
    std::fs::write(daemon.path("lagerd.toml"), text.replacen("[http]", "[http]\nrequire_ids = true", 1))
        .unwrap();
    daemon.again().await;
    let mut client = daemon.client();
    let (status, answer) = ask(&mut client, (Method::Post, "/v1/reservations"), None, Some(body)).await;
    assert_eq!((status, &answer["code"]), (400, &json!("idempotency_key_missing")), "{answer}");
    daemon.audit().await;
}

/// A command whose id is older than what was forgotten, or from the future, is refused instead of done twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stale_ids() {
    let config = format!("[limits]\nids = 1000\n{ONE}");
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &config).await;
    let mut client = daemon.client();
    let at = |hours: i64| {
        let ago = jiff::SignedDuration::from_hours(hours);
        jiff::Timestamp::now().checked_sub(ago).expect("a time").to_string()
    };
    let line = json!({"sku": "A", "kind": "receive", "quantity": 1});
    let batch = |count: usize, hours: i64| json!({"lines": vec![&line; count], "issued_at": at(hours)});
    let untimed = json!({"lines": vec![&line; 1_200]});
    let (_, answer) = post(&mut client, MOVEMENTS, "many", &untimed.to_string()).await;
    assert_eq!(answer["applied"], 1_200);
    let (_, answer) = post(&mut client, MOVEMENTS, "older", &batch(1, 2).to_string()).await;
    assert_eq!(codes(&answer), ["stale_command"], "{answer}");
    let (_, answer) = post(&mut client, MOVEMENTS, "ahead", &batch(1, -1).to_string()).await;
    assert_eq!(codes(&answer), ["stale_command"], "{answer}");
    let (_, answer) = post(&mut client, MOVEMENTS, "newer", &batch(1, 0).to_string()).await;
    assert_eq!(codes(&answer), ["applied"], "{answer}");
    let body = json!({"channel": "web", "lines": [{"sku": "A", "quantity": 1}], "issued_at": at(-1)});
    let (status, answer) = post(&mut client, "/v1/reservations", "r", &body.to_string()).await;
    assert_eq!((status, &answer["code"]), (409, &json!("stale_command")), "{answer}");
    assert!(answer["server_time"].is_string(), "{answer}");
    assert_eq!(figures(&mut client, "A", "BER").await, (1_201, 0, 0));
    daemon.audit().await;
}

/// A client that sends its head a byte at a time is cut off, and nobody else waits for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_head() {
    let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
    let text = std::fs::read_to_string(daemon.path("lagerd.toml")).unwrap();
    std::fs::write(daemon.path("lagerd.toml"), text.replacen("[http]", "[http]\nheader_timeout_s = 1", 1))
        .unwrap();
    daemon.again().await;
    let mut client = daemon.client();
    let mut slow = TcpStream::connect(("127.0.0.1", daemon.port())).await.unwrap();
    slow.write_all(b"GET /livez HTTP/1.1\r\nX-Slow: ").await.unwrap();
    wait_for("the slow client to be cut off", async || {
        assert_eq!(get(&mut client, "/livez").await.0, 200);
        let mut answer = [0; 1];
        let cut = slow.write_all(b"x").await.is_err();
        let answered = !matches!(slow.try_read(&mut answer), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
        (cut || answered).then_some(())
    })
    .await;
    daemon.stop().await;
}

/// Bytes that are no request are answered or cut, and the daemon lives on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage() {
    let (mut daemon, mut client) = daemon().await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    let headers = format!("GET /livez HTTP/1.1\r\n{}\r\n", "X-A: b\r\n".repeat(100));
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".as_slice(),
        b"BREW /coffee HTCPCP/1.0\r\n\r\n",
        b"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/reservations HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET /v1/stock/%ff%fe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/stock?limit=x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        long.as_bytes(),
        headers.as_bytes(),
    ] {
        let answer = raw(&daemon, bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(get(&mut client, "/readyz").await.0, 200);
    assert!(metric(&mut client, "lagerd_panics_total").await < 1.0);
    daemon.audit().await;
}

/// Sends bytes that make the daemon close the connection, and reads what comes until then.
pub(crate) async fn raw(daemon: &Daemon, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", daemon.port())).await.expect("connect");
    // Who is refused early may find the connection closed while it still sends.
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    let reading =
        tokio::time::timeout(std::time::Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
    drop(reading.expect("an end"));
    String::from_utf8_lossy(&answer).into_owned()
}
