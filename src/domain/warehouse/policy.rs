//! Setting safety stock, fences and the limits of alerts.

use super::command::{Answer, SetStockPolicy};
use super::state::{Row, Warehouse};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::machine::{Draft, Envelope, Moment};
use crate::domain::memory::{Class, Outcome, Remembered};
use crate::domain::policy::Fence;
use crate::domain::refusal::Refusal;

impl Warehouse {
    /// The figure and times last set change nothing; another figure sets what is left of a fence anew, and what was
    /// drawn before is then not given back.
    pub(super) fn set_policy(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &SetStockPolicy,
        draft: &mut Draft<Self>,
    ) -> Result<Answer, Refusal> {
        if self.memory.recall(envelope)?.is_some() {
            return Ok(Answer::Done);
        }
        self.memory.admit(envelope, Class::Hold, moment.now)?;
        let mut policy = self.policies.get(&command.sku).cloned().unwrap_or_default();
        let before = policy.clone();
        if let Some(safety_stock) = command.safety_stock {
            policy.safety_stock = safety_stock;
        }
        policy.alerts.low_stock = command.low_stock.unwrap_or(policy.alerts.low_stock);
        policy.alerts.overstock = command.overstock.unwrap_or(policy.alerts.overstock);
        for (channel, set) in &command.fences {
            let known = policy.fences.iter_mut().find(|fence| fence.channel == *channel);
            match (known, set) {
                (Some(fence), Some(set)) if fence.set == *set => {}
                (Some(fence), Some(set)) => {
                    fence.set = *set;
                    fence.left = set.value.max(0);
                    // Above the last one also where one batch sets a fence twice, so that no older draw fits it.
                    fence.set_by = moment.version.max(fence.set_by.saturating_add(1));
                }
                (None, Some(set)) => policy.fences.push(Fence {
                    channel: channel.clone(),
                    set: *set,
                    left: set.value.max(0),
                    set_by: moment.version,
                }),
                (_, None) => policy.fences.retain(|fence| fence.channel != *channel),
            }
        }
        if policy != before {
            let kept = (!policy.is_empty()).then_some(policy);
            draft.put(self, Row::Policy(command.sku.clone(), kept));
            let line = self.touch(draft, moment, &command.sku, 0, |_| Ok(()))?;
            draft.fact(Fact::new(FactKind::PolicySet).lines(vec![line]));
        }
        let (time, fingerprint) = (envelope.time, envelope.fingerprint);
        let remembered = Remembered { class: Class::Hold, time, fingerprint, outcome: Outcome::Done };
        self.remember(draft, &envelope.id, remembered);
        Ok(Answer::Done)
    }
}
