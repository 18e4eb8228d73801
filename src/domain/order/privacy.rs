//! How long what is known of a buyer is kept.
//!
//! The contact of an order lies beside the journal and ends by itself; so does the token its buyer follows it with, also
//! where there never was a contact.

use super::axes::Commercial;
use super::model::Order;
use super::returns::{Return, ReturnState};
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::desk::state::Document;
use crate::domain::desk::waking::changed_at;
use crate::domain::time::Timestamp;

/// How long personal data and documents are kept, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// A contact after its order was delivered; longer while a return or a refund is open.
    pub contact_after_delivery_ms: i64,
    /// A contact after its order was cancelled.
    pub contact_after_cancel_ms: i64,
    /// A contact at most, counted from when its order was placed.
    pub contact_max_ms: i64,
    /// A settled document after its last change.
    pub documents_ms: i64,
}

/// When an order's contact has to go, as the order stands. Anything that happens to it may move this, but never beyond
/// the longest term.
#[must_use]
pub fn contact_ends(order: &Order, keeping: &Keeping) -> Timestamp {
    let longest = given_at(order).plus(keeping.contact_max_ms);
    let by_state = match order.state {
        Commercial::Delivered | Commercial::Closed if order.returns.iter().any(is_open) => return longest,
        Commercial::Delivered | Commercial::Closed => {
            let kinds = [
                DeskFactKind::OrderDelivered,
                DeskFactKind::FulfilmentDelivered,
                DeskFactKind::FulfilmentCollected,
                DeskFactKind::ReturnedToSender,
            ];
            last(order, &kinds).plus(keeping.contact_after_delivery_ms)
        }
        Commercial::Cancelled => {
            last(order, &[DeskFactKind::OrderCancelled]).plus(keeping.contact_after_cancel_ms)
        }
        Commercial::Received
        | Commercial::Held
        | Commercial::Accepted
        | Commercial::InFulfilment
        | Commercial::PartiallyShipped
        | Commercial::Shipped => return longest,
    };
    by_state.min(longest)
}

/// When a settled document is forgotten.
#[must_use]
pub fn document_ends(document: &Document, keeping: &Keeping) -> Timestamp {
    changed_at(document).plus(keeping.documents_ms)
}

/// When the contact was given: with the order, or anew after it had been erased.
fn given_at(order: &Order) -> Timestamp {
    let (mut erased, mut given) = (false, None);
    for happened in &order.timeline {
        if happened.kind == DeskFactKind::ContactErased {
            (erased, given) = (true, None);
        } else if happened.kind == DeskFactKind::OrderAddressChanged && erased && given.is_none() {
            given = Some(happened.at);
        }
    }
    // A shop may tell a time to come; what is kept begins when it came here.
    let came = order.timeline.first().map_or(order.placed_at, |first| first.at);
    given.unwrap_or_else(|| order.placed_at.min(came))
}

/// Goods or money are still under way.
fn is_open(back: &Return) -> bool {
    back.state != ReturnState::Cancelled && (back.state != ReturnState::Closed || !back.refunded)
}

