//! The live feed, from the reader's side: a WebSocket that tells every change of a channel or a warehouse.
//!
//! What it does: [`FeedConnection`] is one connection with typed frames; [`Table`] is what a reader knows of one topic
//! and checks itself against the daemon's checksums; [`Feed`] keeps subscriptions and commands alive over lost
//! connections and restarts, and tells what happened as [`Event`]s. Commands reach it through [`FeedCommands`] from any
//! task.
//!
//! What it may know: the wire contract alone, like the rest of the client.
//!
//! What it promises: `next_…` may be cancelled at any await without losing a frame, an answer or a command; a frame that
//! breaks the contract is an error and never ignored, one that only a newer daemon knows is [`Incoming::Other`]; a
//! command is sent again under its own id until it is answered or nobody waits for it any more.
//!
//! What it deliberately lacks: TLS, compression, tasks of its own.

mod ask;
mod connection;
mod error;
#[cfg(test)]
pub(crate) mod fake;
mod incoming;
mod item;
mod kept;
mod outgoing;
mod patient;
mod table;
#[cfg(test)]
mod tests;

pub use ask::{Answered, AskError, FeedCommands};
pub use connection::{Buffers, FeedConnection};
pub use error::{FeedError, TableError};
pub use incoming::{
    Answer, Changes, Checksum, Complaint, FeedLimits, Hello, Incoming, Outcome, Page, Resumed, Skipped,
};
pub use item::{Figures, Item, StockState};
pub use kept::Change;
pub use outgoing::{Outgoing, Since, Subscribe, Verb};
pub use patient::{Event, Feed, FeedCounts};
pub use table::{Applied, Table};
