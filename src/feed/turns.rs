//! When time alone changes something: the next time of each SKU.

use std::collections::BTreeSet;

use ahash::AHashMap;

use super::skus::SkuId;
use crate::domain::time::Timestamp;

/// The next time at which something of a SKU changes by itself; one per SKU, so it is bounded by the SKUs there are.
#[derive(Debug, Default)]
pub struct Turns {
    next: AHashMap<SkuId, Timestamp>,
    order: BTreeSet<(Timestamp, SkuId)>,
}

impl Turns {
    /// Sets a SKU's next time, or takes it away.
    pub fn set(&mut self, id: SkuId, next: Option<Timestamp>) {
        let before = match next {
            Some(next) => self.next.insert(id, next),
            None => self.next.remove(&id),
        };
        if before == next {
            return;
        }
        if let Some(before) = before {
            self.order.remove(&(before, id));
        }
        self.order.extend(next.map(|next| (next, id)));
    }

    /// Sets a SKU's next time where it has none or a later one.
    pub fn sooner(&mut self, id: SkuId, next: Timestamp) {
        if self.next.get(&id).is_none_or(|known| next < *known) {
            self.set(id, Some(next));
        }
    }

    /// Whether any SKU's time has come.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.order.first().is_some_and(|(next, _)| *next <= now)
    }

    /// Takes the SKUs whose time has come.
    pub fn due(&mut self, now: Timestamp) -> Vec<SkuId> {
        let mut due = Vec::new();
        while let Some((_, id)) = self.order.first().copied().filter(|(next, _)| *next <= now) {
            self.set(id, None);
            due.push(id);
        }
        due
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SKU has one time, the newest set; what is due is taken once.
    #[test]
    fn a_sku_turns_once() {
        let (mut turns, at) = (Turns::default(), Timestamp::from_millis);
        let (a, b) = (SkuId::of(1), SkuId::of(2));
        turns.set(a, Some(at(10)));
        turns.set(a, Some(at(30)));
        turns.set(b, Some(at(20)));
        turns.sooner(b, at(25));
        turns.sooner(b, at(15));
        assert_eq!((turns.is_due(at(14)), turns.due(at(20))), (false, vec![b]));
        assert_eq!((turns.due(at(20)), turns.due(at(30)), turns.order.len()), (vec![], vec![a], 0));
    }
}
