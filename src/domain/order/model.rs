//! An order as a desk keeps it.

use std::fmt;
use std::sync::Arc;

use super::axes::{Carrier, Commercial, Work};
use super::journey::Journey;
use super::lines::Line;
use super::returns::Return;
use super::task::{Begun, TaskWork, Tasks};
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{
    ActorName, ChannelId, CommandId, FulfilmentId, LineId, OrderId, OrderNumber, Reason, Reference,
    ReservationId, Sku, TransferId, WarehouseId,
};
use crate::domain::named::named;
use crate::domain::place::{Country, PostalPrefix};
use crate::domain::routing::{Blocked, Explanation, Method};
use crate::domain::time::Timestamp;

/// Where an order goes, as far as is known outside of its contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Destination {
    /// The country.
    pub country: Option<Country>,
    /// The first two characters of the postal code.
    pub postal: Option<PostalPrefix>,
}

/// What was agreed about the delivery.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// Whether everything goes at once or nothing.
    pub ship_complete: bool,
    /// Who is served first when goods are short; 0 is the most urgent.
    pub priority: u8,
    /// When the buyer was promised to have it.
    pub promise: Option<Timestamp>,
    /// The first local day it may leave a warehouse, in days since 1970.
    pub release_day: Option<i64>,
    /// When that day begins at the first of the warehouses; then a place is looked for again.
    pub release_at: Option<Timestamp>,
    /// Whether it waits for goods where there are none.
    pub backorder: bool,
    /// How often it is routed at most.
    pub attempts_max: u32,
    /// When payment must be there; then the order is cancelled.
    pub pay_until: Option<Timestamp>,
}

named! {
    /// Where the money stands, as told.
    PaymentState:
    /// Nobody said.
    Unknown = 0, "unknown";
    /// The buyer is still paying.
    Pending = 1, "pending";
    /// The buyer's bank has agreed.
    Authorised = 2, "authorised";
    /// It is there.
    Paid = 3, "paid";
    /// It won't come.
    Failed = 4, "failed";
    /// It went back, all of it.
    Refunded = 5, "refunded";
}

impl PaymentState {
    /// Whether goods may be sent on it where payment is required.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Authorised | Self::Paid)
    }

    /// Whether `next` may replace it; older news told late changes nothing.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Unknown => !matches!(next, Self::Unknown),
            Self::Pending => !matches!(next, Self::Unknown | Self::Pending),
            Self::Authorised => matches!(next, Self::Paid | Self::Failed | Self::Refunded),
            Self::Paid => matches!(next, Self::Refunded),
            // A second try of the buyer may succeed.
            Self::Failed => matches!(next, Self::Authorised | Self::Paid),
            Self::Refunded => false,
        }
    }
}

/// The payment of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// Where it stands.
    pub state: PaymentState,
    /// Whether goods wait for it.
    pub required: bool,
    /// What it is known by elsewhere.
    pub reference: Option<Reference>,
}

/// Money that goes back to the buyer; carried, never computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// When it was told.
    pub at: Timestamp,
    /// How much in minor units.
    pub amount_minor: i64,
    /// In which currency; that of the order.
    pub currency: String,
    /// For which return; refunds without one are goodwill.
    pub of: Option<u32>,
    /// Why.
    pub reason: Option<Reason>,
    /// What it is known by elsewhere.
    pub reference: Option<Reference>,
}

/// Why nobody works on an order, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnHold {
    /// Why.
    pub reason: Reason,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// Units of one line in a fulfilment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FulfilmentLine {
    /// Which line.
    pub line: LineId,
    /// Its goods.
    pub sku: Sku,
    /// Units.
    pub quantity: i64,
    /// Serial numbers as told.
    pub serials: Vec<Reference>,
}

/// A parcel as told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Who carries it.
    pub carrier: Option<Reference>,
    /// Its tracking number.
    pub tracking: Option<Reference>,
}

/// One warehouse's part of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fulfilment {
    /// Its number within the order, from 1.
    pub number: u32,
    /// Where.
    pub warehouse: WarehouseId,
    /// The allocation it ships from; parts of one allocation may be several fulfilments.
    pub claim: ReservationId,
    /// Where it stands.
    pub state: Work,
    /// Where it stood when it was put on hold.
    pub held_in: Work,
    /// What.
    pub lines: Vec<FulfilmentLine>,
    /// When the warehouse was asked; when it was planned before that.
    pub requested_at: Timestamp,
    /// How long the warehouse has to answer, in milliseconds.
    pub accept_within_ms: Option<i64>,
    /// Until when the warehouse must answer.
    pub accept_by: Option<Timestamp>,
    /// The warehouse's local day it counts for, in days since 1970.
    pub day: i64,
    /// Its parcels.
    pub parcels: Vec<Parcel>,
    /// Where the carrier says it is.
    pub carrier: Option<Carrier>,
    /// What went wrong with the delivery, in a word or two.
    pub trouble: Option<Reason>,
    /// When it left, or was ready for its buyer.
    pub left_at: Option<Timestamp>,
    /// When a parcel nobody heard of counts as delivered, or one nobody fetched goes back to the shelf.
    pub ends_at: Option<Timestamp>,
    /// The transfer it goes along with, and which of its rows.
    pub along: Option<(TransferId, u32)>,
}

