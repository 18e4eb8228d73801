//! Which documents left memory lately, and with which version of the journal: a command that brings a copy from the
//! archive, or found none there, is carried out only if nothing has changed since the archive was looked at.

use std::collections::VecDeque;

use ahash::AHashMap;

use crate::domain::ids::OrderId;

/// Documents named at most. Of those before, only the newest version is known: whoever looked before that looks again.
pub(super) const LATELY_MAX: usize = 4_096;

/// The documents that changed in the archive lately.
#[derive(Debug, Clone, Default)]
pub(super) struct Lately {
    changed: AHashMap<OrderId, u64>,
    order: VecDeque<(u64, OrderId)>,
    floor: u64,
}

impl Lately {
    /// Notes that a document's place in the archive changed with this version.
    pub(super) fn note(&mut self, id: &OrderId, version: u64) {
        self.changed.insert(id.clone(), version);
        self.order.push_back((version, id.clone()));
        while self.order.len() > LATELY_MAX {
            let Some((version, id)) = self.order.pop_front() else { break };
            self.floor = self.floor.max(version);
            if self.changed.get(&id) == Some(&version) {
                self.changed.remove(&id);
            }
        }
    }

    /// Begins anew at a version; what came before is not known.
    pub(super) fn begin(&mut self, version: u64) {
        *self = Self { floor: version, ..Self::default() };
    }

    /// Whether what was seen of the archive at `version` may be outdated for a document.
    pub(super) fn is_outdated(&self, id: &OrderId, version: u64) -> bool {
        version < self.changed.get(id).copied().unwrap_or(self.floor)
    }

    /// How many changes are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.order.len().max(self.changed.len())
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test figures are small")]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn id(number: u64) -> OrderId {
        OrderId::stored(&format!("00-{number}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// It stays within its bound, never calls outdated what is not known to be so by then, and never trusts a look
        /// older than the document's last change.
        #[test]
        fn outdated_looks_are_known(
            changes in prop::collection::vec(0_u64..6_000, 0..3 * LATELY_MAX),
            begin in 0_u64..50,
        ) {
            let (mut lately, mut last) = (Lately::default(), BTreeMap::new());
            lately.begin(begin);
            for (version, number) in (begin + 1..).zip(changes) {
                lately.note(&id(number), version);
                last.insert(number, version);
                prop_assert!(lately.len() <= LATELY_MAX);
                prop_assert!(lately.is_outdated(&id(number), version - 1));
                prop_assert!(!lately.is_outdated(&id(number), version));
            }
            for (number, version) in last {
                prop_assert!(lately.is_outdated(&id(number), version - 1));
            }
            prop_assert!(begin == 0 || lately.is_outdated(&id(9_999), begin - 1));
        }
    }
}
