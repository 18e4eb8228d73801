//! What a channel shows against what it has confirmed it shows: the work its connector has left.
//!
//! Kept only for channels somebody publishes for: those that confirmed something, have a quota or a rule against lag, or
//! were asked for their work. A SKU that differs stands in one of two orders, sold out first and then by the age of the
//! difference, or apart where its quota of the day is used up; so what to publish next is read off, never searched for.

use std::collections::BTreeSet;

use super::skus::SkuId;
use crate::domain::channel::{Acknowledged, Quota};
use crate::domain::time::Timestamp;
use crate::journal::locked::Locked;

/// No figure, no time.
const NONE: i64 = i64::MIN;

/// A SKU whose shown figure is not the one that was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Which goods.
    pub id: SkuId,
    /// The figure to publish.
    pub available: i64,
    /// The figure that was confirmed last; `None` where none ever was.
    pub acknowledged: Option<i64>,
    /// Since when they differ, as far as this process knows.
    pub since: Timestamp,
    /// Changes confirmed today.
    pub changes: u32,
}

/// How far a channel is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lag {
    /// SKUs that differ.
    pub differing: usize,
    /// Of these, SKUs whose quota of the day is used up.
    pub withheld: usize,
    /// Since when the oldest of all differs.
    pub oldest: Option<Timestamp>,
    /// Since when the oldest of those differs that may be published now: what is withheld is no fault of the connector.
    pub oldest_ready: Option<Timestamp>,
}

/// What to publish next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// How far the channel is behind.
    pub lag: Lag,
    /// What to publish, in this order.
    pub ready: Vec<Pending>,
    /// What has to wait for another day.
    pub withheld: Vec<Pending>,
}

/// A channel's differences.
#[derive(Debug, Default)]
pub struct Backlog(Locked<Differences>);

/// Where a SKU stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In line: whether any are left to sell, then since when it differs.
    Ready(bool, i64),
    /// Apart: on which day its quota was used up, then since when it differs.
    Withheld(i32, i64),
}

/// One SKU in 48 bytes.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The figure the channel shows, or none.
    shown: i64,
    /// When that changed last.
    changed: i64,
    /// The figure that was confirmed, or none.
    available: i64,
    /// When that was published.
    at: i64,
    /// Since when the two differ, or none.
    since: i64,
    day: i32,
    changes: u32,
}

const EMPTY: Row =
    Row { shown: NONE, changed: NONE, available: NONE, at: NONE, since: NONE, day: 0, changes: 0 };

#[derive(Debug, Default)]
struct Differences {
    quota: Option<Quota>,
    tracked: bool,
    /// Whether the figures of all SKUs were taken in.
    complete: bool,
    rows: Vec<Row>,
    ready: BTreeSet<(bool, i64, SkuId)>,
    withheld: BTreeSet<(i32, i64, SkuId)>,
}

impl Backlog {
    /// A channel with this quota. Its differences are kept from the beginning where it is known to be published for.
    #[must_use]
    pub fn new(quota: Option<Quota>, tracked: bool) -> Self {
        Self(Locked::new(Differences { quota, tracked, ..Differences::default() }))
    }

    /// Takes in what the channel shows now. Called with the channel's values locked, so that nothing overtakes.
    pub(super) fn show(&self, shown: &[(SkuId, i64)], now: Timestamp) {
        self.0.with(|all| {
            let taken = if all.tracked { shown } else { &[] };
            for (id, units) in taken {
                all.show(*id, *units, now);
            }
        });
    }

    /// Takes in what the channel shows of SKUs nothing is known of yet.
    pub(super) fn fill(&self, shown: &[(SkuId, i64)], now: Timestamp) {
        self.0.with(|all| {
            for (id, units) in shown {
                if all.rows.get(id.index()).is_none_or(|row| row.shown == NONE) {
                    all.show(*id, *units, now);
                }
            }
        });
    }

    /// Takes in what was confirmed; the channel is kept from here on.
    pub fn acknowledge(&self, confirmed: &[(SkuId, Option<Acknowledged>)]) {
        self.0.with(|all| {
            for (id, row) in confirmed {
                all.tracked = true;
                all.acknowledge(*id, row.as_ref());
            }
        });
    }

    /// Takes in everything that was ever confirmed, in place of what was known.
    pub fn load(&self, confirmed: &[(SkuId, Acknowledged)]) {
        self.0.with(|all| {
            for at in 0..all.rows.len() {
                let Some(id) = SkuId::at(at) else { continue };
                all.acknowledge(id, None);
            }
            for (id, row) in confirmed {
                all.tracked = true;
                all.acknowledge(*id, Some(row));
            }
        });
    }

