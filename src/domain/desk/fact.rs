//! What happened to documents, in the past tense.

use crate::domain::ids::{ChannelId, LineId, OrderId, OrderNumber, Reason, Sku, WarehouseId};
use crate::domain::named::named;
use crate::domain::time::Timestamp;

named! {
    /// The kinds of facts about documents.
    DeskFactKind:
    /// An order was taken in.
    OrderReceived = 1, "order_received";
    /// It is taken: every line has its place, waits for goods, or for a place.
    OrderAccepted = 2, "order_accepted";
    /// It was not taken.
    OrderRefused = 3, "order_refused";
    /// It says something else now.
    OrderAmended = 4, "order_amended";
    /// It waits.
    OrderHeld = 5, "order_held";
    /// It goes on.
    OrderResumed = 6, "order_resumed";
    /// Units of it are not wanted any more.
    OrderCancelled = 7, "order_cancelled";
    /// All of it that was not cancelled has left.
    OrderShipped = 8, "order_shipped";
    /// All of it that left has arrived.
    OrderDelivered = 9, "order_delivered";
    /// It goes elsewhere.
    OrderAddressChanged = 10, "order_address_changed";
    /// Its payment moved.
    OrderPayment = 11, "order_payment";
    /// Money goes back.
    OrderRefunded = 12, "order_refunded";
    /// Places were found, or not.
    OrderRouted = 13, "order_routed";
    /// No place was found; somebody must look at it.
    OrderUnroutable = 14, "order_unroutable";
    /// Its promise passed.
    OrderLate = 15, "order_late";
    /// It was paid after its stock was gone.
    PaymentWithoutStock = 16, "payment_without_stock";
    /// It names goods nobody knows.
    UnknownSku = 17, "unknown_sku";
    /// Units of it wait for goods.
    LineBackordered = 18, "line_backordered";
    /// Units of it that waited have goods.
    BackorderServed = 19, "backorder_served";
    /// Its personal data was erased.
    ContactErased = 20, "contact_erased";
    /// Its personal data was given to somebody.
    ContactRead = 21, "contact_read";
    /// It was forgotten at the end of its retention.
    DocumentForgotten = 22, "document_forgotten";
    /// A warehouse was asked.
    FulfilmentRequested = 30, "fulfilment_requested";
    /// It will do it.
    FulfilmentAccepted = 31, "fulfilment_accepted";
    /// It won't.
    FulfilmentRejected = 32, "fulfilment_rejected";
    /// It never answered.
    FulfilmentTimedOut = 33, "fulfilment_timed_out";
    /// Picking began.
    FulfilmentPicking = 34, "fulfilment_picking";
    /// It is picked.
    FulfilmentPicked = 35, "fulfilment_picked";
    /// Units were not found, or broken.
    FulfilmentShortPicked = 36, "fulfilment_short_picked";
    /// It is packed.
    FulfilmentPacked = 37, "fulfilment_packed";
    /// It has left.
    FulfilmentShipped = 38, "fulfilment_shipped";
    /// It waits for its buyer.
    FulfilmentReady = 39, "fulfilment_ready_for_pickup";
    /// It arrived.
    FulfilmentDelivered = 40, "fulfilment_delivered";
    /// Its buyer has it.
    FulfilmentCollected = 41, "fulfilment_collected";
    /// Nobody shall work on it for now.
    FulfilmentHeld = 42, "fulfilment_on_hold";
    /// Work goes on.
    FulfilmentResumed = 43, "fulfilment_resumed";
    /// Nobody shall work on it any more.
    FulfilmentCancelled = 44, "fulfilment_cancelled";
    /// Its carrier told where it is.
    FulfilmentInTransit = 45, "fulfilment_in_transit";
    /// Something is wrong with its delivery.
    DeliveryException = 46, "delivery_exception";
    /// It comes back.
    ReturnedToSender = 47, "returned_to_sender";
    /// It goes along with a transfer to the warehouse that will ship it.
    FulfilmentAwaitsTransfer = 48, "fulfilment_awaiting_transfer";
    /// It is on the road to the warehouse that will ship it.
    FulfilmentInTransfer = 49, "fulfilment_in_transfer";
    /// A return was announced.
    ReturnAnnounced = 60, "return_announced";
    /// Goods of a return arrived.
    ReturnReceived = 61, "return_received";
    /// Goods of a return were looked at.
    ReturnInspected = 62, "return_inspected";
    /// A return does not come.
    ReturnCancelled = 63, "return_cancelled";
    /// A refund must be made soon.
    RefundDueSoon = 64, "refund_due_soon";
    /// A transfer was asked for.
    TransferRequested = 70, "transfer_requested";
    /// Its goods are promised.
    TransferAllocated = 71, "transfer_allocated";
    /// There were not enough goods for it.
    TransferRefused = 72, "transfer_refused";
    /// Its goods left.
    TransferShipped = 73, "transfer_shipped";
    /// Goods of it arrived.
    TransferReceived = 74, "transfer_received";
    /// It is done; what did not arrive is lost.
    TransferClosed = 75, "transfer_closed";
    /// It does not happen.
    TransferCancelled = 76, "transfer_cancelled";
    /// Its time has passed.
    TransferLate = 77, "transfer_late";
    /// Promised units of an order do not go along any more.
    TransferReduced = 78, "transfer_reduced";
    /// A receipt is expected.
    InboundExpected = 80, "inbound_expected";
    /// Goods of it arrived.
    InboundReceived = 81, "inbound_received";
    /// No more is expected of it.
    InboundClosed = 82, "inbound_closed";
    /// Its time has passed.
    InboundLate = 83, "inbound_late";
    /// Something could not be told to a warehouse as it was decided; somebody must look at it.
    TaskRefused = 90, "task_refused";
}

impl DeskFactKind {
    /// Whether somebody should look at it.
    #[must_use]
    pub const fn is_alert(self) -> bool {
        matches!(
            self,
            Self::OrderUnroutable
                | Self::OrderLate
                | Self::PaymentWithoutStock
                | Self::UnknownSku
                | Self::DeliveryException
                | Self::ReturnedToSender
                | Self::RefundDueSoon
                | Self::TransferLate
                | Self::InboundLate
                | Self::TaskRefused
        )
    }
}

/// Units of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskLine {
    /// The order's line, where there is one.
    pub line: Option<LineId>,
    /// Which goods.
    pub sku: Sku,
    /// Units.
    pub quantity: i64,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskFact {
    /// What kind of thing.
    pub kind: DeskFactKind,
    /// To which document.
    pub document: OrderId,
    /// Its channel.
    pub channel: Option<ChannelId>,
    /// What the channel calls it.
    pub number: Option<OrderNumber>,
    /// At which warehouse.
    pub warehouse: Option<WarehouseId>,
    /// To which fulfilment or return of it, by its number.
    pub part: Option<u32>,
    /// To which units.
    pub lines: Vec<DeskLine>,
    /// Why.
    pub reason: Option<Reason>,
    /// When it happened, where that is not when it was recorded.
    pub time: Option<Timestamp>,
}
