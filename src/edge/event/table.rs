//! The one table of what leaves: families, their routing keys, their types.

use super::document::DocumentKind;
use crate::domain::channel::ChannelFact;
use crate::domain::desk::{DeskFactKind, Document};
use crate::domain::fact::FactKind;

/// What a part of a routing key is where there is nothing to name.
const NOTHING: &str = "-";
/// Words facts begin with that say to what they happened.
const GROUPS: [&str; 11] = [
    "stock",
    "reservation",
    "order",
    "fulfilment",
    "return",
    "transfer",
    "inbound",
    "channel",
    "item",
    "backorder",
    "availability",
];

/// Messages whose routing keys look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Stock of a warehouse changed.
    Stock,
    /// Carts hold units, or do no more.
    Reservation,
    /// Orders.
    Order,
    /// Parts of orders at warehouses.
    Fulfilment,
    /// Goods that come back.
    Return,
    /// Goods between warehouses.
    Transfer,
    /// Goods from suppliers.
    Inbound,
    /// What merchants set for channels.
    Policy,
    /// Units sold without goods.
    Backorder,
    /// Item cards.
    Item,
    /// What channels may sell.
    Availability,
    /// Entries that were forgotten before they were told.
    Gap,
    /// Somebody should look at something.
    Alert,
    /// Work for somebody outside.
    Document,
}

impl Family {
    /// Every one.
    pub const ALL: [Self; 14] = [
        Self::Stock,
        Self::Reservation,
        Self::Order,
        Self::Fulfilment,
        Self::Return,
        Self::Transfer,
        Self::Inbound,
        Self::Policy,
        Self::Backorder,
        Self::Item,
        Self::Availability,
        Self::Gap,
        Self::Alert,
        Self::Document,
    ];

    /// Its routing keys: what is in braces is filled in.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Stock => "stock.{warehouse}.{fact}",
            Self::Reservation => "reservation.{channel}.{fact}",
            Self::Order => "order.{channel}.{fact}",
            Self::Fulfilment => "fulfilment.{warehouse}.{fact}",
            Self::Return => "return.{channel}.{fact}",
            Self::Transfer => "transfer.{from}.{fact}",
            Self::Inbound => "inbound.{warehouse}.{fact}",
            Self::Policy => "policy.{channel}",
            Self::Backorder => "backorder.{channel}.{fact}",
            Self::Item => "item.{fact}",
            Self::Availability => "availability.{channel}",
            Self::Gap => "gap.{journal}",
            Self::Alert => "alert.{kind}",
            Self::Document => "document.{kind}",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Stock => "stock of a warehouse changed; the figures after it are absolute",
            Self::Reservation => "carts hold units, or do no more; only with `amqp.holds`",
            Self::Order => "orders; `-` where the channel is not known",
            Self::Fulfilment => "parts of orders at warehouses, and where their carriers say they are",
            Self::Return => "goods that come back; `-` where the channel is not known",
            Self::Transfer => "goods between warehouses, by the one they leave",
            Self::Inbound => "goods expected from suppliers",
            Self::Policy => "what was set for a channel",
            Self::Backorder => "units a channel sold without goods",
            Self::Item => "item cards",
            Self::Availability => "what a channel may sell: the newest values, sold out first",
            Self::Gap => {
                "entries of a journal were forgotten before they were told: reload what you know of it"
            }
            Self::Alert => "somebody should look at something; comes beside the event of the fact",
            Self::Document => "work for somebody outside; comes beside the event of the fact",
        }
    }

    /// The first word of its routing keys.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.pattern().split('.').next().unwrap_or_default()
    }

    /// A routing key; what is not known is told as `-`.
    #[must_use]
    pub fn key(self, filled: &[Option<&str>]) -> String {
        let mut filled = filled.iter().copied();
        let mut key = String::with_capacity(48);
        for part in self.pattern().split('.') {
            if !key.is_empty() {
                key.push('.');
            }
            let part = if part.starts_with('{') { filled.next().flatten().unwrap_or(NOTHING) } else { part };
            key.push_str(part);
        }
        key
    }

    /// The type of a message about a fact: `stock_reserved` is `lagerd.stock.reserved.v1`.
    #[must_use]
    pub fn kind(self, fact: &str) -> String {
        let split = |group: &&'static str| Some((*group, fact.strip_prefix(*group)?.strip_prefix('_')?));
        let of_fact = || GROUPS.iter().find_map(split);
        let (group, word) = match self {
            Self::Alert | Self::Document => (self.word(), fact),
            Self::Gap => ("journal", fact),
            Self::Stock
            | Self::Reservation
            | Self::Order
            | Self::Fulfilment
            | Self::Return
            | Self::Transfer
            | Self::Inbound
            | Self::Policy
            | Self::Backorder
            | Self::Item
            | Self::Availability => of_fact().unwrap_or((self.word(), fact)),
        };
        format!("lagerd.{group}.{word}.v1")
    }

    /// The family of a fact about stock.
    #[must_use]
    pub const fn of_stock(kind: FactKind) -> Self {
        if matches!(
            kind,
            FactKind::Reserved
                | FactKind::Amended
                | FactKind::Extended
                | FactKind::Released
                | FactKind::Expired
        ) {
            Self::Reservation
        } else {
            Self::Stock
        }
    }

    /// The family of a fact about a document; some belong to whatever document it is.
    #[must_use]
    pub const fn of_desk(kind: DeskFactKind, document: Option<&Document>) -> Self {
        match kind.number() {
            30..=59 => Self::Fulfilment,
            60..=69 => Self::Return,
            70..=79 => Self::Transfer,
            80..=89 => Self::Inbound,
            _ => match document {
                Some(Document::Return(_)) => Self::Return,
                Some(Document::Transfer(_)) => Self::Transfer,
                Some(Document::Inbound(_)) => Self::Inbound,
                Some(Document::Order(_)) | None => Self::Order,
            },
        }
    }

    /// The family of a fact about a channel; `None` where nobody is told: what a connector has confirmed it knows itself.
    #[must_use]
    pub const fn of_channel(fact: &ChannelFact) -> Option<Self> {
        match fact {
            ChannelFact::PolicySet { .. } => Some(Self::Policy),
            ChannelFact::Acknowledged { .. } => None,
            ChannelFact::Backordered { .. }
            | ChannelFact::BackorderKept { .. }
            | ChannelFact::BackorderClosed { .. } => Some(Self::Backorder),
        }
    }
}

