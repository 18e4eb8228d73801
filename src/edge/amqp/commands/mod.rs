//! Commands from the broker: each message of the queue `lagerd.commands` is one, and its answer goes where it says.
//!
//! `intake` takes deliveries and lets them go, `envelope` reads one, `patience` tries until there is an answer, `letter`
//! words what goes out for it, `post` sends that.
//!
//! ```text
//! lagerd.commands --> intake --> envelope --> patience (again and again while busy or away) --> letter --> post
//!        ^  acknowledged when all that goes out for it is confirmed                               |
//!        +-- put back at the end after a long time ------------------------------------------- +--+--> reply_to
//!                                                                                              +-----> lagerd.dead
//! ```
//!
//! Promises: a delivery is acknowledged after its command is written and its answer is confirmed by the broker, never
//! before; what is busy, away or of unknown outcome is tried again and never dead-lettered; whatever can't be carried out
//! lies in `lagerd.dead` with its reason before it leaves its queue. Commands are carried out side by side, as many as
//! `[amqp] prefetch` says, like pipelined ones of a connection: who needs an order waits for the reply.
//!
//! Deliberately lacks: an id for a command that brings none. The broker may deliver twice, and only the sender's own id
//! tells a second delivery from a second command.

mod envelope;
mod intake;
mod letter;
mod patience;
mod post;
#[cfg(test)]
mod tests;

pub use intake::Intake;
pub use post::Post;
