//! The stored form of item cards.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::entry::Recorded;
use super::shared::{
    get_command_id, get_floors, get_remembered, get_sku, key_text, put_command_id, put_floors,
    put_remembered, put_sku, value_from_version, value_of_version,
};
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::item::{Item, ItemFact, ItemRow, Items};
use crate::journal::{Change, JournalError, JournalKind, Table};

type Read<T> = Result<T, JournalError>;

const FLOORS: &str = "floors";

impl Recorded for Items {
    const KIND: JournalKind = JournalKind::Items;
    const TABLES: &'static [Table] = &[Table::Items, Table::Marks];
    const VERSION: u8 = 2;

    fn put_fact(fact: &ItemFact, writer: &mut Writer) {
        let ItemFact::Set { sku } = fact;
        writer.byte(1);
        put_sku(writer, sku);
    }

    fn get_fact(reader: &mut Reader<'_>) -> Read<ItemFact> {
        match reader.byte()? {
            1 => Ok(ItemFact::Set { sku: get_sku(reader)? }),
            other => Err(damaged(format!("{other} is no fact of the items"))),
        }
    }

    fn put_row(row: &ItemRow, writer: &mut Writer) {
        match row {
            ItemRow::Item(sku, item) => {
                writer.byte(0);
                put_sku(writer, sku);
                writer.option(item.as_ref(), put_item);
            }
            ItemRow::Remembered(id, known) => {
                writer.byte(1);
                put_command_id(writer, id);
                writer.option(known.as_ref(), put_remembered);
            }
            ItemRow::Floors(floors) => {
                writer.byte(2);
                put_floors(writer, floors);
            }
        }
    }

    fn get_row(reader: &mut Reader<'_>) -> Read<ItemRow> {
        Ok(match reader.byte()? {
            0 => ItemRow::Item(get_sku(reader)?, reader.option(get_item)?),
            1 => ItemRow::Remembered(get_command_id(reader)?, reader.option(get_remembered)?),
            2 => ItemRow::Floors(get_floors(reader)?),
            other => return Err(damaged(format!("{other} is no row of the items"))),
        })
    }

    fn change(row: &ItemRow) -> Option<Change> {
        let (table, key, value) = match row {
            ItemRow::Item(sku, item) => {
                let value = item
                    .as_ref()
                    .map(|item| value_of_version(Self::VERSION, |writer| put_item(writer, item)));
                (Table::Items, sku.as_str(), value)
            }
            ItemRow::Floors(floors) => (
                Table::Marks,
                FLOORS,
                Some(value_of_version(Self::VERSION, |writer| put_floors(writer, floors))),
            ),
            ItemRow::Remembered(..) => return None,
        };
        Some(Change { table, key: Bytes::copy_from_slice(key.as_bytes()), value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Read<ItemRow> {
        let key = key_text(key)?;
        match (table, key) {
            (Table::Items, sku) => {
                Ok(ItemRow::Item(Sku::stored(sku), Some(value_from_version(Self::VERSION, value, get_item)?)))
            }
            (Table::Marks, FLOORS) => {
                Ok(ItemRow::Floors(value_from_version(Self::VERSION, value, get_floors)?))
            }
            _ => Err(damaged(format!("the items have no row `{key}` in {}", table.name()))),
        }
    }
}

fn put_item(writer: &mut Writer, item: &Item) {
    for text in [&item.title, &item.gtin, &item.unit] {
        writer.option(text.as_deref(), Writer::text);
    }
    writer.option(item.weight_g, Writer::signed);
    let bins: Vec<_> = item.bins.iter().collect();
    writer.list(&bins, |writer, (warehouse, bin)| {
        writer.text(warehouse.as_str());
        writer.text(bin);
    });
}

fn get_item(reader: &mut Reader<'_>) -> Read<Item> {
    let text = |reader: &mut Reader<'_>| reader.option(|reader| reader.text().map(str::to_owned));
    let title = text(reader)?;
    let gtin = text(reader)?;
    let unit = text(reader)?;
    let weight_g = reader.option(Reader::signed)?;
    let bins = reader.list(|reader| {
        let warehouse = WarehouseId::stored(reader.text()?);
        Ok((warehouse, reader.text()?.to_owned()))
    })?;
    Ok(Item { title, gtin, unit, weight_g, bins: bins.into_iter().collect() })
}
