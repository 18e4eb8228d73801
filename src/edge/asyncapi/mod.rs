//! The AsyncAPI 3 document of the broker's door, made from the code: events and documents out of the table they are sent
//! by, commands out of the names every door knows and the shapes HTTP documents.
//!
//! May know: the shapes, the table, the OpenAPI document, the names of the exchange and the queue. Must not know: the rest of
//! the broker.

mod commands;
mod events;
mod shapes;
#[cfg(test)]
mod tests;
mod whole;

pub use whole::document;
