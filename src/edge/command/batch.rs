//! Many lines in one request: asked a bounded number at a time, answered one by one in the order sent.

use std::future::Future;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::body::located;
use crate::actor::fault::{Class, Fault};
use crate::domain::ids::Sku;
use crate::edge::fault::Problem;
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// Lines in flight at once: enough to fill an actor's batches, few enough to leave its queue to others.
const IN_FLIGHT: usize = 512;
/// How long lines told `busy` are asked again.
const BUSY_DEADLINE: Duration = Duration::from_secs(20);
/// How long to wait before a line told `busy` is asked again.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// A line as sent, and its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) index: usize,
    /// The field it stands in.
    field: &'static str,
    raw: &'a RawValue,
}

/// Why a line was not applied.
#[derive(Debug)]
pub(super) enum Unapplied {
    /// It is not right: the field, and what would be.
    Invalid(&'static str, String),
    /// What the house said.
    Fault(Fault),
}

impl From<Fault> for Unapplied {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Carries lines out. Where the store is away and nothing was applied, the whole request is answered so.
pub(super) async fn carry_out<'a, T, F, A>(lines: &'a [&'a RawValue], act: A) -> Result<Verdicts, Problem>
where
    T: DeserializeOwned,
    F: Future<Output = Result<Verdict, Unapplied>>,
    A: Fn(usize, T) -> F,
{
    carry_out_named("lines", lines, act).await
}

/// Carries out lines that stand in a field of another name.
pub(super) async fn carry_out_named<'a, T, F, A>(
    field: &'static str,
    lines: &'a [&'a RawValue],
    act: A,
) -> Result<Verdicts, Problem>
where
    T: DeserializeOwned,
    F: Future<Output = Result<Verdict, Unapplied>>,
    A: Fn(usize, T) -> F,
{
    let until = Instant::now() + BUSY_DEADLINE;
    let act = &act;
    let mut decided = Vec::with_capacity(lines.len());
    let mut waiting = FuturesOrdered::new();
    for (index, raw) in lines.iter().enumerate() {
        if waiting.len() >= IN_FLIGHT {
            decided.extend(waiting.next().await);
        }
        waiting.push_back(decide(Line { index, field, raw }, until, act));
    }
    while let Some(last) = waiting.next().await {
        decided.push(last);
    }
    let none_applied = decided.iter().all(Result::is_err);
    let unknown = |line: &Result<Verdict, Unapplied>| match line {
        Err(Unapplied::Fault(fault)) => fault.class() == Class::Unknown,
        Ok(_) | Err(Unapplied::Invalid(..)) => false,
    };
    if none_applied && decided.iter().any(unknown) {
        // Some line may be done: another line's `busy` must not promise that none is.
        return Err(Fault::OutcomeUnknown.into());
    }
    let mut results = Vec::with_capacity(decided.len());
    for (raw, decided) in lines.iter().zip(decided) {
        results.push(match decided {
            Ok(verdict) => verdict,
            Err(Unapplied::Invalid(_, detail)) => Verdict::refused(sku_of(raw), "invalid", detail),
            Err(Unapplied::Fault(fault)) => {
                if none_applied && fault.class() != Class::Refused {
                    return Err(fault.into());
                }
                Verdict::refused(sku_of(raw), fault.code(), fault.to_string())
            }
        });
    }
    Ok(Verdicts::of(results))
}

async fn decide<'a, T, F, A>(line: Line<'a>, until: Instant, act: &A) -> Result<Verdict, Unapplied>
where
    T: DeserializeOwned,
    F: Future<Output = Result<Verdict, Unapplied>>,
    A: Fn(usize, T) -> F,
{
    loop {
        match act(line.index, line.parse()?).await {
            Err(Unapplied::Fault(Fault::Busy)) if Instant::now() < until => {
                tokio::time::sleep(BUSY_PAUSE).await;
            }
            Err(Unapplied::Invalid(part, detail)) => {
                let Line { field, index, .. } = line;
                return Err(Unapplied::Invalid(part, format!("{field}[{index}].{part}: {detail}")));
            }
            decided => return decided,
        }
    }
}

impl Line<'_> {
    fn parse<T: DeserializeOwned>(&self) -> Result<T, Unapplied> {
        let text = self.raw.get();
        serde_json::from_str(text).map_err(|error| {
            let (path, said) = located::<T>(text.as_bytes(), &error);
            let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
            let detail = format!("{}[{}]{dot}{path}: {said}", self.field, self.index);
            // The detail reaches the caller as a verdict; it hides addresses as a problem does.
            let hidden = Problem::invalid("", detail).detail.unwrap_or_default().into_owned();
            Unapplied::Invalid("", hidden)
        })
    }
}

/// The SKU a line names, as far as it can be read.
fn sku_of(raw: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        sku: String,
    }
    let named: Named = serde_json::from_str(raw.get()).ok()?;
    Sku::parse(&named.sku).ok().map(|_| named.sku)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where one line's outcome is unknown, another line's fault does not promise that nothing was done.
    #[tokio::test]
    async fn an_unknown_outcome_is_told_before_others() {
        let raw = RawValue::from_string("{}".to_owned()).unwrap();
        let lines = [&*raw, &*raw];
        let answer = carry_out(&lines, |index, _: serde_json::Value| async move {
            let away = Fault::Unavailable("away".to_owned());
            Err(Unapplied::Fault(if index == 0 { away } else { Fault::OutcomeUnknown }))
        });
        assert_eq!(answer.await.err().map(|problem| problem.code), Some("outcome_unknown"));
    }
}
