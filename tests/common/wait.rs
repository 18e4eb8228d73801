//! Waiting for a condition instead of for a time.

use std::time::Duration;

/// How long anything may take on a busy machine before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Asks `probe` until it tells something, and fails with `what` when it never does.
pub(crate) async fn wait_for<T>(what: &str, probe: impl AsyncFnMut() -> Option<T>) -> T {
    wait_within(PATIENCE, what, probe).await
}

/// The same for what may take longer.
pub(crate) async fn wait_within<T>(
    patience: Duration,
    what: &str,
    mut probe: impl AsyncFnMut() -> Option<T>,
) -> T {
    let looking = async {
        loop {
            if let Some(found) = probe().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(patience, looking).await.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
