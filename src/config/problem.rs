//! What is wrong with a configuration: every finding names its key path, what was found and what would be right.

use std::fmt;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: `limits.batch_commands`, `channel[1].warehouses`; empty where the file as a whole is meant.
    pub path: String,
    /// What was found there, with its source, or what is missing. Never a secret.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(f, "{}; {}", self.found, self.expected);
        }
        write!(f, "{}: {}; {}", self.path, self.found, self.expected)
    }
}

/// Every finding of one load, so that a file is mended in one go; never empty when it is returned as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// Whether anything was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something was found at this very path.
    pub(super) fn names(&self, path: &str) -> bool {
        self.0.iter().any(|problem| problem.path == path)
    }

    pub(super) fn add(
        &mut self,
        path: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        self.0.push(Problem { path: path.into(), found: found.into(), expected: expected.into() });
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} problem{} in the configuration", if count == 1 { "" } else { "s" })?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
