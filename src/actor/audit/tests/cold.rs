//! The audit of rows that stay in the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::super::journal::{Audit, audit_one};
use crate::domain::ids::{CommandId, Sku};
use crate::domain::machine::{Draft, Envelope, Machine, Moment};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::journal::memory::MemoryJournal;
use crate::journal::record::codec::damaged;
use crate::journal::record::{Entry, Reader, Recorded, Writer};
use crate::journal::{Batch, Change, Head, Journal, JournalError, JournalId, JournalKind, Table};

/// Files letters, and puts closed ones into the archive, which stays in the store.
#[derive(Debug, Default)]
struct Files {
    open: BTreeMap<String, String>,
    leaving: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq)]
enum Row {
    Open(String, Option<String>),
    Closed(String, Option<String>),
}

#[derive(Debug)]
enum Act {
    Open(&'static str),
    Close(&'static str),
    Forget(&'static str),
}

fn swap(map: &mut BTreeMap<String, String>, key: &str, value: Option<String>) -> Option<String> {
    match value {
        Some(value) => map.insert(key.to_owned(), value),
        None => map.remove(key),
    }
}

impl Machine for Files {
    type Command = Act;
    type Answer = ();
    type Fact = ();
    type Row = Row;
    type Key = (bool, String);

    fn name(_: &Act) -> &'static str {
        "act"
    }

    fn decide(
        &mut self,
        _: &Moment,
        _: &Envelope,
        act: &Act,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        match act {
            Act::Open(name) => draft.put(self, Row::Open((*name).to_owned(), Some(format!("about {name}")))),
            Act::Close(name) => {
                let letter = self.open.get(*name).cloned();
                let letter = letter.ok_or_else(|| Refusal::UnknownSku(Sku::stored(name)))?;
                draft.put(self, Row::Open((*name).to_owned(), None));
                draft.put(self, Row::Closed((*name).to_owned(), Some(letter)));
            }
            Act::Forget(name) => draft.put(self, Row::Closed((*name).to_owned(), None)),
        }
        Ok(())
    }

    fn upkeep(&mut self, _: &Moment, _: usize, _: &mut Draft<Self>) {}

    fn due(&self) -> Option<Timestamp> {
        None
    }

    fn put(&mut self, row: Row) -> Row {
        match row {
            Row::Open(name, letter) => {
                let before = swap(&mut self.open, &name, letter);
                Row::Open(name, before)
            }
            Row::Closed(name, letter) => {
                let before = swap(&mut self.leaving, &name, letter);
                Row::Closed(name, before)
            }
        }
    }

    fn key(row: &Row) -> (bool, String) {
        match row {
            Row::Open(name, _) => (true, name.clone()),
            Row::Closed(name, _) => (false, name.clone()),
        }
    }

    fn row(&self, (open, name): &(bool, String)) -> Row {
        match open {
            true => Row::Open(name.clone(), self.open.get(name).cloned()),
            false => Row::Closed(name.clone(), self.leaving.get(name).cloned()),
        }
    }

    fn rows(&self) -> Vec<Row> {
        self.open.iter().map(|(name, letter)| Row::Open(name.clone(), Some(letter.clone()))).collect()
    }

    fn floor(&self) -> Timestamp {
        Timestamp::MIN
    }

    fn loaded(&mut self, _version: u64) {
        assert!(self.leaving.is_empty(), "a load brought rows that stay in the store");
    }

    fn settle(&mut self, confirmed: &[Row], _version: u64) {
        for row in confirmed {
            if let Row::Closed(name, _) = row {
                self.leaving.remove(name);
            }
        }
    }
}

impl Recorded for Files {
    const KIND: JournalKind = JournalKind::Desk;
    const VERSION: u8 = 1;
    const TABLES: &'static [Table] = &[Table::Orders, Table::Archive];

    fn put_fact((): &(), _: &mut Writer) {}

    fn get_fact(_: &mut Reader<'_>) -> Result<(), JournalError> {
        Ok(())
    }

    fn put_row(row: &Row, writer: &mut Writer) {
        let (kind, name, letter) = match row {
            Row::Open(name, letter) => (0, name, letter),
            Row::Closed(name, letter) => (1, name, letter),
        };
        writer.byte(kind);
        writer.text(name);
        writer.option(letter.as_deref(), Writer::text);
    }

    fn get_row(reader: &mut Reader<'_>) -> Result<Row, JournalError> {
        let kind = reader.byte()?;
        let name = reader.text()?.to_owned();
        let letter = reader.option(|reader| reader.text().map(str::to_owned))?;
        Ok(if kind == 0 { Row::Open(name, letter) } else { Row::Closed(name, letter) })
    }

    fn change(row: &Row) -> Option<Change> {
        let (table, name, letter) = match row {
            Row::Open(name, letter) => (Table::Orders, name, letter),
            Row::Closed(name, letter) => (Table::Archive, name, letter),
        };
        let value = letter.clone().map(Bytes::from);
        Some(Change { table, key: Bytes::from(name.clone()), value })
    }

    fn row_from(table: Table, key: &[u8], value: &[u8]) -> Result<Row, JournalError> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| damaged("no text"));
        let (name, letter) = (text(key)?, Some(text(value)?));
        Ok(if table == Table::Orders { Row::Open(name, letter) } else { Row::Closed(name, letter) })
    }
}

