//! `lagerd load`: puts a running daemon under load over HTTP and then checks it against the clients' own records.
//!
//! What it does: receives stock for SKUs of its own, lets N keep-alive clients reserve in a closed loop, measures,
//! and audits: every acknowledged reservation is readable with its lines, granted units equal reserved units per SKU
//! and never exceed the stock.
//!
//! What it may know: the public contract, through [`crate::client`].
//!
//! What it promises: only `201` counts as granted; an unknown outcome is asked again with the same id and counted in
//! the latency it caused; anything oversold, lost or answered differently the second time ends with a failure.
//!
//! What it deliberately lacks: an open loop with a fixed arrival rate, and any trust in the daemon's own counters.

mod args;
mod audit;
mod cpu;
mod duel;
mod plan;
mod report;
mod run;
mod stock;
mod worker;

pub use args::{LoadArgs, Shape};
pub(crate) use run::raise_file_limit;
pub use run::run;
