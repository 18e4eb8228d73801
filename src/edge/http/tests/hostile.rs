//! What no honest caller sends.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::shop::{parse, token, visit, visit_with};
use crate::config::{Settings, Token};

/// Bodies that are no JSON, of another type, too long or empty are answered, each with its status.
#[test]
fn bodies_are_checked() {
    visit(|shop| async move {
        let long = format!("{{\"channel\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
        for (body, status, code) in [
            ("{", 400, "malformed_json"),
            ("", 400, "malformed_json"),
            ("{\"channel\":\"web\",}", 400, "malformed_json"),
            ("{\"channel\":\"\\ud800\"}", 400, "malformed_json"),
            ("[]", 422, "invalid"),
            ("null", 422, "invalid"),
            ("{\"channel\":\"web\"}", 422, "invalid"),
            ("{\"channel\":\"web\",\"channel\":\"web\",\"lines\":[]}", 422, "invalid"),
            (long.as_str(), 413, "body_too_large"),
        ] {
            let answer = shop.post("/v1/reservations", "x", body).await;
            let sent: String = body.chars().take(60).collect();
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{sent}");
        }
        let broken = shop.post("/v1/reservations", "x", "{\n \"channel\": web}").await;
        assert!(broken.json()["detail"].as_str().unwrap().contains("line 2 column 13"), "{broken:?}");
        let head = |kind: &str| {
            format!(
                "POST /v1/reservations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{kind}Content-Length: 2\r\n\r\n"
            )
        };
        for kind in ["Content-Type: text/plain\r\n", "", "Content-Type: application/jsonp\r\n"] {
            assert_eq!(shop.send(&head(kind), b"{}").await.code(), "unsupported_media_type", "{kind}");
        }
        let bytes = shop.send(&head("Content-Type: application/json\r\n"), b"\"\xff").await;
        assert_eq!((bytes.status, bytes.code().as_str()), (400, "malformed_json"));
        let chunked = "POST /v1/reservations HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
            Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
        let mut endless = Vec::new();
        for _ in 0..10 {
            endless.extend_from_slice(b"100000\r\n");
            endless.resize(endless.len() + 0x10_0000, b' ');
            endless.extend_from_slice(b"\r\n");
        }
        endless.extend_from_slice(b"0\r\n\r\n");
        assert_eq!(shop.send(chunked, &endless).await.code(), "body_too_large");
    });
}

/// Paths, verbs, parameters and headers that are not there or not right.
#[test]
fn heads_are_checked() {
    visit(|shop| async move {
        for (path, status, code) in [
            ("/", 404, "unknown_path"),
            ("/v1/nothing", 404, "unknown_path"),
            ("/v1/stock/none", 404, "unknown_sku"),
            ("/v1/stock/%FF", 400, "malformed_path"),
            ("/v1/stock/a%00b", 422, "invalid"),
            ("/v1/stock?limit=0", 422, "invalid"),
            ("/v1/stock?limit=ten", 422, "invalid"),
            ("/v1/stock?page=1", 400, "unknown_parameter"),
            ("/v1/stock/A/history?warehouse=NO", 404, "unknown_warehouse"),
            ("/v1/stock/A/history", 422, "invalid"),
            ("/v1/channels/no/availability?sku=A", 404, "unknown_channel"),
            ("/v1/channels/K%C3%B6ln/availability?sku=A", 404, "unknown_channel"),
            ("/v1/channels/web/availability", 422, "invalid"),
            ("/v1/channels/web/availability?sku=A&pickup=yes", 422, "invalid"),
            ("/v1/channels/web/refused-demand?hours=49", 422, "invalid"),
        ] {
            let answer = shop.get(path).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path}");
        }
        let verb = shop.call("PATCH", "/v1/stock", "", "{}").await;
        assert_eq!((verb.status, verb.code().as_str()), (405, "method_not_allowed"));
        assert!(verb.header("allow").is_some_and(|verbs| verbs.contains("GET")), "{verb:?}");
        let body = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;
        for headers in [
            "Idempotency-Key: a\r\nIdempotency-Key: b\r\n",
            "Idempotency-Key: a/b\r\n",
            "Idempotency-Key: a b\r\n",
            "Idempotency-Key: \r\n",
        ] {
            let answer = shop.call("POST", "/v1/reservations", headers, body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (400, "idempotency_key_invalid"),
                "{headers}"
            );
        }
        let answer = shop.call("POST", "/v1/warehouses/NO/movements", "X-Request-Id: q-1\r\n", "{}").await;
        assert_eq!(
            (answer.code().as_str(), answer.header("x-request-id")),
            ("unknown_warehouse", Some("q-1"))
        );
        let many: String = (0..70).map(|at| format!("X-{at}: y\r\n")).collect();
        let head = format!("GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n");
        assert_eq!(shop.send(&head, b"").await.status, 431);
    });
}

/// A client that never ends its head is closed, and others are served meanwhile.
#[test]
fn slow_heads_are_closed() {
    visit_with(
        |settings| settings.http.header_timeout_s = 1,
        |shop| async move {
            let mut slow = TcpStream::connect(shop.address).await.unwrap();
            slow.write_all(b"GET /livez HTTP/1.1\r\nHost: ").await.unwrap();
            assert_eq!(shop.get("/livez").await.status, 200);
            let mut bytes = Vec::new();
            let closed = tokio::time::timeout(Duration::from_secs(20), slow.read_to_end(&mut bytes)).await;
            assert!(closed.is_ok(), "the connection stays open");
        },
    );
}

