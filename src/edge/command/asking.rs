//! Somebody who asks, and the house.

use std::sync::Arc;

use crate::config::Settings;
use crate::edge::auth::Caller;
use crate::edge::door::Inside;
use crate::edge::fault::Problem;

/// Somebody who asks, and the house.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The house.
    pub inside: Arc<Inside>,
    /// The settings that hold for this request.
    pub settings: Arc<Settings>,
    /// Who asks.
    pub caller: Caller,
}

impl Asking {
    /// Refuses a request with no lines or too many.
    pub(super) fn must_fit(&self, lines: usize) -> Result<(), Problem> {
        let most = self.settings.limits.lines_per_request;
        if lines == 0 || lines as u64 > most {
            return Err(Problem::invalid(
                "lines",
                format!("lines: found {lines}; 1 to {most} lines are right"),
            ));
        }
        Ok(())
    }
}
