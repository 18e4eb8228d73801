//! Connections, returns and commands against a daemon that is played by the test.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::fake::{Door, Peer};
use super::{
    AskError, Event, Feed, FeedCommands, FeedConnection, FeedError, Incoming, Outgoing, Subscribe,
    TableError, Verb,
};
use crate::client::target::Target;

const TOPIC: &str = "channel:web";
const PATIENCE: Duration = Duration::from_secs(5);

fn items(rows: &[(&str, i64)]) -> Value {
    rows.iter().map(|(sku, n)| json!({"sku": sku, "available": n, "state": "in_stock"})).collect()
}

fn page(view: &str, offset: u64, rows: &[(&str, i64)]) -> Value {
    json!({"snapshot": {"topic": TOPIC, "view": view, "offset": offset, "items": items(rows), "more": false}})
}

fn changes(offset: u64, rows: &[(&str, i64)]) -> Value {
    json!({"changes": {"topic": TOPIC, "offset": offset, "items": items(rows), "conflated": 2}})
}

fn checksum(offset: u64, sum: u32, rows: u64) -> Value {
    json!({"checksum": {"topic": TOPIC, "view": "v", "offset": offset, "sum": sum, "items": rows}})
}

fn subscribed(since: Option<(&str, u64)>) -> Value {
    let mut wish = json!({"topic": TOPIC});
    if let Some((view, offset)) = since {
        wish["since"] = json!({"view": view, "offset": offset});
    }
    json!({"subscribe": wish})
}

fn feed(door: &Door) -> Feed {
    let mut feed = Feed::new(door.target(), PATIENCE);
    feed.subscribe(TOPIC, Vec::new());
    feed
}

async fn next(feed: &mut Feed) -> Event {
    tokio::time::timeout(PATIENCE, feed.next_event()).await.expect("an event in time").unwrap()
}

/// Lets the feed in, and brings it to a whole table of A = 1 at offset 10.
async fn ready(door: &Door, feed: &mut Feed) -> Peer {
    let (mut peer, connected) = tokio::join!(door.accept(), next(feed));
    assert!(matches!(connected, Event::Connected));
    let (heard, ready) = tokio::join!(
        async {
            let heard = peer.hear().await;
            peer.say(page("v", 10, &[("A", 1)])).await;
            heard
        },
        next(feed)
    );
    assert_eq!(heard, subscribed(None));
    assert!(
        matches!(&ready, Event::Ready { changes, resumed: false, .. } if changes.len() == 1),
        "{ready:?}"
    );
    peer
}

/// A connection brings its token along, reads the hello, answers pings by itself and tells why it was closed.
#[tokio::test]
async fn one_connection() {
    let door = Door::open().await;
    let (mut peer, opened) = tokio::join!(door.accept(), FeedConnection::open(door.target(), PATIENCE));
    let mut connection = opened.unwrap();
    assert_eq!(peer.authorization.as_deref(), Some("Bearer secret"));
    assert_eq!(connection.hello().server, "fake");
    let skus = ["A".to_owned()];
    let wish = Subscribe { topic: TOPIC, skus: &skus, since: None };
    connection.send(&Outgoing::Subscribe(wish)).await.unwrap();
    assert_eq!(peer.hear().await, json!({"subscribe": {"topic": TOPIC, "skus": ["A"]}}));

    peer.ping().await;
    peer.say(changes(3, &[("A", 1), ("B", 2)])).await;
    let (pong, counted) = tokio::join!(peer.control(), async {
        let Incoming::Changes(changes) = connection.next_skipping().await.unwrap() else { panic!("changes") };
        changes.items.len()
    });
    assert!(matches!(pong, Message::Pong(_)));
    assert_eq!(counted, 2);

    peer.close(4000, "slow_reader").await;
    let error = connection.next().await.unwrap_err();
    assert!(matches!(&error, FeedError::Closed { code: 4000, reason } if reason == "slow_reader"), "{error}");
    assert!(matches!(peer.control().await, Message::Close(_)), "a close is answered");
}

/// What is no feed is told as what it is: no daemon, a refusal with its status, other first words.
#[tokio::test]
async fn no_feed() {
    let url = crate::client::fake::serve(|asked| {
        assert_eq!(asked.path, "/v1/feed");
        Some((503, "{\"code\":\"loading\"}".to_owned()))
    })
    .await;
    let target = Arc::new(Target::new(&url, None).unwrap());
    let error = FeedConnection::open(target, PATIENCE).await.unwrap_err();
    assert!(matches!(&error, FeedError::Upgrade(problem) if problem.status == 503), "{error}");
    assert!(error.may_return());

    let door = Door::open().await;
    let (_peer, opened) = tokio::join!(
        async {
            let mut peer = door.accept_silently().await;
            peer.say(json!({"authenticated": {"name": null}})).await;
            peer
        },
        FeedConnection::open(door.target(), PATIENCE)
    );
    assert!(matches!(opened, Err(FeedError::Protocol(_))));

    let target = door.target();
    drop(door);
    let error = FeedConnection::open(target, PATIENCE).await.unwrap_err();
    assert!(matches!(error, FeedError::Connect { .. }) && error.may_return(), "{error}");
}

