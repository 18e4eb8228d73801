//! Carries out what documents have to tell, one message after the other, as the house does; it may die between any two.

use std::collections::BTreeMap;

use super::world::{DAY, Fate, World};
use crate::domain::channel::{ChannelCommand, ClaimBackorder};
use crate::domain::desk::command::{Place, PlaceOrder, Routing, TaskOutcome};
use crate::domain::desk::message::{Claiming, transfers};
use crate::domain::desk::{Answer as DeskAnswer, Document, Verb};
use crate::domain::hold::{ClaimLine, quantity_of};
use crate::domain::ids::{ChannelId, CommandId, OrderId, ReservationId, WarehouseId};
use crate::domain::level::Level;
use crate::domain::machine::Envelope;
use crate::domain::order::{ClaimPart, Message, Order, Task, TaskWork};
use crate::domain::policy::free;
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::routing::{Candidate, Demand, Filter, Leftover, Rules, Stock, Wanted, route};
use crate::domain::warehouse::{Answer, Command, PartState, WaitForStock};

/// How long claims over several warehouses and room without goods are held.
const TTL_MS: i64 = 120_000;
/// Units of a SKU a channel sells without goods.
const ROOM: i64 = 5;

/// What becomes of the next messages; fine where nothing is said.
#[derive(Debug, Default)]
pub(super) struct Fates(pub(super) Vec<Fate>);

impl Fates {
    fn next(&mut self) -> Fate {
        if self.0.is_empty() { Fate::Fine } else { self.0.remove(0) }
    }
}

/// Units a reservation holds, by warehouse.
type Held = BTreeMap<WarehouseId, Vec<ClaimLine>>;

impl World {
    fn inside(&self, id: CommandId) -> Envelope {
        Envelope { id, time: self.now, timed: false, fingerprint: 0, actor: None, trace: None }
    }

    fn tell(
        &mut self,
        at: &WarehouseId,
        id: CommandId,
        command: &Command,
        fates: &mut Fates,
    ) -> Option<Result<Answer, Refusal>> {
        let envelope = self.inside(id);
        self.ask_warehouse(at, (&envelope, command), fates.next())
    }

    /// Carries out a document's first task and reports it. False where nothing is to do, or the driver died.
    pub(super) fn carry_on(&mut self, id: &OrderId, fates: &mut Fates) -> bool {
        let Some(document) = self.open(id).cloned() else { return false };
        let Some(task) = document.task().cloned() else { return false };
        let Some(verb) = self.carry_out(&document, &task, fates) else { return false };
        let envelope = self.inside(task.id(id, epoch(&document)));
        match self.ask_desk(&envelope, &verb, fates.next()) {
            Some(Ok(_)) => true,
            Some(Err(refusal)) => panic!("{verb:?} was refused: {refusal}"),
            None => false,
        }
    }

