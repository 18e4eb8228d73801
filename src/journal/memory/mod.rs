//! A store in memory, with faults switched from outside: for tests and for the simulation.
//!
//! It keeps the whole contract of [`super::Journal`], is deterministic given its seed and the order of calls, and runs
//! on one thread with paused time. It deliberately keeps nothing beyond the process.

mod book;
mod faults;
mod store;

pub use faults::{Fault, FaultOdds, Faults};
pub use store::MemoryJournal;
