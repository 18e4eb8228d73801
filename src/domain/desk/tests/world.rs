//! A house in small: desks, warehouses and channels as machines of their own, each with a journal that may lose a batch.
//!
//! Every confirmed batch is put into a second machine row by row, so that a replay can be compared, and is read as an
//! outsider reads facts and rows: which goods moved for whom, which states were seen after which.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::books::Books;
use crate::domain::channel::{BackorderState, Channel, ChannelAnswer, ChannelCommand};
use crate::domain::desk::invariant as desk_invariant;
use crate::domain::desk::{Answer, Desk, DeskCommand, DeskFactKind, DeskRow, DeskRules, Document, Verb};
use crate::domain::ids::{ChannelId, CommandId, OrderId, Sku, WarehouseId};
use crate::domain::invariant;
use crate::domain::machine::{Closed, Draft, Envelope, Machine, Moment};
use crate::domain::memory::Windows;
use crate::domain::refusal::Refusal;
use crate::domain::routing::{Leftover, Rules as RoutingRules};
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{self, Command, Rules, Warehouse};

pub(super) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(super) const HOUR: i64 = 3_600_000;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) const RULES: DeskRules = DeskRules {
    open_max: 10_000,
    refund_within_ms: 14 * DAY,
    refund_alert_ms: 3 * DAY,
    collect_within_ms: 2 * DAY,
    delivered_after_ms: 4 * DAY,
    refusals_ms: 400 * DAY,
};

const STOCK: Rules = Rules {
    max_hold_ms: HOUR,
    count_horizon_ms: 48 * HOUR,
    windows: Windows { hold_ms: HOUR / 4, movement_ms: 400 * DAY, ids_max: 1_000_000 },
};

/// What becomes of a message on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives and is answered.
    Fine,
    /// It arrives twice.
    Twice,
    /// Its sender dies before it is sent.
    Unsent,
    /// It is decided, but its batch is lost, and its sender dies.
    Lost,
    /// It is carried out, and its sender dies before it hears so.
    Unheard,
}

/// A machine with its journal.
#[derive(Debug)]
pub(super) struct Shard<M: Machine> {
    pub(super) machine: M,
    mirror: M,
    version: u64,
}

impl<M: Machine> Shard<M> {
    fn new(fresh: impl Fn() -> M) -> Self {
        Self { machine: fresh(), mirror: fresh(), version: 0 }
    }

    fn moment(&self, now: Timestamp) -> Moment {
        Moment { now, version: self.version + 1, may_expire: true }
    }

    /// Does what is due, as one batch.
    fn keep_up(&mut self, now: Timestamp) -> Option<Closed<M>> {
        let moment = self.moment(now);
        let mut draft = Draft::default();
        self.machine.upkeep(&moment, 1_000, &mut draft);
        (!draft.is_empty()).then(|| self.confirm(draft))
    }

    /// Decides one command as one batch; `None` where the batch is lost.
    fn ask(
        &mut self,
        now: Timestamp,
        (envelope, command): (&Envelope, &M::Command),
        lost: bool,
    ) -> Option<Decided<M>> {
        let moment = self.moment(now);
        let before = lost.then(|| rows(&self.machine));
        let mut draft = Draft::default();
        self.machine.upkeep(&moment, 1_000, &mut draft);
        let (facts, len) = (draft.facts.len(), draft.rows_len());
        let answer = draft.decide(&mut self.machine, &moment, envelope, command);
        if answer.is_err() {
            let after = (draft.facts.len(), draft.rows_len());
            assert_eq!(after, (facts, len), "{command:?} was refused and left a trace");
        }
        if let Some(before) = before {
            draft.close(&self.machine).undo.undo(&mut self.machine);
            assert_eq!(rows(&self.machine), before, "taking {command:?} back left something");
            return None;
        }
        Some((answer, self.confirm(draft)))
    }

