//! Carries out what documents have to tell, one task after the other, and reports what became of each.
//!
//! Every message bears an id of its own, so one that is repeated after a crash or an unknown outcome is known by its
//! receiver. Nothing is decided here: what an answer means is the desk's business.

use std::sync::Arc;

use crate::actor::fault::Fault;
use crate::actor::house::{House, WarehouseHandle};
use crate::domain::channel::{ChannelCommand, ClaimBackorder};
use crate::domain::desk::command::TaskOutcome;
use crate::domain::desk::message::{Claiming, transfers};
use crate::domain::desk::{Answer as DeskAnswer, Document, Verb};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{ChannelId, CommandId, OrderId, WarehouseId};
use crate::domain::machine::Envelope;
use crate::domain::order::{ClaimPart, Message, Task, TaskWork};
use crate::domain::refusal::Refusal;
use crate::domain::trace::Trace;
use crate::domain::warehouse::{Answer, Command, WaitForStock};

/// Tasks carried out of one document in one go; a document that has more goes on later.
const TASKS_MAX: usize = 1_000;

impl House {
    /// Carries a document on in a task of its own, so that an asker who goes away does not stop it. Answers how it
    /// stands then; `None` where it is not known any more.
    pub(super) async fn drive_on(self: &Arc<Self>, id: &OrderId) -> Result<Option<Document>, Fault> {
        let (house, id) = (self.clone(), id.clone());
        let driven = self.io.spawn(async move { house.drive(&id).await });
        driven.await.unwrap_or(Err(Fault::OutcomeUnknown))
    }

    /// Carries out what a document has to tell, until nothing is left or somebody is away.
    pub(super) async fn drive(self: &Arc<Self>, id: &OrderId) -> Result<Option<Document>, Fault> {
        let _turn = self.desks.locks.turn(id.clone()).await;
        let Some(mut document) = self.look(id).await? else { return Ok(None) };
        for _ in 0..TASKS_MAX {
            let Some(task) = document.task().cloned() else { break };
            let verb = self.carry_out(&document, &task).await?;
            let envelope = self.inside(task.id(id, epoch(&document)), task.trace);
            match self.ask_desk(envelope, verb).await? {
                DeskAnswer::Document(next) | DeskAnswer::Superseded(next) => document = next,
                // An order that is refused after all has its claims still to give back.
                DeskAnswer::Refused(_) | DeskAnswer::Unknown | DeskAnswer::LookAgain | DeskAnswer::Done => {
                    let Some(next) = self.look(id).await? else { return Ok(None) };
                    document = next;
                }
            }
        }
        Ok(Some(document))
    }

    async fn look(&self, id: &OrderId) -> Result<Option<Document>, Fault> {
        let look = Verb::Look { id: id.clone() };
        match self.ask_desk(self.inside(CommandId::stored("look"), None), look).await? {
            DeskAnswer::Document(document) => Ok(Some(document)),
            DeskAnswer::Superseded(_)
            | DeskAnswer::Refused(_)
            | DeskAnswer::Unknown
            | DeskAnswer::LookAgain
            | DeskAnswer::Done => Ok(None),
        }
    }

    /// Carries one task out; what the desk is to be told of it.
    async fn carry_out(&self, document: &Document, task: &Task) -> Result<Verb, Fault> {
        let report = |outcome| Verb::Report { document: document.id().clone(), task: task.number, outcome };
        let outcome = match &task.work {
            TaskWork::Route => {
                let Some(order) = document.order() else { return Ok(report(TaskOutcome::Done)) };
                let held = self.held_by(order.reservation.as_ref()).await?;
                let routing = Box::new(self.route_rest(order, &held)?);
                return Ok(Verb::Decide { order: order.id.clone(), task: task.number, routing });
            }
            TaskWork::Claim { attempt, parts } => self.claim(document, task, *attempt, parts).await?,
            TaskWork::Allocate { parts, .. } => self.allocate_parts(document, task, parts).await?,
            TaskWork::Abandon { attempt, parts } => {
                self.abandon(document, task, (*attempt, parts)).await?;
                TaskOutcome::Done
            }
            TaskWork::Tell { warehouse, message } => self.tell(document, task, warehouse, message).await?,
            TaskWork::Backorder { channel, id, warehouse, wait, .. } => {
                self.backorder((channel, id), warehouse, wait, task.trace).await?
            }
            TaskWork::CloseBackorder { channel, id, left } => {
                let close = ChannelCommand::CloseBackorder { id: id.clone(), left: left.clone() };
                let envelope = self.inside(task.id(document.id(), epoch(document)), task.trace);
                match self.channel(channel)?.mailbox.ask(envelope, close).await {
                    Ok(_) | Err(Fault::Refused(_)) => TaskOutcome::Done,
                    Err(fault) => return Err(fault),
                }
            }
            TaskWork::Along { order, told } => {
                let place = self.warehouses.get(&told.to);
                let day = place.map_or(0, |handle| handle.spec.days.day(self.now()));
                let verb = Verb::Along { order: order.clone(), told: told.clone(), day };
                self.tell_document(document, task, verb, told.asks().then_some("order")).await?
            }
            TaskWork::Fewer { transfer, row, quantity } => {
                let verb = Verb::Fewer { transfer: transfer.clone(), row: *row, quantity: *quantity };
                self.tell_document(document, task, verb, None).await?
            }
        };
        Ok(report(outcome))
    }

