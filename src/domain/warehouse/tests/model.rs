//! The same figures another way: every single movement is kept, and every sum is taken anew.

use std::collections::BTreeMap;

use crate::domain::hold::{Claim, quantity_of};
use crate::domain::ids::{ChannelId, OrderId, Sku};
use crate::domain::level::Condition;
use crate::domain::machine::{Envelope, Moment};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{Answer, ClaimStock, Command, CountLine, PartState, Warehouse};

/// One movement; units are signed.
#[derive(Debug, Clone)]
struct Moved {
    sku: Sku,
    at: Timestamp,
    version: u64,
    units: i64,
}

#[derive(Debug, Clone)]
pub(super) struct Model {
    horizon_ms: i64,
    moves: Vec<Moved>,
    last_counts: BTreeMap<Sku, CountLine>,
    pub(super) on_hand: BTreeMap<Sku, i64>,
    pub(super) conditions: BTreeMap<(Sku, Condition), i64>,
}

/// What an id did, kept outside of the warehouse.
#[derive(Debug, Clone)]
pub(super) struct Done {
    pub(super) fingerprint: u64,
    pub(super) attempt: u32,
    pub(super) answer: Answer,
}

fn minute(time: Timestamp) -> i64 {
    time.as_millis() / 60_000
}

impl Model {
    pub(super) fn new(horizon_ms: i64) -> Self {
        let (last_counts, on_hand, conditions) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { horizon_ms, moves: Vec::new(), last_counts, on_hand, conditions }
    }

    pub(super) fn on_hand(&self, sku: &Sku) -> i64 {
        self.on_hand.get(sku).copied().unwrap_or(0)
    }

    pub(super) fn condition(&self, sku: &Sku, condition: Condition) -> i64 {
        self.conditions.get(&(sku.clone(), condition)).copied().unwrap_or(0)
    }

    pub(super) fn unavailable(&self, sku: &Sku) -> i64 {
        self.conditions.iter().filter(|((of, _), _)| of == sku).map(|(_, units)| units).sum()
    }

    pub(super) fn shift(&mut self, sku: &Sku, condition: Condition, by: i64) {
        *self.conditions.entry((sku.clone(), condition)).or_default() += by;
    }

    /// Goods move; says whether the last count had known of them.
    pub(super) fn goods(&mut self, moment: &Moment, sku: &Sku, at: Timestamp, units: i64) -> bool {
        // What is older than the horizon when it is told is in every later count.
        if at >= moment.now.minus(self.horizon_ms) {
            self.moves.push(Moved { sku: sku.clone(), at, version: moment.version, units });
        }
        let covered = self.last_counts.get(sku).is_some_and(|count| {
            if units < 0 {
                at <= count.as_of.minus(count.lag_ms)
            } else {
                at <= count.as_of.plus(count.lag_ms)
            }
        });
        if !covered {
            *self.on_hand.entry(sku.clone()).or_default() += units;
        }
        covered
    }

    /// Whether a count is the last one again.
    pub(super) fn same_count(&self, count: &CountLine) -> bool {
        self.last_counts.get(&count.sku).is_some_and(|last| {
            (&last.source, last.as_of, last.figure, last.measures)
                == (&count.source, count.as_of, count.figure, count.measures)
        })
    }

    /// Whether a count is neither stale nor of something not written yet.
    pub(super) fn takes(&self, moment: &Moment, count: &CountLine) -> bool {
        let newer = self.last_counts.get(&count.sku).is_none_or(|last| count.as_of > last.as_of);
        let oldest = moment.now.minus(self.horizon_ms);
        // Two clocks on one machine round apart: what is a second ahead is dated now.
        let timely = count.as_of <= moment.now.plus(1_000) && count.as_of.minus(count.lag_ms) >= oldest;
        newer && timely && count.seen.is_none_or(|seen| seen < moment.version)
    }

