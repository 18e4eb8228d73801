//! Proofs of the desk: tables per axis, named stories in a small language, and whole worlds of desks, warehouses and
//! channels driven through random scripts with crashes between any two messages.
#![expect(clippy::arithmetic_side_effects, reason = "test figures are small, and a panic is a failed test")]

mod acts;
mod books;
mod driver;
mod leaving;
mod properties;
mod steps;
mod tables;
mod world;
