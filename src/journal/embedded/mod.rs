//! The embedded store: one redb file, nothing else to install.
//!
//! One writer thread takes the waiting batches of all journals into one transaction, checks each head apart, syncs
//! once, and only then answers each of them. Reads run beside it on their own snapshots.
//!
//! Deleted rows stay readable in the file's free pages until they are used again or the file is written anew
//! ([`compact()`]).
//!
//! May know: redb, the file. Promises: what was answered survives the loss of power, as far as the disk keeps its own
//! promise; a full disk refuses batches and nothing else. A failed sync, a failed read, or a damaged file ends the
//! process: nobody knows then what the disk holds, and the next start finds out. Deliberately lacks: a second process
//! on the same file, which is refused by a lock.

mod compact;
mod disk;
#[cfg(test)]
mod power_cut;
mod schema;
mod store;
mod transact;
mod writer;

pub use compact::{Compacted, compact};
pub use store::{EmbeddedJournal, EmbeddedOptions};
