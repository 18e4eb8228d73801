//! Hands the lines out to a set of warehouses.

use super::rules::{Rules, Split};
use super::work::{View, Work, at, raise};

/// Units of a line taken from one of the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Take {
    /// The line's place in the work.
    pub(super) line: usize,
    /// The member's place in the set.
    pub(super) member: usize,
    pub(super) units: i64,
}

/// Hands out as much as the split policy allows: a line whole to the first member that has it whole; else, if it may be
/// divided, to those that have most, and if not, what there is of it to the one that has most.
pub(super) fn fill(work: &Work<'_>, members: &[&View<'_>], rules: &Rules) -> Vec<Take> {
    let mut rest: Vec<Vec<i64>> = members.iter().map(|view| view.give.clone()).collect();
    let mut takes = Vec::with_capacity(work.lines.len());
    for place in &work.largest_first {
        let Some(line) = work.lines.get(*place) else { continue };
        let mut open = line.wanted.quantity;
        while open > 0 {
            let has = |member: &usize| rest.get(*member).map_or(0, |rest| at(rest, line.goods));
            let whole = (0..rest.len()).find(|member| has(member) >= open);
            // Of several that have as much, the last that compares greater is the first one.
            let most = || (0..rest.len()).rev().max_by_key(has);
            let Some(member) = whole.or_else(most) else { break };
            let units = has(&member).min(open);
            if units <= 0 {
                break;
            }
            takes.push(Take { line: *place, member, units });
            if let Some(rest) = rest.get_mut(member) {
                raise(rest, line.goods, units.saturating_neg());
            }
            open = open.saturating_sub(units);
            if rules.split != Split::ByQuantity {
                break;
            }
        }
    }
    takes
}

/// Units handed out.
pub(super) fn covered(takes: &[Take]) -> i64 {
    takes.iter().fold(0, |sum, take| sum.saturating_add(take.units))
}

/// Whether one of several parts is worth too little.
pub(super) fn too_small(work: &Work<'_>, takes: &[Take], members: usize, rules: &Rules) -> bool {
    let worth: Vec<Worth> = (0..members).map(|member| Worth::of(work, takes, member)).collect();
    let parts = || worth.iter().filter(|worth| worth.ships);
    parts().count() > 1 && parts().any(|worth| worth.known && worth.value < rules.split_value_min)
}

/// What a member's part is worth.
#[derive(Debug, Clone, Copy)]
struct Worth {
    ships: bool,
    known: bool,
    value: i64,
}

impl Worth {
    fn of(work: &Work<'_>, takes: &[Take], member: usize) -> Self {
        let mut worth = Self { ships: false, known: true, value: 0 };
        for take in takes.iter().filter(|take| take.member == member) {
            let unit = work.lines.get(take.line).map_or(0, |line| line.wanted.unit_value);
            worth.ships = true;
            worth.known &= unit > 0;
            worth.value = worth.value.saturating_add(take.units.saturating_mul(unit));
        }
        worth
    }
}
