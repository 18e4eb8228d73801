//! Every command by its name, for doors that carry the name in the message.

use serde::Serialize;

use super::deed::Deed;
use super::fulfilment::{self, Act};
use super::order::{self, Which};
use super::target::Target;
use super::{Asking, Said, Signed, acknowledging, booking, reservation, setting};
use crate::edge::fault::Problem;

/// A command's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Hold units.
    Reserve,
    /// Move a reservation's deadline.
    Extend,
    /// Promise what a reservation holds.
    Allocate,
    /// Give a reservation back.
    Release,
    /// Goods of a reservation have left.
    Ship,
    /// Goods were moved.
    Movements,
    /// Goods were counted.
    Counts,
    /// Set safety stock and fences.
    StockPolicies,
    /// Set buffers and caps.
    ChannelPolicies,
    /// Confirm what a channel shows.
    Acknowledge,
    /// Ask what a channel has to publish next.
    Work,
    /// Set an item card.
    Item,
    /// Take an order in.
    PlaceOrder,
    /// Change an order's lines.
    Amend,
    /// Change where an order goes.
    Address,
    /// Cancel units of an order.
    Cancel,
    /// Let nobody work on an order.
    Hold,
    /// Let work on an order go on.
    Resume,
    /// Note where the money stands.
    Payment,
    /// Note that money went back.
    Refund,
    /// Find other places for an order.
    Reroute,
    /// Report a step of a fulfilment.
    Fulfilment(Act),
    /// Do something with another document.
    Document(Deed),
}

impl Verb {
    /// Every command, by name.
    pub const ALL: [(&'static str, Self); 46] = [
        ("reserve", Self::Reserve),
        ("extend", Self::Extend),
        ("allocate", Self::Allocate),
        ("release", Self::Release),
        ("ship", Self::Ship),
        ("movements", Self::Movements),
        ("counts", Self::Counts),
        ("stock_policies", Self::StockPolicies),
        ("channel_policies", Self::ChannelPolicies),
        ("acknowledge", Self::Acknowledge),
        ("work", Self::Work),
        ("item", Self::Item),
        ("place_order", Self::PlaceOrder),
        ("amend", Self::Amend),
        ("address", Self::Address),
        ("cancel", Self::Cancel),
        ("hold", Self::Hold),
        ("resume", Self::Resume),
        ("payment", Self::Payment),
        ("refund", Self::Refund),
        ("reroute", Self::Reroute),
        ("accept", Self::Fulfilment(Act::Accept)),
        ("reject", Self::Fulfilment(Act::Reject)),
        ("pick", Self::Fulfilment(Act::Pick)),
        ("short_pick", Self::Fulfilment(Act::ShortPick)),
        ("pack", Self::Fulfilment(Act::Pack)),
        ("ship_fulfilment", Self::Fulfilment(Act::Ship)),
        ("ready", Self::Fulfilment(Act::Ready)),
        ("collect", Self::Fulfilment(Act::Collect)),
        ("uncollected", Self::Fulfilment(Act::Uncollected)),
        ("deliver", Self::Fulfilment(Act::Deliver)),
        ("carrier", Self::Fulfilment(Act::Carrier)),
        ("announce_return", Self::Document(Deed::AnnounceReturn)),
        ("receive_return", Self::Document(Deed::ReceiveReturn)),
        ("inspect_return", Self::Document(Deed::InspectReturn)),
        ("cancel_return", Self::Document(Deed::CancelReturn)),
        ("request_transfer", Self::Document(Deed::RequestTransfer)),
        ("ship_transfer", Self::Document(Deed::ShipTransfer)),
        ("receive_transfer", Self::Document(Deed::ReceiveTransfer)),
        ("close_transfer", Self::Document(Deed::CloseTransfer)),
        ("cancel_transfer", Self::Document(Deed::CancelTransfer)),
        ("expect_inbound", Self::Document(Deed::ExpectInbound)),
        ("change_inbound", Self::Document(Deed::ChangeInbound)),
        ("receive_inbound", Self::Document(Deed::ReceiveInbound)),
        ("close_inbound", Self::Document(Deed::CloseInbound)),
        ("erase_contacts", Self::Document(Deed::EraseContacts)),
    ];

    /// The command of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, verb)| *verb)
    }

