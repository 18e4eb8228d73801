//! A warehouse under test: every batch is checked, mirrored row by row into a second warehouse, and can be taken back.

use ahash::AHashMap;

use super::crossings::{self, Stands};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{Sku, WaitId, WarehouseId};
use crate::domain::invariant;
use crate::domain::machine::{Closed, Draft, Envelope, Machine, Moment};
use crate::domain::memory::{Class, Floors, Windows};
use crate::domain::policy::free;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::waiting::Waiting;
use crate::domain::warehouse::{Answer, Command, Row, Rules, Warehouse};

/// The first moment of every test: a full minute.
pub(super) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(super) const RULES: Rules = Rules {
    max_hold_ms: 3_600_000,
    count_horizon_ms: 48 * 3_600_000,
    windows: Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 1_000 },
};

/// A closed batch that is not confirmed yet, with the state before it.
#[derive(Debug)]
struct InFlight {
    closed: Closed<Warehouse>,
    before: Vec<String>,
    stands: Stands,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) warehouse: Warehouse,
    mirror: Warehouse,
    pub(super) now: Timestamp,
    pub(super) may_expire: bool,
    confirmed: u64,
    batch: Option<(Draft<Warehouse>, Vec<String>)>,
    in_flight: Vec<InFlight>,
    /// Version of the last fact per SKU, as a reader of the journal knows it.
    told: AHashMap<Sku, u64>,
    /// On which side of each line the SKUs are, as confirmed.
    stands: Stands,
    /// What somebody should look at, as confirmed and in words.
    pub(super) alerts: Vec<String>,
}

impl World {
    pub(super) fn new(rules: Rules) -> Self {
        let warehouse = Warehouse::new(WarehouseId::parse("BER").unwrap(), rules);
        Self {
            mirror: warehouse.clone(),
            warehouse,
            now: START,
            may_expire: true,
            confirmed: 0,
            batch: None,
            in_flight: Vec::new(),
            told: AHashMap::new(),
            stands: Stands::default(),
            alerts: Vec::new(),
        }
    }

    pub(super) fn moment(&self) -> Moment {
        let version = self.confirmed + u64::try_from(self.in_flight.len()).unwrap() + 1;
        Moment { now: self.now, version, may_expire: self.may_expire }
    }

    /// Opens a batch, which begins with what is due. Does nothing where one is open.
    pub(super) fn begin(&mut self) {
        if self.batch.is_some() {
            return;
        }
        let before = rows(&self.warehouse);
        let mut draft = Draft::default();
        self.warehouse.upkeep(&self.moment(), 1_000, &mut draft);
        if self.may_expire {
            let overdue =
                self.warehouse.holds().filter(|(_, hold)| hold.deadline() <= Some(self.now)).count();
            assert_eq!(overdue, 0, "holds outlived their deadline");
        }
        self.batch = Some((draft, before));
    }

    /// Decides one command in the open batch; a refusal must leave no trace. Says also whether anything happened.
    pub(super) fn ask(&mut self, envelope: &Envelope, command: &Command) -> (Result<Answer, Refusal>, bool) {
        let moment = self.moment();
        let (draft, _) = self.batch.as_mut().expect("a batch is open");
        let (before, facts, rows) = (state(&self.warehouse), draft.facts.len(), draft.rows_len());
        let waiting: Vec<_> =
            self.warehouse.waiting().iter().map(|(id, row)| (id.clone(), row.clone())).collect();
        let answer = draft.decide(&mut self.warehouse, &moment, envelope, command);
        if answer.is_err() {
            assert_eq!(state(&self.warehouse), before, "refused {command:?} changed something");
            assert_eq!(
                (draft.facts.len(), draft.rows_len()),
                (facts, rows),
                "refused {command:?} left a trace"
            );
        }
        if answer.is_ok() && draft.facts.len() > facts {
            fair(&self.warehouse, waiting, self.now);
        }
        let happened = state(&self.warehouse) != before;
        assert!(happened || draft.facts.len() == facts, "{command:?} told a fact but changed nothing");
        check(&self.warehouse);
        (answer, happened)
    }

