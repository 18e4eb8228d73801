//! Telling a part of what happened again, to one queue.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time::Time;

/// What is told again.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// The queue that is told, and no other; it must be there.
    #[schema(min_length = 1, max_length = 255, example = "erp")]
    pub queue: String,
    /// What was recorded at this time or later.
    #[schema(value_type = String, format = DateTime)]
    pub since: Time,
    /// And before this one; now, where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Time>,
    /// Of this journal alone: `w:<warehouse>`, `c:<channel>`, `d:<00 to 15>` (orders) or `i:items`.
    #[serde(default)]
    #[schema(example = "w:BER")]
    pub journal: Option<String>,
    /// `next` of the step before.
    #[serde(default)]
    pub after: Option<String>,
}

/// What one step told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReplayAnswer {
    /// Entries that were told, and confirmed by the broker; each is some messages.
    pub entries: u64,
    /// Send it as `after` for the next step; `null` where all is told.
    pub next: Option<String>,
}
