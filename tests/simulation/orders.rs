//! Orders and other documents in a seeded world: what was acknowledged survives whatever befalls the store and the
//! daemon, nothing is done twice, and nothing is promised for nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::future::{join, join_all};
use lagerd::actor::audit::{Report, audit};
use lagerd::actor::house::opening::Opening;
use lagerd::actor::house::{Kind, Sender};
use lagerd::actor::{Fault, House};
use lagerd::domain::desk::command::FulfilStep;
use lagerd::domain::desk::{Document, Verb};
use lagerd::domain::ids::OrderId;
use lagerd::domain::order::{Commercial, Fulfilment, FulfilmentState, Order};
use lagerd::domain::warehouse::MovementKind;
use lagerd::journal::Journal;
use lagerd::journal::memory::{FaultOdds, MemoryJournal};
use lagerd::journal::record::changes_of;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::journal_faults::{calm, losing, rough};
use crate::shopping::{STORE, Shopping, What, Wish};
use crate::stockroom::{self, Units};
use crate::world::{BETWEEN_DEATHS, Nature, VirtualClock, let_others_write, open_as, opening, paused, rules};

/// Steps per seed.
const STEPS: u32 = 60;
/// Seeds per world, where no other number is asked for.
const SEEDS: u64 = 6;
/// Everything is looked at after so many of them.
const CHECK_EVERY: u32 = 12;
/// After so long every hold is past its time: carts hold for a minute and a half at most, claims for two. What passes
/// without anything to do costs the most of all.
const REST: Duration = Duration::from_secs(300);

/// What a sender was told.
#[derive(Debug, Clone)]
enum Told {
    Document(Document),
    Done,
    Refused(String),
    /// Surely not done, for now.
    NotDone,
    /// Nobody knows.
    Unknown,
}

struct Orders {
    journal: Arc<MemoryJournal>,
    clock: Arc<VirtualClock>,
    house: Arc<House>,
    stopping: CancellationToken,
    died: Instant,
    shopping: Shopping,
    nature: Nature,
    lives: u64,
    seed: u64,
    /// The first success of each id.
    first: BTreeMap<String, Told>,
    /// Everything that was told of documents since the last check.
    told: Vec<Document>,
    /// Orders that no sender was told to be there.
    absent: BTreeSet<OrderId>,
    taken: BTreeSet<OrderId>,
    on_hand: Units,
    report: Vec<String>,
}

/// A store where buyers collect, a warehouse that must answer in time, and a channel that sells beyond stock.
fn shop() -> Opening {
    let mut opening = opening();
    for warehouse in &mut opening.warehouses {
        if warehouse.id.as_str() == STORE {
            (warehouse.kind, warehouse.pickup) = (Kind::Store, true);
        }
        warehouse.accept_within_ms = (warehouse.id.as_str() == "VIE").then_some(40_000);
    }
    for channel in &mut opening.channels {
        if channel.id.as_str() == "app" {
            (channel.backorder, channel.backorder_limit) = (true, Some(6));
            channel.leftover = lagerd::actor::house::Leftover::Backorder;
        }
    }
    opening
}

fn run(name: &str, nature: Nature) {
    for seed in crate::seeds(SEEDS) {
        let world = || {
            paused(async move {
                let mut world = Orders::new(seed, nature).await;
                world.begin().await;
                for step in 1..=STEPS {
                    world.step().await;
                    if step % CHECK_EVERY == 0 {
                        world.check(step == STEPS).await;
                    }
                }
            });
        };
        if let Err(panic) = std::panic::catch_unwind(world) {
            eprintln!("simulation `{name}` failed: LAGERD_SEED={seed} cargo test --test simulation {name}");
            std::panic::resume_unwind(panic);
        }
    }
}

impl Orders {
    async fn new(seed: u64, nature: Nature) -> Self {
        let journal = MemoryJournal::new(changes_of, seed).with_latency(Duration::from_millis(2));
        let (journal, clock) = (Arc::new(journal), Arc::new(VirtualClock::new()));
        let_others_write(&journal, &clock);
        let (house, stopping) = open_as(&shop(), &journal, &clock, seed).await;
        Self {
            journal,
            clock,
            house,
            stopping,
            died: Instant::now(),
            shopping: Shopping::new(seed),
            nature,
            lives: 1,
            seed,
            first: BTreeMap::new(),
            told: Vec::new(),
            absent: BTreeSet::new(),
            taken: BTreeSet::new(),
            on_hand: Units::new(),
            report: Vec::new(),
        }
    }

