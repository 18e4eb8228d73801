//! What the buyer should know.

use super::kind::DocumentKind;
use super::{of_order, record};
use crate::domain::desk::{DeskFactKind, Document};
use crate::edge::amqp::Message;
use crate::edge::event::tell::Teller;
use crate::edge::tracking;
use crate::edge::wire::event::About;
use crate::edge::wire::event::contact::Reader;
use crate::edge::wire::event::document::CustomerNoticeDocument;
use crate::edge::wire::order::fulfilment::FulfilmentPart;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::edge::wire::tracking::SupportAnswer;
use crate::feed::happened::Told;

const KIND: DocumentKind = DocumentKind::CustomerNotice;

/// The notice that comes with a fact.
pub(super) fn message(teller: &Teller<'_>, told: &Told) -> Option<Message> {
    let order = told.document.as_ref().and_then(Document::order)?;
    let fact = &told.fact;
    let notice = match fact.kind {
        DeskFactKind::FulfilmentShipped => "shipped",
        DeskFactKind::FulfilmentReady => "ready_for_pickup",
        DeskFactKind::OrderLate => "delayed",
        // Without a promise there is nothing to tell but what the order said when it was placed.
        DeskFactKind::LineBackordered if fact.time.is_some() => "delayed",
        DeskFactKind::DeliveryException | DeskFactKind::ReturnedToSender => "delivery_problem",
        _ => return None,
    };
    let part = fact.part.and_then(|number| order.fulfilment(number));
    let delayed = notice == "delayed";
    let place =
        |id: &str| teller.settings.warehouses.iter().find(|warehouse| warehouse.id == id)?.name.clone();
    let body = CustomerNoticeDocument {
        head: teller.document_head(KIND),
        of: of_order(order),
        notice,
        fulfilment: part.map(|part| Text(part.id(&order.id))),
        warehouse: part.map(|part| Text(part.warehouse.clone())),
        place: part.and_then(|part| place(part.warehouse.as_str())),
        parcels: part.map(|part| FulfilmentPart::of(&order.id, part).parcels).unwrap_or_default(),
        promise_by: if delayed { fact.time } else { order.terms.promise }.map(Time),
        reason: fact.reason.clone().map(Text),
        lines: About::of(fact, None).lines,
        support: SupportAnswer::of(teller.settings, &order.channel),
        whom: Reader::of(record(told), |token| tracking::path(&order.id, token)),
    };
    Some(teller.document(KIND, order.id.to_string(), &body))
}
