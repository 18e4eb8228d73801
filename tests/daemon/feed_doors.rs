//! Who gets in to the feed, how many at once, and how everybody leaves.

use std::sync::Arc;
use std::time::Duration;

use lagerd::client::feed::{Event, Feed, FeedConnection, FeedError, Incoming, Outgoing, Subscribe};
use lagerd::client::{Client, Target};
use tokio::task::JoinSet;

use crate::feed_raw::{CUT, Raw, TEXT, ended_for, frame, head, head_by_name, head_without, nobody_left};
use crate::process::{Daemon, ONE, Store, redis_lines};
use crate::redis_server::RedisServer;
use crate::talk::{figures, get, metric, receive, wish};
use crate::wait::wait_for;

const WITHIN: Duration = Duration::from_secs(20);
const STRANGERS: usize = 1_000;

async fn answer(daemon: &Daemon, head: &str) -> u16 {
    Raw::connect(daemon).await.ask(head).await
}

/// A request that asks for no WebSocket of our kind is answered as a request; one that does is let in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    for line in
        ["Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"]
    {
        assert_eq!(answer(&daemon, &head_without(&daemon, line)).await, 400, "without {line}");
    }
    let good = head(&daemon, &[]);
    for (from, to) in [
        ("Version: 13", "Version: 8"),
        ("lagerd.v1.json", "chat"),
        ("bGFnZXJkLWxhZ2VyZC1sYQ==", "bGFn"),
        ("Upgrade: websocket", "Upgrade: h2c"),
    ] {
        assert_eq!(answer(&daemon, &good.replace(from, to)).await, 400, "{to}");
    }
    for (from, to) in [
        ("Connection: Upgrade", "Connection: keep-alive, upgrade"),
        ("Upgrade: websocket", "Upgrade: WebSocket"),
        ("Protocol: lagerd", "Protocol: chat, lagerd"),
    ] {
        assert_eq!(answer(&daemon, &good.replace(from, to)).await, 101, "{to}");
    }
    assert_eq!(answer(&daemon, &good.replace("GET", "POST")).await, 405);
    let mut client = daemon.client();
    let (status, told) = get(&mut client, "/v1/feed").await;
    assert_eq!((status, &told["code"]), (400, &"websocket_needed".into()), "{told}");
    nobody_left(&mut client).await;
    daemon.audit().await;
}

/// A daemon that is still loading lets nobody in and says when to come back; a patient reader gets in by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn loading() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    server.kill().await;
    let mut daemon = Daemon::prepare(&redis_lines(&server), ONE);
    daemon.launch(&[]);
    let mut client = daemon.client();
    wait_for("it to listen", async || client.connection().open().await.ok()).await;
    assert_eq!(answer(&daemon, &head(&daemon, &[])).await, 503);
    let mut feed = Feed::new(daemon.target(), WITHIN);
    feed.subscribe("channel:web", Vec::new());
    let told = feed.next_event().await;
    assert!(
        matches!(&told, Ok(Event::Away { error: FeedError::Upgrade(why), .. }) if why.code == "loading"),
        "{told:?}"
    );
    server.restart().await;
    let ready = async {
        while !matches!(feed.next_event().await.expect("a feed that comes back"), Event::Ready { .. }) {}
    };
    tokio::time::timeout(WITHIN, ready).await.expect("a table");
    daemon.audit().await;
}

