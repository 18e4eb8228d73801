//! Goods move: in, out, and between sellable and not.

use super::command::{Answer, Movement, MovementKind};
use super::reservation::Whose;
use super::state::{Row, Warehouse};
use crate::domain::count::{Bucket, BucketKey, Direction, FUTURE_MAX_MS};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::hold::{ClaimLine, HoldKey, quantity_of};
use crate::domain::ids::{ChannelId, ReservationId, Sku};
use crate::domain::level::{Condition, Level};
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{Class, End, Outcome, Remembered};
use crate::domain::quantity::{Quantity, add, sub};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

use super::state::Totals;

/// Picks a running total.
type Slot = fn(&mut Totals) -> &mut i64;

/// What a movement does to a level, before anything is known of counts.
struct Effect {
    kind: FactKind,
    on_hand: i64,
    conditions: [Option<(Condition, i64)>; 2],
    total: Option<(Slot, i64)>,
}

impl Warehouse {
    pub(super) fn move_goods(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        movement: &Movement,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let sku = &movement.sku;
        let level = self.levels.get(sku).copied();
        if let Some(known) = self.memory.recall(envelope)? {
            let covered = matches!(known.outcome, Outcome::Moved { covered: true });
            return Ok(Answer::Moved { covered, level: level.unwrap_or_default() });
        }
        self.memory.admit(envelope, Class::Movement, moment.now)?;
        let at = self.occurred(moment, movement.occurred_at)?;
        let effect = effect(movement, level.as_ref())?;
        if let MovementKind::Sell { channel, reservation } = &movement.kind {
            self.end_for_sale(draft, moment, movement, channel, reservation.as_ref())?;
        }
        let direction = if effect.on_hand < 0 { Direction::Out } else { Direction::In };
        let moves = effect.on_hand != 0;
        let units = effect.on_hand.saturating_abs();
        let covered = moves && self.goods(draft, moment, sku, (direction, units), at)?;
        let on_hand = if covered { 0 } else { effect.on_hand };
        if let Some((slot, by)) = effect.total.filter(|_| !covered) {
            self.total(draft, slot, by)?;
        }
        let change = if moves { effect.on_hand } else { movement.quantity };
        let line = self.touch(draft, moment, sku, change, |level| {
            level.on_hand = add(level.on_hand, on_hand)?;
            effect
                .conditions
                .iter()
                .flatten()
                .try_for_each(|(condition, by)| level.shift_condition(*condition, *by))
        })?;
        let mut fact = Fact::new(effect.kind).lines(vec![line]);
        fact.covered = covered;
        fact.reference.clone_from(&movement.reference);
        fact.reason.clone_from(&movement.reason);
        fact.time = movement.occurred_at;
        match &movement.kind {
            MovementKind::Sell { channel, reservation } => {
                fact.channel = Some(channel.clone());
                fact.reservation.clone_from(reservation);
            }
            MovementKind::TransferOut { transfer } | MovementKind::TransferIn { transfer, .. } => {
                fact.order = Some(transfer.clone());
            }
            MovementKind::Receive(_)
            | MovementKind::Return(_)
            | MovementKind::Adjust
            | MovementKind::Hold(_)
            | MovementKind::Restock(_)
            | MovementKind::Reclassify { .. }
            | MovementKind::Scrap(_) => {}
        }
        draft.fact(fact);
        if let MovementKind::TransferIn { promised, .. } = &movement.kind {
            self.promise_what_came(draft, moment, sku, promised)?;
        }
        let outcome = Outcome::Moved { covered };
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        self.remember(draft, &envelope.id, Remembered { class: Class::Movement, time, fingerprint, outcome });
        let level = self.levels.get(sku).copied().unwrap_or_default();
        Ok(Answer::Moved { covered, level })
    }