    /// Carries out everything, books what was served, until nothing is left.
    pub(super) fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 200, "the house comes to no rest");
            let due: Vec<OrderId> = self
                .documents()
                .into_iter()
                .filter(|(_, document)| document.task().is_some())
                .map(|(id, _)| id)
                .collect();
            let booked = self.book_served(&mut Fates::default());
            if due.is_empty() && !booked {
                return;
            }
            for id in due {
                for task in 0.. {
                    assert!(task < 500, "{id} comes to no rest: {:?}", self.open(&id));
                    if !self.carry_on(&id, &mut Fates::default()) {
                        break;
                    }
                }
            }
        }
    }

    /// What the desk is to be told of a task; `None` where the driver died.
    fn carry_out(&mut self, document: &Document, task: &Task, fates: &mut Fates) -> Option<Verb> {
        let report = |outcome| Verb::Report { document: document.id().clone(), task: task.number, outcome };
        let done = TaskOutcome::Done;
        Some(report(match &task.work {
            TaskWork::Route => {
                let order = document.order().expect("only orders are routed");
                let routing = Box::new(self.route_rest(order));
                return Some(Verb::Decide { order: order.id.clone(), task: task.number, routing });
            }
            TaskWork::Claim { attempt, parts } => self.claim(document, task, (*attempt, parts), fates)?,
            TaskWork::Allocate { parts, .. } => self.allocate(document, parts, fates)?,
            TaskWork::Abandon { attempt, parts } => {
                for part in parts {
                    let (attempt, owner) = (Some(*attempt), Some(document.id().clone()));
                    let release = Command::Release { reservation: part.claim.clone(), attempt, owner };
                    let answer = self.tell(&part.warehouse, part.claim.clone(), &release, fates)?;
                    assert!(answer.is_ok(), "{release:?} was refused: {answer:?}");
                }
                done
            }
            TaskWork::Tell { warehouse, message } => {
                self.send(document, task, (warehouse, message), fates)?
            }
            TaskWork::Backorder { channel, id, warehouse, wait, .. } => {
                self.backorder((channel, id), (warehouse, wait), fates)?
            }
            TaskWork::CloseBackorder { channel, id, left } => {
                let close = ChannelCommand::CloseBackorder { id: id.clone(), left: left.clone() };
                let envelope = self.inside(task.id(document.id(), epoch(document)));
                self.ask_channel(channel, (&envelope, &close), fates.next())?.expect("room is given back");
                done
            }
            TaskWork::Along { order, told } => {
                let (order, told, day) = (order.clone(), told.clone(), self.day());
                let asks = told.asks();
                self.tell_document((document, task), &Verb::Along { order, told, day }, asks, fates)?
            }
            TaskWork::Fewer { transfer, row, quantity } => {
                let (transfer, row, quantity) = (transfer.clone(), *row, *quantity);
                self.tell_document((document, task), &Verb::Fewer { transfer, row, quantity }, false, fates)?
            }
        }))
    }

    fn tell_document(
        &mut self,
        (document, task): (&Document, &Task),
        verb: &Verb,
        asks: bool,
        fates: &mut Fates,
    ) -> Option<TaskOutcome> {
        let envelope = self.inside(task.id(document.id(), epoch(document)).part("told"));
        Some(match self.ask_desk(&envelope, verb, fates.next())? {
            Ok(DeskAnswer::Document(_)) => TaskOutcome::Done,
            Ok(DeskAnswer::Unknown) if !asks => TaskOutcome::Done,
            Ok(DeskAnswer::Unknown) => {
                let refusal = Refusal::UnknownDocument { kind: "order" };
                TaskOutcome::Refused { warehouse: None, refusal }
            }
            Ok(other) => panic!("{verb:?} was answered with {other:?}"),
            Err(refusal) => TaskOutcome::Refused { warehouse: None, refusal },
        })
    }

    fn claim(
        &mut self,
        document: &Document,
        task: &Task,
        (attempt, parts): (u32, &[ClaimPart]),
        fates: &mut Fates,
    ) -> Option<TaskOutcome> {
        let (channel, told, from) = match document {
            Document::Order(order) => (order.channel.clone(), order.told, order.reservation.clone()),
            Document::Return(_) | Document::Transfer(_) | Document::Inbound(_) => (transfers(), false, None),
        };
        let claiming = Claiming { channel, owner: document.id().clone(), told, from, ttl_ms: TTL_MS };
        let mut got = Vec::new();
        for part in parts {
            let command = claiming.command(attempt, parts, part);
            let envelope = Envelope { time: task.since, timed: true, ..self.inside(part.claim.clone()) };
            let answer = self.ask_warehouse(&part.warehouse, (&envelope, &command), fates.next())?;
            let warehouse = Some(part.warehouse.clone());
            match answer {
                Ok(Answer::Reservation(held))
                    if matches!(held.state, PartState::Reserved | PartState::Allocated) =>
                {
                    got.push(ClaimPart { lines: held.lines, ..part.clone() });
                }
                Ok(Answer::Reservation(_)) => {
                    return Some(TaskOutcome::Refused { warehouse, refusal: Refusal::ReservationExpired });
                }
                Ok(other) => panic!("a claim was answered with {other:?}"),
                Err(refusal) => return Some(TaskOutcome::Refused { warehouse, refusal }),
            }
        }
        if let Some(from) = &claiming.from {
            let elsewhere =
                self.warehouses.keys().filter(|at| !parts.iter().any(|part| part.warehouse == **at));
            for at in elsewhere.cloned().collect::<Vec<_>>() {
                let (reservation, owner) = (from.clone(), Some(document.id().clone()));
                let release = Command::Release { reservation, attempt: None, owner };
                let _known_or_not = self.tell(&at, from.clone(), &release, fates)?;
            }
        }
        Some(TaskOutcome::Claimed(got))
    }

    fn allocate(
        &mut self,
        document: &Document,
        parts: &[ClaimPart],
        fates: &mut Fates,
    ) -> Option<TaskOutcome> {
        for part in parts {
            let owner = Some(document.id().clone());
            let allocate = Command::Allocate { reservation: part.claim.clone(), owner };
            let id = part.claim.part("allocate");
            match self.tell(&part.warehouse, id, &allocate, fates)? {
                Ok(Answer::Reservation(held)) if held.state == PartState::Allocated => {}
                Ok(other) => panic!("an allocation was answered with {other:?}"),
                Err(refusal) => {
                    return Some(TaskOutcome::Refused { warehouse: Some(part.warehouse.clone()), refusal });
                }
            }
        }
        Some(TaskOutcome::Done)
    }

    fn send(
        &mut self,
        document: &Document,
        task: &Task,
        (at, message): (&WarehouseId, &Message),
        fates: &mut Fates,
    ) -> Option<TaskOutcome> {
        let id = task.id(document.id(), epoch(document));
        let Some(command) = message.command(document.id()) else {
            if let Message::GiveUpWait { wait } = message {
                self.give_up_wait((at, document.id()), (wait, &id), fates)?;
            }
            return Some(TaskOutcome::Done);
        };
        match self.tell(at, id, &command, fates)? {
            Ok(_) => Some(TaskOutcome::Done),
            Err(refusal) => Some(TaskOutcome::Refused { warehouse: Some(at.clone()), refusal }),
        }
    }

    fn give_up_wait(
        &mut self,
        (at, owner): (&WarehouseId, &OrderId),
        (wait, id): (&CommandId, &CommandId),
        fates: &mut Fates,
    ) -> Option<()> {
        let unwait = Command::Unwait { id: wait.clone(), quantity: None };
        let answer = self.tell(at, id.clone(), &unwait, fates)?;
        let Ok(Answer::Waiting(part)) = answer else { panic!("{unwait:?} was answered with {answer:?}") };
        let Some(row) = part.waiting else { return Some(()) };
        let quantity = row.served - row.acknowledged;
        if quantity > 0 {
            let lines = vec![ClaimLine { sku: row.sku, quantity }];
            let back = Command::Deallocate { reservation: wait.clone(), owner: Some(owner.clone()), lines };
            self.tell(at, id.part("deallocate"), &back, fates)?.expect("what was served is given back");
        }
        let acknowledge = Command::AckServed { id: wait.clone(), upto: row.served };
        self.tell(at, id.part("acknowledge"), &acknowledge, fates)?.expect("it is acknowledged");
        Some(())
    }

    fn backorder(
        &mut self,
        (channel, id): (&ChannelId, &CommandId),
        (at, wait): (&WarehouseId, &WaitForStock),
        fates: &mut Fates,
    ) -> Option<TaskOutcome> {
        let lines = vec![ClaimLine { sku: wait.sku.clone(), quantity: wait.quantity }];
        let (owner, told) = (wait.owner.clone(), wait.told);
        let room = ClaimBackorder { owner, lines, limit: ROOM, ttl_ms: TTL_MS, told };
        let refused = |warehouse, refusal| Some(TaskOutcome::Refused { warehouse, refusal });
        let envelope = self.inside(id.clone());
        let room = ChannelCommand::Backorder(room);
        if let Err(refusal) = self.ask_channel(channel, (&envelope, &room), fates.next())? {
            return refused(None, refusal);
        }
        if let Err(refusal) = self.tell(at, id.clone(), &Command::Wait(wait.clone()), fates)? {
            return refused(Some(at.clone()), refusal);
        }
        let envelope = self.inside(id.part("keep"));
        let keep = ChannelCommand::Keep { id: id.clone() };
        match self.ask_channel(channel, (&envelope, &keep), fates.next())? {
            Ok(_) => Some(TaskOutcome::Done),
            Err(refusal) => refused(None, refusal),
        }
    }

    /// Lets desks book what warehouses served. False where there was nothing.
    pub(super) fn book_served(&mut self, fates: &mut Fates) -> bool {
        let mut served = Vec::new();
        for (at, shard) in &self.warehouses {
            let rows = shard.machine.waiting().unacknowledged();
            served.extend(rows.map(|(wait, row)| (at.clone(), wait.clone(), row.clone())));
        }
        let mut any = false;
        for (at, wait, row) in served {
            let (order, total, day) = (row.owner.clone(), row.served, self.day());
            let verb = Verb::Served { order: order.clone(), wait: wait.clone(), total, day };
            let before = self.document(&order).cloned();
            let envelope = self.inside(wait.part("served"));
            match self.ask_desk(&envelope, &verb, fates.next()) {
                Some(Ok(DeskAnswer::Document(document))) if expects(&document, &wait) => {
                    any |= before.as_ref() != Some(&document);
                }
                Some(Ok(_) | Err(_)) => {
                    any = true;
                    if self.give_up_wait((&at, &order), (&wait, &wait.part("given-up")), fates).is_none() {
                        return any;
                    }
                }
                None => return any,
            }
        }
        any
    }

    pub(super) fn day(&self) -> i64 {
        self.now.as_millis() / DAY
    }

    /// What routing would decide for a fresh order.
    pub(super) fn preview(&self, order: &PlaceOrder) -> Routing {
        let lines = order.lines.iter().filter(|line| line.stock && line.quantity > 0).map(|line| Wanted {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_value: line.unit_value,
        });
        let demand = Demand {
            told: order.told,
            method: order.method.clone(),
            country: order.destination.country,
            postal: order.destination.postal,
            ship_complete: order.terms.ship_complete,
            release_day: order.terms.release_day,
            ..Demand::new(order.channel.clone(), lines.collect())
        };
        self.routed(demand, order.terms.backorder, &self.held_by(order.reservation.as_ref()))
    }

    fn route_rest(&self, order: &Order) -> Routing {
        let lines = order.lines.iter().filter(|line| line.unrouted > 0).map(|line| Wanted {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.unrouted,
            unit_value: line.unit_value,
        });
        let demand = Demand {
            told: order.told,
            method: order.method.clone(),
            country: order.destination.country,
            postal: order.destination.postal,
            only: order.only.clone(),
            blocked: order.blocked.clone(),
            ship_complete: order.terms.ship_complete,
            release_day: order.terms.release_day,
            reroute: order.accepted_at.is_some(),
            ..Demand::new(order.channel.clone(), lines.collect())
        };
        self.routed(demand, order.terms.backorder, &self.held_by(order.reservation.as_ref()))
    }

    fn routed(&self, demand: Demand, backorder: bool, held: &Held) -> Routing {
        let shop = &self.shops[&demand.channel];
        let leftover = if backorder { Leftover::Backorder } else { shop.leftover };
        let rules = Rules { leftover, ..self.routing.clone() };
        let candidates: Vec<Candidate> =
            self.warehouses.keys().map(|at| self.candidate(at, &demand, held)).collect();
        let decision = route(&demand, &candidates, &rules, self.now);
        let day = self.day();
        let places = decision.parts.iter().map(|part| Place {
            warehouse: part.warehouse.clone(),
            accept_within_ms: self.sites.get(&part.warehouse).and_then(|site| site.accept_within_ms),
            day,
        });
        let lacks = |filter| matches!(filter, Filter::CarriesSku | Filter::StockAboveSafety);
        let serviceable = decision
            .explanation
            .considered
            .iter()
            .any(|considered| considered.dropped.as_ref().is_none_or(|dropped| lacks(dropped.filter)));
        let free = demand.lines.iter().enumerate().filter_map(|(at, line)| {
            let free = candidates
                .iter()
                .filter_map(|candidate| candidate.stock.get(at))
                .map(|stock| stock.free)
                .sum();
            (line.quantity > free).then(|| Shortfall { sku: line.sku.clone(), asked: line.quantity, free })
        });
        Routing { places: places.collect(), free: free.collect(), serviceable, decision }
    }

    fn candidate(&self, at: &WarehouseId, demand: &Demand, held: &Held) -> Candidate {
        let warehouse = &self.warehouses[at].machine;
        let stock = demand.lines.iter().map(|line| {
            let known = warehouse.level(&line.sku);
            let level = known.copied().unwrap_or_else(Level::default);
            let policy = warehouse.policy(&line.sku);
            let had = held.get(at).map_or(0, |lines| quantity_of(lines, &line.sku));
            Stock {
                free: free(&level, policy, &demand.channel, demand.told, self.now) + had,
                carried: known.is_some(),
                on_hand: level.on_hand,
                ..Stock::default()
            }
        });
        let open = !self.sites.get(at).is_some_and(|site| site.closed);
        Candidate { open, local_day: self.day(), ..Candidate::new(at.clone(), stock.collect()) }
    }

    fn held_by(&self, reservation: Option<&ReservationId>) -> Held {
        let Some(id) = reservation else { return Held::new() };
        let mut held = Held::new();
        for (at, shard) in &self.warehouses {
            if let Some(hold) = shard.machine.hold_of(id) {
                let claim = hold.claims().find(|claim| claim.reservation == *id);
                held.extend(claim.map(|claim| (at.clone(), claim.lines.clone())));
            } else if let Some(allocation) = shard.machine.allocation(id) {
                held.insert(at.clone(), allocation.lines.clone());
            }
        }
        held
    }
}

/// Whether the order counts, or will count, what was served.
fn expects(document: &Document, wait: &CommandId) -> bool {
    document.order().is_some_and(|order| {
        order.waits.iter().any(|waits| waits.id == *wait)
            || order.fulfilments.iter().any(|part| part.claim == *wait && part.state.is_allocated())
            || !order.tasks.open.is_empty()
    })
}

fn epoch(document: &Document) -> u64 {
    document.order().map_or(0, |order| order.epoch)
}
