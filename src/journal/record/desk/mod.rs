//! The stored form of an order desk: its documents, what happened to them, refusals it remembers, and how many
//! fulfilments each warehouse was asked for.
//!
//! `rows` is the record itself, `document` the four kinds of documents, `order` and `fulfilment` an order with all of its
//! parts, `routing` why it was routed as it was, `task` what a document still has to tell, `fact` what happened, `parts`
//! what several of these share.
//!
//! May know: the domain's types and the codec. Must not know: stores, and personal data, which stands beside the
//! journal and is never part of a record.
//!
//! Invariant: a document begins with its kind, so that each kind can go on by itself.

mod document;
mod fact;
mod fulfilment;
mod order;
mod parts;
mod routing;
mod rows;
mod task;
