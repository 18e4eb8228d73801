//! The protocol without a socket: messages in, frames out.

mod orders;
mod protocol;
mod trial;