/// When one of these happened last. A timeline keeps its newest lines, so what is missing there happened before all of
/// them; the order's last change is later than it, and the longest term bounds that.
fn last(order: &Order, kinds: &[DeskFactKind]) -> Timestamp {
    let known = order.timeline.iter().rev().find(|happened| kinds.contains(&happened.kind));
    known.map_or(order.updated_at, |happened| happened.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::placing::nothing;
    use crate::domain::ids::{OrderId, WarehouseId};
    use crate::domain::order::{Happened, Tasks};

    const DAY: i64 = 86_400_000;
    const KEEPING: Keeping = Keeping {
        contact_after_delivery_ms: 30 * DAY,
        contact_after_cancel_ms: 7 * DAY,
        contact_max_ms: 180 * DAY,
        documents_ms: 400 * DAY,
    };

    fn day(day: i64) -> Timestamp {
        Timestamp::from_millis(day.saturating_mul(DAY))
    }

    fn happened(at: i64, kind: DeskFactKind) -> Happened {
        let at = day(at);
        Happened { at, kind, actor: None, warehouse: None, number: None, quantity: 0, reason: None }
    }

    fn back(state: ReturnState, refunded: bool) -> Return {
        Return {
            id: OrderId::stored("00-1-r1"),
            number: 1,
            order: None,
            channel: None,
            reference: None,
            warehouse: WarehouseId::stored("BER"),
            state,
            lines: Vec::new(),
            declared_at: day(0),
            refund_by: day(14),
            alert_at: day(11),
            alerted: false,
            refunded,
            tasks: Tasks::default(),
            known: Vec::new(),
            timeline: Vec::new(),
        }
    }

    /// A contact ends a term after delivery or cancellation, later while something comes back or money is owed, and
    /// never later than the longest term after the order was placed or its contact was given anew.
    #[test]
    fn contacts_end() {
        use Commercial::{Cancelled, Closed, Delivered, Held, Received, Shipped};
        use DeskFactKind::{
            ContactErased, ContactRead, FulfilmentDelivered, OrderAddressChanged, OrderCancelled,
            OrderDelivered, OrderReceived,
        };
        let open = |state, refunded| vec![back(state, refunded)];
        for (what, state, timeline, returns, ends) in [
            ("open", Received, vec![(1, OrderReceived)], vec![], 180),
            ("on its way", Shipped, vec![(1, OrderReceived)], vec![], 180),
            ("delivered", Delivered, vec![(1, OrderReceived), (5, OrderDelivered)], vec![], 35),
            ("closed", Closed, vec![(5, OrderDelivered), (9, ContactRead)], vec![], 35),
            ("told later", Delivered, vec![(5, OrderDelivered), (8, FulfilmentDelivered)], vec![], 38),
            ("unknown when", Delivered, vec![(1, OrderReceived)], vec![], 50),
            ("late", Delivered, vec![(170, OrderDelivered)], vec![], 180),
            ("cancelled", Cancelled, vec![(3, OrderCancelled)], vec![], 10),
            ("announced", Delivered, vec![(5, OrderDelivered)], open(ReturnState::Announced, false), 180),
            ("owed", Delivered, vec![(5, OrderDelivered)], open(ReturnState::Closed, false), 180),
            (
                "refunded, not back",
                Closed,
                vec![(5, OrderDelivered)],
                open(ReturnState::Announced, true),
                180,
            ),
            ("done", Closed, vec![(5, OrderDelivered)], open(ReturnState::Closed, true), 35),
            ("never sent", Delivered, vec![(5, OrderDelivered)], open(ReturnState::Cancelled, false), 35),
            ("address changed", Received, vec![(1, OrderReceived), (9, OrderAddressChanged)], vec![], 180),
            (
                "given anew",
                Held,
                vec![
                    (2, OrderAddressChanged),
                    (9, ContactErased),
                    (10, OrderAddressChanged),
                    (11, OrderAddressChanged),
                ],
                vec![],
                190,
            ),
        ] {
            let order = Order {
                state,
                placed_at: day(0),
                updated_at: day(20),
                timeline: timeline.into_iter().map(|(at, kind)| happened(at, kind)).collect(),
                returns,
                ..nothing()
            };
            assert_eq!(contact_ends(&order, &KEEPING), day(ends), "{what}");
        }
    }

    /// A time of placing that lies ahead of when the order came does not lengthen the term.
    #[test]
    fn a_time_to_come_counts_from_now() {
        let order = Order {
            placed_at: day(90),
            timeline: vec![happened(1, DeskFactKind::OrderReceived)],
            ..nothing()
        };
        assert_eq!(contact_ends(&order, &KEEPING), day(181));
    }

    /// A document is forgotten a term after its last change.
    #[test]
    fn documents_end() {
        let order = Order { updated_at: day(20), ..nothing() };
        assert_eq!(document_ends(&Document::Order(std::sync::Arc::new(order)), &KEEPING), day(420));
    }
}
