//! What becomes of a hold: settled, extended, released, found.

use super::claim::push_replaced;
use super::command::{Answer, Found, PartState, ReservationPart};
use super::state::Warehouse;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::hold::{Claim, ClaimLine, Hold, HoldKey};
use crate::domain::ids::{CartId, ChannelId, CommandId, OrderId, ReservationId};
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{AHEAD_MAX_MS, Claimed, Class, End, Outcome, Remembered};
use crate::domain::refusal::Refusal;

/// A reservation, and the order its command names as owner.
pub(super) type Named<'a> = (&'a ReservationId, Option<&'a OrderId>);

/// Whose an open claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose<'a> {
    /// None is open.
    Nobody,
    /// A cart's, or of a reservation without one.
    Cart,
    /// An order's.
    Order(&'a OrderId),
}

impl Warehouse {
    /// How a reservation stands here, `None` where nothing is known of it.
    pub(super) fn part(&self, moment: &Moment, id: &ReservationId) -> Option<ReservationPart> {
        if let Some(hold) = self.hold_of(id) {
            let pending = hold.next.as_ref().is_some_and(|next| next.reservation == *id);
            let claim = hold.claims().find(|claim| claim.reservation == *id)?;
            return Some(ReservationPart {
                reservation: id.clone(),
                attempt: claim.attempt,
                channel: Some(hold.channel.clone()),
                cart: hold.cart.clone(),
                owner: hold.owner.clone(),
                state: if pending { PartState::Pending } else { PartState::Reserved },
                lines: claim.lines.clone(),
                plan: claim.plan.clone(),
                deadline: Some(claim.deadline),
                remaining_ms: claim.deadline.since(moment.now).max(0),
            });
        }
        if let Some(allocation) = self.allocations.get(id) {
            return Some(ReservationPart {
                reservation: id.clone(),
                attempt: allocation.attempt,
                channel: Some(allocation.channel.clone()),
                cart: allocation.cart.clone(),
                owner: allocation.owner.clone(),
                state: PartState::Allocated,
                lines: allocation.lines.clone(),
                plan: allocation.plan.clone(),
                deadline: None,
                remaining_ms: 0,
            });
        }
        let (attempt, lines, end) = match self.memory.get(id).map(|known| &known.outcome) {
            Some(Outcome::Claimed(known)) => (known.attempt, &known.lines, known.end.clone()?),
            Some(_) => return None,
            None => self.replaced(id)?,
        };
        Some(ReservationPart {
            reservation: id.clone(),
            attempt,
            channel: None,
            cart: None,
            owner: if let End::Ordered(order) = &end { Some(order.clone()) } else { None },
            state: PartState::Ended(end),
            lines: lines.clone(),
            plan: std::sync::Arc::default(),
            deadline: None,
            remaining_ms: 0,
        })
    }

    /// A reservation that an open hold has replaced, after its id was forgotten. Its attempt is not known any more.
    fn replaced(&self, id: &ReservationId) -> Option<(u32, &Vec<ClaimLine>, End)> {
        let hold = self.holds.get(self.replaced_of.get(id)?)?;
        let mut rest = hold.replaced.iter().skip_while(|replaced| replaced.reservation != *id);
        let lines = &rest.next()?.lines;
        let newer = rest.next().map(|replaced| &replaced.reservation);
        let by = newer.or_else(|| hold.now.as_ref().map(|now| &now.reservation))?;
        Some((0, lines, End::Amended(by.clone())))
    }

