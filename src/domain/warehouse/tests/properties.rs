//! Any interleaving of commands, resends, time, refusals, confirmations and lost batches, held against the model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::model::{Done, Model, same_answer};
use super::script::id;
use super::steps::{Step, claim, claim_lines, movement_kind, name, place, steps};
use super::world::{RULES, START, World};
use crate::domain::count::Measures;
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{CommandId, ReservationId, Sku, SourceId};
use crate::domain::level::Condition;
use crate::domain::machine::Envelope;
use crate::domain::memory::{Outcome, Windows};
use crate::domain::policy::Scheduled;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::{
    Answer, ClaimStock, Command, CountLine, Movement, MovementKind, PartState, Rules, SetStockPolicy,
};

const HORIZON_MS: i64 = 3_600_000;

/// What is known outside of the warehouse; lost together with a batch that is lost.
#[derive(Debug, Clone)]
struct Known {
    model: Model,
    done: BTreeMap<CommandId, Done>,
}

struct Run {
    world: World,
    known: Known,
    /// What was known before each batch that is not confirmed, oldest first.
    before: Vec<Known>,
    asked: Vec<(Envelope, Command)>,
    /// Where in `asked` the claims stand that were granted.
    claims: Vec<usize>,
    claims_minted: usize,
    minted: usize,
    /// Whether the memory of ids is large enough for the whole run.
    remembers_all: bool,
}

