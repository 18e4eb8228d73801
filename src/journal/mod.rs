//! The one durable mechanism.
//!
//! Every journaled actor has one journal: an append-only log of entries plus the rows the log folds to. A batch is
//! written by one atomic step (compare the head, append the entry, write the rows, set the new head) or not at all.
//!
//! [`store`] is the trait; [`embedded`], [`redis`](mod@redis) and [`memory`] keep it, and one contract suite runs against
//! all three. [`resync()`] finds out where a journal stands and repairs what it can from a [`Ring`]; [`load()`] reads the
//! whole state, [`scan()`] one table of it; [`witness`] remembers across restarts what a store may forget; [`record`] is the typed stored form.
//!
//! May know: [`crate::domain`]. Must not know: actors, doors, configuration.
//!
//! Personal data stands beside the journal ([`Table::is_beside`]): written in the same step as an entry, never in one.
//!
//! Invariant J1: head check, entry, rows and new head happen together or not at all.
//! Invariant J3: a (version, nonce) names one batch.
//! Invariant J6: versions go up by one, and whoever holds a confirmed head that the log does not know has met a loss.

pub mod embedded;
pub mod error;
pub mod head;
pub mod load;
pub(crate) mod locked;
pub mod memory;
pub mod record;
pub mod redis;
pub mod resync;
pub mod ring;
pub mod scan;
pub mod store;
pub mod witness;

pub use error::{CommitError, JournalError};
pub use head::{Head, JournalId, JournalKind, StoreId};
pub use load::{Loading, load};
pub use resync::{Resynced, resync};
pub use ring::Ring;
pub use scan::scan;
pub use store::{Batch, Change, ChangesOf, Journal, Page, RowCursor, Span, StoreHealth, StoredEntry, Table};