    /// A count sets on hand to its figure (raised by `raise`) and the movements it can't have known of. Of one minute
    /// all outgoing movements are taken together, and all incoming ones: in doubt the lower figure.
    pub(super) fn count(&mut self, moment: &Moment, count: &CountLine, raise: i64) {
        let count = &CountLine { as_of: count.as_of.min(moment.now), ..count.clone() };
        let kept = minute(moment.now.minus(self.horizon_ms));
        let mut on_hand = count.figure + raise;
        let of = |moved: &&Moved| moved.sku == count.sku && minute(moved.at) >= kept;
        for moved in self.moves.iter().filter(of) {
            let alike = self.moves.iter().filter(of).filter(|other| minute(other.at) == minute(moved.at));
            let versions: Vec<u64> = alike.map(|other| other.version).collect();
            let begin = Timestamp::from_millis(minute(moved.at) * 60_000);
            let covered = match (count.seen, moved.units < 0) {
                (Some(seen), true) => versions.iter().all(|version| *version <= seen),
                (Some(seen), false) => versions.iter().any(|version| *version <= seen),
                (None, true) => begin.plus(59_999) <= count.as_of.minus(count.lag_ms),
                (None, false) => begin <= count.as_of.plus(count.lag_ms),
            };
            if !covered {
                on_hand += moved.units;
            }
        }
        self.on_hand.insert(count.sku.clone(), on_hand);
        self.last_counts.insert(count.sku.clone(), count.clone());
    }

    /// Units free for a channel, from the open rows alone; `back` is what of them ends first: units, and of these units
    /// of the channel's fence.
    pub(super) fn free(
        &self,
        warehouse: &Warehouse,
        sku: &Sku,
        who: (&ChannelId, bool),
        (freed, returned): (i64, i64),
        now: Timestamp,
    ) -> i64 {
        let (channel, told) = who;
        let reserved: i64 =
            warehouse.holds().map(|(_, hold)| held(hold.now.as_ref(), hold.next.as_ref(), sku)).sum();
        let allocated: i64 =
            warehouse.allocations().map(|(_, allocation)| quantity_of(&allocation.lines, sku)).sum();
        let net = self.on_hand(sku) - self.unavailable(sku) - reserved - allocated + freed;
        let Some(policy) = warehouse.policy(sku) else { return net.max(0) };
        let safety = policy.safety_stock.and_then(|safety| safety.at(now)).unwrap_or(0);
        let mut to_fill = (net - safety).max(0);
        let mut of_others = 0;
        for fence in &policy.fences {
            let own = fence.channel == *channel;
            let left = (fence.left + if own { returned } else { 0 }).min(fence.set.value.max(0));
            if fence.set.at(now).is_some() {
                let filled = left.min(to_fill);
                to_fill -= filled;
                of_others += if own { 0 } else { filled };
            }
        }
        (net - if told { 0 } else { safety } - of_others).max(0)
    }

    /// What of a SKU the reservation an order takes over gives free, and what of that its channel's fence gets back.
    fn over(warehouse: &Warehouse, claim: &ClaimStock, sku: &Sku) -> (i64, i64) {
        let Some((order, from)) = claim.owner.as_ref().zip(claim.from.as_ref()) else { return (0, 0) };
        let fits = |channel: &ChannelId, owner: &Option<OrderId>| {
            *channel == claim.channel && owner.as_ref().is_none_or(|owner| owner == order)
        };
        let (before, after, draws) = if let Some(hold) = warehouse.hold_of(from) {
            if !fits(&hold.channel, &hold.owner) {
                return (0, 0);
            }
            let counts = hold.now.as_ref().is_some_and(|now| now.reservation == *from);
            let rest = if counts { held(hold.next.as_ref(), None, sku) } else { 0 };
            (held(hold.now.as_ref(), hold.next.as_ref(), sku), rest, &hold.draws)
        } else {
            let allocation = warehouse.allocations().find(|(id, _)| *id == from).map(|(_, row)| row);
            match allocation.filter(|row| fits(&row.channel, &row.owner)) {
                Some(row) => (quantity_of(&row.lines, sku), 0, &row.draws),
                None => return (0, 0),
            }
        };
        let fence = warehouse.policy(sku).into_iter().flat_map(|policy| &policy.fences);
        let set_by = fence.filter(|fence| fence.channel == claim.channel).map(|fence| fence.set_by).next();
        let drawn = draws.iter().filter(|draw| draw.sku == *sku && Some(draw.set_by) == set_by);
        let drawn: i64 = drawn.map(|draw| draw.quantity).sum();
        (before - after, if before > after { (drawn - after).max(0) } else { 0 })
    }

