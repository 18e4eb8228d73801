//! Readers of the feed that break its rules. Each is told so in the words of RFC 6455 or of the contract, and the daemon
//! goes on for everybody else.

use lagerd::client::Client;

use crate::feed_raw::{
    BINARY, CLOSE, CUT, Frame, PING, Raw, TEXT, TEXT_BEGINS, TEXT_ENDS, TEXT_GOES_ON, ended_for, frame,
    nobody_left,
};
use crate::process::{Daemon, ONE, Store};
use crate::talk::{get, metric, receive};
use crate::wait::wait_for;

const SUBSCRIBE: &str = r#"{"subscribe":{"channel":"web"}}"#;
/// The longest message in these tests.
const LONGEST: usize = 4_096;
/// Known by its BLAKE3 hash alone.
const TOKEN: &str = "feed-test-token";

async fn daemon(feed: &str) -> (Daemon, Client) {
    let config = format!("[feed]\nmessage_bytes_max = {LONGEST}\n{feed}\n{ONE}");
    let daemon = Daemon::start(&Store::Embedded.lines(), &config).await;
    let client = daemon.client();
    (daemon, client)
}

/// A daemon that wants to know who reads.
async fn guarded(feed: &str) -> Daemon {
    let hash = lagerd::config::TokenHash::of(TOKEN).configured();
    let token = format!("[[token]]\nname = \"shop\"\nhash = \"{hash}\"\nscopes = [\"admin\"]");
    let config = format!("[feed]\nmessage_bytes_max = {LONGEST}\n{feed}\n{ONE}\n{token}");
    Daemon::start(&Store::Embedded.lines(), &config).await
}

/// Nothing was broken by it: the daemon answers, nobody is left behind, and the store is right.
async fn unharmed(mut daemon: Daemon, mut client: Client) {
    assert_eq!(get(&mut client, "/readyz").await.0, 200);
    nobody_left(&mut client).await;
    assert!(metric(&mut client, "lagerd_panics_total").await < 1.0);
    daemon.audit().await;
}

/// A text of so many bytes that is a message nobody knows.
fn long(bytes: usize) -> String {
    let around = r#"{"x":""}"#.len();
    format!(r#"{{"x":"{}"}}"#, "y".repeat(bytes - around))
}

/// Frames that no reader may send end the connection with the code RFC 6455 has for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_frames() {
    let (daemon, client) = daemon("").await;
    let unmasked = [&[TEXT, 2][..], b"{}"].concat();
    let with_reserved_bits = frame(TEXT | 0x40, 2, b"{}");
    let unknown_kind = frame(0x83, 2, b"{}");
    let part_of_nothing = frame(TEXT_ENDS, 2, b"{}");
    let two_at_once = [frame(TEXT_BEGINS, 1, b"{"), frame(TEXT_BEGINS, 1, b"}")].concat();
    let ping_in_parts = frame(0x09, 1, b"x");
    let long_ping = frame(PING, 126, &[0; 126]);
    let no_utf8 = frame(TEXT, 2, b"\xff\xfe");
    let half_a_letter = [frame(TEXT_BEGINS, 2, b"{\xc3"), frame(TEXT_ENDS, 1, b"}")].concat();
    let announced = frame(TEXT, LONGEST + 1, b"{");
    let announced_huge = frame(TEXT, usize::MAX >> 1, b"{");
    for (what, bytes, code) in [
        ("unmasked", unmasked, 1002),
        ("reserved bits", with_reserved_bits, 1002),
        ("an unknown kind", unknown_kind, 1002),
        ("a part of nothing", part_of_nothing, 1002),
        ("two texts at once", two_at_once, 1002),
        ("a ping in parts", ping_in_parts, 1002),
        ("a long ping", long_ping, 1002),
        ("no UTF-8", no_utf8, 1007),
        ("half a letter", half_a_letter, 1007),
        ("binary", frame(BINARY, 2, b"{}"), 1003),
        ("a long message, announced", announced, 1009),
        ("an endless message, announced", announced_huge, 1009),
        ("a long message", frame(TEXT, LONGEST + 1, long(LONGEST + 1).as_bytes()), 1009),
        ("a goodbye", frame(CLOSE, 2, &1000_u16.to_be_bytes()), 1000),
    ] {
        let mut reader = Raw::open(&daemon).await;
        reader.send_bytes(&bytes).await;
        assert_eq!(reader.closed().await, code, "{what}");
    }
    unharmed(daemon, client).await;
}

