//! Orders and other documents: how they are taken in, carried out and read.
//!
//! `desks` is the sixteen desks and what they share, `placing` takes orders in, `figures` gathers what routing decides
//! on, `driving` carries out what documents have to tell, one document at a time, `errands` remembers which still have
//! something to tell, `running` goes on with those nobody waits for, `reading` answers from the confirmed view and the
//! archive, `retention` erases what was kept long enough.
//!
//! Invariant: a message to a warehouse is a task in a journaled document first, so a crash repeats it and loses none.
//! Invariant: one task of a document at a time, the oldest first.

mod desks;
mod driving;
mod errands;
mod figures;
mod placing;
mod reading;
mod retention;
mod running;
#[cfg(test)]
mod tests;

pub(super) use desks::Lobby;
pub use desks::{Desks, OrderRules};
pub use placing::PlacedOrder;
pub use retention::Erased;
pub(super) use retention::retain;
pub(super) use running::run;