/// After a lost connection the feed comes back, resumes where its table stands, and tells only what is new.
#[tokio::test]
async fn comes_back_and_resumes() {
    let door = Door::open().await;
    let mut feed = feed(&door);
    let mut peer = ready(&door, &mut feed).await;
    peer.say(changes(11, &[("A", 1), ("B", 5)])).await;
    let event = next(&mut feed).await;
    assert!(matches!(&event, Event::Changed { changes, .. } if changes.len() == 1), "{event:?}");
    drop(peer);
    assert!(matches!(next(&mut feed).await, Event::Away { .. }));
    assert!(!feed.is_connected());

    let (mut peer, connected) = tokio::join!(door.accept(), next(&mut feed));
    assert!(matches!(connected, Event::Connected));
    let (heard, resumed) = tokio::join!(
        async {
            let heard = peer.hear().await;
            peer.say(json!({"resumed": {"topic": TOPIC, "view": "v", "offset": 11}})).await;
            heard
        },
        next(&mut feed)
    );
    assert_eq!(heard, subscribed(Some(("v", 11))));
    assert!(matches!(&resumed, Event::Ready { changes, resumed: true, .. } if changes.is_empty()));

    peer.close(1001, "bye").await;
    assert!(matches!(next(&mut feed).await, Event::Away { error: FeedError::Closed { code: 1001, .. }, .. }));
    let (mut peer, connected) = tokio::join!(door.accept(), next(&mut feed));
    assert!(matches!(connected, Event::Connected));
    peer.say(page("w", 2, &[("B", 5), ("C", 7)])).await;
    let Event::Ready { changes, resumed: false, .. } = next(&mut feed).await else { panic!("a new table") };
    assert_eq!(peer.hear().await, subscribed(Some(("v", 11))));
    let mut told: Vec<_> = changes
        .iter()
        .map(|change| (&*change.sku, change.figures.map(|figures| figures.available())))
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("A", None), ("C", Some(7))], "what the loss left as it was is not told again");
    let table = feed.table(TOPIC).unwrap();
    assert_eq!((table.view(), table.offset(), table.conflated()), (Some("w"), 2, 2));
    assert_eq!(feed.counts().connected, 3);
}

/// A table that does not add up is given up and comes anew; what was still on its way is not taken for the new one.
#[tokio::test]
async fn distrust() {
    let door = Door::open().await;
    let mut feed = feed(&door);
    let mut peer = ready(&door, &mut feed).await;
    peer.say(checksum(10, crc32fast::hash(b"A:1"), 1)).await;
    assert!(matches!(next(&mut feed).await, Event::Agreed { .. }));
    peer.say(checksum(10, 7, 1)).await;
    let event = next(&mut feed).await;
    assert!(matches!(event, Event::Distrusted { why: TableError::Disagrees { daemon_sum: 7, .. }, .. }));
    assert!(!feed.table(TOPIC).unwrap().whole());
    peer.say(changes(11, &[("A", 9)])).await;
    peer.say(json!({"unsubscribed": {"topic": TOPIC}})).await;
    let (heard, event) = tokio::join!(
        async {
            let heard = (peer.hear().await, peer.hear().await);
            peer.say(page("v", 12, &[("A", 2)])).await;
            heard
        },
        next(&mut feed)
    );
    assert_eq!(heard, (json!({"unsubscribe": {"topic": TOPIC}}), subscribed(None)));
    assert!(matches!(&event, Event::Ready { changes, .. } if changes.len() == 1), "{event:?}");
    peer.say(changes(9, &[])).await;
    let event = next(&mut feed).await;
    assert!(matches!(event, Event::Distrusted { why: TableError::Backwards { had: 12, got: 9 }, .. }));
    assert_eq!((feed.counts().agreed, feed.counts().distrusted), (1, 2));
}

/// A refused subscription is told and kept no longer; one that was only put off is asked for again.
#[tokio::test]
async fn refused_subscriptions() {
    let door = Door::open().await;
    let mut feed = feed(&door);
    let (mut peer, _) = tokio::join!(door.accept(), next(&mut feed));
    let refusal = |status| json!({"error": {"status": status, "code": "no"}, "topic": TOPIC});
    let ((), event) = tokio::join!(
        async {
            assert_eq!(peer.hear().await, subscribed(None));
            peer.say(refusal(503)).await;
            assert_eq!(peer.hear().await, subscribed(None));
            peer.say(refusal(404)).await;
        },
        next(&mut feed)
    );
    assert!(
        matches!(&event, Event::Refused { topic: Some(topic), problem } if **topic == *TOPIC && problem.status == 404)
    );
    assert!(feed.table(TOPIC).is_none());
    peer.say(json!({"error": {"status": 400, "code": "bad_message"}})).await;
    assert!(matches!(next(&mut feed).await, Event::Refused { topic: None, .. }));
    peer.close(4501, "unauthorised").await;
    let end = feed.next_event().await.unwrap_err();
    assert!(matches!(end, FeedError::Closed { code: 4501, .. }), "{end}");
}

