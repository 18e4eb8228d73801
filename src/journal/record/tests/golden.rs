//! The bytes of every version there was. A line is `<what> <hex>`: a fact, a row as an entry holds it, or a row as a table holds it
//! (`<table> <key> <value>`, readable). A line that is there never changes; new kinds get new lines.

use std::fmt::Write as _;

use super::{desk, samples};
use crate::domain::channel::Channel;
use crate::domain::desk::Desk;
use crate::domain::item::Items;
use crate::domain::policy::{AlertLimits, Scheduled};
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Row, Warehouse};
use crate::journal::Table;
use crate::journal::record::shared::put_scheduled;
use crate::journal::record::{Entry, Reader, Recorded, Writer, changes_of};

/// A warehouse's facts and rows.
#[test]
fn a_warehouse_is_stored_as_ever() {
    let entries = [samples::empty(), samples::warehouse_entry()];
    check::<Warehouse>(
        &samples::facts(),
        &samples::rows(),
        &entries,
        include_str!("../golden/warehouse.v4.txt"),
    );
}

/// What the third version of a warehouse has stored is read, and is what is written now but for its number: a command
/// without a trace costs nothing.
#[test]
fn a_warehouse_of_version_3_is_read() {
    let (facts, rows) = (samples::facts(), samples::rows());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    let golden = include_str!("../golden/warehouse.v3.txt");
    reads::<Warehouse>(3, &facts, &rows, &entries, golden);
    let stored = golden.lines().filter_map(|line| line.strip_prefix("entry "));
    for (stored, entry) in stored.map(unhex).zip(&entries) {
        assert_eq!(stored[1..], entry.encode()[1..]);
    }
}

/// What the second version of a warehouse has stored is read.
#[test]
fn a_warehouse_of_version_2_is_read() {
    let (facts, rows) = (samples::facts_of_version_2(), samples::rows_of_version_2());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Warehouse>(2, &facts, &rows, &entries, include_str!("../golden/warehouse.v2.txt"));
}

/// Safety stock that was set before there were alerts is as if they had seen it, but where it depends on the time.
#[test]
fn safety_stock_of_version_2_counts_as_seen() {
    for (until, seen) in [(None, 7), (Some(Timestamp::from_millis(9)), 0)] {
        let mut writer = Writer::new(2);
        let set = Scheduled { value: 7, from: None, until };
        writer.option(Some(&set), put_scheduled);
        writer.length(0);
        let row = Warehouse::row_from(Table::Policies, b"TEE-M", &writer.finish()).unwrap();
        let Row::Policy(_, Some(policy)) = row else { panic!("{row:?} is no policy") };
        assert_eq!((policy.safety_stock, policy.safety_seen), (Some(set), seen));
        assert_eq!(policy.alerts, AlertLimits::default());
    }
}

/// What the first version of a warehouse has stored is read.
#[test]
fn a_warehouse_of_version_1_is_read() {
    let (facts, rows) = (samples::facts_of_version_1(), samples::rows_of_version_1());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Warehouse>(1, &facts, &rows, &entries, include_str!("../golden/warehouse.v1.txt"));
}

/// A channel's facts and rows.
#[test]
fn a_channel_is_stored_as_ever() {
    let (facts, rows) = (samples::channel_facts(), samples::channel_rows());
    let entries = [samples::empty(), samples::entry(&facts, &rows)];
    check::<Channel>(&facts, &rows, &entries, include_str!("../golden/channel.v4.txt"));
}

/// What the third version of a channel has stored is read.
#[test]
fn a_channel_of_version_3_is_read() {
    let (facts, rows) = (samples::channel_facts(), samples::channel_rows());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Channel>(3, &facts, &rows, &entries, include_str!("../golden/channel.v3.txt"));
}

/// What the second version of a channel has stored is read.
#[test]
fn a_channel_of_version_2_is_read() {
    let (facts, rows) = (samples::channel_facts_of_version_2(), samples::channel_rows_of_version_2());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Channel>(2, &facts, &rows, &entries, include_str!("../golden/channel.v2.txt"));
}

/// What the first version of a channel has stored is read.
#[test]
fn a_channel_of_version_1_is_read() {
    let (facts, rows) = (samples::channel_facts_of_version_1(), samples::channel_rows_of_version_1());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Channel>(1, &facts, &rows, &entries, include_str!("../golden/channel.v1.txt"));
}