impl Fulfilment {
    /// Its id.
    #[must_use]
    pub fn id(&self, order: &OrderId) -> FulfilmentId {
        OrderId::stored(&format!("{order}-f{}", self.number))
    }

    /// Where it stands, or stood when it was put on hold.
    #[must_use]
    pub const fn stage(&self) -> Work {
        if matches!(self.state, Work::OnHold) { self.held_in } else { self.state }
    }

    /// Units of a line.
    #[must_use]
    pub fn quantity(&self, line: &LineId) -> i64 {
        let of_line = self.lines.iter().filter(|known| known.line == *line);
        of_line.fold(0, |sum, known| sum.saturating_add(known.quantity))
    }
}

/// One routing of an order, kept to explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// Which attempt.
    pub attempt: u32,
    /// When.
    pub at: Timestamp,
    /// What was considered, and what decided.
    pub explanation: Explanation,
    /// What was planned.
    pub parts: Vec<(WarehouseId, Vec<(LineId, i64)>)>,
}

/// A line of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: DeskFactKind,
    /// Who did it.
    pub actor: Option<ActorName>,
    /// At which warehouse.
    pub warehouse: Option<WarehouseId>,
    /// To which fulfilment or return, by its number.
    pub number: Option<u32>,
    /// To how many units in all.
    pub quantity: i64,
    /// Why.
    pub reason: Option<Reason>,
}

/// Where the order's personal data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// There never was any.
    None,
    /// Beside the journal.
    Kept,
    /// It was erased then.
    Erased(Timestamp),
}

/// An order's contact: bytes of a person, which nobody reads here. Its debug form tells no more than how many there are, so
/// that a command can be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl From<Vec<u8>> for Sealed {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Sealed> for Vec<u8> {
    fn from(sealed: Sealed) -> Self {
        sealed.0
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A command that changed a document, so that it does so once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: CommandId,
    /// Kind, target and keyed hash of the parsed command.
    pub fingerprint: u64,
}

/// Commands one document remembers; further ones are refused.
pub const KNOWN_MAX: usize = 2_000;
/// Lines of a timeline that are kept; the oldest but the first go.
pub const TIMELINE_MAX: usize = 500;
/// Routings that are kept to explain; the oldest go.
pub const ROUTED_MAX: usize = 20;

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id over all channels; begins with its shard.
    pub id: OrderId,
    /// Where it was bought.
    pub channel: ChannelId,
    /// Its id there.
    pub number: OrderNumber,
    /// Decides between messages that came in another order than they were sent.
    pub revision: Option<i64>,
    /// Hash of what was said at this revision.
    pub content: u64,
    /// Whether the channel tells what it has sold; then it was never refused.
    pub told: bool,
    /// The commercial axis.
    pub state: Commercial,
    /// When it was placed, as told, or when it came.
    pub placed_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Its lines.
    pub lines: Vec<Line>,
    /// How it gets to its buyer.
    pub method: Method,
    /// Where it goes.
    pub destination: Destination,
    /// What was agreed.
    pub terms: Terms,
    /// Its payment.
    pub payment: Payment,
    /// Refunds told.
    pub refunds: Vec<Refund>,
    /// Why nobody works on it.
    pub hold: Option<OnHold>,
    /// The reservation it takes over.
    pub reservation: Option<ReservationId>,
    /// Parts at warehouses, oldest first.
    pub fulfilments: Vec<Fulfilment>,
    /// What came or comes back.
    pub returns: Vec<Return>,
    /// Waiting claims. They stay when nothing waits any more: goods may have been promised before that was told.
    pub waits: Vec<Waits>,
    /// Units of it that go along with transfers, or went. One that is over stays, so that what was asked before and comes
    /// late changes nothing.
    pub journeys: Vec<Journey>,
    /// The number of its newest routing.
    pub attempt: u32,
    /// The one warehouse an operator wants it from.
    pub only: Option<WarehouseId>,
    /// Places that are out of the question.
    pub blocked: Vec<Blocked>,
    /// What it still has to tell.
    pub tasks: Tasks,
    /// How it was routed.
    pub routed: Vec<Routed>,
    /// What happened to it.
    pub timeline: Vec<Happened>,
    /// Commands that changed it.
    pub known: Vec<Known>,
    /// Where its personal data is.
    pub contact: Contact,
    /// Hash of the token its buyer follows it with; gone with the contact.
    pub tracking: Option<[u8; 32]>,
    /// Why it was cancelled as a whole.
    pub cancelled_for: Option<Reason>,
    /// Whether somebody was told that it is late.
    pub late_told: bool,
    /// Version of the entry that took it in: an order that is refused and comes again must not meet its old claims.
    pub epoch: u64,
    /// When it was first at rest: taken, and answered so. Until then it may be refused.
    pub accepted_at: Option<Timestamp>,
    /// Whether it was refused and only gives back what was claimed for it.
    pub withdrawn: bool,
    /// Everything else it brought, as given: prices, taxes, charges, discounts, labels. Never read here.
    pub carried: Arc<str>,
}

