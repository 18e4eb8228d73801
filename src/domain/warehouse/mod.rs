//! The warehouse: levels of its SKUs, holds, allocations, policies, counts.
//!
//! `command` says what it may be asked, `state` what it knows, `holding` is the one way a hold changes, `claim` and
//! `reservation` decide about holds, `movement` and `counting` about goods, `policy` about what is set aside, `upkeep`
//! about what time makes due, `loss` about what the store has lost.
//!
//! Invariant: reserved equals the open holds, allocated the open allocations, on hand the sum of the movements.

pub mod claim;
pub mod command;
pub mod counting;
pub mod decide;
pub mod holding;
pub mod loss;
pub mod movement;
pub mod policy;
pub mod reservation;
pub mod state;
pub mod upkeep;

#[cfg(test)]
mod tests;

pub use command::{
    Answer, ClaimStock, Command, CountLine, Found, Movement, MovementKind, PartState, ReservationPart,
    SetStockPolicy,
};
pub use state::{Key, Row, Rules, Totals, Warehouse};
