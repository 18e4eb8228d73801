//! A person's data: what is kept of it, and that it goes.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::order::answer::OrderAnswer;
use super::order::contact::AddressBody;
use super::text::Text;
use super::time::Time;
use crate::domain::ids::{ChannelId, OrderId, OrderNumber};

/// An order of a channel.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderOf {
    /// Where it was bought.
    #[schema(value_type = String, example = "web-de")]
    pub channel: Text<ChannelId>,
    /// Its number there, or its id over all channels.
    #[schema(value_type = String, max_length = 128, example = "o-1")]
    pub order: Text<OrderNumber>,
}

/// Erases the personal data of orders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseBody {
    /// Which orders.
    pub orders: Vec<OrderOf>,
    /// Also of orders that are still open; they are held then, for nobody knows any more where they go.
    #[serde(default)]
    pub force: bool,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// What became of one order's personal data.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ErasedAnswer {
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// The order as it was named.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// `applied` or `refused`, and why.
    #[serde(flatten)]
    pub verdict: OrderVerdict,
}

/// Whether it was done.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OrderVerdict {
    /// `applied` or `refused`.
    pub status: &'static str,
    /// Why it was refused: a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Why it was refused, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// What became of the personal data of several orders, in the order sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EraseAnswer {
    /// One per order.
    pub results: Vec<ErasedAnswer>,
    /// How many were erased, or had nothing to erase.
    pub applied: usize,
    /// How many were refused.
    pub refused: usize,
}

/// Asks for the personal data of orders.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportBody {
    /// Which orders.
    pub orders: Vec<OrderOf>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// What is kept of a person, as it was sent.
#[derive(Serialize, Deserialize, ToSchema)]
pub struct KnownContact {
    /// Where the goods go, and to whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AddressBody>)]
    pub ship_to: Option<Box<RawValue>>,
    /// Who pays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<AddressBody>)]
    pub bill_to: Option<Box<RawValue>>,
}

/// The personal data of one order.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportedOrder {
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// The order as it was named.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// Its id over all channels.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub id: Option<Text<OrderId>>,
    /// When it was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub placed_at: Option<Time>,
    /// How the order stands, with all it carried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands: Option<Box<OrderAnswer>>,
    /// What is kept of the person, as it was sent; `null` where there is nothing.
    pub contact: Option<KnownContact>,
    /// When it is erased, if nothing happens to the order until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub kept_until: Option<Time>,
    /// When it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub erased_at: Option<Time>,
    /// Whether it was read, and why not.
    #[serde(flatten)]
    pub verdict: OrderVerdict,
}

/// The personal data of several orders, in the order sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportAnswer {
    /// One per order.
    pub orders: Vec<ExportedOrder>,
}

impl fmt::Debug for KnownContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownContact(private)")
    }
}

impl OrderVerdict {
    /// It was done.
    #[must_use]
    pub const fn applied() -> Self {
        Self { status: "applied", code: None, detail: None }
    }

    /// It was not done.
    #[must_use]
    pub fn refused(code: &'static str, detail: String) -> Self {
        Self { status: "refused", code: Some(code), detail: Some(detail) }
    }
}
