//! What holds whatever is asked.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::script::{day, warehouse};
use crate::domain::ids::{ChannelId, LineId, Sku, WarehouseId};
use crate::domain::place::{Country, Kind, Point, PostalPrefix};
use crate::domain::routing::{
    Blocked, Candidate, Decision, Demand, Filter, LeftWhat, Leftover, Method, Outcome, POOL_MAX, Rules, Sort,
    Split, Stock, Wanted, Why, route,
};

/// A whole question. Stock is kept per SKU, so that lines of the same SKU see the same figures.
#[derive(Debug, Clone)]
struct Asked {
    demand: Demand,
    candidates: Vec<Candidate>,
    rules: Rules,
}

const SKUS: [&str; 4] = ["A", "B", "C", "D"];

fn sku(place: usize) -> Sku {
    Sku::parse(SKUS[place]).unwrap()
}

fn name(place: usize) -> WarehouseId {
    warehouse(&format!("W{place}"))
}

fn place() -> impl Strategy<Value = (Option<Country>, Option<PostalPrefix>, Option<Point>)> {
    let country = option::of(select(vec!["DE", "AT", "CH"])).prop_map(|country| {
        let country = country?;
        Some(Country::parse(country).unwrap())
    });
    let postal = option::of(select(vec!["10", "12", "80"])).prop_map(|code| PostalPrefix::of(code?));
    let point = option::of((46_000_000..54_000_000, 7_000_000..17_000_000))
        .prop_map(|point| point.and_then(|(latitude, longitude)| Point::new(latitude, longitude)));
    (country, postal, point)
}

fn stock() -> impl Strategy<Value = Stock> {
    let incoming = vec((-3_i64..9, 1_i64..5), 0..3);
    let figures = (-2_i64..9, 0_i64..3, prop::bool::weighted(0.9), option::of(0_i64..90));
    (figures, incoming).prop_map(|((free, routing_safety, carried, age_days), incoming)| Stock {
        free,
        routing_safety,
        carried,
        on_hand: free,
        age_days,
        incoming: incoming.into_iter().map(|(at, units)| (day(at), units)).collect(),
    })
}

fn candidate(own: usize, lines: Vec<usize>) -> impl Strategy<Value = Candidate> {
    let flags = (
        prop::bool::weighted(0.95),
        prop::bool::weighted(0.95),
        prop::bool::weighted(0.95),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.1),
    );
    let figures = (0_i64..3, option::weighted(0.3, 0_i64..4), 0_i64..4, 0_i64..4, 0_i64..4);
    let served = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    let kind = select(Kind::ALL.to_vec());
    (flags, figures, served, kind, place(), vec(stock(), SKUS.len())).prop_map(
        move |(flags, figures, (no_channel, no_country), kind, (country, postal, point), stocks)| {
            let (open, enabled, ships, pickup, external) = flags;
            let (local_day, capacity_left, load, cost, priority) = figures;
            let stock = lines.iter().map(|sku| stocks[*sku].clone()).collect();
            Candidate {
                kind,
                open,
                enabled,
                channels: no_channel.then(Vec::new),
                countries: no_country.then(Vec::new),
                ships,
                pickup,
                point,
                country,
                postal,
                local_day,
                capacity_left,
                load,
                cost,
                priority,
                external,
                ..Candidate::new(name(own), stock)
            }
        },
    )
}

