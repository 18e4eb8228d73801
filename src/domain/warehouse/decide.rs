//! The warehouse as a machine: one command at a time against one state.

use super::command::{Answer, Command};
use super::state::{Key, Row, Warehouse, key_of};
use crate::domain::fact::Fact;
use crate::domain::machine::{Draft, Envelope, Machine, Moment, Redo};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Waiting claims served by one command; the rest is served by upkeep, so that one receipt can't fill a batch.
pub(super) const SERVED_MAX: usize = 64;

impl Machine for Warehouse {
    type Command = Command;
    type Answer = Answer;
    type Fact = Fact;
    type Row = Row;
    type Key = Key;

    fn name(command: &Command) -> &'static str {
        command.name()
    }

    fn decide(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &Command,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let (facts, mark) = (draft.facts.len(), draft.mark());
        let mut answer = self.carry_out(moment, envelope, command, draft)?;
        // Whatever frees goods tells a fact.
        if draft.facts.len() > facts {
            self.serve(moment, SERVED_MAX, draft)?;
        }
        self.tell_crossings(moment, mark, draft)?;
        if let Answer::Waiting(part) = &mut answer {
            part.waiting = self.waiting.get(&part.id).cloned();
        }
        Ok(answer)
    }

    fn upkeep(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>) {
        self.keep_up(moment, limit, draft);
    }

    fn due(&self) -> Option<Timestamp> {
        self.next_due()
    }

    fn put(&mut self, row: Row) -> Row {
        self.put_row(row)
    }

    fn key(row: &Row) -> Key {
        key_of(row)
    }

    fn row(&self, key: &Key) -> Row {
        self.row_of(key)
    }

    fn rows(&self) -> Vec<Row> {
        self.all_rows().collect()
    }

    fn floor(&self) -> Timestamp {
        self.memory.floors().hold
    }

    fn loaded(&mut self, _version: u64) {
        let floors = self.memory.floors();
        self.memory.purge_holds(&floors);
    }

    fn after_loss(&self, lost: &[Row], versions: (u64, u64), now: Timestamp) -> Vec<Redo<Self>> {
        self.claim_again(lost, versions, now)
    }

    fn settle(&mut self, confirmed: &[Row], _version: u64) {
        for row in confirmed {
            if let Row::Floors(floors) = row {
                self.memory.purge_holds(floors);
            }
        }
    }
}

impl Warehouse {
    fn carry_out(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &Command,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        match command {
            Command::Claim(claim) => self.claim(moment, envelope, claim, draft),
            Command::Settle { reservation, attempt, channel, cart } => {
                let (claim, whose) = ((reservation, *attempt), (channel, cart));
                self.settle_next(moment, envelope, claim, whose, draft)
            }
            Command::DropNext { reservation } => self.drop_next(moment, reservation, draft),
            Command::Release { reservation, attempt, owner } => {
                self.release(moment, envelope, (reservation, owner.as_ref()), *attempt, draft)
            }
            Command::Extend { reservation, ttl_ms, owner } => {
                self.extend(moment, envelope, (reservation, owner.as_ref()), *ttl_ms, draft)
            }
            Command::Allocate { reservation, owner } => {
                self.allocate(moment, envelope, (reservation, owner.as_ref()), draft)
            }
            Command::Deallocate { reservation, owner, lines } => {
                self.give_back(moment, envelope, (reservation, owner.as_ref()), lines, draft)
            }
            Command::WriteOff { .. } => self.write_off(moment, envelope, command, draft),
            Command::Wait(wait) => self.wait(moment, envelope, wait, draft),
            Command::Unwait { id, quantity } => self.unwait(moment, envelope, id, *quantity, draft),
            Command::AckServed { id, upto } => self.acknowledge_served(id, *upto, draft),
            Command::FindWaiting { owner } => Ok(self.find_waiting(owner.as_ref())),
            Command::Ship { .. } => self.ship(moment, envelope, command, draft),
            Command::Find { reservation, cart, command } => {
                Ok(self.find(moment, reservation.as_ref(), cart.as_ref(), command.as_ref()))
            }
            Command::Move(movement) => self.move_goods(moment, envelope, movement, draft),
            Command::Count(line) => self.count(moment, envelope, line, draft),
            Command::SetPolicy(policy) => self.set_policy(moment, envelope, policy, draft),
            Command::RecordTailLost { lost_from, lost_to } => {
                self.record_tail_lost(*lost_from, *lost_to, draft);
                Ok(Answer::Done)
            }
            Command::RecordOversold { reservation, channel, lines } => {
                self.record_oversold(moment, reservation, channel, lines, draft)
            }
        }
    }
}
