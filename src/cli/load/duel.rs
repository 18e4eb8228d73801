//! Many clients, few units, every command sent twice.

use std::sync::Arc;

use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::args::LoadArgs;
use super::tally::{Brief, Tally, Window};
use super::worker::Worker;
use crate::cli::Failure;
use crate::client::{Connection, Target};

/// Lets every client connect, starts them at one moment, and collects what they were told.
///
/// # Errors
/// A client task failed, which is a bug.
pub(super) async fn fight(
    target: &Arc<Target>,
    args: &LoadArgs,
    brief: &Arc<Brief>,
) -> Result<(Tally, f64), Failure> {
    let clients = args.clients();
    let mut ready = Vec::with_capacity(clients);
    for _ in 0..clients {
        let mut connection = Connection::new(Arc::clone(target), args.common.timeout);
        // Who fails here (a daemon that is being killed meanwhile) connects when asking.
        let (Ok(()) | Err(_)) = connection.open().await;
        ready.push(connection);
    }
    let barrier = Arc::new(Barrier::new(clients));
    let started = Instant::now();
    let window = Window {
        measure_from: started,
        until: started + args.common.patience,
        give_up: started + args.common.patience,
    };
    let mut fighters = JoinSet::new();
    for (seed, connection) in (0..).zip(ready) {
        let (brief, barrier) = (Arc::clone(brief), Arc::clone(&barrier));
        fighters.spawn(async move {
            let mut worker = Worker::new(brief, connection, seed);
            barrier.wait().await;
            worker.once(window).await;
            worker.tally
        });
    }
    let mut tally = Tally::new();
    while let Some(joined) = fighters.join_next().await {
        tally.absorb(joined?);
    }
    Ok((tally, started.elapsed().as_secs_f64()))
}

/// What a duel must end with, in words where it did not.
pub(super) fn verdict(args: &LoadArgs, tally: &Tally, unknown_held: usize) -> Option<String> {
    let units = usize::try_from(args.units()).unwrap_or(usize::MAX);
    let expected = units.min(args.clients());
    let granted = tally.granted.len() + unknown_held;
    (granted != expected).then(|| format!("{} clients for {units} units: {granted} granted", args.clients()))
}
