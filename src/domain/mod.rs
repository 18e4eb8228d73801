//! The rules of stock, pure.
//!
//! What it does: decides commands against state and says what follows (facts and rows), or refuses and says why.
//! May know: nothing but itself. Must not know: async, clocks, wire formats, logs, randomness; time and ids are handed
//! in.
//!
//! Invariant J4: an asked claim is accepted only if its quantity is free on exactly the state it is decided on.
//! Invariant J5: the same command id has the same effect, once.
//! Invariant: state changes only through [`machine::Machine::put`], live and on rebuild, so a restart is a replay.
//! Invariant: nothing is clamped to hide an error; what looks wrong is shown as deficit or negative stock.

#![deny(clippy::arithmetic_side_effects)]

pub mod channel;
pub mod count;
pub mod desk;
pub mod fact;
pub mod hold;
pub mod ids;
pub mod invariant;
pub mod item;
pub mod level;
pub mod machine;
pub mod memory;
mod named;
pub mod order;
pub mod place;
pub mod plan;
pub mod policy;
pub mod quantity;
pub mod refusal;
pub mod routing;
pub mod table;
pub mod time;
pub mod trace;
pub mod waiting;
pub mod warehouse;
