//! `[privacy]`: how long people's data and orders are kept.

use serde::Serialize;

use super::Problems;
use super::reader::Table;

/// Retention, in days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Privacy {
    /// A contact is erased so long after delivery, later only while a return or a refund is open.
    pub contact_days_after_delivery: u64,
    /// A contact is erased so long after its order was placed, whatever is open.
    pub contact_max_days: u64,
    /// A cancelled order's contact is erased so long after the cancellation.
    pub contact_days_after_cancel: u64,
    /// Closed orders stay readable so long.
    pub order_days: u64,
}

impl Privacy {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            contact_days_after_delivery: table.whole("contact_days_after_delivery", 30, 0..=3_650),
            contact_max_days: table.whole("contact_max_days", 180, 1..=3_650),
            contact_days_after_cancel: table.whole("contact_days_after_cancel", 7, 0..=3_650),
            order_days: table.whole("order_days", 400, 1..=3_650),
        }
    }

    /// Notes what doesn't fit each other.
    pub(super) fn check(&self, problems: &mut Problems) {
        for (key, days) in [
            ("contact_days_after_delivery", self.contact_days_after_delivery),
            ("contact_days_after_cancel", self.contact_days_after_cancel),
        ] {
            if days > self.contact_max_days {
                problems.add(
                    format!("privacy.{key}"),
                    format!("{days} is more than privacy.contact_max_days = {}", self.contact_max_days),
                    "a time within the longest",
                );
            }
        }
        if self.contact_max_days > self.order_days {
            problems.add(
                "privacy.contact_max_days",
                format!("{} is more than privacy.order_days = {}", self.contact_max_days, self.order_days),
                "contacts that don't outlive their orders",
            );
        }
    }
}
