//! The broker's door: what happened is told to RabbitMQ, and commands are taken from there. Beside this folder nothing
//! names `lapin`.
//!
//! `link` keeps a connection, `topology` makes exchanges and queues, `message` is what leaves before it is a message of
//! AMQP, `publisher` sends it and is the outlet of the relay ([`crate::feed::relay`]), `availability` tells what channels
//! show, `commands` takes and answers commands.
//!
//! Promises: what the relay was told to be confirmed lies in a queue, or in none because nobody bound one and the
//! topology is not ours. Publishing and consuming have a connection each, so that a broker that takes nothing for now
//! still hands over commands.
//!
//! Deliberately lacks: a memory of what was sent; the journal is that.

pub mod availability;
pub mod commands;
pub mod link;
pub mod message;
pub mod publisher;
pub mod topology;

pub use commands::{Intake, Post};
pub use link::{Link, Links, State};
pub use message::Message;
pub use publisher::Publisher;
