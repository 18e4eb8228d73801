//! Why an order ships from where it does.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::desk::command::Routing;
use crate::domain::ids::{ChannelId, LineId, OrderId, OrderNumber, Sku, WarehouseId};
use crate::domain::order::Order;
use crate::domain::routing::{Explanation, LeftWhat, Sort, Way};
use crate::edge::wire::problem::ShortLine;
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;

/// One warehouse that was considered.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsideredAnswer {
    /// Which one.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// The filter that dropped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped_by: Option<&'static str>,
    /// What the filter found, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// Its rank among those that were not dropped, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<u32>,
    /// The sort by which it comes behind the one before it; its id decided where none is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind_by: Option<&'static str>,
}

/// Units of a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlannedLine {
    /// Which line.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Units.
    pub quantity: i64,
}

/// What one warehouse ships.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlannedPart {
    /// Which one.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// What.
    pub lines: Vec<PlannedLine>,
}

/// Units nobody ships now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlannedRest {
    /// Of which line.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Units.
    pub quantity: i64,
    /// What becomes of them: `backorder`, `park`, `refuse` or `ask`.
    pub what: &'static str,
    /// Where they wait for goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<Text<WarehouseId>>,
    /// When goods are expected there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expected_on: Option<Time>,
}

/// How a routing was decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExplanationAnswer {
    /// The decision in one line, for people.
    pub summary: String,
    /// How much is shipped: `whole`, `split`, `partly` or `nothing`.
    pub outcome: &'static str,
    /// Units that are shipped.
    pub covered: i64,
    /// Units wanted.
    pub wanted: i64,
    /// What decided: a sort's name, `units`, `id`, `no_choice` or `nothing`.
    pub decided_by: &'static str,
    /// How the chosen ones were found: `single`, `exact` or `greedy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<&'static str>,
    /// Sets of warehouses that were tried.
    pub tried: u32,
    /// Of these, sets with a part worth too little.
    pub too_small: u32,
    /// Whether not all sets were tried.
    pub bounded: bool,
    /// Every warehouse once: those ranked by their rank, then those dropped.
    pub considered: Vec<ConsideredAnswer>,
}

/// One routing of an order.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AttemptAnswer {
    /// Which one, from 1.
    pub attempt: u32,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// Who was to ship what.
    pub parts: Vec<PlannedPart>,
    /// Why.
    pub explanation: ExplanationAnswer,
}

/// A warehouse that is not asked again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BlockedAnswer {
    /// Which one.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// For which goods; for anything where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub sku: Option<Text<Sku>>,
    /// Why: `rejected`, `short_picked`, `timed_out`, `operator` or `refused_claim`.
    pub why: &'static str,
}

/// Every routing of an order, and what decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExplainAnswer {
    /// The order, as its channel calls it.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// Its id over all channels.
    #[schema(value_type = String)]
    pub id: Text<OrderId>,
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// Where it stands.
    pub state: &'static str,
    /// Its routings, oldest first; of very many, the newest.
    pub attempts: Vec<AttemptAnswer>,
    /// Warehouses that are not asked again.
    pub blocked: Vec<BlockedAnswer>,
    /// The one warehouse an operator wants it from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub only: Option<Text<WarehouseId>>,
}

/// What routing would decide now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// Whether a warehouse serves the order at all, stock aside.
    pub serviceable: bool,
    /// Who would ship what.
    pub parts: Vec<PlannedPart>,
    /// What would become of the rest.
    pub rest: Vec<PlannedRest>,
    /// What could be had of each SKU in all.
    pub free: Vec<ShortLine>,
    /// Why.
    pub explanation: ExplanationAnswer,
}

fn planned(warehouse: &WarehouseId, lines: &[(LineId, i64)]) -> PlannedPart {
    let line =
        |(line, quantity): &(LineId, i64)| PlannedLine { line: Text(line.clone()), quantity: *quantity };
    PlannedPart { warehouse: Text(warehouse.clone()), lines: lines.iter().map(line).collect() }
}

impl ExplanationAnswer {
    /// How it was decided.
    #[must_use]
    pub fn of(explanation: &Explanation) -> Self {
        let chosen = &explanation.chosen;
        let considered = explanation.considered.iter().map(|one| ConsideredAnswer {
            warehouse: Text(one.warehouse.clone()),
            dropped_by: one.dropped.as_ref().map(|dropped| dropped.filter.name()),
            because: one.dropped.as_ref().map(|dropped| dropped.detail.clone()),
            place: one.place,
            behind_by: one.decided_by.map(Sort::name),
        });
        Self {
            summary: chosen.to_string(),
            outcome: chosen.outcome.name(),
            covered: chosen.covered,
            wanted: chosen.wanted,
            decided_by: chosen.decided.name(),
            way: chosen.way.map(Way::name),
            tried: chosen.tried,
            too_small: chosen.too_small,
            bounded: chosen.bounded,
            considered: considered.collect(),
        }
    }
}

impl ExplainAnswer {
    /// Every routing of an order.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let attempts = order.routed.iter().map(|routed| AttemptAnswer {
            attempt: routed.attempt,
            at: Time(routed.at),
            parts: routed.parts.iter().map(|(warehouse, lines)| planned(warehouse, lines)).collect(),
            explanation: ExplanationAnswer::of(&routed.explanation),
        });
        let blocked = order.blocked.iter().map(|blocked| BlockedAnswer {
            warehouse: Text(blocked.warehouse.clone()),
            sku: blocked.sku.clone().map(Text),
            why: blocked.why.name(),
        });
        Self {
            order: Text(order.number.clone()),
            id: Text(order.id.clone()),
            channel: Text(order.channel.clone()),
            state: order.state.name(),
            attempts: attempts.collect(),
            blocked: blocked.collect(),
            only: order.only.clone().map(Text),
        }
    }
}

impl From<Routing> for PreviewAnswer {
    fn from(routing: Routing) -> Self {
        let decision = routing.decision;
        let rest = decision.left.into_iter().map(|left| {
            let (what, warehouse, promise) = match left.what {
                LeftWhat::Backorder { warehouse, promise } => ("backorder", Some(warehouse), promise),
                LeftWhat::Park => ("park", None, None),
                LeftWhat::Refuse => ("refuse", None, None),
                LeftWhat::Ask => ("ask", None, None),
            };
            PlannedRest {
                line: Text(left.line),
                quantity: left.quantity,
                what,
                warehouse: warehouse.map(Text),
                expected_on: promise.map(Time),
            }
        });
        let free = routing.free.into_iter();
        let free = free.map(|line| ShortLine { sku: Text(line.sku), asked: line.asked, free: line.free });
        Self {
            serviceable: routing.serviceable,
            parts: decision.parts.iter().map(|part| planned(&part.warehouse, &part.lines)).collect(),
            rest: rest.collect(),
            free: free.collect(),
            explanation: ExplanationAnswer::of(&decision.explanation),
        }
    }
}
