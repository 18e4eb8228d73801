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
        self.must_fit_named("lines", lines)
    }

    /// Refuses a request with none or too many of what stands in a field.
    pub(super) fn must_fit_named(&self, field: &str, lines: usize) -> Result<(), Problem> {
        let most = self.settings.limits.lines_per_request;
        if lines == 0 || lines as u64 > most {
            return Err(Problem::invalid(
                field,
                format!("{field}: found {lines}; 1 to {most} {field} are right"),
            ));
        }
        Ok(())
    }
}
