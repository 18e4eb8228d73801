//! What is told to other systems: events about everything that happened, and documents that somebody outside works with.
//!
//! Figures are absolute, so that whoever folds the events has the store's levels. A field that is not there was not
//! said. Nobody's name or address is in any of these but in what `contact` of three documents holds.

pub mod contact;
pub mod desk;
pub mod document;
pub mod head;
pub mod other;
pub mod stock;

pub use desk::{About, FulfilmentEvent, InboundEvent, OrderEvent, ReturnEvent, TransferEvent, UnitsLine};
pub use head::EventHead;
pub use other::{AlertEvent, BackorderEvent, ChannelPolicyEvent, GapEvent, ItemEvent};
pub use stock::{Lost, StockEvent, StockEventLine};
