//! Tables and properties of the warehouse.
//!
//! `world` is a warehouse under test that checks itself after every batch, `script` a tiny text language on it; the
//! tables speak that language, one file per subject. `crossings` says another way which alerts must be told. `model` computes the same figures another way, and `properties`
//! holds the warehouse against it for any interleaving of `steps`.
#![expect(clippy::arithmetic_side_effects, reason = "test figures are small, and a panic is a failed test")]

mod alerts;
mod carts;
mod counts;
mod crossings;
mod expect;
mod goods;
mod ids;
mod model;
mod orders;
mod policies;
mod properties;
mod reserve;
mod script;
mod steps;
mod waiting;
mod world;
