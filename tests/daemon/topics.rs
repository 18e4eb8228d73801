//! Orders, work and alerts followed from outside: readers that keep what they were told, and are right by the daemon's
//! checksum and by what HTTP lists.

use std::collections::BTreeMap;

use lagerd::config::TokenHash;
use serde_json::{Value, json};

use crate::feed_raw::Raw;
use crate::orders_words::{Story, order};
use crate::process::Store;

const SHOP: &str = r#"
[limits]
restart_grace_s = 0
[feed]
checksum_interval_s = 1
[[warehouse]]
id = "BER"
[[channel]]
id = "web"
warehouses = ["BER"]
"#;

/// What a reader knows of one topic.
#[derive(Debug, Default)]
struct Book {
    topic: String,
    view: Value,
    offset: u64,
    rows: BTreeMap<String, Value>,
    /// Half a snapshot.
    pages: Option<BTreeMap<String, Value>>,
    /// What was told as closed.
    closed: Vec<Value>,
    conflated: u64,
    snapshots: usize,
    resumed: usize,
}

fn key(item: &Value) -> String {
    match (&item["fulfilment"], &item["id"]) {
        (Value::String(id), _) | (_, Value::String(id)) => id.clone(),
        (_, id) => id.to_string(),
    }
}

fn text(item: &Value) -> String {
    let (key, state) = (key(item), item["state"].as_str().unwrap_or_default());
    if item["alert"].is_string() {
        return key;
    }
    let figures = if item["fulfilment"].is_string() {
        let lines = item["lines"].as_array().expect("lines").iter();
        vec![lines.map(|line| line["quantity"].as_i64().expect("units")).sum::<i64>()]
    } else {
        let names = ["ordered", "unrouted", "backordered", "allocated", "shipped", "cancelled", "returned"];
        names.iter().map(|name| item[*name].as_i64().unwrap_or_else(|| panic!("{name}: {item}"))).collect()
    };
    figures.iter().fold(format!("{key}:{state}"), |text, figure| format!("{text}:{figure}"))
}

impl Book {
    fn of(topic: &str) -> Self {
        Self { topic: topic.to_owned(), ..Self::default() }
    }

    async fn follow(&self, reader: &mut Raw) {
        let mut body = json!({"topic": self.topic});
        if self.view.is_string() {
            body["since"] = json!({"view": self.view, "offset": self.offset});
        }
        reader.say(&json!({"subscribe": body}).to_string()).await;
    }

    /// Takes a frame; true where a checksum proved the book right.
    fn take(&mut self, frame: &Value) -> bool {
        let (word, body) = frame.as_object().expect("a frame").iter().next().expect("a word");
        assert_eq!(body["topic"], self.topic.as_str(), "{frame}");
        let items = body["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        match word.as_str() {
            "snapshot" => {
                let pages = self.pages.get_or_insert_default();
                for item in items {
                    assert_eq!(item.get("closed"), None, "a snapshot has open rows alone");
                    pages.insert(key(item), item.clone());
                }
                (self.view, self.offset) =
                    (body["view"].clone(), body["offset"].as_u64().expect("an offset"));
                if body["more"] == false {
                    self.rows = self.pages.take().expect("pages");
                    self.snapshots += 1;
                }
            }
            "resumed" => self.resumed += 1,
            "changes" => {
                let rows = self.pages.as_mut().unwrap_or(&mut self.rows);
                for item in items {
                    if item["closed"] == true {
                        rows.remove(&key(item));
                        self.closed.push(item.clone());
                    } else {
                        rows.insert(key(item), item.clone());
                    }
                }
                self.offset = body["offset"].as_u64().expect("an offset");
                self.conflated += body["conflated"].as_u64().unwrap_or(0);
            }
            "checksum" => {
                let sums = self.rows.values().map(|item| crc32fast::hash(text(item).as_bytes()));
                let sum = sums.fold(0, u32::wrapping_add);
                assert_eq!(body["sum"], json!(sum), "{frame} of {:?}", self.rows);
                assert_eq!(body["items"], self.rows.len(), "{frame}");
                return true;
            }
            _ => panic!("{frame}"),
        }
        false
    }

