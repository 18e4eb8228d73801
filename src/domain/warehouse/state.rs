//! What a warehouse knows, and the one way it changes.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashMap;

use crate::domain::count::{Bucket, BucketKey, Mark};
use crate::domain::fact::FactLine;
use crate::domain::hold::{Allocation, Hold, HoldKey};
use crate::domain::ids::{CommandId, ReservationId, Sku, SourceId, WaitId, WarehouseId};
use crate::domain::level::Level;
use crate::domain::machine::{Draft, Moment, replace};
use crate::domain::memory::{Class, Floors, Memory, Remembered, Windows};
use crate::domain::policy::{AlertLimits, StockPolicy};
use crate::domain::quantity::add;
use crate::domain::refusal::Refusal;
use crate::domain::table::Table;
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingRows};

/// What a warehouse is configured to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// No hold lasts longer after its creation, in milliseconds.
    pub max_hold_ms: i64,
    /// How far back counts may lie, in milliseconds; movements are kept that long for them.
    pub count_horizon_ms: i64,
    /// How long and how many command ids are remembered.
    pub windows: Windows,
}

/// Sums of all movements since the journal's first entry; they survive trimming, and their sum is the units on hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Units received.
    pub received: i64,
    /// Units returned by customers.
    pub returned: i64,
    /// Units shipped or sold.
    pub shipped: i64,
    /// Units thrown away.
    pub scrapped: i64,
    /// Units corrected by adjustments and counts (signed).
    pub corrected: i64,
    /// Units from other warehouses, less units to them (signed).
    pub transferred: i64,
}

impl Totals {
    /// The units on hand that follow from the sums.
    #[must_use]
    pub const fn on_hand(&self) -> i64 {
        self.received
            .saturating_add(self.returned)
            .saturating_sub(self.shipped)
            .saturating_sub(self.scrapped)
            .saturating_add(self.corrected)
            .saturating_add(self.transferred)
    }
}

/// A row of a warehouse's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// A level.
    Level(Sku, Option<Level>),
    /// What is set aside of a SKU.
    Policy(Sku, Option<StockPolicy>),
    /// A hold.
    Hold(HoldKey, Option<Hold>),
    /// An allocation.
    Allocation(ReservationId, Option<Allocation>),
    /// A claim that waits for goods.
    Waiting(WaitId, Option<Waiting>),
    /// The last count of a SKU.
    Mark(Sku, Option<Mark>),
    /// A minute of movements.
    Bucket(BucketKey, Option<Bucket>),
    /// A remembered id.
    Remembered(CommandId, Option<Remembered>),
    /// The running totals.
    Totals(Totals),
    /// Times up to which ids were forgotten.
    Floors(Floors),
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// Of a level.
    Level(Sku),
    /// Of what is set aside.
    Policy(Sku),
    /// Of a hold.
    Hold(HoldKey),
    /// Of an allocation.
    Allocation(ReservationId),
    /// Of a claim that waits for goods.
    Waiting(WaitId),
    /// Of a count.
    Mark(Sku),
    /// Of a minute of movements.
    Bucket(BucketKey),
    /// Of a remembered id.
    Remembered(CommandId),
    /// Of the running totals.
    Totals,
    /// Of the floors.
    Floors,
}

/// A warehouse: the only writer of its levels.
#[derive(Debug, Clone)]
pub struct Warehouse {
    pub(super) id: WarehouseId,
    pub(super) rules: Rules,
    /// From where on somebody is told of a SKU whose own policy does not say.
    pub(super) alerts: AlertLimits,
    pub(super) levels: Table<Sku, Level>,
    pub(super) policies: AHashMap<Sku, StockPolicy>,
    /// When scheduled safety stock begins or ends; what is past was not looked at yet.
    pub(super) turns: BTreeSet<(Timestamp, Sku)>,
    pub(super) holds: Table<HoldKey, Hold>,
    pub(super) hold_of: Table<ReservationId, HoldKey>,
    pub(super) replaced_of: Table<ReservationId, HoldKey>,
    pub(super) deadlines: BTreeSet<(Timestamp, HoldKey)>,
    pub(super) allocations: Table<ReservationId, Allocation>,
    pub(super) allocated_of: AHashMap<Sku, BTreeMap<ReservationId, (Timestamp, i64)>>,
    pub(super) waiting: WaitingRows,
    pub(super) marks: AHashMap<Sku, Mark>,
    pub(super) buckets: AHashMap<Sku, BTreeMap<i64, Bucket>>,
    pub(super) bucket_ages: BTreeSet<BucketKey>,
    pub(super) memory: Memory,
    pub(super) totals: Totals,
}

