//! What time makes due: holds expire, safety stock turns, waiting claims are served, ids and old movements are forgotten.
//! Bounded per batch.

use super::state::{Row, Warehouse};
use crate::domain::fact::FactKind;
use crate::domain::hold::HoldKey;
use crate::domain::ids::ReservationId;
use crate::domain::machine::{Draft, Moment};
use crate::domain::memory::End;
use crate::domain::time::Timestamp;

impl Warehouse {
    pub(super) fn keep_up(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>) {
        let mark = draft.mark();
        self.turn_safety(moment, limit, draft);
        if moment.may_expire {
            let due: Vec<HoldKey> = self
                .deadlines
                .iter()
                .take_while(|(deadline, _)| *deadline <= moment.now)
                .take(limit)
                .map(|(_, key)| key.clone())
                .collect();
            for key in due {
                self.expire(moment, &key, draft);
            }
        }
        let served = self.serve(moment, limit, draft);
        debug_assert!(served.is_ok(), "promising what is free stays within range");
        let told = self.tell_crossings(moment, mark, draft);
        debug_assert!(told.is_ok(), "telling of figures changes none");
        if let Some(floors) = self.memory.floors_due(&self.rules.windows, moment.now) {
            draft.put(self, Row::Floors(floors));
        }
        for id in self.memory.movements_due(limit) {
            draft.put(self, Row::Remembered(id, None));
        }
        let oldest = moment.now.minus(self.rules.count_horizon_ms).minute();
        let old: Vec<_> =
            self.bucket_ages.iter().take_while(|key| key.minute < oldest).take(limit).cloned().collect();
        for key in old {
            draft.put(self, Row::Bucket(key, None));
        }
    }

    /// Ends what is due of one hold; an amendment that waited takes the place of a claim that ends.
    fn expire(&mut self, moment: &Moment, key: &HoldKey, draft: &mut Draft<Self>) {
        let due: Vec<ReservationId> = self.holds.get(key).map_or_else(Vec::new, |hold| {
            let due = hold.claims().filter(|claim| claim.deadline <= moment.now);
            due.map(|claim| claim.reservation.clone()).collect()
        });
        for id in due {
            let ended = self.end_claim(draft, moment, key, &id, (End::Expired, FactKind::Expired));
            debug_assert!(ended.is_ok(), "giving back what was held stays within range");
        }
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let hold = self.deadlines.first().map(|(deadline, _)| *deadline);
        let ids = self.memory.due(&self.rules.windows);
        let bucket = self.bucket_ages.first().map(|key| {
            let minute = key.minute.saturating_add(1).saturating_mul(60_000);
            Timestamp::from_millis(minute).plus(self.rules.count_horizon_ms)
        });
        let waiting = self.waiting.due().map(|(at, _)| *at);
        let turn = self.turns.first().map(|(at, _)| *at);
        [hold, ids, bucket, waiting, turn].into_iter().flatten().min()
    }
}
