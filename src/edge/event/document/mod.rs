//! Documents: which come with which fact, and what is in them.

mod goods;
mod kind;
mod money;
mod notice;
mod work;

pub use kind::{DocumentKind, needs_contact};

use super::table::Family;
use super::tell::Teller;
use crate::domain::order::Order;
use crate::edge::amqp::Message;
use crate::edge::wire::event::document::{DocumentHead, OfOrder};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::feed::happened::Told;

pub(super) use goods::of_stock;

/// Milliseconds of an hour.
const HOUR_MS: u64 = 3_600_000;

/// The documents that come with a fact about a document of a desk.
pub(super) fn messages(teller: &Teller<'_>, told: &Told) -> Vec<Message> {
    let Some(document) = &told.document else { return Vec::new() };
    let mut messages = Vec::new();
    for kind in DocumentKind::with(told.fact.kind) {
        match kind {
            DocumentKind::PickList | DocumentKind::ShippingOrder => {
                messages.extend(work::messages(teller, told, *kind));
            }
            DocumentKind::InvoiceRequest => messages.extend(money::invoice(teller, told)),
            DocumentKind::CreditNoteRequest => messages.extend(money::credit(teller, told)),
            DocumentKind::RefundDue => messages.extend(money::refund(teller, told)),
            DocumentKind::GoodsReceived => messages.extend(goods::of_inbound(teller, document, &told.fact)),
            DocumentKind::CustomerNotice => messages.extend(notice::message(teller, told)),
        }
    }
    messages
}

impl Teller<'_> {
    /// A document beside the event; `of` says what it is about.
    fn document(&self, kind: DocumentKind, of: String, body: &impl serde::Serialize) -> Message {
        let mut message = self.beside((Family::Document, kind.name()), Some(of), body);
        let hours = self.settings.amqp.contact_hours;
        message.expires_ms = kind.bears_contact().then(|| hours.saturating_mul(HOUR_MS));
        message
    }

    /// What a document says first.
    fn document_head(&self, kind: DocumentKind) -> DocumentHead {
        let event = self.happened.id();
        DocumentHead {
            id: format!("{event}/{}", kind.name()),
            kind: kind.name(),
            event,
            at: Time(self.happened.at),
            command: self.happened.cause.as_ref().map(|cause| Text(cause.id.clone())),
        }
    }
}

/// The order a document is about.
fn of_order(order: &Order) -> OfOrder {
    OfOrder {
        order: Text(order.number.clone()),
        order_id: Text(order.id.clone()),
        channel: Text(order.channel.clone()),
        placed_at: Time(order.placed_at),
    }
}

/// The bytes of the order's contact record, where there is one.
fn record(told: &Told) -> Option<&[u8]> {
    told.contact.as_ref().and_then(|contact| contact.as_deref())
}
