//! Why a command was not answered with success.

use crate::domain::refusal::Refusal;

/// What an asker gets instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Business says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much is waiting; surely not done.
    #[error("too many commands are waiting")]
    Busy,
    /// The store or the actor is away; surely not done.
    #[error("not available: {0}")]
    Unavailable(String),
    /// Nobody knows whether it was done; ask again with the same id.
    #[error("the outcome is unknown; ask again with the same id")]
    OutcomeUnknown,
    /// The store lost acknowledged data; an operator must decide.
    #[error("the store lost acknowledged data: {0}")]
    StoreLost(String),
    /// A reservation over several warehouses is held only in part any more.
    #[error("only a part of the reservation is still held")]
    HeldInPart {
        /// What is still held.
        still_held: Vec<crate::domain::hold::PlanPart>,
    },
}

/// What kind of fault it is; decides the answer at every door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The command contradicts what is so.
    Refused,
    /// Come back later; surely not done.
    Busy,
    /// Come back later; surely not done, the store is away.
    Unavailable,
    /// Ask again with the same id.
    Unknown,
}

impl Fault {
    /// The kind of fault.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Refused(_) | Self::HeldInPart { .. } => Class::Refused,
            Self::Busy => Class::Busy,
            Self::Unavailable(_) | Self::StoreLost(_) => Class::Unavailable,
            Self::OutcomeUnknown => Class::Unknown,
        }
    }

    /// The same fault where a part of the command is done already: `busy` and `unavailable` promise that nothing was,
    /// so they become an unknown outcome, and the asker asks again with the same id.
    #[must_use]
    pub fn after_a_part(self) -> Self {
        match self {
            Self::Busy | Self::Unavailable(_) => Self::OutcomeUnknown,
            told => told,
        }
    }

    /// The stable code programs rely on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Busy => "busy",
            Self::Unavailable(_) => "unavailable",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::StoreLost(_) => "store_lost",
            Self::HeldInPart { .. } => "reservation_expired",
        }
    }
}
