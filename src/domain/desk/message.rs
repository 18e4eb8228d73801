//! How a task becomes commands of warehouses: one translation, for the driver and for tests.

use crate::domain::hold::{Plan, PlanPart};
use crate::domain::ids::{ChannelId, OrderId, Reference, ReservationId};
use crate::domain::level::Condition;
use crate::domain::order::{ClaimPart, Message};
use crate::domain::warehouse::{ClaimStock, Command};

/// Who claims, and how.
#[derive(Debug, Clone)]
pub struct Claiming {
    /// For which channel; a transfer claims for none that is configured.
    pub channel: ChannelId,
    /// For which document.
    pub owner: OrderId,
    /// Whether the channel tells what it has sold: then what is free is taken.
    pub told: bool,
    /// The reservation it takes over.
    pub from: Option<ReservationId>,
    /// How long a claim over several warehouses lasts at most, in milliseconds.
    pub ttl_ms: i64,
}

/// The channel that transfers claim for: no channel that can be configured, so that no fence is theirs.
#[must_use]
pub fn transfers() -> ChannelId {
    ChannelId::stored("~transfer")
}

impl Claiming {
    /// The claim of one part of a plan. A plan of one part is promised in the same step.
    #[must_use]
    pub fn command(&self, attempt: u32, parts: &[ClaimPart], part: &ClaimPart) -> Command {
        let single = parts.len() == 1;
        let planned =
            |part: &ClaimPart| PlanPart { warehouse: part.warehouse.clone(), lines: part.lines.clone() };
        let plan = if single { Plan::default() } else { Plan::new(parts.iter().map(planned).collect()) };
        Command::Claim(ClaimStock {
            attempt,
            channel: self.channel.clone(),
            cart: None,
            lines: part.lines.clone(),
            plan,
            ttl_ms: self.ttl_ms,
            told: self.told,
            partial: self.told && single,
            owner: Some(self.owner.clone()),
            from: self.from.clone(),
            allocate: single,
        })
    }
}

impl Message {
    /// The command that tells it; `None` for [`Message::GiveUpWait`], which needs an answer in between.
    #[must_use]
    pub fn command(&self, owner: &OrderId) -> Option<Command> {
        let own = Some(owner.clone());
        Some(match self {
            Self::Deallocate { claim, lines } => {
                Command::Deallocate { reservation: claim.clone(), owner: own, lines: lines.clone() }
            }
            Self::Ship { claim, lines, at, transfer } => Command::Ship {
                reservation: claim.clone(),
                lines: Some(lines.clone()),
                occurred_at: Some(*at),
                reference: Reference::parse(owner.as_str()).ok(),
                as_transfer: transfer.then(|| owner.clone()),
                owner: own,
            },
            Self::SendAlong { claim, lines, at, transfer } => Command::Ship {
                reservation: claim.clone(),
                lines: Some(lines.clone()),
                occurred_at: Some(*at),
                reference: Reference::parse(owner.as_str()).ok(),
                as_transfer: Some(transfer.clone()),
                owner: own,
            },
            Self::WriteOff { claim, lines, damaged, reason } => Command::WriteOff {
                reservation: claim.clone(),
                owner: own,
                lines: lines.clone(),
                condition: damaged.then_some(Condition::Damaged),
                reason: reason.clone(),
            },
            Self::Move(movement) => Command::Move(movement.clone()),
            Self::Unwait { wait, quantity } => {
                Command::Unwait { id: wait.clone(), quantity: Some(*quantity) }
            }
            Self::AckServed { wait, upto } => Command::AckServed { id: wait.clone(), upto: *upto },
            Self::GiveUpWait { .. } => return None,
        })
    }
}