    /// Tells another document something. One that is not known has nothing to hear, but where it is asked for something: of
    /// that kind it is then said to be unknown.
    async fn tell_document(
        &self,
        document: &Document,
        task: &Task,
        verb: Verb,
        asked: Option<&'static str>,
    ) -> Result<TaskOutcome, Fault> {
        // The report of this task bears its id, maybe to the same desk.
        let id = task.id(document.id(), epoch(document)).part("told");
        match self.ask_desk(self.inside(id, task.trace), verb).await {
            Ok(DeskAnswer::Unknown) => Ok(asked.map_or(TaskOutcome::Done, |kind| TaskOutcome::Refused {
                warehouse: None,
                refusal: Refusal::UnknownDocument { kind },
            })),
            Ok(_) => Ok(TaskOutcome::Done),
            Err(Fault::Refused(refusal)) => Ok(TaskOutcome::Refused { warehouse: None, refusal }),
            Err(fault) => Err(fault),
        }
    }

    async fn claim(
        &self,
        document: &Document,
        task: &Task,
        attempt: u32,
        parts: &[ClaimPart],
    ) -> Result<TaskOutcome, Fault> {
        let claiming = self.claiming(document);
        let mut got = Vec::with_capacity(parts.len());
        for part in parts {
            let command = claiming.command(attempt, parts, part);
            let inside = self.inside(part.claim.clone(), task.trace);
            let envelope = Envelope { time: task.since, timed: true, ..inside };
            match self.part_of(&part.warehouse)?.mailbox.ask(envelope, command).await {
                Ok(Answer::Reservation(held)) => got.push(ClaimPart { lines: held.lines, ..part.clone() }),
                Ok(_) => got.push(part.clone()),
                Err(Fault::Refused(refusal)) => {
                    return Ok(TaskOutcome::Refused { warehouse: Some(part.warehouse.clone()), refusal });
                }
                Err(fault) => return Err(fault),
            }
        }
        if let Some(from) = &claiming.from {
            self.end_reservation((document.id(), task), from, parts).await?;
        }
        Ok(TaskOutcome::Claimed(got))
    }

    fn claiming(&self, document: &Document) -> Claiming {
        let (channel, told, from) = match document {
            Document::Order(order) => (order.channel.clone(), order.told, order.reservation.clone()),
            Document::Return(_) | Document::Transfer(_) | Document::Inbound(_) => (transfers(), false, None),
        };
        Claiming { channel, owner: document.id().clone(), told, from, ttl_ms: self.desks.rules.claim_ttl_ms }
    }

