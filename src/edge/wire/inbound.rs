//! Goods that are expected from suppliers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reservation::ReserveLine;
use super::text::Text;
use super::time::Time;
use crate::domain::ids::{InboundId, Reference, Sku, WarehouseId};
use crate::domain::order::{Inbound, InboundLine};

/// Goods are expected: a purchase order, or a supplier's advance ship notice.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectBody {
    /// The purchase order or ship notice; opaque, an `@` is refused.
    #[serde(default, rename = "ref")]
    #[schema(value_type = Option<String>, max_length = 128, example = "PO 4711")]
    pub reference: Option<Text<Reference>>,
    /// Where.
    #[schema(value_type = String, example = "BER")]
    pub warehouse: Text<WarehouseId>,
    /// When.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Time>,
    /// What; the same SKU on two lines counts as a sum.
    pub lines: Vec<ReserveLine>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Something else is expected than before: these lines, at this time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeExpectedBody {
    /// When; not known where it is not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Time>,
    /// What, in all: units that have arrived count. A SKU that is not named is expected no more.
    pub lines: Vec<ReserveLine>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// One SKU of a receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InboundLineAnswer {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units expected in all.
    pub expected: i64,
    /// Units that arrived; may be more.
    pub received: i64,
    /// Units still expected.
    pub open: i64,
}

/// An expected receipt.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InboundAnswer {
    /// Its id.
    #[schema(value_type = String)]
    pub inbound: Text<InboundId>,
    /// `expected`, `partly_received`, `closed` or `cancelled`.
    pub state: &'static str,
    /// The purchase order or ship notice.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub reference: Option<Text<Reference>>,
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// What.
    pub lines: Vec<InboundLineAnswer>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub eta: Option<Time>,
    /// Whether its time has passed.
    pub late: bool,
    /// When it was told.
    #[schema(value_type = String, format = DateTime)]
    pub told_at: Time,
}

/// A page of receipts.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct InboundPage {
    /// The receipts. A page of the archive may have none and still be followed by others.
    pub inbound: Vec<InboundAnswer>,
    /// Send it as `after` for the next page; `null` where this was the last.
    pub next: Option<String>,
}

impl From<&Inbound> for InboundAnswer {
    fn from(inbound: &Inbound) -> Self {
        let line = |line: &InboundLine| InboundLineAnswer {
            sku: Text(line.sku.clone()),
            expected: line.expected,
            received: line.received,
            open: line.open(),
        };
        Self {
            inbound: Text(inbound.id.clone()),
            state: inbound.state.name(),
            reference: inbound.reference.clone().map(Text),
            warehouse: Text(inbound.warehouse.clone()),
            lines: inbound.lines.iter().map(line).collect(),
            eta: inbound.eta.map(Time),
            late: inbound.late_told,
            told_at: Time(inbound.told_at),
        }
    }
}
