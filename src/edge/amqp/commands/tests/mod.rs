//! Commands from the broker without a broker: what a message is read as, what becomes of it, what goes out.

mod reading;
mod trying;
mod wording;
