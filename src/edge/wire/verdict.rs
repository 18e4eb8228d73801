//! What became of each line of a batch.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// What became of one line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdict {
    /// The line's SKU as sent; `null` where the line names none.
    pub sku: Option<String>,
    /// `applied` or `refused`.
    pub status: &'static str,
    /// Whether a count had known of the movement already, so that nothing moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered: Option<bool>,
    /// The units on hand after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_hand: Option<i64>,
    /// Why it was refused: a stable word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Why it was refused, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub detail: Option<Cow<'static, str>>,
}

/// What became of a batch, line by line in the order sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdicts {
    /// One per line.
    pub results: Vec<Verdict>,
    /// How many were applied.
    pub applied: usize,
    /// How many were refused.
    pub refused: usize,
}

impl Verdict {
    /// The line was applied.
    #[must_use]
    pub const fn applied(sku: Option<String>) -> Self {
        Self { sku, status: "applied", covered: None, on_hand: None, code: None, detail: None }
    }

    /// The line was refused.
    #[must_use]
    pub fn refused(sku: Option<String>, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        let (code, detail) = (Some(code), Some(detail.into()));
        Self { sku, status: "refused", covered: None, on_hand: None, code, detail }
    }
}

impl Verdicts {
    /// Counts them.
    #[must_use]
    pub fn of(results: Vec<Verdict>) -> Self {
        let refused = results.iter().filter(|verdict| verdict.code.is_some()).count();
        let applied = results.len().saturating_sub(refused);
        Self { results, applied, refused }
    }
}
