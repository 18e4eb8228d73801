//! What a document still has to tell.

use super::super::codec::{Reader, Writer, damaged};
use super::super::shared::{
    get_command_id, get_condition, get_lines, get_order_id, get_sku, get_time, get_trace, put_command_id,
    put_condition, put_lines, put_order_id, put_sku, put_time, put_trace,
};
use super::document::{get_along, put_along};
use super::parts::{Read, get_name, get_small, put_name, put_small};
use crate::domain::ids::{ChannelId, LineId, Reason, Reference, WarehouseId};
use crate::domain::order::{AlongTold, ClaimPart, Message, Task, TaskWork, Tasks};
use crate::domain::warehouse::{Movement, MovementKind, Promised, WaitForStock};

pub(super) fn put_tasks(writer: &mut Writer, tasks: &Tasks) {
    writer.list(&tasks.open, |writer, Task { number, since, trace, work }| {
        put_small(writer, *number);
        put_time(writer, *since);
        writer.option(*trace, put_trace);
        put_work(writer, work);
    });
    put_small(writer, tasks.last);
}

pub(super) fn get_tasks(reader: &mut Reader<'_>) -> Read<Tasks> {
    Ok(Tasks {
        open: reader.list(|reader| {
            let (number, since) = (get_small(reader)?, get_time(reader)?);
            let trace = if reader.version() < 2 { None } else { reader.option(get_trace)? };
            Ok(Task { number, since, trace, work: get_work(reader)? })
        })?,
        last: get_small(reader)?,
    })
}

fn put_work(writer: &mut Writer, work: &TaskWork) {
    match work {
        TaskWork::Route => writer.byte(0),
        TaskWork::Claim { attempt, parts } => put_parts(writer, 1, *attempt, parts),
        TaskWork::Allocate { attempt, parts } => put_parts(writer, 2, *attempt, parts),
        TaskWork::Abandon { attempt, parts } => put_parts(writer, 3, *attempt, parts),
        TaskWork::Tell { warehouse, message } => {
            writer.byte(4);
            writer.text(warehouse.as_str());
            put_message(writer, message);
        }
        TaskWork::Backorder { channel, id, line, warehouse, wait } => {
            writer.byte(5);
            writer.text(channel.as_str());
            put_command_id(writer, id);
            writer.text(line.as_str());
            writer.text(warehouse.as_str());
            put_wait(writer, wait);
        }
        TaskWork::CloseBackorder { channel, id, left } => {
            writer.byte(6);
            writer.text(channel.as_str());
            put_command_id(writer, id);
            put_lines(writer, left);
        }
        TaskWork::Along { order, told } => {
            writer.byte(7);
            put_order_id(writer, order);
            put_told(writer, told);
        }
        TaskWork::Fewer { transfer, row, quantity } => {
            writer.byte(8);
            put_order_id(writer, transfer);
            put_small(writer, *row);
            writer.signed(*quantity);
        }
    }
}

fn get_work(reader: &mut Reader<'_>) -> Read<TaskWork> {
    Ok(match reader.byte()? {
        0 => TaskWork::Route,
        1 => TaskWork::Claim { attempt: get_small(reader)?, parts: get_parts(reader)? },
        2 => TaskWork::Allocate { attempt: get_small(reader)?, parts: get_parts(reader)? },
        3 => TaskWork::Abandon { attempt: get_small(reader)?, parts: get_parts(reader)? },
        4 => TaskWork::Tell { warehouse: WarehouseId::stored(reader.text()?), message: get_message(reader)? },
        5 => TaskWork::Backorder {
            channel: ChannelId::stored(reader.text()?),
            id: get_command_id(reader)?,
            line: LineId::stored(reader.text()?),
            warehouse: WarehouseId::stored(reader.text()?),
            wait: get_wait(reader)?,
        },
        6 => TaskWork::CloseBackorder {
            channel: ChannelId::stored(reader.text()?),
            id: get_command_id(reader)?,
            left: get_lines(reader)?,
        },
        7 => TaskWork::Along { order: get_order_id(reader)?, told: Box::new(get_told(reader)?) },
        8 => TaskWork::Fewer {
            transfer: get_order_id(reader)?,
            row: get_small(reader)?,
            quantity: reader.signed()?,
        },
        other => return Err(damaged(format!("{other} is no task of a document"))),
    })
}

