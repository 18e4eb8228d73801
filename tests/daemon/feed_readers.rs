//! Readers of the feed that keep what they were told, and the truth they must have in the end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use lagerd::client::feed::{
    Applied, Event, Feed, FeedConnection, Figures, Incoming, Outgoing, StockState, Subscribe, Table,
};
use lagerd::client::{Client, Target};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::feed_raw::{Frame, Raw};
use crate::talk::get;

const WITHIN: Duration = Duration::from_secs(5);
/// How long a table is left to news before it is compared again.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a reader may take to have the truth once nothing changes any more.
const SETTLED_WITHIN: Duration = Duration::from_secs(20);

/// A topic, and the SKUs that are wanted of it; all where none is named.
pub(crate) type Wish = (&'static str, Vec<String>);

/// What HTTP tells of a topic's SKUs.
pub(crate) async fn truth(client: &mut Client, topic: &str, skus: &[String]) -> BTreeMap<String, Figures> {
    match topic.split_once(':').expect("a topic") {
        ("channel", channel) => {
            let query: String = skus.iter().map(|sku| format!("&sku={sku}")).collect();
            let path = format!("/v1/channels/{channel}/availability?{}", query.trim_start_matches('&'));
            let (status, told) = get(client, &path).await;
            assert_eq!(status, 200, "{told}");
            let items = told["items"].as_array().expect("items").iter();
            let figures = |item: &serde_json::Value| Figures::Offer {
                available: item["available"].as_i64().expect("units"),
                state: serde_json::from_value(item["state"].clone()).expect("a state"),
            };
            items.map(|item| (item["sku"].as_str().expect("a SKU").to_owned(), figures(item))).collect()
        }
        (_, warehouse) => {
            let stock = client.stock_page(None, 10_000).await.expect("stock").items.into_iter();
            let wanted = stock.filter(|found| skus.contains(&found.sku));
            let rows = wanted
                .flat_map(|found| found.levels.into_iter().map(move |level| (found.sku.clone(), level)));
            let rows = rows.filter(|(_, level)| level.warehouse == warehouse);
            rows.map(|(sku, level)| {
                let lagerd::client::Level { on_hand, unavailable, reserved, allocated, safety_stock, .. } =
                    level;
                (sku, Figures::Level { on_hand, unavailable, reserved, allocated, safety_stock })
            })
            .collect()
        }
    }
}

/// What is wrong with a table; `None` where it is whole, the truth, and agreed with at its place. A SKU nobody ever had
/// is in no table.
fn wrong(table: &Table, truth: &BTreeMap<String, Figures>, agreed: Option<u64>) -> Option<String> {
    let none = Figures::Offer { available: 0, state: StockState::SoldOut };
    for (sku, figures) in truth {
        let told = table.get(sku);
        if told != Some(*figures) && !(told.is_none() && *figures == none) {
            return Some(format!("{}: {sku} is {figures:?} and was told {told:?}", table.topic()));
        }
    }
    if let Some((sku, told)) = table.rows().find(|(sku, _)| !truth.contains_key(&***sku)) {
        return Some(format!("{}: {sku} was told as {told:?}", table.topic()));
    }
    let right = table.whole() && agreed == Some(table.offset());
    (!right).then(|| format!("{}: agreed at {agreed:?}, stands at {}", table.topic(), table.offset()))
}

/// A patient reader of several topics.
#[derive(Debug)]
pub(crate) struct Follower {
    feed: Feed,
    wishes: Vec<Wish>,
    agreed: BTreeMap<Arc<str>, u64>,
    /// Topics that went on where they stood.
    pub(crate) resumed: usize,
}

impl Follower {
    pub(crate) fn new(target: Arc<Target>, wishes: &[Wish]) -> Self {
        let mut feed = Feed::new(target, WITHIN);
        for (topic, skus) in wishes {
            feed.subscribe(topic, skus.clone());
        }
        Self { feed, wishes: wishes.to_vec(), agreed: BTreeMap::new(), resumed: 0 }
    }

    /// Takes what comes next. Loses nothing when cancelled.
    async fn step(&mut self) {
        match self.feed.next_event().await.expect("a feed that comes back") {
            Event::Connected | Event::Away { .. } | Event::Changed { .. } => {}
            Event::Ready { resumed, .. } => self.resumed += usize::from(resumed),
            Event::Agreed { topic } => {
                let offset = self.feed.table(&topic).expect("a table").offset();
                self.agreed.insert(topic, offset);
            }
            told @ (Event::Distrusted { .. } | Event::Refused { .. }) => panic!("{told:?}"),
        }
    }

    /// Reads until it is told to stop.
    pub(crate) async fn follow(mut self, stop: CancellationToken) -> Self {
        while stop.run_until_cancelled(self.step()).await.is_some() {}
        self
    }

    /// Reads until every table is the truth.
    pub(crate) async fn settle(&mut self, client: &mut Client, all: &[String]) {
        let until = Instant::now() + SETTLED_WITHIN;
        while let Some(wrong) = self.wrong(client, all).await {
            assert!(Instant::now() < until, "{wrong}");
            while tokio::time::timeout(LOOK_EVERY, self.step()).await.is_ok() {}
        }
    }

    async fn wrong(&self, client: &mut Client, all: &[String]) -> Option<String> {
        for (topic, skus) in &self.wishes {
            let truth = truth(client, topic, if skus.is_empty() { all } else { skus }).await;
            let table = self.feed.table(topic).expect("a table");
            let wrong = wrong(table, &truth, self.agreed.get(*topic).copied());
            if wrong.is_some() {
                return wrong;
            }
        }
        None
    }
}

/// A reader of one topic that opens its connections itself.
#[derive(Debug)]
pub(crate) struct Visitor {
    target: Arc<Target>,
    port: u16,
    wish: Wish,
    pub(crate) table: Table,
    agreed: Option<u64>,
    pub(crate) resumed: usize,
    /// Rows that were sent.
    pub(crate) rows: usize,
}

impl Visitor {
    pub(crate) fn new(target: Arc<Target>, port: u16, wish: Wish) -> Self {
        let table = Table::new(wish.0);
        Self { target, port, wish, table, agreed: None, resumed: 0, rows: 0 }
    }

    fn asks(&mut self) -> String {
        self.table.begin();
        let (topic, skus) = (self.wish.0, self.wish.1.as_slice());
        let outgoing = Outgoing::Subscribe(Subscribe { topic, skus, since: self.table.since() });
        serde_json::to_string(&outgoing).expect("a message")
    }

    /// Takes a frame.
    pub(crate) fn take(&mut self, frame: &Incoming<'_>) -> Applied {
        assert!(!matches!(frame, Incoming::Complaint(_) | Incoming::Other), "{frame:?}");
        self.rows += match frame {
            Incoming::Snapshot(page) => page.items.len(),
            Incoming::Changes(changes) => changes.items.len(),
            _ => 0,
        };
        let applied = self.table.apply(frame).unwrap_or_else(|error| panic!("{}: {error}", self.wish.0));
        match applied {
            Applied::Agreed => self.agreed = Some(self.table.offset()),
            Applied::Resumed => self.resumed += 1,
            Applied::Elsewhere | Applied::Gathered | Applied::Whole | Applied::Changed => {}
        }
        applied
    }

    /// Begins a conversation, as soon as there is a daemon.
    pub(crate) async fn open(&mut self) -> FeedConnection {
        let until = Instant::now() + SETTLED_WITHIN;
        let mut conversation = loop {
            match FeedConnection::open(self.target.clone(), WITHIN).await {
                Ok(conversation) => break conversation,
                Err(error) => assert!(Instant::now() < until, "{error}"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        let asks = self.asks();
        conversation.queue_text(asks).expect("room");
        conversation
    }

    /// The same behind a small receive buffer.
    pub(crate) async fn open_narrow(&mut self) -> Raw {
        let until = Instant::now() + SETTLED_WITHIN;
        let mut conversation = loop {
            match Raw::open_narrow(self.port).await {
                Some(conversation) => break conversation,
                None => assert!(Instant::now() < until, "no daemon"),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        };
        conversation.say(&self.asks()).await;
        conversation
    }

    /// Comes and goes: conversations of a few frames each, some ended with a goodbye, some dropped.
    pub(crate) async fn come_and_go(mut self, stop: CancellationToken, mut random: Rng) -> Self {
        while !stop.is_cancelled() {
            let mut conversation = self.open().await;
            for _ in 0..random.usize(1..30) {
                match stop.run_until_cancelled(conversation.next()).await {
                    Some(Ok(frame)) => self.take(&frame),
                    Some(Err(_)) | None => break,
                };
            }
            if random.bool() {
                conversation.close().await;
            }
        }
        self
    }

    /// Reads behind a small buffer, and again and again stops reading until so many more changes were made.
    pub(crate) async fn doze(
        mut self,
        stop: CancellationToken,
        mut changes: watch::Receiver<usize>,
        many: usize,
    ) -> Self {
        while !stop.is_cancelled() {
            let mut conversation = self.open_narrow().await;
            while self.read(&mut conversation, &stop, 20).await {
                let until = *changes.borrow() + many;
                stop.run_until_cancelled(changes.wait_for(|made| *made >= until)).await;
            }
        }
        self
    }

    /// Takes so many frames; false at the end.
    async fn read(&mut self, conversation: &mut Raw, stop: &CancellationToken, frames: usize) -> bool {
        for _ in 0..frames {
            match stop.run_until_cancelled(conversation.frame()).await {
                Some(Frame::Text(text)) => {
                    self.take(&Incoming::read(&text).expect("a frame"));
                }
                Some(Frame::Ping) => conversation.send(0x8a, b"").await,
                Some(Frame::Pong) => {}
                Some(Frame::Closed(_)) | None => return false,
            }
        }
        true
    }

    /// Reads on until a checksum agreed.
    pub(crate) async fn agree(&mut self, conversation: &mut FeedConnection) {
        let agreeing =
            async { while self.take(&conversation.next().await.expect("a frame")) != Applied::Agreed {} };
        tokio::time::timeout(SETTLED_WITHIN, agreeing).await.expect("a checksum that agrees");
    }

    /// Reads in one more conversation until the table is the truth.
    pub(crate) async fn settle(&mut self, client: &mut Client, all: &[String]) {
        let mut conversation = self.open().await;
        let until = Instant::now() + SETTLED_WITHIN;
        loop {
            let truth =
                truth(client, self.wish.0, if self.wish.1.is_empty() { all } else { &self.wish.1 }).await;
            let Some(wrong) = wrong(&self.table, &truth, self.agreed) else { return };
            assert!(Instant::now() < until, "{wrong}");
            while let Ok(frame) = tokio::time::timeout(LOOK_EVERY, conversation.next()).await {
                self.take(&frame.expect("a frame"));
            }
        }
    }
}