impl Warehouse {
    /// An empty warehouse.
    #[must_use]
    pub fn new(id: WarehouseId, rules: Rules) -> Self {
        Self {
            id,
            rules,
            alerts: AlertLimits::default(),
            levels: Table::default(),
            policies: AHashMap::new(),
            turns: BTreeSet::new(),
            holds: Table::default(),
            hold_of: Table::default(),
            replaced_of: Table::default(),
            deadlines: BTreeSet::new(),
            allocations: Table::default(),
            allocated_of: AHashMap::new(),
            waiting: WaitingRows::default(),
            marks: AHashMap::new(),
            buckets: AHashMap::new(),
            bucket_ages: BTreeSet::new(),
            memory: Memory::default(),
            totals: Totals::default(),
        }
    }

    /// The same, telling from these limits on what no SKU's own policy says otherwise.
    #[must_use]
    pub fn alerting(self, alerts: AlertLimits) -> Self {
        Self { alerts, ..self }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &WarehouseId {
        &self.id
    }

    /// A SKU's level.
    #[must_use]
    pub fn level(&self, sku: &Sku) -> Option<&Level> {
        self.levels.get(sku)
    }

    /// Every level, in no order.
    pub fn levels(&self) -> impl Iterator<Item = (&Sku, &Level)> {
        self.levels.iter()
    }

    /// What is set aside of a SKU.
    #[must_use]
    pub fn policy(&self, sku: &Sku) -> Option<&StockPolicy> {
        self.policies.get(sku)
    }

    /// Every policy, in no order.
    pub fn policies(&self) -> impl Iterator<Item = (&Sku, &StockPolicy)> {
        self.policies.iter()
    }

    /// Every open hold, in no order.
    pub fn holds(&self) -> impl Iterator<Item = (&HoldKey, &Hold)> {
        self.holds.iter()
    }

    /// Every open allocation, in no order.
    pub fn allocations(&self) -> impl Iterator<Item = (&ReservationId, &Allocation)> {
        self.allocations.iter()
    }

    /// How many allocations are open.
    #[must_use]
    pub const fn allocations_len(&self) -> usize {
        self.allocations.len()
    }

    /// One open allocation.
    #[must_use]
    pub fn allocation(&self, id: &ReservationId) -> Option<&Allocation> {
        self.allocations.get(id)
    }

    /// The claims that wait for goods.
    #[must_use]
    pub const fn waiting(&self) -> &WaitingRows {
        &self.waiting
    }

    /// The hold a reservation has a part in.
    #[must_use]
    pub fn hold_of(&self, reservation: &ReservationId) -> Option<&Hold> {
        self.hold_of.get(reservation).and_then(|key| self.holds.get(key))
    }

    /// The newest count of every source: its as-of time.
    #[must_use]
    pub fn sources(&self) -> BTreeMap<&SourceId, Timestamp> {
        let mut newest: BTreeMap<&SourceId, Timestamp> = BTreeMap::new();
        for mark in self.marks.values() {
            let known = newest.entry(&mark.source).or_insert(mark.as_of);
            *known = mark.as_of.max(*known);
        }
        newest
    }

    /// How many holds are open.
    #[must_use]
    pub fn holds_len(&self) -> usize {
        self.holds.len()
    }

    /// The running totals.
    #[must_use]
    pub const fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The memory of command ids.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Changes a level and says how, as a fact's line.
    pub(super) fn touch(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        sku: &Sku,
        change: i64,
        edit: impl FnOnce(&mut Level) -> Result<(), Refusal>,
    ) -> Result<FactLine, Refusal> {
        let before = self.levels.get(sku).copied().unwrap_or_default();
        let mut after = before;
        edit(&mut after)?;
        after.changed = moment.version;
        draft.put(self, Row::Level(sku.clone(), Some(after)));
        Ok(FactLine { sku: sku.clone(), change, after, previous: before.changed })
    }

    /// Adds to a running total.
    pub(super) fn total(
        &mut self,
        draft: &mut Draft<Self>,
        slot: fn(&mut Totals) -> &mut i64,
        by: i64,
    ) -> Result<(), Refusal> {
        let mut totals = self.totals;
        let figure = slot(&mut totals);
        *figure = add(*figure, by)?;
        draft.put(self, Row::Totals(totals));
        Ok(())
    }

    /// Remembers a command's outcome.
    pub(super) fn remember(&mut self, draft: &mut Draft<Self>, id: &CommandId, remembered: Remembered) {
        draft.put(self, Row::Remembered(id.clone(), Some(remembered)));
    }

    fn put_policy(&mut self, sku: Sku, value: Option<StockPolicy>) -> Option<StockPolicy> {
        let looked_at = |policy: &StockPolicy| (policy.safety_stock, policy.safety_seen);
        let old = self.policies.get(&sku);
        if old.map(looked_at) != value.as_ref().map(looked_at) {
            let old = old.and_then(|policy| policy.safety_stock);
            for at in old.into_iter().flat_map(|set| [set.from, set.until]).flatten() {
                self.turns.remove(&(at, sku.clone()));
            }
            let new = value.as_ref().and_then(|policy| policy.safety_stock);
            let new = new.into_iter().flat_map(|set| [set.from, set.until]).flatten();
            self.turns.extend(new.map(|at| (at, sku.clone())));
        }
        replace(&mut self.policies, sku, value)
    }

    fn put_hold(&mut self, key: HoldKey, value: Option<Hold>) -> Option<Hold> {
        if let Some(old) = self.holds.get(&key) {
            if let Some(deadline) = old.deadline() {
                self.deadlines.remove(&(deadline, key.clone()));
            }
            for claim in old.claims() {
                if self.hold_of.get(&claim.reservation) == Some(&key) {
                    self.hold_of.remove(&claim.reservation);
                }
            }
            for replaced in &old.replaced {
                if self.replaced_of.get(&replaced.reservation) == Some(&key) {
                    self.replaced_of.remove(&replaced.reservation);
                }
            }
        }
        if let Some(new) = &value {
            if let Some(deadline) = new.deadline() {
                self.deadlines.insert((deadline, key.clone()));
            }
            for claim in new.claims() {
                self.hold_of.insert(claim.reservation.clone(), key.clone());
            }
            for replaced in &new.replaced {
                self.replaced_of.insert(replaced.reservation.clone(), key.clone());
            }
        }
        self.holds.replace(key, value)
    }

    fn put_allocation(&mut self, id: ReservationId, value: Option<Allocation>) -> Option<Allocation> {
        if let Some(old) = self.allocations.get(&id) {
            for line in &old.lines {
                if let Some(rows) = self.allocated_of.get_mut(&line.sku) {
                    rows.remove(&id);
                    if rows.is_empty() {
                        self.allocated_of.remove(&line.sku);
                    }
                }
            }
        }
        if let Some(new) = &value {
            for line in &new.lines {
                let rows = self.allocated_of.entry(line.sku.clone()).or_default();
                rows.insert(id.clone(), (new.requested_at, line.quantity));
            }
        }
        self.allocations.replace(id, value)
    }

    fn put_bucket(&mut self, key: &BucketKey, value: Option<Bucket>) -> Option<Bucket> {
        match value {
            Some(bucket) => {
                self.bucket_ages.insert(key.clone());
                self.buckets.entry(key.sku.clone()).or_default().insert(key.minute, bucket)
            }
            None => {
                self.bucket_ages.remove(key);
                let minutes = self.buckets.get_mut(&key.sku)?;
                let before = minutes.remove(&key.minute);
                if minutes.is_empty() {
                    self.buckets.remove(&key.sku);
                }
                before
            }
        }
    }

    pub(super) fn put_row(&mut self, row: Row) -> Row {
        match row {
            Row::Level(sku, value) => {
                self.waiting.note(&sku);
                Row::Level(sku.clone(), self.levels.replace(sku, value))
            }
            Row::Policy(sku, value) => {
                self.waiting.note(&sku);
                Row::Policy(sku.clone(), self.put_policy(sku, value))
            }
            Row::Hold(key, value) => Row::Hold(key.clone(), self.put_hold(key, value)),
            Row::Allocation(id, value) => Row::Allocation(id.clone(), self.put_allocation(id, value)),
            Row::Waiting(id, value) => Row::Waiting(id.clone(), self.waiting.put(id, value)),
            Row::Mark(sku, value) => Row::Mark(sku.clone(), replace(&mut self.marks, sku, value)),
            Row::Bucket(key, value) => {
                let before = self.put_bucket(&key, value);
                Row::Bucket(key, before)
            }
            Row::Remembered(id, value) => {
                let before = self.memory.put(&id, value);
                Row::Remembered(id, before)
            }
            Row::Totals(totals) => Row::Totals(std::mem::replace(&mut self.totals, totals)),
            Row::Floors(floors) => Row::Floors(self.memory.put_floors(floors)),
        }
    }

    pub(super) fn row_of(&self, key: &Key) -> Row {
        match key {
            Key::Level(sku) => Row::Level(sku.clone(), self.levels.get(sku).copied()),
            Key::Policy(sku) => Row::Policy(sku.clone(), self.policies.get(sku).cloned()),
            Key::Hold(key) => Row::Hold(key.clone(), self.holds.get(key).cloned()),
            Key::Allocation(id) => Row::Allocation(id.clone(), self.allocations.get(id).cloned()),
            Key::Waiting(id) => Row::Waiting(id.clone(), self.waiting.get(id).cloned()),
            Key::Mark(sku) => Row::Mark(sku.clone(), self.marks.get(sku).cloned()),
            Key::Bucket(key) => {
                let bucket = self.buckets.get(&key.sku).and_then(|minutes| minutes.get(&key.minute));
                Row::Bucket(key.clone(), bucket.copied())
            }
            Key::Remembered(id) => Row::Remembered(id.clone(), self.memory.get(id).cloned()),
            Key::Totals => Row::Totals(self.totals),
            Key::Floors => Row::Floors(self.memory.floors()),
        }
    }

    pub(super) fn all_rows(&self) -> impl Iterator<Item = Row> {
        let levels = self.levels.iter().map(|(sku, level)| Row::Level(sku.clone(), Some(*level)));
        let policies =
            self.policies.iter().map(|(sku, policy)| Row::Policy(sku.clone(), Some(policy.clone())));
        let holds = self.holds.iter().map(|(key, hold)| Row::Hold(key.clone(), Some(hold.clone())));
        let allocations =
            self.allocations.iter().map(|(id, row)| Row::Allocation(id.clone(), Some(row.clone())));
        let waiting = self.waiting.iter().map(|(id, row)| Row::Waiting(id.clone(), Some(row.clone())));
        let marks = self.marks.iter().map(|(sku, mark)| Row::Mark(sku.clone(), Some(mark.clone())));
        let buckets = self.bucket_ages.iter().map(|key| self.row_of(&Key::Bucket(key.clone())));
        let seen = self.memory.of_class(Class::Movement);
        let seen = seen.map(|(id, known)| Row::Remembered(id.clone(), Some(known.clone())));
        let single = [Row::Totals(self.totals), Row::Floors(self.memory.floors())];
        levels
            .chain(policies)
            .chain(holds)
            .chain(allocations)
            .chain(waiting)
            .chain(marks)
            .chain(buckets)
            .chain(seen)
            .chain(single)
    }
}

/// The key of a row.
pub(super) fn key_of(row: &Row) -> Key {
    match row {
        Row::Level(sku, _) => Key::Level(sku.clone()),
        Row::Policy(sku, _) => Key::Policy(sku.clone()),
        Row::Hold(key, _) => Key::Hold(key.clone()),
        Row::Allocation(id, _) => Key::Allocation(id.clone()),
        Row::Waiting(id, _) => Key::Waiting(id.clone()),
        Row::Mark(sku, _) => Key::Mark(sku.clone()),
        Row::Bucket(key, _) => Key::Bucket(key.clone()),
        Row::Remembered(id, _) => Key::Remembered(id.clone()),
        Row::Totals(_) => Key::Totals,
        Row::Floors(_) => Key::Floors,
    }
}
