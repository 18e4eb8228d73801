//! What every verb is called, what it is about, and how it is remembered.

use super::command::Verb;
use crate::domain::ids::OrderId;

impl Verb {
    /// The verb's name in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Place(_) => "place_order",
            Self::Amend { .. } => "amend_order",
            Self::Address { .. } => "change_address",
            Self::Hold { .. } => "hold_order",
            Self::Resume { .. } => "resume_order",
            Self::Cancel { .. } => "cancel_order",
            Self::Pay { .. } => "pay",
            Self::Refund { .. } => "refund",
            Self::Reroute { .. } => "reroute",
            Self::Fulfil { .. } => "fulfil",
            Self::AnnounceReturn(_) => "announce_return",
            Self::ReceiveReturn { .. } => "receive_return",
            Self::InspectReturn { .. } => "inspect_return",
            Self::CancelReturn { .. } => "cancel_return",
            Self::RequestTransfer(_) => "request_transfer",
            Self::ShipTransfer { .. } => "ship_transfer",
            Self::ReceiveTransfer { .. } => "receive_transfer",
            Self::CloseTransfer { .. } => "close_transfer",
            Self::CancelTransfer { .. } => "cancel_transfer",
            Self::ExpectInbound(_) => "expect_inbound",
            Self::ReceiveInbound { .. } => "receive_inbound",
            Self::CloseInbound { .. } => "close_inbound",
            Self::Look { .. } => "look",
            Self::Retry { .. } => "retry_routing",
            Self::Decide { .. } => "decide_routing",
            Self::Report { .. } => "report",
            Self::Served { .. } => "book_served",
            Self::Along { .. } => "tell_along",
            Self::Fewer { .. } => "tell_fewer",
            Self::EraseContact { .. } => "erase_contact",
            Self::NoteContactRead { .. } => "note_contact_read",
            Self::Forget { .. } => "forget_documents",
        }
    }

    /// The document it is about, where it is about one.
    #[must_use]
    pub fn document(&self) -> Option<&OrderId> {
        Some(match self {
            Self::Place(place) => &place.id,
            Self::AnnounceReturn(announce) => announce.order.as_ref().unwrap_or(&announce.id),
            Self::Amend { order, .. }
            | Self::Address { order, .. }
            | Self::Hold { order, .. }
            | Self::Resume { order }
            | Self::Cancel { order, .. }
            | Self::Pay { order, .. }
            | Self::Refund { order, .. }
            | Self::Reroute { order, .. }
            | Self::Fulfil { order, .. }
            | Self::Retry { order }
            | Self::Decide { order, .. }
            | Self::Served { order, .. }
            | Self::Along { order, .. }
            | Self::EraseContact { order, .. }
            | Self::NoteContactRead { order } => order,
            Self::ReceiveReturn { document, .. }
            | Self::InspectReturn { document, .. }
            | Self::CancelReturn { document, .. } => document,
            Self::ShipTransfer { id, .. }
            | Self::ReceiveTransfer { id, .. }
            | Self::CloseTransfer { id }
            | Self::CancelTransfer { id } => id,
            Self::ReceiveInbound { id, .. } | Self::CloseInbound { id } => id,
            Self::RequestTransfer(request) => &request.id,
            Self::Fewer { transfer, .. } => transfer,
            Self::ExpectInbound(expect) => &expect.id,
            Self::Look { id } => id,
            Self::Report { document, .. } => document,
            Self::Forget { .. } => return None,
        })
    }

    /// Whether it comes from inside the house; such commands are known by the state they find, not by their id.
    #[must_use]
    pub const fn is_internal(&self) -> bool {
        matches!(
            self,
            Self::Look { .. }
                | Self::Retry { .. }
                | Self::Decide { .. }
                | Self::Report { .. }
                | Self::Served { .. }
                | Self::Along { .. }
                | Self::Fewer { .. }
                | Self::NoteContactRead { .. }
                | Self::Forget { .. }
        )
    }

    /// Whether its refusal is remembered.
    #[must_use]
    pub const fn is_document(&self) -> bool {
        !self.is_internal() && !matches!(self, Self::Fulfil { .. } | Self::EraseContact { .. })
    }
}
