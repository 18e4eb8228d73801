//! Messages about orders, fulfilments, returns, transfers and receipts.

use super::document;
use super::table::Family;
use super::tell::{Outline, Teller};
use crate::domain::desk::{DeskFact, DeskFactKind, Document};
use crate::domain::ids::{ChannelId, OrderId, WarehouseId};
use crate::domain::order::Order;
use crate::edge::amqp::Message;
use crate::edge::wire::alert::AlertAbout;
use crate::edge::wire::event::desk::occurred_at;
use crate::edge::wire::event::{
    About, AlertEvent, EventHead, FulfilmentEvent, InboundEvent, OrderEvent, ReturnEvent, TransferEvent,
};
use crate::edge::wire::inbound::InboundAnswer;
use crate::edge::wire::order::answer::OrderAnswer;
use crate::edge::wire::order::fulfilment::FulfilmentAnswer;
use crate::edge::wire::returns::ReturnAnswer;
use crate::edge::wire::transfer::TransferAnswer;
use crate::feed::happened::Told;

/// What is told of a fact about a document.
pub(super) fn messages(teller: &Teller<'_>, told: &Told) -> Vec<Message> {
    let fact = &told.fact;
    let of = told.document.as_ref();
    let family = Family::of_desk(fact.kind, of);
    let name = fact.kind.name();
    let mut head = teller.head(name);
    head.occurred_at = occurred_at(fact);
    let about = About::of(fact, part_of(fact, of));
    let subject = about.part.as_ref().map_or_else(|| fact.document.to_string(), |part| part.0.to_string());
    let filled = [place(family, fact, of), Some(name)];
    let outline = Outline { family, fact: name, filled: &filled, subject: Some(subject.clone()) };
    let alert = fact.kind.is_alert().then(|| alert(head.clone(), about.clone(), name));
    let event = event(teller, outline, (head, about), told);
    let alert = alert.map(|body| teller.beside((Family::Alert, name), Some(subject), &body));
    [event].into_iter().chain(alert).chain(document::messages(teller, told)).collect()
}

fn event(
    teller: &Teller<'_>,
    outline: Outline<'_>,
    (head, about): (EventHead, About),
    told: &Told,
) -> Message {
    let document = told.document.as_ref();
    let order = document.and_then(Document::order);
    match outline.family {
        Family::Fulfilment => {
            let part = order.and_then(|order| Some((order, order.fulfilment(told.fact.part?)?)));
            let stands = part.map(|(order, part)| Box::new(FulfilmentAnswer::of(order, part)));
            teller.event(outline, &FulfilmentEvent { head, about, stands })
        }
        Family::Return => {
            let stands = returned(told).map(Box::new);
            teller.event(outline, &ReturnEvent { head, about, stands })
        }
        Family::Transfer => {
            let stands = match document {
                Some(Document::Transfer(transfer)) => Some(Box::new(TransferAnswer::from(&**transfer))),
                Some(Document::Order(_) | Document::Return(_) | Document::Inbound(_)) | None => None,
            };
            teller.event(outline, &TransferEvent { head, about, stands })
        }
        Family::Inbound => {
            let stands = match document {
                Some(Document::Inbound(inbound)) => Some(Box::new(InboundAnswer::from(&**inbound))),
                Some(Document::Order(_) | Document::Return(_) | Document::Transfer(_)) | None => None,
            };
            teller.event(outline, &InboundEvent { head, about, stands })
        }
        Family::Order
        | Family::Stock
        | Family::Reservation
        | Family::Policy
        | Family::Backorder
        | Family::Item
        | Family::Availability
        | Family::Gap
        | Family::Alert
        | Family::Document => {
            let state = order.map(|order| order.state.name());
            let stands = order.filter(|_| changes_the_whole(told.fact.kind));
            let stands = stands.map(|order| Box::new(OrderAnswer::of(order)));
            teller.event(outline, &OrderEvent { head, about, state, stands })
        }
    }
}

/// The return a fact is about, as it stands.
pub(super) fn returned(told: &Told) -> Option<ReturnAnswer> {
    match told.document.as_ref()? {
        Document::Return(back) => Some(ReturnAnswer::of(back, None)),
        Document::Order(order) => {
            let number = told.fact.part?;
            let back = order.returns.iter().find(|back| back.number == number)?;
            Some(ReturnAnswer::of(back, Some(order)))
        }
        Document::Transfer(_) | Document::Inbound(_) => None,
    }
}

/// The fulfilment or return of an order that a fact is about.
pub(super) fn part_of(fact: &DeskFact, document: Option<&Document>) -> Option<OrderId> {
    let number = fact.part?;
    let order: &Order = document.and_then(Document::order)?;
    if let Some(back) = order.returns.iter().find(|back| back.number == number).filter(|_| of_return(fact)) {
        return Some(back.id.clone());
    }
    let part = order.fulfilment(number).filter(|_| !of_return(fact))?;
    Some(part.id(&order.id))
}

/// Whether a fact's part is a return; else it is a fulfilment.
fn of_return(fact: &DeskFact) -> bool {
    Family::of_desk(fact.kind, None) == Family::Return || fact.kind == DeskFactKind::OrderRefunded
}

/// What the routing key of a fact names before the fact.
fn place<'a>(family: Family, fact: &'a DeskFact, document: Option<&'a Document>) -> Option<&'a str> {
    let warehouse = || fact.warehouse.as_ref().map(WarehouseId::as_str);
    match (family, document) {
        (Family::Transfer, Some(Document::Transfer(transfer))) => Some(transfer.from.as_str()),
        (Family::Inbound, Some(Document::Inbound(inbound))) => Some(inbound.warehouse.as_str()),
        (Family::Fulfilment | Family::Transfer | Family::Inbound, _) => warehouse(),
        _ => fact.channel.as_ref().map(ChannelId::as_str),
    }
}

/// Whether a fact changes what an order says or how its units stand, so that the whole of it is told.
const fn changes_the_whole(kind: DeskFactKind) -> bool {
    matches!(
        kind,
        DeskFactKind::OrderReceived
            | DeskFactKind::OrderAccepted
            | DeskFactKind::OrderAmended
            | DeskFactKind::OrderAddressChanged
            | DeskFactKind::OrderCancelled
            | DeskFactKind::OrderShipped
            | DeskFactKind::OrderDelivered
    )
}

fn alert(head: EventHead, about: About, alert: &'static str) -> AlertEvent {
    AlertEvent {
        head,
        alert,
        about: AlertAbout {
            document: Some(about.document),
            channel: about.channel,
            order: about.order,
            warehouse: about.warehouse,
            sku: None,
            reservation: None,
            crossed: None,
            reason: about.reason,
        },
        part: about.part,
        due: about.due,
        lines: about.lines,
        levels: Vec::new(),
    }
}
