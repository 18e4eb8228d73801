//! The audit of a configured store, and its report for people.

use std::fmt::Write as _;

use super::parts;
use super::store::{OpenError, open_to_look};
use crate::actor::audit::{Report, audit};
use crate::config::Settings;

/// Checks every invariant over the configured store.
///
/// # Errors
/// [`OpenError`].
pub async fn run(settings: &Settings) -> Result<Report, OpenError> {
    let journal = open_to_look(settings).await?;
    Ok(audit(journal.as_ref(), parts::rules(settings)).await?)
}

/// The report, a line per journal and one per problem.
#[must_use]
pub fn text(report: &Report) -> String {
    let count = report.journals.len();
    let mut text = String::new();
    for journal in &report.journals {
        let verdict = if journal.problems.is_empty() { "ok" } else { "BROKEN" };
        // Writing into a string does not fail.
        writeln!(
            text,
            "{:<12} {verdict:<7} head {}  entries {}  facts {}  rows {}",
            journal.id.to_string(),
            journal.head,
            journal.entries,
            journal.facts,
            journal.rows
        )
        .unwrap_or_default();
        for problem in &journal.problems {
            writeln!(text, "  {problem}").unwrap_or_default();
        }
    }
    for problem in &report.across {
        writeln!(text, "between journals: {problem}").unwrap_or_default();
    }
    if report.written_meanwhile {
        writeln!(
            text,
            "the store was written to meanwhile: what must hold between journals was not looked at"
        )
        .unwrap_or_default();
    }
    let verdict = match (count, report.is_clean()) {
        (0, true) => "every invariant holds, for nothing was ever written to this store",
        (_, true) => "every invariant holds",
        (_, false) => "invariants are broken",
    };
    let journals = if count == 1 { "journal" } else { "journals" };
    writeln!(text, "{count} {journals}: {verdict}").unwrap_or_default();
    text
}
