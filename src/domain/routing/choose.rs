//! Chooses the set of warehouses.

use super::decision::Way;
use super::fill::Filled;
use super::rules::{Rules, Split};
use super::work::{View, Work, at};

/// Up to how many warehouses all sets may be tried: with four, a decision over [`POOL_MAX`] would look at ten times as
/// many sets.
pub const EXACT_MAX: usize = 3;

/// Out of how many warehouses sets are made: 4,960 sets of three, well below a millisecond.
pub const POOL_MAX: usize = 32;

/// How many figures of stock are looked at before the search for sets ends with the best one so far: a few milliseconds,
/// reached only by orders of a hundred lines over as many warehouses, or where a minimum value per part makes many sets
/// be handed lines in vain.
const LOOKED_MAX: usize = 2_000_000;

/// How many warehouses are added one by one.
const GREEDY_MAX: usize = 16;

/// A set of warehouses with what each gives.
#[derive(Debug)]
pub(super) struct Choice {
    /// Places in the ranking, best first.
    pub(super) members: Vec<usize>,
    /// Per member, units of each line.
    pub(super) given: Vec<Vec<i64>>,
    pub(super) covered: i64,
    pub(super) way: Way,
    /// Whether a set of as many warehouses that ranks better was tried before.
    pub(super) passed_over: bool,
}

/// The search for the best set.
#[derive(Debug)]
pub(super) struct Search<'a> {
    work: &'a Work<'a>,
    ranked: &'a [&'a View<'a>],
    rules: &'a Rules,
    pub(super) best: Option<Choice>,
    pub(super) tried: u32,
    pub(super) too_small: u32,
    pub(super) bounded: bool,
    looked: usize,
    /// Whether a set of the present size was tried already.
    begun: bool,
}

impl<'a> Search<'a> {
    /// Looks for the best set: single ones, then sets of two and three, then one added after the other.
    pub(super) fn run(work: &'a Work<'a>, ranked: &'a [&'a View<'a>], rules: &'a Rules) -> Self {
        let (tried, too_small, looked) = (0, 0, 0);
        let (bounded, begun) = (false, false);
        let mut search = Self { work, ranked, rules, best: None, tried, too_small, bounded, looked, begun };
        let parts = rules.parts_max().min(ranked.len());
        for place in 0..ranked.len() {
            if search.whole() {
                break;
            }
            search.consider(&[place], Way::Single);
        }
        if parts < 2 || search.whole() {
            return search;
        }
        let exact = rules.exact_max.clamp(1, EXACT_MAX).min(parts);
        let pool = search.pool();
        search.bounded = exact > 1 && pool.len() < ranked.len();
        for size in 2..=exact {
            search.sets(&pool, size);
        }
        if parts > exact || search.bounded {
            if let Some(best) = search.best.as_ref().map(|best| best.members.clone()) {
                search.grow(best, parts);
            }
            search.grow(Vec::new(), parts);
        }
        search
    }

    /// Whether everything is covered.
    pub(super) fn whole(&self) -> bool {
        self.best.as_ref().map_or(0, |best| best.covered) >= self.work.units
    }

    /// Who may be part of a set, by rank: who leads for a line, then who ranks best.
    fn pool(&self) -> Vec<usize> {
        if self.ranked.len() <= POOL_MAX {
            return (0..self.ranked.len()).collect();
        }
        let mut pool: Vec<usize> = Vec::with_capacity(POOL_MAX);
        for line in &self.work.lines {
            let has = |place: &usize| self.ranked.get(*place).map_or(0, |view| at(&view.give, line.goods));
            let whole = (0..self.ranked.len()).find(|place| has(place) >= line.wanted.quantity);
            let lead = whole.or_else(|| (0..self.ranked.len()).rev().max_by_key(has));
            pool.extend(lead.filter(|lead| pool.len() < POOL_MAX / 2 && !pool.contains(lead)));
        }
        for place in 0..self.ranked.len() {
            if pool.len() < POOL_MAX && !pool.contains(&place) {
                pool.push(place);
            }
        }
        pool.sort_unstable();
        pool
    }

