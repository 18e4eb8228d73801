//! The order desk: the only writer of the documents of its shard.
//!
//! `command` says what it may be asked, `step` what warehouses report, `verb` what each is about, `state` what it knows, `lately` what left memory just now, `decide` is the machine, `scribe` how a document's
//! change becomes facts and a timeline, `message` how a task becomes a command. `placing`, `claiming`, `reporting`, `changing`, `paying`, `fulfilling` are about orders,
//! `returning`, `moving` and `expecting` about the other documents, `carrying` and `along` the two sides of promised units that
//! go along with a transfer, `together` what documents must say of each other, `waking` about what time makes due, `invariant` about what must always be true.
//!
//! Invariant: the desk writes, then asks: what a warehouse must be told is a task in the document, written with the
//! change that made it.
//! Invariant: a document that is settled leaves memory; what is asked of it later comes with the document.
//! Invariant: no personal data; a contact passes through as bytes beside the journal.

pub mod along;
pub mod carrying;
pub mod changing;
pub mod claiming;
pub mod command;
pub mod decide;
pub mod expecting;
pub mod fact;
pub mod fulfilling;
pub mod invariant;
mod lately;
pub mod message;
pub mod moving;
pub mod paying;
pub mod placing;
pub mod reporting;
pub mod returning;
pub mod scribe;
pub mod state;
pub mod step;
#[cfg(test)]
mod tests;
pub mod together;
mod verb;
pub mod waking;

pub use command::{Answer, DeskCommand, Verb};
pub use fact::{DeskFact, DeskFactKind};
pub use state::{Desk, DeskKey, DeskRow, DeskRules, Document, Refused};
