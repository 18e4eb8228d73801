//! One log entry: what a batch decided.

use bytes::Bytes;

use super::codec::{Reader, Writer, damaged};
use super::shared::{get_command_id, get_trace, put_command_id, put_trace};
use crate::domain::channel::Channel;
use crate::domain::desk::Desk;
use crate::domain::ids::ActorName;
use crate::domain::item::Items;
use crate::domain::machine::{Cause, Machine};
use crate::domain::time::Timestamp;
use crate::domain::warehouse::Warehouse;
use crate::journal::{Change, JournalError, JournalKind, Table};

/// Marks in a cause's byte: what follows of it. Entries from before there were traces have the first or none.
const BY_ACTOR: u8 = 1;
const TRACED: u8 = 2;

/// A machine whose facts and rows have a stored form.
pub trait Recorded: Machine {
    /// The kind of its journal.
    const KIND: JournalKind;
    /// The tables its rows live in; [`Table::Contacts`] is never one of them.
    const TABLES: &'static [Table];
    /// The version its entries and rows are written in. Older ones are read: what a later version has more is branched on
    /// [`Reader::version`].
    const VERSION: u8;

    /// Writes a fact.
    fn put_fact(fact: &Self::Fact, writer: &mut Writer);

    /// Reads a fact.
    ///
    /// # Errors
    /// [`JournalError::Damaged`].
    fn get_fact(reader: &mut Reader<'_>) -> Result<Self::Fact, JournalError>;

    /// Writes a row.
    fn put_row(row: &Self::Row, writer: &mut Writer);

    /// Reads a row.
    ///
    /// # Errors
    /// [`JournalError::Damaged`].
    fn get_row(reader: &mut Reader<'_>) -> Result<Self::Row, JournalError>;

    /// The row as a table holds it; `None` for rows that live in the log alone.
    fn change(row: &Self::Row) -> Option<Change>;

    /// A table's row.
    ///
    /// # Errors
    /// [`JournalError::Damaged`].
    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Result<Self::Row, JournalError>;
}

/// What a batch decided.
#[derive(Debug)]
pub struct Entry<M: Recorded> {
    /// The logical time it was decided at.
    pub at: Timestamp,
    /// The commands that changed something, in order.
    pub causes: Vec<Cause>,
    /// The facts, each with the index of its cause; `None` where time alone was the cause.
    pub facts: Vec<(Option<usize>, M::Fact)>,
    /// Every row it set, once.
    pub rows: Vec<M::Row>,
}

impl<M: Recorded> Entry<M> {
    /// The stored form.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut writer = Writer::new(M::VERSION);
        writer.byte(kind_number(M::KIND));
        writer.signed(self.at.as_millis());
        writer.list(&self.causes, |writer, cause| {
            let Cause { id, actor, trace } = cause;
            put_command_id(writer, id);
            let (by_actor, traced) =
                (u8::from(actor.is_some()) * BY_ACTOR, u8::from(trace.is_some()) * TRACED);
            writer.byte(by_actor | traced);
            if let Some(actor) = actor {
                writer.text(actor.as_str());
            }
            if let Some(trace) = trace {
                put_trace(writer, *trace);
            }
        });
        writer.list(&self.facts, |writer, (cause, fact)| {
            writer.length(cause.map_or(0, |cause| cause.saturating_add(1)));
            M::put_fact(fact, writer);
        });
        writer.list(&self.rows, |writer, row| M::put_row(row, writer));
        writer.finish()
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`JournalError::Damaged`].
    pub fn decode(bytes: &[u8]) -> Result<Self, JournalError> {
        let (mut reader, _version) = Reader::new(bytes, M::VERSION)?;
        if reader.byte()? != kind_number(M::KIND) {
            return Err(damaged(format!("an entry that is not of a {:?} journal", M::KIND)));
        }
        let at = Timestamp::from_millis(reader.signed()?);
        let causes = reader.list(|reader| {
            let id = get_command_id(reader)?;
            let has = reader.byte()?;
            if has & !(BY_ACTOR | TRACED) != 0 {
                return Err(damaged(format!("{has} does not say what is known of a cause")));
            }
            let actor = (has & BY_ACTOR != 0).then(|| reader.text().map(ActorName::stored)).transpose()?;
            let trace = (has & TRACED != 0).then(|| get_trace(reader)).transpose()?;
            Ok(Cause { id, actor, trace })
        })?;
        let facts = reader.list(|reader| {
            let cause = usize::try_from(reader.unsigned()?).ok().and_then(|cause| cause.checked_sub(1));
            Ok((cause, M::get_fact(reader)?))
        })?;
        let rows = reader.list(M::get_row)?;
        reader.finish()?;
        Ok(Self { at, causes, facts, rows })
    }

    /// The rows as the tables hold them.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.rows.iter().filter_map(M::change).collect()
    }
}

/// The table rows that follow from an entry's bytes, whatever machine wrote it; finishes interrupted writes and replays
/// logs.
///
/// # Errors
/// [`JournalError::Damaged`].
pub fn changes_of(bytes: &[u8]) -> Result<Vec<Change>, JournalError> {
    let number = *bytes.get(1).ok_or_else(|| damaged("an entry ends early"))?;
    let kind = JournalKind::ALL.into_iter().find(|kind| kind_number(*kind) == number);
    match kind.ok_or_else(|| damaged(format!("{number} is no kind of journal")))? {
        JournalKind::Warehouse => Entry::<Warehouse>::decode(bytes).map(|entry| entry.changes()),
        JournalKind::Channel => Entry::<Channel>::decode(bytes).map(|entry| entry.changes()),
        JournalKind::Items => Entry::<Items>::decode(bytes).map(|entry| entry.changes()),
        JournalKind::Desk => Entry::<Desk>::decode(bytes).map(|entry| entry.changes()),
    }
}

/// When an entry was decided, whatever machine wrote it, without reading the rest.
///
/// # Errors
/// [`JournalError::Damaged`].
pub fn entry_time(bytes: &[u8]) -> Result<Timestamp, JournalError> {
    // Kind and time stand at the beginning of every version.
    let (mut reader, _version) = Reader::new(bytes, u8::MAX)?;
    reader.byte()?;
    reader.signed().map(Timestamp::from_millis)
}

/// The number that stands for a kind of journal in stored records; never changes.
const fn kind_number(kind: JournalKind) -> u8 {
    match kind {
        JournalKind::Warehouse => 1,
        JournalKind::Channel => 2,
        JournalKind::Items => 3,
        JournalKind::Desk => 4,
    }
}