    /// Reads until the book is as wanted.
    async fn until(&mut self, reader: &mut Raw, wanted: impl Fn(&Self) -> bool) {
        while !wanted(self) {
            let frame = reader.json().await;
            self.take(&frame);
        }
    }

    /// Reads until a checksum agrees.
    async fn agree(&mut self, reader: &mut Raw) {
        loop {
            let frame = reader.json().await;
            if self.take(&frame) {
                return;
            }
        }
    }

    /// The states of all rows, by key.
    fn states(&self) -> Vec<&str> {
        self.rows.values().map(|row| row["state"].as_str().expect("a state")).collect()
    }
}

/// An order is seen from taken to delivered, its work from asked to gone; whoever was away goes on where it was, and after
/// a kill begins anew with the truth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_and_its_work_are_followed() {
    let mut story = Story::on(&Store::Embedded, SHOP).await;
    story.stock("BER", &[("TEE", 9)]).await;
    let (mut orders, mut work) = (Book::of("orders"), Book::of("work:BER"));
    let (mut one, mut two) = (Raw::open(&story.daemon).await, Raw::open(&story.daemon).await);
    orders.follow(&mut one).await;
    work.follow(&mut two).await;
    orders.agree(&mut one).await;
    work.agree(&mut two).await;
    assert_eq!((orders.rows.len(), work.rows.len()), (0, 0));

    let placed = story.tell("/v1/orders", &order("web", "o-1", &[("TEE", 2)])).await;
    orders.until(&mut one, |book| book.states() == ["accepted"]).await;
    work.until(&mut two, |book| book.states() == ["requested"]).await;
    let told = orders.rows.values().next().expect("a row").clone();
    assert_eq!((&told["order"], &told["ordered"], &told["allocated"]), (&json!("o-1"), &json!(2), &json!(2)));
    let part = work.rows.values().next().expect("a row");
    let path = format!("/v1/fulfilments/{}", part["fulfilment"].as_str().expect("an id"));
    assert_eq!(*part, story.see(&path).await, "a row is what HTTP shows");
    assert!(!format!("{told}{part}").contains("Erika"), "{told} {part}");

    story.step(&placed, 0, "accept", &json!({})).await;
    orders.until(&mut one, |book| book.states() == ["in_fulfilment"]).await;
    work.until(&mut two, |book| book.states() == ["accepted"]).await;
    drop((one, two));
    story.step(&placed, 0, "pick", &json!({})).await;
    story.step(&placed, 0, "ship", &json!({})).await;
    let (mut one, mut two) = (Raw::open(&story.daemon).await, Raw::open(&story.daemon).await);
    orders.follow(&mut one).await;
    work.follow(&mut two).await;
    orders.until(&mut one, |book| book.states() == ["shipped"]).await;
    work.until(&mut two, |book| book.rows.is_empty()).await;
    assert_eq!((orders.resumed, work.resumed, orders.snapshots), (1, 1, 1));
    assert_eq!((&work.closed[0]["state"], &work.closed[0]["order"]), (&json!("shipped"), &json!("o-1")));
    story.step(&placed, 0, "deliver", &json!({})).await;
    orders.until(&mut one, |book| book.rows.is_empty()).await;
    assert_eq!((&orders.closed[0]["state"], &orders.closed[0]["shipped"]), (&json!("delivered"), &json!(2)));
    orders.agree(&mut one).await;
    work.agree(&mut two).await;

    story.tell("/v1/orders", &order("web", "o-2", &[("TEE", 3)])).await;
    orders.until(&mut one, |book| book.states() == ["accepted"]).await;
    let view = orders.view.clone();
    story.daemon.kill().await;
    story.daemon.again().await;
    let mut one = Raw::open(&story.daemon).await;
    orders.follow(&mut one).await;
    orders.agree(&mut one).await;
    assert_ne!(orders.view, view, "another life is another view");
    assert_eq!((orders.snapshots, orders.states()), (2, vec!["accepted"]));
    story.end().await;
}

