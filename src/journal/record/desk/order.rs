//! An order, with everything it has.

use std::sync::Arc;

use super::super::codec::{Reader, Writer, damaged};
use super::super::shared::{
    get_command_id, get_order_id, get_sku, get_time, put_command_id, put_order_id, put_sku, put_time,
};
use super::document::{get_return, put_return};
use super::fulfilment::{get_fulfilment, put_fulfilment};
use super::parts::{
    Read, get_known, get_name, get_named, get_small, get_timeline, put_known, put_name, put_small,
    put_timeline,
};
use super::routing::{get_blocked, get_method, get_routed, put_blocked, put_method, put_routed};
use super::task::{get_tasks, put_tasks};
use crate::domain::ids::{ChannelId, LineId, OrderNumber, Reason, Reference, WarehouseId};
use crate::domain::order::model::Waits;
use crate::domain::order::{
    Commercial, Contact, Destination, Journey, Line, OnHold, Order, Payment, PaymentState, Refund, Terms,
};
use crate::domain::place::{Country, PostalPrefix};

pub(super) fn put_order(writer: &mut Writer, order: &Order) {
    put_order_id(writer, &order.id);
    writer.text(order.channel.as_str());
    writer.text(order.number.as_str());
    writer.option(order.revision, Writer::signed);
    writer.unsigned(order.content);
    writer.flag(order.told);
    writer.byte(order.state.number());
    put_time(writer, order.placed_at);
    put_time(writer, order.updated_at);
    writer.list(&order.lines, put_line);
    put_method(writer, &order.method);
    put_destination(writer, &order.destination);
    put_terms(writer, &order.terms);
    put_payment(writer, &order.payment);
    writer.list(&order.refunds, put_refund);
    writer.option(order.hold.as_ref(), |writer, OnHold { reason, until }| {
        writer.text(reason.as_str());
        writer.option(*until, put_time);
    });
    writer.option(order.reservation.as_ref(), put_command_id);
    writer.list(&order.fulfilments, put_fulfilment);
    writer.list(&order.returns, put_return);
    writer.list(&order.waits, put_waits);
    writer.list(&order.journeys, put_journey);
    put_small(writer, order.attempt);
    put_name(writer, order.only.as_ref().map(WarehouseId::as_str));
    writer.list(&order.blocked, put_blocked);
    put_tasks(writer, &order.tasks);
    writer.list(&order.routed, put_routed);
    put_timeline(writer, &order.timeline);
    put_known(writer, &order.known);
    put_contact(writer, order.contact);
    writer.option(order.tracking, |writer, hash| hash.into_iter().for_each(|byte| writer.byte(byte)));
    put_name(writer, order.cancelled_for.as_ref().map(Reason::as_str));
    writer.flag(order.late_told);
    writer.unsigned(order.epoch);
    writer.option(order.accepted_at, put_time);
    writer.flag(order.withdrawn);
    writer.text(&order.carried);
}

pub(super) fn get_order(reader: &mut Reader<'_>) -> Read<Order> {
    Ok(Order {
        id: get_order_id(reader)?,
        channel: ChannelId::stored(reader.text()?),
        number: OrderNumber::stored(reader.text()?),
        revision: reader.option(Reader::signed)?,
        content: reader.unsigned()?,
        told: reader.flag()?,
        state: get_named(reader, Commercial::ALL, Commercial::number, "state of an order")?,
        placed_at: get_time(reader)?,
        updated_at: get_time(reader)?,
        lines: reader.list(get_line)?,
        method: get_method(reader)?,
        destination: get_destination(reader)?,
        terms: get_terms(reader)?,
        payment: get_payment(reader)?,
        refunds: reader.list(get_refund)?,
        hold: reader.option(|reader| {
            Ok(OnHold { reason: Reason::stored(reader.text()?), until: reader.option(get_time)? })
        })?,
        reservation: reader.option(get_command_id)?,
        fulfilments: reader.list(get_fulfilment)?,
        returns: reader.list(get_return)?,
        waits: reader.list(get_waits)?,
        journeys: if reader.version() < 3 { Vec::new() } else { reader.list(get_journey)? },
        attempt: get_small(reader)?,
        only: get_name(reader, WarehouseId::stored)?,
        blocked: reader.list(get_blocked)?,
        tasks: get_tasks(reader)?,
        routed: reader.list(get_routed)?,
        timeline: get_timeline(reader)?,
        known: get_known(reader)?,
        contact: get_contact(reader)?,
        tracking: reader.option(get_hash)?,
        cancelled_for: get_name(reader, Reason::stored)?,
        late_told: reader.flag()?,
        epoch: reader.unsigned()?,
        accepted_at: reader.option(get_time)?,
        withdrawn: reader.flag()?,
        carried: Arc::from(reader.text()?),
    })
}

fn put_line(writer: &mut Writer, line: &Line) {
    writer.text(line.id.as_str());
    put_sku(writer, &line.sku);
    writer.flag(line.stock);
    let Line { unit_value, ordered, unrouted, backordered, allocated, shipped, cancelled, .. } = line;
    let figures = [unit_value, ordered, unrouted, backordered, allocated, shipped, cancelled];
    for units in figures.into_iter().chain([&line.unpaid, &line.returned]) {
        writer.signed(*units);
    }
}

