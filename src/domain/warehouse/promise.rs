//! Promises: a hold becomes an allocation; an allocation ships, is given back in part, or is not found on its shelf.

use super::command::{Answer, Command};
use super::reservation::Named;
use super::state::{Row, Warehouse};
use crate::domain::count::Direction;
use crate::domain::fact::{Fact, FactKind, FactLine};
use crate::domain::hold::{Allocation, ClaimLine, quantity_of, summed};
use crate::domain::ids::ReservationId;
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{Class, End, Outcome, Remembered};
use crate::domain::quantity::{add, sub};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Lines of goods that moved, apart from those a count had known of.
#[derive(Default)]
struct Moved {
    fresh: Vec<FactLine>,
    covered: Vec<FactLine>,
}

impl Warehouse {
    pub(super) fn allocate(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        (id, owner): Named<'_>,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        // A desk repeats its last step after a restart, however long that took: an open promise answers for itself.
        let settled = owner.is_some() && self.allocations.contains_key(id);
        if settled {
            self.memory.recall(envelope)?;
            self.check_owner(id, owner)?;
        } else if !self.acted_before(moment, envelope, Class::Hold)? {
            self.check_owner(id, owner)?;
            if !self.allocations.contains_key(id) {
                self.promise(moment, id, draft)?;
            }
            self.remember_act(draft, envelope, Class::Hold, id);
        }
        Ok(self.part(moment, id).map_or(Answer::Done, Answer::Reservation))
    }

    /// Turns a hold into an allocation; its fence draws go with it.
    pub(super) fn promise(
        &mut self,
        moment: &Moment,
        id: &ReservationId,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        let (key, mut hold) = self.open_hold(id).ok_or_else(|| self.why_not_held(moment, id))?;
        if let Some(next) = hold.next.take() {
            if next.reservation == *id {
                return Err(Refusal::UnknownReservation(id.clone()));
            }
            let lines = self.set_hold(draft, moment, &key, Some(hold.clone()))?;
            self.note_end(draft, moment, &next.reservation, End::Released, Some(&next));
            let fact = Fact::new(FactKind::Released).lines(lines);
            draft.fact(fact.held_by(&next.reservation, &hold.channel, hold.cart.as_ref()));
            hold = self.holds.get(&key).cloned().unwrap_or(hold);
        }
        let Some(claim) = hold.now else { return Err(Refusal::UnknownReservation(id.clone())) };
        let mut lines = Vec::with_capacity(claim.lines.len());
        for line in &claim.lines {
            lines.push(self.touch(draft, moment, &line.sku, line.quantity, |level| {
                level.reserved = sub(level.reserved, line.quantity)?;
                level.allocated = add(level.allocated, line.quantity)?;
                Ok(())
            })?);
        }
        draft.put(self, Row::Hold(key, None));
        let fact = Fact::new(FactKind::Allocated).lines(lines).of_order(hold.owner.as_ref());
        draft.fact(fact.held_by(id, &hold.channel, hold.cart.as_ref()));
        let allocation = Allocation {
            channel: hold.channel,
            cart: hold.cart,
            owner: hold.owner,
            lines: claim.lines,
            draws: hold.draws,
            requested_at: moment.now,
            attempt: claim.attempt,
            plan: claim.plan,
        };
        draft.put(self, Row::Allocation(id.clone(), Some(allocation)));
        Ok(())
    }

    pub(super) fn ship(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &Command,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let Command::Ship { reservation: id, lines, occurred_at, reference, owner, as_transfer } = command
        else {
            return Ok(Answer::Done);
        };
        if self.acted_before(moment, envelope, Class::Movement)? {
            return Ok(self.part(moment, id).map_or(Answer::Done, Answer::Reservation));
        }
        self.check_owner(id, owner.as_ref())?;
        let at = self.occurred(moment, *occurred_at)?;
        if !self.allocations.contains_key(id) {
            self.promise(moment, id, draft)?;
        }
        let Some(mut allocation) = self.allocations.get(id).cloned() else {
            return Err(Refusal::UnknownReservation(id.clone()));
        };
        let whole = allocation.as_claim(id, moment.now);
        let shipped = match lines {
            Some(lines) => summed(lines)?,
            None => allocation.lines.clone(),
        };
        let mut moved = Moved::default();
        for line in &shipped {
            held_of(&allocation, line)?;
            self.send_off(draft, moment, line, (at, as_transfer.is_some()), &mut moved)?;
            take_out(&mut allocation, line);
        }
        // What goes along with a transfer is told as the transfer's, whoever it is promised to.
        let kind = if as_transfer.is_some() { FactKind::TransferredOut } else { FactKind::Shipped };
        let mut fact = Fact::new(kind).at(at).of_order(as_transfer.as_ref().or(allocation.owner.as_ref()));
        fact = fact.held_by(id, &allocation.channel, allocation.cart.as_ref());
        fact.reference.clone_from(reference);
        let done = allocation.lines.is_empty();
        draft.put(self, Row::Allocation(id.clone(), (!done).then_some(allocation)));
        if done {
            self.note_end(draft, moment, id, End::Shipped, Some(&whole));
        }
        tell(draft, &fact, moved);
        self.remember_act(draft, envelope, Class::Movement, id);
        Ok(self.part(moment, id).map_or(Answer::Done, Answer::Reservation))
    }

