//! Claims: hold stock for a cart, or change what a cart holds.

use super::command::{Answer, ClaimStock, PartState, ReservationPart};
use super::state::Warehouse;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::hold::{Claim, ClaimLine, Hold, HoldKey, REPLACED_MAX, Replaced};
use crate::domain::ids::{ReservationId, Sku};
use crate::domain::level::Level;
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{Class, End, Outcome, Remembered};
use crate::domain::policy::free;
use crate::domain::refusal::{Refusal, Shortfall};

impl Warehouse {
    pub(super) fn claim(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        claim: &ClaimStock,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        if let Some(answer) = self.claimed_before(moment, envelope, claim)? {
            return Ok(answer);
        }
        let key = HoldKey::new(&claim.channel, claim.cart.as_ref(), &envelope.id);
        let old = self.holds.get(&key).cloned();
        if let Some(old) = &old
            && envelope.timed
            && old.newest.is_some_and(|newest| newest > envelope.time)
            && let Some(newest) = old.next.as_ref().or(old.now.as_ref())
        {
            return Err(Refusal::Superseded { by: newest.reservation.clone() });
        }
        let lines = self.coverable(moment, claim, old.as_ref())?;
        let hold = self.amended(moment, envelope, claim, old, lines.clone());
        let amends = hold.next.is_some() || !hold.replaced.is_empty();
        let deadline = hold.deadline().unwrap_or(moment.now);
        let replaced = hold.replaced.last().cloned().filter(|_| hold.next.is_none());
        let changed = self.set_hold(draft, moment, &key, Some(hold))?;
        if let Some(replaced) = replaced {
            let how = End::Amended(envelope.id.clone());
            self.note_end(draft, moment, &replaced.reservation, how, None);
        }
        let kind = if amends { FactKind::Amended } else { FactKind::Reserved };
        let fact = Fact::new(kind).lines(changed).at(deadline);
        draft.fact(fact.held_by(&envelope.id, &claim.channel, claim.cart.as_ref()));
        let outcome = Outcome::Claimed { attempt: claim.attempt, lines, deadline, end: None };
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        self.remember(draft, &envelope.id, Remembered { class: Class::Hold, time, fingerprint, outcome });
        Ok(self.part(moment, &envelope.id).map_or(Answer::Done, Answer::Reservation))
    }

    /// The answer where this claim, or one that rules it out, was seen before.
    fn claimed_before(
        &self,
        moment: &Moment,
        envelope: &Envelope,
        claim: &ClaimStock,
    ) -> Result<Option<Answer>, Refusal> {
        if let Some(known) = self.memory.get(&envelope.id)
            && let Outcome::ReleasedUnseen { attempt } = known.outcome
        {
            return if claim.attempt <= attempt { Err(Refusal::Released) } else { Ok(None) };
        }
        match self.memory.recall(envelope)?.map(|known| &known.outcome) {
            Some(Outcome::Claimed { attempt, .. }) if claim.attempt < *attempt => Err(Refusal::Released),
            Some(Outcome::Claimed { attempt, end, .. }) if claim.attempt == *attempt || end.is_none() => {
                Ok(self.part(moment, &envelope.id).map(Answer::Reservation))
            }
            Some(Outcome::Acted(_) | Outcome::Moved { .. } | Outcome::Done) => {
                Err(Refusal::IdempotencyConflict)
            }
            Some(Outcome::ReleasedUnseen { .. } | Outcome::Claimed { .. }) => Ok(None),
            None => {
                if let Some(part) = self.part(moment, &envelope.id) {
                    return Ok(Some(Answer::Reservation(part)));
                }
                if let Some(part) = self.replaced_part(claim, &envelope.id) {
                    return Ok(Some(Answer::Reservation(part)));
                }
                self.memory.admit(envelope, Class::Hold, moment.now)?;
                Ok(None)
            }
        }
    }

