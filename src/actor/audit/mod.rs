//! Every invariant over a whole store, read only (but for finishing an interrupted write, which any reader may do).
//!
//! J1 head and log agree · J2 rows are what the log says, and the running totals add up · J3, J6 versions go up by one
//! and nonces differ · J4 no accepted claim went beyond the goods · J5 no movement was done twice. Where a log was
//! trimmed, what it still holds is checked; the totals reach back to the beginning.
//!
//! `store` goes through the journals, `journal` checks one with what its kind of machine adds (`desk` what an order desk
//! does), `cold` the rows that stay in the store, `contacts` personal data, `across` what only several machines together
//! can tell, `documents` what of that is between desks and warehouses.
//!
//! May know: journals, machines and their records. Must not know: running actors; a daemon may be writing meanwhile.
//!
//! Invariant: nothing told of a problem shows a value of a row that may be of a person.

mod across;
mod cold;
mod contacts;
mod desk;
mod documents;
mod journal;
mod store;
#[cfg(test)]
mod tests;

pub use store::{Audited, Report, audit};
