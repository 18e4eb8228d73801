//! What a warehouse may be asked, and what it answers.

use crate::domain::count::Measures;
use crate::domain::hold::{ClaimLine, Hold, Plan};
use crate::domain::ids::{
    CartId, ChannelId, CommandId, OrderId, Reason, Reference, ReservationId, Sku, SourceId, TransferId,
    WaitId,
};
use crate::domain::level::{Condition, Level};
use crate::domain::memory::End;
use crate::domain::policy::Scheduled;
use crate::domain::time::Timestamp;
use crate::domain::waiting::Waiting;

/// Asks for stock. The envelope's id is the reservation's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimStock {
    /// Which attempt of the conversation, from 1.
    pub attempt: u32,
    /// For which channel.
    pub channel: ChannelId,
    /// For which cart; one open reservation per channel and cart.
    pub cart: Option<CartId>,
    /// What is wanted here: one line per SKU.
    pub lines: Vec<ClaimLine>,
    /// What is wanted everywhere; empty where this warehouse is the only one.
    pub plan: Plan,
    /// How long to hold, in milliseconds.
    pub ttl_ms: i64,
    /// Whether the channel tells instead of asking: it may have the safety stock too.
    pub told: bool,
    /// Whether to take what is free instead of refusing.
    pub partial: bool,
    /// For which order. Its claims belong to no cart, and only its desk may act on them.
    pub owner: Option<OrderId>,
    /// A reservation of the same channel that the order takes over: what it holds or has promised here is free for this
    /// claim, and it ends in the same decision. Where it is not open here, it is not looked at.
    pub from: Option<ReservationId>,
    /// Whether what is claimed is promised in the same decision.
    pub allocate: bool,
}

/// Waits for goods that are not there. The envelope's id is the waiting claim's, and that of the promise it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitForStock {
    /// For which channel.
    pub channel: ChannelId,
    /// For which order.
    pub owner: OrderId,
    /// For which goods.
    pub sku: Sku,
    /// How many.
    pub quantity: i64,
    /// Whether the channel tells instead of asking: it may have the safety stock too.
    pub told: bool,
    /// Who is served first; 0 is the most urgent.
    pub priority: u8,
    /// What the customer was promised.
    pub promise: Option<Timestamp>,
    /// When the order was accepted.
    pub accepted_at: Timestamp,
}

