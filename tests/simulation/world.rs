//! One world: a store that outlives daemons, a daemon that may be killed, virtual time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use actix::Arbiter;
use futures_util::future::join_all;
use lagerd::actor::audit::audit;
use lagerd::actor::directory::{Ground, Note};
use lagerd::actor::house::conversation::ReservationState;
use lagerd::actor::house::opening::Opening;
use lagerd::actor::house::{ChannelSpec, Mode, OrderRules, Sender, WarehouseSpec};
use lagerd::actor::journaled::Limits;
use lagerd::actor::{Fault, House};
use lagerd::domain::channel::Channel;
use lagerd::domain::desk::Desk;
use lagerd::domain::ids::{ChannelId, WarehouseId};
use lagerd::domain::item::Items;
use lagerd::domain::memory::{End, Windows};
use lagerd::domain::refusal::Refusal;
use lagerd::domain::time::{Clock, Timestamp};
use lagerd::domain::warehouse::{Rules, Warehouse};
use lagerd::journal::memory::{FaultOdds, MemoryJournal};
use lagerd::journal::record::{Entry, Recorded, changes_of};
use lagerd::journal::{Journal, JournalError, JournalKind};
use lagerd::telemetry::Metrics;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::desk::{carry_out, nobody_waits_in_vain};
use crate::follower::Followers;
use crate::ledger::{Answer, Ledger, definite};
use crate::script::{CHANNELS, Order, Script, WAREHOUSES, What};

/// The wall clock of the world: tokio's paused time from a fixed day on.
#[derive(Debug)]
pub(crate) struct VirtualClock {
    begin: Instant,
    /// How far the wall clock was set forward, in milliseconds; backward where negative.
    pub(crate) set_by: AtomicI64,
    /// The next actor that asks for the time dies of it.
    pub(crate) deadly: AtomicBool,
}

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self { begin: Instant::now(), set_by: AtomicI64::new(0), deadly: AtomicBool::new(false) }
    }

    fn millis(&self) -> i64 {
        i64::try_from(self.begin.elapsed().as_millis()).unwrap()
    }
}

impl Clock for VirtualClock {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(1_764_000_000_000 + self.millis() + self.set_by.load(Ordering::Relaxed))
    }

    fn boottime(&self) -> i64 {
        assert!(!self.deadly.swap(false, Ordering::Relaxed), "an actor is killed on purpose");
        self.millis()
    }
}

/// How rough a world is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nature {
    /// What befalls commits.
    pub(crate) odds: FaultOdds,
    /// Whether the daemon is killed now and then.
    pub(crate) crashes: bool,
    /// Whether acknowledged movements may be lost to another history.
    pub(crate) forks: bool,
    /// Whether single actors die now and then.
    pub(crate) deaths: bool,
    /// Whether another daemon works on the same store all the time.
    pub(crate) rival: bool,
}

/// More deaths of one actor than five in a minute would end the process.
pub(crate) const BETWEEN_DEATHS: Duration = Duration::from_secs(15);

pub(crate) struct World {
    journal: Arc<MemoryJournal>,
    clock: Arc<VirtualClock>,
    house: Arc<House>,
    rival: Option<Arc<House>>,
    stopping: CancellationToken,
    died: Instant,
    script: Script,
    ledger: Ledger,
    followers: Followers,
    nature: Nature,
    lives: u64,
    seed: u64,
}

/// The store is audited after so many steps, and after the last: an audit reads all logs from their beginning, and what
/// is wrong in a log stays in it. All else is looked at after every step.
const AUDIT_EVERY: u32 = 5;

/// Runs a world and says how many commands were granted and refused.
pub(crate) fn in_virtual_time(seed: u64, nature: Nature, steps: u32) -> (u32, u32) {
    paused(async move {
        let mut world = World::new(seed, nature).await;
        for step in 1..=steps {
            world.step(step % AUDIT_EVERY == 0 || step == steps).await;
        }
        (world.ledger.granted, world.ledger.refused)
    })
}

/// Runs something where actors live and time stands still while anything can be done.
pub(crate) fn paused<F: Future>(test: F) -> F::Output {
    let system = actix::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
    });
    system.block_on(test)
}

pub(crate) fn rules() -> Rules {
    Rules {
        max_hold_ms: 600_000,
        count_horizon_ms: 48 * 3_600_000,
        windows: Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 100_000 },
    }
}

pub(crate) fn opening() -> Opening {
    let warehouses = WAREHOUSES.iter().map(|id| WarehouseSpec::named(WarehouseId::parse(id).unwrap()));
    let channels = CHANNELS.iter().enumerate().map(|(at, id)| {
        let mode = if *id == "till" { Mode::Tells } else { Mode::Asks };
        let drawn = WAREHOUSES[..3 - at].iter().map(|id| WarehouseId::parse(id).unwrap());
        ChannelSpec::named(ChannelId::parse(id).unwrap(), mode, drawn.collect())
    });
    Opening {
        warehouses: warehouses.collect(),
        channels: channels.collect(),
        rules: rules(),
        orders: OrderRules::default(),
        refused_demand_max: 100,
    }
}