    /// Tries all sets of one size.
    fn sets(&mut self, pool: &[usize], size: usize) {
        self.begun = false;
        let mut places: Vec<usize> = (0..size).collect();
        let mut members = Vec::with_capacity(size);
        while !self.whole() && !self.exhausted() {
            members.clear();
            members.extend(places.iter().filter_map(|place| pool.get(*place)));
            self.consider(&members, Way::Exact);
            if !advance(&mut places, pool.len()) {
                return;
            }
        }
    }

    /// Adds warehouses one by one, each time the one that adds most, as far as it goes.
    fn grow(&mut self, mut members: Vec<usize>, parts: usize) {
        while members.len() < parts.min(GREEDY_MAX) && !self.whole() {
            let has = |goods: usize| self.has(&members, goods);
            let reached: Vec<(i64, i64)> = (0..self.work.goods.len()).map(has).collect();
            let mut next = (self.bound(|goods| reached.get(goods).copied().unwrap_or_default()), None);
            for place in (0..self.ranked.len()).filter(|place| !members.contains(place)) {
                let with = self.bound(|goods| {
                    let (sum, most) = reached.get(goods).copied().unwrap_or_default();
                    let (more, _) = self.has(&[place], goods);
                    (sum.saturating_add(more), most.max(more))
                });
                if with > next.0 {
                    next = (with, Some(place));
                }
            }
            let Some(place) = next.1 else { return };
            members.push(place);
            members.sort_unstable();
            self.consider(&members, Way::Greedy);
        }
    }

    /// Keeps a set if it covers more than the best one so far: sets come smallest first and best ranked first.
    fn consider(&mut self, members: &[usize], way: Way) {
        self.tried = self.tried.saturating_add(1);
        let passed_over = std::mem::replace(&mut self.begun, true);
        let best = self.best.as_ref().map_or(0, |best| best.covered);
        self.looked = self.looked.saturating_add(members.len().saturating_mul(self.work.goods.len()));
        if self.bound(|goods| self.has(members, goods)) <= best {
            return;
        }
        let lines = members.len().saturating_mul(self.work.lines.len());
        let again = if self.rules.split_value_min > 0 { lines.saturating_mul(lines) } else { lines };
        self.looked = self.looked.saturating_add(again);
        let views: Vec<&View<'a>> =
            members.iter().filter_map(|place| self.ranked.get(*place).copied()).collect();
        let filled = Filled::new(self.work, &views, self.rules);
        let covered = filled.covered();
        if covered <= best {
            return;
        }
        if filled.too_small() {
            self.too_small = self.too_small.saturating_add(1);
            return;
        }
        let given = filled.given;
        self.best = Some(Choice { members: members.to_vec(), given, covered, way, passed_over });
    }

    /// Whether the search has looked at enough.
    fn exhausted(&mut self) -> bool {
        self.bounded |= self.looked >= LOOKED_MAX;
        self.looked >= LOOKED_MAX
    }

    /// Units of the goods a set has, and the most that one of it has.
    fn has(&self, members: &[usize], goods: usize) -> (i64, i64) {
        let views = members.iter().filter_map(|place| self.ranked.get(*place));
        views
            .map(|view| at(&view.give, goods))
            .fold((0, 0), |(sum, most): (i64, i64), units| (sum.saturating_add(units), most.max(units)))
    }

    /// The most units that could be covered by who has so many of each goods, and so many at one place.
    fn bound(&self, has: impl Fn(usize) -> (i64, i64)) -> i64 {
        let goods = self.work.goods.iter().enumerate();
        let divided = goods.fold(0, |sum: i64, (at, goods)| sum.saturating_add(has(at).0.min(goods.units)));
        if self.rules.split == Split::ByQuantity {
            return divided;
        }
        let lines = self.work.lines.iter();
        let whole =
            lines.fold(0, |sum: i64, line| sum.saturating_add(has(line.goods).1.min(line.wanted.quantity)));
        divided.min(whole)
    }
}

/// The next set of places below `end` in the order of a dictionary; `false` after the last.
fn advance(places: &mut [usize], end: usize) -> bool {
    let size = places.len();
    for turned in (0..size).rev() {
        let last = end.saturating_sub(size.saturating_sub(turned));
        let Some(place) = places.get_mut(turned).filter(|place| **place < last) else { continue };
        *place = place.saturating_add(1);
        let mut next = *place;
        for later in places.iter_mut().skip(turned.saturating_add(1)) {
            next = next.saturating_add(1);
            *later = next;
        }
        return true;
    }
    false
}
