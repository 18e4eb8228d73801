//! Random tasks of documents.

use super::random_desk::Dice;
use crate::domain::level::Condition;
use crate::domain::order::{Along, AlongTold, ClaimPart, Message, Task, TaskWork, Tasks};
use crate::domain::warehouse::{Movement, MovementKind, Promised, WaitForStock};

impl Dice {
    pub(super) fn tasks(&mut self) -> Tasks {
        let open = self.few(|dice| Task {
            number: dice.small(),
            since: dice.time(),
            trace: dice.maybe(Self::trace),
            work: dice.work(),
        });
        Tasks { open, last: self.small() }
    }

    fn work(&mut self) -> TaskWork {
        let (attempt, parts) = (self.small(), self.few(Self::part));
        match self.below(10) {
            0 => TaskWork::Route,
            1 => TaskWork::Claim { attempt, parts },
            2 => TaskWork::Allocate { attempt, parts },
            3 => TaskWork::Abandon { attempt, parts },
            4 => TaskWork::Backorder {
                channel: self.channel(),
                id: self.id(),
                line: self.line_id(),
                warehouse: self.warehouse(),
                wait: self.wait(),
            },
            5 => TaskWork::CloseBackorder {
                channel: self.channel(),
                id: self.id(),
                left: self.few(Self::claim_line),
            },
            6 => TaskWork::Along { order: self.order_id(), told: Box::new(self.told()) },
            7 => TaskWork::Fewer { transfer: self.order_id(), row: attempt, quantity: self.units() },
            _ => TaskWork::Tell { warehouse: self.warehouse(), message: self.message() },
        }
    }

    fn part(&mut self) -> ClaimPart {
        ClaimPart {
            fulfilment: self.small(),
            warehouse: self.warehouse(),
            claim: self.id(),
            lines: self.few(Self::claim_line),
        }
    }

    fn wait(&mut self) -> WaitForStock {
        WaitForStock {
            channel: self.channel(),
            owner: self.order_id(),
            sku: self.sku(),
            quantity: self.units(),
            told: self.flag(),
            priority: self.byte(),
            promise: self.maybe(Self::time),
            accepted_at: self.time(),
        }
    }

    fn message(&mut self) -> Message {
        let (claim, lines) = (self.id(), self.few(Self::claim_line));
        match self.below(8) {
            0 => Message::Deallocate { claim, lines },
            1 => Message::Ship { claim, lines, at: self.time(), transfer: self.flag() },
            2 => {
                let (damaged, reason) = (self.flag(), self.maybe(Self::reason));
                Message::WriteOff { claim, lines, damaged, reason }
            }
            3 => Message::Unwait { wait: claim, quantity: self.units() },
            4 => Message::GiveUpWait { wait: claim },
            5 => Message::AckServed { wait: claim, upto: self.units() },
            6 => Message::SendAlong { claim, lines, at: self.time(), transfer: self.order_id() },
            _ => Message::Move(Movement {
                sku: self.sku(),
                kind: self.movement(),
                quantity: self.units(),
                reference: self.maybe(Self::reference),
                reason: self.maybe(Self::reason),
                occurred_at: self.maybe(Self::time),
            }),
        }
    }

    fn condition(&mut self) -> Condition {
        self.one_of(&[Condition::Damaged, Condition::QualityControl, Condition::Quarantine])
    }

    fn movement(&mut self) -> MovementKind {
        match self.below(10) {
            0 => MovementKind::Receive(self.maybe(Self::condition)),
            1 => MovementKind::Return(self.maybe(Self::condition)),
            2 => MovementKind::Adjust,
            3 => MovementKind::Hold(self.condition()),
            4 => MovementKind::Restock(self.condition()),
            5 => MovementKind::Reclassify { from: self.condition(), to: self.condition() },
            6 => MovementKind::Scrap(self.maybe(Self::condition)),
            7 => MovementKind::Sell { channel: self.channel(), reservation: self.maybe(Self::id) },
            8 => MovementKind::TransferOut { transfer: self.order_id() },
            _ => MovementKind::TransferIn {
                transfer: self.order_id(),
                into: self.maybe(Self::condition),
                promised: self.few(|dice| Promised {
                    claim: dice.id(),
                    order: dice.order_id(),
                    channel: dice.channel(),
                    quantity: dice.units(),
                }),
            },
        }
    }

    fn told(&mut self) -> AlongTold {
        AlongTold {
            transfer: self.order_id(),
            from: self.warehouse(),
            to: self.warehouse(),
            along: self.along(),
            at: self.time(),
            over: self.flag(),
        }
    }

    pub(super) fn along(&mut self) -> Along {
        Along {
            row: self.small(),
            order: self.order_id(),
            channel: self.channel(),
            line: self.line_id(),
            sku: self.sku(),
            fulfilment: self.maybe(Self::small),
            quantity: self.units(),
            shipped: self.units(),
            received: self.units(),
            lost: self.units(),
            refused: self.maybe(Self::reason),
        }
    }
}
