//! Promised units of an order on their way to the warehouse that will ship them.

use super::model::Fulfilment;
use crate::domain::ids::{LineId, TransferId};

/// Journeys one order remembers: all that are not over, and the newest of the others.
pub const JOURNEYS_MAX: usize = 500;

/// Promised units of a line that a transfer takes along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// Which transfer.
    pub transfer: TransferId,
    /// Which of its rows.
    pub row: u32,
    /// Which line.
    pub line: LineId,
    /// Units that shall go along, or went: those asked for, but for those cancelled before they left.
    pub quantity: i64,
    /// Units that left, as the transfer told.
    pub shipped: i64,
    /// Units that arrived, as the transfer told.
    pub received: i64,
    /// Whether nothing more comes of it.
    pub over: bool,
}

impl Journey {
    /// Whether a fulfilment is a part of it.
    #[must_use]
    pub fn has(&self, part: &Fulfilment) -> bool {
        part.along.as_ref().is_some_and(|(transfer, row)| *transfer == self.transfer && *row == self.row)
    }
}
