//! Speaking to a running daemon from outside, over HTTP/1.1 with keep-alive.
//!
//! What it does: [`Connection`] writes one request at a time into a reused buffer and reads its answer; [`Client`]
//! puts the typed calls of the public contract on top (those about orders and other documents in `desk`) and, when given
//! patience, asks again *with the same command id* until an answer is known. [`feed`] is the live side over WebSocket. The
//! load generator, the demo, `import`, `export`, `watch` and the tests live on it.
//!
//! What it may know: the wire contract alone. It shares no type with the daemon's inside, so a mistake in the
//! daemon's translation can't be hidden by the same mistake here.
//!
//! What it promises: few microseconds of CPU per request; an error always says whether the command surely did not
//! happen, was refused, or is of unknown outcome ([`ClientError::verdict`]); nothing without a command id is ever sent
//! twice.
//!
//! What it deliberately lacks: TLS (it is meant for loopback and trusted networks behind a proxy), HTTP/2,
//! pipelining, redirects, compression.

mod api;
mod connection;
mod desk;
mod error;
#[cfg(test)]
pub(crate) mod fake;
pub mod feed;
mod model;
mod order;
mod response;
mod target;

pub use api::Client;
pub use connection::{Connection, Method, Request};
pub use error::{ClientError, Problem, Verdict};
pub use model::{
    Availability, CartLine, CountLine, Counts, HeldLine, Level, LineResult, LineStatus, Movement, NewReplay,
    NewReservation, Replayed, Reservation, SkuStock, StockPage, Unavailable,
};
pub use order::{
    Address, Fulfilment, FulfilmentLine, FulfilmentPage, Gone, Inbound, Inspected, LineUnits, Money,
    NewInbound, NewOrder, NewOrderLine, NewReturn, NewTransfer, Order, OrderLine, OrderPage, Parcel, Payment,
    Return, ReturnName, Step, Transfer, Wait,
};
pub use target::{BadUrl, Target, segment};
