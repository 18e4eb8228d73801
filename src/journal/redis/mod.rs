//! The store in Redis: one stream, one head and a few hashes per journal, written by one function call.
//!
//! Commits of all journals go, pipelined and in the order of the calls, through one task that owns the write
//! connection. Everything else uses a second connection, so that loading never stands before a commit.
//!
//! May know: redis-rs, the keys. Promises: J1 by the function in `function.lua`; a reply that doesn't come is an unknown
//! outcome, never a guess; an error that Redis gives before the function runs is "surely not written". How much of what
//! was answered survives Redis' machine depends on its `appendfsync`, told by [`super::StoreHealth`]. Deliberately lacks:
//! the leader's lease, Sentinel, Cluster (every call already names keys of one slot only).

mod command;
mod fault;
mod link;
mod options;
mod rewrite;
mod store;
mod terms;
mod writer;

pub use options::RedisOptions;
pub use rewrite::Rewritten;
pub use store::RedisJournal;
