//! Steps of warehouses, stores and carriers.

use super::changing::illegal;
use super::claiming::{by_sku, route};
use super::command::FulfilStep;
use super::fact::DeskFactKind;
use super::scribe::{Note, Scribe};
use super::state::DeskRules;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{LineId, Reason, Reference};
use crate::domain::order::{
    Carrier, Fulfilment, FulfilmentLine, FulfilmentState, Message, OnHold, Order, Parcel, Step, TaskWork,
};
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Blocked, Method, Why};
use crate::domain::time::Timestamp;

/// Why goods go back to the shelf whose buyer never came.
const UNCOLLECTED: &str = "uncollected";
/// Parcels and serial numbers one fulfilment may carry.
const TOLD_MAX: usize = 1_000;

/// Carries out a step, for some units or all. True where something changed.
pub(super) fn step(
    rules: &DeskRules,
    scribe: &mut Scribe,
    order: &mut Order,
    (number, lines, step): (u32, Option<&[(LineId, i64)]>, &FulfilStep),
) -> Result<bool, Refusal> {
    let part = order.fulfilment(number).ok_or(Refusal::UnknownDocument { kind: "fulfilment" })?;
    if let FulfilStep::Carrier { event, reason, at } = step {
        return carrier(scribe, order, number, (*event, reason.as_ref(), *at));
    }
    let name = step_of(step);
    let found = part.state;
    let held_in = part.held_in;
    let Some(state) = found.after(name, held_in) else {
        return Err(Refusal::IllegalStep { act: name.name(), found: found.name() });
    };
    if matches!(step, FulfilStep::Uncollected) && found != FulfilmentState::ReadyForPickup {
        return Err(Refusal::IllegalStep { act: UNCOLLECTED, found: found.name() });
    }
    if matches!(step, FulfilStep::Deliver { .. }) && part.carrier == Some(Carrier::ReturnedToSender) {
        return Err(Refusal::IllegalStep { act: name.name(), found: Carrier::ReturnedToSender.name() });
    }
    let units =
        if let FulfilStep::Ship { lines: Some(told), .. } = step { Some(told.as_slice()) } else { lines };
    if let Some(units) = units {
        split(scribe, order, number, units)?;
    }
    match step {
        FulfilStep::Accept => moved(scribe, order, number, state, DeskFactKind::FulfilmentAccepted),
        FulfilStep::BeginPick => moved(scribe, order, number, state, DeskFactKind::FulfilmentPicking),
        FulfilStep::Pick => moved(scribe, order, number, state, DeskFactKind::FulfilmentPicked),
        FulfilStep::Ready => {
            moved(scribe, order, number, state, DeskFactKind::FulfilmentReady);
            if let Some(part) = order.fulfilment_mut(number) {
                part.left_at = Some(scribe.now);
                part.ends_at = Some(scribe.now.plus(rules.collect_within_ms));
            }
        }
        FulfilStep::Reject { reason } => {
            given_back(scribe, order, number, state, (DeskFactKind::FulfilmentRejected, reason.clone()));
            elsewhere(scribe, order, number, None, Why::Rejected);
        }
        FulfilStep::ShortPick { lines, damaged, reason } => {
            short_pick(scribe, order, number, lines, (*damaged, reason.as_ref()))?;
        }
        FulfilStep::Pack { parcels, serials } => {
            pack(order, number, parcels, serials)?;
            moved(scribe, order, number, state, DeskFactKind::FulfilmentPacked);
        }
        FulfilStep::Ship { lines: _, parcels, at } => {
            pack(order, number, parcels, &[])?;
            leave(scribe, order, number, state, (DeskFactKind::FulfilmentShipped, *at));
            if let Some(part) = order.fulfilment_mut(number) {
                part.ends_at = Some(scribe.now.plus(rules.delivered_after_ms));
            }
        }
        FulfilStep::Collect { at } => {
            leave(scribe, order, number, state, (DeskFactKind::FulfilmentCollected, *at));
        }
        FulfilStep::Uncollected => uncollected(scribe, order, number, state),
        FulfilStep::Deliver { at } => {
            if let Some(part) = order.fulfilment_mut(number) {
                part.state = state;
                part.carrier = Some(Carrier::Delivered);
                part.trouble = None;
                let note = Note::of(part).time(*at);
                scribe.order(order, DeskFactKind::FulfilmentDelivered, note);
            }
        }
        FulfilStep::Carrier { .. } => {}
    }
    Ok(true)
}

