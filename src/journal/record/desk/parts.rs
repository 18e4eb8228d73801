//! What several parts of a document are made of.

use super::super::codec::{Reader, Writer, damaged};
use super::super::shared::{get_command_id, get_time, put_command_id, put_time};
use crate::domain::desk::DeskFactKind;
use crate::domain::ids::{ActorName, LineId, Reason, WarehouseId};
use crate::domain::order::Happened;
use crate::domain::order::model::Known;
use crate::journal::JournalError;

pub(super) type Read<T> = Result<T, JournalError>;

/// A name that may be absent.
pub(super) fn put_name(writer: &mut Writer, name: Option<&str>) {
    writer.option(name, Writer::text);
}

pub(super) fn get_name<T>(reader: &mut Reader<'_>, stored: fn(&str) -> T) -> Read<Option<T>> {
    reader.option(|reader| reader.text().map(stored))
}

/// A small number.
pub(super) fn put_small(writer: &mut Writer, number: u32) {
    writer.unsigned(u64::from(number));
}

pub(super) fn get_small(reader: &mut Reader<'_>) -> Read<u32> {
    u32::try_from(reader.unsigned()?).map_err(|_| damaged("a number is too large"))
}

/// One of a few, by the number it always has.
pub(super) fn get_named<T: Copy>(
    reader: &mut Reader<'_>,
    all: &[T],
    number_of: fn(T) -> u8,
    what: &str,
) -> Read<T> {
    let number = reader.byte()?;
    let found = all.iter().copied().find(|one| number_of(*one) == number);
    found.ok_or_else(|| damaged(format!("{number} is no {what}")))
}

/// Units of an order's lines.
pub(super) fn put_units(writer: &mut Writer, units: &[(LineId, i64)]) {
    writer.list(units, |writer, (line, quantity)| {
        writer.text(line.as_str());
        writer.signed(*quantity);
    });
}

pub(super) fn get_units(reader: &mut Reader<'_>) -> Read<Vec<(LineId, i64)>> {
    reader.list(|reader| Ok((LineId::stored(reader.text()?), reader.signed()?)))
}

pub(super) fn put_fact_kind(writer: &mut Writer, kind: DeskFactKind) {
    writer.byte(kind.number());
}

pub(super) fn get_fact_kind(reader: &mut Reader<'_>) -> Read<DeskFactKind> {
    get_named(reader, DeskFactKind::ALL, DeskFactKind::number, "fact of a desk")
}

/// The commands that changed a document.
pub(super) fn put_known(writer: &mut Writer, known: &[Known]) {
    writer.list(known, |writer, known| {
        put_command_id(writer, &known.id);
        writer.unsigned(known.fingerprint);
    });
}

pub(super) fn get_known(reader: &mut Reader<'_>) -> Read<Vec<Known>> {
    reader.list(|reader| Ok(Known { id: get_command_id(reader)?, fingerprint: reader.unsigned()? }))
}

/// What happened to a document.
pub(super) fn put_timeline(writer: &mut Writer, timeline: &[Happened]) {
    writer.list(timeline, |writer, happened| {
        let Happened { at, kind, actor, warehouse, number, quantity, reason } = happened;
        put_time(writer, *at);
        put_fact_kind(writer, *kind);
        put_name(writer, actor.as_ref().map(ActorName::as_str));
        put_name(writer, warehouse.as_ref().map(WarehouseId::as_str));
        writer.option(*number, put_small);
        writer.signed(*quantity);
        put_name(writer, reason.as_ref().map(Reason::as_str));
    });
}

pub(super) fn get_timeline(reader: &mut Reader<'_>) -> Read<Vec<Happened>> {
    reader.list(|reader| {
        Ok(Happened {
            at: get_time(reader)?,
            kind: get_fact_kind(reader)?,
            actor: get_name(reader, ActorName::stored)?,
            warehouse: get_name(reader, WarehouseId::stored)?,
            number: reader.option(get_small)?,
            quantity: reader.signed()?,
            reason: get_name(reader, Reason::stored)?,
        })
    })
}
