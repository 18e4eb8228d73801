//! Which alerts a batch must tell, from nothing but how the SKUs stood before and after it.

use ahash::AHashMap;

use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::Sku;
use crate::domain::level::Level;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::Warehouse;

/// On which side of each line a SKU is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stand {
    sold_out: bool,
    low: bool,
    over: bool,
    short: bool,
    wrong: bool,
}

pub(super) type Stands = AHashMap<Sku, Stand>;

/// How every SKU stands.
pub(super) fn stands(warehouse: &Warehouse, now: Timestamp) -> Stands {
    warehouse.levels().map(|(sku, level)| (sku.clone(), stand(warehouse, sku, level, now))).collect()
}

fn stand(warehouse: &Warehouse, sku: &Sku, level: &Level, now: Timestamp) -> Stand {
    let policy = warehouse.policy(sku);
    let set = policy.and_then(|policy| policy.safety_stock).and_then(|set| set.at(now));
    let unavailable = level.damaged + level.quality_control + level.quarantine;
    let promised = level.reserved + level.allocated;
    let sellable = level.on_hand - unavailable - promised - set.unwrap_or(0).max(0);
    let limits = policy.map(|policy| policy.alerts).unwrap_or_default();
    Stand {
        sold_out: sellable <= 0,
        low: limits.low_stock.is_some_and(|limit| limit > 0 && sellable <= limit),
        over: limits.overstock.is_some_and(|limit| level.on_hand > limit),
        short: promised > (level.on_hand - unavailable).max(0),
        wrong: level.on_hand < 0 || unavailable > level.on_hand,
    }
}

/// What was told of each SKU leads from how it stood to how it stands: lines with two sides are told in turns, the others
/// at least where a SKU ends up beyond them.
pub(super) fn told_once(before: &Stands, after: &Stands, facts: &[&Fact]) {
    for (sku, is) in after {
        let of_sku = |fact: &&&Fact| fact.lines.iter().any(|line| line.sku == *sku);
        let told: Vec<FactKind> = facts.iter().filter(of_sku).map(|fact| fact.kind).collect();
        let was = before.get(sku);
        let sides = |out: FactKind, back: FactKind| {
            let of_line = told.iter().filter(|kind| [out, back].contains(kind));
            of_line.map(|kind| *kind == out).collect::<Vec<bool>>()
        };
        let sold = sides(FactKind::SoldOut, FactKind::BackInStock);
        // A SKU's first goods are not back.
        let first = sold.first().map_or(is.sold_out, |out| !out);
        turns(&sold, (was.map_or(first, |was| was.sold_out), is.sold_out), sku);
        let short = sides(FactKind::Shortage, FactKind::ShortageEnded);
        turns(&short, (was.is_some_and(|was| was.short), is.short), sku);
        let out = is.sold_out || told.contains(&FactKind::SoldOut);
        let one_way = [
            (FactKind::Overstock, was.is_some_and(|was| was.over), is.over),
            (FactKind::NegativeStock, was.is_some_and(|was| was.wrong), is.wrong),
            // What comes back is not told as low.
            (FactKind::LowStock, out || was.is_none_or(|was| was.low || was.sold_out), is.low),
        ];
        for (kind, was, is) in one_way {
            assert!(was || !is || told.contains(&kind), "{sku}: {kind} was not told: {told:?}");
        }
    }
}

fn turns(told: &[bool], (before, after): (bool, bool), sku: &Sku) {
    let mut side = before;
    for next in told {
        assert_ne!(*next, side, "{sku} was told twice to be on one side of a line: {told:?}");
        side = *next;
    }
    assert_eq!(side, after, "{sku} is on the other side of a line than told: {told:?} since {before}");
}

/// Alerts in words.
pub(super) fn in_words(facts: &[&Fact]) -> Vec<String> {
    let crossings = facts.iter().filter(|fact| fact.kind.is_crossing());
    let word = |fact: &&&Fact| {
        let (line, crossed) = (&fact.lines[0], fact.crossed.unwrap());
        assert_eq!((line.change, fact.lines.len()), (0, 1));
        format!("{} {} {}/{}", fact.kind, line.sku, crossed.figure, crossed.limit)
    };
    crossings.map(|fact| word(&fact)).collect()
}
