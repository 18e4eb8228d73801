//! Who owns what, and how they talk.
//!
//! One actor per warehouse, per channel's policies, and for the item cards; each is the only writer of its journal and
//! decides its whole mailbox against one state. What spans several warehouses is a conversation that asks them one
//! after the other. Doors hold a [`House`] and nothing else.
//!
//! May know: the domain, the journal. Must not know: doors, configuration. Beside `runtime` this is the only folder
//! that names actix.
//!
//! Invariant: no reply before the commit is confirmed.
//! Invariant: no stock decision is made around an await.
//! Invariant: edge asks channel, channel asks warehouse; upward goes only news, never a question.
//! Invariant: everything that waits is bounded, and full is an answer (`busy`, surely not done).

pub mod audit;
pub mod directory;
pub mod fault;
pub mod house;
pub mod journaled;
pub mod logical;
pub mod mailbox;
pub mod retention;
pub mod view;

pub use fault::{Class, Fault};
pub use house::House;

/// Re-exported because answers of the house carry them, and doors may not know journals.
pub use crate::journal::{Head, StoreHealth};