    /// When a movement happened; refused where that lies ahead of our clock.
    pub(super) fn occurred(&self, moment: &Moment, told: Option<Timestamp>) -> Result<Timestamp, Refusal> {
        match told {
            Some(at) if at > moment.now.plus(FUTURE_MAX_MS) => {
                Err(Refusal::FutureMovement { server_time: moment.now })
            }
            Some(at) => Ok(at),
            None => Ok(moment.now),
        }
    }

    /// Notes goods in their minute bucket, and says whether the SKU's last count had known of them.
    pub(super) fn goods(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        sku: &Sku,
        (direction, units): (Direction, i64),
        at: Timestamp,
    ) -> Result<bool, Refusal> {
        if at >= moment.now.minus(self.rules.count_horizon_ms) {
            let key = BucketKey { minute: at.minute(), sku: sku.clone() };
            let known = self.buckets.get(sku).and_then(|minutes| minutes.get(&key.minute)).copied();
            let fresh = Bucket { incoming: 0, outgoing: 0, first: moment.version, last: moment.version };
            let mut bucket = known.unwrap_or(fresh);
            bucket.last = moment.version;
            match direction {
                Direction::In => bucket.incoming = add(bucket.incoming, units)?,
                Direction::Out => bucket.outgoing = add(bucket.outgoing, units)?,
            }
            draft.put(self, Row::Bucket(key, Some(bucket)));
        }
        Ok(self.marks.get(sku).is_some_and(|mark| mark.covers(direction, at)))
    }

    /// A sale draws on its channel's fence for good, and ends what its reservation held of the SKU.
    fn end_for_sale(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        movement: &Movement,
        channel: &ChannelId,
        reservation: Option<&ReservationId>,
    ) -> Result<(), Refusal> {
        if let Some(id) = reservation {
            // What an order owns is its desk's to end.
            if let Some((key, _)) = self.open_hold(id).filter(|(_, hold)| hold.owner.is_none()) {
                self.end_held_sku(draft, moment, &key, id, &movement.sku)?;
            } else if self.whose(id) == Whose::Cart {
                self.end_allocated_sku(draft, moment, id, &movement.sku)?;
            }
        }
        let mut draws = Vec::new();
        self.redraw(draft, moment, (channel, &movement.sku), (0, movement.quantity), &mut draws);
        Ok(())
    }

    fn end_held_sku(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        key: &HoldKey,
        id: &ReservationId,
        sku: &Sku,
    ) -> Result<(), Refusal> {
        let Some(mut hold) = self.holds.get(key).cloned() else { return Ok(()) };
        let mut claims = hold.now.iter_mut().chain(hold.next.iter_mut());
        let Some(claim) = claims.find(|claim| claim.reservation == *id) else { return Ok(()) };
        if claim.lines.iter().all(|line| line.sku == *sku) {
            return self.end_claim(draft, moment, key, id, (End::Shipped, FactKind::Released));
        }
        if claim.quantity(sku) == 0 {
            return Ok(());
        }
        claim.lines.retain(|line| line.sku != *sku);
        let (channel, cart) = (hold.channel.clone(), hold.cart.clone());
        let lines = self.set_hold(draft, moment, key, Some(hold))?;
        draft.fact(Fact::new(FactKind::Released).lines(lines).held_by(id, &channel, cart.as_ref()));
        Ok(())
    }

    fn end_allocated_sku(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        id: &ReservationId,
        sku: &Sku,
    ) -> Result<(), Refusal> {
        let Some(mut allocation) = self.allocations.get(id).cloned() else { return Ok(()) };
        let quantity = quantity_of(&allocation.lines, sku);
        if quantity == 0 {
            return Ok(());
        }
        let whole = allocation.as_claim(id, moment.now);
        let (channel, cart) = (allocation.channel.clone(), allocation.cart.clone());
        self.redraw(draft, moment, (&channel, sku), (quantity, 0), &mut allocation.draws);
        allocation.lines.retain(|line: &ClaimLine| line.sku != *sku);
        let line = self.touch(draft, moment, sku, quantity.saturating_neg(), |level| {
            level.allocated = sub(level.allocated, quantity)?;
            Ok(())
        })?;
        let done = allocation.lines.is_empty();
        draft.put(self, Row::Allocation(id.clone(), (!done).then_some(allocation)));
        if done {
            self.note_end(draft, moment, id, End::Shipped, Some(&whole));
        }
        draft.fact(Fact::new(FactKind::Deallocated).lines(vec![line]).held_by(id, &channel, cart.as_ref()));
        Ok(())
    }
}

