//! How the daemon does, in one line for people: what `systemctl status` shows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::service::Service;
use crate::actor::House;
use crate::config::StoreKind;
use crate::edge::door::Door;

/// How often is looked whether there is something new to say.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What the line is made of, where it is not looked up.
#[derive(Debug)]
pub(super) struct Status {
    door: Arc<Door>,
    house: Arc<House>,
    address: SocketAddr,
    store: StoreKind,
    /// The newest configuration could not be read, so an older one counts.
    refused: AtomicBool,
}

/// What is said of the daemon.
#[derive(Debug, Default)]
struct Figures {
    address: String,
    store: &'static str,
    /// What keeps the store from being used.
    store_trouble: Option<String>,
    /// What keeps the broker from doing its part, and how many entries it has not been told; `None` without one.
    broker: Option<(Vec<String>, u64)>,
    connections: i64,
    feed: i64,
    refused: bool,
}

impl Status {
    pub(super) fn new(door: Arc<Door>, house: Arc<House>, address: SocketAddr) -> Self {
        let store = door.settings().store.kind;
        Self { door, house, address, store, refused: AtomicBool::new(false) }
    }

    /// Notes whether the newest configuration was refused.
    pub(super) fn refused(&self, refused: bool) {
        self.refused.store(refused, Ordering::Relaxed);
    }

    /// The line as of now.
    pub(super) fn line(&self) -> String {
        let health = self.house.store_health();
        let lost = self.house.lost_journal().map(|journal| format!("{journal} waits for an operator"));
        let away = (!health.reachable)
            .then(|| health.warnings.last().cloned().unwrap_or_else(|| "can't be reached".to_owned()));
        Figures {
            address: self.address.to_string(),
            store: match self.store {
                StoreKind::Embedded => "embedded store",
                StoreKind::Redis => "Redis",
            },
            store_trouble: lost.or(away),
            broker: self.door.relay().map(|relay| (self.door.broker_warnings(), relay.lag().entries)),
            connections: self.door.metrics.http_connections.get(),
            feed: self.door.metrics.feed_connections.get(),
            refused: self.refused.load(Ordering::Relaxed),
        }
        .line()
    }
}

/// Tells the line whenever it changed, until the daemon stops.
pub(super) async fn keep(status: Arc<Status>, service: Arc<Service>, stopping: CancellationToken) {
    while tokio::time::timeout(LOOK_EVERY, stopping.cancelled()).await.is_err() {
        service.status(&status.line()).await;
    }
}

impl Figures {
    /// Trouble first: a line may be cut at the right.
    fn line(&self) -> String {
        let mut parts = Vec::new();
        if self.refused {
            parts.push("the new configuration was refused, the old one counts".to_owned());
        }
        parts.push(match &self.store_trouble {
            Some(trouble) => format!("{}: {trouble}", self.store),
            None => format!("serving on {}, {} ok", self.address, self.store),
        });
        if let Some((warnings, behind)) = &self.broker {
            let told = match behind {
                0 => "everything told".to_owned(),
                1 => "1 entry untold".to_owned(),
                more => format!("{more} entries untold"),
            };
            let state = warnings.first().map_or_else(|| "RabbitMQ connected".to_owned(), Clone::clone);
            parts.push(format!("{state}, {told}"));
        }
        let connections = if self.connections == 1 { "connection" } else { "connections" };
        parts.push(format!("{} {connections}, {} on the feed", self.connections, self.feed));
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an operator reads on a good day and on bad ones.
    #[test]
    fn lines() {
        let good = || Figures {
            address: "127.0.0.1:7070".to_owned(),
            store: "Redis",
            connections: 14,
            feed: 3,
            ..Figures::default()
        };
        let check = |figures: Figures, expected: &str| assert_eq!(figures.line(), expected);
        check(good(), "serving on 127.0.0.1:7070, Redis ok; 14 connections, 3 on the feed");
        check(
            Figures { broker: Some((Vec::new(), 0)), connections: 1, feed: 0, ..good() },
            "serving on 127.0.0.1:7070, Redis ok; RabbitMQ connected, everything told; 1 connection, 0 on the feed",
        );
        let away = "RabbitMQ is away for the publishing connection: refused".to_owned();
        check(
            Figures {
                store_trouble: Some("write: timed out".to_owned()),
                broker: Some((vec![away], 812)),
                refused: true,
                ..good()
            },
            "the new configuration was refused, the old one counts; Redis: write: timed out; RabbitMQ is away for the \
             publishing connection: refused, 812 entries untold; 14 connections, 3 on the feed",
        );
    }
}
