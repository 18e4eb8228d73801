//! What may be asked of an order.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Wrong;
use super::carried::Baggage;
use super::contact::AddressBody;
use super::money::Money;
use super::place::{LineUnits, OrderLineBody, Paid, carried_lines, must_have_country};
use super::quiet::Opaque;
use crate::domain::ids::{Reason, Reference, WarehouseId};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::edge::wire::units::Count;

/// Changes an order's lines to these; what is not named is cancelled.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendBody {
    /// The order's new revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>, minimum = 0)]
    pub revision: Option<Count>,
    /// Its lines.
    pub lines: Vec<OrderLineBody>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Changes where an order goes; what is not said stays.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeAddressBody {
    /// Where the goods go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ship_to: Option<AddressBody>,
    /// Where the bill goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bill_to: Option<AddressBody>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Cancels units, or everything that has not left.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CancelBody {
    /// Which; everything that has not left where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// Why, in a word or two; an `@` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128, example = "customer_request")]
    pub reason: Option<Opaque<Reason>>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Lets nobody work on an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoldBody {
    /// Why, in a word or two; an `@` is refused.
    #[schema(value_type = String, max_length = 128, example = "fraud_check")]
    pub reason: Opaque<Reason>,
    /// Until when; until somebody resumes it where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Tells where the money stands.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentBody {
    /// `unknown`, `pending`, `authorised`, `paid`, `failed` or `refunded`.
    #[schema(value_type = String, example = "paid")]
    pub state: crate::edge::wire::word::Word<crate::domain::order::PaymentState>,
    /// What the payment is known by elsewhere; opaque, an `@` is refused.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reference: Option<Opaque<Reference>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Tells that money goes back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundBody {
    /// How much.
    pub amount: Money,
    /// For which return; goodwill where nothing is said.
    #[serde(default, rename = "return", skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Why, in a word or two; an `@` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reason: Option<Opaque<Reason>>,
    /// What it is known by elsewhere; opaque, an `@` is refused.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reference: Option<Opaque<Reference>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Finds other places for what no warehouse has begun.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RerouteBody {
    /// Only there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub only: Option<Text<WarehouseId>>,
    /// Not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>, max_items = 1000)]
    pub exclude: Vec<Text<WarehouseId>>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

impl AmendBody {
    /// What the order carries afterwards: a line that says nothing of what it had carried keeps it.
    #[must_use]
    pub fn baggage(&self, before: Baggage) -> Baggage {
        let mut lines = carried_lines(&self.lines);
        for (id, carried) in before.lines {
            if self.lines.iter().any(|line| line.line.0.as_str() == id) {
                lines.entry(id).or_insert(carried);
            }
        }
        Baggage { order: before.order, lines }
    }
}

impl ChangeAddressBody {
    /// Refuses what says nothing, or not enough.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self) -> Result<(), Wrong> {
        if self.ship_to.is_none() && self.bill_to.is_none() {
            return Err(Wrong::new("ship_to", "ship_to: say where the goods or the bill go"));
        }
        must_have_country(self.ship_to.as_ref())
    }
}

impl From<PaymentBody> for Paid {
    fn from(body: PaymentBody) -> Self {
        Self { state: body.state, reference: body.reference }
    }
}