/// A message may come in parts, with pings between them, and the longest one is heard; a byte more is too much, however
/// it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_in_parts() {
    let (daemon, client) = daemon("").await;
    let mut reader = Raw::open(&daemon).await;
    reader.send(TEXT_BEGINS, br#"{"subscribe":{"topic":"channel:w"#).await;
    reader.send(PING, b"here").await;
    reader.send(TEXT_GOES_ON, b"").await;
    reader.send(TEXT_ENDS, br#"eb","skus":["A"]}}"#).await;
    assert_eq!(reader.frame().await, Frame::Pong);
    assert!(reader.json().await["snapshot"]["view"].is_string());
    assert_eq!(reader.json().await["checksum"]["items"], 0);
    assert_eq!(reader.complaint(&long(LONGEST)).await, "unknown_message");
    let part = [b'y'; 1_000];
    reader.send(TEXT_BEGINS, &part).await;
    for _ in 0..4 {
        reader.send(TEXT_GOES_ON, &part).await;
    }
    assert_eq!(reader.closed().await, 1009);
    unharmed(daemon, client).await;
}

/// What can be read and makes no sense is told so, and the conversation goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nonsense() {
    let (daemon, client) = daemon("subscriptions_max = 1\nskus_max = 3").await;
    let mut reader = Raw::open(&daemon).await;
    let deep = format!(r#"{{"subscribe":{}{}}}"#, "[".repeat(1_000), "]".repeat(1_000));
    for (said, code) in [
        ("", "malformed_json"),
        ("{", "malformed_json"),
        ("[]", "malformed_json"),
        ("7", "malformed_json"),
        (r#"{"subscribe":{"channel":"web"}} {}"#, "malformed_json"),
        (r#"{"subscribe":{},"subscribe":{}}"#, "malformed_json"),
        (&deep, "invalid"),
        ("{}", "unknown_message"),
        (r#"{"dance":{}}"#, "unknown_message"),
        (r#"{"subscribe":{"channel":"web"},"dance":{}}"#, "unknown_message"),
        (r#"{"reserve":{}}"#, "id_missing"),
        (r#"{"id":7,"reserve":{}}"#, "id_invalid"),
        (r#"{"id":"a","dance":{}}"#, "unknown_message"),
        (r#"{"id":"a/b","reserve":{}}"#, "id_invalid"),
        (r#"{"id":"","reserve":{}}"#, "id_invalid"),
        (r#"{"subscribe":{}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"web","topic":"channel:web"}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"web","surprise":1}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"web","skus":"A"}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"web","skus":[""]}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"web","since":{"view":"x"}}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"web","since":{"view":"x","offset":-1}}}"#, "invalid"),
        (r#"{"subscribe":{"channel":"mars"}}"#, "unknown_channel"),
        (r#"{"subscribe":{"topic":"warehouse:MARS"}}"#, "unknown_warehouse"),
        (r#"{"subscribe":{"topic":"weather:BER"}}"#, "unknown_topic"),
        (r#"{"subscribe":{"topic":"web"}}"#, "unknown_topic"),
        (r#"{"subscribe":{"channel":"web","skus":["A","B","C","D"]}}"#, "too_many_skus"),
        (r#"{"unsubscribe":{"channel":"web"}}"#, "not_subscribed"),
    ] {
        assert_eq!(reader.complaint(said).await, code, "{said}");
    }
    reader.say(SUBSCRIBE).await;
    assert_eq!(reader.json().await["snapshot"]["more"], false);
    assert!(reader.json().await["checksum"]["sum"].is_u64());
    assert_eq!(reader.complaint(SUBSCRIBE).await, "already_subscribed");
    let other = r#"{"subscribe":{"topic":"warehouse:BER"}}"#;
    assert_eq!(reader.complaint(other).await, "too_many_subscriptions");
    reader.say(r#"{"unsubscribe":{"channel":"web"}}"#).await;
    assert_eq!(reader.json().await["unsubscribed"]["topic"], "channel:web");
    reader.say(other).await;
    assert_eq!(reader.json().await["snapshot"]["topic"], "warehouse:BER");
    drop(reader);
    unharmed(daemon, client).await;
}

/// Some pings are answered; a flood of them ends the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ping_flood() {
    let (daemon, client) = daemon("").await;
    let mut reader = Raw::open(&daemon).await;
    for _ in 0..10 {
        reader.send(PING, b"").await;
        assert_eq!(reader.frame().await, Frame::Pong);
    }
    reader.send_bytes(&frame(PING, 0, b"").repeat(10_000)).await;
    assert_eq!(reader.closed().await, 4003);
    unharmed(daemon, client).await;
}

/// Who is not known says so in time and in a few bytes, or goes; the right token opens everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers() {
    let mut daemon = guarded("auth_timeout_s = 1").await;
    let right = format!(r#"{{"auth":{{"token":"{TOKEN}"}}}}"#);
    let text = |text: &str| frame(TEXT, text.len(), text.as_bytes());
    for (what, bytes, code) in [
        ("nothing", Vec::new(), 4001),
        ("half a message", frame(TEXT, 100, b"{"), 4001),
        ("a wrong token", text(r#"{"auth":{"token":"nope"}}"#), 4501),
        ("no token", text(r#"{"auth":{}}"#), 4501),
        ("something else first", text(SUBSCRIBE), 4500),
        ("garbage", text("x"), 4500),
        ("a message as long as may be, announced", frame(TEXT, LONGEST + 1, b"{"), 1009),
        ("small pings without end", frame(PING, 0, b"").repeat(1_000), 4003),
        (
            "many small parts",
            [frame(TEXT_BEGINS, 1, b"{"), frame(TEXT_GOES_ON, 1, b" ").repeat(2_000)].concat(),
            1009,
        ),
    ] {
        let mut reader = Raw::open(&daemon).await;
        reader.send_bytes(&bytes).await;
        let told = reader.closed().await;
        assert_eq!(told, code, "{what}");
    }
    let mut reader = Raw::open(&daemon).await;
    reader.say(&right).await;
    assert_eq!(reader.json().await["authenticated"]["name"], "shop");
    reader.say(SUBSCRIBE).await;
    assert_eq!(reader.json().await["snapshot"]["topic"], "channel:web");
    assert_eq!(reader.json().await["checksum"]["items"], 0);
    assert_eq!(reader.complaint(&long(LONGEST)).await, "unknown_message");
    reader.say(r#"{"auth":{"token":"nope"}}"#).await;
    assert_eq!(reader.closed().await, 4501);
    daemon.audit().await;
}

/// A stranger is heard for a few kilobytes, however long a message may be: more is too much even within one message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_heard_briefly() {
    let hash = lagerd::config::TokenHash::of(TOKEN).configured();
    let token = format!("[[token]]\nname = \"shop\"\nhash = \"{hash}\"\nscopes = [\"admin\"]");
    let mut daemon = Daemon::start(&Store::Embedded.lines(), &format!("{ONE}\n{token}")).await;
    let mut reader = Raw::open(&daemon).await;
    reader.say(&long(100_000)).await;
    assert_eq!(reader.closed().await, 1009);
    daemon.audit().await;
}

/// A reader that gives no sign of life is let go; one that answers pings stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open() {
    let (daemon, mut client) = daemon("ping_interval_s = 1\npong_timeout_s = 1").await;
    let mut silent = Raw::open(&daemon).await;
    let mut good = Raw::open(&daemon).await;
    let pinged = async {
        for _ in 0..3 {
            while good.frame().await != Frame::Ping {}
            good.send(0x8a, b"").await;
        }
        good
    };
    let (code, mut good) = tokio::join!(silent.closed(), pinged);
    assert_eq!(code, 4002);
    good.say(SUBSCRIBE).await;
    assert!(good.json().await["snapshot"].is_object());
    assert!(ended_for(&mut client, "no_pong").await > 0.5);
    drop(good);
    unharmed(daemon, client).await;
}

/// A reader that takes nothing is cut, while others get everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn takes_nothing() {
    let (daemon, mut client) = daemon("write_timeout_s = 1").await;
    let skus: Vec<String> = (0..2_000).map(|number| format!("{number}-{}", "x".repeat(120))).collect();
    let lines: Vec<_> = skus.iter().map(|sku| (sku.as_str(), 1)).collect();
    receive(&mut client, "BER", "in", &lines).await;
    let mut stuck = Raw::open_narrow(daemon.port()).await.expect("a reader");
    stuck.say(SUBSCRIBE).await;
    let mut good = Raw::open(&daemon).await;
    good.say(SUBSCRIBE).await;
    let mut rows = 0;
    loop {
        let told = good.json().await;
        rows += told["snapshot"]["items"].as_array().map_or(0, Vec::len);
        if told["checksum"]["items"].is_u64() {
            assert_eq!(told["checksum"]["items"], 2_000, "{told}");
            break;
        }
    }
    assert_eq!(rows, 2_000);
    wait_for("the stuck reader to be cut", async || {
        (ended_for(&mut client, "slow_reader").await > 0.5).then_some(())
    })
    .await;
    assert!([4000, CUT].contains(&stuck.closed().await), "as far as a full socket lets it be told");
    drop(good);
    unharmed(daemon, client).await;
}