    fn send_off(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        line: &ClaimLine,
        (at, as_transfer): (Timestamp, bool),
        moved: &mut Moved,
    ) -> Result<(), Refusal> {
        let covered = self.goods(draft, moment, &line.sku, (Direction::Out, line.quantity), at)?;
        let out = if covered { 0 } else { line.quantity };
        if as_transfer {
            self.total(draft, |totals| &mut totals.transferred, out.saturating_neg())?;
        } else {
            self.total(draft, |totals| &mut totals.shipped, out)?;
        }
        let fact = self.touch(draft, moment, &line.sku, line.quantity.saturating_neg(), |level| {
            level.allocated = sub(level.allocated, line.quantity)?;
            level.on_hand = sub(level.on_hand, out)?;
            Ok(())
        })?;
        moved.push(covered, fact);
        Ok(())
    }

    /// Ends a whole allocation.
    pub(super) fn deallocate(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        id: &ReservationId,
        how: End,
    ) -> Result<(), Refusal> {
        let lines = self.allocations.get(id).map(|allocation| allocation.lines.clone()).unwrap_or_default();
        self.take_back(draft, moment, id, &lines, how)
    }

    /// Gives units of an allocation back, fence draws with them. `how` is its end where nothing is left.
    fn take_back(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        id: &ReservationId,
        lines: &[ClaimLine],
        how: End,
    ) -> Result<(), Refusal> {
        let Some(mut allocation) = self.allocations.get(id).cloned() else { return Ok(()) };
        let whole = allocation.as_claim(id, moment.now);
        let mut told = Vec::with_capacity(lines.len());
        for line in lines {
            let before = quantity_of(&allocation.lines, &line.sku);
            let after = before.saturating_sub(line.quantity);
            let mut draws = std::mem::take(&mut allocation.draws);
            self.redraw(draft, moment, (&allocation.channel, &line.sku), (before, after), &mut draws);
            allocation.draws = draws;
            for open in allocation.lines.iter_mut().filter(|open| open.sku == line.sku) {
                open.quantity = after;
            }
            told.push(self.touch(draft, moment, &line.sku, line.quantity.saturating_neg(), |level| {
                level.allocated = sub(level.allocated, line.quantity)?;
                Ok(())
            })?);
        }
        allocation.lines.retain(|open| open.quantity > 0);
        let order = if let End::Ordered(order) = &how { Some(order) } else { allocation.owner.as_ref() };
        let fact = Fact::new(FactKind::Deallocated).lines(told).of_order(order);
        draft.fact(fact.held_by(id, &allocation.channel, allocation.cart.as_ref()));
        let done = allocation.lines.is_empty();
        draft.put(self, Row::Allocation(id.clone(), (!done).then_some(allocation)));
        if done {
            self.note_end(draft, moment, id, how, Some(&whole));
        }
        Ok(())
    }

    /// Gives back what of the lines is still promised. Remembered as long as movements are: nothing else would keep a
    /// resend after the hold window from giving back once more.
    pub(super) fn give_back(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        (id, owner): Named<'_>,
        lines: &[ClaimLine],
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        if let Some(given) = self.gave_back_before(moment, envelope)? {
            return Ok(Answer::GaveBack(given));
        }
        self.check_owner(id, owner)?;
        let mut given = summed(lines)?;
        let there =
            self.allocations.get(id).map(|allocation| allocation.lines.as_slice()).unwrap_or_default();
        for line in &mut given {
            line.quantity = line.quantity.min(quantity_of(there, &line.sku));
        }
        given.retain(|line| line.quantity > 0);
        if !given.is_empty() {
            self.take_back(draft, moment, id, &given, End::Released)?;
        }
        self.remember_given_back(draft, envelope, given.clone());
        Ok(Answer::GaveBack(given))
    }

