//! Taking orders in.

use std::sync::Arc;

use super::changing;
use super::claiming;
use super::command::{Fulfilled, NewLine, PlaceOrder};
use super::decide::Outcome;
use super::fact::{DeskFactKind, DeskLine};
use super::scribe::{Note, Scribe};
use super::state::Document;
use crate::domain::ids::{ChannelId, LineId, OrderId, OrderNumber, Reason, Reference, WarehouseId};
use crate::domain::order::{
    Commercial, Contact, Destination, Fulfilment, FulfilmentLine, FulfilmentState, Line, Message, OnHold,
    Order, Payment, PaymentState, TaskWork, Tasks, Terms,
};
use crate::domain::quantity::UNITS_MAX;
use crate::domain::refusal::Refusal;
use crate::domain::routing::Method;
use crate::domain::warehouse::{Movement, MovementKind};

/// Why an order waits for its payment.
pub(super) const PAYMENT: &str = "payment";
/// Why an order waits for an item card.
pub(super) const UNKNOWN_SKU: &str = "unknown_sku";
/// Lines an order may have, whatever the door allows.
pub(super) const LINES_MAX: usize = 5_000;

/// Takes an order in, or knows it.
pub(super) fn place(
    scribe: &mut Scribe,
    known: Option<Document>,
    place: &PlaceOrder,
    room: bool,
) -> Result<Outcome, Refusal> {
    let known = known.as_ref().and_then(Document::order).cloned();
    let left = match known {
        Some(order) if !order.withdrawn => return placed_again(scribe, order, place),
        Some(order) => order.tasks.clone(),
        None => Tasks::default(),
    };
    if !room {
        return Err(Refusal::DeskFull);
    }
    if place.lines.is_empty() || place.lines.len() > LINES_MAX {
        return Err(Refusal::OutOfRange);
    }
    well_formed(&place.lines)?;
    if !place.told
        && let Some(sku) = place.unknown.first()
    {
        return Err(Refusal::UnknownSku(sku.clone()));
    }
    let mut order = taken_in(scribe, place, left);
    scribe.order(&mut order, DeskFactKind::OrderReceived, Note::lines(said_lines(&place.lines)));
    if let Some(contact) = &place.contact {
        scribe.contact = Some(Some(contact.clone()));
    }
    if let Some(gone) = &place.fulfilled {
        fulfilled(scribe, &mut order, gone);
    } else if order.unrouted() > 0 {
        holds(scribe, &mut order, place);
        match &place.routing {
            Some(routing) => claiming::apply(scribe, &mut order, routing)?,
            None => order.tasks.push(scribe.begun(), TaskWork::Route),
        }
    }
    Ok(Outcome::Changed(Document::Order(Arc::new(order))))
}

/// Each line stands once and asks for what can be counted.
fn well_formed(lines: &[NewLine]) -> Result<(), Refusal> {
    let mut seen = ahash::AHashSet::with_capacity(lines.len());
    for line in lines {
        if !(0..=UNITS_MAX).contains(&line.quantity) {
            return Err(Refusal::OutOfRange);
        }
        if !seen.insert(&line.id) {
            return Err(Refusal::LineIsOther { line: line.id.clone() });
        }
    }
    Ok(())
}

/// The same order again: the same revision says the same, a lower one is old news, a higher one amends.
fn placed_again(scribe: &mut Scribe, order: Arc<Order>, place: &PlaceOrder) -> Result<Outcome, Refusal> {
    let same = |order: Arc<Order>| Ok(Outcome::Unchanged(Document::Order(order)));
    match (order.revision, place.revision) {
        (Some(known), Some(said)) if said < known => Ok(Outcome::Superseded(Document::Order(order))),
        (known, Some(said)) if known.is_none_or(|known| said > known) => {
            if order.content == place.content && known.is_some() {
                let mut order = Arc::unwrap_or_clone(order);
                order.revision = Some(said);
                return Ok(Outcome::Changed(Document::Order(Arc::new(order))));
            }
            let mut order = Arc::unwrap_or_clone(order);
            changing::amend(scribe, &mut order, Some(said), &place.lines)?;
            order.content = place.content;
            order.carried = place.carried.clone();
            order.payment.reference.clone_from(&place.payment_reference);
            // A shop repeats what it knows; what was erased stays so until somebody says a new address on purpose.
            let contact = place.contact.as_ref().filter(|_| !matches!(order.contact, Contact::Erased(_)));
            if order.destination != place.destination || contact.is_some() {
                // An address that can't be changed any more does not undo the rest of the amendment.
                let moved = changing::address(scribe, &mut order, &place.destination, contact);
                if moved.is_err()
                    && order.contact == Contact::Kept
                    && let Some(contact) = contact
                {
                    scribe.contact = Some(Some(contact.clone()));
                }
            }
            super::paying::pay(scribe, &mut order, place.payment, None);
            Ok(Outcome::Changed(Document::Order(Arc::new(order))))
        }
        // Without a revision the first wins; with one, what it said must be the same.
        (_, None) => same(order),
        (_, Some(_)) if order.content == place.content => same(order),
        (_, Some(_)) => Err(Refusal::OrderExists),
    }
}

fn taken_in(scribe: &Scribe, place: &PlaceOrder, tasks: Tasks) -> Order {
    let contact = if place.contact.is_some() { Contact::Kept } else { Contact::None };
    Order {
        id: place.id.clone(),
        channel: place.channel.clone(),
        number: place.number.clone(),
        revision: place.revision,
        content: place.content,
        told: place.told,
        placed_at: place.placed_at.unwrap_or(scribe.now),
        lines: place.lines.iter().map(Line::from).collect(),
        method: place.method.clone(),
        destination: place.destination.clone(),
        terms: place.terms.clone(),
        payment: Payment {
            state: place.payment,
            required: place.payment_required,
            reference: place.payment_reference.clone(),
        },
        reservation: place.reservation.clone(),
        tasks,
        contact,
        tracking: place.tracking,
        epoch: scribe.version,
        carried: place.carried.clone(),
        ..nothing()
    }
}

