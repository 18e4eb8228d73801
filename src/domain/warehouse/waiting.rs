//! Orders that wait for goods: they begin to wait, wait for less, and book what they were given.

use super::command::{Answer, WaitForStock, WaitingPart};
use super::state::{Row, Warehouse};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{OrderId, WaitId};
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{AHEAD_MAX_MS, Class, Outcome, Remembered};
use crate::domain::quantity::{Quantity, sub};
use crate::domain::refusal::Refusal;
use crate::domain::waiting::Waiting;

/// Waiting claims listed in one answer.
const LISTED_MAX: usize = 1_000;

impl Warehouse {
    pub(super) fn wait(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        wait: &WaitForStock,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let id = &envelope.id;
        let known = self.memory.recall(envelope)?;
        if known.is_some_and(|known| matches!(known.outcome, Outcome::ReleasedUnseen { .. })) {
            return Err(Refusal::Released);
        }
        if known.is_some() || self.waiting.get(id).is_some() {
            return Ok(self.waiting_part(id, 0));
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        let quantity = Quantity::new(wait.quantity).ok_or(Refusal::OutOfRange)?.units();
        let waiting = Waiting {
            channel: wait.channel.clone(),
            owner: wait.owner.clone(),
            sku: wait.sku.clone(),
            quantity,
            served: 0,
            acknowledged: 0,
            told: wait.told,
            priority: wait.priority,
            promise: wait.promise,
            accepted_at: wait.accepted_at,
        };
        let line = self.touch(draft, moment, &wait.sku, quantity, |_| Ok(()))?;
        let mut fact = Fact::new(FactKind::Waiting).lines(vec![line]).of_order(Some(&wait.owner));
        fact.time = wait.promise;
        draft.fact(fact.held_by(id, &wait.channel, None));
        draft.put(self, Row::Waiting(id.clone(), Some(waiting)));
        let (time, fingerprint, outcome) = (envelope.time, envelope.fingerprint, Outcome::Waited);
        self.remember(draft, id, Remembered { class: Class::Hold, time, fingerprint, outcome });
        Ok(self.waiting_part(id, 0))
    }

    pub(super) fn unwait(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        id: &WaitId,
        quantity: Option<i64>,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        if let Some(given) = self.gave_back_before(moment, envelope)? {
            return Ok(self.waiting_part(id, given.first().map_or(0, |line| line.quantity)));
        }
        let mut given = Vec::new();
        if let Some(mut waiting) = self.waiting.get(id).cloned() {
            let less = quantity.unwrap_or(waiting.quantity).clamp(0, waiting.quantity);
            if less > 0 {
                waiting.quantity = sub(waiting.quantity, less)?;
                let line = self.touch(draft, moment, &waiting.sku, less.saturating_neg(), |_| Ok(()))?;
                let fact = Fact::new(FactKind::WaitingClosed).lines(vec![line]);
                let fact = fact.of_order(Some(&waiting.owner));
                draft.fact(fact.held_by(id, &waiting.channel, None));
                given.push(ClaimLine { sku: waiting.sku.clone(), quantity: less });
                self.put_waiting(draft, id, waiting);
            }
        } else if quantity.is_none() && self.memory.get(id).is_none() {
            // The claim may still be on its way: it is refused when it arrives.
            let time = envelope.time.clamp(moment.now, moment.now.plus(AHEAD_MAX_MS));
            let outcome = Outcome::ReleasedUnseen { attempt: 0 };
            self.remember(draft, id, Remembered { class: Class::Hold, time, fingerprint: 0, outcome });
        }
        let less = given.first().map_or(0, |line| line.quantity);
        self.remember_given_back(draft, envelope, given);
        Ok(self.waiting_part(id, less))
    }

    /// Booked units only ever become more, so a repeated or a late one changes nothing.
    pub(super) fn acknowledge_served(
        &mut self,
        id: &WaitId,
        upto: i64,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        if let Some(mut waiting) = self.waiting.get(id).cloned() {
            let booked = upto.min(waiting.served).max(waiting.acknowledged);
            if booked > waiting.acknowledged {
                waiting.acknowledged = booked;
                self.put_waiting(draft, id, waiting);
            }
        }
        Ok(self.waiting_part(id, 0))
    }

    fn put_waiting(&mut self, draft: &mut Draft<Self>, id: &WaitId, waiting: Waiting) {
        let row = (!waiting.is_over()).then_some(waiting);
        draft.put(self, Row::Waiting(id.clone(), row));
    }

    pub(super) fn find_waiting(&self, owner: Option<&OrderId>) -> Answer {
        let copied = |(id, row): (&WaitId, &Waiting)| (id.clone(), row.clone());
        Answer::WaitingRows(match owner {
            Some(order) => self.waiting.of_order(order).map(copied).collect(),
            None => self.waiting.unacknowledged().take(LISTED_MAX).map(copied).collect(),
        })
    }

    fn waiting_part(&self, id: &WaitId, given_up: i64) -> Answer {
        let waiting = self.waiting.get(id).cloned();
        Answer::Waiting(Box::new(WaitingPart { id: id.clone(), waiting, given_up }))
    }
}