impl Run {
    fn new(rules: Rules, remembers_all: bool) -> Self {
        let known = Known { model: Model::new(rules.count_horizon_ms), done: BTreeMap::new() };
        let (before, asked, claims) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            world: World::new(rules),
            known,
            before,
            asked,
            claims,
            claims_minted: 0,
            minted: 0,
            remembers_all,
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Wait(seconds) => {
                self.close();
                self.world.now = self.world.now.plus(seconds * 1_000);
            }
            Step::Close => self.close(),
            Step::Confirm => self.confirm(),
            Step::Lose => self.lose(),
            Step::MayExpire(may) => {
                self.close();
                self.world.may_expire = *may;
            }
            Step::Again(which) => {
                if let Some((envelope, command)) = pick(&self.asked, *which).cloned() {
                    self.ask(&envelope, &command);
                }
            }
            Step::OtherBody(which) => {
                if let Some((mut envelope, command)) = pick(&self.asked, *which).cloned() {
                    envelope.fingerprint += 1_000;
                    self.ask(&envelope, &command);
                }
            }
            Step::Retry(which, attempt) => {
                let claim = pick(&self.claims, *which).and_then(|at| self.asked.get(*at)).cloned();
                if let Some((envelope, Command::Claim(claim))) = claim {
                    let again = Command::Claim(ClaimStock { attempt: *attempt, ..claim });
                    self.asked.push((envelope.clone(), again.clone()));
                    self.ask(&envelope, &again);
                }
            }
            fresh => {
                if let Some(command) = self.command(fresh) {
                    self.fresh(fresh, command);
                }
            }
        }
    }

    fn fresh(&mut self, step: &Step, command: Command) {
        self.minted += 1;
        let issued = if let Step::Claim { issued, .. } = step { *issued } else { None };
        let now = self.world.now;
        let own = if matches!(command, Command::Claim(_)) {
            self.claims_minted += 1;
            format!("r{}", self.claims_minted)
        } else {
            format!("m{}", self.minted)
        };
        let envelope = Envelope {
            id: id(&own),
            time: issued.map_or(now, |seconds| now.plus(seconds * 1_000)),
            timed: issued.is_some(),
            fingerprint: u64::try_from(self.minted).unwrap(),
            actor: None,
        };
        self.asked.push((envelope.clone(), command.clone()));
        if self.ask(&envelope, &command) && matches!(command, Command::Claim(_)) {
            self.claims.push(self.asked.len() - 1);
        }
    }

    fn close(&mut self) {
        self.world.close();
        if self.world.in_flight() >= 4 {
            self.confirm();
        }
    }

    fn confirm(&mut self) {
        if self.world.in_flight() > 0 {
            self.world.confirm();
            self.before.remove(0);
        }
    }

    fn lose(&mut self) {
        self.world.roll_back();
        if let Some(known) = self.before.first().cloned() {
            self.known = known;
        }
        self.before.clear();
    }

    fn begin(&mut self) {
        if self.world.is_open() {
            return;
        }
        self.before.push(self.known.clone());
        self.world.begin();
    }

    /// Asks and compares; says whether anything happened.
    fn ask(&mut self, envelope: &Envelope, command: &Command) -> bool {
        self.begin();
        let expected = self.expected(envelope, command);
        let held_before = self.reserved();
        let (answer, happened) = self.world.ask(envelope, command);
        match (&expected, &answer) {
            (Expected::Nothing, _) => assert!(!happened, "{envelope:?} {command:?} did something again"),
            (Expected::Refused, answer) => assert!(answer.is_err(), "{command:?} was taken: {answer:?}"),
            (Expected::Taken, answer) => assert!(answer.is_ok(), "{command:?} was refused: {answer:?}"),
            (Expected::Granted(given), Ok(Answer::Reservation(part))) => {
                let mut got: Vec<(Sku, i64)> =
                    part.lines.iter().map(|line| (line.sku.clone(), line.quantity)).collect();
                got.sort_unstable();
                assert_eq!(&got, given);
            }
            (Expected::Granted(_), answer) => panic!("{command:?} was refused: {answer:?}"),
            (Expected::Anything, _) => {}
        }
        if let Some(done) = self.known.done.get(&envelope.id)
            && self.remembers_all
            && matches!(expected, Expected::Nothing)
        {
            same_answer(done, envelope, command, &answer);
        }
        if let (Ok(answer), true) = (&answer, happened) {
            self.book(command, answer);
            let attempt = if let Command::Claim(claim) = command { claim.attempt } else { 0 };
            let done = Done { fingerprint: envelope.fingerprint, attempt, answer: answer.clone() };
            self.known.done.insert(envelope.id.clone(), done);
        }
        if matches!(command, Command::Move(_) | Command::Count(_) | Command::SetPolicy(_)) && answer.is_err()
        {
            assert_eq!(self.reserved(), held_before);
        }
        self.compare();
        happened
    }

    /// What must come of a command, told from outside.
    fn expected(&self, envelope: &Envelope, command: &Command) -> Expected {
        if !self.remembers_all {
            return Expected::Anything;
        }
        if let Command::Count(count) = command
            && self.known.model.same_count(count)
        {
            return Expected::Nothing;
        }
        let known = self.known.done.get(&envelope.id);
        let warehouse = &self.world.warehouse;
        match command {
            Command::Claim(claim) => self.expected_of_claim(envelope, claim, known),
            Command::Find { .. } => Expected::Nothing,
            Command::Settle { .. } | Command::DropNext { .. } | Command::Release { .. } => Expected::Anything,
            _ if known.is_some() => Expected::Nothing,
            Command::Move(movement) => taken(self.moves(movement)),
            Command::Count(count) => taken(self.known.model.takes(&self.world.moment(), count)),
            Command::Ship { reservation, lines, occurred_at, .. } => {
                let part = warehouse.part(&self.world.moment(), reservation);
                let open =
                    part.filter(|part| matches!(part.state, PartState::Reserved | PartState::Allocated));
                let early = occurred_at.is_none_or(|at| at <= self.world.now.plus(300_000));
                let enough = open.is_some_and(|part| {
                    let sum = |lines: &[ClaimLine], sku: &Sku| -> i64 {
                        lines.iter().filter(|line| line.sku == *sku).map(|line| line.quantity).sum()
                    };
                    let mut lines = lines.iter().flatten();
                    let all: Vec<ClaimLine> = lines.clone().cloned().collect();
                    lines.all(|line| sum(&all, &line.sku) <= sum(&part.lines, &line.sku))
                });
                taken(early && enough)
            }
            Command::Extend { reservation, .. } => taken(warehouse.hold_of(reservation).is_some()),
            Command::Allocate { reservation } => {
                let part = warehouse.part(&self.world.moment(), reservation);
                let open = |state| matches!(state, PartState::Reserved | PartState::Allocated);
                taken(part.is_some_and(|part| open(part.state)))
            }
            _ => Expected::Taken,
        }
    }

    fn expected_of_claim(&self, envelope: &Envelope, claim: &ClaimStock, known: Option<&Done>) -> Expected {
        let warehouse = &self.world.warehouse;
        let outcome = warehouse.memory().get(&envelope.id).map(|known| &known.outcome);
        let ended =
            matches!(outcome, Some(Outcome::Claimed { end: Some(end), .. }) if end.may_be_tried_again());
        let newest = match outcome {
            Some(Outcome::Claimed { attempt, .. } | Outcome::ReleasedUnseen { attempt }) => *attempt,
            _ => 0,
        };
        let fits = known.is_none_or(|known| known.fingerprint == envelope.fingerprint);
        let first = known.is_none() && newest == 0;
        let again = newest > 0 && claim.attempt > newest && (ended || known.is_none());
        if !fits || !(first || again) {
            return Expected::Nothing;
        }
        let cart = warehouse.holds().map(|(_, hold)| hold);
        let mut cart = cart
            .filter(|hold| claim.cart.is_some() && hold.cart == claim.cart && hold.channel == claim.channel);
        let superseded = cart.any(|hold| hold.newest.is_some_and(|newest| newest > envelope.time));
        let ahead = first && envelope.time > self.world.now.plus(60_000);
        if ahead || (envelope.timed && superseded) {
            return Expected::Refused;
        }
        match self.known.model.grants(warehouse, claim, self.world.now) {
            Some(given) => Expected::Granted(given),
            None => Expected::Refused,
        }
    }

    fn moves(&self, movement: &Movement) -> bool {
        let model = &self.known.model;
        let there = self.world.warehouse.level(&movement.sku).is_some();
        let early = movement.occurred_at.is_none_or(|at| at <= self.world.now.plus(300_000));
        early
            && match movement.kind {
                MovementKind::Hold(_) | MovementKind::Scrap(None) => there,
                MovementKind::Restock(from) | MovementKind::Scrap(Some(from)) => {
                    there && model.condition(&movement.sku, from) >= movement.quantity
                }
                _ => true,
            }
    }

    /// Books what happened into the model.
    fn book(&mut self, command: &Command, answer: &Answer) {
        let moment = self.world.moment();
        match command {
            Command::Move(movement) => self.book_movement(movement, answer),
            Command::Count(count) => {
                let as_of = count.as_of.min(moment.now);
                let requested = |at: &Timestamp| *at < as_of.minus(count.lag_ms);
                let raise = match count.measures {
                    Measures::OnHand => 0,
                    Measures::Available => {
                        let open = self.world.warehouse.allocations().map(|(_, open)| open);
                        let open = open.filter(|open| requested(&open.requested_at));
                        let lines = open.flat_map(|open| &open.lines).filter(|line| line.sku == count.sku);
                        let asked: i64 = lines.map(|line| line.quantity).sum();
                        asked + self.known.model.unavailable(&count.sku)
                    }
                };
                self.known.model.count(&moment, count, raise);
            }
            Command::Ship { occurred_at, .. } => {
                let at = occurred_at.unwrap_or(moment.now);
                for (sku, units) in self.world.shipped_just_now() {
                    self.known.model.goods(&moment, &sku, at, -units);
                }
            }
            _ => {}
        }
    }

    fn book_movement(&mut self, movement: &Movement, answer: &Answer) {
        let moment = self.world.moment();
        let (sku, units) = (&movement.sku, movement.quantity);
        let at = movement.occurred_at.unwrap_or(moment.now);
        let model = &mut self.known.model;
        let (goods, condition) = match &movement.kind {
            MovementKind::Receive(into) | MovementKind::Return(into) => {
                (units, into.map(|into| (into, units)))
            }
            MovementKind::Adjust => (units, None),
            MovementKind::Sell { .. } => (-units, None),
            MovementKind::Scrap(from) => (-units, from.map(|from| (from, -units))),
            MovementKind::Hold(condition) => (0, Some((*condition, units))),
            MovementKind::Restock(condition) => (0, Some((*condition, -units))),
        };
        if let Some((condition, by)) = condition {
            model.shift(sku, condition, by);
        }
        let covered = goods != 0 && model.goods(&moment, sku, at, goods);
        assert!(matches!(answer, Answer::Moved { covered: found, .. } if *found == covered), "{movement:?}");
    }

    /// Every figure of goods equals the model's.
    fn compare(&self) {
        let model = &self.known.model;
        for (sku, level) in self.world.warehouse.levels() {
            assert_eq!(level.on_hand, model.on_hand(sku), "{sku}");
            assert_eq!(level.damaged, model.condition(sku, Condition::Damaged), "{sku}");
            assert_eq!(level.quarantine, model.condition(sku, Condition::Quarantine), "{sku}");
        }
    }

    fn reserved(&self) -> BTreeMap<Sku, i64> {
        self.world.warehouse.levels().map(|(sku, level)| (sku.clone(), level.reserved)).collect()
    }

    fn reservation(&self, which: Index) -> Option<ReservationId> {
        pick(&self.claims, which).and_then(|at| self.asked.get(*at)).map(|(envelope, _)| envelope.id.clone())
    }

    /// The command of a step that asks for something new.
    fn command(&self, step: &Step) -> Option<Command> {
        let ago = |seconds: i64| self.world.now.plus(-seconds * 1_000);
        Some(match step {
            Step::Claim { .. } => Command::Claim(claim(step)?),
            Step::Settle(which) => {
                let (envelope, claim) = pick(&self.claims, *which).and_then(|at| self.asked.get(*at))?;
                let Command::Claim(claim) = claim else { return None };
                let (channel, cart) = (claim.channel.clone(), claim.cart.clone()?);
                Command::Settle { reservation: envelope.id.clone(), attempt: 1, channel, cart }
            }
            Step::Drop(which) => Command::DropNext { reservation: self.reservation(*which)? },
            Step::Release(which, attempt) => {
                Command::Release { reservation: self.reservation(*which)?, attempt: *attempt }
            }
            Step::ReleaseUnseen(attempt) => {
                let reservation = id(&format!("r{}", self.claims_minted + 1));
                Command::Release { reservation, attempt: Some(*attempt) }
            }
            Step::Extend(which, seconds) => {
                Command::Extend { reservation: self.reservation(*which)?, ttl_ms: seconds * 1_000 }
            }
            Step::Allocate(which) => Command::Allocate { reservation: self.reservation(*which)? },
            Step::Ship(which, lines, at) => Command::Ship {
                reservation: self.reservation(*which)?,
                lines: lines.as_ref().map(|lines| claim_lines(lines)),
                occurred_at: at.map(ago),
                reference: None,
            },
            Step::Move { kind, goods, units, at, of } => {
                let reservation = of.and_then(|which| self.reservation(which));
                let kind = movement_kind(*kind, reservation);
                let units = if kind == MovementKind::Adjust && *goods == 0 { -units } else { *units };
                let (reference, reason) = (None, None);
                let sku = name(*goods);
                Command::Move(Movement {
                    sku,
                    kind,
                    quantity: units,
                    reference,
                    reason,
                    occurred_at: at.map(ago),
                })
            }
            Step::Count { goods, figure, ago: back, lag, seen, available } => Command::Count(CountLine {
                sku: name(*goods),
                source: SourceId::parse(if lag % 2 == 0 { "erp" } else { "till" }).unwrap(),
                as_of: ago(*back),
                figure: *figure,
                measures: if *available { Measures::Available } else { Measures::OnHand },
                lag_ms: lag * 1_000,
                seen: seen.map(|back| self.world.moment().version.saturating_sub(back)),
            }),
            Step::Safety(goods, value, until) => {
                let safety_stock = Some(self.scheduled(*value, *until));
                Command::SetPolicy(SetStockPolicy { sku: name(*goods), safety_stock, fences: Vec::new() })
            }
            Step::Fence(goods, of, value, until) => {
                let fences = vec![(place(*of), self.scheduled(*value, *until))];
                Command::SetPolicy(SetStockPolicy { sku: name(*goods), safety_stock: None, fences })
            }
            _ => return None,
        })
    }

    fn scheduled(&self, value: Option<i64>, until: Option<i64>) -> Option<Scheduled> {
        let until = until.map(|seconds| self.world.now.plus(seconds * 1_000));
        value.map(|value| Scheduled { value, from: Some(START), until })
    }
}

