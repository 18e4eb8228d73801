//! Readers of the whole channel beside the clients.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::args::LoadArgs;
use super::gallery::Gallery;
use super::worker::{PAUSE, PAUSE_MAX};
use crate::cli::Failure;
use crate::client::feed::{Buffers, FeedConnection, FeedError, Outgoing, Subscribe};
use crate::client::{Client, Target};

/// What a slow reader takes in a second of what is new; the table at its beginning comes as fast as it can.
const SLOW_BYTES_PER_S: u32 = 1024;

/// A slow reader keeps little: what is on its way to it is old when it arrives.
const SLOW: Buffers = Buffers { read: 256, kernel: Some(2048) };

/// How long slow readers may take to get through what is on its way to them when the run is over.
const SLOW_PATIENCE: Duration = Duration::from_secs(120);

/// How often it is looked whether everybody shows the same.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// All readers; they end with this.
#[derive(Debug)]
pub(super) struct Readers {
    gallery: Arc<Gallery>,
    tasks: JoinSet<FeedError>,
}

/// One reader.
#[derive(Debug)]
struct Follower {
    target: Arc<Target>,
    timeout: Duration,
    topic: Arc<str>,
    gallery: Arc<Gallery>,
    number: usize,
    slow: bool,
}

impl Readers {
    /// Connects all readers and waits until their tables are whole.
    ///
    /// # Errors
    /// One could not connect, or has no table in time.
    pub(super) async fn start(
        target: &Arc<Target>,
        args: &LoadArgs,
        gallery: &Arc<Gallery>,
    ) -> Result<Self, Failure> {
        let topic: Arc<str> = format!("channel:{}", args.common.channel).into();
        let mut tasks = JoinSet::new();
        for number in 0..args.subscribers + args.slow_subscribers {
            let follower = Follower {
                target: Arc::clone(target),
                timeout: args.common.timeout,
                topic: Arc::clone(&topic),
                gallery: Arc::clone(gallery),
                number,
                slow: number >= args.subscribers,
            };
            let connection = follower.open().await?;
            tasks.spawn(follower.follow(connection));
        }
        if !gallery.whole(args.common.patience).await {
            return Err(tasks.try_join_next().map_or_else(
                || "not every reader has the channel's table in time".into(),
                |joined| joined.map_or_else(Failure::from, Failure::from),
            ));
        }
        Ok(Self { gallery: Arc::clone(gallery), tasks })
    }

    /// Waits until every reader shows what the daemon has of a SKU; answers how many don't when patience ends.
    ///
    /// # Errors
    /// The daemon can't be asked any more.
    pub(super) async fn settle(
        &self,
        target: &Arc<Target>,
        args: &LoadArgs,
        sku: &str,
    ) -> Result<usize, Failure> {
        let slow = if args.slow_subscribers > 0 { SLOW_PATIENCE } else { Duration::ZERO };
        let end = Instant::now() + args.common.patience + slow;
        let mut client =
            Client::new(Arc::clone(target), args.common.timeout).with_patience(args.common.patience);
        loop {
            let behind = self.gallery.behind(available(&mut client, &args.common.channel, sku).await?);
            if behind == 0 || Instant::now() >= end {
                return Ok(behind);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What the first reader that gave up was told, if any did.
    pub(super) fn turned_away(&mut self) -> Option<String> {
        self.tasks.try_join_next().map(|joined| joined.map_or_else(|bug| bug.to_string(), |e| e.to_string()))
    }
}

/// Checks that the channel shows every unit of these SKUs: grants are counted by what it shows.
///
/// # Errors
/// It shows other numbers.
pub(super) async fn shows_all(
    target: &Arc<Target>,
    args: &LoadArgs,
    names: &[String],
) -> Result<i64, Failure> {
    let units = i64::try_from(args.units())?;
    let mut client = Client::new(Arc::clone(target), args.common.timeout).with_patience(args.common.patience);
    for sku in names {
        let end = Instant::now() + args.common.timeout;
        loop {
            let shown = available(&mut client, &args.common.channel, sku).await?;
            if shown == units {
                break;
            }
            if Instant::now() >= end {
                let told = format!(
                    "{} shows {shown} of {units} units of {sku}; readers are measured by the exact number, so the \
                     channel must draw on --warehouse alone, and have no display_cap and no safety stock",
                    args.common.channel
                );
                return Err(told.into());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    Ok(units)
}

async fn available(client: &mut Client, channel: &str, sku: &str) -> Result<i64, Failure> {
    let told = client.availability(channel, &[sku]).await?;
    Ok(told.first().map_or(0, |item| item.available))
}

impl Follower {
    async fn open(&self) -> Result<FeedConnection, FeedError> {
        let buffers = if self.slow { SLOW } else { Buffers::default() };
        let mut connection =
            FeedConnection::open_with(Arc::clone(&self.target), self.timeout, buffers).await?;
        let wish = Subscribe { topic: &self.topic, skus: &[], since: None };
        connection.send(&Outgoing::Subscribe(wish)).await?;
        Ok(connection)
    }

    /// Reads for ever, over lost connections; ends with what can't pass.
    async fn follow(self, mut connection: FeedConnection) -> FeedError {
        loop {
            let Err(mut error) = self.listen(connection).await;
            let mut pause = PAUSE;
            connection = loop {
                if !error.may_return() {
                    return error;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
                match self.open().await {
                    Ok(connection) => break connection,
                    Err(again) => error = again,
                }
            };
            self.gallery.seen().reconnects += 1;
        }
    }

    async fn listen(&self, mut connection: FeedConnection) -> Result<Infallible, FeedError> {
        loop {
            let text = connection.next_text().await?;
            let news = self.gallery.take(self.number, text, Instant::now())?;
            if self.slow && news {
                let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
                tokio::time::sleep(Duration::from_secs(1) * bytes / SLOW_BYTES_PER_S).await;
            }
        }
    }
}
