//! The warehouse as a machine: one command at a time against one state.

use super::command::{Answer, Command};
use super::state::{Key, Row, Warehouse, key_of};
use crate::domain::fact::Fact;
use crate::domain::machine::{Draft, Envelope, Machine, Moment, Redo};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

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
        match command {
            Command::Claim(claim) => self.claim(moment, envelope, claim, draft),
            Command::Settle { reservation, attempt, channel, cart } => {
                let (claim, whose) = ((reservation, *attempt), (channel, cart));
                self.settle_next(moment, envelope, claim, whose, draft)
            }
            Command::DropNext { reservation } => self.drop_next(moment, reservation, draft),
            Command::Release { reservation, attempt } => {
                self.release(moment, envelope, reservation, *attempt, draft)
            }
            Command::Extend { reservation, ttl_ms } => {
                self.extend(moment, envelope, reservation, *ttl_ms, draft)
            }
            Command::Allocate { reservation } => self.allocate(moment, envelope, reservation, draft),
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

    fn loaded(&mut self) {
        let floors = self.memory.floors();
        self.memory.purge_holds(&floors);
    }

    fn after_loss(&self, lost: &[Row], versions: (u64, u64), now: Timestamp) -> Vec<Redo<Self>> {
        self.claim_again(lost, versions, now)
    }

    fn settle(&mut self, confirmed: &[Row]) {
        for row in confirmed {
            if let Row::Floors(floors) = row {
                self.memory.purge_holds(floors);
            }
        }
    }
}
