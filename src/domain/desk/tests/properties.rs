//! Whole worlds through random scripts, with crashes between any two messages.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::acts::{self, PLACES, SHOPS, pick, place, shop, sku};
use super::driver::Fates;
use super::steps::{Placing, Step, steps};
use super::world::{Fate, HOUR, Shop, Site, World};
use crate::domain::count::Measures;
use crate::domain::desk::command::{FulfilStep, NewLine};
use crate::domain::desk::{Answer, Document, Verb};
use crate::domain::hold::{ClaimLine, Plan, PlanPart};
use crate::domain::ids::{ChannelId, OrderId, ReservationId, SourceId, WarehouseId};
use crate::domain::level::Condition;
use crate::domain::machine::Envelope;
use crate::domain::order::{Contact, Destination, Order, PaymentState, Refund};
use crate::domain::refusal::Refusal;
use crate::domain::routing::Leftover;
use crate::domain::warehouse::{ClaimStock, Command, CountLine, Movement, MovementKind};

/// What was asked, and what was answered where an answer came.
type Asked = (Envelope, Verb, Option<Result<Answer, Refusal>>);

struct Run {
    world: World,
    /// Every order's id that was ever sent, in order of first mention.
    orders: Vec<OrderId>,
    /// Commands sent, with what was answered first.
    asked: Vec<Asked>,
    reservations: Vec<(ChannelId, ReservationId)>,
}

impl Run {
    fn new() -> Self {
        let shop = |told, leftover, pays_first| Shop { told, leftover, pays_first };
        let shops = [
            shop(false, Leftover::Backorder, false),
            shop(true, Leftover::Backorder, false),
            shop(false, Leftover::Park, true),
            shop(false, Leftover::Refuse, false),
        ];
        let shops: Vec<(&str, Shop)> = SHOPS.into_iter().zip(shops).collect();
        let mut world = World::new(&PLACES, &shops);
        let within = Some(HOUR);
        world.sites.insert(place(2), Site { accept_within_ms: within, closed: false });
        for (at, goods, units) in
            [(0, 0, 30), (0, 1, 9), (1, 0, 3), (1, 2, 16), (2, 1, 4), (2, 3, 2), (2, 0, 9)]
        {
            world.by_hand(&place(at), &moved(goods, MovementKind::Receive(None), units)).unwrap();
        }
        Self { world, orders: Vec::new(), asked: Vec::new(), reservations: Vec::new() }
    }

    fn step(&mut self, step: &Step, fate: Fate) {
        match step {
            Step::Place(placing) => self.place(placing, fate),
            Step::Again(which) => self.again(which, fate),
            Step::Drive(which, tasks, fates) => {
                let busy: Vec<OrderId> = self.world.documents().into_keys().collect();
                let Some(id) = pick(&busy, which).cloned() else { return };
                let mut fates = Fates(fates.clone());
                for _ in 0..*tasks {
                    self.world.carry_on(&id, &mut fates);
                }
            }
            Step::Book(fates) => {
                self.world.book_served(&mut Fates(fates.clone()));
            }
            Step::Settle => {
                self.world.settle();
                self.world.check_at_rest();
            }
            Step::Time(seconds) => self.world.pass(seconds * 1_000),
            Step::Stock(at, goods, kind, units) => self.stock(*at, *goods, *kind, *units),
            Step::Site(at, closed) => {
                self.world.sites.entry(place(*at)).or_default().closed = *closed;
            }
            Step::Reserve(of, lines) => self.reserve(*of, lines),
            Step::Illegal(which) => self.illegal(which),
            Step::Retry(which) => {
                let Some(order) = self.order(which) else { return };
                if order.unrouted() > 0 && order.tasks.open.is_empty() {
                    let id = self.world.mint("retry");
                    let envelope = self.world.envelope(&id, "retry");
                    let retry = Verb::Retry { order: order.id.clone() };
                    let _heard = self.world.ask_desk(&envelope, &retry, fate);
                }
            }
            other => {
                if let Some(verb) = self.verb(other) {
                    self.send(verb, fate);
                }
            }
        }
    }