/// What a gap is called where facts have their names.
pub const GAP: &str = "gap";
/// What the fact is called that an item card was set.
pub const ITEM_SET: &str = "item_set";
/// What is told of the figures a channel shows; not a fact, for they are derived.
pub const AVAILABILITY_CHANGED: &str = "availability_changed";
/// Facts about a channel.
const CHANNEL: [(Family, &str); 4] = [
    (Family::Policy, "channel_policy_set"),
    (Family::Backorder, "backordered"),
    (Family::Backorder, "backorder_kept"),
    (Family::Backorder, "backorder_closed"),
];

/// Every message there is: its family, and the fact, alert or document it tells.
#[must_use]
pub fn all() -> Vec<(Family, &'static str)> {
    let mut all = Vec::new();
    all.extend(FactKind::ALL.iter().map(|kind| (Family::of_stock(*kind), kind.name())));
    for kind in DeskFactKind::ALL {
        let several = [Family::Order, Family::Return, Family::Transfer, Family::Inbound];
        match kind {
            DeskFactKind::TaskRefused | DeskFactKind::DocumentForgotten => {
                all.extend(several.map(|family| (family, kind.name())));
            }
            kind => all.push((Family::of_desk(*kind, None), kind.name())),
        }
    }
    all.extend(CHANNEL);
    all.push((Family::Item, ITEM_SET));
    all.push((Family::Availability, AVAILABILITY_CHANGED));
    all.push((Family::Gap, GAP));
    let alerts = FactKind::ALL.iter().filter(|kind| kind.is_alert()).map(|kind| kind.name());
    let of_desk = DeskFactKind::ALL.iter().filter(|kind| kind.is_alert()).map(|kind| kind.name());
    all.extend(alerts.chain(of_desk).map(|alert| (Family::Alert, alert)));
    all.extend(DocumentKind::ALL.map(|document| (Family::Document, document.name())));
    all
}