const fn step_of(step: &FulfilStep) -> Step {
    match step {
        FulfilStep::Accept => Step::Accept,
        FulfilStep::Reject { .. } => Step::Reject,
        FulfilStep::BeginPick => Step::BeginPick,
        FulfilStep::Pick => Step::Pick,
        FulfilStep::ShortPick { .. } => Step::ShortPick,
        FulfilStep::Pack { .. } => Step::Pack,
        FulfilStep::Ship { .. } => Step::Ship,
        FulfilStep::Ready => Step::Ready,
        FulfilStep::Collect { .. } => Step::Collect,
        FulfilStep::Uncollected => Step::Cancel,
        FulfilStep::Deliver { .. } | FulfilStep::Carrier { .. } => Step::Deliver,
    }
}

fn moved(scribe: &mut Scribe, order: &mut Order, number: u32, state: FulfilmentState, kind: DeskFactKind) {
    if let Some(part) = order.fulfilment_mut(number) {
        part.state = state;
        part.accept_by = None;
        let note = Note::of(part);
        scribe.order(order, kind, note);
    }
}

/// A warehouse gives its part up: its units are without a place again, its stock is given back.
pub(super) fn given_back(
    scribe: &mut Scribe,
    order: &mut Order,
    number: u32,
    state: FulfilmentState,
    (kind, reason): (DeskFactKind, Option<Reason>),
) {
    let Some(part) = order.fulfilment_mut(number) else { return };
    part.state = state;
    part.accept_by = None;
    let part = part.clone();
    for line in &part.lines {
        if let Some(known) = order.line_mut(&line.line) {
            known.allocated = known.allocated.saturating_sub(line.quantity);
            known.unrouted = known.unrouted.saturating_add(line.quantity);
        }
    }
    scribe.asked.push(((part.warehouse.clone(), part.day), -1));
    let message = Message::Deallocate { claim: part.claim.clone(), lines: by_sku(&part.lines) };
    order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse: part.warehouse.clone(), message });
    scribe.order(order, kind, Note::of(&part).reason(reason));
}

/// Another place is looked for without the one that could not; a pickup does not move by itself.
pub(super) fn elsewhere(
    scribe: &mut Scribe,
    order: &mut Order,
    number: u32,
    sku: Option<crate::domain::ids::Sku>,
    why: Why,
) {
    let Some(warehouse) = order.fulfilment(number).map(|part| part.warehouse.clone()) else { return };
    order.blocked.push(Blocked { warehouse, sku, why });
    if matches!(order.method, Method::Pickup(_)) {
        let reason = Reason::stored(why.name());
        if order.hold.is_none() {
            order.hold = Some(OnHold { reason: reason.clone(), until: None });
            scribe.order(order, DeskFactKind::OrderHeld, Note::default().reason(Some(reason)));
        }
    } else {
        route(scribe, order);
    }
}

