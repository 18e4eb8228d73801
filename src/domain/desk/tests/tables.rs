//! The three axes, every move.

use crate::domain::desk::command::FulfilStep;
use crate::domain::order::Step;

/// The step of the table that a report is.
pub(super) const fn step_named(step: &FulfilStep) -> Step {
    match step {
        FulfilStep::Accept => Step::Accept,
        FulfilStep::Reject { .. } => Step::Reject,
        FulfilStep::BeginPick => Step::BeginPick,
        FulfilStep::Pick => Step::Pick,
        FulfilStep::ShortPick { .. } => Step::ShortPick,
        FulfilStep::Pack { .. } => Step::Pack,
        FulfilStep::Ship { .. } => Step::Ship,
        FulfilStep::Ready => Step::Ready,
        FulfilStep::Collect { .. } => Step::Collect,
        FulfilStep::Uncollected => Step::Cancel,
        FulfilStep::Deliver { .. } | FulfilStep::Carrier { .. } => Step::Deliver,
    }
}

/// Every move of the commercial axis: what a buyer may see after what.
#[test]
fn the_commercial_axis_follows_its_table() {
    use crate::domain::order::Commercial::{
        self, Accepted, Cancelled, Closed, Delivered, Held, InFulfilment, PartiallyShipped, Received, Shipped,
    };
    let table: [(Commercial, &[Commercial]); 9] = [
        (Received, &[Held, Accepted, InFulfilment, PartiallyShipped, Shipped, Delivered, Cancelled]),
        (Held, &[Received, Accepted, InFulfilment, PartiallyShipped, Shipped, Delivered, Cancelled, Closed]),
        (Accepted, &[Received, Held, InFulfilment, PartiallyShipped, Shipped, Delivered, Cancelled]),
        (InFulfilment, &[Received, Held, Accepted, PartiallyShipped, Shipped, Delivered, Cancelled]),
        (PartiallyShipped, &[Held, Shipped, Delivered, Closed]),
        (Shipped, &[Held, PartiallyShipped, Delivered, Closed]),
        (Delivered, &[Held, PartiallyShipped, Shipped, Closed]),
        (Closed, &[Held, PartiallyShipped]),
        (Cancelled, &[Received, Held, Accepted]),
    ];
    for (from, legal) in table {
        for to in Commercial::ALL {
            assert_eq!(from.may_become(*to), legal.contains(to), "{} to {}", from.name(), to.name());
        }
    }
}

/// Every step from every state of the fulfilment axis; what the table does not list is not legal.
#[test]
fn the_fulfilment_axis_follows_its_table() {
    use crate::domain::order::FulfilmentState::{
        self, Accepted, AwaitingTransfer, Cancelled, Collected, Delivered, InTransfer, OnHold, Packed,
        Picked, Picking, Proposed, ReadyForPickup, Rejected, Requested, Shipped, ShortPicked, TimedOut,
    };
    let open = [Requested, Accepted, Picking, Picked, ShortPicked, Packed, ReadyForPickup];
    let without = |gone: &[FulfilmentState]| -> Vec<FulfilmentState> {
        open.into_iter().filter(|state| !gone.contains(state)).collect()
    };
    let cancelled: Vec<_> =
        open.into_iter().chain([Proposed, OnHold, AwaitingTransfer, InTransfer]).collect();
    let table: [(Step, Vec<FulfilmentState>, FulfilmentState); 17] = [
        (Step::Request, vec![Proposed], Requested),
        (Step::Accept, vec![Requested], Accepted),
        (Step::Reject, vec![Requested, Accepted, Picking], Rejected),
        (Step::TimeOut, vec![Requested], TimedOut),
        (Step::BeginPick, vec![Requested, Accepted], Picking),
        (Step::Pick, vec![Requested, Accepted, Picking], Picked),
        (Step::ShortPick, vec![Requested, Accepted, Picking, Picked, ShortPicked], ShortPicked),
        (Step::Pack, without(&[Packed, ReadyForPickup]), Packed),
        (Step::Ship, without(&[ReadyForPickup]), Shipped),
        (Step::Ready, without(&[ReadyForPickup]), ReadyForPickup),
        (Step::Collect, open.to_vec(), Collected),
        (Step::Deliver, vec![Shipped], Delivered),
        (Step::Hold, without(&[ReadyForPickup]), OnHold),
        (Step::Cancel, cancelled, Cancelled),
        (Step::Join, vec![Requested, Accepted, OnHold], AwaitingTransfer),
        (Step::Depart, vec![AwaitingTransfer], InTransfer),
        (Step::Arrive, vec![InTransfer], Requested),
    ];
    for (step, from, to) in &table {
        for state in FulfilmentState::ALL {
            let expected = from.contains(state).then_some(*to);
            assert_eq!(state.after(*step, Requested), expected, "{} from {}", step.name(), state.name());
        }
    }
    for state in FulfilmentState::ALL {
        for held_in in open {
            let expected = (*state == OnHold).then_some(held_in);
            assert_eq!(state.after(Step::Resume, held_in), expected, "resume from {}", state.name());
            let expected = (*state == AwaitingTransfer).then_some(held_in);
            assert_eq!(state.after(Step::Leave, held_in), expected, "leave from {}", state.name());
            let joins = [Requested, Accepted].contains(if *state == OnHold { &held_in } else { state });
            assert_eq!(state.after(Step::Join, held_in).is_some(), joins, "join from {}", state.name());
        }
        assert!(
            Step::ALL.iter().all(|step| [Step::Resume, Step::Leave].contains(step)
                || table.iter().any(|(known, _, _)| known == step)),
            "every step has its line"
        );
        let ended = [Rejected, TimedOut, Delivered, Collected, Cancelled].contains(state);
        let moves = Step::ALL.iter().any(|step| state.after(*step, Requested).is_some());
        assert_eq!(moves, !ended, "{}", state.name());
    }
}

/// Every pair of carriers' events: what came late changes nothing, what arrived may only come back.
#[test]
fn the_carrier_axis_follows_its_table() {
    use crate::domain::order::Carrier::{self, Delivered, Exception, InTransit, ReturnedToSender};
    let table: [(Carrier, &[Carrier]); 4] = [
        (InTransit, &[Exception, Delivered, ReturnedToSender]),
        (Exception, &[InTransit, Delivered, ReturnedToSender]),
        (Delivered, &[ReturnedToSender]),
        (ReturnedToSender, &[]),
    ];
    for (from, legal) in table {
        for to in Carrier::ALL {
            assert_eq!(from.may_become(*to), legal.contains(to), "{} to {}", from.name(), to.name());
        }
    }
}

/// A payment told late or twice changes nothing; one that failed may still succeed.
#[test]
fn payments_follow_their_table() {
    use crate::domain::order::PaymentState::{self, Authorised, Failed, Paid, Pending, Refunded, Unknown};
    let table: [(PaymentState, &[PaymentState]); 6] = [
        (Unknown, &[Pending, Authorised, Paid, Failed, Refunded]),
        (Pending, &[Authorised, Paid, Failed, Refunded]),
        (Authorised, &[Paid, Failed, Refunded]),
        (Paid, &[Refunded]),
        (Failed, &[Authorised, Paid]),
        (Refunded, &[]),
    ];
    for (from, legal) in table {
        for to in PaymentState::ALL {
            assert_eq!(from.may_become(*to), legal.contains(to), "{} to {}", from.name(), to.name());
        }
    }
}
