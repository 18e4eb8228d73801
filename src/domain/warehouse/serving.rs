//! Who of those that wait gets goods: by priority, promise, acceptance; in part if need be; as far as they are free.

use super::command::Promised;
use super::state::{Row, Warehouse};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::hold::{Allocation, ClaimLine, Plan, quantity_of};
use crate::domain::ids::{ChannelId, OrderId, ReservationId, Sku, WaitId};
use crate::domain::machine::{Draft, Moment};
use crate::domain::policy::free;
use crate::domain::quantity::{Quantity, add, sub};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

impl Warehouse {
    /// Promises goods to claims that wait for them, of SKUs something has changed for. Looks at about `limit` claims.
    pub(super) fn serve(
        &mut self,
        moment: &Moment,
        limit: usize,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        let mut left = limit;
        while left > 0 {
            let due = self.waiting.due().filter(|(at, _)| *at <= moment.now);
            let Some(sku) = due.map(|(_, sku)| sku.clone()) else { break };
            let served = self.serve_sku(moment, &sku, left, draft)?;
            left = left.saturating_sub(served.max(1));
        }
        Ok(())
    }

    /// The same for one SKU; answers how many claims were served. A SKU whose claims were not all looked at stays due.
    pub(super) fn serve_sku(
        &mut self,
        moment: &Moment,
        sku: &Sku,
        limit: usize,
        draft: &mut Draft<Self>,
    ) -> Result<usize, Refusal> {
        let mut served = 0_usize;
        while let Some((id, units)) = self.next_served(sku, moment.now) {
            if served >= limit {
                return Ok(served);
            }
            self.serve_one(moment, &id, units, draft)?;
            served = served.saturating_add(1);
        }
        // Time alone may free more: where safety stock or a fence ends.
        let turn = self.policies.get(sku).and_then(|policy| policy.turn(moment.now));
        self.waiting.looked(sku, turn);
        Ok(served)
    }

    /// The claim that is served next and how many units it can have.
    pub(super) fn next_served(&self, sku: &Sku, now: Timestamp) -> Option<(WaitId, i64)> {
        let level = self.levels.get(sku)?;
        if level.net() <= 0 {
            return None;
        }
        let policy = self.policies.get(sku);
        let heads = self.waiting.heads(sku);
        let can = heads.filter_map(|(channel, told, rank)| {
            let free = free(level, policy, channel, told, now);
            (free > 0).then_some((rank, free))
        });
        let ((.., id), free) = can.min_by_key(|(rank, _)| *rank)?;
        Some((id.clone(), self.waiting.get(id)?.quantity.min(free)))
    }

    fn serve_one(
        &mut self,
        moment: &Moment,
        id: &WaitId,
        units: i64,
        draft: &mut Draft<Self>,
    ) -> Result<(), Refusal> {
        let Some(mut waiting) = self.waiting.get(id).cloned() else { return Ok(()) };
        let mut allocation = self.promise_of(moment, id, (&waiting.channel, &waiting.owner));
        let sku = &waiting.sku;
        let before = quantity_of(&allocation.lines, sku);
        let after = add(before, units)?;
        self.redraw(draft, moment, (&waiting.channel, sku), (before, after), &mut allocation.draws);
        match allocation.lines.iter_mut().find(|line| line.sku == *sku) {
            Some(line) => line.quantity = after,
            None => allocation.lines.push(ClaimLine { sku: sku.clone(), quantity: after }),
        }
        // A count that leaves out what was asked for takes the newest time for all of it: the lower figure.
        allocation.requested_at = moment.now;
        let line = self.touch(draft, moment, sku, units, |level| {
            level.allocated = add(level.allocated, units)?;
            Ok(())
        })?;
        let fact = Fact::new(FactKind::WaitingServed).lines(vec![line]).of_order(Some(&waiting.owner));
        draft.fact(fact.held_by(id, &waiting.channel, None));
        waiting.quantity = sub(waiting.quantity, units)?;
        waiting.served = add(waiting.served, units)?;
        draft.put(self, Row::Allocation(id.clone(), Some(allocation)));
        draft.put(self, Row::Waiting(id.clone(), Some(waiting)));
        Ok(())
    }

    /// A promise as it stands, or one of nothing yet.
    fn promise_of(
        &self,
        moment: &Moment,
        id: &ReservationId,
        (channel, owner): (&ChannelId, &OrderId),
    ) -> Allocation {
        self.allocations.get(id).cloned().unwrap_or_else(|| Allocation {
            channel: channel.clone(),
            cart: None,
            owner: Some(owner.clone()),
            lines: Vec::new(),
            draws: Vec::new(),
            requested_at: moment.now,
            attempt: 0,
            plan: Plan::default(),
        })
    }

    /// Promises goods that came with a transfer to the orders they were promised to where they left, before anybody who
    /// waits is served: they were never free. They draw on no fence, for what is free is no less for them.
    pub(super) fn promise_what_came(
        &mut self,
        draft: &mut Draft<Self>,
        moment: &Moment,
        sku: &Sku,
        promised: &[Promised],
    ) -> Result<(), Refusal> {
        for Promised { claim, order, channel, quantity } in promised {
            let units = Quantity::new(*quantity).ok_or(Refusal::OutOfRange)?.units();
            let mut allocation = self.promise_of(moment, claim, (channel, order));
            match allocation.lines.iter_mut().find(|line| line.sku == *sku) {
                Some(line) => line.quantity = add(line.quantity, units)?,
                None => allocation.lines.push(ClaimLine { sku: sku.clone(), quantity: units }),
            }
            allocation.requested_at = moment.now;
            let line = self.touch(draft, moment, sku, units, |level| {
                level.allocated = add(level.allocated, units)?;
                Ok(())
            })?;
            let fact = Fact::new(FactKind::Allocated).lines(vec![line]).of_order(Some(order));
            draft.fact(fact.held_by(claim, channel, None));
            draft.put(self, Row::Allocation(claim.clone(), Some(allocation)));
        }
        Ok(())
    }
}
