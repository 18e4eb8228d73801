//! A file beside the daemon that remembers how far each journal was confirmed, for stores that may forget.
//!
//! Redis may come back from a crash without its newest writes while the daemon was down too; then nobody's memory
//! shows it. The witness does: at start each journal's log must bear the nonce the witness saw at its version. A loss
//! within the last 100 ms before both went down stays unseen.
//!
//! May know: the journal's trait, one file. Promises: the file is replaced as a whole and synced, at most every 100 ms,
//! never on the way of a reply. Deliberately lacks: repair (that is [`super::resync()`]'s) and the decision to go on in
//! spite of a loss, which is the operator's.

mod check;
mod file;
mod keeper;

pub use check::{TailLostOf, Verdict, check};
pub use file::Witnessed;
pub use keeper::Witness;
