//! What a desk may be asked, and what it answers.

use std::sync::Arc;

use super::state::Document;
pub use super::step::FulfilStep;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{
    ChannelId, CommandId, InboundId, LineId, OrderId, OrderNumber, Reason, Reference, ReservationId,
    ReturnId, Sku, TransferId, WarehouseId,
};
use crate::domain::order::{
    AlongTold, ClaimPart, Destination, Inspected, Line, PaymentState, Refund, Sealed, Terms,
};
use crate::domain::refusal::{Refusal, Shortfall};
use crate::domain::routing::{Decision, Method};
use crate::domain::time::Timestamp;

/// A command, and the document it is about where that has left memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskCommand {
    /// What is asked.
    pub verb: Verb,
    /// The settled document it is about, as the archive has it.
    pub archived: Option<Document>,
    /// The version that was confirmed before the archive was looked at.
    pub looked: u64,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Take an order in.
    Place(Box<PlaceOrder>),
    /// Change an order's lines to these; what is not named is cancelled.
    Amend {
        /// Which order.
        order: OrderId,
        /// Its new revision.
        revision: Option<i64>,
        /// Its lines.
        lines: Vec<NewLine>,
        /// Everything else it brings, as given; what it had brought stays where nothing is said.
        carried: Option<Arc<str>>,
    },
    /// Change where an order goes.
    Address {
        /// Which order.
        order: OrderId,
        /// Where it goes, as far as is known outside of the contact.
        destination: Destination,
        /// The contact, opaque.
        contact: Option<Sealed>,
    },
    /// Let nobody work on an order.
    Hold {
        /// Which order.
        order: OrderId,
        /// Why.
        reason: Reason,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// Let work on an order go on.
    Resume {
        /// Which order.
        order: OrderId,
    },
    /// Units are not wanted any more.
    Cancel {
        /// Of which order.
        order: OrderId,
        /// Which; everything that has not left where nothing is said.
        lines: Option<Vec<(LineId, i64)>>,
        /// Why.
        reason: Reason,
    },
    /// The payment moved.
    Pay {
        /// Of which order.
        order: OrderId,
        /// To where.
        state: PaymentState,
        /// What it is known by elsewhere.
        reference: Option<Reference>,
    },
    /// Money goes back.
    Refund {
        /// Of which order.
        order: OrderId,
        /// How much, and for which return.
        refund: Refund,
    },
    /// Find other places for what no warehouse has begun.
    Reroute {
        /// Which order.
        order: OrderId,
        /// Only there.
        only: Option<WarehouseId>,
        /// Not there.
        exclude: Vec<WarehouseId>,
    },
    /// A warehouse reports a step.
    Fulfil {
        /// Of which order.
        order: OrderId,
        /// Which of its fulfilments.
        number: u32,
        /// To which units; all of it where nothing is said. The rest stays behind as a fulfilment of its own.
        lines: Option<Vec<(LineId, i64)>>,
        /// What it did.
        step: FulfilStep,
    },
    /// A buyer sends goods back.
    AnnounceReturn(Box<AnnounceReturn>),
    /// Goods of a return arrived.
    ReceiveReturn {
        /// The document it lives in: its order, or itself.
        document: OrderId,
        /// Its number within its order.
        number: u32,
        /// Where, where that is not the warehouse it was announced for.
        warehouse: Option<WarehouseId>,
        /// What; all of it where nothing is said.
        lines: Option<Vec<ReturnedUnits>>,
    },
    /// Goods of a return were looked at.
    InspectReturn {
        /// The document it lives in.
        document: OrderId,
        /// Its number within its order.
        number: u32,
        /// What was found, per SKU.
        lines: Vec<(Sku, Inspected)>,
    },
    /// A return does not come.
    CancelReturn {
        /// The document it lives in.
        document: OrderId,
        /// Its number within its order.
        number: u32,
    },
    /// Send goods to another warehouse.
    RequestTransfer(Box<RequestTransfer>),
    /// Goods of a transfer left.
    ShipTransfer {
        /// Which.
        id: TransferId,
        /// What; all of it where nothing is said.
        lines: Option<Vec<ClaimLine>>,
        /// When it is expected.
        eta: Option<Timestamp>,
    },
    /// Goods of a transfer arrived.
    ReceiveTransfer {
        /// Which.
        id: TransferId,
        /// What; all on the road where nothing is said.
        lines: Option<Vec<ClaimLine>>,
    },
    /// No more of a transfer arrives; what is on the road is lost.
    CloseTransfer {
        /// Which.
        id: TransferId,
    },
    /// A transfer does not happen.
    CancelTransfer {
        /// Which.
        id: TransferId,
    },
    /// Goods are expected from a supplier, or something else than before is.
    ExpectInbound(Box<ExpectInbound>),
    /// Goods of a receipt arrived.
    ReceiveInbound {
        /// Which.
        id: InboundId,
        /// What; all expected where nothing is said.
        lines: Option<Vec<ClaimLine>>,
    },
    /// No more of a receipt arrives.
    CloseInbound {
        /// Which.
        id: InboundId,
    },
    /// Say how a document stands. Changes nothing.
    Look {
        /// Which.
        id: OrderId,
    },
    /// Try again to find places, because stock has come or a place has become free.
    Retry {
        /// Which order.
        order: OrderId,
    },
    /// Carry out a routing that was decided with fresh figures.
    Decide {
        /// Which order.
        order: OrderId,
        /// The task that asked for it.
        task: u32,
        /// What was decided.
        routing: Box<Routing>,
    },
    /// What became of a task.
    Report {
        /// Of which document.
        document: OrderId,
        /// Which task.
        task: u32,
        /// What became of it.
        outcome: TaskOutcome,
    },
    /// Waiting units have goods.
    Served {
        /// Of which order.
        order: OrderId,
        /// Under which waiting claim.
        wait: CommandId,
        /// Units served in all.
        total: i64,
        /// The warehouse's local day, in days since 1970.
        day: i64,
    },
    /// A transfer tells how it stands with units of an order that go along.
    Along {
        /// Which order.
        order: OrderId,
        /// How it stands.
        told: Box<AlongTold>,
        /// The local day where they arrive, in days since 1970.
        day: i64,
    },
    /// Fewer units of an order go along with a transfer.
    Fewer {
        /// Which transfer.
        transfer: TransferId,
        /// Which of its rows.
        row: u32,
        /// How many still shall.
        quantity: i64,
    },
    /// Forget personal data.
    EraseContact {
        /// Of which order.
        order: OrderId,
        /// Also while the order is open; then it is held.
        force: bool,
    },
    /// Note that personal data was given to somebody.
    NoteContactRead {
        /// Of which order.
        order: OrderId,
    },
    /// Forget settled documents whose retention has ended.
    Forget {
        /// Which.
        documents: Vec<OrderId>,
    },
}

