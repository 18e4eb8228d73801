//! The suite's own entries: simply the changes, one after the other. The journal must not care what an entry means.

use std::sync::Arc;

use bytes::Bytes;
use lagerd::journal::{Batch, Change, Head, Journal, JournalError, JournalId, JournalKind, Table};

/// The journal most tests write to.
pub(crate) fn ber() -> JournalId {
    JournalId::new(JournalKind::Warehouse, "BER")
}

/// Writes `value` under `key`.
pub(crate) fn put(table: Table, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Change {
    Change {
        table,
        key: Bytes::copy_from_slice(key.as_ref()),
        value: Some(Bytes::copy_from_slice(value.as_ref())),
    }
}

/// Deletes `key`.
pub(crate) fn gone(table: Table, key: impl AsRef<[u8]>) -> Change {
    Change { table, key: Bytes::copy_from_slice(key.as_ref()), value: None }
}

/// A batch of `changes` on `expected`, with a fresh nonce.
pub(crate) fn batch(expected: Head, changes: Vec<Change>) -> Arc<Batch> {
    let head = Head { version: expected.version + 1, nonce: fastrand::u64(1..) };
    Arc::new(Batch { expected, head, entry: encode(&changes), changes })
}

/// A batch that sets one level.
pub(crate) fn level(expected: Head, sku: &str, units: u64) -> Arc<Batch> {
    batch(expected, vec![put(Table::Stock, sku, units.to_string())])
}

/// Commits `count` small batches on `from` and returns them.
pub(crate) async fn grow(journal: &dyn Journal, id: &JournalId, from: Head, count: u64) -> Vec<Arc<Batch>> {
    let mut head = from;
    let mut batches = Vec::new();
    for n in 0..count {
        let batch = level(head, &format!("sku-{}", n % 7), n);
        journal.commit(id, Arc::clone(&batch)).await.expect("commit");
        head = batch.head;
        batches.push(batch);
    }
    batches
}

/// What `changes_of` must undo.
pub(crate) fn encode(changes: &[Change]) -> Bytes {
    let mut out = Vec::new();
    for change in changes {
        out.push(change.table.number());
        out.extend(u32::try_from(change.key.len()).expect("short key").to_be_bytes());
        out.extend(&change.key);
        out.push(u8::from(change.value.is_some()));
        let value = change.value.clone().unwrap_or_default();
        out.extend(u32::try_from(value.len()).expect("short value").to_be_bytes());
        out.extend(&value);
    }
    Bytes::from(out)
}

/// The rows of an entry.
pub(crate) fn changes_of(mut entry: &[u8]) -> Result<Vec<Change>, JournalError> {
    let short = || JournalError::Damaged("entry ends early".to_owned());
    let mut changes = Vec::new();
    while let Some((table, rest)) = entry.split_first() {
        let table = *Table::ALL.get(usize::from(*table)).ok_or_else(short)?;
        let (key, rest) = field(rest).ok_or_else(short)?;
        let (some, rest) = rest.split_first().ok_or_else(short)?;
        let (value, rest) = field(rest).ok_or_else(short)?;
        changes.push(Change { table, key, value: (*some == 1).then_some(value) });
        entry = rest;
    }
    Ok(changes)
}

fn field(bytes: &[u8]) -> Option<(Bytes, &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<4>()?;
    let (field, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
    Some((Bytes::copy_from_slice(field), rest))
}
