//! Claims that wait for goods, in the order they are served.

use std::collections::{BTreeMap, BTreeSet};

use ahash::AHashMap;

use super::ids::{ChannelId, OrderId, Sku, WaitId};
use super::table::Table;
use super::time::Timestamp;

/// Units an order waits for at one warehouse. They count in no level until goods come; then they are promised to the
/// order under the claim's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// For which channel.
    pub channel: ChannelId,
    /// For which order.
    pub owner: OrderId,
    /// For which goods.
    pub sku: Sku,
    /// Units that still wait.
    pub quantity: i64,
    /// Units promised since the claim began.
    pub served: i64,
    /// Of these, units the desk has booked.
    pub acknowledged: i64,
    /// Whether the safety stock may be had too.
    pub told: bool,
    /// Who is served first; 0 is the most urgent.
    pub priority: u8,
    /// What the customer was promised.
    pub promise: Option<Timestamp>,
    /// When the order was accepted.
    pub accepted_at: Timestamp,
}

impl Waiting {
    /// Units promised that the desk has not booked.
    #[must_use]
    pub const fn unacknowledged(&self) -> i64 {
        self.served.saturating_sub(self.acknowledged)
    }

    /// Whether nothing waits and everything served is booked.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.quantity <= 0 && self.unacknowledged() <= 0
    }

    fn rank(&self, id: &WaitId) -> Rank {
        // Without a promise, last.
        let promise = self.promise.unwrap_or(Timestamp::MAX);
        (self.priority, promise, self.accepted_at, id.clone())
    }
}

/// Who is served first.
type Rank = (u8, Timestamp, Timestamp, WaitId);

/// One SKU's claims per channel and whether it tells: those of one such group may have the same units.
type Queue = BTreeMap<(ChannelId, bool), BTreeSet<Rank>>;

/// The waiting claims of a warehouse.
#[derive(Debug, Clone, Default)]
pub struct WaitingRows {
    rows: Table<WaitId, Waiting>,
    queues: AHashMap<Sku, Queue>,
    of_order: BTreeMap<OrderId, BTreeSet<WaitId>>,
    unacknowledged: BTreeSet<WaitId>,
    /// When to look next whether a SKU's claims can be served. Not state but a note of what was looked at: whatever
    /// changes a SKU notes it again, so a change taken back does too.
    looks: AHashMap<Sku, Timestamp>,
    look_order: BTreeSet<(Timestamp, Sku)>,
}

impl WaitingRows {
    /// One claim.
    #[must_use]
    pub fn get(&self, id: &WaitId) -> Option<&Waiting> {
        self.rows.get(id)
    }

    /// Every claim, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&WaitId, &Waiting)> {
        self.rows.iter()
    }

    /// The claims of one order.
    pub fn of_order(&self, order: &OrderId) -> impl Iterator<Item = (&WaitId, &Waiting)> {
        let ids = self.of_order.get(order).into_iter().flatten();
        ids.filter_map(|id| self.rows.get_key_value(id))
    }

    /// Claims that were served more than their desk has booked.
    pub fn unacknowledged(&self) -> impl Iterator<Item = (&WaitId, &Waiting)> {
        self.unacknowledged.iter().filter_map(|id| self.rows.get_key_value(id))
    }

    /// Units of a SKU that wait.
    #[must_use]
    pub fn units(&self, sku: &Sku) -> i64 {
        let ranks = self.queues.get(sku).into_iter().flat_map(BTreeMap::values).flatten();
        let rows = ranks.filter_map(|(.., id)| self.rows.get(id));
        rows.fold(0_i64, |sum, row| sum.saturating_add(row.quantity))
    }

    /// Per group of a SKU's claims, the one to serve first.
    pub fn heads(&self, sku: &Sku) -> impl Iterator<Item = (&ChannelId, bool, &Rank)> {
        let queue = self.queues.get(sku).into_iter().flatten();
        queue.filter_map(|((channel, told), ranks)| Some((channel, *told, ranks.first()?)))
    }

    /// Sets or removes a claim and gives back what was there.
    pub fn put(&mut self, id: WaitId, value: Option<Waiting>) -> Option<Waiting> {
        if let Some(old) = self.rows.get(&id).cloned() {
            self.unlist(&id, &old);
        }
        if let Some(new) = &value {
            if new.quantity > 0 {
                let group = (new.channel.clone(), new.told);
                let queue = self.queues.entry(new.sku.clone()).or_default();
                queue.entry(group).or_default().insert(new.rank(&id));
                self.note(&new.sku);
            }
            if new.unacknowledged() > 0 {
                self.unacknowledged.insert(id.clone());
            }
            self.of_order.entry(new.owner.clone()).or_default().insert(id.clone());
        }
        self.rows.replace(id, value)
    }

    fn unlist(&mut self, id: &WaitId, old: &Waiting) {
        if let Some(queue) = self.queues.get_mut(&old.sku) {
            let group = (old.channel.clone(), old.told);
            if let Some(ranks) = queue.get_mut(&group) {
                ranks.remove(&old.rank(id));
                if ranks.is_empty() {
                    queue.remove(&group);
                }
            }
            if queue.is_empty() {
                self.queues.remove(&old.sku);
                self.looked(&old.sku, None);
            }
        }
        self.unacknowledged.remove(id);
        if let Some(ids) = self.of_order.get_mut(&old.owner) {
            ids.remove(id);
            if ids.is_empty() {
                self.of_order.remove(&old.owner);
            }
        }
    }

    /// Something of a SKU changed: its claims are to be looked at.
    pub fn note(&mut self, sku: &Sku) {
        if self.queues.contains_key(sku) {
            self.looked(sku, Some(Timestamp::MIN));
        }
    }

    /// A SKU's claims were looked at; nothing changes for them before `next` unless something is noted.
    pub fn looked(&mut self, sku: &Sku, next: Option<Timestamp>) {
        let next = next.filter(|_| self.queues.contains_key(sku));
        let before = match next {
            Some(next) => self.looks.insert(sku.clone(), next),
            None => self.looks.remove(sku),
        };
        if let Some(before) = before {
            self.look_order.remove(&(before, sku.clone()));
        }
        if let Some(next) = next {
            self.look_order.insert((next, sku.clone()));
        }
    }

    /// Whether a SKU's claims are to be looked at by `now`.
    #[must_use]
    pub fn is_due(&self, sku: &Sku, now: Timestamp) -> bool {
        self.looks.get(sku).is_some_and(|at| *at <= now)
    }

    /// When to look next, and at which SKU.
    #[must_use]
    pub fn due(&self) -> Option<&(Timestamp, Sku)> {
        self.look_order.first()
    }

    /// Whether two say the same of every claim, in every order they are kept in.
    #[cfg(test)]
    pub(super) fn agrees(&self, other: &Self) -> bool {
        self.rows == other.rows
            && self.queues == other.queues
            && self.of_order == other.of_order
            && self.unacknowledged == other.unacknowledged
            && self.looks.len() == self.look_order.len()
            && self.looks.keys().all(|sku| self.queues.contains_key(sku))
    }
}
