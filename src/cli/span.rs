//! Time spans as people type them.

use std::time::Duration;

/// Reads `10s`, `500ms`, `2m`, `1h 30m`.
///
/// # Errors
/// Words for people: anything that is no positive span.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no time span; write for example 10s, 500ms or 2m");
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    Duration::try_from(signed).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people type is understood, and a bare number is not guessed at.
    #[test]
    fn spans() {
        assert_eq!(span("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(span("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(span("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(span("10").is_err());
        assert!(span("-1s").is_err());
    }
}
