//! What an error of Redis means.

use redis::{ErrorKind, RedisError, ServerErrorKind};

use crate::journal::{CommitError, JournalError};

/// Codes Redis answers before a function runs. Any other error may come from its middle.
const REFUSALS: [&str; 18] = [
    "OOM",
    "LOADING",
    "READONLY",
    "MISCONF",
    "BUSY",
    "UNKILLABLE",
    "NOREPLICAS",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "MOVED",
    "ASK",
    "TRYAGAIN",
    "CROSSSLOT",
    "NOPERM",
    "NOAUTH",
    "WRONGPASS",
    "NOTREADY",
    "LAGERDTYPE",
];
/// Codes after which this connection leads to the wrong server, or to none that writes.
const ELSEWHERE: [&str; 6] = ["READONLY", "MASTERDOWN", "LOADING", "MOVED", "CLUSTERDOWN", "NOAUTH"];

/// Whether the function library is missing (Redis was flushed, or failed over to one that never had it).
pub(super) fn is_missing_function(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::ResponseError)
        && error.detail().is_some_and(|detail| detail.contains("Function not found"))
}

/// Whether the connection must be made anew.
pub(super) fn breaks_connection(error: &RedisError) -> bool {
    is_transport(error) || error.code().is_some_and(|code| ELSEWHERE.contains(&code))
}

/// What it means for a commit that was sent.
pub(super) fn of_commit(error: &RedisError) -> CommitError {
    let refused = error.code().is_some_and(|code| REFUSALS.contains(&code));
    if refused || is_missing_function(error) {
        CommitError::Unavailable(words(error))
    } else {
        CommitError::Unknown(words(error))
    }
}

/// What it means for a call that may be made again.
pub(super) fn of_call(error: &RedisError) -> JournalError {
    match error.code() {
        Some("WRONGTYPE" | "LAGERDTYPE") => JournalError::Damaged(words(error)),
        _ => JournalError::Unavailable(words(error)),
    }
}

/// What it means that no connection came about.
pub(super) fn of_connecting(error: &RedisError) -> JournalError {
    match error.kind() {
        // Trying again helps no more than it did; an operator must.
        ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig => {
            JournalError::Unusable(words(error))
        }
        _ if matches!(error.code(), Some("WRONGPASS" | "NOAUTH")) => JournalError::Unusable(words(error)),
        _ => JournalError::Unavailable(words(error)),
    }
}

/// A reply of another shape than asked for.
pub(super) fn odd_reply(command: &str) -> JournalError {
    JournalError::Damaged(format!("redis answered `{command}` in another form than expected"))
}

/// One line for the log and for callers.
pub(super) fn words(error: &RedisError) -> String {
    if error.is_timeout() { "redis did not answer in time".to_owned() } else { format!("redis: {error}") }
}

fn is_transport(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_dropped()
        || error.is_unrecoverable_error()
}
