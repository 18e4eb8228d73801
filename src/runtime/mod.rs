//! Construction and wiring: the only place that knows every part.
//!
//! `daemon` builds the house out of settings and runs it, `store` opens the store and holds it against its witness,
//! `stop` says in which order it ends; `service` is what systemd is told and hands over, `status` the line it shows,
//! `heartbeat` what its watchdog is fed by;
//! `clocks` reads the machine's clocks, `audit` and `inspect` read a store without changing it, `compact` lets it write
//! its files anew, `telling` turns its records into lines for people, `order_told` an order.
//!
//! May know: every folder; nobody but the command line and tests knows it.
//!
//! Promises: settings are checked before a port or a store is opened; nothing is answered before every journal is
//! loaded; a stop finishes what was taken.
//!
//! Deliberately lacks: decisions.

pub mod audit;
mod broker;
mod clocks;
pub mod compact;
mod daemon;
mod heartbeat;
pub mod inspect;
mod order_told;
mod parts;
mod service;
mod status;
mod stop;
mod store;
mod telling;

pub use crate::edge::asyncapi::document as asyncapi;
pub use clocks::SystemClock;
pub use daemon::{Ended, Options, serve};
pub use service::inherited;
pub use store::{OpenError, Opened, open_store};
