//! Puts warehouses in order.

use std::cmp::Ordering;

use ahash::AHashMap;

use super::rules::{Rules, Sort};
use super::work::{View, Work};
use crate::domain::ids::WarehouseId;

/// A warehouse with a figure per sort, the smaller the better.
#[derive(Debug)]
pub(super) struct Ranked<'v, 'a> {
    pub(super) view: &'v View<'a>,
    figures: Vec<i64>,
}

impl Ranked<'_, '_> {
    /// The sort that tells two apart, and which of them comes first.
    pub(super) fn compare(&self, other: &Self, sorts: &[Sort]) -> (Ordering, Option<Sort>) {
        let differs = self.figures.iter().zip(&other.figures).position(|(own, others)| own != others);
        let by_id = || self.view.candidate.warehouse.cmp(&other.view.candidate.warehouse);
        let Some(place) = differs else { return (by_id(), None) };
        let order = self.figures.get(place).cmp(&other.figures.get(place));
        (order, sorts.get(place).copied())
    }
}

/// The views in order, best first.
pub(super) fn rank<'v, 'a>(
    views: impl Iterator<Item = &'v View<'a>>,
    work: &Work<'a>,
    rules: &Rules,
) -> Vec<Ranked<'v, 'a>> {
    let mut preferred: AHashMap<&WarehouseId, i64> = AHashMap::with_capacity(work.demand.preferred.len());
    for (place, warehouse) in (0_i64..).zip(&work.demand.preferred) {
        preferred.entry(warehouse).or_insert(place);
    }
    let ranked = |view: &'v View<'a>| {
        let figures = rules.sorts.iter().map(|sort| figure(*sort, view, work, &preferred)).collect();
        Ranked { view, figures }
    };
    let mut ranked: Vec<_> = views.map(ranked).collect();
    ranked.sort_by(|a, b| a.compare(b, &rules.sorts).0);
    ranked
}

/// Units beyond this many count alike where SKUs covered whole come first.
const UNITS_MAX: i64 = (1 << 40) - 1;

fn figure(sort: Sort, view: &View<'_>, work: &Work<'_>, preferred: &AHashMap<&WarehouseId, i64>) -> i64 {
    let candidate = view.candidate;
    match sort {
        Sort::Preferred => preferred.get(&candidate.warehouse).copied().unwrap_or(i64::MAX),
        Sort::Complete => i64::from(view.covers(work) < work.units),
        Sort::FewestSplits => {
            let whole =
                work.goods.iter().zip(&view.give).filter(|(goods, give)| goods.units <= **give).count();
            let whole = i64::try_from(whole).unwrap_or(i64::MAX).saturating_mul(UNITS_MAX.saturating_add(1));
            whole.saturating_add(view.covers(work).min(UNITS_MAX)).saturating_neg()
        }
        Sort::Distance => view.metres.unwrap_or(i64::MAX),
        Sort::CountryZone => match (candidate.country, work.demand.country) {
            (Some(own), Some(theirs)) if own == theirs => {
                let near = candidate.postal.is_some() && candidate.postal == work.demand.postal;
                i64::from(!near)
            }
            _ => 2,
        },
        Sort::Age => {
            let given = work.goods.iter().zip(&view.give).filter(|(_, give)| **give > 0);
            let ages = given.flat_map(|(goods, _)| view.stocks(goods)).filter_map(|stock| stock.age_days);
            ages.max().map_or(i64::MAX, i64::saturating_neg)
        }
        Sort::Overstock => {
            view.give.iter().fold(0, |sum: i64, give| sum.saturating_add(*give)).saturating_neg()
        }
        Sort::Load => candidate.load,
        Sort::Cost => candidate.cost,
        Sort::Priority => candidate.priority,
    }
}
