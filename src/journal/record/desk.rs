//! stub
use super::codec::{Reader, Writer};
use super::entry::Recorded;
use crate::domain::desk::{Desk, DeskFact, DeskRow};
use crate::journal::{Change, JournalError, JournalKind, Table};
impl Recorded for Desk {
    const KIND: JournalKind = JournalKind::Desk;
    const TABLES: &'static [Table] = &[Table::Orders];
    fn put_fact(_fact: &DeskFact, _writer: &mut Writer) {
        loop {}
    }
    fn get_fact(_reader: &mut Reader<'_>) -> Result<DeskFact, JournalError> {
        loop {}
    }
    fn put_row(_row: &DeskRow, _writer: &mut Writer) {
        loop {}
    }
    fn get_row(_reader: &mut Reader<'_>) -> Result<DeskRow, JournalError> {
        loop {}
    }
    fn change(_row: &DeskRow) -> Option<Change> {
        loop {}
    }
    fn row_from(_table: Table, _key: &[u8], _value: &[u8]) -> Result<DeskRow, JournalError> {
        loop {}
    }
}
