//! What routing decides on: the warehouses as configured, and what their views show now.

use std::collections::{BTreeMap, BTreeSet};

use crate::actor::house::{ChannelHandle, House, Mode, StockAuthority, WarehouseHandle, WarehouseState};
use crate::domain::desk::command::{Place, PlaceOrder, Routing};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::order::Order;
use crate::domain::place::{Point, PostalPrefix};
use crate::domain::quantity::add;
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::routing::{Candidate, Decision, Demand, Filter, Leftover, Rules, Stock, Wanted, route};
use crate::domain::time::Timestamp;

/// Units a reservation holds, by warehouse.
pub(super) type Held = BTreeMap<WarehouseId, Vec<ClaimLine>>;

impl House {
    /// What routing would decide for an order now. Nothing changes.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub fn preview(&self, order: &PlaceOrder, point: Option<Point>) -> Result<Routing, Refusal> {
        let channel = self.channel(&order.channel)?.clone();
        let lines = order.lines.iter().filter(|line| line.stock).map(|line| Wanted {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_value: line.unit_value,
        });
        let demand = Demand {
            told: channel.spec.mode == Mode::Tells,
            method: order.method.clone(),
            country: order.destination.country,
            postal: order.destination.postal,
            point,
            ship_complete: order.terms.ship_complete || channel.spec.ship_complete,
            release_day: order.terms.release_day,
            ..Demand::new(order.channel.clone(), lines.collect())
        };
        Ok(self.routed(&channel, demand, order.terms.backorder, &Held::new()))
    }

    /// What routing decides for what an order has no place for.
    pub(super) fn route_rest(&self, order: &Order, held: &Held) -> Result<Routing, Refusal> {
        let channel = self.channel(&order.channel)?.clone();
        let lines = order.lines.iter().filter(|line| line.unrouted > 0).map(|line| Wanted {
            line: line.id.clone(),
            sku: line.sku.clone(),
            quantity: line.unrouted,
            unit_value: line.unit_value,
        });
        let demand = Demand {
            told: order.told,
            method: order.method.clone(),
            country: order.destination.country,
            postal: order.destination.postal,
            point: None,
            only: order.only.clone(),
            blocked: order.blocked.clone(),
            ship_complete: order.terms.ship_complete,
            release_day: order.terms.release_day,
            reroute: order.accepted_at.is_some(),
            ..Demand::new(order.channel.clone(), lines.collect())
        };
        Ok(self.routed(&channel, demand, order.terms.backorder, held))
    }

    /// Decides with the figures of this moment.
    pub(super) fn routed(
        &self,
        channel: &ChannelHandle,
        mut demand: Demand,
        backorder: bool,
        held: &Held,
    ) -> Routing {
        let now = self.now();
        let rules = self.rules_of(channel, backorder);
        demand.preferred = held.keys().chain(&channel.spec.warehouses).cloned().collect();
        let places = self.warehouses.values();
        let candidates: Vec<Candidate> =
            places.map(|handle| self.candidate(channel, handle, &demand, (held, now))).collect();
        let decision = route(&demand, &candidates, &rules, now);
        let places = self.places(&decision, now);
        let lacks_stock = |filter: Filter| matches!(filter, Filter::CarriesSku | Filter::StockAboveSafety);
        let considered = decision.explanation.considered.iter();
        let serve: BTreeSet<&WarehouseId> = considered
            .filter(|considered| {
                considered.dropped.as_ref().is_none_or(|dropped| lacks_stock(dropped.filter))
            })
            .map(|considered| &considered.warehouse)
            .collect();
        let serviceable = !serve.is_empty();
        let free =
            free_of(&demand, candidates.iter().filter(|candidate| serve.contains(&candidate.warehouse)));
        Routing { decision, places, free, serviceable }
    }

    fn rules_of(&self, channel: &ChannelHandle, backorder: bool) -> Rules {
        let spec = &channel.spec;
        let leftover = if backorder { Leftover::Backorder } else { spec.leftover };
        Rules { split: spec.split, leftover, ..self.desks.rules.routing.clone() }
    }

    fn candidate(
        &self,
        channel: &ChannelHandle,
        handle: &WarehouseHandle,
        demand: &Demand,
        (held, now): (&Held, Timestamp),
    ) -> Candidate {
        let spec = &handle.spec;
        let local_day = spec.days.day(now);
        let held = held.get(&spec.id);
        let stock = demand.lines.iter().map(|line| {
            let held = held.map_or(0, |lines| crate::domain::hold::quantity_of(lines, &line.sku));
            let expected = self.expects(&spec.id, &line.sku);
            handle.view.with(&line.sku, |row| {
                let free = row.map_or(0, |row| row.free(&demand.channel, demand.told, now));
                Stock {
                    free: free.saturating_add(held),
                    routing_safety: if held > 0 { 0 } else { spec.routing_safety },
                    carried: row.is_some() || expected,
                    on_hand: row.map_or(0, |row| row.level.on_hand),
                    age_days: None,
                    incoming: self.unpromised(&spec.id, &line.sku, row.map_or(0, |row| row.waiting)),
                }
            })
        });
        let stock = stock.collect();
        let asked = || i64::try_from(spec.capacity_per_day.unwrap_or(0)).unwrap_or(i64::MAX);
        let capacity_left = spec
            .capacity_per_day
            .map(|_| asked().saturating_sub(self.desks.view.asked(&spec.id, local_day)).max(0));
        let draws = channel.spec.warehouses.contains(&spec.id);
        Candidate {
            warehouse: spec.id.clone(),
            kind: spec.kind,
            open: spec.state == WarehouseState::Open,
            enabled: spec.enabled,
            channels: match &spec.serves_channels {
                _ if !draws => Some(Vec::new()),
                serves => serves.as_ref().map(|serves| serves.iter().cloned().collect()),
            },
            countries: spec.serves_countries.as_ref().map(|serves| serves.iter().copied().collect()),
            ships: spec.ships,
            pickup: spec.pickup,
            point: spec.coordinates,
            country: spec.country,
            postal: spec.postal_code.as_deref().and_then(PostalPrefix::of),
            local_day,
            capacity_left,
            load: self.desks.view.load(&spec.id),
            cost: spec.cost,
            priority: spec.priority,
            external: spec.stock_authority == StockAuthority::External,
            stock,
        }
    }

    /// Whether anybody knows this SKU: a warehouse has or had it, it has a card, or it is expected somewhere.
    pub(super) fn knows(&self, sku: &Sku) -> bool {
        let expected = || self.warehouses.keys().any(|warehouse| self.expects(warehouse, sku));
        self.skus.find(sku).is_some() || self.cards.row(sku).is_some() || expected()
    }

    /// Whether a warehouse expects goods of a SKU, so that they can be sold before any of them was ever there.
    fn expects(&self, warehouse: &WarehouseId, sku: &Sku) -> bool {
        !self.desks.view.incoming(warehouse, sku).is_empty()
    }

    /// What is expected and not promised to those who wait already, soonest first; without what has no time.
    pub(in crate::actor::house) fn unpromised(
        &self,
        warehouse: &WarehouseId,
        sku: &Sku,
        waiting: i64,
    ) -> Vec<(Timestamp, i64)> {
        let mut promised = waiting;
        let mut incoming = self.desks.view.incoming(warehouse, sku);
        for (_, units) in &mut incoming {
            let taken = promised.min(*units);
            *units = units.saturating_sub(taken);
            promised = promised.saturating_sub(taken);
        }
        incoming.retain(|(at, units)| *units > 0 && *at < Timestamp::MAX);
        incoming
    }

    /// What the warehouses of a decision are configured to.
    fn places(&self, decision: &Decision, now: Timestamp) -> Vec<Place> {
        let handles = decision.parts.iter().filter_map(|part| self.warehouses.get(&part.warehouse));
        handles
            .map(|handle| Place {
                warehouse: handle.spec.id.clone(),
                accept_within_ms: handle.spec.accept_within_ms,
                day: handle.spec.days.day(now),
            })
            .collect()
    }
}

/// What of each SKU could be had in all, where that is less than is wanted.
fn free_of<'a>(demand: &Demand, candidates: impl Iterator<Item = &'a Candidate> + Clone) -> Vec<Shortfall> {
    let mut wanted: BTreeMap<&Sku, (i64, i64)> = BTreeMap::new();
    for (at, line) in demand.lines.iter().enumerate() {
        let free = candidates.clone().filter_map(|candidate| candidate.stock.get(at));
        let free = free.fold(0_i64, |sum, stock| {
            sum.saturating_add(stock.free.saturating_sub(stock.routing_safety).max(0))
        });
        let (asked, there) = wanted.entry(&line.sku).or_default();
        *asked = add(*asked, line.quantity).unwrap_or(*asked);
        *there = free;
    }
    let short = wanted.into_iter().filter(|(_, (asked, free))| asked > free);
    short.map(|(sku, (asked, free))| Shortfall { sku: sku.clone(), asked, free }).collect()
}
