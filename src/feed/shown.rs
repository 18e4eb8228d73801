//! What a channel shows of a SKU.

use crate::domain::channel::StockState;

/// Units and their state in eight bytes: a channel keeps one per SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown(u64);

const STATES: [StockState; 5] =
    [StockState::InStock, StockState::Low, StockState::SoldOut, StockState::Backorder, StockState::Preorder];
const STATE_BITS: u32 = 3;
/// More units than this are shown as this: still more than any JSON reader can hold exactly.
const UNITS_MAX: u64 = u64::MAX >> STATE_BITS;

impl Shown {
    /// These units in this state. Less than nothing is nothing.
    #[must_use]
    pub fn new(units: i64, state: StockState) -> Self {
        let units = u64::try_from(units).unwrap_or(0).min(UNITS_MAX);
        let state = STATES.iter().zip(0..).find(|(known, _)| **known == state).map_or(0, |(_, place)| place);
        Self((units << STATE_BITS) | state)
    }

    /// Units.
    #[must_use]
    pub fn units(self) -> i64 {
        i64::try_from(self.0 >> STATE_BITS).unwrap_or(i64::MAX)
    }

    /// How that looks to a buyer.
    #[must_use]
    pub fn state(self) -> StockState {
        let place = usize::try_from(self.0 & ((1 << STATE_BITS) - 1)).unwrap_or(0);
        STATES.get(place).copied().unwrap_or(StockState::SoldOut)
    }

    /// Whether a buyer can have none.
    #[must_use]
    pub fn is_sold_out(self) -> bool {
        self.state() == StockState::SoldOut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes in comes out.
    #[test]
    fn units_and_state_are_kept() {
        for units in [0, 1, 9_007_199_254_740_992, i64::MAX >> 2] {
            for state in STATES {
                let shown = Shown::new(units, state);
                assert_eq!((shown.units(), shown.state()), (units, state));
            }
        }
        assert_eq!(Shown::new(-3, StockState::SoldOut).units(), 0);
    }
}
