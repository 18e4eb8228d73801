//! The stored form of a warehouse's facts and rows.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::entry::Recorded;
use super::shared::{
    get_command_id, get_floors, get_remembered, get_sku, get_time, key_text, put_command_id, put_floors,
    put_order_id, put_remembered, put_sku, put_time, value_from_version, value_of_version,
};
use super::stock::{
    get_allocation, get_bucket, get_hold, get_hold_key, get_level, get_mark, get_owner, get_policy,
    get_totals, get_waiting, hold_key_from, hold_key_text, level_from, level_text, put_allocation,
    put_bucket, put_hold, put_hold_key, put_level, put_mark, put_policy, put_totals, put_waiting,
};
use crate::domain::count::BucketKey;
use crate::domain::fact::{Crossed, Fact, FactKind, FactLine};
use crate::domain::ids::{CartId, ChannelId, CommandId, Reason, Reference, Sku, SourceId};
use crate::domain::memory::Class;
use crate::domain::warehouse::{Row, Warehouse};
use crate::journal::{Change, JournalError, JournalKind, Table};

type Read<T> = Result<T, JournalError>;

const TOTALS: &str = "totals";
const FLOORS: &str = "floors";

impl Recorded for Warehouse {
    const KIND: JournalKind = JournalKind::Warehouse;
    const TABLES: &'static [Table] = &[
        Table::Stock,
        Table::Holds,
        Table::Allocations,
        Table::Policies,
        Table::Marks,
        Table::Seen,
        Table::Movements,
        Table::Waiting,
    ];
    /// Version 2 knows orders: owners of holds and allocations, orders in facts, units transferred. Version 3 knows alerts:
    /// lines crossed in facts, limits and the safety stock seen in policies.
    const VERSION: u8 = 4;

    fn put_fact(fact: &Fact, writer: &mut Writer) {
        writer.byte(fact.kind.number());
        writer.list(&fact.lines, |writer, line| {
            put_sku(writer, &line.sku);
            writer.signed(line.change);
            put_level(writer, &line.after);
            writer.unsigned(line.previous);
        });
        writer.option(fact.reservation.as_ref(), put_command_id);
        let texts = [
            fact.channel.as_ref().map(ChannelId::as_str),
            fact.cart.as_ref().map(CartId::as_str),
            fact.reference.as_ref().map(Reference::as_str),
            fact.reason.as_ref().map(Reason::as_str),
            fact.source.as_ref().map(SourceId::as_str),
        ];
        for text in texts {
            writer.option(text, Writer::text);
        }
        writer.option(fact.time, put_time);
        writer.flag(fact.covered);
        writer.option(fact.lost, |writer, (from, to)| {
            writer.unsigned(from);
            writer.unsigned(to);
        });
        writer.option(fact.order.as_ref(), put_order_id);
        writer.option(fact.crossed, |writer, Crossed { figure, limit }| {
            writer.signed(figure);
            writer.signed(limit);
        });
    }

    fn get_fact(reader: &mut Reader<'_>) -> Read<Fact> {
        let number = reader.byte()?;
        let kind = FactKind::ALL.iter().find(|kind| kind.number() == number);
        let kind = *kind.ok_or_else(|| damaged(format!("{number} is no fact of a warehouse")))?;
        let mut fact = Fact::new(kind).lines(reader.list(|reader| {
            Ok(FactLine {
                sku: get_sku(reader)?,
                change: reader.signed()?,
                after: get_level(reader)?,
                previous: reader.unsigned()?,
            })
        })?);
        fact.reservation = reader.option(get_command_id)?;
        fact.channel = reader.option(|reader| reader.text().map(ChannelId::stored))?;
        fact.cart = reader.option(|reader| reader.text().map(CartId::stored))?;
        fact.reference = reader.option(|reader| reader.text().map(Reference::stored))?;
        fact.reason = reader.option(|reader| reader.text().map(Reason::stored))?;
        fact.source = reader.option(|reader| reader.text().map(SourceId::stored))?;
        fact.time = reader.option(get_time)?;
        fact.covered = reader.flag()?;
        fact.lost = reader.option(|reader| Ok((reader.unsigned()?, reader.unsigned()?)))?;
        fact.order = get_owner(reader)?;
        if reader.version() >= 3 {
            fact.crossed =
                reader.option(|reader| Ok(Crossed { figure: reader.signed()?, limit: reader.signed()? }))?;
        }
        Ok(fact)
    }

    fn put_row(row: &Row, writer: &mut Writer) {
        match row {
            Row::Level(sku, level) => {
                writer.byte(0);
                put_sku(writer, sku);
                writer.option(level.as_ref(), put_level);
            }
            Row::Policy(sku, policy) => {
                writer.byte(1);
                put_sku(writer, sku);
                writer.option(policy.as_ref(), put_policy);
            }
            Row::Hold(key, hold) => {
                writer.byte(2);
                put_hold_key(writer, key);
                writer.option(hold.as_ref(), put_hold);
            }
            Row::Allocation(id, allocation) => {
                writer.byte(3);
                put_command_id(writer, id);
                writer.option(allocation.as_ref(), put_allocation);
            }
            Row::Mark(sku, mark) => {
                writer.byte(4);
                put_sku(writer, sku);
                writer.option(mark.as_ref(), put_mark);
            }
            Row::Bucket(key, bucket) => {
                writer.byte(5);
                writer.signed(key.minute);
                put_sku(writer, &key.sku);
                writer.option(bucket.as_ref(), put_bucket);
            }
            Row::Remembered(id, known) => {
                writer.byte(6);
                put_command_id(writer, id);
                writer.option(known.as_ref(), put_remembered);
            }
            Row::Totals(totals) => {
                writer.byte(7);
                put_totals(writer, totals);
            }
            Row::Floors(floors) => {
                writer.byte(8);
                put_floors(writer, floors);
            }
            Row::Waiting(id, waiting) => {
                writer.byte(9);
                put_command_id(writer, id);
                writer.option(waiting.as_ref(), put_waiting);
            }
        }
    }

    fn get_row(reader: &mut Reader<'_>) -> Read<Row> {
        Ok(match reader.byte()? {
            0 => Row::Level(get_sku(reader)?, reader.option(get_level)?),
            1 => Row::Policy(get_sku(reader)?, reader.option(get_policy)?),
            2 => Row::Hold(get_hold_key(reader)?, reader.option(get_hold)?),
            3 => Row::Allocation(get_command_id(reader)?, reader.option(get_allocation)?),
            4 => Row::Mark(get_sku(reader)?, reader.option(get_mark)?),
            5 => {
                let key = BucketKey { minute: reader.signed()?, sku: get_sku(reader)? };
                Row::Bucket(key, reader.option(get_bucket)?)
            }
            6 => Row::Remembered(get_command_id(reader)?, reader.option(get_remembered)?),
            7 => Row::Totals(get_totals(reader)?),
            8 => Row::Floors(get_floors(reader)?),
            9 => Row::Waiting(get_command_id(reader)?, reader.option(get_waiting)?),
            other => return Err(damaged(format!("{other} is no row of a warehouse"))),
        })
    }

    fn change(row: &Row) -> Option<Change> {
        let key = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let (table, key, value) = match row {
            Row::Level(sku, level) => (Table::Stock, key(sku.as_str()), level.as_ref().map(level_text)),
            Row::Policy(sku, policy) => {
                let value = policy
                    .as_ref()
                    .map(|policy| value_of_version(Self::VERSION, |writer| put_policy(writer, policy)));
                (Table::Policies, key(sku.as_str()), value)
            }
            Row::Hold(of, hold) => {
                let value = hold
                    .as_ref()
                    .map(|hold| value_of_version(Self::VERSION, |writer| put_hold(writer, hold)));
                (Table::Holds, hold_key_text(of).into(), value)
            }
            Row::Allocation(id, allocation) => {
                let value = allocation
                    .as_ref()
                    .map(|row| value_of_version(Self::VERSION, |writer| put_allocation(writer, row)));
                (Table::Allocations, key(id.as_str()), value)
            }
            Row::Waiting(id, waiting) => {
                let put = |row| value_of_version(Self::VERSION, |writer| put_waiting(writer, row));
                (Table::Waiting, key(id.as_str()), waiting.as_ref().map(put))
            }
            Row::Mark(sku, mark) => {
                let value = mark
                    .as_ref()
                    .map(|mark| value_of_version(Self::VERSION, |writer| put_mark(writer, mark)));
                (Table::Marks, format!("sku/{sku}").into(), value)
            }
            Row::Bucket(of, bucket) => {
                let value = bucket
                    .as_ref()
                    .map(|bucket| value_of_version(Self::VERSION, |writer| put_bucket(writer, bucket)));
                (Table::Movements, format!("{}/{}", of.minute, of.sku).into(), value)
            }
            Row::Remembered(id, known) => {
                if known.as_ref().is_some_and(|known| known.class == Class::Hold) {
                    return None;
                }
                let value = known
                    .as_ref()
                    .map(|known| value_of_version(Self::VERSION, |writer| put_remembered(writer, known)));
                (Table::Seen, key(id.as_str()), value)
            }
            Row::Totals(totals) => (
                Table::Marks,
                key(TOTALS),
                Some(value_of_version(Self::VERSION, |writer| put_totals(writer, totals))),
            ),
            Row::Floors(floors) => (
                Table::Marks,
                key(FLOORS),
                Some(value_of_version(Self::VERSION, |writer| put_floors(writer, floors))),
            ),
        };
        Some(Change { table, key, value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Read<Row> {
        let key = key_text(key)?;
        Ok(match table {
            Table::Stock => Row::Level(Sku::stored(key), Some(level_from(value)?)),
            Table::Policies => {
                Row::Policy(Sku::stored(key), Some(value_from_version(Self::VERSION, value, get_policy)?))
            }
            Table::Holds => {
                Row::Hold(hold_key_from(key)?, Some(value_from_version(Self::VERSION, value, get_hold)?))
            }
            Table::Allocations => Row::Allocation(
                CommandId::stored(key),
                Some(value_from_version(Self::VERSION, value, get_allocation)?),
            ),
            Table::Seen => Row::Remembered(
                CommandId::stored(key),
                Some(value_from_version(Self::VERSION, value, get_remembered)?),
            ),
            Table::Movements => {
                let wrong = || damaged(format!("`{key}` is no minute of movements"));
                let (minute, sku) = key.split_once('/').ok_or_else(wrong)?;
                let minute = minute.parse().map_err(|_| wrong())?;
                Row::Bucket(
                    BucketKey { minute, sku: Sku::stored(sku) },
                    Some(value_from_version(Self::VERSION, value, get_bucket)?),
                )
            }
            Table::Marks => match (key, key.strip_prefix("sku/")) {
                (_, Some(sku)) => {
                    Row::Mark(Sku::stored(sku), Some(value_from_version(Self::VERSION, value, get_mark)?))
                }
                (TOTALS, _) => Row::Totals(value_from_version(Self::VERSION, value, get_totals)?),
                (FLOORS, _) => Row::Floors(value_from_version(Self::VERSION, value, get_floors)?),
                _ => return Err(damaged(format!("a warehouse has no mark `{key}`"))),
            },
            Table::Waiting => Row::Waiting(
                CommandId::stored(key),
                Some(value_from_version(Self::VERSION, value, get_waiting)?),
            ),
            Table::Items => return Err(damaged("a warehouse has no items")),
            Table::Orders | Table::Archive | Table::Contacts => {
                return Err(damaged("a warehouse has no orders"));
            }
        })
    }
}
