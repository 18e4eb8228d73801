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
    /// `ready`.
    pub status: &'static str,
    /// Promises that the store's settings weaken.
    pub warnings: Vec<String>,
}