/// The item cards' facts and rows.
#[test]
fn items_are_stored_as_ever() {
    let (facts, rows) = (samples::item_facts(), samples::item_rows());
    let entries = [samples::empty(), samples::entry(&facts, &rows)];
    check::<Items>(&facts, &rows, &entries, include_str!("../golden/items.v2.txt"));
}

/// What the first version of the item cards has stored is read.
#[test]
fn items_of_version_1_are_read() {
    let (facts, rows) = (samples::item_facts(), samples::item_rows());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Items>(1, &facts, &rows, &entries, include_str!("../golden/items.v1.txt"));
}

/// A desk's facts and rows.
#[test]
fn a_desk_is_stored_as_ever() {
    let entries = [samples::empty(), desk::entry()];
    check::<Desk>(&desk::facts(), &desk::rows(), &entries, include_str!("../golden/desk.v3.txt"));
}

/// What the second version of a desk has stored is read.
#[test]
fn a_desk_of_version_2_is_read() {
    let (facts, rows) = (desk::facts_of_version_2(), desk::rows_of_version_2());
    let entries = [samples::empty(), samples::entry(&facts, &rows)];
    reads::<Desk>(2, &facts, &rows, &entries, include_str!("../golden/desk.v2.txt"));
}

/// What the first version of a desk has stored is read.
#[test]
fn a_desk_of_version_1_is_read() {
    let (facts, rows) = (desk::facts_of_version_2(), desk::rows_of_version_1());
    let entries = [samples::empty(), samples::untraced_entry(&facts, &rows)];
    reads::<Desk>(1, &facts, &rows, &entries, include_str!("../golden/desk.v1.txt"));
}

/// Writes all samples as the file has them, compares, and reads the file's bytes back.
fn check<M: Recorded>(facts: &[M::Fact], rows: &[M::Row], entries: &[Entry<M>], golden: &str) {
    let mut found = String::new();
    for fact in facts {
        line(&mut found, "fact", &alone(M::VERSION, |writer| M::put_fact(fact, writer)));
    }
    for row in rows {
        line(&mut found, "row", &alone(M::VERSION, |writer| M::put_row(row, writer)));
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
    reads::<M>(M::VERSION, facts, rows, entries, golden);
}

/// Reads what a file of a version has.
fn reads<M: Recorded>(version: u8, facts: &[M::Fact], rows: &[M::Row], entries: &[Entry<M>], golden: &str) {
    let bytes = |what| {
        let lines = golden.lines().filter_map(move |line| line.strip_prefix(what));
        lines.map(|hex| unhex(hex.trim())).collect::<Vec<_>>()
    };
    assert_eq!((bytes("fact ").len(), bytes("row ").len()), (facts.len(), rows.len()));
    for (bytes, fact) in bytes("fact ").iter().zip(facts) {
        assert_eq!(read(version, bytes, M::get_fact), *fact);
    }
    for (bytes, row) in bytes("row ").iter().zip(rows) {
        assert_eq!(read(version, bytes, M::get_row), *row);
    }
    for (bytes, entry) in bytes("entry ").iter().zip(entries) {
        assert_eq!(super::same::parts(&Entry::<M>::decode(bytes).unwrap()), super::same::parts(entry));
        assert_eq!(changes_of(bytes).unwrap(), entry.changes());
    }
    // Lines of tables stand in the order of the rows; a key may hold spaces, a value holds none.
    let values = golden.lines().filter(|line| !["fact", "row", "entry"].contains(&word(line)));
    let mut values = values.map(|line| line.rsplit_once(' ').map_or("", |(_, value)| value));
    for row in rows {
        let Some(change) = M::change(row) else { continue };
        assert!(M::TABLES.contains(&change.table));
        let stored = values.next().unwrap();
        if change.value.is_none() {
            assert_eq!(stored, "-");
            continue;
        }
        let value = if change.table == Table::Stock { stored.as_bytes().to_vec() } else { unhex(stored) };
        assert_eq!(M::row_from(change.table, &change.key, &value).unwrap(), *row);
    }
}

fn word(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

fn line(text: &mut String, what: &str, bytes: &[u8]) {
    writeln!(text, "{what} {}", hex(bytes)).unwrap();
}

fn alone(version: u8, put: impl FnOnce(&mut Writer)) -> bytes::Bytes {
    let mut writer = Writer::new(version);
    put(&mut writer);
    writer.finish()
}

fn read<T>(
    version: u8,
    bytes: &[u8],
    get: impl FnOnce(&mut Reader<'_>) -> Result<T, crate::journal::JournalError>,
) -> T {
    let (mut reader, _) = Reader::new(bytes, version).unwrap();
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
