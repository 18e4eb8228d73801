//! Whole units, checked.
//!
//! Every stored figure stays within ±2^53, so that JSON readers that know only doubles read it exactly, and sums of a
//! few of them can't overflow an `i64`.

use super::refusal::Refusal;

/// The largest figure a level or a line may show: 2^53.
pub const UNITS_MAX: i64 = 1 << 53;

/// Adds, refusing what leaves ±2^53.
///
/// # Errors
/// [`Refusal::OutOfRange`].
pub fn add(a: i64, b: i64) -> Result<i64, Refusal> {
    a.checked_add(b).filter(|sum| (-UNITS_MAX..=UNITS_MAX).contains(sum)).ok_or(Refusal::OutOfRange)
}

/// Subtracts, refusing what leaves ±2^53.
///
/// # Errors
/// [`Refusal::OutOfRange`].
pub fn sub(a: i64, b: i64) -> Result<i64, Refusal> {
    b.checked_neg().ok_or(Refusal::OutOfRange).and_then(|b| add(a, b))
}

/// A positive number of units, at most 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Quantity(i64);

impl Quantity {
    /// Takes `1..=2^53`, nothing else.
    #[must_use]
    pub const fn new(units: i64) -> Option<Self> {
        if units >= 1 && units <= UNITS_MAX { Some(Self(units)) } else { None }
    }

    /// The number of units.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_stop_at_the_range_json_can_show() {
        assert_eq!(add(UNITS_MAX, 0), Ok(UNITS_MAX));
        assert_eq!(add(UNITS_MAX, 1), Err(Refusal::OutOfRange));
        assert_eq!(add(i64::MAX, 1), Err(Refusal::OutOfRange));
        assert_eq!(sub(-UNITS_MAX, 1), Err(Refusal::OutOfRange));
        assert_eq!(sub(0, i64::MIN), Err(Refusal::OutOfRange));
        assert_eq!(Quantity::new(0), None);
        assert_eq!(Quantity::new(UNITS_MAX + 1), None);
    }
}