    async fn begin(&mut self) {
        for wish in self.shopping.delivery() {
            let told = self.insist(&wish).await;
            self.book(&wish, told);
        }
    }

    async fn step(&mut self) {
        let wishes = self.shopping.step(&self.house).await;
        let crash = self.nature.crashes && self.shopping.rng.u32(0..10) == 0;
        let crash = crash.then(|| Duration::from_millis(self.shopping.rng.u64(0..40)));
        self.journal.faults().set_odds(self.nature.odds);
        if self.nature.deaths && self.died.elapsed() > BETWEEN_DEATHS {
            self.died = Instant::now();
            self.clock.deadly.store(true, Ordering::Relaxed);
        }
        let house = self.house.clone();
        let sent = join_all(wishes.iter().map(|wish| send(&house, wish)));
        let (stopping, lives) = (self.stopping.clone(), self.lives);
        let crashing = async {
            tokio::time::sleep(crash?).await;
            stopping.cancel();
            let seed = self.seed ^ ((lives + 1) << 20);
            Some(open_as(&shop(), &self.journal, &self.clock, seed).await)
        };
        let (answers, opened) = join(sent, crashing).await;
        let crashed = opened.is_some();
        if let Some(opened) = opened {
            (self.house, self.stopping) = opened;
            self.lives += 1;
        }
        if self.shopping.rng.u32(0..8) == 0 {
            let millis = self.shopping.rng.u64(1_000..60_000);
            tokio::time::sleep(Duration::from_millis(millis)).await;
        }
        self.journal.faults().set_odds(FaultOdds::default());
        self.journal.faults().land_ghosts();
        for (wish, told) in wishes.iter().zip(answers) {
            // What a dying daemon says besides success is worth nothing.
            let gives_up = !crashed && self.shopping.rng.bool();
            let told = match told {
                Told::NotDone if gives_up && matches!(wish.what, What::Place(_)) => Told::NotDone,
                Told::NotDone | Told::Unknown => self.insist(wish).await,
                Told::Refused(_) if crashed => self.insist(wish).await,
                told => told,
            };
            self.book(wish, told);
        }
    }

    /// Asks again with the same id until the answer is definite.
    async fn insist(&self, wish: &Wish) -> Told {
        for _ in 0..400 {
            match send(&self.house, wish).await {
                Told::NotDone | Told::Unknown => tokio::time::sleep(Duration::from_millis(50)).await,
                told => return told,
            }
        }
        panic!("{wish:?} finds no definite answer");
    }

    /// Books an answer; a repeated id must be answered like the first time.
    fn book(&mut self, wish: &Wish, told: Told) {
        self.report.push(format!("{wish:?} -> {told:?}"));
        let first = self.first.get(wish.id.as_str());
        match (first, &told) {
            (Some(Told::Document(first)), Told::Document(again)) => {
                assert_eq!(first.id(), again.id(), "{wish:?} is two documents");
            }
            (Some(first @ Told::Document(_)), Told::Refused(code)) => {
                panic!("{wish:?} was first {first:?}, then refused {code}");
            }
            _ => {}
        }
        if let Told::Document(document) = &told {
            self.told.push(document.clone());
        }
        if let What::Place(place) = &wish.what {
            match &told {
                Told::Document(_) => {
                    self.absent.remove(&place.id);
                    self.taken.insert(place.id.clone());
                }
                _ if !self.taken.contains(&place.id) => {
                    self.absent.insert(place.id.clone());
                }
                _ => {}
            }
        }
        if self.first.contains_key(wish.id.as_str()) || matches!(told, Told::Refused(_) | Told::NotDone) {
            return;
        }
        self.note_moved(wish, &told);
        self.first.insert(wish.id.as_str().to_owned(), told);
    }

