//! What a document still has to tell warehouses and channels: "the desk writes, then asks".
//!
//! Tasks are rows like all else, so that a crash between two messages repeats one message and nothing is lost. They are
//! carried out one after the other, the oldest first; each message bears an id made of the document's id and the task's
//! number, so that its receiver knows it when it comes twice.

use super::transfer::AlongTold;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{
    ChannelId, CommandId, LineId, OrderId, Reason, ReservationId, TransferId, WarehouseId,
};
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;
use crate::domain::warehouse::{Movement, WaitForStock};

/// One part of a plan that is claimed at one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPart {
    /// The number of the fulfilment it is for.
    pub fulfilment: u32,
    /// Where.
    pub warehouse: WarehouseId,
    /// The claim's id there.
    pub claim: ReservationId,
    /// What; one line per SKU.
    pub lines: Vec<ClaimLine>,
}

/// What to tell whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Give units of an allocation back.
    Deallocate {
        /// Which allocation.
        claim: ReservationId,
        /// What.
        lines: Vec<ClaimLine>,
    },
    /// Units of an allocation have left.
    Ship {
        /// Which allocation.
        claim: ReservationId,
        /// What.
        lines: Vec<ClaimLine>,
        /// When.
        at: Timestamp,
        /// Whether they go to another warehouse instead of a buyer.
        transfer: bool,
    },
    /// Units of an allocation were not found, or found broken.
    WriteOff {
        /// Which allocation.
        claim: ReservationId,
        /// What.
        lines: Vec<ClaimLine>,
        /// Whether they are there and broken; else they are not there.
        damaged: bool,
        /// Why.
        reason: Option<Reason>,
    },
    /// Units of an order's allocation have left with a transfer.
    SendAlong {
        /// Which allocation.
        claim: ReservationId,
        /// What.
        lines: Vec<ClaimLine>,
        /// When.
        at: Timestamp,
        /// Which transfer.
        transfer: TransferId,
    },
    /// Goods moved.
    Move(Movement),
    /// Waiting units are not wanted any more.
    Unwait {
        /// Which waiting claim.
        wait: CommandId,
        /// How many.
        quantity: i64,
    },
    /// Nobody waits any more, and what was served meanwhile is given back too: the claim was never booked.
    GiveUpWait {
        /// Which waiting claim.
        wait: CommandId,
    },
    /// Units served were booked, `upto` in all.
    AckServed {
        /// Which waiting claim.
        wait: CommandId,
        /// How many in all.
        upto: i64,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskWork {
    /// Find a place for what has none, with fresh figures.
    Route,
    /// Claim the parts of an attempt, in ascending order of warehouse. A single part is allocated in the same step.
    Claim {
        /// Which attempt.
        attempt: u32,
        /// Its parts.
        parts: Vec<ClaimPart>,
    },
    /// Allocate what was claimed at several warehouses.
    Allocate {
        /// Which attempt.
        attempt: u32,
        /// Its parts.
        parts: Vec<ClaimPart>,
    },
    /// Give the claims of an attempt back, and rule out that they are carried out later.
    Abandon {
        /// Which attempt.
        attempt: u32,
        /// Its parts.
        parts: Vec<ClaimPart>,
    },
    /// Tell a warehouse.
    Tell {
        /// Which.
        warehouse: WarehouseId,
        /// What.
        message: Message,
    },
    /// Claim room for units without goods at the channel, then let them wait at a warehouse.
    Backorder {
        /// Whose room.
        channel: ChannelId,
        /// The row's id at the channel.
        id: CommandId,
        /// Of which line.
        line: LineId,
        /// Where they wait.
        warehouse: WarehouseId,
        /// The waiting claim.
        wait: WaitForStock,
    },
    /// Give room at the channel back: what stays open is told, not what goes, so that it may be told twice.
    CloseBackorder {
        /// Whose room.
        channel: ChannelId,
        /// The row's id.
        id: CommandId,
        /// What stays open; nothing closes it.
        left: Vec<ClaimLine>,
    },
    /// Tell an order how it stands with units of it that go along with this transfer.
    Along {
        /// Which order.
        order: OrderId,
        /// How it stands.
        told: Box<AlongTold>,
    },
    /// Tell a transfer that fewer units of this order go along.
    Fewer {
        /// Which transfer.
        transfer: TransferId,
        /// Which of its rows.
        row: u32,
        /// How many still shall.
        quantity: i64,
    },
}

/// Where a task comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// When it was decided.
    pub at: Timestamp,
    /// Whose trace the command belonged to that it follows from.
    pub trace: Option<Trace>,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its number within the document, from 1.
    pub number: u32,
    /// When it was journaled.
    pub since: Timestamp,
    /// Whose trace the command belonged to that it follows from: what is told for it belongs there too.
    pub trace: Option<Trace>,
    /// What is to be done.
    pub work: TaskWork,
}

impl Task {
    /// The id its message bears.
    #[must_use]
    pub fn id(&self, document: &OrderId, epoch: u64) -> CommandId {
        CommandId::stored(&format!("{document}/{epoch}/t{}", self.number))
    }
}

/// The tasks of a document, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tasks {
    /// What is still to be done.
    pub open: Vec<Task>,
    /// The number of the newest task there ever was.
    pub last: u32,
}

impl Tasks {
    /// Adds one.
    pub fn push(&mut self, begun: Begun, work: TaskWork) {
        let task = self.next(begun, work);
        self.open.push(task);
    }

    /// Adds one that is carried out before all others.
    pub fn push_first(&mut self, begun: Begun, work: TaskWork) {
        let task = self.next(begun, work);
        self.open.insert(0, task);
    }

    fn next(&mut self, Begun { at, trace }: Begun, work: TaskWork) -> Task {
        self.last = self.last.saturating_add(1);
        Task { number: self.last, since: at, trace, work }
    }

    /// The next to be carried out.
    #[must_use]
    pub fn first(&self) -> Option<&Task> {
        self.open.first()
    }

    /// Takes one out; `None` where it was done before.
    pub fn take(&mut self, number: u32) -> Option<Task> {
        let at = self.open.iter().position(|task| task.number == number)?;
        Some(self.open.remove(at))
    }

    /// Whether routing is still to come, or under way.
    #[must_use]
    pub fn is_routing(&self) -> bool {
        self.open.iter().any(|task| {
            matches!(
                task.work,
                TaskWork::Route
                    | TaskWork::Claim { .. }
                    | TaskWork::Allocate { .. }
                    | TaskWork::Abandon { .. }
                    | TaskWork::Backorder { .. }
            )
        })
    }
}