    /// What a claim must be given, line by line: all, with `partial` a part, or nothing.
    pub(super) fn grants(
        &self,
        warehouse: &Warehouse,
        claim: &ClaimStock,
        now: Timestamp,
    ) -> Option<Vec<(Sku, i64)>> {
        let mut asked: BTreeMap<Sku, i64> = BTreeMap::new();
        for line in &claim.lines {
            *asked.entry(line.sku.clone()).or_default() += line.quantity;
        }
        let own = warehouse.holds().map(|(_, hold)| hold).filter(|_| claim.owner.is_none());
        let own = own
            .filter(|hold| hold.cart.is_some() && hold.cart == claim.cart && hold.channel == claim.channel);
        let own: Vec<_> = own.collect();
        let mut given = Vec::new();
        let mut short = false;
        for (sku, units) in asked {
            let has: i64 = own.iter().map(|hold| held(hold.now.as_ref(), hold.next.as_ref(), &sku)).sum();
            let back = Self::over(warehouse, claim, &sku);
            let most = has + self.free(warehouse, &sku, (&claim.channel, claim.told), back, now);
            short |= units > most;
            if units.min(most) > 0 {
                given.push((sku, units.min(most)));
            }
        }
        (!short || (claim.partial && !given.is_empty())).then_some(given)
    }
}

/// Units two claims of one cart hold together: the larger of both.
fn held(now: Option<&Claim>, next: Option<&Claim>, sku: &Sku) -> i64 {
    let of = |claim: &Claim| -> i64 {
        claim.lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity).sum()
    };
    now.map_or(0, of).max(next.map_or(0, of))
}

/// A resend is answered like the first time; of a reservation, with its present state.
pub(super) fn same_answer(
    done: &Done,
    envelope: &Envelope,
    command: &Command,
    answer: &Result<Answer, Refusal>,
) {
    if done.fingerprint != envelope.fingerprint {
        let other_attempt = matches!(answer, Err(Refusal::Released));
        assert!(other_attempt || *answer == Err(Refusal::IdempotencyConflict), "{command:?}: {answer:?}");
        return;
    }
    match (&done.answer, answer, command) {
        (_, Err(Refusal::Released), Command::Claim(_)) => {}
        (Answer::Reservation(_), Ok(Answer::Reservation(_)), Command::Claim(claim))
            if claim.attempt != done.attempt => {}
        (Answer::Reservation(first), Ok(Answer::Reservation(now)), _) => {
            assert_eq!(first.reservation, now.reservation);
            if matches!(now.state, PartState::Ended(_)) && matches!(command, Command::Claim(_)) {
                assert_eq!(first.lines, now.lines, "{envelope:?}");
            }
        }
        (Answer::Moved { covered, .. }, Ok(Answer::Moved { covered: now, .. }), _) => {
            assert_eq!(covered, now)
        }
        (Answer::GaveBack(first), Ok(Answer::GaveBack(now)), _) => assert_eq!(first, now),
        (Answer::Waiting(first), Ok(Answer::Waiting(now)), _) => {
            assert_eq!((&first.id, first.given_up), (&now.id, now.given_up));
        }
        (Answer::Done, Ok(Answer::Done), _) => {}
        other => panic!("{command:?}: {other:?}"),
    }
}