    fn confirm(&mut self, draft: Draft<M>) -> Closed<M> {
        let closed = draft.close(&self.machine);
        if !closed.rows.is_empty() || !closed.facts.is_empty() {
            self.version += 1;
        }
        for row in &closed.rows {
            self.mirror.put(row.clone());
        }
        self.mirror.settle(&closed.rows, self.version);
        self.machine.settle(&closed.rows, self.version);
        closed
    }

    fn replays(&self) {
        assert_eq!(rows(&self.mirror), rows(&self.machine), "a replay differs from what happened");
    }
}

fn rows<M: Machine>(machine: &M) -> Vec<String> {
    let mut rows: Vec<String> = machine.rows().iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

/// How a channel sells.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    pub(super) told: bool,
    pub(super) leftover: Leftover,
    pub(super) pays_first: bool,
}

/// What a warehouse is configured to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Site {
    pub(super) accept_within_ms: Option<i64>,
    pub(super) closed: bool,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Timestamp,
    desks: Vec<Shard<Desk>>,
    pub(super) warehouses: BTreeMap<WarehouseId, Shard<Warehouse>>,
    pub(super) channels: BTreeMap<ChannelId, Shard<Channel>>,
    pub(super) shops: BTreeMap<ChannelId, Shop>,
    pub(super) sites: BTreeMap<WarehouseId, Site>,
    pub(super) routing: RoutingRules,
    pub(super) archive: BTreeMap<OrderId, Document>,
    pub(super) contacts: BTreeMap<String, Vec<u8>>,
    pub(super) books: Books,
    pub(super) told: Vec<(OrderId, DeskFactKind, Option<String>)>,
    pub(super) minted: u64,
}

impl World {
    /// Warehouses with a shelf each, channels that sell as they are named.
    pub(super) fn new(warehouses: &[&str], shops: &[(&str, Shop)]) -> Self {
        let places = warehouses.iter().map(|name| {
            let id = WarehouseId::parse(name).unwrap();
            (id.clone(), Shard::new(|| Warehouse::new(id.clone(), STOCK)))
        });
        let channel = |name: &str| ChannelId::parse(name).unwrap();
        let sells = || Channel::new(STOCK.windows);
        Self {
            now: START,
            desks: (0..2).map(|_| Shard::new(|| Desk::new(RULES))).collect(),
            warehouses: places.collect(),
            channels: shops.iter().map(|(name, _)| (channel(name), Shard::new(sells))).collect(),
            shops: shops.iter().map(|(name, shop)| (channel(name), shop.clone())).collect(),
            sites: BTreeMap::new(),
            routing: RoutingRules { attempts_max: 3, ..RoutingRules::default() },
            archive: BTreeMap::new(),
            contacts: BTreeMap::new(),
            books: Books::default(),
            told: Vec::new(),
            minted: 0,
        }
    }

    pub(super) fn mint(&mut self, kind: &str) -> CommandId {
        self.minted += 1;
        CommandId::parse(&format!("{kind}-{}", self.minted)).unwrap()
    }

    pub(super) fn envelope(&self, id: &CommandId, body: &str) -> Envelope {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Envelope {
            id: id.clone(),
            time: self.now,
            timed: false,
            fingerprint: hasher.finish(),
            actor: None,
            trace: None,
        }
    }

    fn desk_of(&self, id: &OrderId) -> usize {
        usize::from(id.shard().unwrap_or(0)) % self.desks.len()
    }

    /// An open document.
    pub(super) fn open(&self, id: &OrderId) -> Option<&Document> {
        self.desks[self.desk_of(id)].machine.document(id)
    }

    /// A document, open or settled.
    pub(super) fn document(&self, id: &OrderId) -> Option<&Document> {
        self.open(id).or_else(|| self.archive.get(id))
    }

    /// Every open document, by id.
    pub(super) fn documents(&self) -> BTreeMap<OrderId, Document> {
        let documents = self.desks.iter().flat_map(|desk| desk.machine.documents());
        documents.map(|document| (document.id().clone(), document.clone())).collect()
    }

