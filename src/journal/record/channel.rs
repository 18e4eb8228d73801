//! The stored form of a channel's facts and rows.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::entry::Recorded;
use super::shared::{
    get_command_id, get_floors, get_remembered, get_scheduled, get_sku, key_text, put_command_id, put_floors,
    put_remembered, put_scheduled, put_sku, value_from, value_of,
};
use crate::domain::channel::{Channel, ChannelFact, ChannelPolicy, ChannelRow};
use crate::domain::ids::Sku;
use crate::journal::{Change, JournalError, JournalKind, Table};

type Read<T> = Result<T, JournalError>;

const FLOORS: &str = "floors";

impl Recorded for Channel {
    const KIND: JournalKind = JournalKind::Channel;
    const TABLES: &'static [Table] = &[Table::Policies, Table::Marks];

    fn put_fact(fact: &ChannelFact, writer: &mut Writer) {
        let ChannelFact::PolicySet { sku, after } = fact;
        writer.byte(1);
        put_sku(writer, sku);
        put_policy(writer, after);
    }

    fn get_fact(reader: &mut Reader<'_>) -> Read<ChannelFact> {
        match reader.byte()? {
            1 => Ok(ChannelFact::PolicySet { sku: get_sku(reader)?, after: get_policy(reader)? }),
            other => Err(damaged(format!("{other} is no fact of a channel"))),
        }
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
        }
    }

    fn get_row(reader: &mut Reader<'_>) -> Read<ChannelRow> {
        Ok(match reader.byte()? {
            0 => ChannelRow::Policy(get_sku(reader)?, reader.option(get_policy)?),
            1 => ChannelRow::Remembered(get_command_id(reader)?, reader.option(get_remembered)?),
            2 => ChannelRow::Floors(get_floors(reader)?),
            other => return Err(damaged(format!("{other} is no row of a channel"))),
        })
    }

    fn change(row: &ChannelRow) -> Option<Change> {
        let (table, key, value) = match row {
            ChannelRow::Policy(sku, policy) => {
                let value = policy.as_ref().map(|policy| value_of(|writer| put_policy(writer, policy)));
                (Table::Policies, sku.as_str(), value)
            }
            ChannelRow::Floors(floors) => {
                (Table::Marks, FLOORS, Some(value_of(|writer| put_floors(writer, floors))))
            }
            ChannelRow::Remembered(..) => return None,
        };
        Some(Change { table, key: Bytes::copy_from_slice(key.as_bytes()), value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Read<ChannelRow> {
        let key = key_text(key)?;
        match (table, key) {
            (Table::Policies, sku) => {
                Ok(ChannelRow::Policy(Sku::stored(sku), Some(value_from(value, get_policy)?)))
            }
            (Table::Marks, FLOORS) => Ok(ChannelRow::Floors(value_from(value, get_floors)?)),
            _ => Err(damaged(format!("a channel has no row `{key}` in {}", table.name()))),
        }
    }
}

fn put_policy(writer: &mut Writer, policy: &ChannelPolicy) {
    writer.option(policy.buffer.as_ref(), put_scheduled);
    writer.option(policy.cap.as_ref(), put_scheduled);
    writer.option(policy.low_at, Writer::signed);
}

fn get_policy(reader: &mut Reader<'_>) -> Read<ChannelPolicy> {
    Ok(ChannelPolicy {
        buffer: reader.option(get_scheduled)?,
        cap: reader.option(get_scheduled)?,
        low_at: reader.option(Reader::signed)?,
    })
}