/// Units of a line that wait for goods at a warehouse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// The waiting claim there, and the row of the channel.
    pub id: CommandId,
    /// Which line.
    pub line: LineId,
    /// Where.
    pub warehouse: WarehouseId,
    /// Units that wait still.
    pub open: i64,
    /// Units served and booked, in all.
    pub booked: i64,
}

impl Order {
    /// A line by its id.
    #[must_use]
    pub fn line(&self, id: &LineId) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == *id)
    }

    /// A line by its id, to change it.
    pub fn line_mut(&mut self, id: &LineId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.id == *id)
    }

    /// A fulfilment by its number.
    #[must_use]
    pub fn fulfilment(&self, number: u32) -> Option<&Fulfilment> {
        self.fulfilments.iter().find(|fulfilment| fulfilment.number == number)
    }

    /// A fulfilment by its number, to change it.
    pub fn fulfilment_mut(&mut self, number: u32) -> Option<&mut Fulfilment> {
        self.fulfilments.iter_mut().find(|fulfilment| fulfilment.number == number)
    }

    /// The number of the next fulfilment.
    #[must_use]
    pub fn next_fulfilment(&self) -> u32 {
        self.fulfilments.iter().map(|fulfilment| fulfilment.number).max().unwrap_or(0).saturating_add(1)
    }

    /// Tells the channel what of a backorder is still open.
    pub fn close_backorder(&mut self, begun: Begun, id: &CommandId) {
        let waits = self.waits.iter().find(|waits| waits.id == *id && waits.open > 0);
        let left = waits.and_then(|waits| {
            let sku = self.line(&waits.line)?.sku.clone();
            Some(ClaimLine { sku, quantity: waits.open })
        });
        let (channel, id) = (self.channel.clone(), id.clone());
        let left = left.into_iter().collect();
        self.tasks.push(begun, TaskWork::CloseBackorder { channel, id, left });
    }

    /// Units without a place, over all lines.
    #[must_use]
    pub fn unrouted(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.unrouted))
    }

    /// Whether warehouses shall wait: it is held, or it goes as a whole and not all of it has goods yet.
    #[must_use]
    pub fn holds_back(&self) -> bool {
        let lacks = |line: &Line| line.unrouted.saturating_add(line.backordered) > 0;
        let whole = self.terms.ship_complete && self.lines.iter().all(|line| line.shipped == 0);
        self.hold.is_some() || (whole && self.lines.iter().any(lacks))
    }

    /// The commercial state that follows from lines, fulfilments and holds.
    #[must_use]
    pub fn settled_state(&self) -> Commercial {
        let goods = || self.lines.iter().filter(|line| line.stock);
        let sum = |of: fn(&Line) -> i64| goods().fold(0_i64, |sum, line| sum.saturating_add(of(line)));
        let (open, shipped) = (sum(Line::open), sum(|line| line.shipped));
        if open == 0 && shipped == 0 {
            // Nothing but fees and services is delivered by being taken in.
            return if goods().next().is_none() && self.cancelled_for.is_none() {
                Commercial::Delivered
            } else {
                Commercial::Cancelled
            };
        }
        if open == 0 {
            let came_back = |part: &Fulfilment| part.carrier == Some(Carrier::ReturnedToSender);
            let left = || self.fulfilments.iter().filter(|part| part.state.has_left());
            return if left().any(|part| part.state == Work::Shipped && !came_back(part)) {
                Commercial::Shipped
            } else if left().any(came_back) {
                Commercial::Closed
            } else {
                Commercial::Delivered
            };
        }
        if self.hold.is_some() {
            return Commercial::Held;
        }
        if shipped > 0 {
            return Commercial::PartiallyShipped;
        }
        let worked_on = |part: &Fulfilment| part.state.is_open() && part.state != Work::Requested;
        if self.fulfilments.iter().any(worked_on) {
            return Commercial::InFulfilment;
        }
        if sum(|line| line.unrouted) > 0 { Commercial::Received } else { Commercial::Accepted }
    }

    /// Whether nothing can happen to it any more but what somebody asks for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state.is_over()
            && self.tasks.open.is_empty()
            && self.returns.iter().all(Return::is_over)
            && self.journeys.iter().all(|journey| journey.over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that brings a contact can be shown without showing it.
    #[test]
    fn a_contact_is_not_shown() {
        assert_eq!(format!("{:?}", Sealed::from(b"Ada Beispiel".to_vec())), "Sealed(12 bytes)");
        assert_eq!(Vec::from(Sealed::from(vec![1, 2])), [1, 2]);
    }
}