    /// Ends what the reservation still holds where the order takes nothing.
    async fn end_reservation(
        &self,
        (owner, task): (&OrderId, &Task),
        from: &CommandId,
        parts: &[ClaimPart],
    ) -> Result<(), Fault> {
        let elsewhere = self
            .warehouses
            .values()
            .filter(|handle| !parts.iter().any(|part| part.warehouse == handle.spec.id));
        for handle in elsewhere {
            let release =
                Command::Release { reservation: from.clone(), attempt: None, owner: Some(owner.clone()) };
            let envelope = self.inside(from.clone(), task.trace);
            match handle.mailbox.ask(envelope, release).await {
                Ok(_) | Err(Fault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn allocate_parts(
        &self,
        document: &Document,
        task: &Task,
        parts: &[ClaimPart],
    ) -> Result<TaskOutcome, Fault> {
        for part in parts {
            let owner = Some(document.id().clone());
            let allocate = Command::Allocate { reservation: part.claim.clone(), owner };
            let envelope = self.inside(part.claim.part("allocate"), task.trace);
            match self.part_of(&part.warehouse)?.mailbox.ask(envelope, allocate).await {
                Ok(_) => {}
                Err(Fault::Refused(refusal)) => {
                    return Ok(TaskOutcome::Refused { warehouse: Some(part.warehouse.clone()), refusal });
                }
                Err(fault) => return Err(fault),
            }
        }
        Ok(TaskOutcome::Done)
    }

    async fn abandon(
        &self,
        document: &Document,
        task: &Task,
        (attempt, parts): (u32, &[ClaimPart]),
    ) -> Result<(), Fault> {
        for part in parts {
            let owner = Some(document.id().clone());
            let release = Command::Release { reservation: part.claim.clone(), attempt: Some(attempt), owner };
            let envelope = self.inside(part.claim.clone(), task.trace);
            match self.part_of(&part.warehouse)?.mailbox.ask(envelope, release).await {
                Ok(_) | Err(Fault::Refused(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    async fn tell(
        &self,
        document: &Document,
        task: &Task,
        warehouse: &WarehouseId,
        message: &Message,
    ) -> Result<TaskOutcome, Fault> {
        let handle = self.part_of(warehouse)?;
        let envelope = self.inside(task.id(document.id(), epoch(document)), task.trace);
        let Some(command) = message.command(document.id()) else {
            if let Message::GiveUpWait { wait } = message {
                self.give_up_wait(handle, document.id(), wait, &envelope).await?;
            }
            return Ok(TaskOutcome::Done);
        };
        match handle.mailbox.ask(envelope, command).await {
            Ok(_) => Ok(TaskOutcome::Done),
            Err(Fault::Refused(refusal)) => {
                tracing::error!(document = %document.id(), warehouse = %warehouse, %refusal, "a warehouse could not be told what was decided");
                Ok(TaskOutcome::Refused { warehouse: Some(warehouse.clone()), refusal })
            }
            Err(fault) => Err(fault),
        }
    }

    /// Ends a waiting claim that no order counts, and gives back what it was served meanwhile; the messages bear ids made
    /// of that of `by`.
    pub(super) async fn give_up_wait(
        &self,
        handle: &WarehouseHandle,
        owner: &OrderId,
        wait: &CommandId,
        by: &Envelope,
    ) -> Result<(), Fault> {
        let part = |name: &str| self.inside(by.id.part(name), by.trace);
        let unwait = Command::Unwait { id: wait.clone(), quantity: None };
        let answer = match handle.mailbox.ask(part("unwait"), unwait).await {
            Ok(answer) => answer,
            Err(Fault::Refused(_)) => return Ok(()),
            Err(fault) => return Err(fault),
        };
        let Answer::Waiting(found) = answer else { return Ok(()) };
        let Some(row) = found.waiting else { return Ok(()) };
        if row.served > row.acknowledged {
            let lines =
                vec![ClaimLine { sku: row.sku, quantity: row.served.saturating_sub(row.acknowledged) }];
            let back = Command::Deallocate { reservation: wait.clone(), owner: Some(owner.clone()), lines };
            tolerate(handle.mailbox.ask(part("deallocate"), back).await)?;
        }
        let acknowledge = Command::AckServed { id: wait.clone(), upto: row.served };
        tolerate(handle.mailbox.ask(part("acknowledge"), acknowledge).await)
    }

    /// Claims room at the channel, lets the units wait at the warehouse, then keeps the room.
    async fn backorder(
        &self,
        (channel, id): (&ChannelId, &CommandId),
        warehouse: &WarehouseId,
        wait: &WaitForStock,
        trace: Option<Trace>,
    ) -> Result<TaskOutcome, Fault> {
        let handle = self.channel(channel)?;
        let (mailbox, limit) = (&handle.mailbox, handle.spec.backorder_room());
        let lines = vec![ClaimLine { sku: wait.sku.clone(), quantity: wait.quantity }];
        let ttl_ms = self.desks.rules.claim_ttl_ms;
        let room = ClaimBackorder { owner: wait.owner.clone(), lines, limit, ttl_ms, told: wait.told };
        match mailbox.ask(self.inside(id.clone(), trace), ChannelCommand::Backorder(room)).await {
            Ok(_) => {}
            Err(Fault::Refused(refusal)) => return Ok(TaskOutcome::Refused { warehouse: None, refusal }),
            Err(fault) => return Err(fault),
        }
        let waiting =
            self.part_of(warehouse)?.mailbox.ask(self.inside(id.clone(), trace), Command::Wait(wait.clone()));
        match waiting.await {
            Ok(_) => {}
            Err(Fault::Refused(refusal)) => {
                return Ok(TaskOutcome::Refused { warehouse: Some(warehouse.clone()), refusal });
            }
            Err(fault) => return Err(fault),
        }
        match mailbox.ask(self.inside(id.part("keep"), trace), ChannelCommand::Keep { id: id.clone() }).await
        {
            Ok(_) => Ok(TaskOutcome::Done),
            Err(Fault::Refused(refusal)) => Ok(TaskOutcome::Refused { warehouse: None, refusal }),
            Err(fault) => Err(fault),
        }
    }

    /// A warehouse that a document names. One that is not configured any more is away: its part waits for it.
    fn part_of(&self, warehouse: &WarehouseId) -> Result<&Arc<WarehouseHandle>, Fault> {
        self.warehouses.get(warehouse).ok_or_else(|| {
            Fault::Unavailable(format!("warehouse `{warehouse}` is named by a document and not configured"))
        })
    }
}

/// A refusal of a message that is repeated or comes late is as good as done.
fn tolerate<T>(answer: Result<T, Fault>) -> Result<(), Fault> {
    match answer {
        Ok(_) | Err(Fault::Refused(_)) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// Which life of a document its tasks belong to.
pub(super) fn epoch(document: &Document) -> u64 {
    document.order().map_or(0, |order| order.epoch)
}
