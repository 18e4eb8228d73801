//! Rules of the house that the compiler does not know: who may know whom, how large a file may be, and that what is
//! written for people (README, shipped configuration) says what the code does.

#[path = "tidy/documents.rs"]
mod documents;
#[path = "tidy/fences.rs"]
mod fences;
#[path = "tidy/metrics.rs"]
mod metrics;
#[path = "tidy/observability.rs"]
mod observability;
#[path = "tidy/sources.rs"]
mod sources;
#[path = "tidy/words.rs"]
mod words;

/// Fails with every breach at once, so that one run is enough to mend them.
fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breaches:\n  {}", breaches.len(), breaches.join("\n  "));
}
