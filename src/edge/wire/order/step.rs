//! What warehouses, stores and carriers report about a fulfilment.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::place::LineUnits;
use super::quiet::Opaque;
use crate::domain::ids::{LineId, Reason, Reference};
use crate::domain::order::{Carrier, Parcel};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::edge::wire::word::Word;

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ParcelBody {
    /// Who carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128, example = "dhl")]
    pub carrier: Option<Text<Reference>>,
    /// Its tracking number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub tracking: Option<Text<Reference>>,
}

/// Serial numbers of a line's units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SerialsBody {
    /// Which line.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// Its units' numbers.
    #[schema(value_type = Vec<String>)]
    pub serials: Vec<Text<Reference>>,
}

/// A step that is simply done: `accept`, `ready`, `uncollected`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StepBody {
    /// Which units; all where nothing is said. The rest stays behind as a fulfilment of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// The warehouse won't do it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RejectBody {
    /// Which units; all where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// Why, in a word or two; an `@` is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reason: Option<Opaque<Reason>>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// It is picked, or picking begins.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PickBody {
    /// Which units; all where nothing is said. The rest stays behind as a fulfilment of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// Whether picking only begins.
    pub begin: bool,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Units could not be picked; another place is looked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShortPickBody {
    /// Units that are missing, or broken.
    pub lines: Vec<LineUnits>,
    /// Whether they are there and broken; else they were not found.
    #[serde(default)]
    pub damaged: bool,
    /// Why, in a word or two; an `@` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reason: Option<Opaque<Reason>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// It lies in its parcels.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PackBody {
    /// Which units; all where nothing is said. The rest stays behind as a fulfilment of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// Its parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parcels: Vec<ParcelBody>,
    /// Serial numbers of lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub serials: Vec<SerialsBody>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// It has left.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShipFulfilmentBody {
    /// Which units; all where nothing is said. The rest stays behind as a fulfilment of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// Its parcels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parcels: Vec<ParcelBody>,
    /// When; now where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// A step with its time: `collect`, `deliver`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TimedStepBody {
    /// Which units; all where nothing is said. The rest stays behind as a fulfilment of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
    /// When; now where it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// What a carrier tells.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarrierBody {
    /// `in_transit`, `exception`, `delivered` or `returned_to_sender`.
    #[schema(value_type = String, example = "exception")]
    pub event: Word<Carrier>,
    /// What is wrong, in a word or two; an `@` is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, max_length = 128, example = "address_unknown")]
    pub reason: Option<Opaque<Reason>>,
    /// When; now where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Parcels as the desk takes them.
#[must_use]
pub fn parcels(said: &[ParcelBody]) -> Vec<Parcel> {
    let parcel = |said: &ParcelBody| Parcel {
        carrier: said.carrier.as_ref().map(|text| text.0.clone()),
        tracking: said.tracking.as_ref().map(|text| text.0.clone()),
    };
    said.iter().map(parcel).collect()
}
