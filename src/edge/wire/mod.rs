//! The shapes of version 1: what requests must look like, and what answers do.
//!
//! Every text is parsed into the domain's type while it is read, so that an error can name its place in the request;
//! every shape refuses fields it does not know. Shapes serialise as they parse: the serialised form, without
//! `issued_at`, is what a command's fingerprint is made of.
//!
//! May know: the domain's types, and what actors answer. Must not know: HTTP.
//!
//! Deliberately lacks: version 2. A field is only ever added here; a change of meaning gets a new path.

pub mod acknowledge;
pub mod alert;
pub mod batch;
pub mod count;
pub mod event;
pub mod feed;
pub mod followed;
pub mod health;
pub mod history;
pub mod inbound;
pub mod item;
pub mod movement;
pub mod order;
pub mod overview;
pub mod picking;
pub mod policy;
pub mod privacy;
pub mod problem;
pub mod replay;
pub mod reservation;
pub mod returns;
pub mod stock;
pub mod text;
pub mod time;
pub mod tracking;
pub mod transfer;
pub mod units;
pub mod verdict;
pub mod word;