    /// Asks the desk of the verb's document; `None` where its sender does not hear the answer.
    pub(super) fn ask_desk(
        &mut self,
        envelope: &Envelope,
        verb: &Verb,
        fate: Fate,
    ) -> Option<Result<Answer, Refusal>> {
        let id = verb.document().cloned();
        let at = id.as_ref().map_or(0, |id| self.desk_of(id));
        let mut answer = None;
        let times = if fate == Fate::Twice { 2 } else { usize::from(fate != Fate::Unsent) };
        for _ in 0..times {
            let open = id.as_ref().is_some_and(|id| self.desks[at].machine.document(id).is_some());
            let archived = id.as_ref().filter(|_| !open).and_then(|id| self.archive.get(id)).cloned();
            let command = DeskCommand { verb: verb.clone(), archived, looked: self.desks[at].version };
            let asked = self.desks[at].ask(self.now, (envelope, &command), fate == Fate::Lost);
            let (result, closed) = asked?;
            self.read_desk(&closed);
            answer = Some(result);
        }
        answer.filter(|_| fate != Fate::Unheard)
    }

    fn read_desk(&mut self, closed: &Closed<Desk>) {
        for row in &closed.rows {
            match row {
                DeskRow::Open(_, Some(document)) => self.books.saw(document),
                DeskRow::Archived(id, Some(document)) => {
                    self.books.saw(document);
                    self.archive.insert(id.clone(), document.clone());
                }
                DeskRow::Archived(id, None) => {
                    self.archive.remove(id);
                }
                DeskRow::Open(id, None) => self.books.gone(id),
                DeskRow::Refused(..) | DeskRow::Asked(..) => {}
            }
        }
        for (_, fact) in &closed.facts {
            let reason = fact.reason.as_ref().map(|reason| reason.as_str().to_owned());
            assert_ne!(fact.kind, DeskFactKind::TaskRefused, "{fact:?}");
            self.told.push((fact.document.clone(), fact.kind, reason));
        }
        for aside in &closed.asides {
            match &aside.value {
                Some(value) => self.contacts.insert(aside.key.clone(), value.clone()),
                None => self.contacts.remove(&aside.key),
            };
        }
    }

    /// Asks a warehouse; `None` where its sender does not hear the answer.
    pub(super) fn ask_warehouse(
        &mut self,
        at: &WarehouseId,
        (envelope, command): (&Envelope, &Command),
        fate: Fate,
    ) -> Option<Result<warehouse::Answer, Refusal>> {
        let shard = self.warehouses.get_mut(at).expect("warehouses are known");
        let mut answer = None;
        let times = if fate == Fate::Twice { 2 } else { usize::from(fate != Fate::Unsent) };
        for _ in 0..times {
            let before = levels(&shard.machine);
            let (result, closed) = shard.ask(self.now, (envelope, command), fate == Fate::Lost)?;
            assert_eq!(invariant::broken(&shard.machine), Vec::<String>::new());
            self.books
                .read(&closed, matches!(command, Command::Move(_) | Command::Count(_)) && envelope.timed);
            if !matches!(command, Command::Move(_) | Command::Count(_)) {
                for (sku, (_, deficit)) in levels(&shard.machine) {
                    let had = before.get(&sku).map_or(0, |(_, deficit)| *deficit);
                    assert!(deficit <= had, "{at}: {command:?} promised goods of {sku} that are not there");
                }
            }
            answer = Some(result);
        }
        answer.filter(|_| fate != Fate::Unheard)
    }

    /// Asks a channel; `None` where its sender does not hear the answer.
    pub(super) fn ask_channel(
        &mut self,
        at: &ChannelId,
        (envelope, command): (&Envelope, &ChannelCommand),
        fate: Fate,
    ) -> Option<Result<ChannelAnswer, Refusal>> {
        let shard = self.channels.get_mut(at).expect("channels are known");
        let mut answer = None;
        let times = if fate == Fate::Twice { 2 } else { usize::from(fate != Fate::Unsent) };
        for _ in 0..times {
            let (result, _) = shard.ask(self.now, (envelope, command), fate == Fate::Lost)?;
            answer = Some(result);
        }
        answer.filter(|_| fate != Fate::Unheard)
    }