    pub(super) fn find(
        &self,
        moment: &Moment,
        reservation: Option<&ReservationId>,
        cart: Option<&(ChannelId, CartId)>,
        command: Option<&CommandId>,
    ) -> Answer {
        let seen = command.is_some_and(|id| self.memory.get(id).is_some());
        let part = reservation.and_then(|id| self.part(moment, id));
        let known = reservation.and_then(|id| self.memory.get(id));
        let ruled_out = known.and_then(|known| match known.outcome {
            Outcome::ReleasedUnseen { attempt } => Some(attempt),
            Outcome::Claimed(_)
            | Outcome::Acted(_)
            | Outcome::Moved { .. }
            | Outcome::GaveBack { .. }
            | Outcome::Waited
            | Outcome::Done => None,
        });
        let known = known.filter(|known| matches!(known.outcome, Outcome::Claimed(_)));
        let since = known.map(|known| known.time);
        let fingerprint = known.map(|known| known.fingerprint).filter(|fingerprint| *fingerprint != 0);
        let cart = cart.map(|(channel, cart)| HoldKey::Cart(channel.clone(), cart.clone()));
        let cart = cart.and_then(|key| self.holds.get(&key)).cloned();
        let held = cart.as_ref().and_then(|hold| hold.now.as_ref());
        let cart_since = held.and_then(|now| self.memory.get(&now.reservation)).map(|known| known.time);
        Answer::Found(Box::new(Found { part, fingerprint, since, ruled_out, cart, cart_since, seen }))
    }

    /// An amendment that waited here takes the place of what it amends, whether it is the settled one or a still newer
    /// one; a settlement that comes late, when the cart has moved on, changes nothing.
    pub(super) fn settle_next(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        (id, attempt): (&ReservationId, u32),
        (channel, cart): (&ChannelId, &CartId),
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let key = HoldKey::Cart(channel.clone(), cart.clone());
        let Some(mut hold) = self.holds.get(&key).cloned() else { return Ok(Answer::Done) };
        let named = hold.next.as_ref().is_some_and(|next| next.reservation == *id);
        let later = envelope.timed && hold.newest.is_some_and(|newest| newest > envelope.time);
        let over = hold.now.as_ref().is_some_and(|now| now.reservation == *id)
            || hold.replaced.iter().any(|replaced| replaced.reservation == *id)
            || self.part(moment, id).is_some_and(|part| match part.state {
                // An earlier attempt given up here says nothing of the one that is whole elsewhere.
                PartState::Ended(End::Abandoned) => part.attempt >= attempt,
                PartState::Ended(_) => true,
                PartState::Reserved | PartState::Pending | PartState::Allocated => false,
            });
        if !named && (later || over) {
            return Ok(Answer::Done);
        }
        let Some(old) = hold.now.take() else { return Ok(Answer::Done) };
        push_replaced(&mut hold.replaced, &old);
        hold.now = hold.next.take();
        let new = hold.now.is_some().then_some(hold);
        let lines = self.set_hold(draft, moment, &key, new)?;
        self.note_end(draft, moment, &old.reservation, End::Amended(id.clone()), Some(&old));
        draft.fact(Fact::new(FactKind::Amended).lines(lines).held_by(id, channel, Some(cart)));
        Ok(Answer::Done)
    }

    pub(super) fn drop_next(
        &mut self,
        moment: &Moment,
        id: &ReservationId,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let Some((key, mut hold)) = self.open_hold(id) else { return Ok(Answer::Done) };
        let Some(next) = hold.next.take_if(|next| next.reservation == *id) else { return Ok(Answer::Done) };
        let (channel, cart) = (hold.channel.clone(), hold.cart.clone());
        let lines = self.set_hold(draft, moment, &key, Some(hold))?;
        self.note_end(draft, moment, id, End::Abandoned, Some(&next));
        draft.fact(Fact::new(FactKind::Released).lines(lines).held_by(id, &channel, cart.as_ref()));
        Ok(Answer::Done)
    }

    pub(super) fn release(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        (id, owner): Named<'_>,
        attempt: Option<u32>,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let taken_over = owner.filter(|_| attempt.is_none() && self.whose(id) == Whose::Cart);
        // An attempt that is given up may have ended in any way meanwhile.
        if taken_over.is_none() && (attempt.is_none() || self.whose(id) != Whose::Nobody) {
            self.check_owner(id, owner)?;
        }
        let how = match (attempt, taken_over) {
            (Some(_), _) => End::Abandoned,
            (None, Some(order)) => End::Ordered(order.clone()),
            (None, None) => End::Released,
        };
        if let Some((key, hold)) = self.open_hold(id) {
            let open = hold.claims().find(|claim| claim.reservation == *id).map_or(0, |claim| claim.attempt);
            if attempt.is_none_or(|attempt| open <= attempt) {
                self.end_claim(draft, moment, &key, id, (how, FactKind::Released))?;
            }
        } else if let Some(allocation) = self.allocations.get(id) {
            if attempt.is_none_or(|attempt| allocation.attempt <= attempt) {
                self.deallocate(draft, moment, id, how)?;
            }
        } else if attempt.is_none() && self.part(moment, id).is_none() {
            return Err(Refusal::UnknownReservation(id.clone()));
        }
        if let Some(attempt) = attempt {
            self.rule_out(draft, moment, envelope, id, attempt);
        }
        Ok(self.part(moment, id).map_or(Answer::Done, Answer::Reservation))
    }