fn demand(lines: Vec<(usize, i64, i64)>) -> impl Strategy<Value = Demand> {
    let block = (0_usize..8, option::of(0_usize..SKUS.len()), select(Why::ALL.to_vec()))
        .prop_map(|(place, of, why)| Blocked { warehouse: name(place), sku: of.map(sku), why });
    let method = prop::option::weighted(0.15, 0_usize..8)
        .prop_map(|place| place.map_or(Method::Ship, |place| Method::Pickup(name(place))));
    let flags = (any::<bool>(), prop::bool::weighted(0.3), any::<bool>());
    let operator =
        (vec((0_usize..8).prop_map(name), 0..4), option::weighted(0.1, (0_usize..8).prop_map(name)));
    (method, place(), flags, operator, vec(block, 0..3), option::weighted(0.2, 0_i64..4)).prop_map(
        move |(method, (country, postal, point), flags, (preferred, only), blocked, release_day)| {
            let (told, ship_complete, reroute) = flags;
            let wanted = lines.iter().enumerate().map(|(line, (of, quantity, unit_value))| Wanted {
                line: LineId::parse(&line.to_string()).unwrap(),
                sku: sku(*of),
                quantity: *quantity,
                unit_value: *unit_value,
            });
            let channel = ChannelId::parse("shop").unwrap();
            Demand {
                told,
                method,
                country,
                postal,
                point,
                preferred,
                only,
                blocked,
                ship_complete,
                release_day,
                reroute,
                ..Demand::new(channel, wanted.collect())
            }
        },
    )
}

fn rules() -> impl Strategy<Value = Rules> {
    let filters = prop_oneof![
        Just(Rules::default().filters),
        subsequence(Filter::ALL.to_vec(), 0..=Filter::ALL.len()).prop_shuffle(),
    ];
    let sorts = subsequence(Sort::ALL.to_vec(), 0..=Sort::ALL.len()).prop_shuffle();
    let split = (select(Split::ALL.to_vec()), 0_usize..6, select(vec![0_i64, 0, 300, 900]), 0_usize..5);
    let rest = (select(Leftover::ALL.to_vec()), option::of(1_i64..900));
    (filters, sorts, split, rest).prop_map(
        |(filters, sorts, (split, split_max, split_value_min, exact_max), (leftover, distance_max_km))| {
            Rules {
                filters,
                sorts,
                split,
                split_max,
                split_value_min,
                leftover,
                exact_max,
                distance_max_km,
                ..Rules::default()
            }
        },
    )
}

fn asked() -> impl Strategy<Value = Asked> {
    let lines = vec((0_usize..SKUS.len(), 0_i64..9, select(vec![0_i64, 100, 250, 1_000])), 0..6);
    let warehouses = prop_oneof![4 => 0_usize..9, 1 => POOL_MAX..POOL_MAX + 8];
    (lines, warehouses).prop_flat_map(|(lines, warehouses)| {
        let skus: Vec<usize> = lines.iter().map(|(sku, ..)| *sku).collect();
        let candidates: Vec<_> = (0..warehouses).map(|own| candidate(own, skus.clone()).boxed()).collect();
        (demand(lines), candidates, rules()).prop_map(|(demand, candidates, rules)| Asked {
            demand,
            candidates,
            rules,
        })
    })
}

impl Asked {
    fn route(&self) -> Decision {
        route(&self.demand, &self.candidates, &self.rules, day(0))
    }

    fn wanted(&self, line: &LineId) -> &Wanted {
        self.demand.lines.iter().find(|wanted| wanted.line == *line).unwrap()
    }

    fn stock(&self, warehouse: &WarehouseId, of: &Sku) -> Option<&Stock> {
        let candidate = self.candidates.iter().find(|candidate| candidate.warehouse == *warehouse)?;
        let place = self.demand.lines.iter().position(|wanted| wanted.sku == *of)?;
        candidate.stock.get(place)
    }

    fn blocks(&self, warehouse: &WarehouseId, of: &Sku) -> impl Iterator<Item = Why> {
        let here = self.demand.blocked.iter().filter(move |block| block.warehouse == *warehouse);
        here.filter(move |block| block.sku.as_ref().is_none_or(|sku| sku == of)).map(|block| block.why)
    }

    /// The same question with its lines in another order.
    fn turned(&self, by: usize) -> Self {
        let mut other = self.clone();
        if !other.demand.lines.is_empty() {
            let by = by % other.demand.lines.len();
            other.demand.lines.rotate_left(by);
            for candidate in &mut other.candidates {
                candidate.stock.rotate_left(by);
            }
        }
        other
    }

