//! Payments and refunds, as told.

use super::changing::{self, cancel};
use super::claiming;
use super::fact::DeskFactKind;
use super::placing::{PAYMENT, desk_line};
use super::scribe::{Note, Scribe};
use crate::domain::ids::{Reason, Reference};
use crate::domain::order::{Order, PaymentState, Refund};
use crate::domain::refusal::Refusal;

/// Why an order was cancelled whose payment never came.
pub(super) const PAYMENT_TIMEOUT: &str = "payment_timeout";
/// Why an order was cancelled whose payment failed.
const PAYMENT_FAILED: &str = "payment_failed";

/// The payment moved. What is older than what is known changes nothing. True where something changed.
pub(super) fn pay(
    scribe: &mut Scribe,
    order: &mut Order,
    state: PaymentState,
    reference: Option<&Reference>,
) -> bool {
    if !order.payment.state.may_become(state) {
        return false;
    }
    order.payment.state = state;
    if let Some(reference) = reference {
        order.payment.reference = Some(reference.clone());
    }
    let reason = Reason::stored(state.name());
    scribe.order(order, DeskFactKind::OrderPayment, Note::default().reason(Some(reason)));
    if state.is_good() {
        revive(scribe, order);
        changing::resume_from(scribe, order, PAYMENT);
    } else if state == PaymentState::Failed && order.payment.required {
        give_up(scribe, order, PAYMENT_FAILED);
    }
    true
}

/// Cancels what has not left; nothing to cancel is fine.
pub(super) fn give_up(scribe: &mut Scribe, order: &mut Order, why: &'static str) {
    if order.lines.iter().all(|line| line.open() == 0) {
        return;
    }
    let before: Vec<i64> = order.lines.iter().map(|line| line.cancelled).collect();
    if cancel(scribe, order, None, &Reason::stored(why)).is_err() {
        debug_assert!(false, "open units can be cancelled");
    }
    for (line, before) in order.lines.iter_mut().zip(before) {
        line.unpaid = line.unpaid.saturating_add(line.cancelled.saturating_sub(before));
    }
}

/// Paid after the stock was given back: it is claimed again, or somebody is told that it can't be.
fn revive(scribe: &mut Scribe, order: &mut Order) {
    let mut lines = Vec::new();
    for line in order.lines.iter_mut().filter(|line| line.unpaid > 0) {
        let units = std::mem::take(&mut line.unpaid);
        line.unrouted = line.unrouted.saturating_add(units);
        line.cancelled = line.cancelled.saturating_sub(units);
        lines.push(desk_line(line, units));
    }
    if lines.is_empty() {
        return;
    }
    // From here on it can't be refused: the money is there.
    order.accepted_at = order.accepted_at.or(Some(scribe.now));
    claiming::once_more(order);
    scribe.order(order, DeskFactKind::OrderResumed, Note::lines(lines));
    claiming::route(scribe, order);
}

/// Money goes back, for a return or without one.
pub(super) fn refund(scribe: &mut Scribe, order: &mut Order, refund: &Refund) -> Result<bool, Refusal> {
    if refund.amount_minor <= 0 {
        return Err(Refusal::OutOfRange);
    }
    if let Some(number) = refund.of {
        let Some(back) = order.returns.iter_mut().find(|back| back.number == number) else {
            return Err(Refusal::UnknownDocument { kind: "return" });
        };
        back.refunded = true;
    }
    order.refunds.push(refund.clone());
    let mut note = Note::default().reason(refund.reason.clone());
    note.part = refund.of;
    scribe.order(order, DeskFactKind::OrderRefunded, note);
    Ok(true)
}
