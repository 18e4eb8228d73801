//! What becomes of what nobody ships now.

use super::decision::{Left, LeftWhat};
use super::rules::{Leftover, Rules, Split};
use super::work::{Host, Line, View, Work, at, raise};
use crate::domain::ids::WarehouseId;
use crate::domain::time::Timestamp;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// The place of a warehouse that may wait for goods, with what is promised of them already.
#[derive(Debug)]
struct Waiting<'v, 'a> {
    view: &'v View<'a>,
    /// Units shipped from there or waiting there, per goods.
    promised: Vec<i64>,
    /// Whether it ships a part, or everything waits there.
    ships: bool,
}

/// Decides what becomes of the rest of each line.
#[derive(Debug)]
pub(super) struct Rest<'v, 'a> {
    work: &'v Work<'a>,
    rules: &'v Rules,
    now: Timestamp,
    /// By rank.
    places: Vec<Waiting<'v, 'a>>,
    /// Whether no other warehouse is to be drawn in.
    crowded: bool,
}

impl<'v, 'a> Rest<'v, 'a> {
    /// `fit` are the warehouses where goods may be awaited, by rank; `given` says how many units of each line a
    /// warehouse ships.
    pub(super) fn new(
        work: &'v Work<'a>,
        rules: &'v Rules,
        now: Timestamp,
        fit: impl Iterator<Item = &'v View<'a>>,
        given: &[(&WarehouseId, &[i64])],
    ) -> Self {
        let places = fit.map(|view| {
            let part = given.iter().find(|(warehouse, _)| **warehouse == view.candidate.warehouse);
            let mut promised = vec![0; work.goods.len()];
            for (line, units) in work.lines.iter().zip(part.iter().flat_map(|(_, units)| *units)) {
                raise(&mut promised, line.goods, *units);
            }
            Waiting { view, promised, ships: part.is_some() }
        });
        let full = given.len() >= rules.parts_max();
        let crowded = !given.is_empty() && (full || rules.split_value_min > 0);
        Self { work, rules, now, places: places.collect(), crowded }
    }

    /// What becomes of these units of each line, by line.
    pub(super) fn decide(mut self, open: &[i64]) -> Vec<Left> {
        if self.rules.split == Split::None && !self.crowded {
            self.gather(open);
        }
        let mut left = Vec::new();
        for (line, units) in self.work.lines.iter().zip(open).filter(|(_, units)| **units > 0) {
            let what = self.what(line, *units);
            left.push(Left { line: line.wanted.line.clone(), quantity: *units, what });
        }
        if self.work.demand.ship_complete {
            together(&mut left);
        }
        left
    }

    /// Without splitting everything waits at one place: the one that carries most SKUs, where the last of them comes
    /// soonest.
    fn gather(&mut self, open: &[i64]) {
        let mut wanted = vec![0; self.work.goods.len()];
        for (line, units) in self.work.lines.iter().zip(open) {
            raise(&mut wanted, line.goods, *units);
        }
        let wanted = || wanted.iter().enumerate().filter(|(_, units)| **units > 0);
        let best = self.places.iter().enumerate().map(|(rank, place)| {
            let hosts = |goods: usize| place.view.host.get(goods).is_some_and(|host| *host != Host::No);
            let lacking = wanted().filter(|(goods, _)| !hosts(*goods)).count();
            let carried = wanted().filter(|(goods, _)| hosts(*goods));
            let promises = carried.map(|(goods, units)| self.promise(place, goods, *units));
            let last = promises.collect::<Option<Vec<Timestamp>>>().map(|all| all.into_iter().max());
            (lacking, last.is_none(), last, rank)
        });
        let Some((.., rank)) = best.min() else { return };
        if let Some(place) = self.places.get_mut(rank) {
            place.ships = true;
            self.crowded = true;
        }
    }