fn short_pick(
    scribe: &mut Scribe,
    order: &mut Order,
    number: u32,
    lines: &[(LineId, i64)],
    (damaged, reason): (bool, Option<&Reason>),
) -> Result<(), Refusal> {
    let Some(mut part) = order.fulfilment(number).cloned() else { return Ok(()) };
    let mut missing: Vec<FulfilmentLine> = Vec::new();
    for (id, quantity) in lines {
        let possible = part.quantity(id);
        if *quantity > possible || *quantity <= 0 {
            return Err(Refusal::TooMany { line: id.clone(), asked: *quantity, possible });
        }
        let mut left = *quantity;
        for line in part.lines.iter_mut().filter(|line| line.line == *id) {
            let units = left.min(line.quantity);
            line.quantity = line.quantity.saturating_sub(units);
            left = left.saturating_sub(units);
            missing.push(FulfilmentLine { quantity: units, serials: Vec::new(), ..line.clone() });
        }
    }
    if missing.is_empty() {
        return Err(Refusal::OutOfRange);
    }
    part.lines.retain(|line| line.quantity > 0);
    part.accept_by = None;
    part.state = FulfilmentState::ShortPicked;
    if part.lines.is_empty() {
        part.state = FulfilmentState::Cancelled;
        scribe.asked.push(((part.warehouse.clone(), part.day), -1));
    }
    for line in &missing {
        if let Some(known) = order.line_mut(&line.line) {
            known.allocated = known.allocated.saturating_sub(line.quantity);
            known.unrouted = known.unrouted.saturating_add(line.quantity);
        }
    }
    let found = Fulfilment { lines: missing.clone(), ..part.clone() };
    let (claim, warehouse) = (part.claim.clone(), part.warehouse.clone());
    if let Some(known) = order.fulfilment_mut(number) {
        *known = part;
    }
    let why = reason.cloned().or_else(|| Some(Reason::stored(if damaged { "damaged" } else { "not_found" })));
    let message = Message::WriteOff { claim, lines: by_sku(&missing), damaged, reason: why.clone() };
    order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
    scribe.order(order, DeskFactKind::FulfilmentShortPicked, Note::of(&found).reason(why));
    let mut skus: Vec<_> = missing.into_iter().map(|line| line.sku).collect();
    skus.sort_unstable();
    skus.dedup();
    for sku in skus {
        elsewhere(scribe, order, number, Some(sku), Why::ShortPicked);
    }
    Ok(())
}

/// Notes parcels and serial numbers.
fn pack(
    order: &mut Order,
    number: u32,
    parcels: &[Parcel],
    serials: &[(LineId, Vec<Reference>)],
) -> Result<(), Refusal> {
    let Some(part) = order.fulfilment_mut(number) else { return Ok(()) };
    if part.parcels.len().saturating_add(parcels.len()) > TOLD_MAX {
        return Err(Refusal::OutOfRange);
    }
    for parcel in parcels.iter().filter(|parcel| parcel.tracking.is_some() || parcel.carrier.is_some()) {
        if !part.parcels.contains(parcel) {
            part.parcels.push(parcel.clone());
        }
    }
    for (id, told) in serials {
        let Some(line) = part.lines.iter_mut().find(|line| line.line == *id) else {
            return Err(Refusal::UnknownLine(id.clone()));
        };
        if told.len() > TOLD_MAX {
            return Err(Refusal::OutOfRange);
        }
        line.serials.clone_from(told);
    }
    Ok(())
}

/// Only these units go; the rest stays behind as a fulfilment of its own, where it stood.
fn split(
    scribe: &mut Scribe,
    order: &mut Order,
    number: u32,
    lines: &[(LineId, i64)],
) -> Result<(), Refusal> {
    let Some(mut part) = order.fulfilment(number).cloned() else { return Ok(()) };
    let mut going: Vec<FulfilmentLine> = Vec::new();
    for (id, quantity) in lines {
        let possible = part.quantity(id);
        if *quantity > possible || *quantity <= 0 {
            return Err(Refusal::TooMany { line: id.clone(), asked: *quantity, possible });
        }
        let mut left = *quantity;
        for line in part.lines.iter_mut().filter(|line| line.line == *id) {
            let units = left.min(line.quantity);
            line.quantity = line.quantity.saturating_sub(units);
            left = left.saturating_sub(units);
            going.push(FulfilmentLine { quantity: units, ..line.clone() });
        }
    }
    going.retain(|line| line.quantity > 0);
    if going.is_empty() {
        return Err(Refusal::OutOfRange);
    }
    part.lines.retain(|line| line.quantity > 0);
    if let Some(known) = order.fulfilment_mut(number) {
        known.lines = going;
    }
    if !part.lines.is_empty() {
        part.number = order.next_fulfilment();
        part.parcels = Vec::new();
        if part.state.is_allocated() {
            scribe.asked.push(((part.warehouse.clone(), part.day), 1));
        }
        order.fulfilments.push(part);
    }
    Ok(())
}

