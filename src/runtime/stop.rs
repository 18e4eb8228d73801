//! The stop: what ends in which order, and how long each may take. Together they take less than the unit's
//! `TimeoutStopSec`, so that systemd never has to kill a daemon that is only thorough.
//!
//! 1. No more commands are taken from the broker.
//! 2. The port takes no more connections; requests under way are answered, readers of the feed are told to come back.
//! 3. The actors finish what they have taken: desks, then channels and items, then warehouses.
//! 4. The broker is told what is left, and the connections to it are closed. What is not told now is told at the next
//!    start.
//! 5. Guardians, housekeeping and the watchdog's heartbeat rest, and the witness writes its last line.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::daemon::{Daemon, Open};

/// How long requests under way may take.
const REQUESTS: Duration = Duration::from_secs(10);
/// How long actors may take, all together.
const ACTORS: Duration = Duration::from_secs(12);
/// How long the broker is told what is left, and again how long its connections may take to close.
const BROKER: Duration = Duration::from_secs(5);
/// How long housekeeping may take to end, and again the witness.
const REST: Duration = Duration::from_secs(3);

impl Daemon {
    /// Ends everything, in order.
    pub(super) async fn stop(&self, open: Open, serving: JoinHandle<()>, chores: TaskTracker) {
        let Open { house, witness, broker, .. } = open;
        tracing::info!("stopping");
        self.service.stopping("stopping: requests under way are answered").await;
        if let Some(broker) = &broker {
            broker.stop_taking();
        }
        self.closing.cancel();
        if tokio::time::timeout(REQUESTS, serving).await.is_err() {
            tracing::warn!("some connections did not finish in time");
        }
        self.service.stopping("stopping: actors finish what they have taken").await;
        if !house.close(ACTORS).await {
            tracing::warn!("some actors did not finish in time");
        }
        if let Some(broker) = broker {
            self.service.stopping("stopping: RabbitMQ is told what is left").await;
            broker.close(BROKER).await;
        }
        self.resting.cancel();
        chores.close();
        if tokio::time::timeout(REST, chores.wait()).await.is_err() {
            tracing::warn!("housekeeping did not finish in time");
        }
        if let Some(witness) = witness
            && tokio::time::timeout(REST, witness.close()).await.is_err()
        {
            tracing::warn!("the witness did not finish in time");
        }
        tracing::info!("stopped");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The deadlines leave systemd something to spare.
    #[test]
    fn a_stop_ends_before_systemd_kills() {
        let unit = include_str!("../../systemd/lagerd.service");
        let limit = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec="));
        let limit = limit.and_then(|limit| limit.strip_suffix('s')).and_then(|limit| limit.parse().ok());
        let limit = Duration::from_secs(limit.expect("the unit's TimeoutStopSec in seconds"));
        let most = REQUESTS + ACTORS + BROKER * 2 + REST * 2;
        assert!(most + Duration::from_secs(5) <= limit, "{most:?} of {limit:?}");
    }
}
