//! The protocol without a socket, and with one.
