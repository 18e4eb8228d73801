//! After the store has lost acknowledged entries to another history: claims whose ids it lacks are claimed again.

use std::collections::BTreeMap;

use super::command::{ClaimStock, Command, WaitForStock};
use super::reservation::Whose;
use super::state::{Row, Warehouse};
use crate::domain::hold::{Allocation, Claim, Hold, HoldKey, quantity_of};
use crate::domain::ids::{CartId, ChannelId, CommandId, OrderId, ReservationId, WaitId};
use crate::domain::machine::{Envelope, Redo};
use crate::domain::memory::Remembered;
use crate::domain::time::Timestamp;
use crate::domain::waiting::Waiting;

/// How long a lost promise is held while it is claimed again, in milliseconds.
const PROMISE_TTL_MS: i64 = 60_000;

/// What the lost entries left open, per key, newest value.
#[derive(Default)]
struct Lost<'a> {
    holds: BTreeMap<&'a HoldKey, Option<&'a Hold>>,
    allocations: BTreeMap<&'a ReservationId, Option<&'a Allocation>>,
    waiting: BTreeMap<&'a WaitId, Option<&'a Waiting>>,
    ids: BTreeMap<&'a CommandId, &'a Remembered>,
}

/// For whom a claim is.
#[derive(Clone, Copy)]
struct Holder<'a> {
    channel: &'a ChannelId,
    cart: Option<&'a CartId>,
    owner: Option<&'a OrderId>,
}

impl Warehouse {
    /// The loss itself as the first fact, then each lost claim; what can't be had again is recorded as oversold. Lost
    /// promises are claimed and promised again; other lost changes are left to the alarm.
    pub(super) fn claim_again(&self, lost: &[Row], versions: (u64, u64), now: Timestamp) -> Vec<Redo<Self>> {
        let (lost_from, lost_to) = versions;
        let open = fold(lost);
        let about = CommandId::stored(&format!("tail-lost/{lost_from}/{lost_to}"));
        let mut redo = vec![Redo {
            envelope: Envelope {
                id: about,
                time: now,
                timed: true,
                fingerprint: 0,
                actor: None,
                trace: None,
            },
            command: Command::RecordTailLost { lost_from, lost_to },
            refused: None,
        }];
        for hold in open.holds.values().copied().flatten() {
            for claim in hold.claims().filter(|claim| !self.knows(&claim.reservation)) {
                let (channel, cart, owner) = (&hold.channel, hold.cart.as_ref(), hold.owner.as_ref());
                let whose = Holder { channel, cart, owner };
                redo.push(again(&open, claim, whose, claim.deadline.since(now), now));
            }
        }
        for (id, waiting) in &open.waiting {
            let Some(waiting) = waiting.filter(|_| !self.knows(id)) else { continue };
            let served = open.allocations.get(id).copied().flatten();
            redo.push(wait_again(&open, id, waiting, served, now));
        }
        for (id, allocation) in &open.allocations {
            let waits = open.waiting.get(id).is_some_and(Option::is_some);
            let Some(allocation) = allocation.filter(|_| !waits && !self.knows(id)) else { continue };
            let claim = Claim {
                reservation: (*id).clone(),
                attempt: allocation.attempt,
                lines: allocation.lines.clone(),
                plan: allocation.plan.clone(),
                deadline: now.plus(PROMISE_TTL_MS),
            };
            let (channel, owner) = (&allocation.channel, allocation.owner.as_ref());
            redo.push(again(&open, &claim, Holder { channel, cart: None, owner }, PROMISE_TTL_MS, now));
            let envelope = Envelope {
                id: id.part("again"),
                time: now,
                timed: true,
                fingerprint: 0,
                actor: None,
                trace: None,
            };
            redo.push(Redo {
                envelope,
                command: Command::Allocate { reservation: (*id).clone(), owner: owner.cloned() },
                refused: None,
            });
        }
        redo
    }

    fn knows(&self, id: &ReservationId) -> bool {
        self.whose(id) != Whose::Nobody || self.waiting.get(id).is_some() || self.memory.get(id).is_some()
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
            Row::Waiting(id, waiting) => {
                lost.waiting.insert(id, waiting.as_ref());
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

fn again(lost: &Lost<'_>, claim: &Claim, whose: Holder<'_>, ttl_ms: i64, now: Timestamp) -> Redo<Warehouse> {
    let id = claim.reservation.clone();
    let known = lost.ids.get(&id);
    let fingerprint = known.map_or(0, |known| known.fingerprint);
    Redo {
        envelope: Envelope { id: id.clone(), time: now, timed: true, fingerprint, actor: None, trace: None },
        command: Command::Claim(ClaimStock {
            attempt: claim.attempt,
            channel: whose.channel.clone(),
            cart: whose.cart.cloned(),
            lines: claim.lines.clone(),
            plan: claim.plan.clone(),
            ttl_ms,
            told: true,
            partial: false,
            owner: whose.owner.cloned(),
            from: None,
            allocate: false,
        }),
        refused: Some(Command::RecordOversold {
            reservation: id,
            channel: whose.channel.clone(),
            lines: claim.lines.clone(),
        }),
    }
}

/// Waits again, also for what had been promised: it is served anew from what is there.
fn wait_again(
    lost: &Lost<'_>,
    id: &WaitId,
    waiting: &Waiting,
    served: Option<&Allocation>,
    now: Timestamp,
) -> Redo<Warehouse> {
    let served = served.map_or(0, |allocation| quantity_of(&allocation.lines, &waiting.sku));
    let fingerprint = lost.ids.get(id).map_or(0, |known| known.fingerprint);
    Redo {
        envelope: Envelope { id: id.clone(), time: now, timed: true, fingerprint, actor: None, trace: None },
        command: Command::Wait(WaitForStock {
            channel: waiting.channel.clone(),
            owner: waiting.owner.clone(),
            sku: waiting.sku.clone(),
            quantity: waiting.quantity.saturating_add(served),
            told: waiting.told,
            priority: waiting.priority,
            promise: waiting.promise,
            accepted_at: waiting.accepted_at,
        }),
        refused: None,
    }
}
