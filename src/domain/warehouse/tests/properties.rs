//! Any interleaving of commands, resends, time, refusals, confirmations and lost batches, held against the model.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::expect::Expected;
use super::model::{Done, Model, same_answer};
use super::script::{id, nothing_set};
use super::steps::{By, Step, claim, claim_lines, movement_kind, name, place, steps, the_order};
use super::world::{RULES, START, World};
use crate::domain::count::Measures;
use crate::domain::hold::summed;
use crate::domain::ids::{CommandId, OrderId, ReservationId, Sku, SourceId};
use crate::domain::level::Condition;
use crate::domain::machine::Envelope;
use crate::domain::memory::Windows;
use crate::domain::policy::Scheduled;
use crate::domain::warehouse::{
    Answer, ClaimStock, Command, CountLine, Movement, MovementKind, Rules, SetStockPolicy, WaitForStock,
};

const HORIZON_MS: i64 = 3_600_000;

/// What is known outside of the warehouse; lost together with a batch that is lost.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) model: Model,
    pub(super) done: BTreeMap<CommandId, Done>,
}

pub(super) struct Run {
    pub(super) world: World,
    pub(super) known: Known,
    /// What was known before each batch that is not confirmed, oldest first.
    before: Vec<Known>,
    asked: Vec<(Envelope, Command)>,
    /// Where in `asked` the claims stand that were granted.
    claims: Vec<usize>,
    claims_minted: usize,
    minted: usize,
    /// Whether the memory of ids is large enough for the whole run.
    pub(super) remembers_all: bool,
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
        let begins = matches!(command, Command::Claim(_) | Command::Wait(_));
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
            trace: None,
        };
        self.asked.push((envelope.clone(), command.clone()));
        if self.ask(&envelope, &command) && begins {
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
        let raise = if let Command::Count(count) = command { self.raise(count) } else { 0 };
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
            self.book(command, answer, raise);
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

    /// What a count's figure leaves out, before goods it brings are promised to those who wait.
    fn raise(&self, count: &CountLine) -> i64 {
        let cut = count.as_of.min(self.world.now).minus(count.lag_ms);
        match count.measures {
            Measures::OnHand => 0,
            Measures::Available => {
                let open = self.world.warehouse.allocations().map(|(_, open)| open);
                let lines = open.filter(|open| open.requested_at < cut).flat_map(|open| &open.lines);
                let asked: i64 = lines.filter(|line| line.sku == count.sku).map(|line| line.quantity).sum();
                asked + self.known.model.unavailable(&count.sku)
            }
        }
    }

    /// Books what happened into the model.
    fn book(&mut self, command: &Command, answer: &Answer, raise: i64) {
        let moment = self.world.moment();
        match command {
            Command::Move(movement) => self.book_movement(movement, answer),
            Command::Count(count) => {
                self.known.model.count(&moment, count, raise);
            }
            Command::WriteOff { lines, condition, .. } => {
                for line in summed(lines).unwrap() {
                    match condition {
                        Some(condition) => self.known.model.shift(&line.sku, *condition, line.quantity),
                        None => {
                            self.known.model.goods(&moment, &line.sku, moment.now, -line.quantity);
                        }
                    }
                }
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
            MovementKind::TransferIn { into, .. } => (units, into.map(|into| (into, units))),
            MovementKind::Adjust => (units, None),
            MovementKind::Sell { .. } | MovementKind::TransferOut { .. } => (-units, None),
            MovementKind::Reclassify { from, to } => {
                model.shift(sku, *from, -units);
                (0, Some((*to, units)))
            }
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

    /// A reservation or waiting claim, and who names it.
    fn named(&self, which: Index, by: By) -> Option<(ReservationId, Option<OrderId>)> {
        let (envelope, command) = pick(&self.claims, which).and_then(|at| self.asked.get(*at))?;
        let owner = match (by, command) {
            (By::Some(order), _) => order.map(the_order),
            (By::Owner, Command::Claim(claim)) => claim.owner.clone(),
            (By::Owner, Command::Wait(wait)) => Some(wait.owner.clone()),
            (By::Owner, _) => None,
        };
        Some((envelope.id.clone(), owner))
    }

    /// The command of a step that asks for something new.
    fn command(&self, step: &Step) -> Option<Command> {
        let ago = |seconds: i64| self.world.now.plus(-seconds * 1_000);
        Some(match step {
            Step::Claim { order, .. } => {
                let over = order.as_ref().and_then(|(_, over, _)| *over);
                let from = over.and_then(|which| self.reservation(which));
                Command::Claim(ClaimStock { from, ..claim(step)? })
            }
            Step::Settle(which) => {
                let (envelope, claim) = pick(&self.claims, *which).and_then(|at| self.asked.get(*at))?;
                let Command::Claim(claim) = claim else { return None };
                let (channel, cart) = (claim.channel.clone(), claim.cart.clone()?);
                Command::Settle { reservation: envelope.id.clone(), attempt: 1, channel, cart }
            }
            Step::Drop(which) => Command::DropNext { reservation: self.reservation(*which)? },
            Step::ReleaseUnseen(attempt) => {
                let reservation = id(&format!("r{}", self.claims_minted + 1));
                Command::Release { reservation, attempt: Some(*attempt), owner: None }
            }
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
                Command::SetPolicy(SetStockPolicy { safety_stock, ..nothing_set(name(*goods)) })
            }
            Step::Fence(goods, of, value, until) => {
                let fences = vec![(place(*of), self.scheduled(*value, *until))];
                Command::SetPolicy(SetStockPolicy { fences, ..nothing_set(name(*goods)) })
            }
            Step::Limits(goods, low_stock, overstock) => {
                let (low_stock, overstock) = (Some(*low_stock), Some(*overstock));
                Command::SetPolicy(SetStockPolicy { low_stock, overstock, ..nothing_set(name(*goods)) })
            }
            acts => return self.act(acts),
        })
    }

    /// The command of a step about a claim, or of an order that waits.
    fn act(&self, step: &Step) -> Option<Command> {
        let ago = |seconds: i64| self.world.now.plus(-seconds * 1_000);
        Some(match step {
            Step::Release(which, attempt, by) => {
                let (reservation, owner) = self.named(*which, *by)?;
                Command::Release { reservation, attempt: *attempt, owner }
            }
            Step::Extend(which, seconds, by) => {
                let (reservation, owner) = self.named(*which, *by)?;
                Command::Extend { reservation, ttl_ms: seconds * 1_000, owner }
            }
            Step::Allocate(which, by) => {
                let (reservation, owner) = self.named(*which, *by)?;
                Command::Allocate { reservation, owner }
            }
            Step::Ship(which, lines, at, by, as_transfer) => {
                let (reservation, owner) = self.named(*which, *by)?;
                let lines = lines.as_ref().map(|lines| claim_lines(lines));
                let (occurred_at, reference, as_transfer) =
                    (at.map(ago), None, as_transfer.then(|| the_order(1)));
                Command::Ship { reservation, lines, occurred_at, reference, owner, as_transfer }
            }
            Step::GiveBack(which, lines, by) => {
                let (reservation, owner) = self.named(*which, *by)?;
                Command::Deallocate { reservation, owner, lines: claim_lines(lines) }
            }
            Step::WriteOff(which, lines, broken, by) => {
                let (reservation, owner) = self.named(*which, *by)?;
                let (lines, condition) = (claim_lines(lines), broken.then_some(Condition::Damaged));
                Command::WriteOff { reservation, owner, lines, condition, reason: None }
            }
            Step::WaitFor { of, order, goods, units, told, priority, promise } => {
                Command::Wait(WaitForStock {
                    channel: place(*of),
                    owner: the_order(*order),
                    sku: name(*goods),
                    quantity: *units,
                    told: *told,
                    priority: *priority,
                    promise: promise.map(|seconds| START.plus(seconds * 1_000)),
                    accepted_at: self.world.now,
                })
            }
            Step::Unwait(which, quantity) => {
                Command::Unwait { id: self.reservation(*which)?, quantity: *quantity }
            }
            Step::Ack(which, upto) => Command::AckServed { id: self.reservation(*which)?, upto: *upto },
            _ => return None,
        })
    }

    fn scheduled(&self, value: Option<i64>, until: Option<i64>) -> Option<Scheduled> {
        // Every other window is still to come.
        let from = until.filter(|seconds| seconds % 2 == 1);
        let from = from.map_or(START, |seconds| self.world.now.plus(seconds * 500));
        let until = until.map(|seconds| self.world.now.plus(seconds * 1_000));
        value.map(|value| Scheduled { value, from: Some(from), until })
    }
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