enum Expected {
    /// No trace, whatever is answered.
    Nothing,
    Refused,
    Taken,
    Granted(Vec<(Sku, i64)>),
    Anything,
}

fn taken(taken: bool) -> Expected {
    if taken { Expected::Taken } else { Expected::Refused }
}

/// One of the newest few, where things still happen.
fn pick<T>(from: &[T], which: Index) -> Option<&T> {
    let newest = &from[from.len().saturating_sub(8)..];
    if newest.is_empty() { None } else { Some(which.get(newest)) }
}

fn run(rules: Rules, remembers_all: bool, steps: &[Step]) {
    let mut run = Run::new(rules, remembers_all);
    for goods in 0..3 {
        run.step(&Step::Move { kind: 0, goods, units: 12, at: None, of: None });
    }
    for step in steps {
        run.step(step);
    }
    run.world.commit();
}

const LONG: Rules = Rules {
    count_horizon_ms: HORIZON_MS,
    windows: Windows { hold_ms: 864_000_000, movement_ms: 864_000_000, ids_max: 100_000 },
    ..RULES
};

const SHORT: Rules = Rules {
    count_horizon_ms: HORIZON_MS,
    windows: Windows { hold_ms: 60_000, movement_ms: 120_000, ids_max: 5 },
    ..RULES
};

proptest! {
    /// With every id remembered, each answer and each figure is exactly what the model says, nothing is done twice, and
    /// a replay of the entries gives what is live.
    #[test]
    fn decisions_equal_the_model(steps in steps()) {
        run(LONG, true, &steps);
    }

    /// With ids forgotten all the time, the books still balance, and a replay still gives what is live.
    #[test]
    fn books_balance_while_ids_are_forgotten(steps in steps()) {
        run(SHORT, false, &steps);
    }
}