    /// What the staff does with goods outside of every document.
    pub(super) fn by_hand(&mut self, at: &WarehouseId, command: &Command) -> Result<(), Refusal> {
        let id = self.mint("hand");
        let envelope = Envelope { timed: true, ..self.envelope(&id, &format!("{command:?}")) };
        let before = levels(&self.warehouses[at].machine);
        let answer = self.ask_warehouse(at, (&envelope, command), Fate::Fine).expect("it is heard");
        for (sku, (units, _)) in levels(&self.warehouses[at].machine) {
            self.books.noted_by_hand(&sku, units - before.get(&sku).map_or(0, |(units, _)| *units));
        }
        answer.map(|_| ())
    }

    /// Time passes; everybody does what is due then.
    pub(super) fn pass(&mut self, millis: i64) {
        self.now = self.now.plus(millis);
        for at in 0..self.desks.len() {
            for round in 0.. {
                assert!(round < 20, "a desk has something due for ever");
                let Some(closed) = self.desks[at].keep_up(self.now) else { break };
                self.read_desk(&closed);
            }
            let due = self.desks[at].machine.due();
            assert!(due.is_none_or(|due| due > self.now), "a desk left something due");
        }
        for shard in self.warehouses.values_mut() {
            while let Some(closed) = shard.keep_up(self.now) {
                self.books.read(&closed, false);
            }
        }
        for shard in self.channels.values_mut() {
            while shard.keep_up(self.now).is_some() {}
        }
    }

    /// What holds at any moment.
    pub(super) fn check(&self) {
        let mut broken = Vec::new();
        for desk in &self.desks {
            broken.extend(desk_invariant::of_desk(&desk.machine));
        }
        broken.extend(self.archive.values().flat_map(desk_invariant::of_document));
        let documents = self.documents();
        let warehouses = self.warehouses.values().map(|shard| &shard.machine);
        broken.extend(desk_invariant::across(documents.values(), warehouses));
        let room = desk_invariant::room(documents.values());
        for (channel, shard) in &self.channels {
            for (id, row) in shard.machine.backorders() {
                let units = row.lines.iter().map(|line| line.quantity).sum::<i64>();
                let kept = row.state == BackorderState::Kept;
                let said = room.get(&(channel.clone(), id.clone()));
                let fits = said.is_some_and(|(least, most)| (!kept || units >= *least) && units <= *most);
                if !fits {
                    broken.push(format!("{channel}: row {id} has {units}, kept {kept}, expected {said:?}"));
                }
            }
        }
        assert_eq!(broken, Vec::<String>::new());
    }

    /// What holds when nothing is left to be told.
    pub(super) fn check_at_rest(&self) {
        self.check();
        for (id, document) in self.documents() {
            assert!(document.task().is_none(), "{id} has something to tell: {:?}", document.tasks());
        }
        self.desks.iter().for_each(Shard::replays);
        self.warehouses.values().for_each(Shard::replays);
        self.channels.values().for_each(Shard::replays);
        let documents = self.documents();
        self.books.check(documents.values().chain(self.archive.values()));
        let mut on_hand: BTreeMap<Sku, i64> = BTreeMap::new();
        for shard in self.warehouses.values() {
            for (sku, (units, _)) in levels(&shard.machine) {
                *on_hand.entry(sku).or_default() += units;
            }
        }
        self.books.conserve(documents.values().chain(self.archive.values()), &on_hand);
        let known: BTreeSet<&str> =
            documents.keys().chain(self.archive.keys()).map(OrderId::as_str).collect();
        for key in self.contacts.keys() {
            assert!(known.contains(key.as_str()), "a contact of {key} outlived its order");
        }
    }
}

/// Per SKU the units on hand and the deficit.
fn levels(warehouse: &Warehouse) -> BTreeMap<Sku, (i64, i64)> {
    warehouse.levels().map(|(sku, level)| (sku.clone(), (level.on_hand, level.deficit()))).collect()
}

/// What a machine answered, and what it would write.
type Decided<M> = (Result<<M as Machine>::Answer, Refusal>, Closed<M>);
