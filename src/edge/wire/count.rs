//! Absolute counts.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::units::Signed;
use crate::domain::count::Measures;
use crate::domain::ids::{Sku, SourceId};

/// What the figures measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasuresWord {
    /// Everything in the house.
    #[default]
    OnHand,
    /// What the source believes may be sold.
    Available,
}

impl From<MeasuresWord> for Measures {
    fn from(word: MeasuresWord) -> Self {
        match word {
            MeasuresWord::OnHand => Self::OnHand,
            MeasuresWord::Available => Self::Available,
        }
    }
}

/// One SKU counted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedLine {
    /// Which goods.
    #[schema(value_type = String, max_length = 128, example = "TEE-M")]
    pub sku: Text<Sku>,
    /// The figure where everything in the house is measured; negative as told.
    #[serde(default)]
    #[schema(value_type = Option<i64>, example = 42)]
    pub on_hand: Option<Signed>,
    /// The figure where `measures` is `available`.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    pub available: Option<Signed>,
}

impl CountedLine {
    /// The figure, under the name of what is measured.
    ///
    /// # Errors
    /// The field, and what would be right.
    pub fn figure(&self, measures: MeasuresWord) -> Result<i64, (&'static str, &'static str)> {
        match (measures, self.on_hand, self.available) {
            (MeasuresWord::OnHand, Some(figure), None) | (MeasuresWord::Available, None, Some(figure)) => {
                Ok(figure.0)
            }
            (MeasuresWord::OnHand, ..) => {
                Err(("on_hand", "a count of `on_hand` has this figure and no other"))
            }
            (MeasuresWord::Available, ..) => {
                Err(("available", "a count of `available` has this figure and no other"))
            }
        }
    }
}

/// What a source counted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountBody<'a> {
    /// Who counted.
    #[schema(value_type = String, example = "erp")]
    pub source: Text<SourceId>,
    /// The time the figures were true.
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Time,
    /// What the figures measure; `on_hand` where it is not said.
    #[serde(default)]
    pub measures: MeasuresWord,
    /// Id of the last event of this warehouse's journal the source had booked, `<journal>.<version>-<nonce>.<index>`.
    #[serde(default)]
    pub seen: Option<String>,
    /// The SKUs.
    #[serde(borrow)]
    #[schema(value_type = Vec<CountedLine>)]
    pub lines: Vec<&'a RawValue>,
    /// When the command was made, for ids that don't tell.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// What a counted line's fingerprint is made of: the line is nothing without its head.
#[derive(Debug, Serialize)]
pub struct CountIdentity<'a> {
    /// Who counted.
    pub source: &'a Text<SourceId>,
    /// When.
    pub as_of: Time,
    /// What.
    pub measures: MeasuresWord,
    /// Up to which event.
    pub seen: Option<&'a str>,
    /// The line.
    pub line: &'a CountedLine,
}
