//! Settings: typed, layered, and checked as a whole before anything is opened.
//!
//! Layers: built-in defaults, then the file, then `LAGERD__SECTION__KEY` in the environment, then flags. Unknown keys
//! are refused. All problems are reported at once, each with its key path, what was found and what would be right.
//!
//! May know: nothing else of this crate. The `config` crate is known to [`load()`] alone.
//!
//! Promises: a [`Settings`] that [`load()`] returned holds values within their ranges that fit each other; the shipped
//! file ([`SHIPPED`]) lists every key ([`keys`]) and equals [`Settings::default`]; secrets print as stars.
//!
//! Deliberately lacks: opinions about what a setting does. Sections and keys exist once something reads them.

mod amqp;
mod channel;
mod check;
mod feed;
mod http;
mod limits;
mod load;
mod log;
mod node;
mod orders;
mod privacy;
mod problem;
mod reader;
mod routing;
mod secret;
mod settings;
mod store;
#[cfg(test)]
mod tests;
mod token;
mod warehouse;

pub use amqp::{Amqp, Topology};
pub use channel::{Channel, ChannelMode, Invoice, Support};
pub use check::parse_id;
pub use feed::Feed;
pub use http::Http;
pub use limits::Limits;
pub use load::{SHIPPED, Sources, keys, load};
pub use log::LogFormat;
pub use orders::Orders;
pub use privacy::Privacy;
pub use problem::{Problem, Problems};
pub use reader::Key;
pub use routing::{Leftover, Routing, Split};
pub use secret::Secret;
pub use settings::Settings;
pub use store::{Store, StoreKind};
pub use token::{Scope, Token, TokenHash};
pub use warehouse::{Source, StockAuthority, Warehouse, WarehouseKind, WarehouseState};
