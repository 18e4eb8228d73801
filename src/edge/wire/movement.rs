//! Movements of goods.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::text::Text;
use super::time::Time;
use super::units::Signed;
use crate::domain::ids::{ChannelId, CommandId, Reason, Reference, Sku};
use crate::domain::level::Condition;
use crate::domain::warehouse::{Movement, MovementKind};

/// What a movement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Goods came in; `into` a condition where one is named.
    Receive,
    /// Goods came back from a customer; `into` a condition where one is named.
    Return,
    /// On hand is corrected by a signed quantity.
    Adjust,
    /// Sellable goods are broken.
    Damage,
    /// Sellable goods wait for a check.
    QualityHold,
    /// Sellable goods are set aside.
    Quarantine,
    /// Goods become sellable, `from` a condition (`damaged` where none is named).
    Restock,
    /// Goods are thrown away, `from` a condition where one is named.
    Scrap,
    /// Goods were sold by `channel` and are gone already, ending the hold of `reservation` where one is named.
    Sell,
}

/// Where goods lie that can't be sold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lying {
    /// Broken.
    Damaged,
    /// Waiting for a check.
    QualityControl,
    /// Set aside.
    Quarantine,
}

/// One movement.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovementLine {
    /// Which goods.
    #[schema(value_type = String, max_length = 128, example = "TEE-M")]
    pub sku: Text<Sku>,
    /// What happened.
    pub kind: Kind,
    /// How many units: positive, but for `adjust`, which takes any figure but 0.
    #[schema(value_type = i64, example = 10)]
    pub quantity: Signed,
    /// Into which condition goods came (`receive`, `return`).
    #[serde(default)]
    pub into: Option<Lying>,
    /// Out of which condition goods go (`restock`, `scrap`).
    #[serde(default)]
    pub from: Option<Lying>,
    /// Who sold (`sell`).
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub channel: Option<Text<ChannelId>>,
    /// Whose hold the sale ends (`sell`).
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub reservation: Option<Text<CommandId>>,
    /// Referring to what; opaque, an `@` is refused.
    #[serde(default, rename = "ref")]
    #[schema(value_type = Option<String>, max_length = 128, example = "PO 4711")]
    pub reference: Option<Text<Reference>>,
    /// Why; opaque, an `@` is refused.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 128)]
    pub reason: Option<Text<Reason>>,
    /// When; now where it is not said, at most five minutes ahead.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Time>,
}

impl Lying {
    const fn condition(self) -> Condition {
        match self {
            Self::Damaged => Condition::Damaged,
            Self::QualityControl => Condition::QualityControl,
            Self::Quarantine => Condition::Quarantine,
        }
    }
}

impl MovementLine {
    /// The movement.
    ///
    /// # Errors
    /// The field that does not fit the kind, and what would be right.
    pub fn movement(self) -> Result<Movement, (&'static str, &'static str)> {
        let kind = self.kind()?;
        match self.kind {
            Kind::Adjust if self.quantity.0 == 0 => {
                return Err(("quantity", "found 0; an adjustment takes any whole number but 0"));
            }
            Kind::Adjust => {}
            _ if self.quantity.0 < 1 => {
                return Err((
                    "quantity",
                    "found less than 1; this kind takes a whole number of units from 1",
                ));
            }
            _ => {}
        }
        Ok(Movement {
            sku: self.sku.0,
            kind,
            quantity: self.quantity.0,
            reference: self.reference.map(|text| text.0),
            reason: self.reason.map(|text| text.0),
            occurred_at: self.occurred_at.map(|time| time.0),
        })
    }

    fn kind(&self) -> Result<MovementKind, (&'static str, &'static str)> {
        if self.into.is_some() && !matches!(self.kind, Kind::Receive | Kind::Return) {
            return Err(("into", "only `receive` and `return` take it"));
        }
        if self.from.is_some() && !matches!(self.kind, Kind::Restock | Kind::Scrap) {
            return Err(("from", "only `restock` and `scrap` take it"));
        }
        if self.kind != Kind::Sell && self.channel.is_some() {
            return Err(("channel", "only `sell` takes it"));
        }
        if self.kind != Kind::Sell && self.reservation.is_some() {
            return Err(("reservation", "only `sell` takes it"));
        }
        let into = self.into.map(Lying::condition);
        let from = self.from.map(Lying::condition);
        Ok(match self.kind {
            Kind::Receive => MovementKind::Receive(into),
            Kind::Return => MovementKind::Return(into),
            Kind::Adjust => MovementKind::Adjust,
            Kind::Damage => MovementKind::Hold(Condition::Damaged),
            Kind::QualityHold => MovementKind::Hold(Condition::QualityControl),
            Kind::Quarantine => MovementKind::Hold(Condition::Quarantine),
            Kind::Restock => MovementKind::Restock(from.unwrap_or(Condition::Damaged)),
            Kind::Scrap => MovementKind::Scrap(from),
            Kind::Sell => MovementKind::Sell {
                channel: match &self.channel {
                    Some(channel) => channel.0.clone(),
                    None => return Err(("channel", "`sell` says who sold")),
                },
                reservation: self.reservation.as_ref().map(|text| text.0.clone()),
            },
        })
    }
}

/// Movements of one warehouse.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MovementsBody {
    /// The movements, in order.
    pub lines: Vec<MovementLine>,
    /// When the command was made, for ids that don't tell.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub issued_at: Option<Time>,
}