/// What a warehouse may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Hold stock, or change what a cart holds.
    Claim(ClaimStock),
    /// Make a complete amendment count; for a warehouse that is only in the old plan, give back what it held.
    Settle {
        /// The amending reservation.
        reservation: ReservationId,
        /// Its attempt that is complete everywhere.
        attempt: u32,
        /// Its channel.
        channel: ChannelId,
        /// Its cart.
        cart: CartId,
    },
    /// Drop an incomplete amendment; what counted before still counts.
    DropNext {
        /// The amending reservation.
        reservation: ReservationId,
    },
    /// Give a hold or an allocation back.
    Release {
        /// Which.
        reservation: ReservationId,
        /// Only this attempt and earlier ones; `None` gives back whatever there is.
        attempt: Option<u32>,
        /// The order whose claim it is. An order that names a reservation of a cart ends it as taken over.
        owner: Option<OrderId>,
    },
    /// Move a hold's deadline.
    Extend {
        /// Which.
        reservation: ReservationId,
        /// To how many milliseconds from now.
        ttl_ms: i64,
        /// The order whose claim it is.
        owner: Option<OrderId>,
    },
    /// Turn a hold into a promise.
    Allocate {
        /// Which.
        reservation: ReservationId,
        /// The order whose claim it is.
        owner: Option<OrderId>,
    },
    /// Give a part of a promise back, as far as it is still there.
    Deallocate {
        /// Which.
        reservation: ReservationId,
        /// The order whose promise it is.
        owner: Option<OrderId>,
        /// What to give back.
        lines: Vec<ClaimLine>,
    },
    /// Promised goods were not found, or are broken.
    WriteOff {
        /// Whose promise they were.
        reservation: ReservationId,
        /// The order whose promise it is.
        owner: Option<OrderId>,
        /// Which goods.
        lines: Vec<ClaimLine>,
        /// Where they lie now; `None` where they were not found and on hand is corrected.
        condition: Option<Condition>,
        /// Why.
        reason: Option<Reason>,
    },
    /// Wait for goods.
    Wait(WaitForStock),
    /// Wait for fewer goods, or for none any more. What was promised meanwhile stays promised.
    Unwait {
        /// Which waiting claim.
        id: WaitId,
        /// How many units less; `None` is all that still wait.
        quantity: Option<i64>,
    },
    /// The desk has booked what was served; a claim that waits for nothing any more is closed.
    AckServed {
        /// Which waiting claim.
        id: WaitId,
        /// Units booked since the claim began.
        upto: i64,
    },
    /// List waiting claims: of one order all, else those served and not yet booked. Changes nothing.
    FindWaiting {
        /// Of which order.
        owner: Option<OrderId>,
    },
    /// Goods of a hold or an allocation have left.
    Ship {
        /// Which.
        reservation: ReservationId,
        /// What; `None` is everything still there.
        lines: Option<Vec<ClaimLine>>,
        /// When.
        occurred_at: Option<Timestamp>,
        /// Referring to what.
        reference: Option<Reference>,
        /// The order or transfer whose claim it is.
        owner: Option<OrderId>,
        /// The transfer they left with, where they left for another warehouse.
        as_transfer: Option<TransferId>,
    },
    /// Say what is known of a reservation, or of a cart. Changes nothing.
    Find {
        /// Which reservation.
        reservation: Option<ReservationId>,
        /// Which cart.
        cart: Option<(ChannelId, CartId)>,
        /// Whether this command was seen here.
        command: Option<CommandId>,
    },
    /// Record a movement.
    Move(Movement),
    /// Record a count.
    Count(CountLine),
    /// Set safety stock, fences or the limits of alerts.
    SetPolicy(SetStockPolicy),
    /// Record that the store had lost acknowledged entries.
    RecordTailLost {
        /// First version lost.
        lost_from: u64,
        /// Last version lost.
        lost_to: u64,
    },
    /// Record that an acknowledged claim could not be claimed again after a loss.
    RecordOversold {
        /// Which reservation.
        reservation: ReservationId,
        /// Whose.
        channel: ChannelId,
        /// What it had held.
        lines: Vec<ClaimLine>,
    },
}

impl Command {
    /// The command's name in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Claim(_) => "reserve",
            Self::Settle { .. } => "settle",
            Self::DropNext { .. } => "drop_next",
            Self::Release { .. } => "release",
            Self::Extend { .. } => "extend",
            Self::Allocate { .. } => "allocate",
            Self::Deallocate { .. } => "deallocate",
            Self::WriteOff { .. } => "write_off",
            Self::Wait(_) => "wait",
            Self::Unwait { .. } => "unwait",
            Self::AckServed { .. } => "acknowledge_served",
            Self::FindWaiting { .. } => "find_waiting",
            Self::Ship { .. } => "ship",
            Self::Find { .. } => "find",
            Self::Move(_) => "move",
            Self::Count(_) => "count",
            Self::SetPolicy(_) => "set_policy",
            Self::RecordTailLost { .. } => "record_tail_lost",
            Self::RecordOversold { .. } => "record_oversold",
        }
    }
}

/// What a movement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MovementKind {
    /// Goods came in; into a condition where one is named.
    Receive(Option<Condition>),
    /// Goods came back from a customer; into a condition where one is named.
    Return(Option<Condition>),
    /// On hand is corrected by a signed quantity.
    Adjust,
    /// Sellable goods are found to be in a condition.
    Hold(Condition),
    /// Goods in a condition become sellable.
    Restock(Condition),
    /// Goods in a condition are found to be in another.
    Reclassify {
        /// Where they lay.
        from: Condition,
        /// Where they lie now.
        to: Condition,
    },
    /// Goods are thrown away, out of a condition where one is named.
    Scrap(Option<Condition>),
    /// Goods were sold and are gone already.
    Sell {
        /// By which channel.
        channel: ChannelId,
        /// Ending which reservation's hold of this SKU.
        reservation: Option<ReservationId>,
    },
    /// Goods left for another warehouse.
    TransferOut {
        /// By which transfer.
        transfer: TransferId,
    },
    /// Goods came in from another warehouse.
    TransferIn {
        /// By which transfer.
        transfer: TransferId,
        /// Into which condition, where not sellable.
        into: Option<Condition>,
        /// Units of these that are promised already, and are so in the same decision.
        promised: Vec<Promised>,
    },
}