    /// Whether any one warehouse, or any two, could ship everything, as the rules allow; counted by hand.
    fn coverable(&self, passed: &[&WarehouseId], parts: usize) -> bool {
        let mut wanted: BTreeMap<&Sku, i64> = BTreeMap::new();
        for line in &self.demand.lines {
            *wanted.entry(&line.sku).or_default() += line.quantity;
        }
        let give = |warehouse: &WarehouseId, of: &Sku| {
            let stock = self.stock(warehouse, of).filter(|stock| stock.carried);
            let stock = stock.filter(|_| self.blocks(warehouse, of).next().is_none());
            stock.map_or(0, |stock| (stock.free - stock.routing_safety).max(0))
        };
        passed.iter().enumerate().any(|(first, one)| {
            passed[first..].iter().any(|two| {
                (parts > 1 || one == two)
                    && wanted.iter().all(|(of, units)| {
                        let other = if one == two { 0 } else { give(two, of) };
                        give(one, of) + other >= *units
                    })
            })
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// Parts and leftovers of a line add up to what is wanted, nothing is given twice, and nobody gives more than is
    /// free above its routing safety, nor anything blocked.
    #[test]
    fn units_are_conserved_and_never_oversold(asked in asked()) {
        let decision = asked.route();
        let mut lines: BTreeMap<&LineId, i64> = BTreeMap::new();
        let mut taken: BTreeMap<(&WarehouseId, &Sku), i64> = BTreeMap::new();
        for part in &decision.parts {
            prop_assert!(!part.lines.is_empty());
            for (line, units) in &part.lines {
                prop_assert!(*units > 0);
                *lines.entry(line).or_default() += units;
                *taken.entry((&part.warehouse, &asked.wanted(line).sku)).or_default() += units;
            }
        }
        for left in &decision.left {
            prop_assert!(left.quantity > 0);
            *lines.entry(&left.line).or_default() += left.quantity;
        }
        for wanted in &asked.demand.lines {
            prop_assert_eq!(lines.get(&wanted.line).copied().unwrap_or(0), wanted.quantity);
        }
        for ((warehouse, of), units) in taken {
            let stock = asked.stock(warehouse, of).unwrap();
            prop_assert!(stock.carried && units <= stock.free - stock.routing_safety);
            prop_assert_eq!(asked.blocks(warehouse, of).next(), None);
        }
        let shipped: i64 = decision.parts.iter().flat_map(|part| &part.lines).map(|(_, units)| units).sum();
        prop_assert_eq!(decision.explanation.chosen.covered, shipped);
    }

    /// The same question has the same answer, in whatever order it is asked.
    #[test]
    fn the_order_of_asking_does_not_matter(asked in asked(), by in 0_usize..8, seed in any::<u64>()) {
        let decision = asked.route();
        prop_assert_eq!(&asked.route(), &decision);
        let mut other = asked.turned(by);
        // A shuffle that depends on the seed alone.
        let key = |warehouse: &WarehouseId| blake3::hash(format!("{seed}{warehouse}").as_bytes()).to_hex();
        other.candidates.sort_by_key(|candidate| key(&candidate.warehouse));
        other.demand.blocked.reverse();
        prop_assert_eq!(&other.route(), &decision);
    }

    /// The explanation names every warehouse once; ranks count up; who ships was not dropped.
    #[test]
    fn every_warehouse_is_explained_once(asked in asked()) {
        let decision = asked.route();
        let considered = &decision.explanation.considered;
        let named: BTreeSet<_> = considered.iter().map(|considered| &considered.warehouse).collect();
        prop_assert_eq!(named.len(), considered.len());
        prop_assert_eq!(named, asked.candidates.iter().map(|candidate| &candidate.warehouse).collect());
        let places: Vec<u32> = considered.iter().filter_map(|considered| considered.place).collect();
        prop_assert_eq!(places.len(), considered.iter().filter(|each| each.dropped.is_none()).count());
        prop_assert!(places.iter().copied().eq(1..=u32::try_from(places.len()).unwrap()));
        for part in &decision.parts {
            let each = considered.iter().find(|each| each.warehouse == part.warehouse).unwrap();
            prop_assert!(each.place.is_some());
        }
        let chosen = &decision.explanation.chosen;
        prop_assert!(chosen.warehouses.iter().eq(decision.parts.iter().map(|part| &part.warehouse)));
        let outcome = match (decision.parts.len(), decision.left.is_empty()) {
            (0, _) => Outcome::Nothing,
            (1, true) => Outcome::Whole,
            (_, true) => Outcome::Split,
            (_, false) => Outcome::Partly,
        };
        prop_assert_eq!(chosen.outcome, outcome);
    }

    /// Split limits are kept, all-or-nothing is, and a pickup or an operator's word is.
    #[test]
    fn limits_are_kept(asked in asked()) {
        let decision = asked.route();
        let (parts, rules) = (&decision.parts, &asked.rules);
        let most = if rules.split == Split::None { 1 } else { rules.split_max.max(1) };
        prop_assert!(parts.len() <= most);
        if rules.split != Split::ByQuantity {
            let lines: Vec<_> = parts.iter().flat_map(|part| &part.lines).map(|(line, _)| line).collect();
            prop_assert_eq!(lines.iter().collect::<BTreeSet<_>>().len(), lines.len());
        }
        for part in parts.iter().filter(|_| parts.len() > 1) {
            let values = part.lines.iter().map(|(line, units)| (asked.wanted(line).unit_value, units));
            let known = values.clone().all(|(value, _)| value > 0);
            let value: i64 = values.map(|(value, units)| value * units).sum();
            prop_assert!(!known || value >= rules.split_value_min);
        }
        if asked.demand.ship_complete {
            prop_assert!(parts.is_empty() || decision.left.is_empty());
        }
        for part in parts {
            let only = asked.demand.only.as_ref();
            prop_assert!(only.is_none_or(|only| *only == part.warehouse));
            if let Method::Pickup(store) = &asked.demand.method {
                prop_assert_eq!(store, &part.warehouse);
            }
        }
    }

    /// What is told is never refused, what was accepted neither, and goods wait only where they are carried and nobody
    /// said no.
    #[test]
    fn leftovers_are_never_lost(asked in asked()) {
        for left in asked.route().left {
            let of = &asked.wanted(&left.line).sku;
            match left.what {
                LeftWhat::Refuse => prop_assert!(!asked.demand.told && !asked.demand.reroute),
                LeftWhat::Ask => prop_assert!(!asked.demand.told),
                LeftWhat::Park => {}
                LeftWhat::Backorder { warehouse, promise } => {
                    prop_assert!(asked.stock(&warehouse, of).unwrap().carried);
                    prop_assert!(asked.blocks(&warehouse, of).all(Why::lacked_goods));
                    prop_assert!(promise.is_none_or(|promise| promise >= day(0)));
                    if let Method::Pickup(store) = &asked.demand.method {
                        prop_assert_eq!(store, &warehouse);
                    }
                }
            }
        }
    }

    /// Where one warehouse or two could ship everything, everything is shipped, by no more than needed.
    #[test]
    fn what_can_be_covered_is_covered(asked in asked()) {
        let mut asked = asked;
        asked.rules.split = Split::ByQuantity;
        (asked.rules.split_max, asked.rules.exact_max, asked.rules.split_value_min) = (2, 2, 0);
        asked.candidates.truncate(POOL_MAX);
        let decision = asked.route();
        let considered = &decision.explanation.considered;
        let passed = considered.iter().filter(|each| each.dropped.is_none()).map(|each| &each.warehouse);
        let passed: Vec<&WarehouseId> = passed.collect();
        let wants = asked.demand.lines.iter().any(|line| line.quantity > 0);
        if wants {
            prop_assert_eq!(decision.left.is_empty(), asked.coverable(&passed, 2));
            prop_assert_eq!(decision.left.is_empty() && decision.parts.len() == 1, asked.coverable(&passed, 1));
        }
    }
}
