//! Damage is told: never a panic, never memory beyond what the record could hold. An entry carries no checksum (the
//! stores carry one), so damage inside a figure or a name may read as another figure or name.

use proptest::prelude::*;
use proptest::sample::Index;

use super::random;
use super::{desk, random_desk, samples};
use crate::domain::channel::Channel;
use crate::domain::desk::Desk;
use crate::domain::item::Items;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::{Entry, Reader, Recorded, changes_of};
use crate::journal::{JournalError, Table};

fn is_damaged<T>(read: &Result<T, JournalError>) -> bool {
    matches!(read, Err(JournalError::Damaged(_)))
}

/// An entry cut anywhere, one with a byte too many, one of a newer version or of another machine.
#[test]
fn what_is_not_an_entry_is_refused() {
    let bytes = samples::warehouse_entry().encode();
    for end in 0..bytes.len() {
        assert!(is_damaged(&changes_of(&bytes[..end])), "cut at {end}");
    }
    let longer = [&bytes[..], b"\0"].concat();
    assert!(is_damaged(&changes_of(&longer)));
    for (at, byte) in [(0, 0), (0, Warehouse::VERSION + 1), (1, 0), (1, 2), (1, 4)] {
        let mut other = bytes.to_vec();
        other[at] = byte;
        assert!(is_damaged(&changes_of(&other)), "byte {at} is {byte}");
    }
    let bytes_of_desk = desk::entry().encode();
    for end in 0..bytes_of_desk.len() {
        assert!(is_damaged(&changes_of(&bytes_of_desk[..end])), "a desk's, cut at {end}");
    }
    assert!(is_damaged(&Entry::<Desk>::decode(&bytes)));
    assert!(is_damaged(&Entry::<Channel>::decode(&bytes)));
    assert!(is_damaged(&Entry::<Items>::decode(&bytes)));
}

/// A list says it has as many elements as there are bytes: it is refused at its first element.
#[test]
fn a_long_list_is_refused_before_it_takes_memory() {
    let length = 8 << 20;
    let mut bytes = vec![1, 1, 0];
    let mut rest = length;
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes.resize(bytes.len() + length, 0xff);
    assert!(is_damaged(&changes_of(&bytes)));
    // Longer than the record: refused by its length alone.
    bytes.truncate(length);
    assert!(is_damaged(&changes_of(&bytes)));
}

/// An integer of more than 64 bits is no integer.
#[test]
fn an_integer_has_64_bits() {
    let read = |bytes: &[u8]| Reader::new(bytes, 1).and_then(|(mut reader, _)| reader.unsigned());
    let most = [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(read(&most).unwrap(), u64::MAX);
    let mut more = most;
    more[10] = 0x02;
    assert!(is_damaged(&read(&more)));
    more[10] = 0x81;
    assert!(is_damaged(&read(&more)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Some bytes of an entry are others: it is read or refused, and what is read can be written.
    #[test]
    fn damage_never_panics(entry in random::warehouse(), wounds in prop::collection::vec(any::<(Index, u8)>(), 1..6)) {
        let mut bytes = entry.encode().to_vec();
        for (at, byte) in wounds {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        match Entry::<Warehouse>::decode(&bytes) {
            Ok(read) => prop_assert_eq!(changes_of(&bytes).unwrap(), read.changes()),
            Err(error) => prop_assert!(matches!(error, JournalError::Damaged(_))),
        }
    }

    /// The same of a desk's entry.
    #[test]
    fn damage_to_documents_never_panics(entry in random_desk::entry(), wounds in prop::collection::vec(any::<(Index, u8)>(), 1..6)) {
        let mut bytes = entry.encode().to_vec();
        for (at, byte) in wounds {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        match Entry::<Desk>::decode(&bytes) {
            Ok(read) => prop_assert_eq!(changes_of(&bytes).unwrap(), read.changes()),
            Err(error) => prop_assert!(matches!(error, JournalError::Damaged(_))),
        }
    }

    /// Any bytes at all, as an entry and as a row of any table.
    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..200), kind in 1..5_u8) {
        let framed = [&[1, kind], &noise[..]].concat();
        drop(changes_of(&framed));
        let value = [&[1], &noise[..]].concat();
        for table in Table::ALL {
            for key in [&b"totals"[..], b"floors", b"sku/TEE", b"cart/web/c", b"alone/r", b"5/TEE", b"asked/BER/5", &noise] {
                use crate::journal::record::Recorded;
                drop(Warehouse::row_from(table, key, &value));
                drop(Channel::row_from(table, key, &value));
                drop(Items::row_from(table, key, &value));
                drop(Desk::row_from(table, key, &value));
            }
        }
    }
}