/// A line as a sender names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// Its id.
    pub id: LineId,
    /// Which goods.
    pub sku: Sku,
    /// Units; 0 cancels it.
    pub quantity: i64,
    /// Whether it is goods.
    pub stock: bool,
    /// What a unit is worth in minor units; 0 where it is not known.
    pub unit_value: i64,
}

impl From<&NewLine> for Line {
    fn from(line: &NewLine) -> Self {
        Self::new(line.id.clone(), line.sku.clone(), line.stock, line.quantity, line.unit_value)
    }
}

/// An order as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceOrder {
    /// Its id over all channels.
    pub id: OrderId,
    /// Where it was bought.
    pub channel: ChannelId,
    /// Its id there.
    pub number: OrderNumber,
    /// Decides between messages that came in another order than they were sent.
    pub revision: Option<i64>,
    /// Hash of what is said.
    pub content: u64,
    /// Whether the channel tells what it has sold.
    pub told: bool,
    /// When it was placed, as told.
    pub placed_at: Option<Timestamp>,
    /// The reservation it takes over.
    pub reservation: Option<ReservationId>,
    /// Its lines.
    pub lines: Vec<NewLine>,
    /// How it gets to its buyer.
    pub method: Method,
    /// Where it goes.
    pub destination: Destination,
    /// What was agreed.
    pub terms: Terms,
    /// Its payment.
    pub payment: PaymentState,
    /// Whether goods wait for the payment.
    pub payment_required: bool,
    /// What the payment is known by elsewhere.
    pub payment_reference: Option<Reference>,
    /// Where and when its goods have left already.
    pub fulfilled: Option<Fulfilled>,
    /// SKUs of it that nobody knows.
    pub unknown: Vec<Sku>,
    /// Its contact, opaque.
    pub contact: Option<Sealed>,
    /// Hash of the token its buyer follows it with.
    pub tracking: Option<[u8; 32]>,
    /// Everything else, as given.
    pub carried: Arc<str>,
    /// A routing decided beforehand, so that the first step needs no second commit.
    pub routing: Option<Box<Routing>>,
}

