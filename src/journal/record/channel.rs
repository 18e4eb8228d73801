//! The stored form of a channel's facts and rows.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::entry::Recorded;
use super::shared::{
    get_command_id, get_floors, get_lines, get_order_id, get_remembered, get_scheduled, get_sku, get_time,
    key_text, put_command_id, put_floors, put_lines, put_order_id, put_remembered, put_scheduled, put_sku,
    put_time, value_from_version, value_of_version,
};
use crate::domain::channel::{
    Acknowledged, Backorder, BackorderState, Channel, ChannelFact, ChannelPolicy, ChannelRow,
};
use crate::domain::ids::{CommandId, Sku};
use crate::journal::{Change, JournalError, JournalKind, Table};

type Read<T> = Result<T, JournalError>;

const FLOORS: &str = "floors";
/// What a channel has confirmed of a SKU lies beside the floors; the slash keeps any SKU apart from them.
const ACKNOWLEDGED: &str = "acknowledged/";

impl Recorded for Channel {
    const KIND: JournalKind = JournalKind::Channel;
    const TABLES: &'static [Table] = &[Table::Policies, Table::Marks, Table::Waiting];
    /// Version 2 knows backorders: limits and pre-orders in policies; version 3 what a channel has confirmed.
    const VERSION: u8 = 4;

    fn put_fact(fact: &ChannelFact, writer: &mut Writer) {
        match fact {
            ChannelFact::PolicySet { sku, after } => {
                writer.byte(1);
                put_sku(writer, sku);
                put_policy(writer, after);
            }
            ChannelFact::Backordered { id, owner, lines } => {
                writer.byte(2);
                put_command_id(writer, id);
                put_order_id(writer, owner);
                put_lines(writer, lines);
            }
            ChannelFact::BackorderKept { id, owner } => {
                writer.byte(3);
                put_command_id(writer, id);
                put_order_id(writer, owner);
            }
            ChannelFact::BackorderClosed { id, owner, lines, expired } => {
                writer.byte(4);
                put_command_id(writer, id);
                put_order_id(writer, owner);
                put_lines(writer, lines);
                writer.flag(*expired);
            }
            ChannelFact::Acknowledged { sku, available, at } => {
                writer.byte(5);
                put_sku(writer, sku);
                writer.signed(*available);
                put_time(writer, *at);
            }
        }
    }

    fn get_fact(reader: &mut Reader<'_>) -> Read<ChannelFact> {
        Ok(match reader.byte()? {
            1 => ChannelFact::PolicySet { sku: get_sku(reader)?, after: get_policy(reader)? },
            2 => ChannelFact::Backordered {
                id: get_command_id(reader)?,
                owner: get_order_id(reader)?,
                lines: get_lines(reader)?,
            },
            3 => ChannelFact::BackorderKept { id: get_command_id(reader)?, owner: get_order_id(reader)? },
            4 => ChannelFact::BackorderClosed {
                id: get_command_id(reader)?,
                owner: get_order_id(reader)?,
                lines: get_lines(reader)?,
                expired: reader.flag()?,
            },
            5 => ChannelFact::Acknowledged {
                sku: get_sku(reader)?,
                available: reader.signed()?,
                at: get_time(reader)?,
            },
            other => return Err(damaged(format!("{other} is no fact of a channel"))),
        })
    }

    fn put_row(row: &ChannelRow, writer: &mut Writer) {
        match row {
            ChannelRow::Policy(sku, policy) => {
                writer.byte(0);
                put_sku(writer, sku);
                writer.option(policy.as_ref(), put_policy);
            }
            ChannelRow::Remembered(id, known) => {
                writer.byte(1);
                put_command_id(writer, id);
                writer.option(known.as_ref(), put_remembered);
            }
            ChannelRow::Floors(floors) => {
                writer.byte(2);
                put_floors(writer, floors);
            }
            ChannelRow::Backorder(id, row) => {
                writer.byte(3);
                put_command_id(writer, id);
                writer.option(row.as_ref(), put_backorder);
            }
            ChannelRow::Acknowledged(sku, row) => {
                writer.byte(4);
                put_sku(writer, sku);
                writer.option(row.as_ref(), put_acknowledged);
            }
        }
    }

    fn get_row(reader: &mut Reader<'_>) -> Read<ChannelRow> {
        Ok(match reader.byte()? {
            0 => ChannelRow::Policy(get_sku(reader)?, reader.option(get_policy)?),
            1 => ChannelRow::Remembered(get_command_id(reader)?, reader.option(get_remembered)?),
            2 => ChannelRow::Floors(get_floors(reader)?),
            3 => ChannelRow::Backorder(get_command_id(reader)?, reader.option(get_backorder)?),
            4 => ChannelRow::Acknowledged(get_sku(reader)?, reader.option(get_acknowledged)?),
            other => return Err(damaged(format!("{other} is no row of a channel"))),
        })
    }

