//! The way through.

use super::candidate::Candidate;
use super::choose::{Choice, Search};
use super::decision::{Chosen, Considered, Decided, Decision, Explanation, Left, Outcome, Part, Way};
use super::demand::Demand;
use super::filter;
use super::leftover::Rest;
use super::rank::{Ranked, rank};
use super::rules::{Filter, Rules, Sort};
use super::work::{View, Work, raise};
use crate::domain::ids::WarehouseId;
use crate::domain::time::Timestamp;

/// Decides which warehouse ships what of a demand, and what becomes of the rest.
///
/// A warehouse that is handed in twice counts once, as it was handed in first.
#[must_use]
pub fn route(demand: &Demand, candidates: &[Candidate], rules: &Rules, now: Timestamp) -> Decision {
    let work = Work::new(demand);
    let views = look(&work, candidates, rules);
    let fit = rank(views.iter().filter(|view| !view.unfit), &work, rules);
    let passed: Vec<&Ranked<'_, '_>> = fit.iter().filter(|ranked| ranked.view.dropped.is_none()).collect();
    let members: Vec<&View<'_>> = passed.iter().map(|ranked| ranked.view).collect();
    let search = Search::run(&work, &members, rules);
    let considered = consider(&passed, &views, rules);
    let kept = !demand.ship_complete || search.whole();
    let choice = search.best.as_ref().filter(|_| kept);
    let given = choice.map_or_else(Vec::new, |choice| given(&members, choice));
    let rest = Rest::new(&work, rules, now, fit.iter().map(|ranked| ranked.view), &given);
    let left = rest.decide(&open(&work, &given));
    let parts = parts(&work, &given);
    let chosen = Chosen {
        outcome: outcome(&parts, &left),
        warehouses: parts.iter().map(|part| part.warehouse.clone()).collect(),
        covered: choice.map_or(0, |choice| choice.covered),
        wanted: work.units,
        passed: u32::try_from(passed.len()).unwrap_or(u32::MAX),
        way: choice.map(|choice| choice.way),
        tried: search.tried,
        too_small: search.too_small,
        bounded: search.bounded,
        decided: decided(choice, &considered, passed.len()),
    };
    Decision { parts, left, explanation: Explanation { considered, chosen } }
}

/// Each warehouse as the demand sees it, by id, filters looked through.
fn look<'a>(work: &Work<'a>, candidates: &'a [Candidate], rules: &Rules) -> Vec<View<'a>> {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|a, b| a.warehouse.cmp(&b.warehouse));
    sorted.dedup_by(|later, first| later.warehouse == first.warehouse);
    let limited = rules.distance_max_km.is_some() && rules.filters.contains(&Filter::Distance);
    let measure = limited || rules.sorts.contains(&Sort::Distance);
    let in_force = rules.in_force();
    let view = |candidate| {
        let mut view = View::new(work, candidate, measure);
        filter::apply(&mut view, work, rules, &in_force);
        view
    };
    sorted.into_iter().map(view).collect()
}

/// Each chosen warehouse that ships something, with units per line.
fn given<'a, 'c>(members: &[&View<'a>], choice: &'c Choice) -> Vec<(&'a WarehouseId, &'c [i64])> {
    let chosen = choice.members.iter().zip(&choice.given);
    let ships = chosen.filter(|(_, units)| units.iter().any(|units| *units > 0));
    let named = ships.filter_map(|(place, units)| Some((members.get(*place)?, units)));
    named.map(|(view, units)| (&view.candidate.warehouse, units.as_slice())).collect()
}

/// Units of each line nobody ships.
fn open(work: &Work<'_>, given: &[(&WarehouseId, &[i64])]) -> Vec<i64> {
    let mut open: Vec<i64> = work.lines.iter().map(|line| line.wanted.quantity).collect();
    for (_, units) in given {
        for (place, units) in units.iter().enumerate() {
            raise(&mut open, place, units.saturating_neg());
        }
    }
    open
}

/// What each chosen warehouse ships, by id, lines by their id.
fn parts(work: &Work<'_>, given: &[(&WarehouseId, &[i64])]) -> Vec<Part> {
    let part = |warehouse: &WarehouseId, units: &[i64]| {
        let lines = work.lines.iter().zip(units).filter(|(_, units)| **units > 0);
        let lines = lines.map(|(line, units)| (line.wanted.line.clone(), *units)).collect();
        Part { warehouse: warehouse.clone(), lines }
    };
    let mut parts: Vec<Part> = given.iter().map(|(warehouse, units)| part(warehouse, units)).collect();
    parts.sort_by(|a, b| a.warehouse.cmp(&b.warehouse));
    parts
}

/// Every warehouse once: the ranked ones first.
fn consider(passed: &[&Ranked<'_, '_>], views: &[View<'_>], rules: &Rules) -> Vec<Considered> {
    let mut considered = Vec::with_capacity(views.len());
    let mut before: Option<&Ranked<'_, '_>> = None;
    for (place, ranked) in (1_u32..).zip(passed) {
        let decided_by = before.and_then(|before| before.compare(ranked, &rules.sorts).1);
        let warehouse = ranked.view.candidate.warehouse.clone();
        considered.push(Considered { warehouse, dropped: None, place: Some(place), decided_by });
        before = Some(ranked);
    }
    for view in views.iter().filter(|view| view.dropped.is_some()) {
        let (warehouse, dropped) = (view.candidate.warehouse.clone(), view.dropped.clone());
        considered.push(Considered { warehouse, dropped, place: None, decided_by: None });
    }
    considered
}

fn outcome(parts: &[Part], left: &[Left]) -> Outcome {
    match (parts.len(), left.is_empty()) {
        (0, _) => Outcome::Nothing,
        (1, true) => Outcome::Whole,
        (_, true) => Outcome::Split,
        (_, false) => Outcome::Partly,
    }
}

/// What decided between the chosen set and the one that would have come next.
fn decided(choice: Option<&Choice>, considered: &[Considered], passed: usize) -> Decided {
    let Some(choice) = choice else { return Decided::Nothing };
    let size = choice.members.len();
    if passed == size {
        return Decided::NoChoice;
    }
    if choice.passed_over || choice.way == Way::Greedy {
        return Decided::Units;
    }
    // The first set in the order of ranks: its last member is followed by the one that was not taken.
    considered.get(size).and_then(|next| next.decided_by).map_or(Decided::Id, Decided::Sort)
}
