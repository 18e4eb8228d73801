//! Claims: hold stock for a cart, or change what a cart holds.

use super::command::{Answer, ClaimStock};
use super::decide::SERVED_MAX;
use super::state::Warehouse;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::hold::{Claim, ClaimLine, Hold, HoldKey, REPLACED_MAX, Replaced, quantity_of, summed};
use crate::domain::ids::{CartId, ChannelId, OrderId, Sku};
use crate::domain::level::Level;
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{Class, End, Outcome, Remembered};
use crate::domain::policy::free;
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::time::Timestamp;

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
        let key = HoldKey::new(&claim.channel, cart_of(claim), &envelope.id);
        let old = self.holds.get(&key).cloned();
        if let Some(old) = &old
            && envelope.timed
            && old.newest.is_some_and(|newest| newest > envelope.time)
            && let Some(newest) = old.next.as_ref().or(old.now.as_ref())
        {
            return Err(Refusal::Superseded { by: newest.reservation.clone() });
        }
        let waited_for = self.make_way(moment, claim, draft)?;
        let lines = self.coverable(moment, claim, old.as_ref(), &waited_for)?;
        let mut hold = old.unwrap_or_else(|| opened(moment, claim));
        let latest = hold.created.plus(self.rules.max_hold_ms);
        let deadline = moment.now.plus(claim.ttl_ms.max(1)).min(latest);
        let gone = amend(&mut hold, envelope, claim, lines.clone(), deadline);
        let amends = hold.next.is_some() || !hold.replaced.is_empty();
        let changed = self.set_hold(draft, moment, &key, Some(hold))?;
        for claim in gone {
            let how = End::Amended(envelope.id.clone());
            self.note_end(draft, moment, &claim.reservation, how, Some(&claim));
        }
        let kind = if amends { FactKind::Amended } else { FactKind::Reserved };
        let fact = Fact::new(kind).lines(changed).at(deadline);
        let fact = fact.of_order(claim.owner.as_ref());
        draft.fact(fact.held_by(&envelope.id, &claim.channel, cart_of(claim)));
        let outcome = Outcome::claimed(claim.attempt, lines, deadline, None);
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        self.remember(draft, &envelope.id, Remembered { class: Class::Hold, time, fingerprint, outcome });
        if claim.allocate {
            self.promise(moment, &envelope.id, draft)?;
        }
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
            Some(Outcome::Claimed(known)) if claim.attempt < known.attempt => Err(Refusal::Released),
            Some(Outcome::Claimed(known))
                if claim.attempt == known.attempt
                    || !known.end.as_ref().is_some_and(End::may_be_tried_again) =>
            {
                Ok(self.part(moment, &envelope.id).map(Answer::Reservation))
            }
            Some(
                Outcome::Acted(_)
                | Outcome::Moved { .. }
                | Outcome::GaveBack { .. }
                | Outcome::Waited
                | Outcome::Done,
            ) => Err(Refusal::IdempotencyConflict),
            Some(Outcome::ReleasedUnseen { .. } | Outcome::Claimed(_)) => Ok(None),
            None => {
                if let Some(mut part) = self.part(moment, &envelope.id) {
                    if part.attempt == 0 {
                        part.attempt = claim.attempt;
                    }
                    return Ok(Some(Answer::Reservation(part)));
                }
                self.memory.admit(envelope, Class::Hold, moment.now)?;
                Ok(None)
            }
        }
    }

    /// Before an asked claim is looked at, those that wait get what they can of its SKUs; then the reservation it takes
    /// over ends. Answers what is free of SKUs for which more wait than one entry may serve: it is theirs.
    fn make_way(
        &mut self,
        moment: &Moment,
        claim: &ClaimStock,
        draft: &mut Draft<Self>,
    ) -> Result<Vec<ClaimLine>, Refusal> {
        let mut theirs = Vec::new();
        let mut left = SERVED_MAX;
        for line in claim.lines.iter().filter(|_| !claim.told) {
            if !self.waiting.is_due(&line.sku, moment.now) {
                continue;
            }
            let served = self.serve_sku(moment, &line.sku, left, draft)?;
            left = left.saturating_sub(served);
            if self.next_served(&line.sku, moment.now).is_some() {
                let level = self.levels.get(&line.sku).copied().unwrap_or_default();
                let quantity = self.free_with(moment, claim, &line.sku, &level, None);
                theirs.push(ClaimLine { sku: line.sku.clone(), quantity });
            }
        }
        self.take_over(moment, claim, draft)?;
        Ok(theirs)
    }

    /// Ends the reservation an order takes over, where it is open here and of the same channel.
    fn take_over(
        &mut self,
        moment: &Moment,
        claim: &ClaimStock,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        let Some((order, from)) = claim.owner.as_ref().zip(claim.from.as_ref()) else { return Ok(()) };
        let fits = |channel: &ChannelId, owner: Option<&OrderId>| {
            *channel == claim.channel && owner.is_none_or(|owner| owner == order)
        };
        let how = End::Ordered(order.clone());
        if let Some((key, hold)) = self.open_hold(from) {
            if fits(&hold.channel, hold.owner.as_ref()) {
                let pending = hold.next.as_ref().is_some_and(|next| next.reservation == *from);
                if let Some(now) = hold.now.as_ref().filter(|_| pending) {
                    // An amendment that is ordered before it was settled replaces what it amends.
                    let amended = (End::Amended(from.clone()), FactKind::Released);
                    self.end_claim(draft, moment, &key, &now.reservation, amended)?;
                }
                self.end_claim(draft, moment, &key, from, (how, FactKind::Released))?;
            }
        } else if let Some(allocation) = self.allocations.get(from)
            && fits(&allocation.channel, allocation.owner.as_ref())
        {
            self.deallocate(draft, moment, from, how)?;
        }
        Ok(())
    }

    /// What of the claim can be had: all of it, or with `partial` what is free, or a refusal with the numbers. What the
    /// cart holds already need not be free again; `theirs` is not to be had.
    fn coverable(
        &self,
        moment: &Moment,
        claim: &ClaimStock,
        old: Option<&Hold>,
        theirs: &[ClaimLine],
    ) -> Result<Vec<ClaimLine>, Refusal> {
        let mut short = Vec::new();
        let mut lines = Vec::with_capacity(claim.lines.len());
        for mut line in summed(&claim.lines)? {
            let known = self.levels.get_key_value(&line.sku);
            let level = known.map(|(_, level)| *level).unwrap_or_default();
            if let Some((sku, _)) = known {
                // What is remembered of the claim names its goods for long: it shares the name that is there anyway.
                line.sku = sku.clone();
            }
            let free = self.free_with(moment, claim, &line.sku, &level, old);
            let free = free.saturating_sub(quantity_of(theirs, &line.sku)).max(0);
            if line.quantity <= free {
                lines.push(line);
                continue;
            }
            short.push(Shortfall { sku: line.sku.clone(), asked: line.quantity, free });
            if claim.partial && free > 0 {
                lines.push(ClaimLine { quantity: free, ..line });
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
}

/// The cart of a claim; an order's claim is no cart's, so that the cart's next reservation leaves it alone.
const fn cart_of(claim: &ClaimStock) -> Option<&CartId> {
    if claim.owner.is_some() { None } else { claim.cart.as_ref() }
}

/// A hold that holds nothing yet.
fn opened(moment: &Moment, claim: &ClaimStock) -> Hold {
    Hold {
        channel: claim.channel.clone(),
        cart: cart_of(claim).cloned(),
        owner: claim.owner.clone(),
        created: moment.now,
        newest: None,
        now: None,
        next: None,
        draws: Vec::new(),
        replaced: Vec::new(),
    }
}

/// Puts a claim into a hold, and gives back the claims that had to go. Where this warehouse is the only one, an
/// amendment counts at once; else it waits beside what counts, in place of one that waited before.
fn amend(
    hold: &mut Hold,
    envelope: &Envelope,
    claim: &ClaimStock,
    lines: Vec<ClaimLine>,
    deadline: Timestamp,
) -> Vec<Claim> {
    let (reservation, plan) = (envelope.id.clone(), claim.plan.clone());
    let new = Claim { reservation, attempt: claim.attempt, lines, plan, deadline };
    if envelope.timed {
        hold.newest = Some(envelope.time);
    }
    let waited = hold.next.take();
    let mut gone = Vec::new();
    if hold.now.is_some() && !claim.plan.is_empty() {
        hold.next = Some(new);
    } else {
        gone.extend(hold.now.replace(new));
    }
    gone.extend(waited);
    for claim in &gone {
        push_replaced(&mut hold.replaced, claim);
    }
    gone
}

/// Remembers a claim that another replaced.
pub(super) fn push_replaced(replaced: &mut Vec<Replaced>, claim: &Claim) {
    replaced.push(Replaced { reservation: claim.reservation.clone(), lines: claim.lines.clone() });
    if replaced.len() > REPLACED_MAX {
        replaced.remove(0);
    }
}
