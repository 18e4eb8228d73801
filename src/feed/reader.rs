//! One reader's place in a topic. Catching up, resuming and being slow are one thing: what changed after my place?
//!
//! Where few SKUs changed since, the walk back from the newest change finds them, in order, and each frame moves the
//! place on. Where many did, the rows are looked through once from the first to the last, in small steps, and the place
//! moves when all were seen; what changes behind the step meanwhile is found from the new place. A snapshot is that with
//! a place before everything. So a reader costs its place and a step, however far behind it is, and never keeps others
//! waiting for longer than a step.

use ahash::AHashSet;

use crate::domain::ids::Sku;

use super::latest::Latest;
use super::skus::{Names, SkuId};

/// Up to so many changed SKUs are walked to; beyond that all rows are looked through.
const NEAR: usize = 2_048;
/// Rows looked at in one step: some tens of microseconds, for which changes wait.
const LOOKED_AT: usize = 4_096;

/// What a reader is to be sent next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It has everything.
    Done,
    /// Nothing to send, but rows are left to look at.
    Again,
    /// A page of a snapshot.
    Page {
        /// These SKUs.
        rows: Vec<SkuId>,
        /// The place behind the last page.
        offset: u64,
        /// Whether pages follow.
        more: bool,
    },
    /// Changes.
    Changes {
        /// These SKUs.
        rows: Vec<SkuId>,
        /// The offset of the first of them and of the place behind, where any reader of the whole topic with this span
        /// has these very rows.
        span: Option<(u64, u64)>,
        /// The place behind them: everything up to it was sent.
        offset: u64,
        /// Changes that newer ones have replaced before they were sent.
        conflated: u64,
    },
}

/// All rows are being looked through.
#[derive(Debug)]
struct Scan {
    snapshot: bool,
    next: usize,
    goal: u64,
    sent: u64,
}

/// Which SKUs a reader wants.
#[derive(Debug)]
struct Wanted {
    /// By number, in order.
    known: Vec<SkuId>,
    /// Those nobody has had stock of yet.
    unknown: AHashSet<Sku>,
    /// How many SKUs there were when they were last looked for.
    looked_at: Option<usize>,
    /// Become known since the last step.
    fresh: Vec<SkuId>,
}

/// One reader's place.
#[derive(Debug)]
pub struct Reader {
    place: u64,
    /// Changes replaced before they were sent that no frame has told of yet.
    untold: u64,
    scan: Option<Scan>,
    wanted: Option<Wanted>,
}

impl Reader {
    /// A reader of these SKUs, or of all. `since` is its place where it has one in this view; without, it begins with a
    /// snapshot.
    #[must_use]
    pub fn new(since: Option<u64>, only: Option<Vec<Sku>>) -> Self {
        let wanted = |skus: Vec<Sku>| {
            let unknown = skus.into_iter().collect();
            Wanted { known: Vec::new(), unknown, looked_at: None, fresh: Vec::new() }
        };
        let scan = Scan { snapshot: true, next: 0, goal: 0, sent: 0 };
        Self {
            place: since.unwrap_or(0),
            untold: 0,
            scan: since.is_none().then_some(scan),
            wanted: only.map(wanted),
        }
    }

    /// Everything up to this offset was sent, once no snapshot is under way.
    #[must_use]
    pub const fn place(&self) -> u64 {
        self.place
    }

    /// How many SKUs it asked for; `None` = all.
    #[must_use]
    pub fn wanted(&self) -> Option<usize> {
        self.wanted.as_ref().map(|wanted| wanted.known.len().saturating_add(wanted.unknown.len()))
    }

    /// The numbers of the SKUs it asked for, as far as they have one; `None` = all.
    #[must_use]
    pub fn known(&self) -> Option<&[SkuId]> {
        self.wanted.as_ref().map(|wanted| wanted.known.as_slice())
    }

    /// Begins anew with a snapshot where the place lies below `floor`: what changed up to there is not all known any more.
    pub fn stand_at_least(&mut self, floor: u64) {
        let snapshot = self.scan.as_ref().is_some_and(|scan| scan.snapshot);
        if self.place < floor && !snapshot {
            self.place = 0;
            self.untold = 0;
            self.scan = Some(Scan { snapshot: true, next: 0, goal: 0, sent: 0 });
        }
    }

    /// Whether the reader has all there is.
    #[must_use]
    pub fn is_at_head<V: Copy>(&self, latest: &Latest<V>) -> bool {
        self.scan.is_none() && self.place == latest.offset()
    }

    /// What to send next, `most` rows at most.
    pub fn step<V: Copy>(&mut self, latest: &Latest<V>, names: &Names<'_>, most: usize) -> Step {
        self.look_for_unknown(names);
        if self.scan.is_none() {
            match self.near(latest, most) {
                Some(step) => return step,
                None => {
                    self.scan = Some(Scan { snapshot: false, next: 0, goal: latest.offset(), sent: 0 });
                }
            }
        }
        self.scanned(latest, most)
    }

