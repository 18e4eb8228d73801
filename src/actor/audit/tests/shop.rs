//! A store with desks, warehouses and a channel in it: commands are decided and committed, tasks carried out, all by hand.

use std::sync::Arc;

use crate::actor::audit::{Report, audit};
use crate::domain::channel::{Channel, ChannelCommand};
use crate::domain::desk::command::TaskOutcome;
use crate::domain::desk::message::{Claiming, transfers};
use crate::domain::desk::{Answer, Desk, DeskCommand, DeskFact, DeskRow, DeskRules, Document, Verb};
use crate::domain::ids::{ChannelId, CommandId, OrderId, WarehouseId};
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::Windows;
use crate::domain::order::{Task, TaskWork};
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Command, Rules, Warehouse};
use crate::journal::memory::MemoryJournal;
use crate::journal::record::{Entry, Recorded, changes_of};
use crate::journal::{Batch, Change, Head, Journal, JournalId, Table};

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

const RULES: Rules = Rules {
    max_hold_ms: 3_600_000,
    count_horizon_ms: 48 * 3_600_000,
    windows: Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 1_000 },
};

const DESKS: DeskRules = DeskRules {
    open_max: 100,
    refund_within_ms: 14 * 86_400_000,
    refund_alert_ms: 86_400_000,
    collect_within_ms: 7 * 86_400_000,
    delivered_after_ms: 14 * 86_400_000,
    refusals_ms: 86_400_000,
};

/// One machine and where its journal stands.
struct Room<M: Recorded> {
    name: String,
    machine: M,
    head: Head,
}

impl<M: Recorded> Room<M> {
    fn new(name: &str, machine: M) -> Self {
        Self { name: name.to_owned(), machine, head: Head::GENESIS }
    }

    /// Decides one command and commits what it did. A refusal is a mistake of the test.
    async fn ask(&mut self, journal: &MemoryJournal, id: &CommandId, command: &M::Command) -> M::Answer {
        let version = self.head.version + 1;
        let moment = Moment { now: NOW, version, may_expire: true };
        let envelope =
            Envelope { id: id.clone(), time: NOW, timed: true, fingerprint: 7, actor: None, trace: None };
        let mut draft = Draft::default();
        let answer = draft.decide(&mut self.machine, &moment, &envelope, command).unwrap();
        if draft.is_empty() {
            return answer;
        }
        let closed = draft.close(&self.machine);
        let entry = Entry { at: NOW, causes: closed.causes, facts: closed.facts, rows: closed.rows };
        let beside = closed.asides.into_iter().map(|aside| (aside.key, aside.value));
        self.write_with(journal, &entry, beside.collect()).await;
        self.machine.settle(&entry.rows, self.head.version);
        answer
    }

    async fn write(&mut self, journal: &MemoryJournal, entry: &Entry<M>) {
        self.write_with(journal, entry, Vec::new()).await;
    }

    async fn write_with(
        &mut self,
        journal: &MemoryJournal,
        entry: &Entry<M>,
        beside: Vec<(String, Option<Vec<u8>>)>,
    ) {
        let head = Head { version: self.head.version + 1, nonce: self.head.nonce + 11 };
        let beside = beside.into_iter().map(|(key, value)| Change {
            table: Table::Contacts,
            key: key.into(),
            value: value.map(Into::into),
        });
        let changes = entry.changes().into_iter().chain(beside).collect();
        let batch = Batch { expected: self.head, head, entry: entry.encode(), changes };
        journal.commit(&JournalId::new(M::KIND, &self.name), Arc::new(batch)).await.unwrap();
        self.head = head;
    }
}

/// The store.
pub(super) struct Shop {
    pub(super) journal: MemoryJournal,
    desk: Room<Desk>,
    warehouses: [Room<Warehouse>; 2],
    channel: Room<Channel>,
    asked: u32,
}

impl Shop {
    /// Two empty warehouses, one channel, and the desk of a document.
    pub(super) fn for_document(id: &OrderId) -> Self {
        let warehouse =
            |name: &str| Room::new(name, Warehouse::new(WarehouseId::parse(name).unwrap(), RULES));
        Self {
            journal: MemoryJournal::new(changes_of, 7),
            desk: Room::new(&format!("{:02}", id.shard().unwrap()), Desk::new(DESKS)),
            warehouses: [warehouse("BER"), warehouse("WIE")],
            channel: Room::new("web-de", Channel::new(RULES.windows)),
            asked: 0,
        }
    }

    fn fresh(&mut self) -> CommandId {
        self.asked += 1;
        CommandId::parse(&format!("c-{}", self.asked)).unwrap()
    }

    /// Asks the desk as somebody from outside.
    pub(super) async fn desk(&mut self, verb: Verb) -> Document {
        let id = self.fresh();
        self.desk_as(&id, verb).await
    }

    async fn desk_as(&mut self, id: &CommandId, verb: Verb) -> Document {
        let command = DeskCommand { verb, archived: None, looked: u64::MAX };
        match self.desk.ask(&self.journal, id, &command).await {
            Answer::Document(document) => document,
            other => panic!("no document: {other:?}"),
        }
    }