    /// What a success says has moved, where no document says so.
    fn note_moved(&mut self, wish: &Wish, told: &Told) {
        match (&wish.what, told) {
            (What::Move(at, movement), _) => {
                let sign = if let MovementKind::Sell { .. } = movement.kind { -1 } else { 1 };
                let at = (at.clone(), movement.sku.clone());
                *self.on_hand.entry(at).or_default() += sign * movement.quantity;
            }
            (What::Desk(verb), Told::Document(Document::Order(order))) => {
                let Verb::Fulfil {
                    number, step: FulfilStep::ShortPick { lines, damaged: false, .. }, ..
                } = verb.as_ref()
                else {
                    return;
                };
                let part = order.fulfilment(*number).unwrap();
                for (line, quantity) in lines {
                    let sku = order.line(line).unwrap().sku.clone();
                    *self.on_hand.entry((part.warehouse.clone(), sku)).or_default() -= quantity;
                }
            }
            _ => {}
        }
    }

    /// Looks at everything once nothing is left to be told. At the end also once every hold is past its time.
    async fn check(&mut self, at_rest: bool) {
        self.quiesce().await;
        if at_rest {
            tokio::time::sleep(REST).await;
            self.quiesce().await;
        }
        let documents = stockroom::documents(&self.house).await;
        for told in std::mem::take(&mut self.told) {
            let now = documents.get(told.id());
            let now =
                now.unwrap_or_else(|| panic!("{} is lost:\n{}", told.id(), self.about(told.id().as_str())));
            if let (Document::Order(told), Document::Order(now)) = (&told, now) {
                self.follows(told, now);
            }
            self.told.push(now.clone());
        }
        self.told.dedup_by(|one, other| one.id() == other.id());
        for id in &self.absent {
            if let Some(document) = documents.get(id) {
                let withdrawn = document.order().is_some_and(|order| order.withdrawn);
                assert!(withdrawn, "{id} was not taken, and is there:\n{}", self.about(id.as_str()));
            }
        }
        let wrong = stockroom::check(&self.house, &self.on_hand, &documents, at_rest);
        if let Some((sku, wrong)) = wrong.first() {
            panic!("{wrong}\n{}", self.about(sku.as_str()));
        }
        let report = self.audit().await;
        let problems = report.journals.iter().flat_map(|journal| &journal.problems).chain(&report.across);
        let problems: Vec<_> = problems.collect();
        let about =
            || problems.iter().filter_map(|problem| problem.split(':').next()).map(|id| self.about(id));
        assert!(problems.is_empty(), "{problems:#?}\n{}", about().collect::<Vec<_>>().join("\n"));
    }