/// What a movement does, or why it can't.
fn effect(movement: &Movement, level: Option<&Level>) -> Result<Effect, Refusal> {
    let quantity = movement.quantity;
    if let MovementKind::TransferIn { promised, .. } = &movement.kind
        && promised.iter().fold(0_i64, |sum, units| sum.saturating_add(units.quantity)) > quantity
    {
        return Err(Refusal::OutOfRange);
    }
    let signed = movement.kind == MovementKind::Adjust;
    if Quantity::new(if signed { quantity.saturating_abs() } else { quantity }).is_none() {
        return Err(Refusal::OutOfRange);
    }
    let out = quantity.saturating_neg();
    let plain = |kind, on_hand, total| Effect { kind, on_hand, conditions: [None; 2], total: Some(total) };
    let into = |effect: Effect, into: Option<Condition>, by| Effect {
        conditions: [into.map(|condition| (condition, by)), None],
        ..effect
    };
    let within = |kind, conditions| Effect { kind, on_hand: 0, conditions, total: None };
    Ok(match &movement.kind {
        MovementKind::Receive(condition) => {
            let received: Slot = |totals| &mut totals.received;
            into(plain(FactKind::Received, quantity, (received, quantity)), *condition, quantity)
        }
        MovementKind::Return(condition) => {
            let returned: Slot = |totals| &mut totals.returned;
            into(plain(FactKind::Returned, quantity, (returned, quantity)), *condition, quantity)
        }
        MovementKind::TransferIn { into: condition, .. } => {
            let transferred: Slot = |totals| &mut totals.transferred;
            into(plain(FactKind::TransferredIn, quantity, (transferred, quantity)), *condition, quantity)
        }
        MovementKind::TransferOut { .. } => {
            plain(FactKind::TransferredOut, out, (|totals| &mut totals.transferred, out))
        }
        MovementKind::Adjust => {
            plain(FactKind::Adjusted, quantity, (|totals| &mut totals.corrected, quantity))
        }
        MovementKind::Sell { .. } => plain(FactKind::Sold, out, (|totals| &mut totals.shipped, quantity)),
        MovementKind::Hold(condition) => {
            known(movement, level)?;
            within(FactKind::into_condition(*condition), [Some((*condition, quantity)), None])
        }
        MovementKind::Restock(condition) => {
            out_of(movement, level, *condition)?;
            within(FactKind::Restocked, [Some((*condition, out)), None])
        }
        MovementKind::Reclassify { from, to } => {
            out_of(movement, level, *from)?;
            within(FactKind::into_condition(*to), [Some((*from, out)), Some((*to, quantity))])
        }
        MovementKind::Scrap(from) => {
            match from {
                Some(condition) => out_of(movement, level, *condition)?,
                None => known(movement, level).map(|_| ())?,
            }
            into(plain(FactKind::Scrapped, out, (|totals| &mut totals.scrapped, quantity)), *from, out)
        }
    })
}

fn known<'a>(movement: &Movement, level: Option<&'a Level>) -> Result<&'a Level, Refusal> {
    level.ok_or_else(|| Refusal::UnknownSku(movement.sku.clone()))
}

fn out_of(movement: &Movement, level: Option<&Level>, condition: Condition) -> Result<(), Refusal> {
    let there = known(movement, level)?.condition(condition);
    if movement.quantity > there {
        return Err(Refusal::InsufficientCondition { condition, asked: movement.quantity, there });
    }
    Ok(())
}