    /// Writes to the desk's journal what its machine would not have decided.
    pub(super) async fn forge(&mut self, facts: Vec<DeskFact>, rows: Vec<DeskRow>) {
        let facts = facts.into_iter().map(|fact| (None, fact)).collect();
        let entry = Entry { at: NOW, causes: Vec::new(), facts, rows };
        self.desk.write(&self.journal, &entry).await;
    }

    /// Writes beside the desk's journal what no command of it did.
    pub(super) async fn forge_contact(&mut self, order: &str, contact: Option<&str>) {
        let entry = Entry { at: NOW, causes: Vec::new(), facts: Vec::new(), rows: Vec::new() };
        let beside = vec![(order.to_owned(), contact.map(|text| text.as_bytes().to_vec()))];
        self.desk.write_with(&self.journal, &entry, beside).await;
    }

    /// Asks a warehouse as somebody from outside.
    pub(super) async fn warehouse(&mut self, at: &WarehouseId, command: Command) {
        let id = self.fresh();
        self.warehouse_as(at, &id, command).await;
    }

    /// Asks a warehouse under an id.
    pub(super) async fn warehouse_as(&mut self, at: &WarehouseId, id: &CommandId, command: Command) {
        let room = self.warehouses.iter_mut().find(|room| room.machine.id() == at).unwrap();
        room.ask(&self.journal, id, &command).await;
    }

    /// Asks the channel under an id.
    pub(super) async fn channel_as(&mut self, id: &CommandId, command: ChannelCommand) {
        self.channel.ask(&self.journal, id, &command).await;
    }

    /// Tells what the first task of a document says, without telling the desk that it was told.
    pub(super) async fn carry_out(&mut self, document: &Document) -> (Task, TaskOutcome) {
        let task = document.task().unwrap().clone();
        let outcome = match &task.work {
            TaskWork::Claim { attempt, parts } => {
                let channel = document.order().map_or_else(transfers, |order| order.channel.clone());
                let owner = document.id().clone();
                let claiming = Claiming { channel, owner, told: false, from: None, ttl_ms: 60_000 };
                for part in parts {
                    let command = claiming.command(*attempt, parts, part);
                    self.warehouse_as(&part.warehouse, &part.claim, command).await;
                }
                TaskOutcome::Claimed(parts.clone())
            }
            TaskWork::Tell { warehouse, message } => {
                let command = message.command(document.id()).unwrap();
                let epoch = document.order().map_or(0, |order| order.epoch);
                self.warehouse_as(warehouse, &task.id(document.id(), epoch), command).await;
                TaskOutcome::Done
            }
            TaskWork::Backorder { channel, id, warehouse, wait, .. } => {
                let lines =
                    vec![crate::domain::hold::ClaimLine { sku: wait.sku.clone(), quantity: wait.quantity }];
                let owner = document.id().clone();
                let claim = crate::domain::channel::ClaimBackorder {
                    owner,
                    lines,
                    limit: 9,
                    ttl_ms: 60_000,
                    told: true,
                };
                assert_eq!(*channel, ChannelId::parse("web-de").unwrap());
                self.channel_as(id, ChannelCommand::Backorder(claim)).await;
                self.warehouse_as(warehouse, id, Command::Wait(wait.clone())).await;
                self.channel_as(&id.part("keep"), ChannelCommand::Keep { id: id.clone() }).await;
                TaskOutcome::Done
            }
            other => panic!("not in these tests: {other:?}"),
        };
        (task, outcome)
    }

    /// Tells the desk what became of a task.
    pub(super) async fn report(
        &mut self,
        document: &Document,
        (task, outcome): (Task, TaskOutcome),
    ) -> Document {
        let verb = Verb::Report { document: document.id().clone(), task: task.number, outcome };
        let id = task.id(document.id(), 0).part("report");
        self.desk_as(&id, verb).await
    }

    /// Carries out everything a document has to tell, looking at the store after each step.
    pub(super) async fn drive(&mut self, mut document: Document) -> Document {
        self.must_be_clean("after the command").await;
        while document.task().is_some() {
            let told = self.carry_out(&document).await;
            self.must_be_clean(&format!("after {told:?}, before its report")).await;
            document = self.report(&document, told).await;
            self.must_be_clean("after a report").await;
        }
        document
    }

    pub(super) async fn audit(&self) -> Report {
        audit(&self.journal, RULES).await.unwrap()
    }

    /// What the audit finds, by itself and between journals.
    pub(super) async fn problems(&self) -> Vec<String> {
        let report = self.audit().await;
        assert!(!report.written_meanwhile);
        let alone = report.journals.into_iter().flat_map(|journal| journal.problems);
        alone.chain(report.across).collect()
    }

    async fn must_be_clean(&self, when: &str) {
        assert_eq!(self.problems().await, Vec::<String>::new(), "{when}");
    }
}
