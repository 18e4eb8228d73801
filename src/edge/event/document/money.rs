//! What the books need: invoices, credit notes, refunds. Money is told as the order brought it.

use std::sync::Arc;

use super::kind::DocumentKind;
use super::paper::{of_order, record};
use crate::config::Invoice;
use crate::domain::desk::fact::DeskLine;
use crate::domain::desk::{DeskFact, DeskFactKind, Document};
use crate::domain::ids::Sku;
use crate::domain::order::{Fulfilment, Line, Order, PaymentState, Return, ReturnLine};
use crate::edge::amqp::Message;
use crate::edge::event::tell::Teller;
use crate::edge::wire::event::contact::Whom;
use crate::edge::wire::event::document::{
    CreditNoteRequestDocument, InvoiceRequestDocument, NumberedRefund, PricedLine, RefundDueDocument,
};
use crate::edge::wire::order::answer::{DestinationAnswer, PaymentAnswer, refunds};
use crate::edge::wire::order::carried::Baggage;
use crate::edge::wire::returns::Findings;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::feed::happened::Told;

/// Goods left: invoice them. An order of nothing but fees and services is invoiced when it counts as delivered.
pub(super) fn invoice(teller: &Teller<'_>, told: &Told) -> Option<Message> {
    const KIND: DocumentKind = DocumentKind::InvoiceRequest;
    let order = invoiced(teller, told)?;
    let fact = &told.fact;
    let goods = order.lines.iter().any(|line| line.stock);
    let part = fact.part.and_then(|number| order.fulfilment(number));
    if part.is_none() && (goods || fact.kind != DeskFactKind::OrderDelivered) {
        return None;
    }
    let first = part.is_none_or(|part| is_first(order, part));
    let mut prices = Baggage::of(order);
    let mut lines: Vec<PricedLine> =
        fact.lines.iter().filter_map(|line| priced(order, &mut prices, line)).collect();
    let services = order.lines.iter().filter(|line| first && !line.stock && line.ordered > 0);
    lines.extend(services.map(|line| priced_line(line, line.ordered, &mut prices)));
    let body = InvoiceRequestDocument {
        head: teller.document_head(KIND),
        of: of_order(order),
        fulfilment: part.map(|part| Text(part.id(&order.id))),
        warehouse: part.map(|part| Text(part.warehouse.clone())),
        left_at: part.and_then(|part| part.left_at).map(Time),
        first,
        last: order.lines.iter().all(|line| line.open() == 0),
        destination: DestinationAnswer::of(order),
        lines,
        payment: PaymentAnswer::of(order),
        carried: prices.order,
        whom: Whom::bill_to(record(told)),
    };
    let of = part.map_or_else(|| order.id.to_string(), |part| part.id(&order.id).to_string());
    Some(teller.document(KIND, of, &body))
}

/// The order, where its channel's invoices are asked for here. A channel that is not configured any more is as any.
fn invoiced<'t>(teller: &Teller<'_>, told: &'t Told) -> Option<&'t Arc<Order>> {
    let order = told.document.as_ref().and_then(Document::order)?;
    let mut channels = teller.settings.channels.iter();
    let never =
        channels.any(|channel| channel.id == order.channel.as_str() && channel.invoice == Invoice::Never);
    (!never).then_some(order)
}

/// Goods came back and were looked at, or money went back without that.
pub(super) fn credit(teller: &Teller<'_>, told: &Told) -> Option<Message> {
    const KIND: DocumentKind = DocumentKind::CreditNoteRequest;
    let order = invoiced(teller, told)?;
    let fact = &told.fact;
    let back = fact.part.and_then(|number| order.returns.iter().find(|back| back.number == number));
    // Of one return, either its goods are credited or its money: whichever was told first.
    if back.is_some_and(|back| begins(order, back) != Some(fact.kind)) {
        return None;
    }
    let mut prices = Baggage::of(order);
    let of_goods = fact.kind == DeskFactKind::ReturnInspected;
    let lines = match back.filter(|_| of_goods) {
        Some(back) => came_back(order, &mut prices, back, (&fact.lines, |line| line.inspected.units())),
        None => Vec::new(),
    };
    let body = CreditNoteRequestDocument {
        head: teller.document_head(KIND),
        of: of_order(order),
        because: if of_goods { "returned" } else { "refunded" },
        back: back.map(|back| Text(back.id.clone())),
        reason: fact.reason.clone().map(Text),
        lines,
        refunds: if of_goods { Vec::new() } else { told_refunds(teller, order, fact) },
        payment: PaymentAnswer::of(order),
        carried: prices.order,
    };
    Some(teller.document(KIND, order.id.to_string(), &body))
}

/// The buyer gets money back: goods of a return arrived, or units of a paid order are not wanted any more.
pub(super) fn refund(teller: &Teller<'_>, told: &Told) -> Option<Message> {
    let fact = &told.fact;
    let (order, back): (Option<&Arc<Order>>, Option<&Return>) = match told.document.as_ref()? {
        Document::Return(back) => (None, Some(back)),
        Document::Order(order) => {
            let back = fact.part.and_then(|number| order.returns.iter().find(|back| back.number == number));
            (Some(order), back)
        }
        Document::Transfer(_) | Document::Inbound(_) => return None,
    };
    let returned = fact.kind == DeskFactKind::ReturnReceived;
    let state = order.map(|order| order.payment.state);
    let owed = if returned {
        back.is_some_and(|back| !back.refunded) && state != Some(PaymentState::Refunded)
    } else {
        state == Some(PaymentState::Paid) && !fact.lines.is_empty()
    };
    if !owed {
        return None;
    }
    Some(refund_due(teller, fact, (order.map(|order| &**order), back), returned))
}

