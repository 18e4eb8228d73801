//! The HTTP door.
//!
//! `server` accepts and ends connections, `answer` takes one request from its first
//! byte to its response (panics, request ids, metrics), `router` says which path leads where, `route` holds the
//! handlers, `extract`, `accept`, `body` and `query` read what a request carries, `listing` pages documents, `paper` is what people
//! read, `openapi` is the document of it all. The folder `ui` has the files of the page for operators, as they are served.
//!
//! May know: hyper, axum, and what its parent may. Must not know: other doors.
//!
//! Promises: every answer of a handler, and every error, is JSON (`application/problem+json` for errors) unless it is for
//! people and they asked for it; a slow, large
//! or broken request costs its own connection alone; a handler that panics is answered 500 and harms nobody else.
//!
//! Deliberately lacks: TLS (a proxy's business), HTTP/2, compression, cookies.

mod accept;
mod answer;
mod body;
mod extract;
mod listing;
mod openapi;
mod paper;
mod query;
mod reply;
mod route;
mod router;
mod server;
#[cfg(test)]
mod tests;

pub use openapi::document;
pub use server::{listen, serve};
