//! The documents of a desk: each begins with its kind.

use std::sync::Arc;

use super::super::codec::{Reader, Writer, damaged};
use super::super::shared::{get_order_id, get_sku, get_time, put_order_id, put_sku, put_time};
use super::order::{get_order, put_order};
use super::parts::{
    Read, get_known, get_name, get_named, get_small, get_timeline, put_known, put_name, put_small,
    put_timeline,
};
use super::task::{get_tasks, put_tasks};
use crate::domain::desk::Document;
use crate::domain::ids::{ChannelId, LineId, Reason, Reference, WarehouseId};
use crate::domain::order::{
    Along, Inbound, InboundLine, InboundState, Inspected, Return, ReturnLine, ReturnState, Transfer,
    TransferLine, TransferState,
};

pub(super) fn put_document(writer: &mut Writer, document: &Document) {
    match document {
        Document::Order(order) => {
            writer.byte(1);
            put_order(writer, order);
        }
        Document::Return(back) => {
            writer.byte(2);
            put_return(writer, back);
        }
        Document::Transfer(transfer) => {
            writer.byte(3);
            put_transfer(writer, transfer);
        }
        Document::Inbound(inbound) => {
            writer.byte(4);
            put_inbound(writer, inbound);
        }
    }
}

pub(super) fn get_document(reader: &mut Reader<'_>) -> Read<Document> {
    Ok(match reader.byte()? {
        1 => Document::Order(Arc::new(get_order(reader)?)),
        2 => Document::Return(Arc::new(get_return(reader)?)),
        3 => Document::Transfer(Arc::new(get_transfer(reader)?)),
        4 => Document::Inbound(Arc::new(get_inbound(reader)?)),
        other => return Err(damaged(format!("{other} is no kind of document"))),
    })
}

pub(super) fn put_return(writer: &mut Writer, back: &Return) {
    put_order_id(writer, &back.id);
    put_small(writer, back.number);
    writer.option(back.order.as_ref(), put_order_id);
    put_name(writer, back.channel.as_ref().map(ChannelId::as_str));
    put_name(writer, back.reference.as_ref().map(Reference::as_str));
    writer.text(back.warehouse.as_str());
    writer.byte(back.state.number());
    writer.list(&back.lines, |writer, ReturnLine { line, sku, quantity, reason, received, inspected }| {
        put_name(writer, line.as_ref().map(LineId::as_str));
        put_sku(writer, sku);
        writer.signed(*quantity);
        put_name(writer, reason.as_ref().map(Reason::as_str));
        let Inspected { sellable, damaged, quarantine, scrap } = inspected;
        for units in [received, sellable, damaged, quarantine, scrap] {
            writer.signed(*units);
        }
    });
    for time in [back.declared_at, back.refund_by, back.alert_at] {
        put_time(writer, time);
    }
    writer.flag(back.alerted);
    writer.flag(back.refunded);
    put_tasks(writer, &back.tasks);
    put_known(writer, &back.known);
    put_timeline(writer, &back.timeline);
}

pub(super) fn get_return(reader: &mut Reader<'_>) -> Read<Return> {
    Ok(Return {
        id: get_order_id(reader)?,
        number: get_small(reader)?,
        order: reader.option(get_order_id)?,
        channel: get_name(reader, ChannelId::stored)?,
        reference: get_name(reader, Reference::stored)?,
        warehouse: WarehouseId::stored(reader.text()?),
        state: get_named(reader, ReturnState::ALL, ReturnState::number, "state of a return")?,
        lines: reader.list(|reader| {
            Ok(ReturnLine {
                line: get_name(reader, LineId::stored)?,
                sku: get_sku(reader)?,
                quantity: reader.signed()?,
                reason: get_name(reader, Reason::stored)?,
                received: reader.signed()?,
                inspected: Inspected {
                    sellable: reader.signed()?,
                    damaged: reader.signed()?,
                    quarantine: reader.signed()?,
                    scrap: reader.signed()?,
                },
            })
        })?,
        declared_at: get_time(reader)?,
        refund_by: get_time(reader)?,
        alert_at: get_time(reader)?,
        alerted: reader.flag()?,
        refunded: reader.flag()?,
        tasks: get_tasks(reader)?,
        known: get_known(reader)?,
        timeline: get_timeline(reader)?,
    })
}