    /// An order that is known, open or settled.
    fn order(&self, which: &Index) -> Option<Order> {
        self.every(|_| true, which)
    }

    /// Such an order.
    fn every(&self, wanted: impl Fn(&&Order) -> bool, which: &Index) -> Option<Order> {
        let known: Vec<&Order> = self
            .orders
            .iter()
            .filter_map(|id| self.world.document(id))
            .filter_map(|document| document.order().map(AsRef::as_ref))
            .filter(|order| !order.withdrawn && wanted(order))
            .collect();
        pick(&known, which).map(|order| Order::clone(order))
    }

    /// An order a warehouse or carrier is likely to tell something of.
    fn worked_on(&self, which: &Index) -> Option<Order> {
        let works = |part: &crate::domain::order::Fulfilment| {
            part.state.is_open() || part.state == crate::domain::order::FulfilmentState::Shipped
        };
        let orders = self.world.documents();
        let orders: Vec<&Order> = orders
            .values()
            .filter_map(|document| document.order().map(AsRef::as_ref))
            .filter(|order| order.fulfilments.iter().any(works))
            .collect();
        // Now and then it is any.
        let seldom = which.index(8) == 0;
        pick(&orders, which)
            .filter(|_| !seldom)
            .map(|order| Order::clone(order))
            .or_else(|| self.order(which))
    }

    fn verb(&mut self, step: &Step) -> Option<Verb> {
        Some(match step {
            Step::Amend(..)
            | Step::Cancel(..)
            | Step::Hold(..)
            | Step::Resume(_)
            | Step::Address(_)
            | Step::Pay(..)
            | Step::Reroute(..)
            | Step::Fulfil(..)
            | Step::Announce(..)
            | Step::Refund(_)
            | Step::Erase(..) => return self.verb_of_order(step),
            Step::Receive(which, at, units) => {
                acts::receive(acts::a_return(&self.world, which)?, *at, *units)
            }
            Step::Inspect(which, found) => acts::inspect(acts::a_return(&self.world, which)?, *found),
            Step::DropReturn(which) => {
                let (document, back) = acts::a_return(&self.world, which)?;
                Verb::CancelReturn { document, number: back.number }
            }
            Step::Loose(at, goods, units) => acts::announce(&mut self.world, None, *at, (*goods, *units)),
            Step::Transfer(from, to, goods, units, carry) => {
                acts::transfer(&mut self.world, (*from, *to), (*goods, *units), carry.as_ref())
            }
            Step::Move(which, what, units) => acts::move_on(&self.world, which, *what, *units)?,
            Step::Expect(at, goods, units) => acts::expect(&mut self.world, *at, (*goods, *units)),
            Step::Arrive(which, units) => acts::arrive(&self.world, which, *units)?,
            _ => return None,
        })
    }