fn put_told(writer: &mut Writer, AlongTold { transfer, from, to, along, at, over }: &AlongTold) {
    put_order_id(writer, transfer);
    writer.text(from.as_str());
    writer.text(to.as_str());
    put_along(writer, along);
    put_time(writer, *at);
    writer.flag(*over);
}

fn get_told(reader: &mut Reader<'_>) -> Read<AlongTold> {
    Ok(AlongTold {
        transfer: get_order_id(reader)?,
        from: WarehouseId::stored(reader.text()?),
        to: WarehouseId::stored(reader.text()?),
        along: get_along(reader)?,
        at: get_time(reader)?,
        over: reader.flag()?,
    })
}

fn put_parts(writer: &mut Writer, kind: u8, attempt: u32, parts: &[ClaimPart]) {
    writer.byte(kind);
    put_small(writer, attempt);
    writer.list(parts, |writer, ClaimPart { fulfilment, warehouse, claim, lines }| {
        put_small(writer, *fulfilment);
        writer.text(warehouse.as_str());
        put_command_id(writer, claim);
        put_lines(writer, lines);
    });
}

fn get_parts(reader: &mut Reader<'_>) -> Read<Vec<ClaimPart>> {
    reader.list(|reader| {
        Ok(ClaimPart {
            fulfilment: get_small(reader)?,
            warehouse: WarehouseId::stored(reader.text()?),
            claim: get_command_id(reader)?,
            lines: get_lines(reader)?,
        })
    })
}

fn put_wait(writer: &mut Writer, wait: &WaitForStock) {
    let WaitForStock { channel, owner, sku, quantity, told, priority, promise, accepted_at } = wait;
    writer.text(channel.as_str());
    put_order_id(writer, owner);
    put_sku(writer, sku);
    writer.signed(*quantity);
    writer.flag(*told);
    writer.byte(*priority);
    writer.option(*promise, put_time);
    put_time(writer, *accepted_at);
}

fn get_wait(reader: &mut Reader<'_>) -> Read<WaitForStock> {
    Ok(WaitForStock {
        channel: ChannelId::stored(reader.text()?),
        owner: get_order_id(reader)?,
        sku: get_sku(reader)?,
        quantity: reader.signed()?,
        told: reader.flag()?,
        priority: reader.byte()?,
        promise: reader.option(get_time)?,
        accepted_at: get_time(reader)?,
    })
}

fn put_message(writer: &mut Writer, message: &Message) {
    match message {
        Message::Deallocate { claim, lines } => {
            writer.byte(0);
            put_command_id(writer, claim);
            put_lines(writer, lines);
        }
        Message::Ship { claim, lines, at, transfer } => {
            writer.byte(1);
            put_command_id(writer, claim);
            put_lines(writer, lines);
            put_time(writer, *at);
            writer.flag(*transfer);
        }
        Message::WriteOff { claim, lines, damaged, reason } => {
            writer.byte(2);
            put_command_id(writer, claim);
            put_lines(writer, lines);
            writer.flag(*damaged);
            put_name(writer, reason.as_ref().map(Reason::as_str));
        }
        Message::Move(movement) => {
            writer.byte(3);
            put_movement(writer, movement);
        }
        Message::Unwait { wait, quantity } => {
            writer.byte(4);
            put_command_id(writer, wait);
            writer.signed(*quantity);
        }
        Message::GiveUpWait { wait } => {
            writer.byte(5);
            put_command_id(writer, wait);
        }
        Message::AckServed { wait, upto } => {
            writer.byte(6);
            put_command_id(writer, wait);
            writer.signed(*upto);
        }
        Message::SendAlong { claim, lines, at, transfer } => {
            writer.byte(7);
            put_command_id(writer, claim);
            put_lines(writer, lines);
            put_time(writer, *at);
            put_order_id(writer, transfer);
        }
    }
}

fn get_message(reader: &mut Reader<'_>) -> Read<Message> {
    Ok(match reader.byte()? {
        0 => Message::Deallocate { claim: get_command_id(reader)?, lines: get_lines(reader)? },
        1 => Message::Ship {
            claim: get_command_id(reader)?,
            lines: get_lines(reader)?,
            at: get_time(reader)?,
            transfer: reader.flag()?,
        },
        2 => Message::WriteOff {
            claim: get_command_id(reader)?,
            lines: get_lines(reader)?,
            damaged: reader.flag()?,
            reason: get_name(reader, Reason::stored)?,
        },
        3 => Message::Move(get_movement(reader)?),
        4 => Message::Unwait { wait: get_command_id(reader)?, quantity: reader.signed()? },
        5 => Message::GiveUpWait { wait: get_command_id(reader)? },
        6 => Message::AckServed { wait: get_command_id(reader)?, upto: reader.signed()? },
        7 => Message::SendAlong {
            claim: get_command_id(reader)?,
            lines: get_lines(reader)?,
            at: get_time(reader)?,
            transfer: get_order_id(reader)?,
        },
        other => return Err(damaged(format!("{other} is no message to a warehouse"))),
    })
}

