//! Pick lists: what somebody walks along the shelves with.

use serde::Serialize;
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use crate::domain::ids::{ChannelId, FulfilmentId, LineId, OrderNumber, Sku, WarehouseId};

/// Which box of the walk units go into.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickedFor {
    /// The number of the box.
    pub tote: u32,
    /// Whose box it is.
    #[schema(value_type = String)]
    pub fulfilment: Text<FulfilmentId>,
    /// For which line of the order.
    #[schema(value_type = String)]
    pub line: Text<LineId>,
    /// How many units.
    pub quantity: i64,
}

/// What to take from one shelf.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickLine {
    /// Where it lies; `null` where the item card names no bin of this warehouse.
    pub bin: Option<String>,
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// Its name for people.
    pub title: Option<String>,
    /// The number of its barcode.
    pub gtin: Option<String>,
    /// How many units in all.
    pub quantity: i64,
    /// Into which boxes.
    #[serde(rename = "for")]
    pub parts: Vec<PickedFor>,
}

/// A fulfilment of a pick list: one box.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickBox {
    /// Its number on this list, from 1.
    pub tote: u32,
    /// Which fulfilment.
    #[schema(value_type = String)]
    pub fulfilment: Text<FulfilmentId>,
    /// Its order, as the channel calls it.
    #[schema(value_type = String)]
    pub order: Text<OrderNumber>,
    /// Where it was bought.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// `requested`, `accepted` or `picking`.
    pub state: &'static str,
    /// Whether its buyer comes to fetch it.
    pub pickup: bool,
    /// How urgent it is; 0 is the most urgent.
    pub priority: u8,
    /// When the buyer was promised to have it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub promise_by: Option<Time>,
    /// When the warehouse was asked.
    #[schema(value_type = String, format = DateTime)]
    pub requested_at: Time,
    /// Units in all.
    pub units: i64,
}

/// One walk.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickList {
    /// Its number in this answer, from 1.
    pub list: u32,
    /// Units in all.
    pub units: i64,
    /// The boxes, the most urgent first.
    pub boxes: Vec<PickBox>,
    /// What to take, in order of bins; what has no bin comes last.
    pub lines: Vec<PickLine>,
}

/// Open work of a warehouse, batched.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PickListsAnswer {
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
    /// The warehouse's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// The lists, the most urgent work first.
    pub lists: Vec<PickList>,
    /// Fulfilments that did not fit on these lists.
    pub left: usize,
}
