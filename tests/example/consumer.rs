//! A consumer to copy: it keeps every level of a lagerd in a file of its own, through any number of restarts, each change
//! once. Exchange the file for your database; the order of steps stays.
//!
//! 1. Its queue is durable, so that nothing is missed while it is away.
//! 2. What it keeps and how far it has heard are written in one step, before messages are acknowledged: after a crash
//!    between the two they come again and are dropped by their place.
//! 3. Whoever is told of a `gap` or a lost tail reads the stock once, and from there on newer events alone.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use futures_util::StreamExt;
use lagerd::client::{Client, Method, Request, segment};
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ConnectionProperties};
use serde::{Deserialize, Serialize};
use serde_json::Value;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What it keeps: the levels, and for each journal the place up to which they are.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// On hand, reserved and allocated units by `SKU/warehouse`.
    pub(crate) levels: BTreeMap<String, [i64; 3]>,
    /// The version of each warehouse's journal (`w:BER`) that was heard last.
    pub(crate) heard: BTreeMap<String, u64>,
}

impl Kept {
    /// What was kept until now.
    pub(crate) fn open(file: &Path) -> Self {
        std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Writes all of it or nothing.
    fn commit(&self, file: &Path) -> Fallible<()> {
        let beside = file.with_extension("new");
        let mut new = std::fs::File::create(&beside)?;
        new.write_all(&serde_json::to_vec(self)?)?;
        new.sync_all()?;
        Ok(std::fs::rename(beside, file)?)
    }
}

/// Keeps levels until the broker goes away; run it again then. `http` is where the daemon answers.
pub(crate) async fn consume(amqp: &str, queue: &str, http: &mut Client, file: PathBuf) -> Fallible<()> {
    let connection = Connection::connect(amqp, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let mut quorum = FieldTable::default();
    quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    channel.queue_declare(queue.into(), durable, quorum).await?;
    for key in ["stock.#", "reservation.#", "gap.w.#"] {
        let (events, bound) = ("lagerd.events".into(), QueueBindOptions::default());
        channel.queue_bind(queue.into(), events, key.into(), bound, FieldTable::default()).await?;
    }
    let mut kept = Kept::open(&file);
    if kept.heard.is_empty() {
        kept = read_all(http).await?;
        kept.commit(&file)?;
    }
    // At most so many come again after a crash.
    channel.basic_qos(100, BasicQosOptions::default()).await?;
    let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
    let deliveries = channel.basic_consume(queue.into(), "levels".into(), options, none).await?;
    // Whatever is there already is one step, so that a disk is written once for many.
    let mut deliveries = deliveries.ready_chunks(100);
    while let Some(chunk) = deliveries.next().await {
        let chunk = chunk.into_iter().collect::<Result<Vec<_>, _>>()?;
        for delivery in &chunk {
            hear(&mut kept, delivery, http).await?;
        }
        kept.commit(&file)?;
        if let Some(last) = chunk.last() {
            last.ack(BasicAckOptions { multiple: true }).await?;
        }
    }
    Ok(())
}

/// Books one message.
async fn hear(kept: &mut Kept, delivery: &Delivery, http: &mut Client) -> Fallible<()> {
    let event: Value = serde_json::from_slice(&delivery.data)?;
    // An event's id is `<journal>.<version>-<nonce>.<index>`.
    let id = event["event"].as_str().ok_or("an event without an id")?;
    let (journal, place) = id.split_once('.').ok_or("an id without a place")?;
    let version: u64 = place.split('-').next().unwrap_or_default().parse()?;
    if ["gap", "tail_lost"].contains(&event["fact"].as_str().unwrap_or_default()) {
        *kept = read_all(http).await?;
        return Ok(());
    }
    // The figures are those after the event, so one of the same version may be booked twice, but not an older one.
    if version < kept.heard.get(journal).copied().unwrap_or(0) {
        return Ok(());
    }
    for line in event["lines"].as_array().into_iter().flatten() {
        let (sku, warehouse) = (line["sku"].as_str(), event["warehouse"].as_str());
        let key = format!("{}/{}", sku.ok_or("no SKU")?, warehouse.ok_or("no warehouse")?);
        kept.levels.insert(key, figures(line));
    }
    kept.heard.insert(journal.to_owned(), version);
    Ok(())
}

/// Reads the whole stock, page by page.
async fn read_all(http: &mut Client) -> Fallible<Kept> {
    let mut kept = Kept::default();
    let mut after = String::new();
    loop {
        let path = format!("/v1/stock?limit=500{after}");
        let connection = http.connection();
        let status =
            connection.send(&Request { method: Method::Get, path: &path, id: None, body: None }).await?;
        let page: Value = serde_json::from_slice(connection.body())?;
        if status != 200 {
            return Err(page.to_string().into());
        }
        for item in page["items"].as_array().into_iter().flatten() {
            for level in item["levels"].as_array().into_iter().flatten() {
                let (sku, warehouse) = (item["sku"].as_str(), level["warehouse"].as_str());
                let key = format!("{}/{}", sku.ok_or("no SKU")?, warehouse.ok_or("no warehouse")?);
                kept.levels.insert(key, figures(level));
            }
        }
        for (journal, place) in page["as_of"].as_object().into_iter().flatten() {
            let version = place.as_str().and_then(|place| place.split('-').next()?.parse().ok());
            // The first page's: what has happened since comes as events.
            kept.heard.entry(journal.clone()).or_insert(version.ok_or("no place")?);
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={}", segment(next)),
            None => return Ok(kept),
        }
    }
}

fn figures(level: &Value) -> [i64; 3] {
    ["on_hand", "reserved", "allocated"].map(|name| level[name].as_i64().unwrap_or(0))
}