    /// Everything the channel shows was taken in: what it has confirmed and does not show any more is sold out.
    pub fn completed(&self, now: Timestamp) {
        self.0.with(|all| {
            if !all.tracked || std::mem::replace(&mut all.complete, true) {
                return;
            }
            for at in 0..all.rows.len() {
                let Some(id) = SkuId::at(at) else { continue };
                all.change(id, |row| {
                    if row.shown == NONE && row.available > 0 {
                        row.since = now.as_millis();
                    }
                });
            }
        });
    }

    /// Keeps the channel's differences from here on.
    pub fn track(&self) {
        self.0.with(|all| all.tracked = true);
    }

    /// Whether the differences are kept, but what the channel shows was not taken in yet.
    #[must_use]
    pub fn wants_filling(&self) -> bool {
        self.0.with(|all| all.tracked && !all.complete)
    }

    /// The figure that was confirmed of a SKU last.
    #[must_use]
    pub fn acknowledged(&self, id: SkuId) -> Option<i64> {
        self.0.with(|all| all.rows.get(id.index()).and_then(|row| figure(row.available)))
    }

    /// How far the channel is behind on its day `today`; `None` where nobody publishes for it.
    #[must_use]
    pub fn lag(&self, today: i32) -> Option<Lag> {
        self.0.with(|all| {
            all.turn(today);
            all.tracked.then(|| all.lag())
        })
    }

    /// What to publish next on the channel's day `today`, so many at most.
    #[must_use]
    pub fn work(&self, today: i32, limit: usize) -> Work {
        self.0.with(|all| {
            all.turn(today);
            let pending = |id: &SkuId| all.pending(*id, today);
            let ready = all.ready.iter().take(limit).filter_map(|(_, _, id)| pending(id)).collect();
            let withheld = all.withheld.iter().take(limit).filter_map(|(_, _, id)| pending(id)).collect();
            Work { lag: all.lag(), ready, withheld }
        })
    }
}

impl Differences {
    fn show(&mut self, id: SkuId, units: i64, now: Timestamp) {
        let now = now.as_millis();
        self.change(id, |row| {
            (row.shown, row.changed) = (units, now);
            if units == row.available {
                row.since = NONE;
            } else if row.since == NONE {
                row.since = now;
            }
        });
    }

    /// A confirmation of another figure than the newest is one of an older change: the difference is then as old as the
    /// newest.
    fn acknowledge(&mut self, id: SkuId, told: Option<&Acknowledged>) {
        let complete = self.complete;
        self.change(id, |row| {
            let Some(told) = told else {
                (row.available, row.at, row.day, row.changes) = (NONE, NONE, 0, 0);
                row.since = if row.shown == NONE { NONE } else { row.since.max(row.changed) };
                return;
            };
            (row.available, row.at) = (told.available, told.at.as_millis());
            (row.day, row.changes) = (told.day, told.changes);
            let shows = match row.shown {
                NONE if complete => Some(0),
                shown => figure(shown),
            };
            row.since = match shows {
                None => NONE,
                Some(shows) if shows == row.available => NONE,
                Some(_) if row.since == NONE => row.at,
                Some(_) => row.since.max(row.changed),
            };
        });
    }

    /// Changes a SKU's row and moves it to where it then belongs.
    fn change(&mut self, id: SkuId, change: impl FnOnce(&mut Row)) {
        if id.index() >= self.rows.len() {
            self.rows.resize(id.index().saturating_add(1), EMPTY);
        }
        let quota = self.quota;
        let Some(row) = self.rows.get_mut(id.index()) else { return };
        let before = row.place(quota);
        change(row);
        let after = row.place(quota);
        if before == after {
            return;
        }
        let _was_there = match before {
            Some(Place::Ready(left, since)) => self.ready.remove(&(left, since, id)),
            Some(Place::Withheld(day, since)) => self.withheld.remove(&(day, since, id)),
            None => false,
        };
        let _is_new = match after {
            Some(Place::Ready(left, since)) => self.ready.insert((left, since, id)),
            Some(Place::Withheld(day, since)) => self.withheld.insert((day, since, id)),
            None => false,
        };
    }

    /// A new day gives a new quota to what was withheld on days before.
    fn turn(&mut self, today: i32) {
        while let Some((_, _, id)) = self.withheld.first().copied().filter(|(day, _, _)| *day < today) {
            self.change(id, |row| (row.day, row.changes) = (today, 0));
        }
    }

    fn lag(&self) -> Lag {
        let some_left = self.ready.range((true, NONE, SkuId::of(0))..).next();
        let oldest = |since: &i64| Timestamp::from_millis(*since);
        let ready = self.ready.first().into_iter().chain(some_left).map(|(_, since, _)| since).min();
        let withheld = self.withheld.first().map(|(_, since, _)| since);
        Lag {
            differing: self.ready.len().saturating_add(self.withheld.len()),
            withheld: self.withheld.len(),
            oldest: ready.into_iter().chain(withheld).min().map(oldest),
            oldest_ready: ready.map(oldest),
        }
    }

