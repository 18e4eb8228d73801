//! The warehouse: levels of its SKUs, holds, allocations, policies, counts.
//!
//! `command` says what it may be asked, `state` what it knows, `holding` is the one way a hold changes, `claim` and
//! `reservation` decide about holds, `promise` about allocations, `waiting` about orders that wait for goods and
//! `serving` who of them gets some, `movement` and `counting` decide about goods, `policy` about what is set aside,
//! `upkeep` about what time makes due, `loss` about what the store has lost, `crossing` tells whoever should look.
//!
//! Invariant: reserved equals the open holds, allocated the open allocations, on hand the sum of the movements.
//! Invariant: what an order owns is changed by commands that name the order, and by nobody else.
//! Invariant: a claim that waits goes before a new asked one: goods it may have are promised to it in the entry in which
//! they came, as far as one entry's bound goes, and no asking channel gets them before.
//! Invariant: sold out and back in stock are told in turns, and so are a shortage and its end, each in the entry in which
//! the figure crossed the line.

pub mod claim;
pub mod command;
pub mod counting;
pub mod crossing;
pub mod decide;
pub mod holding;
pub mod loss;
pub mod movement;
pub mod policy;
pub mod promise;
pub mod reservation;
pub mod serving;
pub mod state;
pub mod upkeep;
pub mod waiting;

#[cfg(test)]
mod tests;

pub use command::{
    Answer, ClaimStock, Command, CountLine, Found, Movement, MovementKind, PartState, Promised,
    ReservationPart, SetStockPolicy, WaitForStock, WaitingPart,
};
pub use state::{Key, Row, Rules, Totals, Warehouse};
