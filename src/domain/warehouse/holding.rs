//! The one way a hold changes: [`Warehouse::set_hold`] moves reserved units and fence draws with it.

use super::state::{Row, Warehouse};
use crate::domain::fact::FactLine;
use crate::domain::hold::{Claim, Draw, Hold, HoldKey};
use crate::domain::ids::{ChannelId, ReservationId, Sku};
use crate::domain::machine::{Draft, Moment};
use crate::domain::memory::{Class, End, Outcome, Remembered};
use crate::domain::quantity::add;
use crate::domain::refusal::Refusal;

impl Warehouse {
    /// Replaces a hold by another state of it (or by nothing): reserved units follow, and fences are drawn on for what
    /// is more and given back what is less. Returns one line per SKU whose reserved figure moved.
    pub(super) fn set_hold(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        key: &HoldKey,
        new: Option<Hold>,
    ) -> Result<Vec<FactLine>, Refusal> {
        let old = self.holds.get(key).cloned();
        let mut new = new;
        let mut skus: Vec<Sku> = old.iter().chain(new.iter()).flat_map(Hold::skus).collect();
        skus.sort_unstable();
        skus.dedup();
        let mut lines = Vec::with_capacity(skus.len());
        for sku in skus {
            let before = old.as_ref().map_or(0, |hold| hold.held(&sku));
            let after = new.as_ref().map_or(0, |hold| hold.held(&sku));
            if before == after {
                continue;
            }
            if let Some(channel) = old.as_ref().or(new.as_ref()).map(|hold| hold.channel.clone()) {
                let mut draws = new.as_mut().map(|hold| std::mem::take(&mut hold.draws)).unwrap_or_default();
                if new.is_none() {
                    draws = old.as_ref().map(|hold| hold.draws.clone()).unwrap_or_default();
                }
                self.redraw(draft, moment, (&channel, &sku), (before, after), &mut draws);
                if let Some(hold) = &mut new {
                    hold.draws = draws;
                }
            }
            let change = after.saturating_sub(before);
            lines.push(self.touch(draft, moment, &sku, change, |level| {
                level.reserved = add(level.reserved, change)?;
                Ok(())
            })?);
        }
        draft.put(self, Row::Hold(key.clone(), new));
        Ok(lines)
    }

    /// Draws on the channel's fence for an increase, gives back for a decrease. The general stock is given back first,
    /// as it was claimed last.
    pub(super) fn redraw(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        (channel, sku): (&ChannelId, &Sku),
        (before, after): (i64, i64),
        draws: &mut Vec<Draw>,
    ) {
        let Some(mut policy) = self.policies.get(sku).cloned() else { return };
        let Some(fence) = policy.fences.iter_mut().find(|fence| fence.channel == *channel) else { return };
        let drawn = draws.iter().position(|draw| draw.sku == *sku);
        let mut draw = drawn.map_or_else(
            || Draw { sku: sku.clone(), quantity: 0, set_by: fence.set_by },
            |at| draws.swap_remove(at),
        );
        if draw.set_by != fence.set_by {
            draw = Draw { sku: sku.clone(), quantity: 0, set_by: fence.set_by };
        }
        let more = after.saturating_sub(before);
        let active = fence.set.at(moment.now).is_some();
        let moved = if more > 0 {
            if active { more.min(fence.left.max(0)) } else { 0 }
        } else {
            draw.quantity.saturating_sub(after).max(0).saturating_neg()
        };
        draw.quantity = draw.quantity.saturating_add(moved);
        fence.left = fence.left.saturating_sub(moved);
        if draw.quantity > 0 {
            draws.push(draw);
            draws.sort_unstable_by(|a, b| a.sku.cmp(&b.sku));
        }
        if moved != 0 {
            draft.put(self, Row::Policy(sku.clone(), Some(policy)));
        }
    }

    /// Notes how a claim ended, so that it stays readable for the hold window. `claim` says what it was where its id
    /// was forgotten meanwhile.
    pub(super) fn note_end(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        reservation: &ReservationId,
        how: End,
        claim: Option<&Claim>,
    ) {
        let known = self.memory.get(reservation).cloned();
        let (time, fingerprint, first) = match known {
            Some(Remembered { time, fingerprint, outcome, .. }) => (time, fingerprint, Some(outcome)),
            None => (moment.now, 0, None),
        };
        let outcome = match (first, claim) {
            (Some(Outcome::Claimed { attempt, lines, deadline, .. }), _) => {
                Outcome::Claimed { attempt, lines, deadline, end: Some(how) }
            }
            (_, Some(claim)) => Outcome::Claimed {
                attempt: claim.attempt,
                lines: claim.lines.clone(),
                deadline: claim.deadline,
                end: Some(how),
            },
            (_, None) => return,
        };
        let remembered = Remembered { class: Class::Hold, time: time.max(moment.now), fingerprint, outcome };
        self.remember(draft, reservation, remembered);
    }
}