impl Audit for Files {}

/// A journal of files, and the machine that writes to it.
struct Office {
    journal: MemoryJournal,
    files: Files,
    head: Head,
}

impl Office {
    async fn of(acts: &[Act]) -> Self {
        let changes_of = |bytes: &[u8]| Entry::<Files>::decode(bytes).map(|entry| entry.changes());
        let journal = MemoryJournal::new(changes_of, 7);
        let mut office = Self { journal, files: Files::default(), head: Head::GENESIS };
        for act in acts {
            office.act(act).await;
        }
        office
    }

    /// Decides one act and commits it.
    async fn act(&mut self, act: &Act) {
        let version = self.head.version + 1;
        let moment = Moment { now: Timestamp::from_millis(5), version, may_expire: true };
        let id = CommandId::parse(&format!("act-{version}")).unwrap();
        let envelope =
            Envelope { id, time: moment.now, timed: true, fingerprint: 7, actor: None, trace: None };
        let mut draft = Draft::default();
        draft.decide(&mut self.files, &moment, &envelope, act).unwrap();
        let closed = draft.close(&self.files);
        let entry =
            Entry::<Files> { at: moment.now, causes: closed.causes, facts: closed.facts, rows: closed.rows };
        self.write(&entry, entry.changes()).await;
        self.files.settle(&entry.rows, self.head.version);
    }

    /// Commits an entry with rows that need not be its own.
    async fn write(&mut self, entry: &Entry<Files>, changes: Vec<Change>) {
        let head = Head { version: self.head.version + 1, nonce: self.head.nonce + 11 };
        let batch = Batch { expected: self.head, head, entry: entry.encode(), changes };
        self.journal.commit(&desk(), Arc::new(batch)).await.unwrap();
        self.head = head;
    }

    /// Writes a row behind the log's back.
    async fn tamper(&mut self, key: &str, value: Option<&str>) {
        let entry =
            Entry { at: Timestamp::from_millis(5), causes: Vec::new(), facts: Vec::new(), rows: Vec::new() };
        let value = value.map(|value| Bytes::from(value.to_owned()));
        let change = Change { table: Table::Archive, key: Bytes::from(key.to_owned()), value };
        self.write(&entry, vec![change]).await;
    }

    /// How many rows the audit looked at, and what it found.
    async fn audit(&self) -> (u64, Vec<String>) {
        let (audited, _, _) = audit_one::<Files>(&self.journal, &desk(), &Files::default).await.unwrap();
        (audited.rows, audited.problems)
    }
}

fn desk() -> JournalId {
    JournalId::new(JournalKind::Desk, "00")
}

const ACTS: [Act; 7] = [
    Act::Open("a"),
    Act::Open("b"),
    Act::Open("c"),
    Act::Close("a"),
    Act::Close("b"),
    Act::Forget("b"),
    Act::Forget("never"),
];

/// Rows that left memory for the archive, and ended there, are what the log says, with the whole log and with a trimmed
/// one.
#[tokio::test]
async fn an_archive_that_follows_the_log_is_clean() {
    let office = Office::of(&ACTS).await;
    assert_eq!(office.audit().await, (2, Vec::new()), "one open, one archived");
    office.journal.trim(&desk(), 6).await.unwrap();
    assert_eq!(office.audit().await, (2, Vec::new()));
}

/// A row written, changed or deleted behind the log's back is found, and its value is not shown.
#[tokio::test]
async fn an_archive_changed_behind_the_log_is_found() {
    let mut office = Office::of(&ACTS).await;
    office.tamper("a", Some("another letter")).await;
    office.tamper("b", Some("back again")).await;
    office.tamper("z", Some("from nowhere")).await;
    let (rows, mut problems) = office.audit().await;
    problems.sort();
    let expected = [
        "J2: the store has row `a` of archive otherwise than the log says",
        "J2: the store has row `b` of archive, the log says that it ended",
        "J2: the store has row `z` of archive, the log never named it",
    ];
    assert_eq!((rows, problems), (4, expected.map(str::to_owned).to_vec()));
    office.tamper("a", None).await;
    let (_, problems) = office.audit().await;
    let gone = "J2: the log says row `a` of archive, the store has nothing there".to_owned();
    assert!(problems.contains(&gone), "{problems:?}");
    // Of what came before a trimmed log nothing is known; what is kept still says that `b` ended.
    office.journal.trim(&desk(), 6).await.unwrap();
    let (_, problems) = office.audit().await;
    assert_eq!(problems, [expected[1].to_owned()]);
}
