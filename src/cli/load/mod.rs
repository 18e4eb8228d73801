//! `lagerd load`: puts a running daemon under load and then checks it against the clients' own records.
//!
//! What it does: receives stock for SKUs of its own, lets N clients reserve over keep-alive HTTP or over the live feed, in
//! a closed loop or at a given rate, measures, and audits: every acknowledged reservation is readable with its lines,
//! granted units equal reserved units per SKU and never exceed the stock. Readers of the whole channel may run beside the
//! clients: how many frames they get, how old what they show is, and whether all of them end at the daemon's number.
//! `worker` and `socket` are the two kinds of clients, `tally` what they share, `burst` the client that waits for readers;
//! `readers` connects those, `gallery` measures what they saw, `told` says it. `orders` does the same with orders instead of
//! reservations.
//!
//! What it may know: the public contract, through [`crate::client`].
//!
//! What it promises: only `201` or `ok` counts as granted; an unknown outcome is asked again with the same id and counted
//! in the latency it caused; anything oversold, lost, shown wrongly in the end or answered differently the second time
//! ends with a failure. How old a reader is is judged by when the clients knew of a grant, never by the daemon's word.
//!
//! What it deliberately lacks: any trust in the daemon's own counters, and tables of its readers: they remember one SKU.

mod args;
mod audit;
mod burst;
mod cpu;
mod duel;
mod gallery;
mod orders;
mod plan;
mod readers;
mod report;
mod run;
mod socket;
mod stock;
mod tally;
mod told;
#[cfg(test)]
mod trial;
mod worker;

pub use args::{Common, LoadArgs, LoadWhat, Shape};
pub use orders::OrdersArgs;
pub(crate) use run::raise_file_limit;
pub use run::run;
