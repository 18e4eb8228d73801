//! `[orders]`: how long an order may take, and how many are open at once.

use serde::Serialize;

use super::Problems;
use super::reader::Table;

/// Deadlines and bounds of orders, returns and refunds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Orders {
    /// Seconds a warehouse has to accept a fulfilment before it is timed out and routed again; `None` = as long as it
    /// takes. A warehouse may have its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_within_s: Option<u64>,
    /// Seconds an order waits for its payment where its channel needs one; then it is cancelled.
    pub pay_within_s: u64,
    /// Days from the day a customer declares a return until the money must be back.
    pub refund_within_days: u64,
    /// Days before that day from which on an open refund is an alert.
    pub refund_alert_days: u64,
    /// Days goods lie ready for pickup before they go back to stock.
    pub uncollected_days: u64,
    /// Open orders kept in memory; one more is answered `busy`.
    pub open_max: u64,
    /// Lines one order may have.
    pub lines_max: u64,
}

impl Orders {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            accept_within_s: table.whole_opt("accept_within_s", 1..=2_592_000),
            pay_within_s: table.whole("pay_within_s", 86_400, 1..=7_776_000),
            // Directive 2011/83/EU, article 13(1): within 14 days of being told of the decision to withdraw.
            refund_within_days: table.whole("refund_within_days", 14, 1..=365),
            refund_alert_days: table.whole("refund_alert_days", 3, 0..=365),
            uncollected_days: table.whole("uncollected_days", 14, 1..=365),
            open_max: table.whole("open_max", 1_000_000, 1_000..=100_000_000),
            lines_max: table.whole("lines_max", 500, 1..=10_000),
        }
    }

    /// Notes what doesn't fit each other.
    pub(super) fn check(&self, problems: &mut Problems) {
        if self.refund_alert_days > self.refund_within_days {
            problems.add(
                "orders.refund_alert_days",
                format!(
                    "{} is more than orders.refund_within_days = {}",
                    self.refund_alert_days, self.refund_within_days
                ),
                "an alert that comes after the return was declared",
            );
        }
    }
}