fn get_line(reader: &mut Reader<'_>) -> Read<Line> {
    Ok(Line {
        id: LineId::stored(reader.text()?),
        sku: get_sku(reader)?,
        stock: reader.flag()?,
        unit_value: reader.signed()?,
        ordered: reader.signed()?,
        unrouted: reader.signed()?,
        backordered: reader.signed()?,
        allocated: reader.signed()?,
        shipped: reader.signed()?,
        cancelled: reader.signed()?,
        unpaid: reader.signed()?,
        returned: reader.signed()?,
    })
}

fn put_destination(writer: &mut Writer, Destination { country, postal }: &Destination) {
    put_name(writer, country.as_ref().map(Country::as_str));
    put_name(writer, postal.as_ref().map(PostalPrefix::as_str));
}

fn get_destination(reader: &mut Reader<'_>) -> Read<Destination> {
    let country = reader.option(|reader| {
        Country::parse(reader.text()?).map_err(|error| damaged(format!("where an order goes: {error}")))
    })?;
    let postal = reader.option(|reader| {
        let text = reader.text()?;
        let prefix = PostalPrefix::of(text).filter(|prefix| prefix.as_str() == text);
        // What it is instead stays untold: it may be a whole postal code.
        prefix.ok_or_else(|| damaged("an order's postal prefix is none"))
    })?;
    Ok(Destination { country, postal })
}

fn put_terms(writer: &mut Writer, terms: &Terms) {
    let Terms {
        ship_complete,
        priority,
        promise,
        release_day,
        release_at,
        backorder,
        attempts_max,
        pay_until,
    } = terms;
    writer.flag(*ship_complete);
    writer.byte(*priority);
    writer.option(*promise, put_time);
    writer.option(*release_day, Writer::signed);
    writer.option(*release_at, put_time);
    writer.flag(*backorder);
    put_small(writer, *attempts_max);
    writer.option(*pay_until, put_time);
}

fn get_terms(reader: &mut Reader<'_>) -> Read<Terms> {
    Ok(Terms {
        ship_complete: reader.flag()?,
        priority: reader.byte()?,
        promise: reader.option(get_time)?,
        release_day: reader.option(Reader::signed)?,
        release_at: reader.option(get_time)?,
        backorder: reader.flag()?,
        attempts_max: get_small(reader)?,
        pay_until: reader.option(get_time)?,
    })
}

fn put_payment(writer: &mut Writer, Payment { state, required, reference }: &Payment) {
    writer.byte(state.number());
    writer.flag(*required);
    put_name(writer, reference.as_ref().map(Reference::as_str));
}

fn get_payment(reader: &mut Reader<'_>) -> Read<Payment> {
    Ok(Payment {
        state: get_named(reader, PaymentState::ALL, PaymentState::number, "state of a payment")?,
        required: reader.flag()?,
        reference: get_name(reader, Reference::stored)?,
    })
}

fn put_refund(writer: &mut Writer, refund: &Refund) {
    let Refund { at, amount_minor, currency, of, reason, reference } = refund;
    put_time(writer, *at);
    writer.signed(*amount_minor);
    writer.text(currency);
    writer.option(*of, put_small);
    put_name(writer, reason.as_ref().map(Reason::as_str));
    put_name(writer, reference.as_ref().map(Reference::as_str));
}

fn get_refund(reader: &mut Reader<'_>) -> Read<Refund> {
    Ok(Refund {
        at: get_time(reader)?,
        amount_minor: reader.signed()?,
        currency: reader.text()?.to_owned(),
        of: reader.option(get_small)?,
        reason: get_name(reader, Reason::stored)?,
        reference: get_name(reader, Reference::stored)?,
    })
}

fn put_waits(writer: &mut Writer, Waits { id, line, warehouse, open, booked }: &Waits) {
    put_command_id(writer, id);
    writer.text(line.as_str());
    writer.text(warehouse.as_str());
    writer.signed(*open);
    writer.signed(*booked);
}

fn get_waits(reader: &mut Reader<'_>) -> Read<Waits> {
    Ok(Waits {
        id: get_command_id(reader)?,
        line: LineId::stored(reader.text()?),
        warehouse: WarehouseId::stored(reader.text()?),
        open: reader.signed()?,
        booked: reader.signed()?,
    })
}

fn put_journey(writer: &mut Writer, journey: &Journey) {
    let Journey { transfer, row, line, quantity, shipped, received, over } = journey;
    put_order_id(writer, transfer);
    put_small(writer, *row);
    writer.text(line.as_str());
    for units in [quantity, shipped, received] {
        writer.signed(*units);
    }
    writer.flag(*over);
}

fn get_journey(reader: &mut Reader<'_>) -> Read<Journey> {
    Ok(Journey {
        transfer: get_order_id(reader)?,
        row: get_small(reader)?,
        line: LineId::stored(reader.text()?),
        quantity: reader.signed()?,
        shipped: reader.signed()?,
        received: reader.signed()?,
        over: reader.flag()?,
    })
}

fn put_contact(writer: &mut Writer, contact: Contact) {
    match contact {
        Contact::None => writer.byte(0),
        Contact::Kept => writer.byte(1),
        Contact::Erased(at) => {
            writer.byte(2);
            put_time(writer, at);
        }
    }
}

fn get_contact(reader: &mut Reader<'_>) -> Read<Contact> {
    Ok(match reader.byte()? {
        0 => Contact::None,
        1 => Contact::Kept,
        2 => Contact::Erased(get_time(reader)?),
        other => return Err(damaged(format!("{other} is no place of a contact"))),
    })
}

fn get_hash(reader: &mut Reader<'_>) -> Read<[u8; 32]> {
    let mut hash = [0; 32];
    for byte in &mut hash {
        *byte = reader.byte()?;
    }
    Ok(hash)
}