    /// Changes that are found by walking back to the place; `None` where they are too many.
    fn near<V: Copy>(&mut self, latest: &Latest<V>, most: usize) -> Option<Step> {
        let head = latest.offset();
        let mut rows = latest.since(self.place, NEAR)?;
        let late = self.wanted.as_mut().map(|wanted| std::mem::take(&mut wanted.fresh)).unwrap_or_default();
        let place = self.place;
        let changed = |id: &SkuId| latest.get(*id).map_or(0, |(_, offset)| offset);
        if let Some(wanted) = &self.wanted {
            rows.retain(|id| wanted.known.binary_search(id).is_ok());
            let late: Vec<SkuId> = late.into_iter().filter(|id| (1..=place).contains(&changed(id))).collect();
            if !late.is_empty() {
                return Some(Step::Changes { rows: late, span: None, offset: place, conflated: 0 });
            }
        }
        if rows.is_empty() {
            self.place = head;
            return Some(Step::Done);
        }
        let all = rows.len() <= most;
        rows.truncate(most);
        let offset = if all { head } else { rows.last().map_or(head, changed) };
        let first = rows.first().map_or(offset, changed);
        self.place = offset;
        let sent = rows.len() as u64;
        let whole = self.wanted.is_none();
        let skipped = if whole { offset.saturating_sub(place).saturating_sub(sent) } else { 0 };
        let conflated = skipped.saturating_add(std::mem::take(&mut self.untold));
        Some(Step::Changes { rows, span: whole.then_some((first, offset)), offset, conflated })
    }

    /// Some more rows of those being looked through.
    fn scanned<V: Copy>(&mut self, latest: &Latest<V>, most: usize) -> Step {
        let Some(scan) = &mut self.scan else { return Step::Done };
        if scan.next == 0 && scan.snapshot {
            scan.goal = latest.offset();
        }
        let end = self.wanted.as_ref().map_or(latest.end(), |wanted| wanted.known.len());
        let until = end.min(scan.next.saturating_add(LOOKED_AT));
        let mut rows = Vec::new();
        while scan.next < until && rows.len() < most {
            let id = match &self.wanted {
                Some(wanted) => wanted.known.get(scan.next).copied(),
                None => SkuId::at(scan.next),
            };
            scan.next = scan.next.saturating_add(1);
            rows.extend(id.filter(|id| latest.get(*id).is_some_and(|(_, offset)| offset > self.place)));
        }
        scan.sent = scan.sent.saturating_add(rows.len() as u64);
        let (snapshot, goal, over) = (scan.snapshot, scan.goal, scan.next >= end);
        if !over {
            return match (snapshot, rows.is_empty()) {
                (_, true) => Step::Again,
                (true, false) => Step::Page { rows, offset: goal, more: true },
                (false, false) => Step::Changes { rows, span: None, offset: self.place, conflated: 0 },
            };
        }
        let skipped = goal.saturating_sub(self.place).saturating_sub(scan.sent);
        let conflated = if self.wanted.is_none() { skipped } else { 0 };
        self.place = goal;
        self.scan = None;
        if let Some(wanted) = &mut self.wanted {
            wanted.fresh.clear();
        }
        match (snapshot, rows.is_empty()) {
            (true, _) => Step::Page { rows, offset: goal, more: false },
            (false, true) => {
                self.untold = conflated;
                Step::Again
            }
            (false, false) => Step::Changes { rows, span: None, offset: goal, conflated },
        }
    }