    fn verb_of_order(&mut self, step: &Step) -> Option<Verb> {
        let known = |run: &Self, which| run.order(which);
        Some(match step {
            Step::Amend(which, said) => {
                let order = known(self, which)?;
                let mut lines: BTreeMap<u8, NewLine> = BTreeMap::new();
                for (at, goods, quantity) in said {
                    let id = acts::line(*at);
                    let sku = order.line(&id).map_or_else(|| sku(*goods), |known| known.sku.clone());
                    let line = NewLine { id, sku, quantity: *quantity, stock: true, unit_value: 100 };
                    lines.insert(*at, line);
                }
                let lines = lines.into_values().collect();
                Verb::Amend { order: order.id, revision: None, lines, carried: None }
            }
            Step::Cancel(which, some) => {
                let order = known(self, which)?;
                let lines = some.map(|(at, units)| {
                    let id = acts::line(at);
                    let open = order.line(&id).map_or(0, crate::domain::order::Line::open);
                    vec![(id, units.min(open.max(1)))]
                });
                Verb::Cancel { order: order.id, lines, reason: acts::reason() }
            }
            Step::Hold(which, hours) => {
                let until = hours.map(|hours| self.world.now.plus(hours * HOUR));
                Verb::Hold { order: known(self, which)?.id, reason: acts::reason(), until }
            }
            Step::Resume(which) => Verb::Resume { order: known(self, which)?.id },
            Step::Address(which) => {
                let contact = Some(b"Ida, Ringstrasse 2".to_vec().into());
                Verb::Address { order: known(self, which)?.id, destination: Destination::default(), contact }
            }
            Step::Pay(which, state) => {
                let state = PaymentState::ALL[usize::from(*state)];
                Verb::Pay { order: known(self, which)?.id, state, reference: None }
            }
            Step::Reroute(which, only, not) => {
                let exclude = not.map(place).into_iter().collect();
                Verb::Reroute { order: known(self, which)?.id, only: only.map(place), exclude }
            }
            Step::Fulfil(which, part, step, units) => {
                let order = self.worked_on(which)?;
                let part = pick(&order.fulfilments, part)?;
                let step = acts::report(part, *step, *units);
                Verb::Fulfil { order: order.id.clone(), number: part.number, lines: None, step }
            }
            Step::Announce(which, at, units) => {
                let gone = |order: &&Order| order.lines.iter().any(|line| line.returnable() > 0);
                let order = self.every(gone, which)?;
                acts::announce(&mut self.world, Some(&order), *at, (0, *units))
            }
            Step::Refund(which) => {
                let order = known(self, which)?;
                let of = order.returns.last().map(|back| back.number);
                let (at, currency) = (self.world.now, "EUR".to_owned());
                let refund = Refund { at, amount_minor: 100, currency, of, reason: None, reference: None };
                Verb::Refund { order: order.id, refund }
            }
            Step::Erase(which, force) => Verb::EraseContact { order: known(self, which)?.id, force: *force },
            _ => return None,
        })
    }

    fn place(&mut self, placing: &Placing, fate: Fate) {
        let of_shop = |(at, _): &&(ChannelId, ReservationId)| *at == shop(placing.shop);
        let mine: Vec<_> = self.reservations.iter().filter(of_shop).cloned().collect();
        let reservation = placing.reservation.as_ref().and_then(|which| pick(&mine, which));
        let order = acts::order(&self.world, placing, reservation.map(|(_, id)| id.clone()));
        if !self.orders.contains(&order.id) {
            self.orders.push(order.id.clone());
        }
        let told = order.told;
        let fresh = self.world.document(&order.id).is_none();
        let answer = self.send(Verb::Place(Box::new(order)), fate);
        if told && fresh {
            assert!(
                matches!(answer, None | Some(Ok(Answer::Document(_)))),
                "a told order was refused: {answer:?}"
            );
        }
    }

    fn send(&mut self, verb: Verb, fate: Fate) -> Option<Result<Answer, Refusal>> {
        let id = self.world.mint("c");
        let envelope = self.world.envelope(&id, &format!("{verb:?}"));
        self.ask(&envelope, &verb, fate)
    }

    /// Sends a command; whatever becomes of its answer, it is known what it did.
    fn ask(&mut self, envelope: &Envelope, verb: &Verb, fate: Fate) -> Option<Result<Answer, Refusal>> {
        let answer = self.world.ask_desk(envelope, verb, fate);
        let knows = |document: &Document| document.knows(&envelope.id).is_some();
        let did = verb.document().and_then(|id| self.world.document(id)).is_some_and(knows);
        if did && !self.asked.iter().any(|(known, _, _)| known.id == envelope.id && known.actor.is_some()) {
            if let Verb::Fulfil { order, step: FulfilStep::ShortPick { lines, damaged: false, .. }, .. } =
                verb
            {
                let order = self.world.document(order).and_then(Document::order).unwrap().clone();
                for (line, units) in lines {
                    let sku = order.line(line).unwrap().sku.clone();
                    *self.world.books.not_found.entry(sku).or_default() += units;
                }
            }
            // Counted.
            let actor = Some(crate::domain::ids::ActorName::stored("counted"));
            self.asked.push((Envelope { actor, ..envelope.clone() }, verb.clone(), answer.clone()));
        } else if !self.asked.iter().any(|(known, _, _)| known.id == envelope.id) {
            self.asked.push((envelope.clone(), verb.clone(), answer.clone()));
        }
        answer
    }

