//! Orders and the other documents a desk keeps: what was bought, from where it goes, what came back.
//!
//! `axes` are the three axes of an order's state with one table of legal moves each, `lines` the counters, `model` the
//! order itself, `journey` its units that go along with transfers, `privacy` how long its buyer is known, `returns`, `transfer` and `inbound` the other documents, `task` what a document still has to tell
//! warehouses and channels.
//!
//! Invariant: of every stock line, ordered = unrouted + backordered + allocated + shipped + cancelled.
//! Invariant: what a line has allocated is what its open fulfilments name.
//! Invariant: money is carried as given and never computed with.

pub mod axes;
pub mod inbound;
pub mod journey;
pub mod lines;
pub mod model;
pub mod privacy;
pub mod returns;
pub mod task;
pub mod transfer;

pub use axes::{Carrier, Commercial, Step, Work as FulfilmentState};
pub use inbound::{Inbound, InboundLine, InboundState};
pub use journey::Journey;
pub use lines::Line;
pub use model::{
    Contact, Destination, Fulfilment, FulfilmentLine, Happened, OnHold, Order, Parcel, Payment, PaymentState,
    Refund, Routed, Sealed, Terms,
};
pub use privacy::Keeping;
pub use returns::{Inspected, Return, ReturnLine, ReturnState};
pub use task::{Begun, ClaimPart, Message, Task, TaskWork, Tasks};
pub use transfer::{Along, AlongTold, Transfer, TransferLine, TransferState, claim_along};
