//! The broker's door: what happened is told to RabbitMQ, and commands are taken from there.

pub mod message;

pub use message::Message;
