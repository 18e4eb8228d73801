//! What must always be true of desks, alone and together with warehouses and channels. Checked by the property tests,
//! by the simulation and by the audit.
//!
//! Every check holds at any moment between two confirmed steps, also while tasks are still to be carried out: the first
//! task of a document may have been carried out without its report, those behind it have not.

use std::collections::BTreeMap;

use ahash::{AHashMap, AHashSet};

use super::state::{Desk, Document};
use super::together;
use crate::domain::ids::{ChannelId, CommandId, LineId, OrderId, Sku, WarehouseId};
use crate::domain::order::model::{KNOWN_MAX, ROUTED_MAX, TIMELINE_MAX};
use crate::domain::order::{
    Fulfilment, FulfilmentState, Inbound, InboundState, Message, Order, Return, Task, TaskWork, Transfer,
    TransferState,
};
use crate::domain::routing::Method;
use crate::domain::warehouse::{MovementKind, Warehouse};

/// Everything that is wrong with a desk, in words; empty where all holds.
#[must_use]
pub fn of_desk(desk: &Desk) -> Vec<String> {
    let mut found = Vec::new();
    let mut asked: BTreeMap<(WarehouseId, i64), i64> = BTreeMap::new();
    for document in desk.documents() {
        found.extend(of_document(document));
        if document.is_settled() {
            found.push(format!("{}: settled, but among the open", document.id()));
        }
        for part in document.order().into_iter().flat_map(|order| &order.fulfilments) {
            if part.state.is_allocated() {
                let count = asked.entry((part.warehouse.clone(), part.day)).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    let told: BTreeMap<_, _> = desk.asked().map(|(key, count)| (key.clone(), count)).collect();
    for (key, count) in asked {
        // What was asked on a day long past is forgotten.
        if let Some(told) = told.get(&key).filter(|told| **told < count) {
            found.push(format!("{} was asked {told} times on day {}, {count} are open", key.0, key.1));
        }
    }
    found.sort_unstable();
    found
}

/// Everything that is wrong with one document by itself.
#[must_use]
pub fn of_document(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    match document {
        Document::Order(order) => of_order(order, &mut found),
        Document::Return(back) => of_return(back, &mut found),
        Document::Transfer(transfer) => of_transfer(transfer, &mut found),
        Document::Inbound(inbound) => of_inbound(inbound, &mut found),
    }
    let tasks = document.tasks();
    let mut numbers = AHashSet::new();
    for task in &tasks.open {
        if task.number == 0 || task.number > tasks.last || !numbers.insert(task.number) {
            found.push(format!("task {} of {} is numbered wrongly", task.number, tasks.last));
        }
    }
    found.into_iter().map(|what| format!("{}: {what}", document.id())).collect()
}

fn of_order(order: &Order, found: &mut Vec<String>) {
    let mut ids = AHashSet::new();
    for line in &order.lines {
        if !ids.insert(&line.id) {
            found.push(format!("line {} stands twice", line.id));
        }
        if !line.adds_up() {
            found.push(format!("line {} does not add up: {line:?}", line.id));
        }
        of_line(order, &line.id, found);
    }
    let mut numbers = AHashSet::new();
    for part in &order.fulfilments {
        if !numbers.insert(part.number) {
            found.push(format!("fulfilment {} stands twice", part.number));
        }
        of_fulfilment(order, part, found);
    }
    for back in &order.returns {
        of_return(back, found);
    }
    together::of_order(order, found);
    if order.state != order.settled_state() && !order.withdrawn {
        found.push(format!("is {}, but its lines say {}", order.state.name(), order.settled_state().name()));
    }
    if order.hold.is_some() && order.lines.iter().all(|line| line.open() == 0) {
        found.push("is held, but nothing of it is open".into());
    }
    for waits in &order.waits {
        if waits.open < 0 || waits.booked < 0 || order.line(&waits.line).is_none() {
            found.push(format!("waits wrongly: {waits:?}"));
        }
    }
    let sizes = [
        (order.timeline.len(), TIMELINE_MAX),
        (order.known.len(), KNOWN_MAX),
        (order.routed.len(), ROUTED_MAX),
    ];
    if sizes.iter().any(|(len, max)| len > max) {
        found.push(format!("remembers too much: {sizes:?}"));
    }
}

/// The counters of a line are what fulfilments, waiting claims and returns say.
fn of_line(order: &Order, id: &LineId, found: &mut Vec<String>) {
    let Some(line) = order.line(id) else { return };
    let parts = |counts: fn(FulfilmentState) -> bool| {
        let parts = order.fulfilments.iter().filter(|part| counts(part.state));
        parts.fold(0_i64, |sum, part| sum.saturating_add(part.quantity(id)))
    };
    let waits = order.waits.iter().filter(|waits| waits.line == *id);
    let waits = waits.fold(0_i64, |sum, waits| sum.saturating_add(waits.open));
    let waits = waits.saturating_add(parts(|state| state == FulfilmentState::InTransfer));
    let back =
        order.returns.iter().flat_map(|back| &back.lines).filter(|back| back.line.as_ref() == Some(id));
    let back = back.fold(0_i64, |sum, back| sum.saturating_add(back.received));
    let figures = [
        ("allocated", line.allocated, parts(FulfilmentState::is_allocated)),
        ("shipped", line.shipped, parts(FulfilmentState::has_left)),
        ("backordered", line.backordered, waits),
        ("returned", line.returned, back),
    ];
    for (name, counted, rows) in figures {
        if counted != rows {
            found.push(format!("line {id}: {counted} {name}, its rows say {rows}"));
        }
    }
    let planned = parts(|state| state == FulfilmentState::Proposed);
    if planned > line.unrouted {
        found.push(format!("line {id}: {planned} planned of {} without a place", line.unrouted));
    }
}

fn of_fulfilment(order: &Order, part: &Fulfilment, found: &mut Vec<String>) {
    let number = part.number;
    for line in &part.lines {
        let fits = order.line(&line.line).is_some_and(|known| known.sku == line.sku && known.stock);
        if line.quantity <= 0 || !fits {
            found.push(format!("fulfilment {number} names {line:?}"));
        }
    }
    if part.accept_by.is_some() && part.state != FulfilmentState::Requested {
        found.push(format!("fulfilment {number} is {} and must still answer", part.state.name()));
    }
    if part.state == FulfilmentState::OnHold && !(part.held_in.is_open() && order.holds_back()) {
        found.push(format!("fulfilment {number} is held in {} for no reason", part.held_in.name()));
    }
    let waits = matches!(part.state, FulfilmentState::OnHold) || !part.state.is_before_packing();
    if order.hold.is_none() && order.holds_back() && !waits {
        found.push(format!("fulfilment {number} is {}, but all of it goes at once", part.state.name()));
    }
    if let Method::Pickup(at) = &order.method
        && part.warehouse != *at
        && part.state.is_allocated()
    {
        found.push(format!("fulfilment {number} is at {}, its buyer comes to {at}", part.warehouse));
    }
    let planned = |task: &Task| match &task.work {
        TaskWork::Claim { parts, .. } | TaskWork::Allocate { parts, .. } => {
            parts.iter().any(|part| part.fulfilment == number)
        }
        TaskWork::Route
        | TaskWork::Abandon { .. }
        | TaskWork::Tell { .. }
        | TaskWork::Backorder { .. }
        | TaskWork::CloseBackorder { .. }
        | TaskWork::Along { .. }
        | TaskWork::Fewer { .. } => false,
    };
    if part.state == FulfilmentState::Proposed && !order.tasks.open.iter().any(planned) {
        found.push(format!("fulfilment {number} is proposed, but nothing claims for it"));
    }
}

fn of_return(back: &Return, found: &mut Vec<String>) {
    for line in &back.lines {
        let seen = line.inspected;
        let parts = [seen.sellable, seen.damaged, seen.quarantine, seen.scrap];
        let ordered = 0 <= seen.units() && seen.units() <= line.received && line.received <= line.quantity;
        if !ordered || parts.iter().any(|units| *units < 0) {
            found.push(format!("return {}: {line:?}", back.number));
        }
    }
    if back.state != back.settled_state() {
        found.push(format!("return {} is {}", back.number, back.state.name()));
    }
}

fn of_transfer(transfer: &Transfer, found: &mut Vec<String>) {
    together::of_transfer(transfer, found);
    for line in &transfer.lines {
        let gone = line.received.saturating_add(line.lost);
        let figures = [line.received, line.lost, line.shipped];
        if gone > line.shipped || line.shipped > line.quantity || figures.iter().any(|units| *units < 0) {
            found.push(format!("{line:?}"));
        }
    }
    let shipped = transfer.lines.iter().any(|line| line.shipped > 0);
    let under_way = transfer.lines.iter().any(|line| line.under_way() > 0);
    let fits = match transfer.state {
        TransferState::Requested
        | TransferState::Allocated
        | TransferState::Refused
        | TransferState::Cancelled => !shipped,
        TransferState::Shipped | TransferState::PartlyReceived => shipped,
        TransferState::Closed => shipped && !under_way,
    };
    if !fits {
        found.push(format!("is {}, but its lines say otherwise", transfer.state.name()));
    }
}

fn of_inbound(inbound: &Inbound, found: &mut Vec<String>) {
    if inbound.lines.iter().any(|line| line.expected < 0 || line.received < 0) {
        found.push(format!("{:?}", inbound.lines));
    }
    let received = inbound.lines.iter().any(|line| line.received > 0);
    let fits = match inbound.state {
        InboundState::Expected | InboundState::Cancelled => !received,
        InboundState::PartlyReceived => received,
        InboundState::Closed => true,
    };
    if !fits {
        found.push(format!("is {}, but its lines say otherwise", inbound.state.name()));
    }
}

/// Units that a warehouse may have promised under a claim: at least, at most.
#[derive(Debug, Clone, Copy, Default)]
struct Bounds {
    least: i64,
    most: i64,
}

impl Bounds {
    fn add(&mut self, least: i64, most: i64) {
        self.least = self.least.saturating_add(least);
        self.most = self.most.saturating_add(most);
    }
}

/// What documents say that warehouses hold for them.
#[derive(Debug, Default)]
struct Said {
    /// Per warehouse, claim and SKU, with the document.
    claims: AHashMap<(WarehouseId, CommandId, Sku), (OrderId, Bounds)>,
    /// Waiting claims: units that wait or were served and are not booked, and units booked.
    waits: AHashMap<(WarehouseId, CommandId), (Bounds, i64)>,
    /// Waiting claims that are being made or given up: anything may be there.
    unsure: AHashSet<(WarehouseId, CommandId)>,
}

/// Everything that is wrong between open documents and warehouses, taken at one moment at which no batch is in flight.
/// Every claim that is an order's is named by it, and holds what its fulfilments say.
#[must_use]
pub fn across<'a>(
    documents: impl Iterator<Item = &'a Document>,
    warehouses: impl Iterator<Item = &'a Warehouse>,
) -> Vec<String> {
    let documents: Vec<&Document> = documents.collect();
    let mut said = Said::default();
    documents.iter().for_each(|document| said.take(document));
    let mut found = together::between(documents.into_iter());
    let mut there: AHashMap<WarehouseId, &Warehouse> = AHashMap::new();
    for warehouse in warehouses {
        there.insert(warehouse.id().clone(), warehouse);
        said.owned(warehouse, &mut found);
    }
    for ((at, claim, sku), (document, bounds)) in &said.claims {
        let allocation = there.get(at).and_then(|warehouse| warehouse.allocation(claim));
        let units = allocation.map_or(0, |known| crate::domain::hold::quantity_of(&known.lines, sku));
        // Units served and not booked are promised under the same id.
        let row = there.get(at).and_then(|warehouse| warehouse.waiting().get(claim));
        let booked = said.waits.get(&(at.clone(), claim.clone())).map_or(0, |(_, booked)| *booked);
        let more = row.map_or(0, |row| row.served.saturating_sub(booked).max(0));
        let most = bounds.most.saturating_add(more);
        if there.contains_key(at) && (units < bounds.least || units > most) {
            found.push(format!(
                "{document}: {at} promises {units} of {sku} under {claim}, expected {}..={most}",
                bounds.least
            ));
        }
    }
    found.sort_unstable();
    found
}

impl Said {
    fn take(&mut self, document: &Document) {
        let id = document.id();
        if let Document::Order(order) = document {
            for part in order.fulfilments.iter().filter(|part| part.state.is_allocated()) {
                for line in &part.lines {
                    self.claim(id, (&part.warehouse, &part.claim, &line.sku), (line.quantity, line.quantity));
                }
            }
            for waits in &order.waits {
                let key = (waits.warehouse.clone(), waits.id.clone());
                let (bounds, booked) = self.waits.entry(key).or_default();
                bounds.add(waits.open, waits.open);
                *booked = waits.booked;
            }
        }
        if let Document::Transfer(transfer) = document
            && matches!(
                transfer.state,
                TransferState::Allocated | TransferState::Shipped | TransferState::PartlyReceived
            )
        {
            for line in &transfer.lines {
                let open = transfer.own_to_leave(line);
                self.claim(id, (&transfer.from, &transfer.claim(), &line.sku), (open, open));
            }
        }
        for (place, task) in document.tasks().open.iter().enumerate() {
            self.task(id, task, place == 0);
        }
    }

    fn claim(
        &mut self,
        document: &OrderId,
        (at, claim, sku): (&WarehouseId, &CommandId, &Sku),
        (least, most): (i64, i64),
    ) {
        let key = (at.clone(), claim.clone(), sku.clone());
        let (_, bounds) = self.claims.entry(key).or_insert_with(|| (document.clone(), Bounds::default()));
        bounds.add(least, most);
    }

    /// What a task has still to change may be there; of all but the first it is.
    fn task(&mut self, document: &OrderId, task: &Task, first: bool) {
        match &task.work {
            TaskWork::Claim { parts, .. }
            | TaskWork::Allocate { parts, .. }
            | TaskWork::Abandon { parts, .. } => {
                for part in parts {
                    for line in &part.lines {
                        self.claim(document, (&part.warehouse, &part.claim, &line.sku), (0, line.quantity));
                    }
                }
            }
            TaskWork::Tell { warehouse, message } => match message {
                Message::Deallocate { claim, lines }
                | Message::Ship { claim, lines, .. }
                | Message::SendAlong { claim, lines, .. }
                | Message::WriteOff { claim, lines, .. } => {
                    for line in lines {
                        let least = if first { 0 } else { line.quantity };
                        self.claim(document, (warehouse, claim, &line.sku), (least, line.quantity));
                    }
                }
                Message::Unwait { wait, quantity } => {
                    let (bounds, _) = self.waits.entry((warehouse.clone(), wait.clone())).or_default();
                    // What was served meanwhile is given back instead.
                    bounds.add(0, *quantity);
                }
                Message::GiveUpWait { wait } => {
                    self.unsure.insert((warehouse.clone(), wait.clone()));
                }
                Message::Move(movement) => {
                    if let MovementKind::TransferIn { promised, .. } = &movement.kind {
                        for come in promised {
                            let key = (warehouse, &come.claim, &movement.sku);
                            self.claim(&come.order, key, (0, come.quantity));
                        }
                    }
                }
                Message::AckServed { .. } => {}
            },
            // What has come is promised before its order hears of it.
            TaskWork::Along { order, told } => {
                let key = (&told.to, &told.claim(), &told.along.sku);
                self.claim(order, key, (0, told.along.received));
            }
            TaskWork::Backorder { id, warehouse, .. } => {
                self.unsure.insert((warehouse.clone(), id.clone()));
            }
            TaskWork::Route | TaskWork::CloseBackorder { .. } | TaskWork::Fewer { .. } => {}
        }
    }

    /// Every row of a warehouse that is a document's is named by it.
    fn owned(&self, warehouse: &Warehouse, found: &mut Vec<String>) {
        let at = warehouse.id();
        let names = |claim: &CommandId, sku: &Sku| {
            let key = (at.clone(), claim.clone(), sku.clone());
            let wait = (at.clone(), claim.clone());
            // What was served before it was given up is told as served, and given back then, by an order that has settled too.
            let told = warehouse.waiting().get(claim).is_some_and(|row| row.unacknowledged() > 0);
            told || self.claims.contains_key(&key)
                || self.waits.contains_key(&wait)
                || self.unsure.contains(&wait)
        };
        for (_, hold) in warehouse.holds() {
            let Some(owner) = &hold.owner else { continue };
            for claim in hold.claims() {
                for line in claim.lines.iter().filter(|line| !names(&claim.reservation, &line.sku)) {
                    let (units, sku) = (line.quantity, &line.sku);
                    found.push(format!(
                        "{owner}: {at} holds {units} of {sku} under {} for nobody",
                        claim.reservation
                    ));
                }
            }
        }
        for (claim, allocation) in warehouse.allocations() {
            let Some(owner) = &allocation.owner else { continue };
            for line in allocation.lines.iter().filter(|line| !names(claim, &line.sku)) {
                let (units, sku) = (line.quantity, &line.sku);
                found.push(format!("{owner}: {at} promises {units} of {sku} under {claim} to nobody"));
            }
        }
        for (id, row) in warehouse.waiting().iter() {
            let key = (at.clone(), id.clone());
            if self.unsure.contains(&key) {
                continue;
            }
            let Some((bounds, booked)) = self.waits.get(&key) else {
                if row.quantity == 0 {
                    continue;
                }
                found.push(format!("{}: {id} waits at {at} for nobody", row.owner));
                continue;
            };
            let unbooked = row.served.saturating_sub(*booked);
            let units = row.quantity.saturating_add(unbooked);
            let most = if unbooked > 0 { i64::MAX } else { bounds.most };
            if units < bounds.least || row.quantity > bounds.most || units > most || unbooked < 0 {
                found.push(format!(
                    "{}: {id} at {at} is {row:?}, expected {bounds:?}, {booked} booked",
                    row.owner
                ));
            }
        }
        for ((_, id), (bounds, _)) in self.waits.iter().filter(|((place, _), _)| place == at) {
            if bounds.least > 0 && warehouse.waiting().get(id).is_none() {
                found.push(format!("{} units should wait at {at} under {id}", bounds.least));
            }
        }
    }
}

/// The room that open documents take at a channel under each row, at least and at most.
#[must_use]
pub fn room<'a>(
    documents: impl Iterator<Item = &'a Document>,
) -> BTreeMap<(ChannelId, CommandId), (i64, i64)> {
    let mut room: BTreeMap<(ChannelId, CommandId), (i64, i64)> = BTreeMap::new();
    for order in documents.filter_map(Document::order) {
        for waits in &order.waits {
            room.insert((order.channel.clone(), waits.id.clone()), (waits.open, waits.open));
        }
        for task in &order.tasks.open {
            match &task.work {
                TaskWork::Backorder { channel, id, .. } => {
                    room.insert((channel.clone(), id.clone()), (0, i64::MAX));
                }
                TaskWork::CloseBackorder { channel, id, left } => {
                    let least = left.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
                    let row = room.entry((channel.clone(), id.clone())).or_insert((0, 0));
                    *row = (row.0.min(least), i64::MAX);
                }
                TaskWork::Route
                | TaskWork::Claim { .. }
                | TaskWork::Allocate { .. }
                | TaskWork::Abandon { .. }
                | TaskWork::Along { .. }
                | TaskWork::Fewer { .. }
                | TaskWork::Tell { .. } => {}
            }
        }
    }
    room
}
