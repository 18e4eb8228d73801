//! The log: one subscriber for the process, on standard error or in systemd's journal, whose filter can be changed while
//! it runs.

use std::fmt;
use std::io::{self, IsTerminal};

use rustix::fs::fstat;
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Readable where standard error is a terminal, fields where systemd's journal reads it, JSON anywhere else: machines read
    /// what nobody watches.
    Auto,
    /// One readable line per event.
    Text,
    /// One JSON object per event.
    Json,
    /// One entry of systemd's journal per event, with a field for each of its own.
    Journald,
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
    let lines = match format {
        Format::Journald => journal().map_err(|error| LogError::Set(format!("no journal: {error}")))?.boxed(),
        // A journal that is read by nobody is no reason not to start.
        Format::Auto if read_by_journal() => match journal() {
            Ok(entries) => entries.boxed(),
            Err(_) => lines.json().flatten_event(true).boxed(),
        },
        Format::Text => lines.compact().with_ansi(terminal).boxed(),
        Format::Auto if terminal => lines.compact().with_ansi(terminal).boxed(),
        Format::Auto | Format::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(filter)
        .with(lines.with_filter(filter_fn(|line| !tells_messages(line.target()))))
        .try_init()
        .map_err(|error| LogError::Set(error.to_string()))?;
    Ok(LogHandle(handle))
}

/// Entries of systemd's journal. Its own mapping would make `info` a notice, which nothing here is.
fn journal() -> io::Result<tracing_journald::Layer> {
    let priorities = PriorityMappings {
        error: Priority::Error,
        warn: Priority::Warning,
        info: Priority::Informational,
        debug: Priority::Debug,
        trace: Priority::Debug,
    };
    let entries = tracing_journald::layer()?.with_priority_mappings(priorities);
    Ok(entries.with_syslog_identifier("lagerd".to_owned()))
}

/// Whether systemd's journal reads standard error. It says which file it reads; a child whose standard error leads
/// elsewhere has inherited the word and not the file.
fn read_by_journal() -> bool {
    let told = std::env::var("JOURNAL_STREAM").unwrap_or_default();
    fstat(io::stderr()).is_ok_and(|file| names_file(&told, file.st_dev, file.st_ino))
}

fn names_file(told: &str, device: u64, inode: u64) -> bool {
    told.split_once(':').is_some_and(|(told_device, told_inode)| {
        told_device.parse() == Ok(device) && told_inode.parse() == Ok(inode)
    })
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

    /// Only the file that systemd names is the journal's.
    #[test]
    fn the_journal_is_known_by_its_file() {
        assert!(names_file("9:4711", 9, 4711));
        for other in ["", "9", "9:", "9:4712", "8:4711", "9:4711:1", "x:4711"] {
            assert!(!names_file(other, 9, 4711), "{other}");
        }
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