/// Units left, for good.
fn leave(
    scribe: &mut Scribe,
    order: &mut Order,
    number: u32,
    state: FulfilmentState,
    (kind, at): (DeskFactKind, Option<Timestamp>),
) {
    let Some(part) = order.fulfilment_mut(number) else { return };
    let when = at.unwrap_or(scribe.now).min(scribe.now);
    part.state = state;
    part.accept_by = None;
    part.left_at = Some(when);
    let part = part.clone();
    for line in &part.lines {
        if let Some(known) = order.line_mut(&line.line) {
            known.allocated = known.allocated.saturating_sub(line.quantity);
            known.shipped = known.shipped.saturating_add(line.quantity);
        }
    }
    let message =
        Message::Ship { claim: part.claim.clone(), lines: by_sku(&part.lines), at: when, transfer: false };
    order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse: part.warehouse.clone(), message });
    scribe.order(order, kind, Note::of(&part).time(at));
}

fn uncollected(scribe: &mut Scribe, order: &mut Order, number: u32, state: FulfilmentState) {
    let reason = Reason::stored(UNCOLLECTED);
    let why = Some(reason.clone());
    given_back(scribe, order, number, state, (DeskFactKind::FulfilmentCancelled, why));
    let lines: Vec<ClaimLine> = order.fulfilment(number).map(|part| by_sku(&part.lines)).unwrap_or_default();
    debug_assert!(!lines.is_empty(), "what waits for its buyer has lines");
    let units: Vec<(LineId, i64)> = order
        .fulfilment(number)
        .map(|part| part.lines.iter().map(|line| (line.line.clone(), line.quantity)).collect())
        .unwrap_or_default();
    for (id, quantity) in units {
        if let Some(line) = order.line_mut(&id) {
            line.unrouted = line.unrouted.saturating_sub(quantity);
            line.cancelled = line.cancelled.saturating_add(quantity);
        }
    }
    if order.lines.iter().all(|line| line.open() == 0) {
        order.cancelled_for = Some(reason);
    }
}

/// A carrier told something. Late, doubled and reordered news changes nothing.
fn carrier(
    scribe: &mut Scribe,
    order: &mut Order,
    number: u32,
    (event, reason, at): (Carrier, Option<&Reason>, Option<Timestamp>),
) -> Result<bool, Refusal> {
    let refused = illegal("carrier", order);
    let Some(part) = order.fulfilment_mut(number) else { return Err(refused) };
    if !matches!(part.state, FulfilmentState::Shipped | FulfilmentState::Delivered) {
        return Err(Refusal::IllegalStep { act: "carrier", found: part.state.name() });
    }
    if part.carrier.is_some_and(|known| !known.may_become(event)) {
        return Ok(false);
    }
    part.carrier = Some(event);
    part.trouble = reason.filter(|_| event == Carrier::Exception).cloned();
    let kind = match event {
        Carrier::InTransit => DeskFactKind::FulfilmentInTransit,
        Carrier::Exception => DeskFactKind::DeliveryException,
        Carrier::Delivered => {
            part.state = FulfilmentState::Delivered;
            DeskFactKind::FulfilmentDelivered
        }
        Carrier::ReturnedToSender => DeskFactKind::ReturnedToSender,
    };
    let note = Note::of(part).reason(reason.cloned()).time(at);
    scribe.order(order, kind, note);
    Ok(true)
}