    fn change(row: &ChannelRow) -> Option<Change> {
        let (table, key, value) = match row {
            ChannelRow::Policy(sku, policy) => {
                let value = policy
                    .as_ref()
                    .map(|policy| value_of_version(Self::VERSION, |writer| put_policy(writer, policy)));
                (Table::Policies, sku.as_str(), value)
            }
            ChannelRow::Floors(floors) => (
                Table::Marks,
                FLOORS,
                Some(value_of_version(Self::VERSION, |writer| put_floors(writer, floors))),
            ),
            ChannelRow::Backorder(id, row) => {
                let put = |row| value_of_version(Self::VERSION, |writer| put_backorder(writer, row));
                (Table::Waiting, id.as_str(), row.as_ref().map(put))
            }
            ChannelRow::Acknowledged(sku, row) => {
                let put = |row| value_of_version(Self::VERSION, |writer| put_acknowledged(writer, row));
                let (table, value) = (Table::Marks, row.as_ref().map(put));
                return Some(Change { table, key: format!("{ACKNOWLEDGED}{sku}").into(), value });
            }
            ChannelRow::Remembered(..) => return None,
        };
        Some(Change { table, key: Bytes::copy_from_slice(key.as_bytes()), value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Read<ChannelRow> {
        let key = key_text(key)?;
        match (table, key) {
            (Table::Policies, sku) => Ok(ChannelRow::Policy(
                Sku::stored(sku),
                Some(value_from_version(Self::VERSION, value, get_policy)?),
            )),
            (Table::Waiting, id) => {
                let row = value_from_version(Self::VERSION, value, get_backorder)?;
                Ok(ChannelRow::Backorder(CommandId::stored(id), Some(row)))
            }
            (Table::Marks, FLOORS) => {
                Ok(ChannelRow::Floors(value_from_version(Self::VERSION, value, get_floors)?))
            }
            (Table::Marks, key) if key.starts_with(ACKNOWLEDGED) => {
                let sku = Sku::stored(key.strip_prefix(ACKNOWLEDGED).unwrap_or_default());
                let row = value_from_version(Self::VERSION, value, get_acknowledged)?;
                Ok(ChannelRow::Acknowledged(sku, Some(row)))
            }
            _ => Err(damaged(format!("a channel has no row `{key}` in {}", table.name()))),
        }
    }
}

fn put_policy(writer: &mut Writer, policy: &ChannelPolicy) {
    writer.option(policy.buffer.as_ref(), put_scheduled);
    writer.option(policy.cap.as_ref(), put_scheduled);
    writer.option(policy.low_at, Writer::signed);
    writer.option(policy.backorder_limit.as_ref(), put_scheduled);
    writer.flag(policy.preorder);
}

fn get_policy(reader: &mut Reader<'_>) -> Read<ChannelPolicy> {
    Ok(ChannelPolicy {
        buffer: reader.option(get_scheduled)?,
        cap: reader.option(get_scheduled)?,
        low_at: reader.option(Reader::signed)?,
        backorder_limit: if reader.version() < 2 { None } else { reader.option(get_scheduled)? },
        preorder: reader.version() >= 2 && reader.flag()?,
    })
}

fn put_backorder(writer: &mut Writer, row: &Backorder) {
    put_order_id(writer, &row.owner);
    put_lines(writer, &row.lines);
    let deadline = match row.state {
        BackorderState::Held { deadline } => Some(deadline),
        BackorderState::Kept => None,
    };
    writer.option(deadline, put_time);
}

fn get_backorder(reader: &mut Reader<'_>) -> Read<Backorder> {
    let (owner, lines) = (get_order_id(reader)?, get_lines(reader)?);
    let deadline = reader.option(get_time)?;
    let state = deadline.map_or(BackorderState::Kept, |deadline| BackorderState::Held { deadline });
    Ok(Backorder { owner, lines, state })
}

fn put_acknowledged(writer: &mut Writer, row: &Acknowledged) {
    writer.signed(row.available);
    put_time(writer, row.at);
    writer.signed(i64::from(row.day));
    writer.unsigned(u64::from(row.changes));
}

fn get_acknowledged(reader: &mut Reader<'_>) -> Read<Acknowledged> {
    let (available, at) = (reader.signed()?, get_time(reader)?);
    let day = i32::try_from(reader.signed()?).map_err(|_| damaged("a day is beyond the calendar"))?;
    let changes =
        u32::try_from(reader.unsigned()?).map_err(|_| damaged("a number of changes is too large"))?;
    Ok(Acknowledged { available, at, day, changes })
}
