//! What readers see: confirmed state only, read without asking an actor.
//!
//! `stock` is a warehouse's levels, `rows` what is set for channels and on item cards, `desk` the open documents, `alerts`
//! what somebody should look at, `following` the topics of orders and work, `sales` what was sold today, `heard` who told something last and when; `shared` is the lock
//! they lie behind. May know: the domain, and the feed it tells what changed. Must not know: mailboxes, stores, doors.
//!
//! Invariant: who holds a view never waits for the SKUs' numbers; who holds those may wait for a view.

mod alerts;
mod desk;
mod following;
mod heard;
mod rows;
mod sales;
mod shared;
mod stock;
#[cfg(test)]
mod tests;

pub use alerts::{Alert, Alerts, FollowedAlerts};
pub use desk::{DeskView, DeskWatch, Errands, OpenOrders};
pub use following::{Followed, OrderRow, WorkEnd};
pub use heard::{Heard, Newest, Voice};
pub use rows::{ChannelTerms, ItemWatch, PolicyWatch, RowView};
pub use sales::{Calendar, Ledger, Recount, Sale, Sales, Sells, Sold};
pub use stock::{Levels, Minutes, Served, StockRow, StockView, StockWatch};
