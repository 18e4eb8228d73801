//! What the daemon tells about itself: the log, the panics, the metrics.
//!
//! May know: nothing else of this crate; whoever counts or logs calls it.
//!
//! Promises: [`Metrics`] is one typed struct whose labels have few values, so its size does not grow with the stock;
//! [`start`] sets the process's log once and [`LogHandle`] changes its filter while it runs; a panic anywhere is logged
//! and counted once [`watch_panics`] was called.
//!
//! Deliberately lacks: an exporter (the HTTP door serves [`Metrics::render`]), traces, and any SKU, cart or token in a
//! label.

mod broker;
mod labels;
mod logging;
mod meters;
mod metrics;
mod panics;
mod process;

pub use broker::CommandMeter;
pub use labels::Outcome;
pub use logging::{Format, LogError, LogHandle, start};
pub use meters::{ActorMeter, ChannelMeter, DeskMeter, WarehouseMeter};
pub use metrics::{CONTENT_TYPE, Metrics};
pub use panics::watch_panics;