pub(crate) async fn open(
    journal: &Arc<MemoryJournal>,
    clock: &Arc<VirtualClock>,
    seed: u64,
) -> (Arc<House>, CancellationToken) {
    open_as(&opening(), journal, clock, seed).await
}

/// Opens a house that is made of something else.
pub(crate) async fn open_as(
    opening: &Opening,
    journal: &Arc<MemoryJournal>,
    clock: &Arc<VirtualClock>,
    seed: u64,
) -> (Arc<House>, CancellationToken) {
    let ground = ground(journal, clock, seed);
    loop {
        match House::open(&ground, opening).await {
            Ok(house) => return (house, ground.stopping),
            Err(JournalError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
            Err(error) => panic!("the house does not open: {error}"),
        }
    }
}

pub(crate) fn ground(journal: &Arc<MemoryJournal>, clock: &Arc<VirtualClock>, seed: u64) -> Ground {
    Ground {
        journal: journal.clone(),
        clock: clock.clone(),
        limits: Limits { queue: 64, batch_commands: 4, batch_rows: 100, in_flight: 3, ring_bytes: 1 << 20 },
        deadline: Duration::from_secs(5),
        grace_ms: 1_000,
        io: tokio::runtime::Handle::current(),
        arbiters: vec![Arbiter::current()],
        rescue: std::env::temp_dir(),
        note: Note(Arc::new(|_, _| {})),
        metrics: Arc::new(Metrics::new()),
        seed,
        failed: CancellationToken::new(),
        stopping: CancellationToken::new(),
    }
}

/// Now and then somebody else writes an entry that says nothing.
pub(crate) fn let_others_write(journal: &MemoryJournal, clock: &Arc<VirtualClock>) {
    let writer = clock.clone();
    journal.faults().set_foreign_writer(move |id, _| match id.kind {
        JournalKind::Channel => empty::<Channel>(writer.wall()),
        JournalKind::Desk => empty::<Desk>(writer.wall()),
        JournalKind::Items => empty::<Items>(writer.wall()),
        JournalKind::Warehouse => empty::<Warehouse>(writer.wall()),
    });
}

/// An entry that says nothing.
fn empty<M: Recorded>(at: Timestamp) -> bytes::Bytes {
    Entry::<M> { at, causes: Vec::new(), facts: Vec::new(), rows: Vec::new() }.encode()
}

impl World {
    async fn new(seed: u64, nature: Nature) -> Self {
        let journal = MemoryJournal::new(changes_of, seed).with_latency(Duration::from_millis(2));
        let journal = Arc::new(journal);
        let clock = Arc::new(VirtualClock::new());
        let_others_write(&journal, &clock);
        let (house, stopping) = open(&journal, &clock, seed).await;
        let rival = if nature.rival { Some(open(&journal, &clock, !seed).await.0) } else { None };
        let (script, ledger, died) = (Script::new(seed), Ledger::default(), Instant::now());
        let followers = Followers::of(&house);
        Self {
            journal,
            clock,
            house,
            rival,
            stopping,
            died,
            script,
            ledger,
            followers,
            nature,
            lives: 1,
            seed,
        }
    }

    /// Sends some commands at once, lets them settle, and checks everything, the store itself where it is to be audited.
    async fn step(&mut self, audited: bool) {
        let mut orders = self.script.step();
        if self.nature.rival {
            // What was shipped is told from all warehouses at once, and the idler daemon does not know them all.
            orders.retain(|order| !matches!(order.what, What::Ship(_)));
        }
        self.ledger.expect(&orders);
        self.journal.faults().set_odds(self.nature.odds);
        if self.nature.deaths && self.died.elapsed() > BETWEEN_DEATHS {
            self.died = Instant::now();
            self.clock.deadly.store(true, Ordering::Relaxed);
        }
        let houses: Vec<_> = orders.iter().map(|_| self.a_house()).collect();
        let sent = houses.iter().zip(&orders).map(|(house, order)| send(house, order));
        let answers = join_all(sent).await;
        self.followers.wander(&self.house, self.script.rng());
        if self.script.rng().u32(0..25) == 0 {
            self.pass_time().await;
        }
        self.journal.faults().set_odds(FaultOdds::default());
        self.journal.faults().land_ghosts();
        if self.nature.crashes && self.script.rng().u32(0..15) == 0 {
            self.crash().await;
        }
        for (order, answer) in orders.iter().zip(answers) {
            let answer = match answer {
                Some(answer) => answer,
                None => self.insist(order).await,
            };
            self.ledger.book(order, &answer, self.nature.forks || self.nature.rival);
        }
        self.check(audited).await;
    }

    fn a_house(&mut self) -> Arc<House> {
        match &self.rival {
            Some(rival) if self.script.rng().bool() => rival.clone(),
            _ => self.house.clone(),
        }
    }

    /// Asks again with the same id until the answer is definite.
    async fn insist(&self, order: &Order) -> Answer {
        for _ in 0..200 {
            if let Some(answer) = send(&self.house, order).await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{order:?} finds no definite answer");
    }

    async fn pass_time(&mut self) {
        let millis = self.script.rng().u64(1_000..90_000);
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }

    /// The daemon is killed and another started on the same store.
    async fn crash(&mut self) {
        self.stopping.cancel();
        self.lives += 1;
        let seed = self.seed ^ (self.lives << 20);
        (self.house, self.stopping) = open(&self.journal, &self.clock, seed).await;
    }

    async fn check(&mut self, audited: bool) {
        self.quiesce().await;
        self.followers.check(&self.house);
        if !self.nature.rival {
            nobody_waits_in_vain(&self.house).await;
        }
        if audited {
            self.audit().await;
        }
        if self.nature.forks {
            return;
        }
        if self.nature.rival {
            // What a daemon shows beside another is as old as its own last commit; one that has just loaded knows all.
            self.crash().await;
        }
        for ((warehouse, sku), units) in self.ledger.on_hand() {
            let view = &self.house.warehouses[warehouse].view;
            let level = view.row(sku).unwrap_or_default().level;
            assert_eq!(
                level.on_hand,
                *units,
                "{sku} at {warehouse}: acknowledged movements say otherwise:\n{}",
                self.ledger.about(sku.as_str())
            );
        }
        if !self.nature.rival {
            self.check_reservations().await;
        }
    }

    async fn audit(&self) {
        let report = audit(self.journal.as_ref() as &dyn Journal, rules()).await.unwrap();
        let problems: Vec<_> = report.journals.iter().flat_map(|journal| &journal.problems).collect();
        assert!(problems.is_empty(), "{problems:#?}");
    }

    /// Waits until no journal moves: expiry and repair have done what is due.
    async fn quiesce(&self) {
        let heads = || self.house.heads().map(|(_, head)| head).collect::<Vec<_>>();
        let mut before = heads();
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let now = heads();
            if now == before {
                return;
            }
            before = now;
        }
        panic!("the journals find no rest: {before:?}");
    }

    /// What was acknowledged as held is held, or has ended in a way that its sender could foresee.
    async fn check_reservations(&mut self) {
        let mut over = Vec::new();
        for (id, told) in &self.ledger.reserved {
            match self.house.reservation(id).await {
                Ok(now) => {
                    let open = matches!(now.state, ReservationState::Reserved);
                    if open && told.state == ReservationState::Reserved {
                        assert_eq!(
                            now.lines,
                            told.lines,
                            "{id} holds other lines than acknowledged:\n{}",
                            self.ledger.about(&format!("\"{id}\""))
                        );
                    }
                    if !open {
                        over.push(id.clone());
                    }
                    let expired = now.state == ReservationState::Ended(End::Expired);
                    let due = told.expires_at.is_none_or(|at| at <= self.clock.wall());
                    assert!(!expired || due, "{id} expired before its time");
                }
                Err(Fault::Refused(Refusal::UnknownReservation(_))) => {
                    let due = told.expires_at.is_none_or(|at| at <= self.clock.wall());
                    assert!(due, "{id} was acknowledged until {:?} and is not known", told.expires_at);
                    over.push(id.clone());
                }
                Err(Fault::HeldInPart { .. }) => over.push(id.clone()),
                Err(fault) => panic!("{id}: {fault}"),
            }
        }
        for id in over {
            self.ledger.reserved.remove(&id);
        }
    }
}

pub(crate) async fn send(house: &House, order: &Order) -> Option<Answer> {
    let sender = Sender { id: order.id.clone(), issued_at: None, fingerprint: 7, actor: None, trace: None };
    let reservation = |told| Answer::Reservation(Box::new(told));
    match &order.what {
        What::Reserve(request) => definite(house.reserve(&sender, request.clone()).await, reservation),
        What::Extend(id, ttl_ms) => definite(house.extend(&sender, id, *ttl_ms).await, reservation),
        What::Allocate(id) => definite(house.allocate(&sender, id).await, reservation),
        What::Release(id) => definite(house.release(&sender, id).await, reservation),
        What::Ship(id) => definite(house.ship(&sender, id, None, None, None).await, reservation),
        What::Move(warehouse, movement) => {
            definite(house.move_goods(&sender, warehouse, movement.clone()).await, |_| Answer::Moved)
        }
        What::Desk(task) => carry_out(house, house.envelope(&sender), task).await,
        What::Fence(warehouse, policy) => {
            definite(house.set_stock_policy(&sender, warehouse, policy.clone()).await, |()| Answer::Set)
        }
    }
}
