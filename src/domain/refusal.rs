//! Business says no: each refusal states the fact and the numbers.

use super::ids::{ChannelId, LineId, OrderId, ReservationId, Sku, WarehouseId};
use super::level::Condition;
use super::time::Timestamp;

/// A line that can't be covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// The SKU.
    pub sku: Sku,
    /// Units asked for, summed over the request's lines.
    pub asked: i64,
    /// Units free for the asking channel.
    pub free: i64,
}

/// Why a command was not carried out. A refusal changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// At least one line asks for more than is free.
    #[error("not enough free stock")]
    InsufficientStock(Vec<Shortfall>),
    /// A figure would leave ±2^53.
    #[error("a figure would leave the range of ±2^53 units")]
    OutOfRange,
    /// More units are asked out of a condition than lie there.
    #[error("{asked} units asked out of {condition:?}, {there} there")]
    InsufficientCondition {
        /// Which condition.
        condition: Condition,
        /// Units asked.
        asked: i64,
        /// Units there.
        there: i64,
    },
    /// Nothing is known of the SKU here.
    #[error("sku `{0}` is not known here")]
    UnknownSku(Sku),
    /// No reservation of this id is known.
    #[error("no reservation `{0}` is known")]
    UnknownReservation(ReservationId),
    /// The reservation ran out.
    #[error("the reservation has expired")]
    ReservationExpired,
    /// The reservation was released.
    #[error("the reservation was released")]
    Released,
    /// The reservation has shipped.
    #[error("the reservation has shipped")]
    Shipped,
    /// The reservation is allocated already.
    #[error("the reservation is allocated already")]
    Allocated,
    /// The reservation was amended by another.
    #[error("the reservation was amended by `{by}`")]
    Amended {
        /// The newer reservation.
        by: ReservationId,
    },
    /// The cart has a newer reservation than this request.
    #[error("the cart has the newer reservation `{by}`")]
    Superseded {
        /// The newer reservation.
        by: ReservationId,
    },
    /// The reservation is an order's: only its desk may act on it.
    #[error("the reservation belongs to the order `{order}`")]
    OwnedByOrder {
        /// Which order.
        order: OrderId,
    },
    /// A channel may not sell that much more without goods.
    #[error("{asked} units of `{sku}` asked beyond stock, room for {room}")]
    InsufficientRoom {
        /// The SKU.
        sku: Sku,
        /// Units asked.
        asked: i64,
        /// Units the channel may still sell without goods.
        room: i64,
    },
    /// A line of a shipment names units the reservation does not hold.
    #[error("{asked} units of `{sku}` to ship, {held} held")]
    NotHeld {
        /// The SKU.
        sku: Sku,
        /// Units to ship.
        asked: i64,
        /// Units held.
        held: i64,
    },
    /// The command's id was used for another command.
    #[error("this id was used for another command")]
    IdempotencyConflict,
    /// The command is older than what is remembered, or too far ahead of our clock.
    #[error("the command's time lies outside of what is remembered")]
    StaleCommand {
        /// Ids up to this time are forgotten.
        floor: Timestamp,
        /// Our clock.
        server_time: Timestamp,
    },
    /// The count is not newer than the SKU's last one, too old, or from the future.
    #[error("the count is not newer than the last, too old, or from the future")]
    StaleCount {
        /// The last count's time, where there is one.
        last: Option<Timestamp>,
        /// The oldest time a count may have.
        oldest: Timestamp,
        /// The newest time a count may have.
        newest: Timestamp,
    },
    /// `seen` names an event this warehouse's journal does not hold.
    #[error("`seen` names no event of this warehouse's journal")]
    UnknownSeen,
    /// The movement claims to have happened ahead of our clock.
    #[error("the movement lies more than five minutes ahead of our clock")]
    FutureMovement {
        /// Our clock.
        server_time: Timestamp,
    },
    /// Nothing of this kind and id is known.
    #[error("no such {kind} is known")]
    UnknownDocument {
        /// What it would be: an order, a fulfilment, a return, a transfer, a receipt.
        kind: &'static str,
    },
    /// Several channels have an order of this number.
    #[error("several channels have an order of this number; name the channel")]
    AmbiguousOrder,
    /// The order has no such line.
    #[error("the order has no line `{0}`")]
    UnknownLine(LineId),
    /// A line that is known is of other goods.
    #[error("line `{line}` is known with other goods")]
    LineIsOther {
        /// Which line.
        line: LineId,
    },
    /// The order is known, and says something else at this revision.
    #[error("the order is known and says something else at this revision")]
    OrderExists,
    /// The state of the document does not allow the act.
    #[error("`{act}` is not possible: it is {found}")]
    IllegalStep {
        /// What was asked.
        act: &'static str,
        /// The state it found.
        found: &'static str,
    },
    /// More units are named than can be.
    #[error("{asked} units of line `{line}` asked, {possible} possible")]
    TooMany {
        /// Which line.
        line: LineId,
        /// Units asked.
        asked: i64,
        /// Units possible.
        possible: i64,
    },
    /// The order is open; its contact is needed.
    #[error("the order is {state}, its contact is still needed")]
    OrderOpen {
        /// Its state.
        state: &'static str,
    },
    /// No warehouse serves the order, stock aside.
    #[error("no warehouse serves this channel, country and method")]
    NotServiceable,
    /// Too many documents are open.
    #[error("too many documents are open")]
    DeskFull,
    /// The channel is not configured.
    #[error("channel `{0}` is not configured")]
    UnknownChannel(ChannelId),
    /// The warehouse is not configured.
    #[error("warehouse `{0}` is not configured")]
    UnknownWarehouse(WarehouseId),
}

impl Refusal {
    /// The stable code programs rely on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InsufficientStock(_) => "insufficient_stock",
            Self::OutOfRange => "out_of_range",
            Self::InsufficientCondition { .. } => "insufficient_condition",
            Self::UnknownSku(_) => "unknown_sku",
            Self::UnknownReservation(_) => "unknown_reservation",
            Self::ReservationExpired => "reservation_expired",
            Self::Released => "released",
            Self::Shipped => "shipped",
            Self::Allocated => "allocated",
            Self::Amended { .. } => "amended",
            Self::Superseded { .. } => "superseded",
            Self::OwnedByOrder { .. } => "owned_by_order",
            Self::InsufficientRoom { .. } => "insufficient_room",
            Self::NotHeld { .. } => "not_held",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::StaleCommand { .. } => "stale_command",
            Self::StaleCount { .. } => "stale_count",
            Self::UnknownSeen => "unknown_seen",
            Self::FutureMovement { .. } => "future_movement",
            Self::UnknownDocument { kind } => match kind.as_bytes() {
                b"order" => "unknown_order",
                b"fulfilment" => "unknown_fulfilment",
                b"return" => "unknown_return",
                b"transfer" => "unknown_transfer",
                b"inbound" => "unknown_inbound",
                _ => "unknown_document",
            },
            Self::AmbiguousOrder => "ambiguous_order",
            Self::UnknownLine(_) => "unknown_line",
            Self::LineIsOther { .. } => "line_is_other",
            Self::OrderExists => "order_exists",
            Self::IllegalStep { .. } => "illegal_step",
            Self::TooMany { .. } => "too_many",
            Self::OrderOpen { .. } => "order_open",
            Self::NotServiceable => "not_serviceable",
            Self::DeskFull => "desk_full",
            Self::UnknownChannel(_) => "unknown_channel",
            Self::UnknownWarehouse(_) => "unknown_warehouse",
        }
    }
}
