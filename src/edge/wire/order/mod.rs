//! Orders and fulfilments on the wire.
//!
//! `place` is an order as it comes, `change` what may be asked of one, `step` what warehouses report, `answer`,
//! `fulfilment` and `explain` are what is told. `contact` is the part of an order that is about a person, `carried` what is
//! kept as given, `money` its amounts, `quiet` texts that are never repeated, `screen` knows card and bank numbers.
//!
//! Invariant: a contact goes into bytes that only its record holds: its shapes print nothing, and what is wrong in one is
//! told without what was sent.
//! Invariant: no text that is kept bears a card's or a bank account's number.

pub mod answer;
pub mod carried;
pub mod change;
pub mod contact;
pub mod explain;
pub mod fulfilment;
pub mod money;
pub mod place;
pub mod quiet;
pub mod screen;
pub mod step;

/// What is wrong with a request that could be read: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The stable word for it.
    pub code: &'static str,
    /// Where in the request.
    pub path: String,
    /// What would be right.
    pub detail: String,
}

impl Wrong {
    /// Something that is simply not right.
    #[must_use]
    pub fn new(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: "invalid", path: path.into(), detail: detail.into() }
    }
}
