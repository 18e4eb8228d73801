//! Units sold without goods: held, kept, closed, expired.

use super::command::{Backorder, BackorderState, ChannelAnswer, ClaimBackorder};
use super::machine::{Channel, ChannelFact, ChannelRow};
use crate::domain::hold::{ClaimLine, quantity_of, summed};
use crate::domain::ids::CommandId;
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{AHEAD_MAX_MS, Class, End, Outcome, Remembered};
use crate::domain::refusal::Refusal;

impl Channel {
    pub(super) fn claim_backorder(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        claim: &ClaimBackorder,
        draft: &mut Draft<Self>,
    ) -> Result<ChannelAnswer, Refusal> {
        let id = &envelope.id;
        let known = self.memory.recall(envelope)?;
        if known.is_some_and(|known| matches!(known.outcome, Outcome::ReleasedUnseen { .. })) {
            return Err(Refusal::Released);
        }
        if known.is_some() || self.backorders.contains_key(id) {
            return Ok(self.stands(id));
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        let lines = summed(&claim.lines)?;
        for line in lines.iter().filter(|_| !claim.told) {
            let room = self.room(&line.sku, claim.limit, moment.now);
            if line.quantity > room {
                let (sku, asked) = (line.sku.clone(), line.quantity);
                return Err(Refusal::InsufficientRoom { sku, asked, room });
            }
        }
        let deadline = moment.now.plus(claim.ttl_ms.max(1));
        let owner = claim.owner.clone();
        draft.fact(ChannelFact::Backordered { id: id.clone(), owner: owner.clone(), lines: lines.clone() });
        let state = BackorderState::Held { deadline };
        let outcome = Outcome::claimed(0, lines.clone(), deadline, None);
        draft.put(self, ChannelRow::Backorder(id.clone(), Some(Backorder { owner, lines, state })));
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        let remembered = Remembered { class: Class::Hold, time, fingerprint, outcome };
        draft.put(self, ChannelRow::Remembered(id.clone(), Some(remembered)));
        Ok(self.stands(id))
    }

    pub(super) fn keep_backorder(
        &mut self,
        id: &CommandId,
        draft: &mut Draft<Self>,
    ) -> Result<ChannelAnswer, Refusal> {
        let Some(mut row) = self.backorders.get(id).cloned() else {
            return Err(match self.ended(id) {
                Some(End::Expired) => Refusal::ReservationExpired,
                Some(_) => Refusal::Released,
                None => Refusal::UnknownReservation(id.clone()),
            });
        };
        if row.state != BackorderState::Kept {
            row.state = BackorderState::Kept;
            draft.fact(ChannelFact::BackorderKept { id: id.clone(), owner: row.owner.clone() });
            draft.put(self, ChannelRow::Backorder(id.clone(), Some(row)));
        }
        Ok(self.stands(id))
    }

    pub(super) fn close_backorder(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        (id, left): (&CommandId, &[ClaimLine]),
        draft: &mut Draft<Self>,
    ) -> ChannelAnswer {
        if let Some(mut row) = self.backorders.get(id).cloned() {
            let mut gone = Vec::new();
            for line in &mut row.lines {
                let stays = quantity_of(left, &line.sku).clamp(0, line.quantity);
                let closed = line.quantity.saturating_sub(stays);
                if closed > 0 {
                    gone.push(ClaimLine { sku: line.sku.clone(), quantity: closed });
                }
                line.quantity = stays;
            }
            row.lines.retain(|line| line.quantity > 0);
            if !gone.is_empty() {
                self.end_backorder(draft, moment, (id, row), (gone, End::Released));
            }
        } else if left.is_empty() && self.memory.get(id).is_none() {
            // The claim may still be on its way: it is refused when it arrives.
            let time = envelope.time.clamp(moment.now, moment.now.plus(AHEAD_MAX_MS));
            let outcome = Outcome::ReleasedUnseen { attempt: 0 };
            let remembered = Remembered { class: Class::Hold, time, fingerprint: 0, outcome };
            draft.put(self, ChannelRow::Remembered(id.clone(), Some(remembered)));
        }
        self.stands(id)
    }

    /// Ends held backorders whose deadline has passed.
    pub(super) fn expire_backorders(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>) {
        let due = self.deadlines.iter().take_while(|(deadline, _)| *deadline <= moment.now);
        let due: Vec<CommandId> = due.take(limit).map(|(_, id)| id.clone()).collect();
        for id in due {
            let Some(mut row) = self.backorders.get(&id).cloned() else { continue };
            let gone = std::mem::take(&mut row.lines);
            self.end_backorder(draft, moment, (&id, row), (gone, End::Expired));
        }
    }

    /// Sets what is left of a backorder and tells what went; how it ended stays known for the hold window.
    fn end_backorder(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        (id, row): (&CommandId, Backorder),
        (gone, how): (Vec<ClaimLine>, End),
    ) {
        let expired = how == End::Expired;
        let owner = row.owner.clone();
        draft.fact(ChannelFact::BackorderClosed { id: id.clone(), owner, lines: gone, expired });
        let over = row.lines.is_empty();
        draft.put(self, ChannelRow::Backorder(id.clone(), (!over).then_some(row)));
        if over
            && let Some(mut known) = self.memory.get(id).cloned()
            && let Outcome::Claimed(claimed) = &mut known.outcome
        {
            claimed.end = Some(how);
            known.time = known.time.max(moment.now);
            draft.put(self, ChannelRow::Remembered(id.clone(), Some(known)));
        }
    }

    pub(super) fn stands(&self, id: &CommandId) -> ChannelAnswer {
        ChannelAnswer::Backorder(self.backorders.get(id).cloned())
    }

    fn ended(&self, id: &CommandId) -> Option<&End> {
        match self.memory.get(id).map(|known| &known.outcome) {
            Some(Outcome::Claimed(claimed)) => claimed.end.as_ref(),
            Some(_) | None => None,
        }
    }
}
