//! The kinds of documents, and with which facts they come.

use crate::domain::desk::DeskFactKind;

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// Take these from the shelves.
    PickList,
    /// Send these there.
    ShippingOrder,
    /// Invoice these.
    InvoiceRequest,
    /// Credit these.
    CreditNoteRequest,
    /// The buyer gets money back.
    RefundDue,
    /// These came from a supplier.
    GoodsReceived,
    /// Tell the buyer.
    CustomerNotice,
}

impl DocumentKind {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::PickList,
        Self::ShippingOrder,
        Self::InvoiceRequest,
        Self::CreditNoteRequest,
        Self::RefundDue,
        Self::GoodsReceived,
        Self::CustomerNotice,
    ];

    /// The name programs see.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PickList => "pick_list",
            Self::ShippingOrder => "shipping_order",
            Self::InvoiceRequest => "invoice_request",
            Self::CreditNoteRequest => "credit_note_request",
            Self::RefundDue => "refund_due",
            Self::GoodsReceived => "goods_received",
            Self::CustomerNotice => "customer_notice",
        }
    }

    /// For whom it is.
    #[must_use]
    pub const fn to(self) -> &'static str {
        match self {
            Self::PickList => "warehouse",
            Self::ShippingOrder => "warehouse, carrier",
            Self::InvoiceRequest | Self::CreditNoteRequest => "receivables",
            Self::RefundDue => "payments",
            Self::GoodsReceived => "payables",
            Self::CustomerNotice => "whoever writes to buyers",
        }
    }

    /// When it comes, for people.
    #[must_use]
    pub const fn when(self) -> &'static str {
        match self {
            Self::PickList => {
                "a fulfilment is requested or resumed; again, whole, when units of an open one are cancelled or amended"
            }
            Self::ShippingOrder => {
                "a fulfilment to be sent is accepted, or requested where nobody needs to accept; again, whole, when it is \
                 resumed, its units or its address change"
            }
            Self::InvoiceRequest => {
                "a fulfilment is shipped or collected; an order of nothing but fees and services is delivered"
            }
            Self::CreditNoteRequest => {
                "goods of a return were inspected; money went back without goods, or before they were inspected"
            }
            Self::RefundDue => "goods of a return arrived; units of a paid order were cancelled",
            Self::GoodsReceived => {
                "goods of an expected receipt arrived, or goods with a `ref` were received"
            }
            Self::CustomerNotice => {
                "shipped, ready for pickup, delayed (late, or backordered with a promise), or a problem with the delivery"
            }
        }
    }

    /// Whether a name and an address are in it.
    #[must_use]
    pub const fn bears_contact(self) -> bool {
        matches!(self, Self::ShippingOrder | Self::InvoiceRequest | Self::CustomerNotice)
    }

    /// Which documents may come with a fact.
    #[must_use]
    pub(super) const fn with(kind: DeskFactKind) -> &'static [Self] {
        match kind {
            DeskFactKind::FulfilmentRequested
            | DeskFactKind::FulfilmentResumed
            | DeskFactKind::OrderAmended => &[Self::PickList, Self::ShippingOrder],
            DeskFactKind::OrderCancelled => &[Self::PickList, Self::ShippingOrder, Self::RefundDue],
            DeskFactKind::FulfilmentAccepted | DeskFactKind::OrderAddressChanged => &[Self::ShippingOrder],
            DeskFactKind::FulfilmentShipped => &[Self::InvoiceRequest, Self::CustomerNotice],
            DeskFactKind::FulfilmentCollected | DeskFactKind::OrderDelivered => &[Self::InvoiceRequest],
            DeskFactKind::FulfilmentReady
            | DeskFactKind::OrderLate
            | DeskFactKind::LineBackordered
            | DeskFactKind::DeliveryException
            | DeskFactKind::ReturnedToSender => &[Self::CustomerNotice],
            DeskFactKind::ReturnReceived => &[Self::RefundDue],
            DeskFactKind::ReturnInspected | DeskFactKind::OrderRefunded => &[Self::CreditNoteRequest],
            DeskFactKind::InboundReceived => &[Self::GoodsReceived],
            _ => &[],
        }
    }
}

/// Whether the order's contact is wanted where a fact of this kind is told.
#[must_use]
pub fn needs_contact(kind: DeskFactKind) -> bool {
    DocumentKind::with(kind).iter().any(|document| document.bears_contact())
}
