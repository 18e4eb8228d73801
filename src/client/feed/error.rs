//! What can go wrong on the feed, and what of it passes by itself.

use crate::client::error::{Problem, Verdict};

/// Application close codes from here on say that coming back changes nothing.
const FINAL_FROM: u16 = 4500;

/// A connection to the feed that could not be made or came to its end.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// No connection was made.
    #[error("could not connect to {address}: {cause}")]
    Connect {
        /// Host and port that were tried.
        address: String,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The daemon answered the request for a feed with a plain HTTP answer.
    #[error("the daemon gives no feed: {0}")]
    Upgrade(Box<Problem>),
    /// The daemon asks for a token and there is none to give.
    #[error("the daemon asks for a token")]
    TokenMissing,
    /// The connection ended without a word.
    #[error("connection lost: {0}")]
    Lost(std::io::Error),
    /// Not even a ping came for so long that nobody is believed to be there.
    #[error("the daemon has gone silent")]
    Silent,
    /// The daemon closed the connection and said why.
    #[error("closed by the daemon: {code} {reason}")]
    Closed {
        /// The close code; 1005 where the daemon named none.
        code: u16,
        /// The daemon's words.
        reason: String,
    },
    /// The bytes that came are not the WebSocket this client understands.
    #[error("not understandable as a feed: {0}")]
    Protocol(String),
    /// A frame is not what the contract promises.
    #[error("a frame is not as promised: {cause} in {begin:?}")]
    Frame {
        /// What the reader stumbled over.
        cause: serde_json::Error,
        /// How the frame begins.
        begin: String,
    },
}

impl FeedError {
    /// Whether connecting again later may help.
    #[must_use]
    pub fn may_return(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Lost(_) | Self::Silent => true,
            Self::Closed { code, .. } => *code < FINAL_FROM,
            Self::Upgrade(problem) => problem.verdict() != Verdict::Refused,
            Self::TokenMissing | Self::Protocol(_) | Self::Frame { .. } => false,
        }
    }

    pub(super) fn frame(cause: serde_json::Error, text: &str) -> Self {
        Self::Frame { cause, begin: text.chars().take(120).collect() }
    }
}

/// A frame that does not fit what its reader was told before. The table can't be trusted after it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// The offset went backwards within a view.
    #[error("the offset went back from {had} to {got}")]
    Backwards {
        /// The offset known before.
        had: u64,
        /// The offset of the frame.
        got: u64,
    },
    /// Changes or a checksum came before a whole table.
    #[error("a frame that needs a whole table came before it")]
    Early,
    /// A frame speaks of another view than the table is of.
    #[error("a frame of view {got:?} came for a table of view {had:?}")]
    OtherView {
        /// The table's view.
        had: String,
        /// The frame's view.
        got: String,
    },
    /// The daemon resumed elsewhere than the reader stands.
    #[error("resumed at {got} where the table stands at {had}")]
    OtherOffset {
        /// The table's offset.
        had: u64,
        /// The offset resumed at.
        got: u64,
    },
    /// The table is not what the daemon has.
    #[error("checksum {sum} over {rows} rows where the daemon has {daemon_sum} over {daemon_rows}")]
    Disagrees {
        /// Over this reader's rows.
        sum: u32,
        /// This reader's rows.
        rows: u64,
        /// What the daemon said.
        daemon_sum: u32,
        /// Rows the daemon counts.
        daemon_rows: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who comes back and who gives up.
    #[test]
    fn what_passes() {
        let closed = |code| FeedError::Closed { code, reason: String::new() }.may_return();
        assert!(closed(1001) && closed(1006) && closed(4000) && closed(4499));
        assert!(!closed(4500) && !closed(4501));
        let upgrade =
            |status| FeedError::Upgrade(Box::new(Problem { status, ..Problem::default() })).may_return();
        assert!(upgrade(503) && upgrade(502) && upgrade(429));
        assert!(!upgrade(401) && !upgrade(403) && !upgrade(404));
    }
}