fn put_movement(writer: &mut Writer, movement: &Movement) {
    let Movement { sku, kind, quantity, reference, reason, occurred_at } = movement;
    put_sku(writer, sku);
    put_movement_kind(writer, kind);
    writer.signed(*quantity);
    put_name(writer, reference.as_ref().map(Reference::as_str));
    put_name(writer, reason.as_ref().map(Reason::as_str));
    writer.option(*occurred_at, put_time);
}

fn get_movement(reader: &mut Reader<'_>) -> Read<Movement> {
    Ok(Movement {
        sku: get_sku(reader)?,
        kind: get_movement_kind(reader)?,
        quantity: reader.signed()?,
        reference: get_name(reader, Reference::stored)?,
        reason: get_name(reader, Reason::stored)?,
        occurred_at: reader.option(get_time)?,
    })
}

fn put_movement_kind(writer: &mut Writer, kind: &MovementKind) {
    match kind {
        MovementKind::Receive(into) => {
            writer.byte(0);
            writer.option(*into, put_condition);
        }
        MovementKind::Return(into) => {
            writer.byte(1);
            writer.option(*into, put_condition);
        }
        MovementKind::Adjust => writer.byte(2),
        MovementKind::Hold(into) => {
            writer.byte(3);
            put_condition(writer, *into);
        }
        MovementKind::Restock(from) => {
            writer.byte(4);
            put_condition(writer, *from);
        }
        MovementKind::Reclassify { from, to } => {
            writer.byte(5);
            put_condition(writer, *from);
            put_condition(writer, *to);
        }
        MovementKind::Scrap(from) => {
            writer.byte(6);
            writer.option(*from, put_condition);
        }
        MovementKind::Sell { channel, reservation } => {
            writer.byte(7);
            writer.text(channel.as_str());
            writer.option(reservation.as_ref(), put_command_id);
        }
        MovementKind::TransferOut { transfer } => {
            writer.byte(8);
            put_order_id(writer, transfer);
        }
        MovementKind::TransferIn { transfer, into, promised } => {
            writer.byte(9);
            put_order_id(writer, transfer);
            writer.option(*into, put_condition);
            writer.list(promised, |writer, Promised { claim, order, channel, quantity }| {
                put_command_id(writer, claim);
                put_order_id(writer, order);
                writer.text(channel.as_str());
                writer.signed(*quantity);
            });
        }
    }
}

fn get_movement_kind(reader: &mut Reader<'_>) -> Read<MovementKind> {
    Ok(match reader.byte()? {
        0 => MovementKind::Receive(reader.option(get_condition)?),
        1 => MovementKind::Return(reader.option(get_condition)?),
        2 => MovementKind::Adjust,
        3 => MovementKind::Hold(get_condition(reader)?),
        4 => MovementKind::Restock(get_condition(reader)?),
        5 => MovementKind::Reclassify { from: get_condition(reader)?, to: get_condition(reader)? },
        6 => MovementKind::Scrap(reader.option(get_condition)?),
        7 => MovementKind::Sell {
            channel: ChannelId::stored(reader.text()?),
            reservation: reader.option(get_command_id)?,
        },
        8 => MovementKind::TransferOut { transfer: get_order_id(reader)? },
        9 => MovementKind::TransferIn {
            transfer: get_order_id(reader)?,
            into: reader.option(get_condition)?,
            promised: if reader.version() < 3 { Vec::new() } else { reader.list(get_promised)? },
        },
        other => return Err(damaged(format!("{other} is no kind of movement"))),
    })
}

fn get_promised(reader: &mut Reader<'_>) -> Read<Promised> {
    Ok(Promised {
        claim: get_command_id(reader)?,
        order: get_order_id(reader)?,
        channel: ChannelId::stored(reader.text()?),
        quantity: reader.signed()?,
    })
}
