//! Requests of many lines. Lines stay as they were sent until their turn, so that a line that can't be read refuses
//! itself alone.

use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::time::Time;

/// Lines of one kind.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinesBody<'a> {
    /// The lines, in order.
    #[serde(borrow)]
    #[schema(value_type = Vec<Object>)]
    pub lines: Vec<&'a RawValue>,
    /// When the command was made, for ids that don't tell.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}
