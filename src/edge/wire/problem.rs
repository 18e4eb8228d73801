//! Errors as RFC 9457 problem details.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use super::reservation::HeldLine;
use super::text::Text;
use super::time::Time;
use crate::domain::ids::{CommandId, OrderId, Sku};

/// A line that can't be covered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShortLine {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Units asked, summed over the request's lines.
    pub asked: i64,
    /// Units free for the asking channel.
    pub free: i64,
}

/// What some problems say besides their text.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Particulars {
    /// `insufficient_stock`: the lines that can't be covered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<ShortLine>>,
    /// `reservation_expired`: what is still held.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub still_held: Option<Vec<HeldLine>>,
    /// `amended`, `superseded`: the newer reservation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub by: Option<Text<CommandId>>,
    /// `owned_by_order`: the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order: Option<Text<OrderId>>,
    /// `stale_command`: ids up to this time are forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub floor: Option<Time>,
    /// `stale_command`, `future_movement`: our clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub server_time: Option<Time>,
    /// `stale_count`: the time of the last count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last: Option<Time>,
    /// `stale_count`: the oldest time a count may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub oldest: Option<Time>,
    /// `stale_count`: the newest time a count may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub newest: Option<Time>,
    /// `invalid`: where in the request, for example `lines[2].quantity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `illegal_step`, `order_open`: the state that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<&'static str>,
    /// `insufficient_condition`, `not_held`, `insufficient_room`: units asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<i64>,
    /// `insufficient_condition`, `not_held`: units there; `insufficient_room`: units that may still be sold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub there: Option<i64>,
}

/// An error as programs see it. `code` is stable, `title` and `detail` are for people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProblemBody<'a> {
    /// Names the kind of problem: `urn:lagerd:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// A stable word for the kind.
    pub code: &'static str,
    /// What went wrong this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub detail: Option<&'a Cow<'static, str>>,
    /// What the kind says besides.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub particulars: Option<&'a Particulars>,
}
