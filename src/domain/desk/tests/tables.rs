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