/// A daemon that asks for a token is not asked again and again by somebody without one.
#[tokio::test]
async fn no_token() {
    let door = Door::open().await;
    let mut feed = Feed::new(Arc::new(Target::new(&door.url, None).unwrap()), PATIENCE);
    let (_peer, end) = tokio::join!(
        async {
            let mut peer = door.accept_silently().await;
            peer.say(json!({"hello": {"auth_needed": true}})).await;
            peer
        },
        feed.next_event()
    );
    assert!(matches!(end, Err(FeedError::TokenMissing)));
}

/// Drives a feed for the tasks that hand commands in; what it tells is not looked at.
fn drive(mut feed: Feed) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move { while feed.next_event().await.is_ok() {} })
}

async fn reserve(commands: &FeedCommands, id: &str) -> Result<String, AskError> {
    let answer = commands.ask(Verb::Reserve, id, &json!({"lines": []})).await?;
    Ok(answer.get().to_owned())
}

/// Commands are answered in any order, at most so many at a time as the daemon takes, and a refusal is final.
#[tokio::test]
async fn commands() {
    let door = Door::open().await;
    let feed = Feed::new(door.target(), PATIENCE);
    let commands = feed.commands();
    let driven = drive(feed);
    let mut peer = door.accept().await;
    let (first, second, third, ()) = tokio::join!(
        reserve(&commands, "c-1"),
        reserve(&commands, "c-2"),
        reserve(&commands, "c-3"),
        async {
            assert_eq!(peer.hear().await, json!({"id": "c-1", "reserve": {"lines": []}}));
            assert_eq!(peer.hear().await["id"], "c-2");
            let early = tokio::time::timeout(Duration::from_millis(50), peer.hear()).await;
            assert!(early.is_err(), "the daemon takes two at a time");
            peer.say(json!({"id": "c-2", "ok": {"n": 2}})).await;
            assert_eq!(peer.hear().await["id"], "c-3");
            peer.say(json!({"id": "c-3", "refused": {"status": 409, "code": "insufficient_stock"}})).await;
            peer.say(json!({"id": "c-1", "ok": {"n": 1}})).await;
        }
    );
    assert_eq!((first.unwrap(), second.unwrap()), ("{\"n\":1}".to_owned(), "{\"n\":2}".to_owned()));
    assert!(matches!(third, Err(AskError::Refused(problem)) if problem.code == "insufficient_stock"));
    driven.abort();
    assert!(driven.await.is_err());
    assert!(matches!(reserve(&commands, "c-4").await, Err(AskError::Ended)));
}

/// An unsettled command and one whose connection was lost are sent again under the same id until they are answered.
#[tokio::test]
async fn same_id_again() {
    let door = Door::open().await;
    let feed = Feed::new(door.target(), PATIENCE);
    let commands = feed.commands();
    let driven = drive(feed);
    let mut peer = door.accept().await;
    let (answer, ()) = tokio::join!(reserve(&commands, "c-1"), async {
        let first = peer.hear().await;
        peer.say(json!({"id": "c-1", "error": {"status": 503, "code": "busy"}})).await;
        assert_eq!(peer.hear().await, first);
        drop(peer);
        let mut peer = door.accept().await;
        assert_eq!(peer.hear().await, first);
        peer.say(json!({"id": "c-1", "ok": {}})).await;
    });
    assert_eq!(answer.unwrap(), "{}");
    driven.abort();
}

/// A wait that is cancelled often neither begins the attempt anew nor loses what came.
#[tokio::test]
async fn cancelled_waits() {
    let door = Door::open().await;
    let mut feed = feed(&door);
    let (mut peer, connected) = tokio::join!(
        async {
            let stream = door.accept_raw().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            drop(stream);
            door.accept().await
        },
        async {
            loop {
                match tokio::time::timeout(Duration::from_millis(1), feed.next_event()).await {
                    Ok(Ok(Event::Connected)) => break true,
                    Ok(Err(_)) => break false,
                    Ok(Ok(_)) | Err(_) => {}
                }
            }
        }
    );
    assert!(connected);
    peer.say(page("v", 10, &[("A", 1)])).await;
    for offset in 11..40 {
        peer.say(changes(offset, &[("A", i64::try_from(offset).unwrap())])).await;
    }
    while feed.table(TOPIC).unwrap().offset() < 39 {
        drop(tokio::time::timeout(Duration::from_micros(50), feed.next_event()).await);
    }
    assert_eq!(feed.counts().distrusted, 0);
}
