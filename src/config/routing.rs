//! `[routing]`: which warehouse ships an order.

use serde::Serialize;

use super::reader::{Table, Words};
use super::{Limits, Problems, check};
use crate::domain::routing::{Filter, Rules, Sort};

/// Half the way round the earth: nothing is farther.
const DISTANCE_KM_MAX: u64 = 20_038;

/// How an order may be split over warehouses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Not at all: one warehouse ships everything.
    None,
    /// Each line comes from one warehouse.
    ByLine,
    /// A line, too, may come from several.
    ByQuantity,
}

impl Words for Split {
    const WORDS: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("by_line", Self::ByLine), ("by_quantity", Self::ByQuantity)];
}

/// What becomes of lines that no warehouse can ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Leftover {
    /// They wait for stock, in their turn.
    Backorder,
    /// The order is held until it is routed again.
    Park,
    /// The order is refused. An order that a channel tells of is parked instead: it is a fact.
    Refuse,
    /// The order is held and somebody is asked.
    Ask,
}

impl Words for Leftover {
    const WORDS: &'static [(&'static str, Self)] =
        &[("backorder", Self::Backorder), ("park", Self::Park), ("refuse", Self::Refuse), ("ask", Self::Ask)];
}

/// How orders find their warehouses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Routing {
    /// What a warehouse must pass to be a candidate.
    pub filters: Vec<String>,
    /// How candidates are put in order; the first that makes a difference decides.
    pub sorts: Vec<String>,
    /// How an order may be split.
    pub split: Split,
    /// Parts an order may be split into.
    pub split_max: u64,
    /// What a part must be worth at least, in minor units of the order's currency.
    pub split_value_min: u64,
    /// What becomes of lines that nobody can ship.
    pub leftover: Leftover,
    /// How far a warehouse may lie from its customer, where both places are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_max_km: Option<u64>,
    /// How often an order is routed again by itself before somebody is asked.
    pub attempts_max: u64,
    /// Life of a claim that waits for its siblings at other warehouses.
    pub claim_ttl_s: u64,
}

impl Routing {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        let rules = Rules::default();
        let filters: Vec<&str> = rules.filters.iter().map(|filter| filter.name()).collect();
        let sorts: Vec<&str> = rules.sorts.iter().map(|sort| sort.name()).collect();
        let all_filters: Vec<&str> = Filter::ALL.iter().map(|filter| filter.name()).collect();
        let all_sorts: Vec<&str> = Sort::ALL.iter().map(|sort| sort.name()).collect();
        let filter = |text: &str| check::one_of(text, &all_filters);
        let sort = |text: &str| check::one_of(text, &all_sorts);
        Self {
            filters: table.names("filters", &filters, &accepts(&all_filters), filter),
            sorts: table.names("sorts", &sorts, &accepts(&all_sorts), sort),
            split: table.word("split", Split::ByQuantity),
            split_max: table.whole("split_max", 5, 1..=20),
            split_value_min: table.whole("split_value_min", 0, 0..=1_000_000_000_000),
            leftover: table.word("leftover", Leftover::Refuse),
            distance_max_km: table.whole_opt("distance_max_km", 1..=DISTANCE_KM_MAX),
            attempts_max: table.whole("attempts_max", 8, 1..=100),
            claim_ttl_s: table.whole("claim_ttl_s", 120, 1..=86_400),
        }
    }

    /// Notes what doesn't fit each other or the limits.
    pub(super) fn check(&self, limits: &Limits, problems: &mut Problems) {
        check::once("routing.filters", &self.filters, problems);
        check::once("routing.sorts", &self.sorts, problems);
        if self.claim_ttl_s > limits.max_hold_s {
            problems.add(
                "routing.claim_ttl_s",
                format!("{} is more than limits.max_hold_s = {}", self.claim_ttl_s, limits.max_hold_s),
                "a life that a claim may have",
            );
        }
        if self.claim_ttl_s.saturating_mul(1_000) <= limits.command_timeout_ms {
            problems.add(
                "routing.claim_ttl_s",
                format!(
                    "{} s are no longer than limits.command_timeout_ms = {}",
                    self.claim_ttl_s, limits.command_timeout_ms
                ),
                "claims that outlive one slow answer",
            );
        }
    }
}

fn accepts(names: &[&str]) -> String {
    format!("a list of {}", names.join(", "))
}
