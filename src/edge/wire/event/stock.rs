//! What happened to a warehouse's stock.

use serde::Serialize;
use utoipa::ToSchema;

use super::head::EventHead;
use crate::domain::fact::{Fact, FactLine};
use crate::domain::ids::{Sku, WarehouseId};
use crate::edge::wire::history::{Figures, StockAbout};
use crate::edge::wire::text::Text;

/// Something happened to a warehouse's stock.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockEvent {
    /// What every event says.
    #[serde(flatten)]
    pub head: EventHead,
    /// Where.
    #[schema(value_type = String, example = "BER")]
    pub warehouse: Text<WarehouseId>,
    /// What it is about.
    #[serde(flatten)]
    pub about: StockAbout,
    /// Of a lost tail: which entries are lost. Whatever was read of them did not happen: reload the stock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<Lost>,
    /// To which SKUs.
    pub lines: Vec<StockEventLine>,
}

/// Entries that are lost, both ends included.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Lost {
    /// Version of the first.
    pub from: u64,
    /// Version of the last.
    pub to: u64,
}

/// What happened to one SKU, and its figures after it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StockEventLine {
    /// Which goods.
    #[schema(value_type = String, example = "TEE-M")]
    pub sku: Text<Sku>,
    /// Units, signed as the fact has it: received (+), held (+), given back (−), shipped (−), corrected (±).
    #[schema(example = 10)]
    pub change: i64,
    /// The figures after it.
    #[serde(flatten)]
    pub after: Figures,
    /// Version of the entry with the SKU's previous fact, so that a reader sees whether he has missed one; 0 where there
    /// was none.
    pub previous: u64,
}

impl StockEvent {
    /// What is told of a fact; `head` without its times.
    #[must_use]
    pub fn of(mut head: EventHead, warehouse: &WarehouseId, fact: &Fact) -> Self {
        let (occurred_at, about) = StockAbout::of(fact);
        head.occurred_at = occurred_at;
        Self {
            head,
            warehouse: Text(warehouse.clone()),
            about,
            lost: fact.lost.map(|(from, to)| Lost { from, to }),
            lines: fact.lines.iter().map(StockEventLine::from).collect(),
        }
    }
}

impl From<&FactLine> for StockEventLine {
    fn from(line: &FactLine) -> Self {
        Self {
            sku: Text(line.sku.clone()),
            change: line.change,
            after: Figures::of(&line.after),
            previous: line.previous,
        }
    }
}