/// One connection carries many requests, also sent ahead; a stop finishes what was begun.
#[test]
fn connections_are_kept_and_ended() {
    visit(|shop| async move {
        let mut kept = TcpStream::connect(shop.address).await.unwrap();
        let request = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
        kept.write_all(request.repeat(3).as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        while String::from_utf8_lossy(&bytes).matches("alive").count() < 3 {
            assert_ne!(kept.read_buf(&mut bytes).await.unwrap(), 0);
        }
        assert_eq!(parse(&bytes).unwrap().status, 200);
        shop.shutdown.cancel();
        assert_eq!(kept.read_to_end(&mut bytes).await.unwrap(), 0);
        while !shop.served.is_finished() {
            tokio::task::yield_now().await;
        }
        assert!(TcpStream::connect(shop.address).await.is_err());
    });
}

/// Without ids where they are required, behind a shut door, and with the store away: each says what to do.
#[test]
fn refusals_to_serve_are_told() {
    visit_with(
        |settings| settings.http.require_ids = true,
        |shop| async move {
            let body = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;
            let answer = shop.call("POST", "/v1/reservations", "", body).await;
            assert_eq!((answer.status, answer.code().as_str()), (400, "idempotency_key_missing"));
            shop.stock("BER", "A", 1).await;
            shop.trial.set_away(true);
            let answer = shop.get("/readyz").await;
            assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"));
            let line = r#"{"lines":[{"sku":"A","kind":"receive","quantity":1}]}"#;
            let answer = shop.post("/v1/warehouses/BER/movements", "m", line).await;
            assert_eq!((answer.status, answer.header("retry-after").is_some()), (503, true), "{answer:?}");
            shop.trial.set_away(false);
            assert_eq!(shop.get("/readyz").await.json()["status"], "ready");
            shop.door.shut();
            for path in ["/readyz", "/v1/stock"] {
                let answer = shop.get(path).await;
                assert_eq!((answer.status, answer.code().as_str()), (503, "loading"), "{path}");
                assert!(answer.header("retry-after").is_some());
            }
            assert_eq!(shop.get("/livez").await.status, 200);
        },
    );
}

/// Each token does what its scopes say and nothing else.
#[test]
fn scopes_are_kept() {
    let tokens = |settings: &mut Settings| {
        let old = "2026-11-23T09:59:59Z".parse().ok();
        settings.tokens = vec![
            token("root", &["admin"]),
            token("shop", &["sell:web", "read:web"]),
            token("store", &["stock:HAM"]),
            token("packer", &["fulfil:BER"]),
            token("reader", &["read:*"]),
            Token { expires: old, ..token("gone", &["admin"]) },
        ];
    };
    visit_with(tokens, |shop| async move {
        let ask = |who: &'static str, verb: &'static str, path: &'static str, body: &'static str| {
            let shop = shop.clone();
            async move { shop.call(verb, path, &format!("Authorization: Bearer {who}\r\n"), body).await.status }
        };
        let receive = r#"{"lines":[{"sku":"A","kind":"receive","quantity":5}]}"#;
        assert_eq!(ask("root", "POST", "/v1/warehouses/BER/movements", receive).await, 200);
        let body = r#"{"channel":"web","lines":[{"sku":"A","quantity":1}]}"#;
        let head = "Authorization: Bearer shop\r\nIdempotency-Key: r-1\r\n";
        assert_eq!(shop.call("POST", "/v1/reservations", head, body).await.status, 201);
        for (who, verb, path, body, status) in [
            ("nobody", "GET", "/v1/stock", "", 401),
            ("gone", "GET", "/v1/stock", "", 401),
            ("shop", "GET", "/v1/stock", "", 403),
            ("reader", "GET", "/v1/stock", "", 200),
            ("reader", "GET", "/v1/reservations/r-1", "", 200),
            ("store", "GET", "/v1/reservations/r-1", "", 403),
            ("shop", "GET", "/v1/channels/web/availability?sku=A", "", 200),
            ("shop", "GET", "/v1/channels/till/availability?sku=A", "", 403),
            ("store", "POST", "/v1/warehouses/HAM/movements", receive, 200),
            ("store", "POST", "/v1/warehouses/BER/movements", receive, 403),
            ("store", "GET", "/v1/stock/A/history?warehouse=HAM", "", 200),
            ("store", "PUT", "/v1/channels/web/policies", "{}", 403),
            ("store", "POST", "/v1/reservations/r-1/extend", r#"{"ttl_s":5}"#, 403),
            ("shop", "POST", "/v1/reservations/r-1/extend", r#"{"ttl_s":5}"#, 200),
            ("reader", "POST", "/v1/reservations", body, 403),
            ("store", "POST", "/v1/reservations/r-1/ship", "{}", 403),
            ("packer", "POST", "/v1/reservations/r-1/ship", "{}", 200),
            ("shop", "GET", "/metrics", "", 403),
            ("reader", "GET", "/metrics", "", 200),
            ("nobody", "GET", "/livez", "", 200),
        ] {
            assert_eq!(ask(who, verb, path, body).await, status, "{who} {verb} {path}");
        }
        let history =
            shop.call("GET", "/v1/stock/A/history?warehouse=BER", "Authorization: Bearer root\r\n", "").await;
        assert_eq!(history.json()["changes"][0]["actor"], json!("packer"), "{history:?}");
    });
}
