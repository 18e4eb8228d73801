//! Every command by its name, for doors that carry the name in the message.

use serde::Serialize;

use super::target::Target;
use super::{Asking, Said, Signed, booking, reservation, setting};
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
    /// Set an item card.
    Item,
}

impl Verb {
    /// Every command, by name.
    pub const ALL: [(&'static str, Self); 10] = [
        ("reserve", Self::Reserve),
        ("extend", Self::Extend),
        ("allocate", Self::Allocate),
        ("release", Self::Release),
        ("ship", Self::Ship),
        ("movements", Self::Movements),
        ("counts", Self::Counts),
        ("stock_policies", Self::StockPolicies),
        ("channel_policies", Self::ChannelPolicies),
        ("item", Self::Item),
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
            Self::Reserve => None,
            Self::Extend | Self::Allocate | Self::Release | Self::Ship => Some("reservation"),
            Self::Movements | Self::Counts | Self::StockPolicies => Some("warehouse"),
            Self::ChannelPolicies => Some("channel"),
            Self::Item => Some("sku"),
        }
    }

    /// Carries the command out and answers what HTTP answers as its body.
    ///
    /// # Errors
    /// What HTTP answers as a problem.
    pub async fn carry_out(
        self,
        asking: &Asking,
        signed: Signed,
        target: &str,
        body: Said<'_>,
    ) -> Result<Vec<u8>, Problem> {
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
            Self::Item => told(&setting::item(asking, signed, &Target::read(target)?, body).await?),
        }
    }
}

fn told(answer: &impl Serialize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::with_capacity(256);
    serde_json::to_writer(&mut bytes, answer).map_err(|_| Problem::bug())?;
    Ok(bytes)
}
