//! What must always be true of a warehouse. Checked by the property tests, by the simulation after every step, and by
//! the audit.

use ahash::AHashMap;

use super::channel::Channel;
use super::hold::{Hold, quantity_of};
use super::ids::Sku;
use super::policy::Scheduled;
use super::quantity::UNITS_MAX;
use super::warehouse::Warehouse;

/// Everything that is wrong with a warehouse, in words; empty where all holds.
#[must_use]
pub fn broken(warehouse: &Warehouse) -> Vec<String> {
    let mut found = Vec::new();
    promises(warehouse, &mut found);
    conservation(warehouse, &mut found);
    fences(warehouse, &mut found);
    safety(warehouse, &mut found);
    waiting(warehouse, &mut found);
    found.sort_unstable();
    found
}

/// Everything that is wrong with a channel, in words; empty where all holds.
#[must_use]
pub fn broken_channel(channel: &Channel) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: AHashMap<&Sku, i64> = AHashMap::new();
    for (id, row) in channel.backorders() {
        if row.lines.is_empty() || row.lines.iter().any(|line| line.quantity < 1) {
            found.push(format!("backorder {id} can't stand like this: {row:?}"));
        }
        for line in &row.lines {
            let sum = open.entry(&line.sku).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
    }
    for (sku, units) in open {
        if channel.open(sku) != units {
            found.push(format!("{sku}: {} units open but backorders sum to {units}", channel.open(sku)));
        }
    }
    for (sku, row) in channel.all_acknowledged() {
        if !(0..=UNITS_MAX).contains(&row.available) {
            found.push(format!("{sku}: a channel can't show {} units", row.available));
        }
    }
    found.sort_unstable();
    found
}

/// Reserved equals the open holds, allocated the open allocations.
fn promises(warehouse: &Warehouse, found: &mut Vec<String>) {
    let mut reserved: AHashMap<Sku, i64> = AHashMap::new();
    for (key, hold) in warehouse.holds() {
        if hold.now.is_none() {
            found.push(format!("hold {key:?} has nothing that counts"));
        }
        for sku in hold.skus() {
            let sum = reserved.entry(sku.clone()).or_default();
            *sum = sum.saturating_add(hold.held(&sku));
        }
        drawn(hold, found);
    }
    let mut allocated: AHashMap<Sku, i64> = AHashMap::new();
    for (_, allocation) in warehouse.allocations() {
        for line in &allocation.lines {
            let sum = allocated.entry(line.sku.clone()).or_default();
            *sum = sum.saturating_add(line.quantity);
        }
    }
    for (sku, level) in warehouse.levels() {
        let held = reserved.remove(sku).unwrap_or(0);
        if level.reserved != held {
            found.push(format!("{sku}: reserved {} but holds sum to {held}", level.reserved));
        }
        let promised = allocated.remove(sku).unwrap_or(0);
        if level.allocated != promised {
            found.push(format!("{sku}: allocated {} but allocations sum to {promised}", level.allocated));
        }
        let figures =
            [level.damaged, level.quality_control, level.quarantine, level.reserved, level.allocated];
        if figures.iter().any(|figure| *figure < 0) {
            found.push(format!("{sku}: a figure that can't be negative is: {level:?}"));
        }
        if figures.iter().chain([&level.on_hand]).any(|figure| figure.saturating_abs() > UNITS_MAX) {
            found.push(format!("{sku}: a figure is beyond 2^53: {level:?}"));
        }
    }
    for (sku, units) in reserved.into_iter().chain(allocated) {
        found.push(format!("{sku}: {units} units promised but no level"));
    }
}

/// Units on hand equal the running totals of all movements.
fn conservation(warehouse: &Warehouse, found: &mut Vec<String>) {
    let on_hand = warehouse.levels().fold(0_i64, |sum, (_, level)| sum.saturating_add(level.on_hand));
    let totals = warehouse.totals();
    if on_hand != totals.on_hand() {
        found.push(format!("{on_hand} units on hand, but {totals:?} sum to {}", totals.on_hand()));
    }
}

fn drawn(hold: &Hold, found: &mut Vec<String>) {
    for draw in &hold.draws {
        if draw.quantity > hold.held(&draw.sku) {
            found.push(format!(
                "{}: {} drawn from a fence, {} held",
                draw.sku,
                draw.quantity,
                hold.held(&draw.sku)
            ));
        }
    }
}

/// What is left of a fence lies between nothing and what was set.
fn fences(warehouse: &Warehouse, found: &mut Vec<String>) {
    for (sku, policy) in warehouse.policies() {
        for fence in &policy.fences {
            if fence.left < 0 || fence.left > fence.set.value.max(0) {
                found.push(format!("{sku}: {} left of a fence of {}", fence.left, fence.set.value));
            }
        }
    }
}

/// Safety stock that does not change by time is what alerts saw.
fn safety(warehouse: &Warehouse, found: &mut Vec<String>) {
    for (sku, policy) in warehouse.policies() {
        let set = policy.safety_stock.map_or(Scheduled::always(0), |set| set);
        if Scheduled::always(set.value) == set && set.value.max(0) != policy.safety_seen {
            found.push(format!("{sku}: safety stock {}, alerts saw {}", set.value, policy.safety_seen));
        }
    }
}

/// A claim that waits has something left to wait for or to be booked, was served no less than was booked, and is of the
/// same order as the promise it became.
fn waiting(warehouse: &Warehouse, found: &mut Vec<String>) {
    for (id, row) in warehouse.waiting().iter() {
        let figures = [row.quantity, row.served, row.acknowledged, row.unacknowledged()];
        if row.is_over() || figures.iter().any(|figure| !(0..=UNITS_MAX).contains(figure)) {
            found.push(format!("waiting claim {id} can't stand like this: {row:?}"));
        }
        let promise = warehouse.allocation(id);
        if promise.is_some_and(|promise| promise.owner.as_ref() != Some(&row.owner)) {
            found.push(format!("waiting claim {id} of {} became another's promise: {promise:?}", row.owner));
        }
        let promised = promise.map_or(0, |promise| quantity_of(&promise.lines, &row.sku));
        if promised > row.served {
            found.push(format!("waiting claim {id}: {promised} units promised, {} served", row.served));
        }
        if warehouse.level(&row.sku).is_none() {
            found.push(format!("{}: {} units wait but no level", row.sku, row.quantity));
        }
    }
}
