//! Stored forms that several machines share.

use super::codec::{Reader, Writer, damaged};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, OrderId, Sku};
use crate::domain::level::Condition;
use crate::domain::memory::{Class, End, Floors, Outcome, Remembered};
use crate::domain::policy::Scheduled;
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;
use crate::journal::JournalError;

type Read<T> = Result<T, JournalError>;

/// A row's value, alone, as a version of its machine's records has it.
pub fn value_of_version(version: u8, put: impl FnOnce(&mut Writer)) -> bytes::Bytes {
    let mut writer = Writer::new(version);
    put(&mut writer);
    writer.finish()
}

/// Reads a row's value of a version up to `newest`, which `get` finds in [`Reader::version`].
///
/// # Errors
/// [`JournalError::Damaged`]; so do all below.
pub fn value_from_version<T>(
    newest: u8,
    bytes: &[u8],
    get: impl FnOnce(&mut Reader<'_>) -> Read<T>,
) -> Read<T> {
    let (mut reader, _version) = Reader::new(bytes, newest)?;
    let value = get(&mut reader)?;
    reader.finish()?;
    Ok(value)
}

/// A key as text.
pub fn key_text(key: &[u8]) -> Read<&str> {
    std::str::from_utf8(key).map_err(|_| damaged("a key is not UTF-8"))
}

/// A command id.
pub fn put_command_id(writer: &mut Writer, id: &CommandId) {
    writer.text(id.as_str());
}

/// A command id.
pub fn get_command_id(reader: &mut Reader<'_>) -> Read<CommandId> {
    reader.text().map(CommandId::stored)
}

/// An order.
pub fn put_order_id(writer: &mut Writer, id: &OrderId) {
    writer.text(id.as_str());
}

/// An order.
pub fn get_order_id(reader: &mut Reader<'_>) -> Read<OrderId> {
    reader.text().map(OrderId::stored)
}

/// A SKU.
pub fn put_sku(writer: &mut Writer, sku: &Sku) {
    writer.text(sku.as_str());
}

/// A SKU.
pub fn get_sku(reader: &mut Reader<'_>) -> Read<Sku> {
    reader.text().map(Sku::stored)
}

/// A time.
pub fn put_time(writer: &mut Writer, time: Timestamp) {
    writer.signed(time.as_millis());
}

/// A time.
pub fn get_time(reader: &mut Reader<'_>) -> Read<Timestamp> {
    reader.signed().map(Timestamp::from_millis)
}

/// A place in a trace: its 25 bytes.
pub fn put_trace(writer: &mut Writer, trace: Trace) {
    let Trace { id, parent, flags } = trace;
    id.iter().chain(&parent).chain([&flags]).for_each(|byte| writer.byte(*byte));
}

/// A place in a trace.
pub fn get_trace(reader: &mut Reader<'_>) -> Read<Trace> {
    let mut trace = Trace { id: [0; 16], parent: [0; 8], flags: 0 };
    let Trace { id, parent, flags } = &mut trace;
    for byte in id.iter_mut().chain(parent).chain([flags]) {
        *byte = reader.byte()?;
    }
    Ok(trace)
}

/// Where goods lie that can't be sold.
pub fn put_condition(writer: &mut Writer, condition: Condition) {
    writer.byte(match condition {
        Condition::Damaged => 0,
        Condition::QualityControl => 1,
        Condition::Quarantine => 2,
    });
}

/// Where goods lie that can't be sold.
pub fn get_condition(reader: &mut Reader<'_>) -> Read<Condition> {
    Ok(match reader.byte()? {
        0 => Condition::Damaged,
        1 => Condition::QualityControl,
        2 => Condition::Quarantine,
        other => return Err(damaged(format!("{other} is no condition of goods"))),
    })
}

/// Units of SKUs.
pub fn put_lines(writer: &mut Writer, lines: &[ClaimLine]) {
    writer.list(lines, |writer, line| {
        put_sku(writer, &line.sku);
        writer.signed(line.quantity);
    });
}

/// Units of SKUs.
pub fn get_lines(reader: &mut Reader<'_>) -> Read<Vec<ClaimLine>> {
    reader.list(|reader| Ok(ClaimLine { sku: get_sku(reader)?, quantity: reader.signed()? }))
}

/// A figure with a window.
pub fn put_scheduled(writer: &mut Writer, set: &Scheduled) {
    writer.signed(set.value);
    writer.option(set.from, put_time);
    writer.option(set.until, put_time);
}

/// A figure with a window.
pub fn get_scheduled(reader: &mut Reader<'_>) -> Read<Scheduled> {
    Ok(Scheduled { value: reader.signed()?, from: reader.option(get_time)?, until: reader.option(get_time)? })
}

/// Floors of forgotten ids.
pub fn put_floors(writer: &mut Writer, floors: &Floors) {
    put_time(writer, floors.hold);
    put_time(writer, floors.movement);
}

/// Floors of forgotten ids.
pub fn get_floors(reader: &mut Reader<'_>) -> Read<Floors> {
    Ok(Floors { hold: get_time(reader)?, movement: get_time(reader)? })
}

/// A remembered id.
pub fn put_remembered(writer: &mut Writer, known: &Remembered) {
    writer.byte(match known.class {
        Class::Hold => 0,
        Class::Movement => 1,
    });
    put_time(writer, known.time);
    writer.unsigned(known.fingerprint);
    match &known.outcome {
        Outcome::Claimed(claimed) => {
            writer.byte(0);
            writer.unsigned(u64::from(claimed.attempt));
            put_lines(writer, &claimed.lines);
            put_time(writer, claimed.deadline);
            writer.option(claimed.end.as_ref(), put_end);
        }
        Outcome::ReleasedUnseen { attempt } => {
            writer.byte(1);
            writer.unsigned(u64::from(*attempt));
        }
        Outcome::Acted(reservation) => {
            writer.byte(2);
            put_command_id(writer, reservation);
        }
        Outcome::Moved { covered } => {
            writer.byte(3);
            writer.flag(*covered);
        }
        Outcome::Done => writer.byte(4),
        Outcome::GaveBack { lines } => {
            writer.byte(5);
            put_lines(writer, lines);
        }
        Outcome::Waited => writer.byte(6),
    }
}

/// A remembered id.
pub fn get_remembered(reader: &mut Reader<'_>) -> Read<Remembered> {
    let class = match reader.byte()? {
        0 => Class::Hold,
        1 => Class::Movement,
        other => return Err(damaged(format!("{other} is no class of ids"))),
    };
    let time = get_time(reader)?;
    let fingerprint = reader.unsigned()?;
    let outcome = match reader.byte()? {
        0 => Outcome::claimed(
            get_attempt(reader)?,
            get_lines(reader)?,
            get_time(reader)?,
            reader.option(get_end)?,
        ),
        1 => Outcome::ReleasedUnseen { attempt: get_attempt(reader)? },
        2 => Outcome::Acted(get_command_id(reader)?),
        3 => Outcome::Moved { covered: reader.flag()? },
        4 => Outcome::Done,
        5 => Outcome::GaveBack { lines: get_lines(reader)? },
        6 => Outcome::Waited,
        other => return Err(damaged(format!("{other} is no outcome"))),
    };
    Ok(Remembered { class, time, fingerprint, outcome })
}

/// An attempt's number.
pub fn get_attempt(reader: &mut Reader<'_>) -> Read<u32> {
    u32::try_from(reader.unsigned()?).map_err(|_| damaged("an attempt's number is too large"))
}

fn put_end(writer: &mut Writer, end: &End) {
    match end {
        End::Released => writer.byte(0),
        End::Expired => writer.byte(1),
        End::Amended(by) => {
            writer.byte(2);
            put_command_id(writer, by);
        }
        End::Shipped => writer.byte(3),
        End::Abandoned => writer.byte(4),
        End::Ordered(order) => {
            writer.byte(5);
            put_order_id(writer, order);
        }
    }
}

fn get_end(reader: &mut Reader<'_>) -> Read<End> {
    Ok(match reader.byte()? {
        0 => End::Released,
        1 => End::Expired,
        2 => End::Amended(get_command_id(reader)?),
        3 => End::Shipped,
        4 => End::Abandoned,
        5 => End::Ordered(get_order_id(reader)?),
        other => return Err(damaged(format!("{other} is no end of a claim"))),
    })
}
