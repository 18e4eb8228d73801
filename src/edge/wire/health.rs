//! How the daemon does.

use serde::Serialize;
use utoipa::ToSchema;

/// The process answers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Alive {
    /// `alive`.
    pub status: &'static str,
}

/// Stock can be read and changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Ready {
    /// `ready`, or `degraded` where stock can be changed and the broker is not told of it now.
    pub status: &'static str,
    /// Promises that the store's settings weaken, and what keeps the broker from doing its part.
    pub warnings: Vec<String>,
}