    /// What this very command gave back, where it was seen; refuses one that nothing guards any more.
    pub(super) fn gave_back_before(
        &self,
        moment: &Moment,
        envelope: &Envelope,
    ) -> Result<Option<Vec<ClaimLine>>, Refusal> {
        let Some(known) = self.memory.recall(envelope)? else {
            self.memory.admit(envelope, Class::Movement, moment.now)?;
            return Ok(None);
        };
        let lines = if let Outcome::GaveBack { lines } = &known.outcome { lines.clone() } else { Vec::new() };
        Ok(Some(lines))
    }

    pub(super) fn remember_given_back(
        &mut self,
        draft: &mut Draft<Self>,
        envelope: &Envelope,
        lines: Vec<ClaimLine>,
    ) {
        let outcome = Outcome::GaveBack { lines };
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        self.remember(draft, &envelope.id, Remembered { class: Class::Movement, time, fingerprint, outcome });
    }

    /// Promised goods that are not on their shelf: the promise is smaller, and so is what is on hand; broken ones lie
    /// with the broken.
    pub(super) fn write_off(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &Command,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let Command::WriteOff { reservation: id, owner, lines, condition, reason } = command else {
            return Ok(Answer::Done);
        };
        if let Some(gone) = self.gave_back_before(moment, envelope)? {
            return Ok(Answer::GaveBack(gone));
        }
        self.check_owner(id, owner.as_ref())?;
        let Some(allocation) = self.allocations.get(id).cloned() else {
            return Err(self.why_not_held(moment, id));
        };
        let gone = summed(lines)?;
        for line in &gone {
            held_of(&allocation, line)?;
        }
        self.take_back(draft, moment, id, &gone, End::Released)?;
        let mut moved = Moved::default();
        for line in &gone {
            if let Some(condition) = condition {
                let fact = self.touch(draft, moment, &line.sku, line.quantity, |level| {
                    level.shift_condition(*condition, line.quantity)
                })?;
                moved.push(false, fact);
                continue;
            }
            let way = (Direction::Out, line.quantity);
            let covered = self.goods(draft, moment, &line.sku, way, moment.now)?;
            let out = if covered { 0 } else { line.quantity };
            self.total(draft, |totals| &mut totals.corrected, out.saturating_neg())?;
            let fact = self.touch(draft, moment, &line.sku, line.quantity.saturating_neg(), |level| {
                level.on_hand = sub(level.on_hand, out)?;
                Ok(())
            })?;
            moved.push(covered, fact);
        }
        let kind = condition.map_or(FactKind::Adjusted, FactKind::into_condition);
        let fact = Fact::new(kind).of_order(allocation.owner.as_ref());
        let mut fact = fact.held_by(id, &allocation.channel, allocation.cart.as_ref());
        fact.reason.clone_from(reason);
        tell(draft, &fact, moved);
        self.remember_given_back(draft, envelope, gone.clone());
        Ok(Answer::GaveBack(gone))
    }
}

impl Moved {
    fn push(&mut self, covered: bool, line: FactLine) {
        if covered {
            self.covered.push(line);
        } else {
            self.fresh.push(line);
        }
    }
}

/// Tells what moved, and apart from it what a count had known of.
fn tell(draft: &mut Draft<Warehouse>, fact: &Fact, moved: Moved) {
    for (covered, lines) in [(false, moved.fresh), (true, moved.covered)] {
        if !lines.is_empty() {
            draft.fact(Fact { lines, covered, ..fact.clone() });
        }
    }
}

/// Refuses a line of more units than an allocation has.
fn held_of(allocation: &Allocation, line: &ClaimLine) -> Result<(), Refusal> {
    let held = quantity_of(&allocation.lines, &line.sku);
    if line.quantity > held {
        return Err(Refusal::NotHeld { sku: line.sku.clone(), asked: line.quantity, held });
    }
    Ok(())
}

/// Takes units out of an allocation; what was drawn for them stays drawn.
fn take_out(allocation: &mut Allocation, line: &ClaimLine) {
    let mut left = 0;
    for open in allocation.lines.iter_mut().filter(|open| open.sku == line.sku) {
        open.quantity = open.quantity.saturating_sub(line.quantity);
        left = open.quantity;
    }
    allocation.lines.retain(|open| open.quantity > 0);
    for draw in allocation.draws.iter_mut().filter(|draw| draw.sku == line.sku) {
        draw.quantity = draw.quantity.min(left);
    }
    allocation.draws.retain(|draw| draw.quantity > 0);
}
