//! The doors: what comes from outside is translated, authorised and limited here; nothing is decided.
//!
//! `wire` holds the shapes programs rely on, `fault` the one table from what went wrong to what a caller sees, `auth`
//! who may do what, `command` carries out changes, the same at every door, `door` is what all doors share, `http` the
//! HTTP door, `ws` the live feed, `amqp` the broker, `event` what is told there, `asyncapi` says how,
//! `tracking` the token a buyer follows an order with.
//!
//! May know: the domain's types, the actors' handles, the feed, settings, metrics. Must not know: where journals live.
//!
//! Promises: every answer has a stable code; the same command is known by the same id and fingerprint at every door;
//! what a caller sends is echoed only to that caller, and a text with an `@` not even there.
//!
//! Deliberately lacks: rules about stock, and any state of its own beyond the connections it serves.

pub mod amqp;
pub mod asyncapi;
pub mod auth;
pub mod command;
pub mod door;
pub mod event;
pub mod fault;
pub mod http;
pub mod tracking;
pub mod wire;
pub mod ws;
