//! Bursts: as many commands together as fit, and the next when every reader has shown them all.

use std::sync::Arc;

use hdrhistogram::Histogram;
use tokio::time::Instant;

use super::gallery::Gallery;
use super::socket::SocketWorker;
use super::tally::{Tally, Window, histogram, micros};

/// Bursts that began and ended inside the measured window.
#[derive(Debug)]
pub(super) struct Rounds {
    pub(super) count: u64,
    /// From the start of the first to the end of the last.
    pub(super) seconds: f64,
    /// From just before the first command is sent until the last reader shows the last change.
    pub(super) round_us: Histogram<u64>,
    /// Why it ended early.
    pub(super) stopped: Option<String>,
}

/// Bursts of `size` until the window ends.
pub(super) async fn volleys(
    mut worker: SocketWorker,
    gallery: Arc<Gallery>,
    size: usize,
    window: Window,
) -> (Tally, Rounds) {
    let mut rounds = Rounds { count: 0, seconds: 0.0, round_us: histogram(), stopped: None };
    let mut begun = None;
    for number in 1.. {
        let started = Instant::now();
        if started >= window.until {
            break;
        }
        gallery.begin(number, size);
        let tally = worker.volley(size, window).await;
        let granted = u64::try_from(tally.granted.len()).unwrap_or(0);
        if granted != number * u64::try_from(size).unwrap_or(0) {
            rounds.stopped = Some(format!("burst {number} was not granted in full"));
            break;
        }
        if tokio::time::timeout_at(window.give_up, gallery.complete()).await.is_err() {
            rounds.stopped = Some(format!("burst {number} never reached every reader"));
            break;
        }
        let now = Instant::now();
        if started >= window.measure_from && now <= window.until {
            let begun = *begun.get_or_insert(started);
            rounds.count += 1;
            rounds.seconds = now.duration_since(begun).as_secs_f64();
            rounds.round_us.saturating_record(micros(now.duration_since(started)));
        }
    }
    (worker.into_tally(), rounds)
}