/// Pages of configured origins and of the daemon's own address may open the feed; pages of other origins may not, also
/// where they have made a name of theirs lead here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn origins() {
    let config = format!("[feed]\norigins = [\"https://shop.example\"]\n{ONE}");
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &config).await;
    let port = daemon.port();
    for (origin, status) in [
        ("https://shop.example".to_owned(), 101),
        ("HTTPS://SHOP.EXAMPLE".to_owned(), 101),
        (format!("http://127.0.0.1:{port}"), 101),
        ("http://shop.example".to_owned(), 403),
        ("https://shop.example.evil.example".to_owned(), 403),
        ("https://evil.example".to_owned(), 403),
        ("http://127.0.0.1:1".to_owned(), 403),
        ("null".to_owned(), 403),
        (String::new(), 403),
    ] {
        let sent = head(&daemon, &[&format!("Origin: {origin}")]);
        assert_eq!(answer(&daemon, &sent).await, status, "{origin}");
    }
    let name = format!("rebound.example:{port}");
    let sent = head_by_name(&name, &[&format!("Origin: http://{name}")]);
    assert_eq!(answer(&daemon, &sent).await, 403, "a name that leads here");
    let sent = head_by_name(&name, &["Origin: https://shop.example"]);
    assert_eq!(answer(&daemon, &sent).await, 101, "an allowed page, whatever the daemon is called");
    daemon.audit().await;
}

/// A head that comes a byte at a time is cut off.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_head() {
    let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
    daemon.configure_http("header_timeout_s = 1");
    daemon.again().await;
    let mut slow = Raw::connect(&daemon).await;
    let sent = head(&daemon, &[]);
    let mut bytes = sent.as_bytes()[..sent.len() - 4].chunks(1);
    let cut = wait_for("the slow reader to be cut off", async || {
        slow.send_bytes(bytes.next().unwrap_or(b"x")).await;
        slow.is_over().then_some(())
    });
    cut.await;
    let mut good = daemon.client();
    assert_eq!(get(&mut good, "/readyz").await.0, 200);
    daemon.audit().await;
}

/// One address has a bounded number of connections; one more is closed, and a place that is given back can be taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places() {
    let mut daemon = Daemon::prepare(&Store::Embedded.lines(), ONE);
    daemon.configure_http("connections_per_address = 6");
    daemon.again().await;
    let mut client = daemon.client();
    wait_for("the first client to be gone", async || {
        (metric(&mut client, "lagerd_http_connections").await < 1.5).then_some(())
    })
    .await;
    let mut readers = Vec::new();
    for _ in 0..5 {
        readers.push(Raw::open(&daemon).await);
    }
    for _ in 0..3 {
        let mut refused = Raw::connect(&daemon).await;
        refused.send_bytes(head(&daemon, &[]).as_bytes()).await;
        assert_eq!(refused.closed().await, CUT);
    }
    assert!(metric(&mut client, "lagerd_feed_connections").await > 4.5);
    readers.pop();
    wait_for("the place to be given back", async || {
        (metric(&mut client, "lagerd_http_connections").await < 5.5).then_some(())
    })
    .await;
    readers.push(Raw::open(&daemon).await);
    drop(readers);
    nobody_left(&mut client).await;
    daemon.audit().await;
}

/// Memory of a process, in KiB: now, or the most it ever had.
fn memory(daemon: &Daemon, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).expect("its status");
    let found = status.lines().find_map(|found| found.strip_prefix(line)).expect("a line");
    found.trim_start_matches(':').trim_end_matches("kB").trim().parse().expect("KiB")
}

/// A thousand connections that never say who they are, each with half a long message, cost little memory and no one's
/// time, and are all closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowd_of_strangers() {
    let token = "feed-test-token";
    let hash = lagerd::config::TokenHash::of(token).configured();
    let token_lines = format!("[[token]]\nname = \"shop\"\nhash = \"{hash}\"\nscopes = [\"admin\"]");
    let config = format!("[feed]\nauth_timeout_s = 4\n{ONE}\n{token_lines}");
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &config).await;
    let target = Target::new(&daemon.url(), Some(token)).expect("a url");
    let mut client = Client::new(Arc::new(target), WITHIN);
    receive(&mut client, "BER", "in", &[("A", 1_000)]).await;
    let before = memory(&daemon, "VmRSS");
    let mut strangers = JoinSet::new();
    for _ in 0..STRANGERS {
        let mut stranger = Raw::open(&daemon).await;
        stranger.send_bytes(&frame(TEXT, 200_000, &[b' '; 4_000])).await;
        strangers.spawn(async move { stranger.closed().await });
    }
    for number in 0..50 {
        let told = client.reserve(&format!("r-{number}"), &wish("web", "", &[("A", 1)])).await;
        assert_eq!(told.expect("a unit").state, "reserved");
    }
    assert!(strangers.join_all().await.iter().all(|code| *code == 4001));
    nobody_left(&mut client).await;
    assert!((ended_for(&mut client, "auth_timeout").await - 1_000.0).abs() < 0.5);
    let most = memory(&daemon, "VmHWM");
    assert!(most < before + 64 * 1024, "{before} KiB became {most} KiB");
    daemon.audit().await;
}

