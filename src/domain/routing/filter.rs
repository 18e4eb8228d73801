//! Looks at each warehouse through the filters.

use super::decision::Dropped;
use super::demand::Why;
use super::rules::{Filter, Rules};
use super::work::{Goods, View, Work};

/// How many SKUs a detail names: it is stored with the order.
const NAMED_MAX: usize = 3;

const METRES_PER_KM: i64 = 1_000;

/// Notes in the view what the filters find. The first that finds something is told; the others say whether goods may be
/// awaited there all the same.
pub(super) fn apply(view: &mut View<'_>, work: &Work<'_>, rules: &Rules, in_force: &[Filter]) {
    for filter in in_force {
        let Some(detail) = finds(*filter, view, work, rules) else { continue };
        view.early |= *filter == Filter::ReleaseOn;
        view.full |= *filter == Filter::Capacity;
        // What is blocked is known per SKU.
        view.unfit |= !filter.passing() && *filter != Filter::NotBlocked;
        view.dropped.get_or_insert(Dropped { filter: *filter, detail });
        if view.unfit {
            return;
        }
    }
}

fn finds(filter: Filter, view: &View<'_>, work: &Work<'_>, rules: &Rules) -> Option<String> {
    let (candidate, demand) = (view.candidate, work.demand);
    match filter {
        Filter::EnabledAndOpen if !candidate.enabled => Some("switched off".into()),
        Filter::EnabledAndOpen => (!candidate.open).then(|| "takes no new orders".into()),
        Filter::ServesChannel => {
            let served = candidate.channels.as_ref()?;
            (!served.contains(&demand.channel)).then(|| format!("not for {}", demand.channel))
        }
        Filter::ServesCountry => {
            let country = demand.country.filter(|_| work.pickup.is_none())?;
            let served = candidate.countries.as_ref()?;
            (!served.contains(&country)).then(|| format!("not to {country}"))
        }
        Filter::ServesMethod if work.pickup.is_some() => {
            (!candidate.pickup).then(|| "nobody can fetch goods there".into())
        }
        Filter::ServesMethod => (!candidate.ships).then(|| "sends no parcels".into()),
        Filter::CarriesSku => {
            let none = !work.goods.is_empty() && !work.goods.iter().any(|goods| view.carries(goods));
            none.then(|| format!("carries none of {} SKUs", work.goods.len()))
        }
        Filter::StockAboveSafety => shortage(view, work),
        Filter::Capacity => {
            candidate.capacity_left.filter(|left| *left < 1).map(|_| "takes no more today".into())
        }
        Filter::Distance => {
            let limit = rules.distance_max_km.filter(|_| work.pickup.is_none())?;
            // How far it is stays untold: a few distances would tell where a person lives.
            (view.metres? > limit.saturating_mul(METRES_PER_KM)).then(|| format!("farther than {limit} km"))
        }
        Filter::ReleaseOn => {
            let early = demand.release_day?.saturating_sub(candidate.local_day);
            (early > 0).then(|| format!("{early} days before its release"))
        }
        Filter::NotBlocked => blocked(view, work, |why| why != Why::Operator),
        Filter::StockAuthority => {
            let alien = candidate.external && !rules.external_kinds.contains(&candidate.kind);
            alien.then(|| format!("another system rules the stock of this {}", candidate.kind))
        }
        Filter::Operator => match &demand.only {
            Some(only) if *only != candidate.warehouse => Some(format!("an operator wants {only}")),
            Some(_) | None => blocked(view, work, |why| why == Why::Operator),
        },
        Filter::Pickup => {
            work.pickup.filter(|only| **only != candidate.warehouse).map(|only| format!("pickup at {only}"))
        }
    }
}

/// Nothing can be given: what there is of what it carries.
fn shortage(view: &View<'_>, work: &Work<'_>) -> Option<String> {
    if work.goods.is_empty() || view.give.iter().any(|give| *give > 0) {
        return None;
    }
    let one = |goods: &Goods<'_>| {
        if let Some(why) = view.blocks(work.demand, Some(goods.sku)).map(|block| block.why).min() {
            return format!("{} {why}", goods.sku);
        }
        let least = view.stocks(goods).min_by_key(|stock| stock.free.saturating_sub(stock.routing_safety));
        least.map_or_else(String::new, |stock| {
            let (free, safety, on_hand) = (stock.free, stock.routing_safety, stock.on_hand);
            format!("{} free {free}, safety {safety}, on hand {on_hand}", goods.sku)
        })
    };
    Some(listed(work.goods.iter().filter(|goods| view.carries(goods)), one))
}

/// Everything it carries is blocked for one of these reasons.
fn blocked(view: &View<'_>, work: &Work<'_>, meant: impl Fn(Why) -> bool) -> Option<String> {
    let whole = view.blocks(work.demand, None).map(|block| block.why);
    if let Some(why) = whole.filter(|why| meant(*why)).min() {
        return Some(why.name().into());
    }
    let why = |goods: &Goods<'_>| {
        let whys = view.blocks(work.demand, Some(goods.sku)).map(|block| block.why);
        whys.filter(|why| meant(*why)).min()
    };
    let carried = || work.goods.iter().filter(|goods| view.carries(goods));
    if carried().next().is_none() || carried().any(|goods| why(goods).is_none()) {
        return None;
    }
    Some(listed(carried(), |goods| format!("{} {}", goods.sku, why(goods).map_or("", Why::name))))
}

/// The first few, and how many more there are.
fn listed<'a>(goods: impl Iterator<Item = &'a Goods<'a>>, one: impl Fn(&'a Goods<'a>) -> String) -> String {
    let mut texts = Vec::new();
    let mut more: usize = 0;
    for goods in goods {
        if texts.len() < NAMED_MAX {
            texts.push(one(goods));
        } else {
            more = more.saturating_add(1);
        }
    }
    let text = texts.join("; ");
    if more == 0 { text } else { format!("{text}; and {more} more") }
}
