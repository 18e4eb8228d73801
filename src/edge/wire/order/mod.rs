//! Orders and fulfilments on the wire.
//!
//! `place` is an order as it comes, `change` what may be asked of one, `step` what warehouses report, `answer`,
//! `fulfilment` and `explain` are what is told. `contact` is the part of an order that is about a person, `carried` what is
//! kept as given, `money` its amounts, `quiet` texts that are never repeated, `screen` knows card and bank numbers, `wrong`
//! is what is not right in a request that could be read.
//!
//! Invariant: a contact goes into bytes that only its record holds: its shapes print nothing, and what is wrong in one is
//! told without what was sent.
//! Invariant: no text that is kept bears a card's or a bank account's number.

pub mod answer;
pub mod carried;
pub mod change;
pub mod contact;
pub mod explain;
pub mod fulfilment;
pub mod money;
pub mod place;
pub mod quiet;
pub mod screen;
pub mod step;
mod wrong;

pub use wrong::Wrong;