/// Goods that have left already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfilled {
    /// From where.
    pub warehouse: WarehouseId,
    /// When.
    pub at: Timestamp,
    /// The warehouse's local day then, in days since 1970.
    pub day: i64,
}

/// A routing, with what its warehouses are configured to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// What was decided.
    pub decision: Decision,
    /// For each warehouse of the decision: how long it has to answer, and its local day.
    pub places: Vec<Place>,
    /// What could be had of each line's SKU in all, for a refusal that tells the numbers.
    pub free: Vec<Shortfall>,
    /// Whether a place serves the order at all, stock aside.
    pub serviceable: bool,
}

/// What a warehouse of a routing is configured to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub warehouse: WarehouseId,
    /// How long it has to answer, in milliseconds.
    pub accept_within_ms: Option<i64>,
    /// Its local day, in days since 1970.
    pub day: i64,
}

/// Units that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedUnits {
    /// Which goods.
    pub sku: Sku,
    /// Units.
    pub quantity: i64,
}

/// Units that a buyer sends back; the order's line or the goods must be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedUnits {
    /// The order's line.
    pub line: Option<LineId>,
    /// Which goods.
    pub sku: Option<Sku>,
    /// How many.
    pub quantity: i64,
    /// Why.
    pub reason: Option<Reason>,
}

/// A return as announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnounceReturn {
    /// Of which order, where it is known.
    pub order: Option<OrderId>,
    /// The return's id, where no order is known; else the order gives it, and this tells a resend's return from others.
    pub id: ReturnId,
    /// Where the goods were bought.
    pub channel: Option<ChannelId>,
    /// What the sender calls it.
    pub reference: Option<Reference>,
    /// Where it goes.
    pub warehouse: WarehouseId,
    /// What.
    pub lines: Vec<AnnouncedUnits>,
    /// When the buyer declared it.
    pub declared_at: Option<Timestamp>,
    /// Until when the buyer must have the money; the rule's term after it was declared where nothing is said.
    pub refund_by: Option<Timestamp>,
}

/// A transfer as asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestTransfer {
    /// Its id.
    pub id: TransferId,
    /// What the merchant calls it.
    pub reference: Option<Reference>,
    /// From where.
    pub from: WarehouseId,
    /// To where.
    pub to: WarehouseId,
    /// What of the goods that are free; one line per SKU.
    pub lines: Vec<ClaimLine>,
    /// Promised units of orders that go along.
    pub along: Vec<AskedAlong>,
    /// When it is expected.
    pub eta: Option<Timestamp>,
}

/// Promised units of an order that shall go along with a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedAlong {
    /// Which order.
    pub order: OrderId,
    /// Where that was bought.
    pub channel: ChannelId,
    /// Which line.
    pub line: LineId,
    /// Which goods that is.
    pub sku: Sku,
    /// Out of which of its fulfilments; of any where none is said.
    pub fulfilment: Option<u32>,
    /// Units.
    pub quantity: i64,
}

/// A receipt as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectInbound {
    /// Its id.
    pub id: InboundId,
    /// The purchase order or ship notice.
    pub reference: Option<Reference>,
    /// Where.
    pub warehouse: WarehouseId,
    /// What; one line per SKU.
    pub lines: Vec<ClaimLine>,
    /// When.
    pub eta: Option<Timestamp>,
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskOutcome {
    /// It is done.
    Done,
    /// Parts were claimed; a told claim may have got less than it asked for.
    Claimed(Vec<ClaimPart>),
    /// A warehouse or a channel said no.
    Refused {
        /// Who, where it was a warehouse.
        warehouse: Option<WarehouseId>,
        /// Why.
        refusal: Refusal,
    },
}

/// What a desk answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// How the document stands.
    Document(Document),
    /// A newer revision was known already.
    Superseded(Document),
    /// It was refused, and the refusal is remembered.
    Refused(Refusal),
    /// Nothing of this id is known.
    Unknown,
    /// The document changed in the archive after that was looked at: nothing was done, and it is to be looked at again.
    LookAgain,
    /// Done; nothing to add.
    Done,
}
