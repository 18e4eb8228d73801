//! A desk's record: its facts and rows, and the tables they live in.

use bytes::Bytes;

use super::super::codec::{Reader, Writer, damaged};
use super::super::entry::Recorded;
use super::super::refusal::{get_refusal, put_refusal};
use super::super::shared::{
    get_command_id, get_order_id, get_time, key_text, put_command_id, put_order_id, put_time,
    value_from_version, value_of_version,
};
use super::document::{get_document, put_document};
use super::fact::{get_desk_fact, put_desk_fact};
use super::parts::Read;
use crate::domain::desk::{Desk, DeskFact, DeskRow, Refused};
use crate::domain::ids::{CommandId, OrderId, WarehouseId};
use crate::journal::{Change, JournalKind, Table};

/// Marks begin with what they count.
const ASKED: &str = "asked/";

impl Recorded for Desk {
    const KIND: JournalKind = JournalKind::Desk;
    const TABLES: &'static [Table] = &[Table::Orders, Table::Archive, Table::Seen, Table::Marks];
    /// Version 2 knows whose trace a task belongs to; version 3 promised units that go along with transfers.
    const VERSION: u8 = 3;

    fn put_fact(fact: &DeskFact, writer: &mut Writer) {
        put_desk_fact(fact, writer);
    }

    fn get_fact(reader: &mut Reader<'_>) -> Read<DeskFact> {
        get_desk_fact(reader)
    }

    fn put_row(row: &DeskRow, writer: &mut Writer) {
        match row {
            DeskRow::Open(id, document) => {
                writer.byte(0);
                put_order_id(writer, id);
                writer.option(document.as_ref(), put_document);
            }
            DeskRow::Archived(id, document) => {
                writer.byte(1);
                put_order_id(writer, id);
                writer.option(document.as_ref(), put_document);
            }
            DeskRow::Refused(id, refused) => {
                writer.byte(2);
                put_command_id(writer, id);
                writer.option(refused.as_ref(), put_refused);
            }
            DeskRow::Asked((warehouse, day), count) => {
                writer.byte(3);
                writer.text(warehouse.as_str());
                writer.signed(*day);
                writer.signed(*count);
            }
        }
    }

    fn get_row(reader: &mut Reader<'_>) -> Read<DeskRow> {
        Ok(match reader.byte()? {
            0 => DeskRow::Open(get_order_id(reader)?, reader.option(get_document)?),
            1 => DeskRow::Archived(get_order_id(reader)?, reader.option(get_document)?),
            2 => DeskRow::Refused(get_command_id(reader)?, reader.option(get_refused)?),
            3 => {
                let warehouse = WarehouseId::stored(reader.text()?);
                DeskRow::Asked((warehouse, reader.signed()?), reader.signed()?)
            }
            other => return Err(damaged(format!("{other} is no row of a desk"))),
        })
    }

    fn change(row: &DeskRow) -> Option<Change> {
        let key = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        let (table, key, value) = match row {
            DeskRow::Open(id, document) => {
                let value = document
                    .as_ref()
                    .map(|document| value_of_version(Self::VERSION, |writer| put_document(writer, document)));
                (Table::Orders, key(id.as_str()), value)
            }
            DeskRow::Archived(id, document) => {
                let value = document
                    .as_ref()
                    .map(|document| value_of_version(Self::VERSION, |writer| put_document(writer, document)));
                (Table::Archive, key(id.as_str()), value)
            }
            DeskRow::Refused(id, refused) => {
                let value = refused
                    .as_ref()
                    .map(|refused| value_of_version(Self::VERSION, |writer| put_refused(writer, refused)));
                (Table::Seen, key(id.as_str()), value)
            }
            DeskRow::Asked((warehouse, day), count) => {
                let value =
                    (*count != 0).then(|| value_of_version(Self::VERSION, |writer| writer.signed(*count)));
                (Table::Marks, key(&format!("{ASKED}{warehouse}/{day}")), value)
            }
        };
        Some(Change { table, key, value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Read<DeskRow> {
        let key = key_text(key)?;
        let wrong = || damaged(format!("a desk has no row `{key}` in {}", table.name()));
        Ok(match table {
            Table::Orders => DeskRow::Open(
                OrderId::stored(key),
                Some(value_from_version(Self::VERSION, value, get_document)?),
            ),
            Table::Archive => DeskRow::Archived(
                OrderId::stored(key),
                Some(value_from_version(Self::VERSION, value, get_document)?),
            ),
            Table::Seen => DeskRow::Refused(
                CommandId::stored(key),
                Some(value_from_version(Self::VERSION, value, get_refused)?),
            ),
            Table::Marks => {
                let day = key.strip_prefix(ASKED).and_then(|of| of.split_once('/')).ok_or_else(wrong)?;
                let (warehouse, day) = (WarehouseId::stored(day.0), day.1.parse().map_err(|_| wrong())?);
                DeskRow::Asked(
                    (warehouse, day),
                    value_from_version(Self::VERSION, value, |reader| reader.signed())?,
                )
            }
            Table::Stock
            | Table::Holds
            | Table::Allocations
            | Table::Policies
            | Table::Movements
            | Table::Items
            | Table::Contacts
            | Table::Waiting => return Err(wrong()),
        })
    }
}

fn put_refused(writer: &mut Writer, refused: &Refused) {
    put_time(writer, refused.at);
    writer.unsigned(refused.fingerprint);
    put_refusal(writer, &refused.refusal);
}

fn get_refused(reader: &mut Reader<'_>) -> Read<Refused> {
    Ok(Refused { at: get_time(reader)?, fingerprint: reader.unsigned()?, refusal: get_refusal(reader)? })
}