    /// Whose an open claim is.
    pub(super) fn whose(&self, id: &ReservationId) -> Whose<'_> {
        let hold = self.hold_of(id).map(|hold| &hold.owner);
        match hold.or_else(|| self.allocations.get(id).map(|allocation| &allocation.owner)) {
            Some(Some(order)) => Whose::Order(order),
            Some(None) => Whose::Cart,
            None => Whose::Nobody,
        }
    }

    /// Refuses a command about a claim that is another's: an order's for those who don't name it, a cart's for an order.
    pub(super) fn check_owner(&self, id: &ReservationId, asked: Option<&OrderId>) -> Result<(), Refusal> {
        let ended = || match self.memory.get(id).map(|known| &known.outcome) {
            Some(Outcome::Claimed(known)) => match &known.end {
                Some(End::Ordered(order)) => Some(order),
                Some(_) | None => None,
            },
            Some(_) | None => None,
        };
        let order = match self.whose(id) {
            Whose::Cart if asked.is_some() => return Err(Refusal::UnknownReservation(id.clone())),
            Whose::Cart => None,
            Whose::Order(order) => Some(order),
            Whose::Nobody => ended(),
        };
        match order {
            Some(order) if asked != Some(order) => Err(Refusal::OwnedByOrder { order: order.clone() }),
            Some(_) | None => Ok(()),
        }
    }

    /// Remembers that an attempt was released, so that its claim is not carried out when it arrives later.
    fn rule_out(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        envelope: &Envelope,
        id: &ReservationId,
        attempt: u32,
    ) {
        if self.hold_of.contains_key(id) || self.allocations.contains_key(id) {
            return;
        }
        // A claim's own time may lie ahead of our clock; its release must be remembered as long.
        let ahead = moment.now.plus(AHEAD_MAX_MS);
        let time = envelope.time.clamp(moment.now, ahead);
        let unseen = Outcome::ReleasedUnseen { attempt };
        let fresh = Remembered { class: Class::Hold, time, fingerprint: 0, outcome: unseen };
        let remembered = match self.memory.get(id) {
            None => fresh,
            Some(Remembered { outcome: Outcome::ReleasedUnseen { attempt: known }, .. })
                if *known < attempt =>
            {
                fresh
            }
            Some(Remembered { outcome: Outcome::Claimed(known), fingerprint, .. })
                if known.attempt < attempt && known.end.as_ref().is_some_and(End::may_be_tried_again) =>
            {
                let outcome = Outcome::Claimed(Box::new(Claimed { attempt, ..Claimed::clone(known) }));
                Remembered { class: Class::Hold, time, fingerprint: *fingerprint, outcome }
            }
            Some(_) => return,
        };
        self.remember(draft, id, remembered);
    }

    pub(super) fn extend(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        (id, owner): Named<'_>,
        ttl_ms: i64,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        if self.acted_before(moment, envelope, Class::Hold)? {
            return Ok(self.part(moment, id).map_or(Answer::Done, Answer::Reservation));
        }
        self.check_owner(id, owner)?;
        let (key, mut hold) = self.open_hold(id).ok_or_else(|| self.why_not_held(moment, id))?;
        let latest = hold.created.plus(self.rules.max_hold_ms);
        let deadline = moment.now.plus(ttl_ms.max(1)).min(latest);
        let mut claims = hold.now.iter_mut().chain(hold.next.iter_mut());
        let claim = claims.find(|claim| claim.reservation == *id);
        let Some(claim) = claim else { return Err(Refusal::UnknownReservation(id.clone())) };
        claim.deadline = claim.deadline.max(deadline);
        let deadline = claim.deadline;
        let fact = Fact::new(FactKind::Extended).of_order(hold.owner.as_ref()).at(deadline);
        let fact = fact.held_by(id, &hold.channel, hold.cart.as_ref());
        self.set_hold(draft, moment, &key, Some(hold))?;
        draft.fact(fact);
        self.remember_act(draft, envelope, Class::Hold, id);
        Ok(self.part(moment, id).map_or(Answer::Done, Answer::Reservation))
    }

    /// Ends one claim of a hold. An amendment that waited takes the place of a claim that ends.
    pub(super) fn end_claim(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        key: &HoldKey,
        id: &ReservationId,
        (how, kind): (End, FactKind),
    ) -> Result<(), Refusal> {
        let Some(mut hold) = self.holds.get(key).cloned() else { return Ok(()) };
        let named = |claim: &mut Claim| claim.reservation == *id;
        let Some(ended) = hold.next.take_if(named).or_else(|| hold.now.take_if(named)) else { return Ok(()) };
        if hold.now.is_none() {
            hold.now = hold.next.take();
        }
        let order = if let End::Ordered(order) = &how { Some(order) } else { hold.owner.as_ref() };
        let fact = Fact::new(kind).of_order(order).held_by(id, &hold.channel, hold.cart.as_ref());
        let new = hold.now.is_some().then_some(hold);
        let lines = self.set_hold(draft, moment, key, new)?;
        self.note_end(draft, moment, id, how, Some(&ended));
        draft.fact(fact.lines(lines));
        Ok(())
    }

    pub(super) fn record_tail_lost(&self, lost_from: u64, lost_to: u64, draft: &mut Draft<Self>) {
        let mut fact = Fact::new(FactKind::TailLost);
        fact.lost = Some((lost_from, lost_to));
        draft.fact(fact);
    }

    pub(super) fn record_oversold(
        &mut self,
        moment: &Moment,
        id: &ReservationId,
        channel: &ChannelId,
        lines: &[ClaimLine],
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let mut facts = Vec::with_capacity(lines.len());
        for line in lines {
            facts.push(self.touch(draft, moment, &line.sku, line.quantity, |_| Ok(()))?);
        }
        draft.fact(Fact::new(FactKind::Oversold).lines(facts).held_by(id, channel, None));
        Ok(Answer::Done)
    }

    pub(super) fn open_hold(&self, id: &ReservationId) -> Option<(HoldKey, Hold)> {
        let key = self.hold_of.get(id)?;
        Some((key.clone(), self.holds.get(key)?.clone()))
    }

    /// Whether this very command acted before; refuses one that nothing guards any more.
    pub(super) fn acted_before(
        &self,
        moment: &Moment,
        envelope: &Envelope,
        class: Class,
    ) -> Result<bool, Refusal> {
        if self.memory.recall(envelope)?.is_some() {
            return Ok(true);
        }
        self.memory.admit(envelope, class, moment.now)?;
        Ok(false)
    }

    pub(super) fn remember_act(
        &mut self,
        draft: &mut Draft<Self>,
        envelope: &Envelope,
        class: Class,
        id: &ReservationId,
    ) {
        let outcome = Outcome::Acted(id.clone());
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        self.remember(draft, &envelope.id, Remembered { class, time, fingerprint, outcome });
    }

    pub(super) fn why_not_held(&self, moment: &Moment, id: &ReservationId) -> Refusal {
        match self.part(moment, id).map(|part| part.state) {
            Some(PartState::Ended(End::Released | End::Abandoned)) => Refusal::Released,
            Some(PartState::Ended(End::Expired)) => Refusal::ReservationExpired,
            Some(PartState::Ended(End::Amended(by))) => Refusal::Amended { by },
            Some(PartState::Ended(End::Shipped)) => Refusal::Shipped,
            Some(PartState::Ended(End::Ordered(order))) => Refusal::OwnedByOrder { order },
            Some(PartState::Allocated) => Refusal::Allocated,
            Some(PartState::Reserved | PartState::Pending) | None => Refusal::UnknownReservation(id.clone()),
        }
    }
}
