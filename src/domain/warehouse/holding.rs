//! The one way a hold changes: `Warehouse::set_hold` moves reserved units and fence draws with it.

use super::state::{Row, Warehouse};
use crate::domain::fact::FactLine;
use crate::domain::hold::{Claim, Draw, Hold, HoldKey};
use crate::domain::ids::{ChannelId, ReservationId, Sku};
use crate::domain::machine::{Draft, Moment};
use crate::domain::memory::{Class, End, Outcome, Remembered};
use crate::domain::policy::Fence;
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
        mut new: Option<Hold>,
    ) -> Result<Vec<FactLine>, Refusal> {
        let old = self.holds.get(key);
        let moved = moved(old, new.as_ref());
        let Some(channel) = old.or(new.as_ref()).map(|hold| hold.channel.clone()) else {
            return Ok(Vec::new());
        };
        let mut draws = match &mut new {
            Some(hold) => std::mem::take(&mut hold.draws),
            None => old.map(|hold| hold.draws.clone()).unwrap_or_default(),
        };
        let mut lines = Vec::with_capacity(moved.len());
        for (sku, before, after) in moved {
            self.redraw(draft, moment, (&channel, &sku), (before, after), &mut draws);
            let change = after.saturating_sub(before);
            lines.push(self.touch(draft, moment, &sku, change, |level| {
                level.reserved = add(level.reserved, change)?;
                Ok(())
            })?);
        }
        if let Some(hold) = &mut new {
            hold.draws = draws;
        }
        draft.put(self, Row::Hold(key.clone(), new));
        Ok(lines)
    }

    /// Draws on the channel's fence for an increase, gives back for a decrease. The general stock is given back first,
    /// as it was claimed last. What was drawn from a fence that is gone or was set anew is forgotten.
    pub(super) fn redraw(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        (channel, sku): (&ChannelId, &Sku),
        (before, after): (i64, i64),
        draws: &mut Vec<Draw>,
    ) {
        let drawn = draws.iter().position(|draw| draw.sku == *sku).map(|at| draws.swap_remove(at));
        let policy = self.policies.get(sku);
        let own = |fence: &&Fence| fence.channel == *channel;
        let Some(fence) = policy.and_then(|policy| policy.fences.iter().find(own)) else { return };
        let set_by = fence.set_by;
        let drawn = drawn.filter(|draw| draw.set_by == set_by).map_or(0, |draw| draw.quantity);
        let more = after.saturating_sub(before);
        let active = fence.set.at(moment.now).is_some();
        let moved = if more > 0 {
            if active { more.min(fence.left.max(0)) } else { 0 }
        } else {
            drawn.saturating_sub(after).max(0).saturating_neg()
        };
        let quantity = drawn.saturating_add(moved);
        if quantity > 0 {
            draws.push(Draw { sku: sku.clone(), quantity, set_by });
            draws.sort_unstable_by(|a, b| a.sku.cmp(&b.sku));
        }
        if moved != 0
            && let Some(mut policy) = policy.cloned()
        {
            for fence in policy.fences.iter_mut().filter(|fence| fence.channel == *channel) {
                // Never above what was set: one batch may take a fence away and set it again.
                fence.left = fence.left.saturating_sub(moved).min(fence.set.value.max(0));
            }
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
            (Some(Outcome::Claimed(mut claimed)), _) => {
                claimed.end = Some(how);
                Outcome::Claimed(claimed)
            }
            (_, Some(claim)) => {
                Outcome::claimed(claim.attempt, claim.lines.clone(), claim.deadline, Some(how))
            }
            (_, None) => return,
        };
        let remembered = Remembered { class: Class::Hold, time: time.max(moment.now), fingerprint, outcome };
        self.remember(draft, reservation, remembered);
    }
}

/// The SKUs of which the two states hold different units, with the units before and after.
fn moved(old: Option<&Hold>, new: Option<&Hold>) -> Vec<(Sku, i64, i64)> {
    let lines = old.into_iter().chain(new).flat_map(Hold::claims).flat_map(|claim| &claim.lines);
    let mut moved: Vec<(Sku, i64, i64)> = lines
        .filter_map(|line| {
            let units = |hold: Option<&Hold>| hold.map_or(0, |hold| hold.held(&line.sku));
            let (before, after) = (units(old), units(new));
            (before != after).then(|| (line.sku.clone(), before, after))
        })
        .collect();
    moved.sort_unstable();
    moved.dedup();
    moved
}
