//! What every event says.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::ids::{ActorName, CommandId};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;
use crate::feed::happened::Happened;

/// What every event says first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventHead {
    /// Its id, `<journal>.<version>-<nonce>.<index>`: the same whenever it is sent again, and the one history shows.
    #[schema(example = "w:BER.42-9f1c2b3a4d5e6f70.0")]
    pub event: String,
    /// What happened, in the past tense: `stock_received`, `order_accepted` and so on.
    #[schema(value_type = String, example = "stock_received")]
    pub fact: &'static str,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub at: Time,
    /// When it happened, where that is not when it was recorded; of a count, its as-of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub occurred_at: Option<Time>,
    /// The id of the command that caused it; `null` where time alone did.
    #[schema(value_type = Option<String>)]
    pub command: Option<Text<CommandId>>,
    /// The name of the token it came with.
    pub actor: Option<String>,
}

impl EventHead {
    /// The head of an event about something that happened.
    #[must_use]
    pub fn of(happened: &Happened, fact: &'static str) -> Self {
        let actor = happened.cause.as_ref().and_then(|cause| cause.actor.as_ref());
        Self {
            event: happened.id(),
            fact,
            at: Time(happened.at),
            occurred_at: None,
            command: happened.cause.as_ref().map(|cause| Text(cause.id.clone())),
            actor: actor.map(ActorName::as_str).map(str::to_owned),
        }
    }
}
