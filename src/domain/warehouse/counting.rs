//! Counts: an absolute figure as of a time, corrected by the movements it did not know of.

use super::command::{Answer, CountLine};
use super::state::{Row, Warehouse};
use crate::domain::count::{Mark, Measures, uncovered};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::Sku;
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{Class, Outcome, Remembered};
use crate::domain::quantity::{add, sub};
use crate::domain::refusal::Refusal;

/// A count dated "now" may lie this much ahead of our clock, in milliseconds; it then counts as of our now.
const SKEW_MAX_MS: i64 = 1_000;

impl Warehouse {
    pub(super) fn count(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        line: &CountLine,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        let level = self.levels.get(&line.sku).copied().unwrap_or_default();
        let last = self.marks.get(&line.sku);
        let again = last.is_some_and(|last| {
            last.source == line.source
                && last.as_of == line.as_of
                && last.figure == line.figure
                && last.measures == line.measures
        });
        if self.memory.recall(envelope)?.is_some() || again {
            return Ok(Answer::Moved { covered: false, level });
        }
        self.timely(moment, line, last)?;
        if line.seen.is_some_and(|seen| seen >= moment.version) {
            return Err(Refusal::UnknownSeen);
        }
        let mark = Mark {
            source: line.source.clone(),
            as_of: line.as_of.min(moment.now),
            figure: line.figure,
            measures: line.measures,
            lag_ms: line.lag_ms,
        };
        let counted = match line.measures {
            Measures::OnHand => line.figure,
            Measures::Available => {
                let asked_for = self.allocated_before(&line.sku, &mark);
                add(add(line.figure, level.unavailable())?, asked_for)?
            }
        };
        let on_hand = add(counted, self.not_covered(&line.sku, &mark, line.seen))?;
        let change = sub(on_hand, level.on_hand)?;
        self.total(draft, |totals| &mut totals.corrected, change)?;
        draft.put(self, Row::Mark(line.sku.clone(), Some(mark)));
        let fact_line = self.touch(draft, moment, &line.sku, change, |level| {
            level.on_hand = on_hand;
            Ok(())
        })?;
        let level = fact_line.after;
        let mut fact = Fact::new(FactKind::Counted).lines(vec![fact_line]).at(line.as_of);
        fact.source = Some(line.source.clone());
        draft.fact(fact);
        // Counts are not bound to a window, so their ids' times are not checked; one from the future must not raise the
        // floor beyond our clock when it is forgotten.
        let (time, fingerprint) = (envelope.time.min(moment.now), envelope.fingerprint);
        let outcome = Outcome::Moved { covered: false };
        self.remember(draft, &envelope.id, Remembered { class: Class::Movement, time, fingerprint, outcome });
        Ok(Answer::Moved { covered: false, level })
    }

    /// Refuses a count that is not newer than the SKU's last, older than the horizon, or from the future. A lagging
    /// source must reach back to movements that are still kept, or they would silently be taken as known to it.
    fn timely(&self, moment: &Moment, line: &CountLine, last: Option<&Mark>) -> Result<(), Refusal> {
        let oldest = moment.now.minus(self.rules.count_horizon_ms);
        let last = last.map(|last| last.as_of);
        if line.as_of.minus(line.lag_ms) < oldest
            || line.as_of > moment.now.plus(SKEW_MAX_MS)
            || last.is_some_and(|last| line.as_of <= last)
        {
            return Err(Refusal::StaleCount { last, oldest, newest: moment.now.plus(SKEW_MAX_MS) });
        }
        Ok(())
    }

    /// Units whose shipping was asked for before the count, which its source no longer offers.
    fn allocated_before(&self, sku: &Sku, mark: &Mark) -> i64 {
        let cut = mark.as_of.minus(mark.lag_ms);
        let rows = self.allocated_of.get(sku).into_iter().flatten();
        rows.filter(|(_, (requested_at, _))| *requested_at < cut)
            .fold(0_i64, |sum, (_, (_, quantity))| sum.saturating_add(*quantity))
    }

    fn not_covered(&self, sku: &Sku, mark: &Mark, seen: Option<u64>) -> i64 {
        let minutes = self.buckets.get(sku).into_iter().flatten();
        minutes
            .fold(0_i64, |sum, (minute, bucket)| sum.saturating_add(uncovered(*minute, bucket, mark, seen)))
    }
}
