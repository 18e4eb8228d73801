//! The audit finds what is wrong, and nothing where nothing is.

mod cold;
mod documents;
mod shop;
