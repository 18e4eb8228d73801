//! The stored form of entries and rows, versioned.
//!
//! An entry carries the time of its decision, the causes, the facts, and every row it set with its absolute value: the
//! rows of the tables are a pure function of the entry, so an interrupted write can be finished and a log replayed any
//! number of times (J1, J2). Domain types have no stored form of their own: the translation lives here alone, and
//! golden files hold it still.
//!
//! May know: the domain's types and the store's. Must not know: any particular store.

pub mod channel;
pub mod codec;
pub mod desk;
pub mod entry;
pub mod item;
mod refusal;
pub mod shared;
mod since;
mod stock;
#[cfg(test)]
mod tests;
pub mod warehouse;

pub use codec::{Reader, Writer};
pub use entry::{Entry, Recorded, changes_of, entry_time};
pub use since::first_since;
