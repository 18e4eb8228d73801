//! What happened to documents.

use super::super::codec::{Reader, Writer};
use super::super::shared::{get_order_id, get_sku, get_time, put_order_id, put_sku, put_time};
use super::parts::{Read, get_fact_kind, get_name, get_small, put_fact_kind, put_name, put_small};
use crate::domain::desk::DeskFact;
use crate::domain::desk::fact::DeskLine;
use crate::domain::ids::{ChannelId, LineId, OrderNumber, Reason, WarehouseId};

pub(super) fn put_desk_fact(fact: &DeskFact, writer: &mut Writer) {
    let DeskFact { kind, document, channel, number, warehouse, part, lines, reason, time } = fact;
    put_fact_kind(writer, *kind);
    put_order_id(writer, document);
    put_name(writer, channel.as_ref().map(ChannelId::as_str));
    put_name(writer, number.as_ref().map(OrderNumber::as_str));
    put_name(writer, warehouse.as_ref().map(WarehouseId::as_str));
    writer.option(*part, put_small);
    writer.list(lines, |writer, DeskLine { line, sku, quantity }| {
        put_name(writer, line.as_ref().map(LineId::as_str));
        put_sku(writer, sku);
        writer.signed(*quantity);
    });
    put_name(writer, reason.as_ref().map(Reason::as_str));
    writer.option(*time, put_time);
}

pub(super) fn get_desk_fact(reader: &mut Reader<'_>) -> Read<DeskFact> {
    Ok(DeskFact {
        kind: get_fact_kind(reader)?,
        document: get_order_id(reader)?,
        channel: get_name(reader, ChannelId::stored)?,
        number: get_name(reader, OrderNumber::stored)?,
        warehouse: get_name(reader, WarehouseId::stored)?,
        part: reader.option(get_small)?,
        lines: reader.list(|reader| {
            Ok(DeskLine {
                line: get_name(reader, LineId::stored)?,
                sku: get_sku(reader)?,
                quantity: reader.signed()?,
            })
        })?,
        reason: get_name(reader, Reason::stored)?,
        time: reader.option(get_time)?,
    })
}
