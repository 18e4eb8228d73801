//! One SKU at one warehouse, and its arithmetic.

use super::quantity::add;
use super::refusal::Refusal;

/// Where goods lie that are in the house but can't be sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Condition {
    /// Broken.
    Damaged,
    /// Waiting for a check.
    QualityControl,
    /// Set aside.
    Quarantine,
}

/// The figures of one SKU at one warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Level {
    /// Units in the house; negative where records are wrong.
    pub on_hand: i64,
    /// Of these, broken.
    pub damaged: i64,
    /// Of these, waiting for a check.
    pub quality_control: i64,
    /// Of these, set aside.
    pub quarantine: i64,
    /// Softly held, with a deadline.
    pub reserved: i64,
    /// Promised to an order line, not yet shipped.
    pub allocated: i64,
    /// Version of the journal entry that changed this level last; 0 before the first.
    pub changed: u64,
}

impl Level {
    /// Units in the house that can't be sold.
    #[must_use]
    pub const fn unavailable(&self) -> i64 {
        self.damaged.saturating_add(self.quality_control).saturating_add(self.quarantine)
    }

    /// What would be left if every promise were kept (signed).
    #[must_use]
    pub const fn net(&self) -> i64 {
        self.on_hand
            .saturating_sub(self.unavailable())
            .saturating_sub(self.allocated)
            .saturating_sub(self.reserved)
    }

    /// Promises that exceed the goods. A wrong record (negative on hand, unavailable above on hand) counts as no goods.
    #[must_use]
    pub fn deficit(&self) -> i64 {
        let goods = self.on_hand.saturating_sub(self.unavailable()).max(0);
        self.allocated.saturating_add(self.reserved).saturating_sub(goods).max(0)
    }

    /// The figure for one condition.
    #[must_use]
    pub const fn condition(&self, condition: Condition) -> i64 {
        match condition {
            Condition::Damaged => self.damaged,
            Condition::QualityControl => self.quality_control,
            Condition::Quarantine => self.quarantine,
        }
    }

    /// Moves the figure for one condition.
    ///
    /// # Errors
    /// [`Refusal::OutOfRange`] beyond ±2^53.
    pub fn shift_condition(&mut self, condition: Condition, by: i64) -> Result<(), Refusal> {
        let slot = match condition {
            Condition::Damaged => &mut self.damaged,
            Condition::QualityControl => &mut self.quality_control,
            Condition::Quarantine => &mut self.quarantine,
        };
        *slot = add(*slot, by)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(on_hand: i64, unavailable: i64, allocated: i64, reserved: i64) -> Level {
        Level { on_hand, damaged: unavailable, allocated, reserved, ..Level::default() }
    }

    /// A deficit counts promises without goods, and a wrong record alone is no promise.
    #[test]
    fn deficit_follows_the_table() {
        for (on_hand, unavailable, allocated, reserved, deficit) in [
            (10, 1, 2, 3, 0),
            (-1, 0, 0, 0, 0),
            (-1, 0, 2, 0, 2),
            (1, 0, 0, 2, 1),
            (3, 5, 0, 0, 0),
            (3, 5, 1, 0, 1),
        ] {
            let found = level(on_hand, unavailable, allocated, reserved).deficit();
            assert_eq!(found, deficit, "{on_hand}/{unavailable}/{allocated}/{reserved}");
        }
    }
}
