//! Tells everything that journals say to somebody outside: at least once, and in order within each journal.
//!
//! The journal is the outbox. `follow` reads one journal from its cursor on, hands each entry to the [`Outlet`], and moves
//! the cursor once the outlet has confirmed; whatever goes wrong, it begins again at the cursor. `place` is how far one
//! journal is told, `all` follows all of them, `outlet` is who is told, `replay` tells a part again to one queue.
//!
//! Nobody waits for it: what is not told yet lies in the log, which is kept for it up to a bound (`actor::retention`);
//! beyond that it tells a gap.

mod all;
mod follow;
mod outlet;
mod place;
mod replay;
#[cfg(test)]
mod tests;

pub use all::{CONSUMER, Lag, Relay};
pub use outlet::{Away, Confirming, Outlet, To};
pub use replay::{Replay, ReplayError, Replayed};
