//! What leaves the house: each thing that happened as messages for the broker.
//!
//! `table` is the one table of families, routing keys and types, from which messages are sent and documented; `tell` turns
//! what happened into messages; `desk` and `stock` make the events, `document` what somebody outside works with.
//!
//! May know: what the feed says has happened, the domain's types, settings, the wire's shapes. Must not know: the broker.
//!
//! Invariant: what happened, the settings and the item cards make the messages, so that sending again sends the same ids.
//! Invariant: a contact is in `shipping_order`, `invoice_request` and `customer_notice`, and in no other message.

mod desk;
pub mod document;
mod stock;
pub mod table;
mod tell;
#[cfg(test)]
mod tests;

pub use document::needs_contact;
pub use tell::messages;
