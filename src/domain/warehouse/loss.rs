//! After the store has lost acknowledged entries to another history: claims whose ids it lacks are claimed again.

use std::collections::BTreeMap;

use super::command::{ClaimStock, Command};
use super::state::{Row, Warehouse};
use crate::domain::hold::{Allocation, Claim, Hold, HoldKey};
use crate::domain::ids::{CartId, ChannelId, CommandId, ReservationId};
use crate::domain::machine::{Envelope, Redo};
use crate::domain::memory::Remembered;
use crate::domain::time::Timestamp;

/// How long a lost promise is held while it is claimed again, in milliseconds.
const PROMISE_TTL_MS: i64 = 60_000;

/// What the lost entries left open, per key, newest value.
#[derive(Default)]
struct Lost<'a> {
    holds: BTreeMap<&'a HoldKey, Option<&'a Hold>>,
    allocations: BTreeMap<&'a ReservationId, Option<&'a Allocation>>,
    ids: BTreeMap<&'a CommandId, &'a Remembered>,
}

impl Warehouse {
    /// The loss itself as the first fact, then each lost claim; what can't be had again is recorded as oversold. Lost
    /// promises are claimed and promised again; other lost changes are left to the alarm.
    pub(super) fn claim_again(&self, lost: &[Row], versions: (u64, u64), now: Timestamp) -> Vec<Redo<Self>> {
        let (lost_from, lost_to) = versions;
        let open = fold(lost);
        let about = CommandId::stored(&format!("tail-lost/{lost_from}/{lost_to}"));
        let mut redo = vec![Redo {
            envelope: Envelope { id: about, time: now, timed: true, fingerprint: 0, actor: None },
            command: Command::RecordTailLost { lost_from, lost_to },
            refused: None,
        }];
        for hold in open.holds.values().copied().flatten() {
            for claim in hold.claims().filter(|claim| !self.knows(&claim.reservation)) {
                let whose = (&hold.channel, hold.cart.as_ref());
                redo.push(again(&open, claim, whose, claim.deadline.since(now), now));
            }
        }
        for (id, allocation) in &open.allocations {
            let Some(allocation) = allocation.filter(|_| !self.knows(id)) else { continue };
            let claim = Claim {
                reservation: (*id).clone(),
                attempt: allocation.attempt,
                lines: allocation.lines.clone(),
                plan: allocation.plan.clone(),
                deadline: now.plus(PROMISE_TTL_MS),
            };
            redo.push(again(&open, &claim, (&allocation.channel, None), PROMISE_TTL_MS, now));
            let envelope =
                Envelope { id: id.part("again"), time: now, timed: true, fingerprint: 0, actor: None };
            redo.push(Redo {
                envelope,
                command: Command::Allocate { reservation: (*id).clone() },
                refused: None,
            });
        }
        redo
    }

    fn knows(&self, id: &ReservationId) -> bool {
        self.hold_of.contains_key(id) || self.allocations.contains_key(id) || self.memory.get(id).is_some()
    }
}

fn fold(rows: &[Row]) -> Lost<'_> {
    let mut lost = Lost::default();
    for row in rows {
        match row {
            Row::Hold(key, hold) => {
                lost.holds.insert(key, hold.as_ref());
            }
            Row::Allocation(id, allocation) => {
                lost.allocations.insert(id, allocation.as_ref());
            }
            Row::Remembered(id, Some(known)) => {
                lost.ids.insert(id, known);
            }
            Row::Level(..)
            | Row::Policy(..)
            | Row::Mark(..)
            | Row::Bucket(..)
            | Row::Remembered(_, None)
            | Row::Totals(_)
            | Row::Floors(_) => {}
        }
    }
    lost
}

fn again(
    lost: &Lost<'_>,
    claim: &Claim,
    (channel, cart): (&ChannelId, Option<&CartId>),
    ttl_ms: i64,
    now: Timestamp,
) -> Redo<Warehouse> {
    let id = claim.reservation.clone();
    let known = lost.ids.get(&id);
    let fingerprint = known.map_or(0, |known| known.fingerprint);
    Redo {
        envelope: Envelope { id: id.clone(), time: now, timed: true, fingerprint, actor: None },
        command: Command::Claim(ClaimStock {
            attempt: claim.attempt,
            channel: channel.clone(),
            cart: cart.cloned(),
            lines: claim.lines.clone(),
            plan: claim.plan.clone(),
            ttl_ms,
            told: true,
            partial: false,
        }),
        refused: Some(Command::RecordOversold {
            reservation: id,
            channel: channel.clone(),
            lines: claim.lines.clone(),
        }),
    }
}
