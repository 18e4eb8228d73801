//! A text that must not be seen: it prints as stars wherever it is printed by accident.

use std::fmt;

use serde::{Serialize, Serializer};

/// What a secret prints as.
pub(super) const STARS: &str = "********";

/// A password, or an address that may hold one. Only [`Secret::expose`] gives the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one caller that needs it; never for a log, a message or a metric.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No way of printing a secret shows it.
    #[test]
    fn prints_as_stars() {
        let secret = Secret::new("hunter2");
        let seen =
            format!("{secret} {secret:?} {}", serde_json::to_string(&secret).expect("a string serialises"));
        assert!(!seen.contains("hunter2"), "{seen}");
        assert_eq!(secret.expose(), "hunter2");
    }
}
