//! Keys, and commands with their arguments.

use bytes::Bytes;
use redis::{Cmd, Value, cmd};

use crate::journal::{Batch, Change, Head, JournalId, RowCursor, Table};

/// The functions behind these commands, sent to a Redis that doesn't know them.
pub(super) const LIBRARY: &str = include_str!("function.lua");
/// The library's name, as in its first line.
pub(super) const LIBRARY_NAME: &str = "lagerd_v1";
/// The store's random id.
pub(super) const STORE_KEY: &str = "lagerd:store";
/// Names of the journals ever written to.
pub(super) const JOURNALS_KEY: &str = "lagerd:journals";

/// Rows asked for in one page: about a millisecond of Redis' time.
const PAGE_ROWS: u32 = 1_000;
/// Bytes of entries in one read: a few milliseconds of Redis' time.
const READ_BYTES_MAX: u32 = 1 << 20;

pub(super) fn commit(id: &JournalId, batch: &Batch) -> Cmd {
    let tables = Tables::of(&batch.changes);
    let mut command = function("lagerd_commit_v1", id, &tables);
    command.arg(batch.expected.to_string()).arg(batch.head.to_string()).arg(batch.head.version);
    command.arg(format!("{:016x}", batch.head.nonce)).arg(&*batch.entry);
    tables.append(&mut command);
    command
}

pub(super) fn finish(id: &JournalId, last: Head, changes: &[Change]) -> Cmd {
    let tables = Tables::of(changes);
    let mut command = function("lagerd_finish_v1", id, &tables);
    command.arg(last.to_string()).arg(last.version).arg(format!("{:016x}", last.nonce));
    tables.append(&mut command);
    command
}

pub(super) fn span(id: &JournalId) -> Cmd {
    function("lagerd_span_v1", id, &Tables::of(&[]))
}

pub(super) fn read(id: &JournalId, from: u64, limit: usize) -> Cmd {
    let mut command = cmd("FCALL");
    command.arg("lagerd_read_v1").arg(1).arg(key(id, "log")).arg(from).arg(limit).arg(READ_BYTES_MAX);
    command
}

pub(super) fn rows(id: &JournalId, table: Table, from: &RowCursor) -> Cmd {
    let from = if from.0.is_empty() { b"0" } else { &*from.0 };
    let mut command = cmd("HSCAN");
    command.arg(key(id, table.name())).arg(from).arg("COUNT").arg(PAGE_ROWS);
    command
}

pub(super) fn row(id: &JournalId, table: Table, field: &[u8]) -> Cmd {
    let mut command = cmd("HGET");
    command.arg(key(id, table.name())).arg(field);
    command
}

pub(super) fn trim(id: &JournalId, before: u64) -> Cmd {
    let mut command = cmd("FCALL");
    command.arg("lagerd_trim_v1").arg(1).arg(key(id, "log")).arg(before);
    command
}

pub(super) fn cursors(id: &JournalId) -> Cmd {
    let mut command = cmd("HGETALL");
    command.arg(key(id, "cursors"));
    command
}

pub(super) fn set_cursor(id: &JournalId, consumer: &str, at: Option<Head>) -> Cmd {
    let at = at.map(|at| at.to_string()).unwrap_or_default();
    let mut command = cmd("FCALL");
    command.arg("lagerd_cursor_v1").arg(1).arg(key(id, "cursors")).arg(consumer).arg(at);
    command
}

/// Names a journal in the list of journals.
pub(super) fn register(id: &JournalId) -> Cmd {
    let mut command = cmd("SADD");
    command.arg(JOURNALS_KEY).arg(id.to_string());
    command
}

/// Asks whether anything was ever written to a journal.
pub(super) fn exists(id: &JournalId) -> Cmd {
    let mut command = cmd("EXISTS");
    command.arg(key(id, "head")).arg(key(id, "log"));
    command
}

/// The bytes of a string reply.
pub(super) fn bytes(value: Value) -> Option<Bytes> {
    match value {
        Value::BulkString(bytes) => Some(Bytes::from(bytes)),
        Value::SimpleString(text) => Some(Bytes::from(text)),
        _ => None,
    }
}

/// The text of a string reply.
pub(super) fn text(value: Value) -> Option<String> {
    String::from_utf8(bytes(value)?.to_vec()).ok()
}

/// The parts of an array reply; of a map reply, keys and values in turn.
pub(super) fn array(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(values) => Some(values),
        Value::Map(pairs) => Some(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect()),
        _ => None,
    }
}

/// Every key of a journal bears its name as hash tag: one slot.
fn key(id: &JournalId, part: &str) -> String {
    format!("lagerd:{{{id}}}:{part}")
}

fn function(name: &str, id: &JournalId, tables: &Tables<'_>) -> Cmd {
    let mut command = cmd("FCALL");
    command.arg(name).arg(2 + tables.0.len()).arg(key(id, "head")).arg(key(id, "log"));
    for (table, _) in &tables.0 {
        command.arg(key(id, table.name()));
    }
    command
}

/// Changes by table, only those tables that have any.
struct Tables<'a>(Vec<(Table, Vec<&'a Change>)>);

impl<'a> Tables<'a> {
    fn of(changes: &'a [Change]) -> Self {
        let of_table = |table| changes.iter().filter(move |change| change.table == table).collect::<Vec<_>>();
        let tables = Table::ALL.into_iter().map(|table| (table, of_table(table)));
        Self(tables.filter(|(_, changes)| !changes.is_empty()).collect())
    }

    fn append(&self, command: &mut Cmd) {
        for (_, changes) in &self.0 {
            let puts = changes.iter().filter_map(|change| Some((&change.key, change.value.as_ref()?)));
            command.arg(puts.clone().count());
            for (key, value) in puts {
                command.arg(&**key).arg(&**value);
            }
            let drops = changes.iter().filter(|change| change.value.is_none());
            command.arg(drops.clone().count());
            for change in drops {
                command.arg(&*change.key);
            }
        }
    }
}