    fn what(&mut self, line: &Line<'_>, units: i64) -> LeftWhat {
        let demand = self.work.demand;
        let policy = match self.rules.leftover {
            _ if demand.told => Leftover::Backorder,
            Leftover::Refuse if demand.reroute => Leftover::Ask,
            policy @ (Leftover::Backorder | Leftover::Park | Leftover::Refuse | Leftover::Ask) => policy,
        };
        let there = |early: bool| {
            let kept = self.places.iter().filter(|place| place.view.full || (early && place.view.early));
            let free = kept.map(|place| {
                at(&place.view.give, line.goods).saturating_sub(at(&place.promised, line.goods)).max(0)
            });
            free.fold(0, i64::saturating_add) >= units
        };
        match policy {
            // The goods are there and only the day is not: waiting for goods would end at once, on the wrong day.
            Leftover::Backorder if there(false) => LeftWhat::Park,
            Leftover::Backorder => self.backorder(line, units),
            Leftover::Refuse | Leftover::Ask if there(true) => LeftWhat::Park,
            Leftover::Park => LeftWhat::Park,
            Leftover::Refuse => LeftWhat::Refuse,
            Leftover::Ask => LeftWhat::Ask,
        }
    }

    fn backorder(&mut self, line: &Line<'_>, units: i64) -> LeftWhat {
        let best = self.places.iter().enumerate().filter_map(|(rank, place)| {
            let host = place.view.host.get(line.goods).copied().filter(|host| *host != Host::No)?;
            let promise = self.promise(place, line.goods, units);
            let drawn_in = self.crowded && !place.ships;
            Some((drawn_in, host, promise.is_none(), promise, rank))
        });
        let demand = self.work.demand;
        let Some((.., promise, rank)) = best.min() else {
            return match (demand.told, demand.reroute) {
                (true, _) => LeftWhat::Park,
                (false, true) => LeftWhat::Ask,
                (false, false) => LeftWhat::Refuse,
            };
        };
        let place = self.places.get_mut(rank).expect("its rank was counted from this list");
        raise(&mut place.promised, line.goods, units);
        LeftWhat::Backorder { warehouse: place.view.candidate.warehouse.clone(), promise }
    }

    /// When enough goods for these units, and for all that is promised there before, are expected.
    fn promise(&self, place: &Waiting<'_, '_>, goods: usize, units: i64) -> Option<Timestamp> {
        let needed = at(&place.promised, goods).saturating_add(units);
        let mut expected = at(&place.view.give, goods);
        let mut incoming: Vec<(Timestamp, i64)> = place
            .view
            .stocks(self.work.goods.get(goods)?)
            .next()
            .map_or_else(Vec::new, |stock| stock.incoming.clone());
        incoming.sort_unstable();
        let mut rows = incoming.into_iter().filter(|(_, units)| *units > 0);
        let mut at = self.now;
        while expected < needed {
            let (next, more) = rows.next()?;
            // What is late is expected from now on.
            at = at.max(next);
            expected = expected.saturating_add(more);
        }
        let release = self.work.demand.release_day.filter(|_| place.view.early).map(|day| {
            let midnight = Timestamp::from_millis(day.saturating_mul(MILLIS_PER_DAY));
            midnight.plus(MILLIS_PER_DAY / 2)
        });
        Some(release.map_or(at, |release| at.max(release)))
    }
}

/// What is shipped together is promised for the latest date of all.
fn together(left: &mut [Left]) {
    let promises = || {
        left.iter().filter_map(|left| match &left.what {
            LeftWhat::Backorder { promise, .. } => Some(*promise),
            LeftWhat::Park | LeftWhat::Refuse | LeftWhat::Ask => None,
        })
    };
    let all = promises().all(|promise| promise.is_some());
    let latest = if all { promises().flatten().max() } else { None };
    for left in left {
        if let LeftWhat::Backorder { promise, .. } = &mut left.what {
            *promise = latest;
        }
    }
}