/// Units that come in for an order, to which they were promised where they left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// The promise's id here; more may come under it.
    pub claim: ReservationId,
    /// For which order.
    pub order: OrderId,
    /// For which channel.
    pub channel: ChannelId,
    /// Units.
    pub quantity: i64,
}

/// Goods moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// Which goods.
    pub sku: Sku,
    /// How.
    pub kind: MovementKind,
    /// How many; positive, but for [`MovementKind::Adjust`], which takes any figure but 0.
    pub quantity: i64,
    /// Referring to what.
    pub reference: Option<Reference>,
    /// Why.
    pub reason: Option<Reason>,
    /// When; now where not said.
    pub occurred_at: Option<Timestamp>,
}

/// One SKU counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountLine {
    /// Which goods.
    pub sku: Sku,
    /// By whom.
    pub source: SourceId,
    /// The time the figure was true.
    pub as_of: Timestamp,
    /// The figure; negative as told.
    pub figure: i64,
    /// What it measures.
    pub measures: Measures,
    /// How far the source may lag, in milliseconds.
    pub lag_ms: i64,
    /// Version of the last event of this warehouse its source had booked.
    pub seen: Option<u64>,
}

/// Sets what is set aside of one SKU. What is not named stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStockPolicy {
    /// Which goods.
    pub sku: Sku,
    /// The safety stock; `Some(None)` takes it away.
    pub safety_stock: Option<Option<Scheduled>>,
    /// Fences per channel; `None` as figure takes one away.
    pub fences: Vec<(ChannelId, Option<Scheduled>)>,
    /// The limit of low stock; `Some(None)` leaves it to the warehouse.
    pub low_stock: Option<Option<i64>>,
    /// The limit of overstock; `Some(None)` leaves it to the warehouse.
    pub overstock: Option<Option<i64>>,
}

/// How a reservation stands at one warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartState {
    /// Held.
    Reserved,
    /// An amendment that does not count yet.
    Pending,
    /// Promised.
    Allocated,
    /// Ended.
    Ended(End),
}

/// One warehouse's part of a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReservationPart {
    /// Which reservation.
    pub reservation: ReservationId,
    /// Which attempt of its conversation.
    pub attempt: u32,
    /// Whose, where still known.
    pub channel: Option<ChannelId>,
    /// For which cart.
    pub cart: Option<CartId>,
    /// Of which order.
    pub owner: Option<OrderId>,
    /// How it stands.
    pub state: PartState,
    /// What is held here; of an ended one, what was held at first.
    pub lines: Vec<ClaimLine>,
    /// The whole plan; empty where this warehouse is the only one.
    pub plan: Plan,
    /// The deadline of a hold.
    pub deadline: Option<Timestamp>,
    /// Milliseconds from the decision to the deadline.
    pub remaining_ms: i64,
}

/// What a warehouse knows of a reservation and of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The reservation's part here.
    pub part: Option<ReservationPart>,
    /// The fingerprint the reservation was asked with, while it is remembered.
    pub fingerprint: Option<u64>,
    /// When the reservation was asked for, while it is remembered.
    pub since: Option<Timestamp>,
    /// The newest attempt given up here before its claim was seen: a claim of it, or of an earlier one, is refused.
    pub ruled_out: Option<u32>,
    /// What the cart holds here.
    pub cart: Option<Hold>,
    /// When what the cart holds here was asked for, while it is remembered.
    pub cart_since: Option<Timestamp>,
    /// Whether the command asked about was seen here.
    pub seen: bool,
}

/// How a waiting claim stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPart {
    /// Which.
    pub id: WaitId,
    /// The claim; `None` once it is closed.
    pub waiting: Option<Waiting>,
    /// Units this command gave up.
    pub given_up: i64,
}

/// What a warehouse answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// How a reservation stands here after the command.
    Reservation(ReservationPart),
    /// What is known.
    Found(Box<Found>),
    /// What was really given back or written off; maybe nothing.
    GaveBack(Vec<ClaimLine>),
    /// How a waiting claim stands after the command.
    Waiting(Box<WaitingPart>),
    /// Waiting claims.
    WaitingRows(Vec<(WaitId, Waiting)>),
    /// A movement or count was recorded.
    Moved {
        /// Whether a count had known of it already, so that nothing moved.
        covered: bool,
        /// The level after it.
        level: Level,
    },
    /// Done; nothing to add.
    Done,
}
