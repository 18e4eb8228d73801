//! What a channel may be asked, and what it answers.

use super::acknowledge::Acknowledge;
use super::policy::SetChannelPolicy;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, OrderId};
use crate::domain::time::Timestamp;

/// Sells units without goods. The envelope's id is the backorder's; each attempt has its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimBackorder {
    /// To which order.
    pub owner: OrderId,
    /// Which units.
    pub lines: Vec<ClaimLine>,
    /// The channel's own limit, for SKUs that have none set.
    pub limit: i64,
    /// How long to hold the room, in milliseconds.
    pub ttl_ms: i64,
    /// Whether the channel tells instead of asking: what it sold is sold, whatever the limit.
    pub told: bool,
}

/// What a channel may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelCommand {
    /// Set a SKU's policy.
    SetPolicy(SetChannelPolicy),
    /// Confirm what is shown of a SKU.
    Acknowledge(Acknowledge),
    /// Sell units without goods.
    Backorder(ClaimBackorder),
    /// Keep a held backorder until it is closed.
    Keep {
        /// Which.
        id: CommandId,
    },
    /// Make a backorder smaller, or close it. What stays is named, not what goes, so that a message that comes twice or
    /// late changes nothing.
    CloseBackorder {
        /// Which.
        id: CommandId,
        /// What stays open at most; a SKU that is not named is closed.
        left: Vec<ClaimLine>,
    },
    /// Say how a backorder stands. Changes nothing.
    FindBackorder {
        /// Which.
        id: CommandId,
    },
}

impl ChannelCommand {
    /// The command's name in metrics and logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::SetPolicy(_) => "set_channel_policy",
            Self::Acknowledge(_) => "acknowledge",
            Self::Backorder(_) => "backorder",
            Self::Keep { .. } => "keep_backorder",
            Self::CloseBackorder { .. } => "close_backorder",
            Self::FindBackorder { .. } => "find_backorder",
        }
    }
}

impl From<SetChannelPolicy> for ChannelCommand {
    fn from(policy: SetChannelPolicy) -> Self {
        Self::SetPolicy(policy)
    }
}

/// Whether a backorder ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackorderState {
    /// It does.
    Held {
        /// When.
        deadline: Timestamp,
    },
    /// It stays until it is closed.
    Kept,
}

/// Units an order was sold without goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backorder {
    /// Which order.
    pub owner: OrderId,
    /// Which units are still open.
    pub lines: Vec<ClaimLine>,
    /// Whether it ends by itself.
    pub state: BackorderState,
}

/// What a channel answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelAnswer {
    /// Done; nothing to add.
    Done,
    /// How a backorder stands after the command; `None` where it has ended or was never there.
    Backorder(Option<Backorder>),
}
