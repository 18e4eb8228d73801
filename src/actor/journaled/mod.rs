//! The five beats, once, for every journaled actor: gather, decide, commit, apply, tell.
//!
//! `core` is the beats without a framework: commands in, replies out, commits and resyncs as tasks that answer through
//! the core's own channel; `aftermath` is what it does when a commit was not confirmed, `rescue` what it leaves behind
//! when it gives up, `slow` tells of commands that took long. `actor` is the thin shell that makes it an actor. `load` builds a machine from its journal,
//! `recovery` finds out where the journal stands after anything went wrong.
//!
//! Invariant: commit outcomes come back by their own channel, never through the mailbox, and every message handled
//! drains that channel first: a flooded mailbox can't starve them.
//! Invariant: a refusal is told once every batch that was in flight when it was decided is confirmed.
//! Invariant: a command whose asker is gone is dropped before it is decided, never after.

pub mod actor;
mod aftermath;
pub mod core;
pub mod load;
pub mod recovery;
mod rescue;
mod slow;
#[cfg(test)]
mod tests;
pub mod watch;

pub use actor::Journaled;
pub use core::{Ask, Core, Limits, Parts, Stats};
pub use load::{Loaded, load_machine};
pub use watch::Watch;