    /// What stands beside the verb: the name of what it is about.
    #[must_use]
    pub const fn target(self) -> Option<&'static str> {
        match self {
            Self::Reserve | Self::PlaceOrder => None,
            Self::Extend | Self::Allocate | Self::Release | Self::Ship => Some("reservation"),
            Self::Movements | Self::Counts | Self::StockPolicies => Some("warehouse"),
            Self::ChannelPolicies | Self::Acknowledge | Self::Work => Some("channel"),
            Self::Item => Some("sku"),
            Self::Amend
            | Self::Address
            | Self::Cancel
            | Self::Hold
            | Self::Resume
            | Self::Payment
            | Self::Refund
            | Self::Reroute => Some("order"),
            Self::Fulfilment(_) => Some("fulfilment"),
            Self::Document(deed) => deed.target(),
        }
    }

    /// What may stand beside the verb to say which of several is meant.
    #[must_use]
    pub fn within(self) -> Option<&'static str> {
        self.target().filter(|target| *target == "order").map(|_| "channel")
    }

    /// Carries the command out and answers what HTTP answers as its body.
    ///
    /// # Errors
    /// What HTTP answers as a problem.
    pub async fn carry_out(
        self,
        asking: &Asking,
        signed: Signed,
        (target, within): (&str, Option<&str>),
        body: Said<'_>,
    ) -> Result<Vec<u8>, Problem> {
        let which = || -> Result<Which, Problem> {
            Ok(Which { name: Target::read(target)?, channel: within.map(Target::read).transpose()? })
        };
        match self {
            Self::Reserve => told(&reservation::reserve(asking, signed, body).await?),
            Self::Extend => told(&reservation::extend(asking, signed, &Target::read(target)?, body).await?),
            Self::Allocate => {
                told(&reservation::allocate(asking, signed, &Target::read(target)?, body).await?)
            }
            Self::Release => told(&reservation::release(asking, signed, &Target::read(target)?, body).await?),
            Self::Ship => told(&reservation::ship(asking, signed, &Target::read(target)?, body).await?),
            Self::Movements => told(&booking::movements(asking, signed, &Target::read(target)?, body).await?),
            Self::Counts => told(&booking::counts(asking, signed, &Target::read(target)?, body).await?),
            Self::StockPolicies => {
                told(&setting::stock_policies(asking, signed, &Target::read(target)?, body).await?)
            }
            Self::ChannelPolicies => {
                told(&setting::channel_policies(asking, signed, &Target::read(target)?, body).await?)
            }
            Self::Acknowledge => {
                told(&acknowledging::acknowledge(asking, signed, &Target::read(target)?, body).await?)
            }
            Self::Work => told(&acknowledging::asked(asking, &Target::read(target)?, body).await?),
            Self::Item => told(&setting::item(asking, signed, &Target::read(target)?, body).await?),
            Self::PlaceOrder => told(&order::place(asking, signed, body).await?),
            Self::Amend => told(&order::amend(asking, signed, &which()?, body).await?),
            Self::Address => told(&order::address(asking, signed, &which()?, body).await?),
            Self::Cancel => told(&order::cancel(asking, signed, &which()?, body).await?),
            Self::Hold => told(&order::hold(asking, signed, &which()?, body).await?),
            Self::Resume => told(&order::resume(asking, signed, &which()?, body).await?),
            Self::Payment => told(&order::payment(asking, signed, &which()?, body).await?),
            Self::Refund => told(&order::refund(asking, signed, &which()?, body).await?),
            Self::Reroute => told(&order::reroute(asking, signed, &which()?, body).await?),
            Self::Fulfilment(act) => {
                told(&fulfilment::report(asking, signed, &Target::read(target)?, act, body).await?)
            }
            Self::Document(deed) => deed.carry_out(asking, signed, target, body).await,
        }
    }
}

pub(super) fn told(answer: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(256);
    serde_json::to_writer(&mut bytes, answer).map_err(|_| Problem::bug())?;
    Ok(bytes)
}
