//! Panics are logged and counted: inside an actor they would otherwise be silent.

use std::panic;
use std::sync::Arc;

use super::Metrics;

/// Replaces the process's panic hook. The message is what the code wrote, never a caller's data: panics say what
/// cannot be, not what was sent.
pub fn watch_panics(metrics: Arc<Metrics>) {
    panic::set_hook(Box::new(move |info| {
        metrics.panics.inc();
        let payload = info.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        tracing::error!(place, thread, message, "panicked");
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A panic in a thread is counted, and the process goes on.
    #[test]
    fn counts() {
        let before = panic::take_hook();
        let metrics = Arc::new(Metrics::new());
        watch_panics(Arc::clone(&metrics));
        let joined = std::thread::spawn(|| panic!("on purpose")).join();
        panic::set_hook(before);
        assert!(joined.is_err());
        assert!(metrics.panics.get() >= 1);
    }
}
