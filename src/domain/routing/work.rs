//! The question in an order that does not depend on how it was asked, and each warehouse as the question sees it.

use std::collections::BTreeMap;

use super::candidate::{Candidate, Stock};
use super::decision::Dropped;
use super::demand::{Blocked, Demand, Method, Wanted};
use crate::domain::ids::{Sku, WarehouseId};

/// The figure at a place, 0 where there is none.
pub(super) fn at(figures: &[i64], place: usize) -> i64 {
    figures.get(place).copied().unwrap_or(0)
}

/// Adds to the figure at a place.
pub(super) fn raise(figures: &mut [i64], place: usize, units: i64) {
    if let Some(figure) = figures.get_mut(place) {
        *figure = figure.saturating_add(units);
    }
}

/// A line that wants units.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) wanted: &'a Wanted,
    /// The place of its SKU among the goods.
    pub(super) goods: usize,
}

/// All that is wanted of one SKU: lines of the same SKU draw on the same stock.
#[derive(Debug)]
pub(super) struct Goods<'a> {
    pub(super) sku: &'a Sku,
    pub(super) units: i64,
    /// Places of its lines in the demand.
    places: Vec<usize>,
}

/// The demand, sorted.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) demand: &'a Demand,
    /// By line id.
    pub(super) lines: Vec<Line<'a>>,
    /// By SKU.
    pub(super) goods: Vec<Goods<'a>>,
    pub(super) units: i64,
    /// Places among the lines, most units first: what is hard to place is placed first.
    pub(super) largest_first: Vec<usize>,
    /// The one warehouse the customer comes to.
    pub(super) pickup: Option<&'a WarehouseId>,
}

impl<'a> Work<'a> {
    pub(super) fn new(demand: &'a Demand) -> Self {
        let asked = demand.lines.iter().enumerate();
        let mut wanted: Vec<(usize, &Wanted)> = asked.filter(|(_, line)| line.quantity > 0).collect();
        wanted.sort_by_key(|(_, line)| (&line.line, &line.sku, line.quantity, line.unit_value));
        let mut skus: BTreeMap<&Sku, (i64, Vec<usize>)> = BTreeMap::new();
        for (place, line) in &wanted {
            let (units, places) = skus.entry(&line.sku).or_default();
            *units = units.saturating_add(line.quantity);
            places.push(*place);
        }
        let names: Vec<&Sku> = skus.keys().copied().collect();
        let lines: Vec<Line<'a>> = wanted
            .iter()
            .map(|(_, wanted)| Line { wanted, goods: names.binary_search(&&wanted.sku).unwrap_or(0) })
            .collect();
        let goods = skus.into_iter().map(|(sku, (units, places))| Goods { sku, units, places }).collect();
        let units = lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.wanted.quantity));
        let mut largest_first: Vec<usize> = (0..lines.len()).collect();
        let quantity = |place: &usize| lines.get(*place).map_or(0, |line| line.wanted.quantity);
        largest_first.sort_by_key(|place| std::cmp::Reverse(quantity(place)));
        let pickup = match &demand.method {
            Method::Ship => None,
            Method::Pickup(warehouse) => Some(warehouse),
        };
        Self { demand, lines, goods, units, largest_first, pickup }
    }
}

/// Whether goods may be awaited at a warehouse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    Yes,
    /// It lacked these goods before: only where nobody else carries them.
    LastResort,
    No,
}

/// A warehouse as the demand sees it.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) candidate: &'a Candidate,
    /// Units it may give now, per goods.
    pub(super) give: Vec<i64>,
    /// Whether the goods may be awaited there, per goods, as far as the goods themselves decide it.
    pub(super) host: Vec<Host>,
    /// Metres to the customer, where a rule asks for them and both ends are known.
    pub(super) metres: Option<i64>,
    /// The first filter that found something.
    pub(super) dropped: Option<Dropped>,
    /// Whether a filter drops it that does not pass with time.
    pub(super) unfit: bool,
    /// Whether it is not yet the day of release there.
    pub(super) early: bool,
    /// Whether it takes no more today.
    pub(super) full: bool,
}

impl<'a> View<'a> {
    pub(super) fn new(work: &Work<'a>, candidate: &'a Candidate, measure: bool) -> Self {
        let ends = candidate.point.zip(work.demand.point).filter(|_| measure);
        let mut view = Self {
            candidate,
            give: Vec::with_capacity(work.goods.len()),
            host: Vec::with_capacity(work.goods.len()),
            metres: ends.map(|(from, to)| from.metres_to(to)),
            dropped: None,
            unfit: false,
            early: false,
            full: false,
        };
        for goods in &work.goods {
            let free = view.stocks(goods).map(|stock| stock.free.saturating_sub(stock.routing_safety)).min();
            let carried = view.carries(goods);
            let mut blocks = view.blocks(work.demand, Some(goods.sku)).peekable();
            let blocked = blocks.peek().is_some();
            let host = match (carried, blocked) {
                (false, _) => Host::No,
                (true, false) => Host::Yes,
                (true, true) if blocks.all(|block| block.why.lacked_goods()) => Host::LastResort,
                (true, true) => Host::No,
            };
            let give = if carried && !blocked { free.unwrap_or(0).max(0) } else { 0 };
            view.give.push(give);
            view.host.push(host);
        }
        view
    }

    /// What it has of the goods: one entry per line, all the same unless they were collected at different times.
    pub(super) fn stocks(&self, goods: &Goods<'_>) -> impl Iterator<Item = &'a Stock> {
        let candidate = self.candidate;
        goods.places.iter().filter_map(move |place| candidate.stock.get(*place))
    }

    /// Whether it has the goods at all, now or at other times.
    pub(super) fn carries(&self, goods: &Goods<'_>) -> bool {
        self.stocks(goods).next().is_some() && self.stocks(goods).all(|stock| stock.carried)
    }

    /// What blocks it for these goods, or, without any, as a whole.
    pub(super) fn blocks<'d>(
        &self,
        demand: &'d Demand,
        sku: Option<&'d Sku>,
    ) -> impl Iterator<Item = &'d Blocked> + use<'d, 'a> {
        let own = &self.candidate.warehouse;
        let here = demand.blocked.iter().filter(move |block| block.warehouse == *own);
        here.filter(move |block| block.sku.is_none() || block.sku.as_ref() == sku)
    }

    /// Units it could give of what is wanted, over all goods.
    pub(super) fn covers(&self, work: &Work<'_>) -> i64 {
        let each = work.goods.iter().zip(&self.give).map(|(goods, give)| goods.units.min(*give));
        each.fold(0, i64::saturating_add)
    }
}