    /// The first result of a reservation that the cart's hold has replaced, after its id was forgotten.
    fn replaced_part(&self, claim: &ClaimStock, id: &ReservationId) -> Option<ReservationPart> {
        let key = HoldKey::new(&claim.channel, claim.cart.as_ref(), id);
        let hold = self.holds.get(&key)?;
        let replaced = hold.replaced.iter().find(|replaced| replaced.reservation == *id)?;
        let by = hold.now.as_ref().or(hold.next.as_ref())?.reservation.clone();
        Some(ReservationPart {
            reservation: id.clone(),
            attempt: claim.attempt,
            channel: Some(hold.channel.clone()),
            cart: hold.cart.clone(),
            state: PartState::Ended(End::Amended(by)),
            lines: replaced.lines.clone(),
            plan: claim.plan.clone(),
            deadline: None,
            remaining_ms: 0,
        })
    }

    /// What of the claim can be had: all of it, or with `partial` what is free, or a refusal with the numbers. What the
    /// cart holds already need not be free again.
    fn coverable(
        &self,
        moment: &Moment,
        claim: &ClaimStock,
        old: Option<&Hold>,
    ) -> Result<Vec<ClaimLine>, Refusal> {
        let mut short = Vec::new();
        let mut lines = Vec::with_capacity(claim.lines.len());
        for line in &claim.lines {
            let level = self.levels.get(&line.sku).copied().unwrap_or_default();
            let free = self.free_with(moment, claim, &line.sku, &level, old);
            if line.quantity <= free {
                lines.push(line.clone());
                continue;
            }
            short.push(Shortfall { sku: line.sku.clone(), asked: line.quantity, free });
            if claim.partial && free > 0 {
                lines.push(ClaimLine { sku: line.sku.clone(), quantity: free });
            }
        }
        if short.is_empty() || (claim.partial && !lines.is_empty()) {
            Ok(lines)
        } else {
            Err(Refusal::InsufficientStock(short))
        }
    }

    fn free_with(
        &self,
        moment: &Moment,
        claim: &ClaimStock,
        sku: &Sku,
        level: &Level,
        old: Option<&Hold>,
    ) -> i64 {
        let held = old.map_or(0, |hold| hold.held(sku));
        let free = free(level, self.policies.get(sku), &claim.channel, claim.told, moment.now);
        free.saturating_add(held)
    }

    /// The hold after the claim. Where this warehouse is the only one, an amendment counts at once.
    fn amended(
        &self,
        moment: &Moment,
        envelope: &Envelope,
        claim: &ClaimStock,
        old: Option<Hold>,
        lines: Vec<ClaimLine>,
    ) -> Hold {
        let mut hold = old.unwrap_or_else(|| Hold {
            channel: claim.channel.clone(),
            cart: claim.cart.clone(),
            created: moment.now,
            newest: None,
            now: None,
            next: None,
            draws: Vec::new(),
            replaced: Vec::new(),
        });
        let latest = hold.created.plus(self.rules.max_hold_ms);
        let new = Claim {
            reservation: envelope.id.clone(),
            attempt: claim.attempt,
            lines,
            plan: claim.plan.clone(),
            deadline: moment.now.plus(claim.ttl_ms.max(1)).min(latest),
        };
        if envelope.timed {
            hold.newest = Some(envelope.time);
        }
        let alone = claim.plan.is_empty();
        match hold.now.take() {
            Some(now) if !alone => {
                hold.now = Some(now);
                hold.next = Some(new);
            }
            Some(now) => {
                push_replaced(&mut hold.replaced, now);
                hold.now = Some(new);
                hold.next = None;
            }
            None => hold.now = Some(new),
        }
        hold
    }
}

/// Remembers a claim that another replaced.
pub(super) fn push_replaced(replaced: &mut Vec<Replaced>, claim: Claim) {
    replaced.push(Replaced { reservation: claim.reservation, lines: claim.lines });
    if replaced.len() > REPLACED_MAX {
        replaced.remove(0);
    }
}