    /// Closes the open batch and sends it off.
    pub(super) fn close(&mut self) {
        if let Some((draft, before)) = self.batch.take() {
            let closed = draft.close(&self.warehouse);
            let stands = crossings::stands(&self.warehouse, self.now);
            self.in_flight.push(InFlight { closed, before, stands });
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.batch.is_some()
    }

    /// What the last command of the open batch shipped, covered or not.
    pub(super) fn shipped_just_now(&self) -> Vec<(Sku, i64)> {
        let Some((draft, _)) = &self.batch else { return Vec::new() };
        let last = draft.causes.len() - 1;
        let facts = draft.facts.iter().filter(|(cause, fact)| *cause == Some(last) && leaves(fact.kind));
        facts.flat_map(|(_, fact)| &fact.lines).map(|line| (line.sku.clone(), -line.change)).collect()
    }

    fn remembers_all(&self) -> bool {
        self.warehouse.memory().floors() == Floors::default()
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The oldest batch in flight is confirmed.
    pub(super) fn confirm(&mut self) {
        if self.in_flight.is_empty() {
            return;
        }
        let batch = self.in_flight.remove(0);
        self.confirmed += 1;
        self.every_change_is_told(&batch.closed);
        let facts: Vec<&Fact> = batch.closed.facts.iter().map(|(_, fact)| fact).collect();
        crossings::told_once(&self.stands, &batch.stands, &facts);
        self.alerts.extend(crossings::in_words(&facts));
        self.stands = batch.stands;
        for row in &batch.closed.rows {
            self.mirror.put(row.clone());
        }
        self.mirror.settle(&batch.closed.rows, self.confirmed);
        self.warehouse.settle(&batch.closed.rows, self.confirmed);
        check(&self.mirror);
        if self.in_flight.is_empty() && self.batch.is_none() {
            // Ids of holds are no rows. At the bound on ids one of this very moment may be forgotten live, where a floor
            // of an earlier batch is confirmed after it, and still be known in a replay: both answers are right.
            let compared = if self.remembers_all() { state } else { rows };
            assert_eq!(
                compared(&self.mirror),
                compared(&self.warehouse),
                "a replay differs from what happened"
            );
        }
    }

    /// Closes the open batch and confirms all there are.
    pub(super) fn commit(&mut self) {
        self.close();
        while !self.in_flight.is_empty() {
            self.confirm();
        }
    }

    /// The store failed: everything that is not confirmed is taken back, newest first.
    pub(super) fn roll_back(&mut self) {
        self.close();
        while let Some(batch) = self.in_flight.pop() {
            batch.closed.undo.undo(&mut self.warehouse);
            assert_eq!(rows(&self.warehouse), batch.before, "taking back left something");
            check(&self.warehouse);
        }
        assert_eq!(rows(&self.mirror), rows(&self.warehouse), "taking back left something");
    }

    /// Each changed level is the last one a fact of the same entry tells, and facts of a SKU form a chain.
    fn every_change_is_told(&mut self, closed: &Closed<Warehouse>) {
        let mut told: AHashMap<&Sku, crate::domain::level::Level> = AHashMap::new();
        for line in closed.facts.iter().flat_map(|(_, fact): &(_, Fact)| &fact.lines) {
            let last = self.told.insert(line.sku.clone(), self.confirmed).unwrap_or(0);
            assert_eq!(line.previous, last, "the chain of {} is cut", line.sku);
            assert_eq!(line.after.changed, self.confirmed);
            told.insert(&line.sku, line.after);
        }
        for row in &closed.rows {
            if let Row::Level(sku, level) = row {
                let changed = level.is_some_and(|level| level.changed == self.confirmed);
                assert_eq!(told.get(sku).copied(), level.filter(|_| changed), "{sku} changed without a word");
            }
        }
    }
}

const fn leaves(kind: FactKind) -> bool {
    matches!(kind, FactKind::Shipped | FactKind::TransferredOut)
}

/// Nobody who waits could have goods that are there (but where one entry's bound left some to upkeep), and nobody was served before one of his group who comes first.
fn fair(warehouse: &Warehouse, before: Vec<(WaitId, Waiting)>, now: Timestamp) {
    for (_, row) in warehouse.waiting().iter().filter(|(_, row)| row.quantity > 0) {
        let level = warehouse.level(&row.sku).copied().unwrap_or_default();
        let free = free(&level, warehouse.policy(&row.sku), &row.channel, row.told, now);
        let later = warehouse.waiting().is_due(&row.sku, now);
        assert!(free == 0 || later, "{row:?} waits beside {free} free units");
    }
    let rank = |id: &WaitId, row: &Waiting| {
        (row.priority, row.promise.unwrap_or(Timestamp::MAX), row.accepted_at, id.clone())
    };
    for (id, row) in &before {
        let Some(after) = warehouse.waiting().get(id).filter(|after| after.served > row.served) else {
            continue;
        };
        for (other_id, other) in warehouse.waiting().iter().filter(|(_, other)| other.quantity > 0) {
            let alike = (&other.sku, &other.channel, other.told) == (&row.sku, &row.channel, row.told);
            let first = alike && rank(other_id, other) < rank(id, row);
            assert!(!first, "{after:?} was served before {other:?}");
        }
    }
}

fn rows(warehouse: &Warehouse) -> Vec<String> {
    let mut rows: Vec<String> = warehouse.rows().into_iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

/// The rows and the ids that live in the log alone.
fn state(warehouse: &Warehouse) -> Vec<String> {
    let mut rows = rows(warehouse);
    rows.extend(warehouse.memory().of_class(Class::Hold).map(|known| format!("{known:?}")));
    rows
}

/// The invariants, and that every index says what the rows say.
pub(super) fn check(warehouse: &Warehouse) {
    assert_eq!(invariant::broken(warehouse), Vec::<String>::new());
    let mut rebuilt = Warehouse::new(warehouse.id().clone(), warehouse.rules);
    for row in warehouse.rows() {
        rebuilt.put(row);
    }
    assert_eq!(warehouse.deadlines, rebuilt.deadlines);
    assert_eq!(warehouse.hold_of, rebuilt.hold_of);
    assert_eq!(warehouse.replaced_of, rebuilt.replaced_of);
    assert_eq!(warehouse.allocated_of, rebuilt.allocated_of);
    assert!(warehouse.waiting().agrees(rebuilt.waiting()), "waiting claims are listed wrongly");
    assert_eq!(warehouse.buckets, rebuilt.buckets);
    assert_eq!(warehouse.bucket_ages, rebuilt.bucket_ages);
    assert!(warehouse.turns.is_subset(&rebuilt.turns), "a turn of nothing");
}
