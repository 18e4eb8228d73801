//! Reservations.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::units::Quantity;
use crate::actor::house::conversation::{Reservation, ReservationState};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CartId, ChannelId, CommandId, OrderId, Reference, Sku, WarehouseId};
use crate::domain::memory::End;

/// Units of one SKU.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveLine {
    /// Which goods.
    #[schema(value_type = String, max_length = 128, example = "TEE-M")]
    pub sku: Text<Sku>,
    /// How many units.
    #[schema(value_type = i64, minimum = 1, example = 2)]
    pub quantity: Quantity,
}

/// Asks for units. The cart's open reservation is amended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveBody {
    /// For which channel.
    #[schema(value_type = String, example = "web-de")]
    pub channel: Text<ChannelId>,
    /// For which cart; opaque, an `@` is refused. A cart has one open reservation.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128, example = "c-1")]
    pub cart: Option<Text<CartId>>,
    /// What; the same SKU on two lines counts as a sum.
    pub lines: Vec<ReserveLine>,
    /// For how many seconds; the configured default where it is not said, never longer than the longest hold.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 1, example = 900)]
    pub ttl_s: Option<Quantity>,
    /// Whether to take what is free instead of refusing.
    #[serde(default)]
    pub partial: bool,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Moves a reservation's deadline.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendBody {
    /// To how many seconds from now; never back, never beyond the longest hold.
    #[schema(value_type = i64, minimum = 1, example = 900)]
    pub ttl_s: Quantity,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Nothing but the command itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BareBody {
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Goods of a reservation have left.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipBody {
    /// Which; everything it holds where nothing is said.
    #[serde(default)]
    pub lines: Option<Vec<ReserveLine>>,
    /// When; now where it is not said.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Time>,
    /// Referring to what; opaque, an `@` is refused.
    #[serde(default, rename = "ref")]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reference: Option<Text<Reference>>,
    /// When the command was made, for ids that don't tell.
    #[serde(default, skip_serializing)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}

/// Units of a SKU at a warehouse.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HeldLine {
    /// Which goods.
    #[schema(value_type = String)]
    pub sku: Text<Sku>,
    /// How many units.
    pub quantity: i64,
    /// Where.
    #[schema(value_type = String)]
    pub warehouse: Text<WarehouseId>,
}

/// A reservation over all its warehouses.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReservationAnswer {
    /// Its id: that of the command that asked for it.
    #[schema(value_type = String)]
    pub reservation: Text<CommandId>,
    /// How it stands: `reserved`, `allocated`, `released`, `expired`, `amended`, `ordered` or `shipped`.
    pub state: &'static str,
    /// The reservation that took its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub amended_by: Option<Text<CommandId>>,
    /// The order that took it over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub order: Option<Text<OrderId>>,
    /// Whose, where still known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// For which cart.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub cart: Option<Text<CartId>>,
    /// When it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Time>,
    /// What it holds; of an ended one, what it had held. A line held at two warehouses comes as two.
    pub lines: Vec<HeldLine>,
}

/// Lines as the domain takes them.
#[must_use]
pub fn claim_lines(lines: &[ReserveLine]) -> Vec<ClaimLine> {
    lines.iter().map(|line| ClaimLine { sku: line.sku.0.clone(), quantity: line.quantity.0 }).collect()
}

impl From<Reservation> for ReservationAnswer {
    fn from(reservation: Reservation) -> Self {
        let (mut amended_by, mut order) = (None, None);
        let state = match reservation.state {
            ReservationState::Reserved => "reserved",
            ReservationState::Allocated => "allocated",
            ReservationState::Ended(End::Released | End::Abandoned) => "released",
            ReservationState::Ended(End::Expired) => "expired",
            ReservationState::Ended(End::Shipped) => "shipped",
            ReservationState::Ended(End::Amended(by)) => {
                amended_by = Some(Text(by));
                "amended"
            }
            ReservationState::Ended(End::Ordered(by)) => {
                order = Some(Text(by));
                "ordered"
            }
        };
        let line = |line: crate::actor::house::conversation::PlacedLine| HeldLine {
            sku: Text(line.sku),
            quantity: line.quantity,
            warehouse: Text(line.warehouse),
        };
        Self {
            reservation: Text(reservation.id),
            state,
            amended_by,
            order,
            channel: reservation.channel.map(Text),
            cart: reservation.cart.map(Text),
            expires_at: reservation.expires_at.map(Time),
            lines: reservation.lines.into_iter().map(line).collect(),
        }
    }
}
