//! Commands about documents beside orders, by name.

use super::target::Target;
use super::verb::told;
use super::{Asking, Said, Signed, expecting, moving, privacy, returning};
use crate::domain::ids::OrderId;
use crate::edge::command::target::{InboundName, ReturnName, TransferName};
use crate::edge::fault::Problem;

/// What is done with a document that is no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// A buyer sends goods back.
    AnnounceReturn,
    /// Goods of a return arrived.
    ReceiveReturn,
    /// Goods of a return were looked at.
    InspectReturn,
    /// A return does not come.
    CancelReturn,
    /// Send goods to another warehouse.
    RequestTransfer,
    /// Goods of a transfer left.
    ShipTransfer,
    /// Goods of a transfer arrived.
    ReceiveTransfer,
    /// No more of a transfer arrives.
    CloseTransfer,
    /// A transfer does not happen.
    CancelTransfer,
    /// Goods are expected.
    ExpectInbound,
    /// Something else is expected.
    ChangeInbound,
    /// Goods of a receipt arrived.
    ReceiveInbound,
    /// No more of a receipt arrives.
    CloseInbound,
    /// Personal data goes.
    EraseContacts,
}

impl Deed {
    /// What stands beside the verb: the name of what it is about.
    #[must_use]
    pub const fn target(self) -> Option<&'static str> {
        match self {
            Self::AnnounceReturn | Self::RequestTransfer | Self::ExpectInbound | Self::EraseContacts => None,
            Self::ReceiveReturn | Self::InspectReturn | Self::CancelReturn => Some(ReturnName::NAME),
            Self::ShipTransfer | Self::ReceiveTransfer | Self::CloseTransfer | Self::CancelTransfer => {
                Some(TransferName::NAME)
            }
            Self::ChangeInbound | Self::ReceiveInbound | Self::CloseInbound => Some(InboundName::NAME),
        }
    }

    /// Carries the command out and answers what HTTP answers as its body.
    ///
    /// # Errors
    /// What HTTP answers as a problem.
    pub(super) async fn carry_out(
        self,
        asking: &Asking,
        signed: Signed,
        target: &str,
        body: Said<'_>,
    ) -> Result<Vec<u8>, Problem> {
        let back = || -> Result<OrderId, Problem> { Ok(ReturnName::read(target)?.0) };
        let transfer = || -> Result<OrderId, Problem> { Ok(TransferName::read(target)?.0) };
        let inbound = || -> Result<OrderId, Problem> { Ok(InboundName::read(target)?.0) };
        match self {
            Self::AnnounceReturn => told(&returning::announce(asking, signed, body).await?),
            Self::ReceiveReturn => told(&returning::receive(asking, signed, &back()?, body).await?),
            Self::InspectReturn => told(&returning::inspect(asking, signed, &back()?, body).await?),
            Self::CancelReturn => told(&returning::cancel(asking, signed, &back()?, body).await?),
            Self::RequestTransfer => told(&moving::request(asking, signed, body).await?),
            Self::ShipTransfer => told(&moving::ship(asking, signed, &transfer()?, body).await?),
            Self::ReceiveTransfer => told(&moving::receive(asking, signed, &transfer()?, body).await?),
            Self::CloseTransfer => told(&moving::close(asking, signed, &transfer()?, body).await?),
            Self::CancelTransfer => told(&moving::cancel(asking, signed, &transfer()?, body).await?),
            Self::ExpectInbound => told(&expecting::expect(asking, signed, body).await?),
            Self::ChangeInbound => told(&expecting::change(asking, signed, &inbound()?, body).await?),
            Self::ReceiveInbound => told(&expecting::receive(asking, signed, &inbound()?, body).await?),
            Self::CloseInbound => told(&expecting::close(asking, signed, &inbound()?, body).await?),
            Self::EraseContacts => told(&privacy::erase(asking, signed, body).await?),
        }
    }
}