fn refund_due(
    teller: &Teller<'_>,
    fact: &DeskFact,
    (order, back): (Option<&Order>, Option<&Return>),
    returned: bool,
) -> Message {
    const KIND: DocumentKind = DocumentKind::RefundDue;
    let mut prices = order.map(Baggage::of).unwrap_or_default();
    let lines = match (order, back) {
        (Some(order), Some(back)) if returned => {
            came_back(order, &mut prices, back, (&fact.lines, |line| line.received))
        }
        (Some(order), _) => fact.lines.iter().filter_map(|line| priced(order, &mut prices, line)).collect(),
        (None, _) => fact.lines.iter().map(unpriced).collect(),
    };
    let body = RefundDueDocument {
        head: teller.document_head(KIND),
        of: order.map(of_order),
        because: if returned { "returned" } else { "cancelled" },
        back: back.map(|back| Text(back.id.clone())),
        reference: back.and_then(|back| back.reference.clone()).map(Text),
        reason: fact.reason.clone().map(Text),
        refund_by: back.map(|back| Time(back.refund_by)),
        lines,
        payment: order.map(PaymentAnswer::of),
        carried: prices.order,
    };
    teller.document(KIND, fact.document.to_string(), &body)
}

/// Whether no part of the order left before this one.
fn is_first(order: &Order, part: &Fulfilment) -> bool {
    let left = order
        .timeline
        .iter()
        .find(|one| matches!(one.kind, DeskFactKind::FulfilmentShipped | DeskFactKind::FulfilmentCollected));
    left.is_none_or(|one| one.number == Some(part.number))
}

/// What was told first of a return: that its goods were looked at, or that money went back.
fn begins(order: &Order, back: &Return) -> Option<DeskFactKind> {
    let of_this = order.timeline.iter().filter(|one| one.number == Some(back.number));
    let mut kinds = of_this.map(|one| one.kind);
    kinds.find(|kind| matches!(kind, DeskFactKind::ReturnInspected | DeskFactKind::OrderRefunded))
}

/// The refunds a fact tells: those of its entry with its return and reason. Each has a number, so that two alike are not
/// taken for one, nor one for two.
fn told_refunds(teller: &Teller<'_>, order: &Order, fact: &DeskFact) -> Vec<NumberedRefund> {
    let at = teller.happened.at;
    let these = order.refunds.iter().zip(refunds(order)).zip(1_u32..);
    let these =
        these.filter(|((one, _), _)| one.at == at && one.of == fact.part && one.reason == fact.reason);
    these.map(|((_, refund), number)| NumberedRefund { number, refund }).collect()
}

fn priced(order: &Order, prices: &mut Baggage, said: &DeskLine) -> Option<PricedLine> {
    let line = order.line(said.line.as_ref()?)?;
    Some(priced_line(line, said.quantity, prices))
}

fn priced_line(line: &Line, quantity: i64, prices: &mut Baggage) -> PricedLine {
    PricedLine {
        line: Some(Text(line.id.clone())),
        sku: Some(&line.sku).filter(|sku| !sku.as_str().is_empty()).cloned().map(Text),
        quantity,
        ordered: Some(line.ordered),
        carried: prices.lines.get(line.id.as_str()).cloned().unwrap_or_default(),
        inspected: None,
    }
}

fn unpriced(said: &DeskLine) -> PricedLine {
    PricedLine {
        line: said.line.clone().map(Text),
        sku: Some(Text(said.sku.clone())),
        quantity: said.quantity,
        ordered: None,
        carried: crate::edge::wire::order::carried::CarriedLine::default(),
        inspected: None,
    }
}

/// Units of a return with the prices of the order's lines. The fact names goods; where a return has several lines of the
/// same, they were filled in order, so the newest units are on the last.
fn came_back(
    order: &Order,
    prices: &mut Baggage,
    back: &Return,
    (said, done): (&[DeskLine], fn(&ReturnLine) -> i64),
) -> Vec<PricedLine> {
    let mut lines = Vec::new();
    for DeskLine { sku, quantity, .. } in said {
        let mut left = *quantity;
        for line in back.lines.iter().rev().filter(|line| line.sku == *sku) {
            let units = left.min(done(line));
            left = left.saturating_sub(units);
            if units > 0 {
                lines.push(of_return(order, prices, (line, sku), units));
            }
        }
    }
    lines
}

fn of_return(
    order: &Order,
    prices: &mut Baggage,
    (line, sku): (&ReturnLine, &Sku),
    units: i64,
) -> PricedLine {
    let known = line.line.as_ref().and_then(|id| order.line(id));
    let said = DeskLine { line: line.line.clone(), sku: sku.clone(), quantity: units };
    let priced = known.map_or_else(|| unpriced(&said), |known| priced_line(known, units, prices));
    PricedLine { inspected: (line.inspected.units() > 0).then(|| Findings::from(&line.inspected)), ..priced }
}
