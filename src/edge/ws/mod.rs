//! The live feed: news and commands over one WebSocket.
//!
//! `upgrade` turns a request into a connection, `talk` is the task around the socket, `session` the protocol without
//! one, `subscription` one topic's way to one reader, `topic` what can be followed, `board` a step along things that come
//! and go, `errand` a command under way,
//! `hall` what all connections share, `metered` the socket with its counts, `close` how a connection ends.
//!
//! May know: tungstenite, and what its parent may. Must not know: routes, other doors.
//!
//! Promises: a reader that applies every frame in order has the daemon's table, and a checksum proves it; a slow reader
//! gets fewer, newer values and costs nobody else anything; a command has the same id and answer as at the HTTP door.
//!
//! Deliberately lacks: queues of news (a reader's place is all that is kept), compression, binary messages.

mod board;
mod close;
mod errand;
mod hall;
mod metered;
mod session;
mod subscription;
mod talk;
#[cfg(test)]
mod tests;
mod topic;
pub(in crate::edge) mod upgrade;

pub use close::Close;
pub use hall::Hall;
pub(in crate::edge) use upgrade::Line;