/// A command of a socket that takes nothing goes on all the same: others of its cart, which wait for it, are answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stuck_socket() {
    let config = "[feed]\nwrite_timeout_s = 300\n[[warehouse]]\nid = \"BER\"\n[[warehouse]]\nid = \"HAM\"\n\
                  [[channel]]\nid = \"web\"\nwarehouses = [\"BER\", \"HAM\"]";
    let mut daemon = Daemon::start(&Store::Embedded.lines(), config).await;
    let mut client = daemon.client();
    let skus: Vec<String> = (0..2_000).map(|number| format!("{number}-{}", "x".repeat(120))).collect();
    let lines: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1)).chain([("A", 10)]).collect();
    receive(&mut client, "BER", "in", &lines).await;
    let mut stuck = Raw::open_narrow(daemon.port()).await.expect("a reader");
    let body = r#"{"channel":"web","cart":"c-1","lines":[{"sku":"A","quantity":2}]}"#;
    let both =
        [r#"{"subscribe":{"channel":"web"}}"#.to_owned(), format!(r#"{{"id":"stuck","reserve":{body}}}"#)];
    let frames = both.iter().flat_map(|text| frame(TEXT, text.len(), text.as_bytes()));
    stuck.send_bytes(&frames.collect::<Vec<_>>()).await;
    wait_for("the stuck socket's command to be carried out", async || {
        (figures(&mut client, "A", "BER").await.1 == 2).then_some(())
    })
    .await;
    let told = client.reserve("other", &wish("web", "c-1", &[("A", 3)])).await;
    assert_eq!(told.expect("an answer").state, "reserved");
    assert!(metric(&mut client, "lagerd_feed_connections").await > 0.5, "the socket is still there");
    drop(stuck);
    nobody_left(&mut client).await;
    daemon.audit().await;
}

/// The daemon that stops says goodbye to every reader, also past one that takes nothing, and ends well and soon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goodbye() {
    let mut daemon = Daemon::start(&Store::Embedded.lines(), ONE).await;
    let mut client = daemon.client();
    let skus: Vec<String> = (0..2_000).map(|number| format!("{number}-{}", "x".repeat(120))).collect();
    let lines: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    receive(&mut client, "BER", "in", &lines).await;
    let mut stuck = Raw::open_narrow(daemon.port()).await.expect("a reader");
    stuck.say(r#"{"subscribe":{"channel":"web"}}"#).await;
    let mut readers = JoinSet::new();
    for _ in 0..20 {
        let mut reader = FeedConnection::open(daemon.target(), WITHIN).await.expect("a feed");
        let wish = Subscribe { topic: "channel:web", skus: &[], since: None };
        reader.send(&Outgoing::Subscribe(wish)).await.expect("subscribe");
        while !matches!(reader.next().await.expect("a frame"), Incoming::Checksum(_)) {}
        readers.spawn(async move {
            loop {
                match reader.next().await {
                    Ok(_) => {}
                    Err(FeedError::Closed { code, .. }) => return code,
                    Err(error) => panic!("{error}"),
                }
            }
        });
    }
    let asked = tokio::time::Instant::now();
    daemon.stop().await;
    assert!(asked.elapsed().as_secs() < 8, "soon");
    assert!(readers.join_all().await.iter().all(|code| *code == 1001));
    drop(stuck);
    daemon.audit_as_is().await;
}
