//! The last units, wanted by more people than there are.

use crate::crowd::{Crowd, all_readable, granted};
use crate::process::{Daemon, ONE, Store};
use crate::talk::{figures, receive};

const CLIENTS: usize = 1_000;
const UNITS: i64 = 500;

/// A thousand clients at once; where `kill`, the daemon dies in the middle and comes back on the same store.
async fn duel(store: Store, kill: bool) {
    let mut daemon = Daemon::start(&store.lines(), ONE).await;
    receive(&mut daemon.client(), "BER", "opening", &[("LAST", UNITS)]).await;
    let clients = (0..CLIENTS).map(|_| daemon.patient()).collect();
    let crowd = Crowd::start(clients, "duel", "LAST").await;
    if kill {
        crowd.granted(usize::try_from(UNITS / 4).unwrap()).await;
        daemon.kill().await;
        daemon.again().await;
    }
    let told = crowd.told().await;
    assert_eq!(granted(&told), usize::try_from(UNITS).unwrap());
    let mut client = daemon.client();
    assert_eq!(figures(&mut client, "LAST", "BER").await, (UNITS, UNITS, 0));
    all_readable(&mut client, &told).await;
    daemon.audit().await;
}

/// Of a thousand clients exactly as many get a unit as there are units, and a resend is answered as the first was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded() {
    duel(Store::Embedded, false).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis() {
    let Some(store) = Store::redis().await else { return };
    duel(store, false).await;
}

/// The same with the daemon killed in the middle: what was granted stays granted, and nothing is sold twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn embedded_killed() {
    duel(Store::Embedded, true).await;
}

/// The same on Redis.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_redis_killed() {
    let Some(store) = Store::redis().await else { return };
    duel(store, true).await;
}