    /// The audit of a moment at which nobody writes: time makes something due now and then.
    async fn audit(&self) -> Report {
        for _ in 0..20 {
            let report = audit(self.journal.as_ref() as &dyn Journal, rules()).await.unwrap();
            if !report.written_meanwhile {
                return report;
            }
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        panic!("somebody still writes");
    }

    /// Waits until no document has anything to tell, and what warehouses served is booked.
    async fn quiesce(&self) {
        let mut quiet = 0;
        for _ in 0..600 {
            tokio::time::sleep(Duration::from_millis(500)).await;
            quiet = if self.house.untold() == 0 { quiet + 1 } else { 0 };
            // Served claims whose news were missed are asked for every ten seconds.
            if quiet > 24 {
                return;
            }
        }
        let open = self.house.documents(None, usize::MAX, |document| document.task().is_some());
        panic!("{} documents find no rest: {:#?}", open.len(), open.first());
    }

    /// What was told of an order still holds: it may have gone on, and nothing it had done is undone.
    fn follows(&self, told: &Order, now: &Order) {
        let about = || format!("told {told:#?}\nnow {now:#?}\n{}", self.about(told.id.as_str()));
        assert!(reaches(told.state, now.state), "{}", about());
        assert!(now.revision >= told.revision && now.epoch >= told.epoch && !now.withdrawn, "{}", about());
        for line in &told.lines {
            let still = now.line(&line.id);
            let still = still.unwrap_or_else(|| panic!("line {} is lost: {}", line.id, about()));
            assert!(still.shipped >= line.shipped && still.returned >= line.returned, "{}", about());
            assert!(still.adds_up() && still.ordered >= line.shipped, "{}", about());
        }
        // A plan is no promise: where its claim is refused, it is dropped and another one made.
        let planned = |part: &&Fulfilment| part.state == FulfilmentState::Proposed;
        for part in told.fulfilments.iter().filter(|part| !planned(part)) {
            let still = now.fulfilment(part.number).unwrap_or_else(|| panic!("part lost: {}", about()));
            assert!(!part.state.has_left() || still.state.has_left(), "{}", about());
        }
        assert!(now.returns.len() >= told.returns.len(), "{}", about());
    }

    fn about(&self, word: &str) -> String {
        let about = self.report.iter().filter(|line| line.contains(word));
        about.cloned().collect::<Vec<_>>().join("\n")
    }
}

/// Whether legal moves lead from one state to another.
fn reaches(from: Commercial, to: Commercial) -> bool {
    let (mut known, mut next) = (vec![from], 0);
    while let Some(state) = known.get(next).copied() {
        next += 1;
        let further = Commercial::ALL.iter().filter(|further| state.may_become(**further));
        let further: Vec<_> = further.filter(|further| !known.contains(further)).copied().collect();
        known.extend(further);
    }
    known.contains(&to)
}

async fn send(house: &Arc<House>, wish: &Wish) -> Told {
    let sender = Sender { id: wish.id.clone(), issued_at: None, fingerprint: 7, actor: None, trace: None };
    match &wish.what {
        What::Place(place) => {
            let placed = house.place_order(&sender, place.as_ref().clone(), None).await;
            told(placed, |placed| Told::Document(Document::Order(placed.order)))
        }
        What::Desk(verb) => told(house.desk(&sender, verb.as_ref().clone()).await, Told::Document),
        What::Reserve(request) => told(house.reserve(&sender, request.clone()).await, |_| Told::Done),
        What::Move(at, movement) => {
            told(house.move_goods(&sender, at, movement.clone()).await, |_| Told::Done)
        }
        What::Count(at, line) => told(house.count(&sender, at, line.clone()).await, |_| Told::Done),
    }
}

fn told<T>(answer: Result<T, Fault>, ok: impl FnOnce(T) -> Told) -> Told {
    match answer {
        Ok(value) => ok(value),
        Err(Fault::Refused(refusal)) => Told::Refused(refusal.code().to_owned()),
        Err(Fault::HeldInPart { .. }) => Told::Refused("held_in_part".to_owned()),
        Err(Fault::Busy | Fault::Unavailable(_)) => Told::NotDone,
        Err(Fault::OutcomeUnknown) => Told::Unknown,
        Err(Fault::StoreLost(why)) => panic!("the store is given up: {why}"),
    }
}

/// On a store without faults, a daemon that is killed at any moment loses no order and promises nothing twice.
#[test]
fn orders_on_a_calm_store() {
    run("orders_on_a_calm_store", Nature { crashes: true, ..crate::nature(calm()) });
}

/// With lost replies, conflicts, ghosts, outages, interrupted writes and crashes the same holds.
#[test]
fn orders_on_a_rough_store() {
    run("orders_on_a_rough_store", Nature { crashes: true, ..crate::nature(rough()) });
}

/// With a store that loses its newest entries under a living daemon the same holds: they are appended again.
#[test]
fn orders_on_a_losing_store() {
    run("orders_on_a_losing_store", crate::nature(losing()));
}

/// Actors that die alone, desks among them, are rebuilt, and their documents go on.
#[test]
fn orders_of_dying_actors() {
    run("orders_of_dying_actors", Nature { deaths: true, ..crate::nature(rough()) });
}

// Forks are left out: what another history replaced is gone by design and told in the alarm, so an acknowledged order may
// be lost while a warehouse has its claim again. `forking_store` holds what must hold then.
//
// A rival that carries the same documents out is left out: one daemon drives, the leader. An actor that is behind answers
// what changes nothing from what it knows (a channel that never heard of a backorder closes it without a commit), its
// driver takes that for done, and room stays taken. `two_daemons` holds what two daemons must keep to.
