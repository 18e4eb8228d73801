//! `lagerd demo`: a merchant's busy hour in half a minute, on a real daemon, with the books checked at the end.
//!
//! What it does: starts a daemon of its own on a free loopback port, lets simulated customers and staff of a fictional
//! merchant use its public door, kills it when asked, and holds it against the records the simulated people kept.
//!
//! What it may know: the public contract, through [`crate::client`], and the daemon as a child process; nothing of its
//! inside.
//!
//! What it promises: every figure on the screen comes from the clients' own records or from the public door, the
//! comparison with a periodic stock sync is a simulation and says so, and the exit code is 0 only if the receipt of
//! every warehouse and the audit hold.
//!
//! `customer`, `market` and `till` are those who buy, `fulfil` those who pick, pack, ship and carry, `aftersales` takes
//! back, `supply` moves and buys goods, `staff` minds the shelves; `ledger` is what all of them wrote down.
//!
//! What it deliberately lacks: message queues, until the daemon has them.

mod aftersales;
mod args;
mod chaos;
mod child;
mod customer;
mod duel;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fake_desk;
mod fulfil;
mod hour;
mod ledger;
mod market;
mod merchant;
mod readers;
mod receipt;
mod run;
mod screen;
mod staff;
mod supply;
mod sync_model;
mod till;

pub use args::DemoArgs;
pub use run::run;
