//! The log: one subscriber for the process, on standard error, whose filter can be changed while it runs.

use std::fmt;
use std::io::{self, IsTerminal};

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Readable where standard error is a terminal, JSON anywhere else: machines read what nobody watches.
    Auto,
    /// One readable line per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// Why the log could not be set.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("log filter {filter:?} can't be read: {why}")]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// The process has a log already, or the one it had is gone.
    #[error("log can't be set: {0}")]
    Set(String),
}

/// Changes the filter of the running log.
#[derive(Clone)]
pub struct LogHandle(reload::Handle<EnvFilter, Registry>);

impl fmt::Debug for LogHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogHandle")
    }
}

impl LogHandle {
    /// Replaces the filter: a level, or a list such as `info,lagerd::journal=debug`.
    ///
    /// # Errors
    /// Where the filter can't be read; the old one stays.
    pub fn set(&self, filter: &str) -> Result<(), LogError> {
        let filter = parse(filter)?;
        self.0.reload(filter).map_err(|error| LogError::Set(error.to_string()))
    }
}

/// Starts the process's log. Called once, before anything is worth a line.
///
/// # Errors
/// Where the filter can't be read, or a log runs already.
pub fn start(filter: &str, format: Format) -> Result<LogHandle, LogError> {
    let (filter, handle) = reload::Layer::new(parse(filter)?);
    let terminal = io::stderr().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let lines = match (format, terminal) {
        (Format::Json, _) | (Format::Auto, false) => lines.json().flatten_event(true).boxed(),
        (Format::Text | Format::Auto, _) => lines.compact().with_ansi(terminal).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(|line| !tells_messages(line.target()))))
        .try_init()
        .map_err(|error| LogError::Set(error.to_string()))?;
    Ok(LogHandle(handle))
}

/// Crates that write whole messages into their lines, say one that the broker sent back: a shipping order has a name and an
/// address. Whatever the filter says, they are not heard; what goes wrong there the daemon tells itself.
fn tells_messages(target: &str) -> bool {
    ["lapin", "amq_protocol", "async_rs"].contains(&target.split("::").next().unwrap_or_default())
}

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter)
        .map_err(|error| LogError::Filter { filter: filter.to_owned(), why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clients of the broker are not heard, whatever the filter says; names that only begin like theirs are.
    #[test]
    fn whole_messages_are_not_told() {
        assert!(tells_messages("lapin") && tells_messages("lapin::returned_messages"));
        assert!(!tells_messages("lagerd::edge::amqp::link") && !tells_messages("lapine"));
    }

    /// The filter changes while the log runs, and a bad one changes nothing.
    #[test]
    fn reloads() {
        let handle = start("warn", Format::Json).expect("the first log of this process");
        assert!(!tracing::enabled!(tracing::Level::INFO));
        handle.set("info").expect("a level");
        assert!(tracing::enabled!(tracing::Level::INFO));
        assert!(handle.set("lagerd=loud").is_err());
        assert!(tracing::enabled!(tracing::Level::INFO));
        assert!(start("info", Format::Text).is_err(), "a second log is refused");
    }
}
