//! What must come of a command, told from outside: from the open rows, the model, and what was done under its id.

use super::model::Done;
use super::properties::Run;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::Sku;
use crate::domain::machine::Envelope;
use crate::domain::memory::{End, Outcome};
use crate::domain::warehouse::{ClaimStock, Command, Movement, MovementKind, PartState};

pub(super) enum Expected {
    /// No trace, whatever is answered.
    Nothing,
    Refused,
    Taken,
    Granted(Vec<(Sku, i64)>),
    Anything,
}

fn taken(taken: bool) -> Expected {
    if taken { Expected::Taken } else { Expected::Refused }
}

fn sum(lines: &[ClaimLine], sku: &Sku) -> i64 {
    lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity).sum()
}

impl Run {
    /// What must come of a command, told from outside.
    pub(super) fn expected(&self, envelope: &Envelope, command: &Command) -> Expected {
        if !self.remembers_all {
            return Expected::Anything;
        }
        if let Command::Count(count) = command
            && self.known.model.same_count(count)
        {
            return Expected::Nothing;
        }
        let known = self.known.done.get(&envelope.id);
        let warehouse = &self.world.warehouse;
        match command {
            Command::Claim(claim) => self.expected_of_claim(envelope, claim, known),
            Command::Find { .. } => Expected::Nothing,
            Command::Settle { .. }
            | Command::DropNext { .. }
            | Command::Release { .. }
            | Command::AckServed { .. } => Expected::Anything,
            _ if known.is_some() => Expected::Nothing,
            Command::Wait(_) => {
                let seen = warehouse.memory().get(&envelope.id);
                let out = seen.is_some_and(|seen| matches!(seen.outcome, Outcome::ReleasedUnseen { .. }));
                taken(!out)
            }
            Command::Move(movement) => taken(self.moves(movement)),
            Command::Count(count) => taken(self.known.model.takes(&self.world.moment(), count)),
            Command::Ship { reservation, lines, occurred_at, owner, .. } => {
                let part =
                    warehouse.part(&self.world.moment(), reservation).filter(|part| part.owner == *owner);
                let open =
                    part.filter(|part| matches!(part.state, PartState::Reserved | PartState::Allocated));
                let early = occurred_at.is_none_or(|at| at <= self.world.now.plus(300_000));
                let enough = open.is_some_and(|part| {
                    let mut lines = lines.iter().flatten();
                    let all: Vec<ClaimLine> = lines.clone().cloned().collect();
                    lines.all(|line| sum(&all, &line.sku) <= sum(&part.lines, &line.sku))
                });
                taken(early && enough)
            }
            Command::Extend { reservation, owner, .. } => {
                taken(warehouse.hold_of(reservation).is_some_and(|hold| hold.owner == *owner))
            }
            Command::Deallocate { reservation, owner, .. } => {
                let part = warehouse.part(&self.world.moment(), reservation);
                let open = part.as_ref().is_some_and(|part| !matches!(part.state, PartState::Ended(_)));
                let whose = part.and_then(|part| part.owner);
                taken(if open { whose == *owner } else { whose.is_none() || whose == *owner })
            }
            Command::WriteOff { reservation, owner, lines, .. } => {
                let mut rows = warehouse.allocations();
                taken(rows.any(|(id, row)| {
                    let enough = |line: &ClaimLine| sum(lines, &line.sku) <= sum(&row.lines, &line.sku);
                    id == reservation && row.owner == *owner && lines.iter().all(enough)
                }))
            }
            Command::Allocate { reservation, owner } => {
                let part =
                    warehouse.part(&self.world.moment(), reservation).filter(|part| part.owner == *owner);
                let open = |state| matches!(state, PartState::Reserved | PartState::Allocated);
                taken(part.is_some_and(|part| open(part.state)))
            }
            _ => Expected::Taken,
        }
    }

    fn expected_of_claim(&self, envelope: &Envelope, claim: &ClaimStock, known: Option<&Done>) -> Expected {
        let warehouse = &self.world.warehouse;
        let outcome = warehouse.memory().get(&envelope.id).map(|known| &known.outcome);
        let end = match outcome {
            Some(Outcome::Claimed(known)) => known.end.as_ref(),
            _ => None,
        };
        let ended = end.is_some_and(End::may_be_tried_again);
        let newest = match outcome {
            Some(Outcome::Claimed(known)) => known.attempt,
            Some(Outcome::ReleasedUnseen { attempt }) => *attempt,
            _ => 0,
        };
        let fits = known.is_none_or(|known| known.fingerprint == envelope.fingerprint);
        let first = known.is_none() && newest == 0;
        let again = newest > 0 && claim.attempt > newest && (ended || known.is_none());
        if !fits || !(first || again) {
            return Expected::Nothing;
        }
        let cart = warehouse.holds().map(|(_, hold)| hold);
        let mut cart = cart.filter(|hold| {
            claim.owner.is_none()
                && claim.cart.is_some()
                && hold.cart == claim.cart
                && hold.channel == claim.channel
        });
        let superseded = cart.any(|hold| hold.newest.is_some_and(|newest| newest > envelope.time));
        let ahead = first && envelope.time > self.world.now.plus(60_000);
        if ahead || (envelope.timed && superseded) {
            return Expected::Refused;
        }
        match self.known.model.grants(warehouse, claim, self.world.now) {
            Some(given) => Expected::Granted(given),
            None => Expected::Refused,
        }
    }

    fn moves(&self, movement: &Movement) -> bool {
        let model = &self.known.model;
        let there = self.world.warehouse.level(&movement.sku).is_some();
        let early = movement.occurred_at.is_none_or(|at| at <= self.world.now.plus(300_000));
        early
            && match movement.kind {
                MovementKind::Hold(_) | MovementKind::Scrap(None) => there,
                MovementKind::Restock(from)
                | MovementKind::Scrap(Some(from))
                | MovementKind::Reclassify { from, .. } => {
                    there && model.condition(&movement.sku, from) >= movement.quantity
                }
                _ => true,
            }
    }
}
