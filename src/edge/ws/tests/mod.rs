//! The protocol without a socket: messages in, frames out.

mod protocol;
mod trial;
