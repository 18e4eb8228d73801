//! The bytes of version 1. A line is `<what> <hex>`: a fact, a row as an entry holds it, or a row as a table holds it
//! (`<table> <key> <value>`, readable). A line that is there never changes; new kinds get new lines.

use std::fmt::Write as _;

use super::samples;
use crate::domain::channel::Channel;
use crate::domain::item::Items;
use crate::domain::warehouse::Warehouse;
use crate::journal::Table;
use crate::journal::record::{Entry, Reader, Recorded, Writer, changes_of};

/// A warehouse's facts and rows.
#[test]
fn a_warehouse_is_stored_as_ever() {
    let entries = [samples::empty(), samples::warehouse_entry()];
    check::<Warehouse>(
        &samples::facts(),
        &samples::rows(),
        &entries,
        include_str!("../golden/warehouse.v1.txt"),
    );
}

/// A channel's facts and rows.
#[test]
fn a_channel_is_stored_as_ever() {
    let (facts, rows) = (samples::channel_facts(), samples::channel_rows());
    let entries = [samples::empty(), samples::entry(&facts, &rows)];
    check::<Channel>(&facts, &rows, &entries, include_str!("../golden/channel.v1.txt"));
}

/// The item cards' facts and rows.
#[test]
fn items_are_stored_as_ever() {
    let (facts, rows) = (samples::item_facts(), samples::item_rows());
    let entries = [samples::empty(), samples::entry(&facts, &rows)];
    check::<Items>(&facts, &rows, &entries, include_str!("../golden/items.v1.txt"));
}

/// Writes all samples as the file has them, compares, and reads the file's bytes back.
fn check<M: Recorded>(facts: &[M::Fact], rows: &[M::Row], entries: &[Entry<M>], golden: &str) {
    let mut found = String::new();
    for fact in facts {
        line(&mut found, "fact", &alone(|writer| M::put_fact(fact, writer)));
    }
    for row in rows {
        line(&mut found, "row", &alone(|writer| M::put_row(row, writer)));
        let Some(change) = M::change(row) else { continue };
        let key = change.key.escape_ascii();
        let value = change.value.map_or("-".to_owned(), |value| match change.table {
            Table::Stock => String::from_utf8(value.to_vec()).unwrap(),
            _ => hex(&value),
        });
        writeln!(found, "{} {key} {value}", change.table.name()).unwrap();
    }
    for entry in entries {
        line(&mut found, "entry", &entry.encode());
    }
    assert!(found == golden, "the file should read:\n{found}");

    let bytes = |what| {
        let lines = golden.lines().filter_map(move |line| line.strip_prefix(what));
        lines.map(|hex| unhex(hex.trim())).collect::<Vec<_>>()
    };
    for (bytes, fact) in bytes("fact ").iter().zip(facts) {
        assert_eq!(read(bytes, M::get_fact), *fact);
    }
    for (bytes, row) in bytes("row ").iter().zip(rows) {
        assert_eq!(read(bytes, M::get_row), *row);
    }
    for (bytes, entry) in bytes("entry ").iter().zip(entries) {
        assert_eq!(super::parts(&Entry::<M>::decode(bytes).unwrap()), super::parts(entry));
        assert_eq!(changes_of(bytes).unwrap(), entry.changes());
    }
    for row in rows {
        let Some(change) = M::change(row) else { continue };
        assert!(M::TABLES.contains(&change.table));
        if let Some(value) = change.value {
            assert_eq!(M::row_from(change.table, &change.key, &value).unwrap(), *row);
        }
    }
}

fn line(text: &mut String, what: &str, bytes: &[u8]) {
    writeln!(text, "{what} {}", hex(bytes)).unwrap();
}

fn alone(put: impl FnOnce(&mut Writer)) -> bytes::Bytes {
    let mut writer = Writer::new(1);
    put(&mut writer);
    writer.finish()
}

fn read<T>(bytes: &[u8], get: impl FnOnce(&mut Reader<'_>) -> Result<T, crate::journal::JournalError>) -> T {
    let (mut reader, _) = Reader::new(bytes, 1).unwrap();
    let value = get(&mut reader).unwrap();
    reader.finish().unwrap();
    value
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "half a byte");
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
