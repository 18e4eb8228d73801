//! What leaves, fact by fact.

mod agree;
mod documents;
mod events;
mod sample;
