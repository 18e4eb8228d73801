//! One warehouse's part of an order.

use super::super::codec::{Reader, Writer};
use super::super::shared::{
    get_command_id, get_order_id, get_sku, get_time, put_command_id, put_order_id, put_sku, put_time,
};
use super::parts::{Read, get_name, get_named, get_small, put_name, put_small};
use crate::domain::ids::{LineId, Reason, Reference, WarehouseId};
use crate::domain::order::{Carrier, Fulfilment, FulfilmentLine, FulfilmentState, Parcel};

pub(super) fn put_fulfilment(writer: &mut Writer, part: &Fulfilment) {
    put_small(writer, part.number);
    writer.text(part.warehouse.as_str());
    put_command_id(writer, &part.claim);
    writer.byte(part.state.number());
    writer.byte(part.held_in.number());
    writer.list(&part.lines, |writer, FulfilmentLine { line, sku, quantity, serials }| {
        writer.text(line.as_str());
        put_sku(writer, sku);
        writer.signed(*quantity);
        writer.list(serials, |writer, serial| writer.text(serial.as_str()));
    });
    put_time(writer, part.requested_at);
    writer.option(part.accept_within_ms, Writer::signed);
    writer.option(part.accept_by, put_time);
    writer.signed(part.day);
    writer.list(&part.parcels, |writer, Parcel { carrier, tracking }| {
        put_name(writer, carrier.as_ref().map(Reference::as_str));
        put_name(writer, tracking.as_ref().map(Reference::as_str));
    });
    writer.option(part.carrier, |writer, carrier| writer.byte(carrier.number()));
    put_name(writer, part.trouble.as_ref().map(Reason::as_str));
    writer.option(part.left_at, put_time);
    writer.option(part.ends_at, put_time);
    writer.option(part.along.as_ref(), |writer, (transfer, row)| {
        put_order_id(writer, transfer);
        put_small(writer, *row);
    });
}

pub(super) fn get_fulfilment(reader: &mut Reader<'_>) -> Read<Fulfilment> {
    Ok(Fulfilment {
        number: get_small(reader)?,
        warehouse: WarehouseId::stored(reader.text()?),
        claim: get_command_id(reader)?,
        state: get_state(reader)?,
        held_in: get_state(reader)?,
        lines: reader.list(|reader| {
            Ok(FulfilmentLine {
                line: LineId::stored(reader.text()?),
                sku: get_sku(reader)?,
                quantity: reader.signed()?,
                serials: reader.list(|reader| reader.text().map(Reference::stored))?,
            })
        })?,
        requested_at: get_time(reader)?,
        accept_within_ms: reader.option(Reader::signed)?,
        accept_by: reader.option(get_time)?,
        day: reader.signed()?,
        parcels: reader.list(|reader| {
            Ok(Parcel {
                carrier: get_name(reader, Reference::stored)?,
                tracking: get_name(reader, Reference::stored)?,
            })
        })?,
        carrier: reader
            .option(|reader| get_named(reader, Carrier::ALL, Carrier::number, "place of a shipment"))?,
        trouble: get_name(reader, Reason::stored)?,
        left_at: reader.option(get_time)?,
        ends_at: reader.option(get_time)?,
        along: if reader.version() < 3 {
            None
        } else {
            reader.option(|reader| Ok((get_order_id(reader)?, get_small(reader)?)))?
        },
    })
}

fn get_state(reader: &mut Reader<'_>) -> Read<FulfilmentState> {
    get_named(reader, FulfilmentState::ALL, FulfilmentState::number, "state of a fulfilment")
}