    /// A command comes again: whatever was answered before still is.
    fn again(&mut self, which: &Index, fate: Fate) {
        let Some((envelope, verb, first)) = pick(&self.asked, which).cloned() else { return };
        let answer = self.ask(&Envelope { actor: None, ..envelope }, &verb, fate);
        let (Some(first), Some(answer)) = (first, answer) else { return };
        let gone = verb.document().is_none_or(|id| self.world.document(id).is_none_or(is_withdrawn));
        match (&first, &answer) {
            (Ok(Answer::Refused(first)), Ok(Answer::Refused(again))) => assert_eq!(first, again),
            (Ok(Answer::Document(first)), Ok(Answer::Document(again))) => assert_eq!(first.id(), again.id()),
            (Ok(Answer::Document(_)), Ok(Answer::Superseded(_))) => {}
            // It was refused while its stock was claimed, which is what it is answered from then on.
            (Ok(Answer::Document(_)), Ok(Answer::Refused(_))) if is_asked(&verb) => {}
            (Ok(Answer::Superseded(_)) | Err(_), _) => {}
            _ => assert!(gone, "{verb:?} was answered {first:?}, then {answer:?}"),
        }
    }

    /// Steps that are not legal are refused with the state they found, and change nothing.
    fn illegal(&mut self, which: &Index) {
        // What is due would be done with the first try.
        self.world.pass(0);
        let Some(order) = self.order(which) else { return };
        for part in &order.fulfilments {
            for at in 0..15 {
                let step = acts::report(part, at, 1);
                let name = super::tables::step_named(&step);
                let lonely = matches!(step, FulfilStep::Uncollected)
                    && part.state != crate::domain::order::FulfilmentState::ReadyForPickup;
                if part.state.after(name, part.held_in).is_some() && !lonely {
                    continue;
                }
                let verb = Verb::Fulfil { order: order.id.clone(), number: part.number, lines: None, step };
                let id = self.world.mint("no");
                let envelope = self.world.envelope(&id, "no");
                let answer = self.world.ask_desk(&envelope, &verb, Fate::Fine);
                let Some(Err(Refusal::IllegalStep { found, .. })) = answer else {
                    panic!("{verb:?} was answered {answer:?}");
                };
                assert_eq!(found, part.state.name());
                let after = self.world.document(&order.id).and_then(Document::order).unwrap();
                assert_eq!(**after, order, "{verb:?} changed something");
            }
        }
    }

    /// A cart reserves at one warehouse or two.
    fn reserve(&mut self, of: u8, lines: &[(u8, u8, i64)]) {
        let id = self.world.mint("cart");
        let mut parts: BTreeMap<WarehouseId, Vec<ClaimLine>> = BTreeMap::new();
        for (at, goods, units) in lines {
            let part = parts.entry(place(*at)).or_default();
            if part.iter().all(|line| line.sku != sku(*goods)) {
                part.push(ClaimLine { sku: sku(*goods), quantity: *units });
            }
        }
        let plan: Vec<PlanPart> = parts
            .iter()
            .map(|(warehouse, lines)| PlanPart { warehouse: warehouse.clone(), lines: lines.clone() })
            .collect();
        let plan = if plan.len() > 1 { Plan::new(plan) } else { Plan::default() };
        let mut any = false;
        for (at, lines) in parts {
            let command = Command::Claim(ClaimStock {
                attempt: 1,
                channel: shop(of),
                cart: None,
                lines,
                plan: plan.clone(),
                ttl_ms: HOUR / 4,
                told: false,
                partial: false,
                owner: None,
                from: None,
                allocate: false,
            });
            let envelope = self.world.envelope(&id, "cart");
            let answer = self.world.ask_warehouse(&at, (&envelope, &command), Fate::Fine);
            any |= matches!(answer, Some(Ok(_)));
        }
        if any {
            self.reservations.push((shop(of), id));
        }
    }