/// A reader that does not read makes no other wait, and has the truth in the end with fewer rows than there were changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_of_orders() {
    let mut story = Story::on(&Store::Embedded, SHOP).await;
    story.stock("BER", &[("TEE", 500)]).await;
    let (mut slow, mut fast) = (Book::of("orders"), Book::of("orders"));
    let mut narrow = Raw::open_narrow(story.daemon.port()).await.expect("a daemon");
    let mut wide = Raw::open(&story.daemon).await;
    slow.follow(&mut narrow).await;
    fast.follow(&mut wide).await;
    for number in 0..60 {
        let placed = story.tell("/v1/orders", &order("web", &format!("o-{number}"), &[("TEE", 1)])).await;
        for step in ["accept", "pick"] {
            story.step(&placed, 0, step, &json!({})).await;
        }
    }
    let all =
        |book: &Book| book.rows.len() == 60 && book.states().iter().all(|state| *state == "in_fulfilment");
    fast.until(&mut wide, all).await;
    fast.agree(&mut wide).await;
    slow.until(&mut narrow, all).await;
    slow.agree(&mut narrow).await;
    assert_eq!(slow.rows, fast.rows);
    story.end().await;
}

/// Alerts come as they are told and stand in a snapshot; a token that may not follow something is refused and told why.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alerts_and_scopes() {
    let mut story = Story::on(&Store::Embedded, SHOP).await;
    story.stock("BER", &[("TEE", 1)]).await;
    let (mut alerts, mut one) = (Book::of("alerts"), Raw::open(&story.daemon).await);
    alerts.follow(&mut one).await;
    alerts.agree(&mut one).await;
    story.tell("/v1/orders", &order("web", "o-1", &[("TEE", 1)])).await;
    alerts.until(&mut one, |book| book.rows.len() == 1).await;
    alerts.agree(&mut one).await;
    let row = alerts.rows.values().next().expect("an alert");
    assert_eq!(
        (&row["alert"], &row["sku"], &row["warehouse"]),
        (&json!("sold_out"), &json!("TEE"), &json!("BER"))
    );
    assert_eq!(*row, story.see("/v1/alerts").await["items"][0], "a row is what HTTP lists");
    let mut again = Book::of("alerts");
    let mut two = Raw::open(&story.daemon).await;
    again.follow(&mut two).await;
    again.agree(&mut two).await;
    assert_eq!(again.rows, alerts.rows);
    assert_eq!(two.complaint(r#"{"subscribe": {"topic": "orders", "skus": ["TEE"]}}"#).await, "invalid");
    assert_eq!(two.complaint(r#"{"subscribe": {"topic": "work:NOWHERE"}}"#).await, "unknown_warehouse");
    story.daemon.stop().await;

    let token = |name: &str, scopes: &str| {
        let hash = TokenHash::of(name).configured();
        format!("[[token]]\nname = \"{name}\"\nhash = \"{hash}\"\nscopes = [{scopes}]\n")
    };
    let tokens = [
        token("picker", "\"fulfil:BER\""),
        token("shop", "\"sell:web\", \"read:web\""),
        token("office", "\"read:*\""),
    ];
    story.daemon.configure(&Store::Embedded.lines(), &format!("{SHOP}{}", tokens.concat()));
    story.daemon.again().await;
    for (name, allowed) in
        [("picker", vec!["work:BER"]), ("shop", vec![]), ("office", vec!["work:BER", "orders", "alerts"])]
    {
        let mut reader = Raw::open(&story.daemon).await;
        reader.say(&json!({"auth": {"token": name}}).to_string()).await;
        assert_eq!(reader.json().await["authenticated"]["name"], name);
        for topic in ["work:BER", "orders", "alerts"] {
            reader.say(&json!({"subscribe": {"topic": topic}}).to_string()).await;
            let told = loop {
                let told = reader.json().await;
                if told["snapshot"]["topic"] == topic || told["error"].is_object() {
                    break told;
                }
            };
            let expected = if allowed.contains(&topic) { Value::Null } else { json!("forbidden") };
            assert_eq!(told["error"]["code"], expected, "{name} {topic}: {told}");
        }
    }
    story.daemon.stop().await;
}
