//! Hands the lines out to a set of warehouses.

use super::rules::{Rules, Split};
use super::work::{View, Work, at, raise};

/// What each member of a set gives.
#[derive(Debug)]
pub(super) struct Filled<'w, 'a> {
    work: &'w Work<'a>,
    rules: &'w Rules,
    /// Per member, units of each goods that are left.
    rest: Vec<Vec<i64>>,
    /// Per member, units given of each line.
    pub(super) given: Vec<Vec<i64>>,
}

impl<'w, 'a> Filled<'w, 'a> {
    /// Hands out as much as the split policy allows: a line whole to the first member that has it whole; else, if it may
    /// be divided, to those that have most, and if not, what there is of it to the one that has most. Then parts worth
    /// too little are topped up.
    pub(super) fn new(work: &'w Work<'a>, members: &[&View<'a>], rules: &'w Rules) -> Self {
        let rest = members.iter().map(|view| view.give.clone()).collect();
        let given = vec![vec![0; work.lines.len()]; members.len()];
        let mut filled = Self { work, rules, rest, given };
        for place in &work.largest_first {
            filled.hand_out(*place);
        }
        if rules.split_value_min > 0 {
            for member in 0..members.len() {
                filled.top_up(member);
            }
        }
        filled
    }

    /// Units given.
    pub(super) fn covered(&self) -> i64 {
        self.given.iter().flatten().fold(0, |sum: i64, units| sum.saturating_add(*units))
    }

    /// Whether one of several parts is worth too little.
    pub(super) fn too_small(&self) -> bool {
        let ships =
            |member: &usize| self.given.get(*member).is_some_and(|given| given.iter().any(|u| *u > 0));
        let parts = || (0..self.given.len()).filter(ships);
        parts().count() > 1 && parts().any(|member| self.missing(member) > 0)
    }

    fn hand_out(&mut self, place: usize) {
        let Some(line) = self.work.lines.get(place) else { return };
        let mut open = line.wanted.quantity;
        while open > 0 {
            let has = |member: &usize| self.rest.get(*member).map_or(0, |rest| at(rest, line.goods));
            let whole = (0..self.rest.len()).find(|member| has(member) >= open);
            // Of several that have as much the one seen last wins, so they are seen backwards.
            let most = || (0..self.rest.len()).rev().max_by_key(has);
            let Some(member) = whole.or_else(most) else { return };
            let units = has(&member).min(open);
            if units <= 0 {
                return;
            }
            self.give(member, place, units);
            open = open.saturating_sub(units);
            if self.rules.split != Split::ByQuantity {
                return;
            }
        }
    }

    /// Moves units to a part that is worth too little from parts that stay worth enough.
    fn top_up(&mut self, member: usize) {
        for place in 0..self.work.lines.len() {
            for donor in (0..self.given.len()).filter(|donor| *donor != member) {
                let units = self.movable(member, donor, place);
                self.give(donor, place, units.saturating_neg());
                self.give(member, place, units);
            }
        }
    }

    /// Units of a line the donor can spare, the member has, and its part needs; of a line that may not be divided all of
    /// them or none.
    fn movable(&self, member: usize, donor: usize, place: usize) -> i64 {
        let Some(line) = self.work.lines.get(place) else { return 0 };
        let missing = self.missing(member);
        let value = line.wanted.unit_value;
        let given = self.given.get(donor).map_or(0, |given| at(given, place));
        let ships = self.given.get(member).is_some_and(|given| given.iter().any(|units| *units > 0));
        if missing <= 0 || value <= 0 || given <= 0 || !ships {
            return 0;
        }
        let has = self.rest.get(member).map_or(0, |rest| at(rest, line.goods));
        let spare = self.missing(donor).saturating_neg().max(0).checked_div(value).unwrap_or(0);
        if self.rules.split == Split::ByQuantity {
            let above = missing.saturating_add(value.saturating_sub(1));
            let needed = above.checked_div(value).unwrap_or(0);
            given.min(has).min(spare).min(needed)
        } else if given <= has.min(spare) {
            given
        } else {
            0
        }
    }

    /// What a member's part lacks of the least value; negative where it is worth more. A part with a line of unknown
    /// value is worth whatever is asked.
    fn missing(&self, member: usize) -> i64 {
        let mut value: i64 = 0;
        let given = self.given.get(member).into_iter().flatten();
        for (line, units) in self.work.lines.iter().zip(given).filter(|(_, units)| **units > 0) {
            if line.wanted.unit_value <= 0 {
                return i64::MIN;
            }
            value = value.saturating_add(units.saturating_mul(line.wanted.unit_value));
        }
        self.rules.split_value_min.saturating_sub(value)
    }

    fn give(&mut self, member: usize, place: usize, units: i64) {
        let Some(line) = self.work.lines.get(place) else { return };
        if let (Some(rest), Some(given)) = (self.rest.get_mut(member), self.given.get_mut(member)) {
            raise(rest, line.goods, units.saturating_neg());
            raise(given, place, units);
        }
    }
}
