//! Changes, the same at every door: a door reads the envelope, and what is carried out here is one command.
//!
//! `signed` is a command's id and fingerprint, `asking` who asks, `body` reads what was sent, `target` what it is about,
//! `verb` and `deed` name every command, `acknowledging`, `reservation`, `booking`, `setting`, `order`, `fulfilment`,
//! `returning`, `moving`, `expecting` and `privacy` carry them out, `document` finds what they are about, `batch` those of
//! many lines, `errand` reads one out of a message and words its answer.

pub mod acknowledging;
pub mod asking;
mod batch;
mod body;
pub mod booking;
pub mod deed;
pub mod document;
pub mod errand;
pub mod expecting;
pub mod fulfilment;
pub mod moving;
pub mod order;
pub mod privacy;
pub mod reservation;
pub mod returning;
pub mod setting;
pub mod signed;
pub mod target;
pub mod verb;

pub use asking::Asking;
pub use body::Said;
pub use signed::{FingerprintKey, Signed};
pub use verb::Verb;