    fn pending(&self, id: SkuId, today: i32) -> Option<Pending> {
        let row = self.rows.get(id.index())?;
        Some(Pending {
            id,
            available: figure(row.shown).unwrap_or(0),
            acknowledged: figure(row.available),
            since: Timestamp::from_millis(row.since),
            changes: if row.day == today { row.changes } else { 0 },
        })
    }
}

impl Row {
    fn place(&self, quota: Option<Quota>) -> Option<Place> {
        if self.since == NONE {
            return None;
        }
        let units = figure(self.shown).unwrap_or(0);
        Some(match quota {
            Some(quota) if !quota.admits(self.changes, units) => Place::Withheld(self.day, self.since),
            _ => Place::Ready(units > 0, self.since),
        })
    }
}

fn figure(figure: i64) -> Option<i64> {
    (figure != NONE).then_some(figure)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn id(number: u32) -> SkuId {
        SkuId::of(number)
    }

    fn told(available: i64, millis: i64, day: i32, changes: u32) -> Acknowledged {
        Acknowledged { available, at: at(millis), day, changes }
    }

    fn line(backlog: &Backlog, today: i32) -> Vec<(u32, i64)> {
        backlog
            .work(today, 100)
            .ready
            .iter()
            .map(|pending| (pending.id.number(), pending.available))
            .collect()
    }

    /// A row is what the memory of a million SKUs is counted in.
    #[test]
    fn rows_are_small() {
        assert_eq!(size_of::<Row>(), 48);
    }

    /// Sold out comes first, then what differs longest; what was confirmed leaves, and a figure that goes back by itself
    /// needs nobody.
    #[test]
    fn sold_out_goes_first() {
        let backlog = Backlog::new(None, true);
        backlog.show(&[(id(1), 5), (id(2), 7)], at(10));
        backlog.show(&[(id(3), 0)], at(20));
        assert_eq!(line(&backlog, 1), [(3, 0), (1, 5), (2, 7)]);
        backlog.acknowledge(&[(id(1), Some(told(5, 30, 1, 1))), (id(3), Some(told(0, 30, 1, 1)))]);
        assert_eq!(line(&backlog, 1), [(2, 7)]);
        backlog.show(&[(id(1), 4)], at(40));
        backlog.show(&[(id(2), 0)], at(50));
        assert_eq!(line(&backlog, 1), [(2, 0), (1, 4)]);
        backlog.show(&[(id(1), 5)], at(60));
        assert_eq!(line(&backlog, 1), [(2, 0)]);
        assert_eq!(backlog.lag(1).unwrap().oldest, Some(at(10)), "it differs since it was first shown");
    }

    /// A channel that confirms an older change of a hot SKU is as late as the newest; one that says the same wrong figure
    /// again is not excused.
    #[test]
    fn ages_are_those_of_the_newest_change() {
        let backlog = Backlog::new(None, true);
        let since = |backlog: &Backlog| backlog.lag(1).unwrap().oldest.map(Timestamp::as_millis);
        backlog.show(&[(id(1), 5)], at(10));
        backlog.show(&[(id(1), 4)], at(100));
        assert_eq!(since(&backlog), Some(10));
        backlog.acknowledge(&[(id(1), Some(told(5, 110, 1, 1)))]);
        assert_eq!(since(&backlog), Some(100));
        backlog.acknowledge(&[(id(1), Some(told(5, 900, 1, 1)))]);
        assert_eq!(since(&backlog), Some(100));
        backlog.acknowledge(&[(id(1), Some(told(4, 910, 1, 2)))]);
        assert_eq!(since(&backlog), None);
        backlog.acknowledge(&[(id(1), Some(told(9, 990, 1, 3)))]);
        assert_eq!(since(&backlog), Some(990), "it was right until then");
    }

    /// What is confirmed and shown no more is sold out, once all is known that is shown; who confirms nothing costs nothing.
    #[test]
    fn what_is_gone_is_taken_off() {
        let backlog = Backlog::default();
        backlog.show(&[(id(1), 5)], at(10));
        assert_eq!((backlog.lag(1), backlog.wants_filling()), (None, false));
        backlog.load(&[(id(1), told(5, 1, 1, 1)), (id(4), told(3, 1, 1, 1)), (id(5), told(0, 1, 1, 1))]);
        assert!(backlog.wants_filling());
        assert_eq!(line(&backlog, 1), []);
        backlog.fill(&[(id(1), 5), (id(2), 2)], at(20));
        backlog.completed(at(30));
        assert_eq!(line(&backlog, 1), [(4, 0), (2, 2)]);
        backlog.load(&[(id(2), told(2, 1, 1, 1))]);
        assert_eq!((line(&backlog, 1), backlog.acknowledged(id(4))), (vec![(1, 5)], None));
    }

    /// A used-up quota sets a SKU apart until the next day; "sold out" has some changes more.
    #[test]
    fn quotas_withhold() {
        let backlog = Backlog::new(Some(Quota::of(10)), true);
        backlog.acknowledge(&[(id(1), Some(told(5, 1, 3, 9)))]);
        backlog.show(&[(id(1), 4)], at(10));
        let lag = backlog.lag(3).unwrap();
        assert_eq!((lag.differing, lag.withheld, lag.oldest, lag.oldest_ready), (1, 1, Some(at(10)), None));
        assert_eq!(backlog.work(3, 9).withheld.first().map(|pending| pending.changes), Some(9));
        backlog.show(&[(id(1), 0)], at(20));
        assert_eq!(line(&backlog, 3), [(1, 0)]);
        backlog.acknowledge(&[(id(1), Some(told(0, 25, 3, 10)))]);
        backlog.show(&[(id(1), 2)], at(30));
        backlog.show(&[(id(1), 3)], at(35));
        assert_eq!((line(&backlog, 3), backlog.lag(3).unwrap().withheld), (vec![], 1));
        assert_eq!(line(&backlog, 4), [(1, 3)]);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Show(u32, i64),
        Work(usize),
        Confirm(u32, i64),
        NextDay,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            6 => (0..8_u32, 0..4_i64).prop_map(|(sku, units)| Step::Show(sku, units)),
            4 => (0..6_usize).prop_map(Step::Work),
            1 => (0..8_u32, 0..4_i64).prop_map(|(sku, units)| Step::Confirm(sku, units)),
            1 => Just(Step::NextDay),
        ]
    }

    proptest! {
        /// Work is what differs and no more, sold out first and then the oldest; a connector that publishes what it is
        /// given never goes beyond the quota, and "sold out" always finds some of it left by other figures.
        #[test]
        fn work_is_the_difference(steps in prop::collection::vec(step(), 0..300), per_day in prop::option::of(1..9_u32)) {
            let quota = per_day.map(Quota::of);
            let backlog = Backlog::new(quota, true);
            let (mut shown, mut known) = (BTreeMap::new(), BTreeMap::<u32, Acknowledged>::new());
            let mut day = 1;
            for (now, step) in (1..).zip(steps) {
                let mut confirm = |sku: u32, available: i64| {
                    let told = crate::domain::channel::Acknowledge {
                        sku: crate::domain::ids::Sku::parse("A").unwrap(), available, at: at(now), day,
                    };
                    let Some(after) = Acknowledged::after(known.get(&sku), &told) else { return };
                    known.insert(sku, after);
                    backlog.acknowledge(&[(id(sku), Some(after))]);
                };
                match step {
                    Step::Show(sku, units) => {
                        shown.insert(sku, units);
                        backlog.show(&[(id(sku), units)], at(now));
                    }
                    Step::NextDay => day += 1,
                    Step::Confirm(sku, units) => if quota.is_none() { confirm(sku, units) },
                    Step::Work(limit) => {
                        for pending in backlog.work(day, limit).ready {
                            confirm(pending.id.number(), pending.available);
                        }
                    }
                }
                let work = backlog.work(day, usize::MAX);
                let differs: BTreeMap<u32, i64> = shown.iter()
                    .filter(|(sku, units)| known.get(sku).map(|row| row.available) != Some(**units))
                    .map(|(sku, units)| (*sku, *units)).collect();
                // A channel that confirmed what it never showed has nothing to take off before all is known.
                let told: BTreeMap<u32, i64> = work.ready.iter().chain(&work.withheld)
                    .map(|pending| (pending.id.number(), pending.available)).collect();
                prop_assert_eq!(&told, &differs);
                prop_assert_eq!(work.lag, backlog.lag(day).unwrap());
                prop_assert_eq!(work.lag.differing, differs.len());
                let order: Vec<_> = work.ready.iter().map(|one| (one.available > 0, one.since)).collect();
                prop_assert!(order.is_sorted(), "{:?}", order);
                let changes = |pending: &Pending| known.get(&pending.id.number()).map_or(0, |row| row.changes_on(day));
                for pending in &work.ready {
                    prop_assert!(quota.is_none_or(|quota| quota.admits(changes(pending), pending.available)));
                }
                for pending in &work.withheld {
                    prop_assert!(quota.is_some_and(|quota| !quota.admits(changes(pending), pending.available)));
                }
                if let Some(per_day) = per_day {
                    prop_assert!(known.values().all(|row| row.changes <= per_day), "beyond the quota: {:?}", known);
                }
            }
        }
    }
}