/// Why an order may have to wait from the start.
fn holds(scribe: &mut Scribe, order: &mut Order, place: &PlaceOrder) {
    let why = if place.unknown.is_empty() {
        (place.payment_required && !place.payment.is_good()).then_some((PAYMENT, place.terms.pay_until))
    } else {
        let lines = order.lines.iter().filter(|line| place.unknown.contains(&line.sku));
        let lines = lines.map(|line| desk_line(line, line.ordered)).collect();
        scribe.order(order, DeskFactKind::UnknownSku, Note::lines(lines));
        Some((UNKNOWN_SKU, None))
    };
    if let Some((why, until)) = why {
        let reason = Reason::stored(why);
        order.hold = Some(OnHold { reason: reason.clone(), until });
        scribe.order(order, DeskFactKind::OrderHeld, Note::default().reason(Some(reason)));
    }
}

/// A sale whose goods are gone already: a movement, never routed, never refused.
fn fulfilled(scribe: &mut Scribe, order: &mut Order, gone: &Fulfilled) {
    let lines: Vec<FulfilmentLine> = order
        .lines
        .iter()
        .filter(|line| line.stock && line.ordered > 0)
        .map(|line| FulfilmentLine {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.ordered,
            serials: Vec::new(),
        })
        .collect();
    for line in order.lines.iter_mut().filter(|line| line.stock) {
        line.shipped = line.ordered;
        line.unrouted = 0;
    }
    if lines.is_empty() {
        return;
    }
    let reference = Reference::parse(order.number.as_str()).ok();
    for line in claiming::by_sku(&lines) {
        let movement = Movement {
            sku: line.sku,
            kind: MovementKind::Sell {
                channel: order.channel.clone(),
                reservation: order.reservation.clone(),
            },
            quantity: line.quantity,
            reference: reference.clone(),
            reason: None,
            occurred_at: Some(gone.at),
        };
        let (warehouse, message) = (gone.warehouse.clone(), Message::Move(movement));
        order.tasks.push(scribe.begun(), TaskWork::Tell { warehouse, message });
    }
    let part = Fulfilment {
        number: 1,
        warehouse: gone.warehouse.clone(),
        claim: order.claim_at(&gone.warehouse),
        state: FulfilmentState::Collected,
        held_in: FulfilmentState::Collected,
        lines,
        requested_at: gone.at,
        accept_within_ms: None,
        accept_by: None,
        day: gone.day,
        parcels: Vec::new(),
        carrier: None,
        trouble: None,
        left_at: Some(gone.at),
        ends_at: None,
        along: None,
    };
    scribe.order(order, DeskFactKind::FulfilmentCollected, Note::of(&part).time(Some(gone.at)));
    order.fulfilments.push(part);
}

/// Units of a line, for a fact.
pub(super) fn desk_line(line: &Line, quantity: i64) -> DeskLine {
    DeskLine { line: Some(line.id.clone()), sku: line.sku.clone(), quantity }
}

fn said_lines(lines: &[NewLine]) -> Vec<DeskLine> {
    let goods = lines.iter().filter(|line| line.stock);
    goods
        .map(|line| DeskLine { line: Some(line.id.clone()), sku: line.sku.clone(), quantity: line.quantity })
        .collect()
}

/// An order of nothing, to begin from.
pub(in crate::domain) fn nothing() -> Order {
    Order {
        id: OrderId::stored(""),
        channel: ChannelId::stored(""),
        number: OrderNumber::stored(""),
        revision: None,
        content: 0,
        told: false,
        state: Commercial::Received,
        placed_at: crate::domain::time::Timestamp::default(),
        updated_at: crate::domain::time::Timestamp::default(),
        lines: Vec::new(),
        method: Method::Ship,
        destination: Destination::default(),
        terms: Terms::default(),
        payment: Payment { state: PaymentState::Unknown, required: false, reference: None },
        refunds: Vec::new(),
        hold: None,
        reservation: None,
        fulfilments: Vec::new(),
        returns: Vec::new(),
        waits: Vec::new(),
        journeys: Vec::new(),
        attempt: 0,
        only: None,
        blocked: Vec::new(),
        tasks: Tasks::default(),
        routed: Vec::new(),
        timeline: Vec::new(),
        known: Vec::new(),
        contact: Contact::None,
        tracking: None,
        cancelled_for: None,
        late_told: false,
        epoch: 0,
        accepted_at: None,
        withdrawn: false,
        carried: Arc::from(""),
    }
}

impl Order {
    /// The id of this attempt's claim at a warehouse.
    #[must_use]
    pub fn claim_at(&self, warehouse: &WarehouseId) -> crate::domain::ids::ReservationId {
        let (id, epoch, attempt) = (&self.id, self.epoch, self.attempt);
        crate::domain::ids::CommandId::stored(&format!("{id}/{epoch}/{attempt}/{warehouse}"))
    }

    /// The id under which a line waits for goods.
    #[must_use]
    pub fn wait_of(&self, line: &LineId) -> crate::domain::ids::CommandId {
        let (id, epoch, attempt) = (&self.id, self.epoch, self.attempt);
        crate::domain::ids::CommandId::stored(&format!("{id}/{epoch}/{attempt}/wait/{line}"))
    }
}