fn put_transfer(writer: &mut Writer, transfer: &Transfer) {
    put_order_id(writer, &transfer.id);
    put_name(writer, transfer.reference.as_ref().map(Reference::as_str));
    writer.text(transfer.from.as_str());
    writer.text(transfer.to.as_str());
    writer.byte(transfer.state.number());
    writer.list(&transfer.lines, |writer, TransferLine { sku, quantity, shipped, received, lost }| {
        put_sku(writer, sku);
        for units in [quantity, shipped, received, lost] {
            writer.signed(*units);
        }
    });
    writer.list(&transfer.along, put_along);
    put_time(writer, transfer.requested_at);
    writer.option(transfer.eta, put_time);
    writer.flag(transfer.late_told);
    put_tasks(writer, &transfer.tasks);
    put_known(writer, &transfer.known);
    put_timeline(writer, &transfer.timeline);
}

fn get_transfer(reader: &mut Reader<'_>) -> Read<Transfer> {
    Ok(Transfer {
        id: get_order_id(reader)?,
        reference: get_name(reader, Reference::stored)?,
        from: WarehouseId::stored(reader.text()?),
        to: WarehouseId::stored(reader.text()?),
        state: get_named(reader, TransferState::ALL, TransferState::number, "state of a transfer")?,
        lines: reader.list(|reader| {
            Ok(TransferLine {
                sku: get_sku(reader)?,
                quantity: reader.signed()?,
                shipped: reader.signed()?,
                received: reader.signed()?,
                lost: reader.signed()?,
            })
        })?,
        along: if reader.version() < 3 { Vec::new() } else { reader.list(get_along)? },
        requested_at: get_time(reader)?,
        eta: reader.option(get_time)?,
        late_told: reader.flag()?,
        tasks: get_tasks(reader)?,
        known: get_known(reader)?,
        timeline: get_timeline(reader)?,
    })
}

pub(super) fn put_along(writer: &mut Writer, along: &Along) {
    put_small(writer, along.row);
    put_order_id(writer, &along.order);
    writer.text(along.channel.as_str());
    writer.text(along.line.as_str());
    put_sku(writer, &along.sku);
    writer.option(along.fulfilment, put_small);
    for units in [along.quantity, along.shipped, along.received, along.lost] {
        writer.signed(units);
    }
    put_name(writer, along.refused.as_ref().map(Reason::as_str));
}

pub(super) fn get_along(reader: &mut Reader<'_>) -> Read<Along> {
    Ok(Along {
        row: get_small(reader)?,
        order: get_order_id(reader)?,
        channel: ChannelId::stored(reader.text()?),
        line: LineId::stored(reader.text()?),
        sku: get_sku(reader)?,
        fulfilment: reader.option(get_small)?,
        quantity: reader.signed()?,
        shipped: reader.signed()?,
        received: reader.signed()?,
        lost: reader.signed()?,
        refused: get_name(reader, Reason::stored)?,
    })
}

fn put_inbound(writer: &mut Writer, inbound: &Inbound) {
    put_order_id(writer, &inbound.id);
    put_name(writer, inbound.reference.as_ref().map(Reference::as_str));
    writer.text(inbound.warehouse.as_str());
    writer.byte(inbound.state.number());
    writer.list(&inbound.lines, |writer, InboundLine { sku, expected, received }| {
        put_sku(writer, sku);
        writer.signed(*expected);
        writer.signed(*received);
    });
    writer.option(inbound.eta, put_time);
    writer.flag(inbound.late_told);
    put_time(writer, inbound.told_at);
    put_tasks(writer, &inbound.tasks);
    put_known(writer, &inbound.known);
    put_timeline(writer, &inbound.timeline);
}

fn get_inbound(reader: &mut Reader<'_>) -> Read<Inbound> {
    Ok(Inbound {
        id: get_order_id(reader)?,
        reference: get_name(reader, Reference::stored)?,
        warehouse: WarehouseId::stored(reader.text()?),
        state: get_named(reader, InboundState::ALL, InboundState::number, "state of a receipt")?,
        lines: reader.list(|reader| {
            Ok(InboundLine { sku: get_sku(reader)?, expected: reader.signed()?, received: reader.signed()? })
        })?,
        eta: reader.option(get_time)?,
        late_told: reader.flag()?,
        told_at: get_time(reader)?,
        tasks: get_tasks(reader)?,
        known: get_known(reader)?,
        timeline: get_timeline(reader)?,
    })
}