    fn stock(&mut self, at: u8, goods: u8, kind: u8, units: i64) {
        let damaged = Condition::Damaged;
        let command = match kind {
            0..=2 => moved(goods, MovementKind::Receive(None), units),
            3 => moved(goods, MovementKind::Adjust, -units),
            4 => moved(goods, MovementKind::Hold(damaged), units),
            5 => moved(goods, MovementKind::Restock(damaged), units),
            _ => Command::Count(CountLine {
                sku: sku(goods),
                source: SourceId::parse("erp").unwrap(),
                as_of: self.world.now.minus(units * 60_000),
                figure: units,
                measures: if units % 2 == 0 { Measures::OnHand } else { Measures::Available },
                lag_ms: 0,
                seen: None,
            }),
        };
        let _maybe_refused = self.world.by_hand(&place(at), &command);
    }

    fn finish(&mut self) {
        self.world.settle();
        self.world.check_at_rest();
        // Whatever was taken or refused still is.
        for (envelope, verb, _) in self.asked.clone() {
            if !matches!(verb, Verb::Place(_)) {
                continue;
            }
            let envelope = Envelope { actor: None, ..envelope };
            let first = self.world.ask_desk(&envelope, &verb, Fate::Fine);
            let again = self.world.ask_desk(&envelope, &verb, Fate::Fine);
            let same = match (&first, &again) {
                (Some(Ok(Answer::Document(first))), Some(Ok(Answer::Document(again)))) => {
                    first.id() == again.id()
                }
                (Some(Ok(Answer::Superseded(_))), Some(Ok(Answer::Superseded(_)))) => true,
                (first, again) => first == again,
            };
            assert!(same, "{verb:?} is answered {first:?}, then {again:?}");
        }
        self.world.settle();
        self.refused_leave_nothing();
        // A long time later all that was open has come to its end, or waits for somebody.
        self.world.pass(HOUR * 24 * 30);
        self.world.settle();
        self.world.check_at_rest();
    }

    fn refused_leave_nothing(&self) {
        for id in self.orders.iter().filter(|id| self.world.document(id).is_none()) {
            assert!(!self.world.contacts.contains_key(id.as_str()), "{id} was refused, its contact is kept");
        }
        for document in self.world.archive.values().chain(self.world.documents().values()) {
            let Some(order) = document.order() else { continue };
            let kept = self.world.contacts.contains_key(order.id.as_str());
            assert_eq!(kept, order.contact == Contact::Kept, "{}: {:?}", order.id, order.contact);
            assert!(!order.withdrawn, "{} was refused and is still there", order.id);
        }
    }
}

fn is_asked(verb: &Verb) -> bool {
    matches!(verb, Verb::Place(order) if !order.told)
}

fn is_withdrawn(document: &Document) -> bool {
    document.order().is_some_and(|order| order.withdrawn)
}

fn moved(goods: u8, kind: MovementKind, quantity: i64) -> Command {
    let (reference, reason, occurred_at) = (None, None, None);
    Command::Move(Movement { sku: sku(goods), kind, quantity, reference, reason, occurred_at })
}

fn run(script: &[(Step, Fate)]) {
    let mut run = Run::new();
    for (at, (step, fate)) in script.iter().enumerate() {
        run.step(step, *fate);
        if at % 4 == 0 {
            run.world.check();
        }
    }
    run.finish();
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    /// Units are conserved, counters are what rows say, no claim is orphaned, states move as the tables say, whatever is
    /// asked in whatever order and wherever a message or its sender is lost.
    #[test]
    fn a_world_holds_together(script in steps(400)) {
        run(&script);
    }
}
