//! The channels' own tables: one reader follows all of them over the live feed, through every kill, and in the end holds
//! them against what the daemon answers.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::hour::Hour;
use super::merchant::CHANNELS;
use super::screen::Screen;
use crate::cli::Failure;
use crate::client::Availability;
use crate::client::feed::{Event, Feed};

/// News that is under way when the shop closes has this long to arrive.
const CATCH_UP: Duration = Duration::from_secs(20);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// SKUs one request asks for.
const ASKED_AT_ONCE: usize = 100;

/// Readers at work.
#[derive(Debug)]
pub(super) struct Readers {
    task: JoinHandle<Result<(Feed, u64), Failure>>,
    enough: CancellationToken,
}

impl Readers {
    /// Begins to follow every channel.
    pub(super) fn begin(hour: &Hour) -> Self {
        let mut feed = Feed::new(hour.target(), Duration::from_secs(5));
        for (channel, _) in CHANNELS {
            feed.subscribe(&format!("channel:{channel}"), Vec::new());
        }
        let enough = CancellationToken::new();
        let stop = enough.clone();
        let task = tokio::spawn(async move {
            let mut changed = 0;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return Ok((feed, changed)),
                    event = feed.next_event() => match event? {
                        Event::Ready { changes, .. } | Event::Changed { changes, .. } => {
                            changed += changes.len() as u64;
                        }
                        _ => {}
                    },
                }
            }
        });
        Self { task, enough }
    }

    /// Lets the last news arrive and compares every table with what the daemon answers, SKU by SKU.
    ///
    /// # Errors
    /// The daemon can't be read, or refused a reader.
    pub(super) async fn end(self, hour: &Hour, screen: &Screen) -> Result<bool, Failure> {
        self.enough.cancel();
        let (mut feed, mut changed) = self.task.await??;
        let until = tokio::time::Instant::now() + CATCH_UP;
        let mut different = differences(&feed, hour).await?;
        while different > 0 && tokio::time::Instant::now() < until {
            if let Ok(event) = tokio::time::timeout(LOOK_EVERY, feed.next_event()).await
                && let Event::Ready { changes, .. } | Event::Changed { changes, .. } = event?
            {
                changed += changes.len() as u64;
            }
            different = differences(&feed, hour).await?;
        }
        let counts = feed.counts();
        let told = format!(
            "live feed: {} channels followed through {} connections, {changed} values shown, {} checksums agreed; \
             {different} values differ from the daemon's, {} tables were distrusted",
            CHANNELS.len(),
            counts.connected,
            counts.agreed,
            counts.distrusted,
        );
        let good = different == 0 && counts.distrusted == 0;
        screen.verdict(good, &told);
        feed.close().await;
        Ok(good)
    }
}

/// Values of the tables that are not what the daemon answers now.
async fn differences(feed: &Feed, hour: &Hour) -> Result<usize, Failure> {
    let mut client = hour.client();
    let skus: Vec<&str> = hour.merchant.items.iter().map(|item| item.sku.as_str()).collect();
    let mut different = 0;
    for (channel, _) in CHANNELS {
        let table = feed.table(&format!("channel:{channel}"));
        for some in skus.chunks(ASKED_AT_ONCE) {
            let told = client.availability(channel, some).await?;
            let same = |told: &&Availability| {
                let shown = table.and_then(|table| table.get(&told.sku));
                shown.map_or(0, |figures| figures.available()) == told.available
            };
            different += told.iter().filter(|told| !same(told)).count();
        }
    }
    Ok(different)
}
