//! What a warehouse has to do.

use super::kind::DocumentKind;
use super::{of_order, record};
use crate::domain::desk::{DeskFact, DeskFactKind, Document};
use crate::domain::order::{Fulfilment, FulfilmentLine, FulfilmentState, Order};
use crate::domain::routing::Method;
use crate::edge::amqp::Message;
use crate::edge::event::tell::Teller;
use crate::edge::wire::event::contact::Whom;
use crate::edge::wire::event::document::{
    DocumentHead, PickListDocument, ShippingOrderDocument, Work, WorkLine,
};
use crate::edge::wire::order::answer::DestinationAnswer;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::{Day, Time};
use crate::feed::happened::Told;

/// The pick lists or shipping orders that come with a fact: of its fulfilment, or of every one it touches.
pub(super) fn messages(teller: &Teller<'_>, told: &Told, kind: DocumentKind) -> Vec<Message> {
    let Some(order) = told.document.as_ref().and_then(Document::order) else { return Vec::new() };
    let fact = &told.fact;
    let wanted = |part: &&Fulfilment| match kind {
        DocumentKind::PickList => is_to_pick(part),
        _ => is_to_ship(order, part) && !was_told_before(fact, part),
    };
    let parts = order.fulfilments.iter().filter(|part| touches(fact, part)).filter(wanted);
    parts.map(|part| message(teller, told, (order, part), kind)).collect()
}

fn message(
    teller: &Teller<'_>,
    told: &Told,
    (order, part): (&Order, &Fulfilment),
    kind: DocumentKind,
) -> Message {
    let mut head = teller.document_head(kind);
    // A fact about the whole order may touch several fulfilments: each document has its own id.
    let several = told.fact.part.is_none();
    if several {
        head.id = format!("{}/{}", head.id, part.number);
    }
    let id = head.id.clone();
    let of = part.id(&order.id).to_string();
    let mut message = body(teller, told, (order, part), (kind, head, of));
    message.id = id;
    message
}

fn body(
    teller: &Teller<'_>,
    told: &Told,
    (order, part): (&Order, &Fulfilment),
    (kind, head, of): (DocumentKind, DocumentHead, String),
) -> Message {
    let work = work(teller, order, part);
    match kind {
        DocumentKind::PickList => teller.document(kind, of, &PickListDocument { head, work }),
        _ => {
            let whom = Whom::ship_to(record(told));
            teller.document(kind, of, &ShippingOrderDocument { head, work, whom })
        }
    }
}

/// Whether a fact is about a fulfilment, or about units of the order that are in it.
fn touches(fact: &DeskFact, part: &Fulfilment) -> bool {
    match fact.part {
        Some(number) => part.number == number,
        None if fact.kind == DeskFactKind::OrderAddressChanged => true,
        None => fact
            .lines
            .iter()
            .filter_map(|line| line.line.as_ref())
            .any(|id| part.lines.iter().any(|line| line.line == *id)),
    }
}

/// Whether somebody may walk the shelves for it.
const fn is_to_pick(part: &Fulfilment) -> bool {
    matches!(part.state, FulfilmentState::Requested | FulfilmentState::Accepted | FulfilmentState::Picking)
}

/// Whether it is to be sent, and by a warehouse that has said yes or need not say it.
fn is_to_ship(order: &Order, part: &Fulfilment) -> bool {
    let agreed = part.accept_within_ms.is_none() || part.state != FulfilmentState::Requested;
    let open = part.state.is_open() && part.state != FulfilmentState::ReadyForPickup;
    order.method == Method::Ship && open && agreed
}

/// Whether its shipping order was sent already: a warehouse that need not accept got it when it was asked.
fn was_told_before(fact: &DeskFact, part: &Fulfilment) -> bool {
    fact.kind == DeskFactKind::FulfilmentAccepted && part.accept_within_ms.is_none()
}

fn work(teller: &Teller<'_>, order: &Order, part: &Fulfilment) -> Work {
    Work {
        fulfilment: Text(part.id(&order.id)),
        warehouse: Text(part.warehouse.clone()),
        of: of_order(order),
        method: match &order.method {
            Method::Ship => "ship",
            Method::Pickup(_) => "pickup",
        },
        destination: DestinationAnswer::of(order),
        priority: order.terms.priority,
        promise_by: order.terms.promise.map(Time),
        release_on: order.terms.release_day.map(Day),
        accept_by: part.accept_by.map(Time),
        lines: part.lines.iter().map(|line| work_line(teller, part, line)).collect(),
    }
}

fn work_line(teller: &Teller<'_>, part: &Fulfilment, line: &FulfilmentLine) -> WorkLine {
    let mut card = (teller.cards)(&line.sku).unwrap_or_default();
    WorkLine {
        line: Text(line.line.clone()),
        sku: Text(line.sku.clone()),
        quantity: line.quantity,
        bin: card.bins.remove(&part.warehouse),
        title: card.title,
        gtin: card.gtin,
        unit: card.unit,
        weight_g: card.weight_g,
    }
}