    /// SKUs it asked for that nobody had stock of may have come up.
    fn look_for_unknown(&mut self, names: &Names<'_>) {
        let Some(wanted) = &mut self.wanted else { return };
        // While rows are looked through in order, none may move.
        let moving = self.scan.as_ref().is_some_and(|scan| scan.next > 0);
        if moving || wanted.looked_at == Some(names.count()) {
            return;
        }
        // What was known when the reader came is found from its place like everything else.
        let before = wanted.looked_at.replace(names.count());
        let Wanted { known, unknown, fresh, .. } = wanted;
        let length = known.len();
        if let Some(before) = before {
            // Only those that came up since are looked at: there may be many that never will.
            for id in (before..names.count()).filter_map(SkuId::at) {
                if names.get(id).is_some_and(|sku| unknown.remove(sku)) {
                    known.push(id);
                    fresh.push(id);
                }
            }
        } else {
            unknown.retain(|sku| names.find(sku).map(|id| known.push(id)).is_none());
        }
        if known.len() > length {
            known.sort_unstable();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::feed::skus::Skus;

    const SKUS: usize = 40;

    /// A topic, and what a reader of it was told.
    struct Trial {
        skus: Skus,
        latest: Latest<u64>,
        reader: Reader,
        table: BTreeMap<String, u64>,
        sent: usize,
        place: u64,
        conflated: u64,
    }

    fn name(number: usize) -> Sku {
        Sku::parse(&format!("S{number}")).unwrap()
    }

    impl Trial {
        fn new(reader: Reader) -> Self {
            let (skus, latest) = (Skus::default(), Latest::new(1, 0));
            Self { skus, latest, reader, table: BTreeMap::new(), sent: 0, place: 0, conflated: 0 }
        }

        fn put(&mut self, number: usize, value: u64) {
            let (id, _) = self.skus.intern(&name(number));
            self.latest.put(id, value, (0, 0));
        }

        /// One step; false where there was nothing left to do.
        fn step(&mut self, most: usize) -> bool {
            let names = self.skus.names();
            let (rows, offset) = match self.reader.step(&self.latest, &names, most) {
                Step::Done => return false,
                Step::Again => return true,
                Step::Page { rows, offset, .. } => (rows, offset),
                Step::Changes { rows, span, offset, conflated } => {
                    assert!(!rows.is_empty());
                    assert!(span.is_none_or(|(first, to)| first <= to && to == offset));
                    self.conflated += conflated;
                    (rows, offset)
                }
            };
            assert!(rows.len() <= most && offset >= self.place, "{} rows, place {offset}", rows.len());
            self.place = offset;
            self.sent += rows.len();
            for id in rows {
                let (value, _) = self.latest.get(id).expect("a row that is there");
                self.table.insert(names.get(id).unwrap().as_str().to_owned(), value);
            }
            true
        }

        fn catch_up(&mut self, most: usize) {
            while self.step(most) {}
            assert!(self.reader.is_at_head(&self.latest));
        }

        fn truth(&self, only: Option<&[usize]>) -> BTreeMap<String, u64> {
            let names = self.skus.names();
            let rows = (0..self.latest.end()).filter_map(SkuId::at);
            let rows =
                rows.filter_map(|id| Some((names.get(id)?.as_str().to_owned(), self.latest.get(id)?.0)));
            rows.filter(|(sku, _)| {
                only.is_none_or(|only| only.iter().any(|number| name(*number).as_str() == sku))
            })
            .collect()
        }
    }

    /// A reader that was away for a million changes of a thousand SKUs is sent a thousand rows.
    #[test]
    fn absence_costs_skus_not_changes() {
        let mut trial = Trial::new(Reader::new(None, None));
        (0..1_000).for_each(|number| trial.put(number, 1));
        trial.catch_up(250);
        let place = trial.reader.place();
        for change in 0..1_000_000_u64 {
            trial.put(usize::try_from(change % 1_000).unwrap(), change);
        }
        trial.reader = Reader::new(Some(place), None);
        (trial.sent, trial.conflated) = (0, 0);
        trial.catch_up(250);
        assert_eq!((trial.sent, trial.conflated), (1_000, 999_000));
        assert_eq!(trial.table, trial.truth(None));
    }

    /// Far behind among many SKUs, a reader gets each once, in steps that look at few rows, and what changes meanwhile.
    #[test]
    fn far_behind_is_looked_through_once() {
        let mut trial = Trial::new(Reader::new(Some(0), None));
        (0..50_000).for_each(|number| trial.put(number, 1));
        let mut steps = 0;
        while trial.reader.place() == 0 && trial.step(250) {
            steps += 1;
            trial.put(steps % 50, 2);
        }
        trial.catch_up(250);
        assert!(trial.sent < 51_000, "{} rows", trial.sent);
        assert_eq!(trial.table, trial.truth(None));
    }

    proptest! {
        /// Whatever changes between steps of whatever size: in the end the reader's table is the topic's, and its place
        /// never went back; a reader of the whole topic was sent or had conflated every change since its place.
        #[test]
        fn every_reader_ends_with_the_truth(
            work in prop::collection::vec((0_usize..SKUS, 0_u64..5, 0_usize..4), 0..300),
            most in 1_usize..9,
            only in prop::option::of(prop::collection::vec(0_usize..SKUS, 0..12)),
            leave_at in 0_usize..300,
        ) {
            let skus = only.as_ref().map(|only| only.iter().copied().map(name).collect::<Vec<_>>());
            let mut trial = Trial::new(Reader::new(None, skus.clone()));
            let mut resumed_from = None;
            for (at, (sku, value, steps)) in work.iter().enumerate() {
                trial.put(*sku, *value);
                for _ in 0..*steps {
                    trial.step(most);
                }
                if at == leave_at && trial.reader.scan.is_none() {
                    let place = trial.reader.place();
                    resumed_from = Some(place);
                    trial.reader = Reader::new(Some(place), skus.clone());
                    (trial.sent, trial.conflated) = (0, 0);
                }
            }
            trial.catch_up(most);
            prop_assert_eq!(&trial.table, &trial.truth(only.as_deref()));
            if let (Some(from), None) = (resumed_from, &only) {
                prop_assert_eq!(trial.sent as u64 + trial.conflated, trial.latest.offset() - from);
            }
        }
    }
}
