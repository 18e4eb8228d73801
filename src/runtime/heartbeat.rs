//! The proof that the daemon goes on, for the watchdog of the service manager.
//!
//! The watchdog is fed by a full round alone: since it was last fed, every actor (warehouses, channels, item cards, order
//! desks) has answered a nudge of its guardian, on its own thread, and the journal's writer has come by. That the round
//! itself is looked at proves the threads of input and output.
//!
//! What it does not cover: a store that is away or never answers. Reading goes on meanwhile, and a new process would wait
//! for the same store. So the writer answers for itself and not for the store, and an actor that waits for its
//! journal to be loaded again is answered for by its guardian.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::service::Service;
use crate::actor::House;
use crate::actor::directory::Life;
use crate::journal::Journal;

/// What the writer of the journal is called where it is silent.
const WRITER: &str = "the journal's writer";

/// One round: who has answered since it began.
struct Round {
    begun: Instant,
    /// What each actor's beats were then.
    beats: BTreeMap<String, u64>,
    writer: BoxFuture<'static, bool>,
    writer_answered: bool,
}

/// Feeds the watchdog until the daemon rests.
pub(super) async fn feed(
    service: Arc<Service>,
    every: Duration,
    house: Arc<House>,
    journal: Arc<dyn Journal>,
    resting: CancellationToken,
) {
    let tell = |told| tell(service.clone(), told);
    keep(every, || house.lives.clone(), journal, resting, tell).await;
}

async fn tell(service: Arc<Service>, told: Told) {
    match told {
        Told::Alive => service.alive().await,
        Told::Silent(names) => tracing::error!(
            silent = %names.join(", "),
            "no answer for half the time the watchdog gives; it ends the process unless one comes"
        ),
    }
}

/// What a watchdog is told.
enum Told {
    /// A round is full.
    Alive,
    /// A round has taken half the time there is, and who is missing; once a round.
    Silent(Vec<String>),
}

async fn keep<Telling: Future<Output = ()>>(
    every: Duration,
    lives: impl Fn() -> Vec<Arc<Life>>,
    journal: Arc<dyn Journal>,
    resting: CancellationToken,
    mut tell: impl FnMut(Told) -> Telling,
) {
    let mut look = tokio::time::interval(every / 20);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut round = Round::begin(&lives(), journal.as_ref());
    let mut missed = false;
    loop {
        tokio::select! {
            biased;
            () = resting.cancelled() => return,
            _ = look.tick() => {}
            answered = &mut round.writer, if !round.writer_answered => {
                round.writer_answered = answered;
                if !answered {
                    // It is gone: nobody is asked again, and the round stays open.
                    round.writer = Box::pin(std::future::pending());
                }
                continue;
            }
        }
        let lives = lives();
        let silent = round.silent(&lives);
        // Twice as often as needed and more, so that a slow moment costs nothing.
        if silent.is_empty() && round.begun.elapsed() >= every / 4 {
            tell(Told::Alive).await;
            round = Round::begin(&lives, journal.as_ref());
            missed = false;
        } else if !silent.is_empty() && !missed && round.begun.elapsed() >= every / 2 {
            tell(Told::Silent(silent)).await;
            missed = true;
        }
    }
}

impl Round {
    fn begin(lives: &[Arc<Life>], journal: &dyn Journal) -> Self {
        Self {
            begun: Instant::now(),
            beats: lives.iter().map(|life| (life.id.to_string(), life.beats())).collect(),
            writer: journal.ping(),
            writer_answered: false,
        }
    }

    /// Who has not answered yet. An actor that came since has nothing to answer for.
    fn silent(&self, lives: &[Arc<Life>]) -> Vec<String> {
        let hangs = |life: &&Arc<Life>| self.beats.get(&life.id.to_string()) == Some(&life.beats());
        let mut silent: Vec<String> = lives.iter().filter(hangs).map(|life| life.id.to_string()).collect();
        silent.extend((!self.writer_answered).then(|| WRITER.to_owned()));
        silent
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;

    use actix::{Arbiter, System};
    use tokio::runtime::Handle;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::super::clocks::SystemClock;
    use super::super::parts;
    use super::*;
    use crate::actor::directory::{Ground, Note};
    use crate::actor::house::Sender;
    use crate::config::Settings;
    use crate::domain::ids::{CommandId, Sku, WarehouseId};
    use crate::domain::warehouse::{Movement, MovementKind};
    use crate::journal::locked::Locked;
    use crate::journal::memory::MemoryJournal;
    use crate::journal::record::changes_of;
    use crate::telemetry::Metrics;

    /// How long a watchdog of these tests waits: many beats of an actor, of which there are ten a second.
    const EVERY: Duration = Duration::from_secs(2);

    /// Whether an actor lives on the thread of BER: every other one does.
    fn beside(name: &str) -> bool {
        let shard = name.strip_prefix("d:").and_then(|shard| shard.parse::<u8>().ok());
        name == "w:BER" || name == "i:items" || shard.is_some_and(|shard| shard.is_multiple_of(2))
    }

    fn ground(journal: Arc<MemoryJournal>, note: Note) -> Ground {
        let settings = Settings::default();
        Ground {
            journal,
            clock: Arc::new(SystemClock),
            limits: parts::limits(&settings),
            deadline: Duration::from_secs(20),
            grace_ms: 0,
            io: Handle::current(),
            arbiters: vec![Arbiter::new().handle(), Arbiter::new().handle()],
            rescue: std::env::temp_dir(),
            note,
            metrics: Arc::new(Metrics::new()),
            seed: 7,
            failed: CancellationToken::new(),
            stopping: CancellationToken::new(),
        }
    }

    fn in_threads<F: Future>(run: impl FnOnce() -> F) -> F::Output {
        let system = System::with_tokio_rt(|| {
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
        });
        system.block_on(async { run().await })
    }

    async fn receive(house: Arc<House>, id: &'static str) {
        let sender =
            Sender { id: CommandId::stored(id), issued_at: None, fingerprint: 1, actor: None, trace: None };
        let movement = Movement {
            sku: Sku::parse("A").unwrap(),
            kind: MovementKind::Receive(None),
            quantity: 1,
            reference: None,
            reason: None,
            occurred_at: None,
        };
        let moved = house.move_goods(&sender, &WarehouseId::stored("BER"), movement).await;
        assert_eq!(moved.expect("a unit").level.on_hand, 1);
    }

    /// Waits until a round is full. On a busy machine one may take long, which is told before.
    async fn alive(told: &mut UnboundedReceiver<Told>) {
        let full = async { while !matches!(told.recv().await.expect("somebody looks"), Told::Alive) {} };
        tokio::time::timeout(Duration::from_secs(30), full).await.expect("a full round");
    }

    /// One warehouse that hangs in the middle of its work, on its own thread, stops the feeding though everybody else
    /// answers; its name is told; and once it goes on, so does the feeding.
    #[test]
    fn an_actor_that_hangs_stops_the_feeding() {
        in_threads(async || {
            let (hangs, hanging) = mpsc::channel();
            let (release, released) = mpsc::channel::<()>();
            let (hangs, released) = (Locked::new(hangs), Locked::new(released));
            let trap = Arc::new(AtomicBool::new(false));
            let sprung = trap.clone();
            // The actors tell every confirmed head on their own threads: here one is kept in the middle of it.
            let note = Note(Arc::new(move |id, _| {
                if id.to_string() == "w:BER" && sprung.swap(false, Ordering::SeqCst) {
                    hangs.with(|hangs| hangs.send(()).unwrap());
                    released.with(|released| released.recv().unwrap());
                }
            }));
            let journal = Arc::new(MemoryJournal::new(changes_of, 7));
            let ground = ground(journal.clone(), note);
            let house = House::open(&ground, &parts::opening(&Settings::default())).await.expect("a house");
            let (tell, mut told) = unbounded_channel();
            let (watched, resting) = (house.clone(), CancellationToken::new());
            let lives = move || watched.lives.clone();
            let feeding = tokio::spawn(keep(EVERY, lives, journal, resting.clone(), move |word| {
                tell.send(word).unwrap();
                std::future::ready(())
            }));
            alive(&mut told).await;
            trap.store(true, Ordering::SeqCst);
            let moving = tokio::spawn(receive(house.clone(), "in"));
            tokio::task::spawn_blocking(move || hanging.recv().unwrap()).await.unwrap();
            // A round that was full already may be told still; then nothing is, but who is missing.
            let silent = loop {
                match told.recv().await.expect("somebody looks") {
                    Told::Alive => {}
                    // The warehouse itself may have answered in this round before it hung; then its neighbours on the
                    // same thread have not.
                    Told::Silent(names) if names.iter().any(|name| beside(name)) => break names,
                    Told::Silent(_) => {}
                }
            };
            // Those on the other thread go on, and so does the writer.
            assert!(silent.len() < house.lives.len() && !silent.contains(&WRITER.to_owned()), "{silent:?}");
            assert!(told.try_recv().is_err());
            release.send(()).unwrap();
            alive(&mut told).await;
            moving.await.unwrap();
            resting.cancel();
            feeding.await.unwrap();
            ground.stopping.cancel();
        });
    }

    /// A store that is away stops nothing: actors and writer answer for themselves.
    #[test]
    fn a_store_that_is_away_stops_nothing() {
        in_threads(async || {
            let journal = Arc::new(MemoryJournal::new(changes_of, 7));
            let ground = ground(journal.clone(), Note(Arc::new(|_, _| {})));
            let house = House::open(&ground, &parts::opening(&Settings::default())).await.expect("a house");
            journal.faults().set_away(true);
            let (tell, mut told) = unbounded_channel();
            let (watched, resting) = (house.clone(), CancellationToken::new());
            let lives = move || watched.lives.clone();
            tokio::spawn(keep(EVERY, lives, journal, resting.clone(), move |word| {
                drop(tell.send(word));
                std::future::ready(())
            }));
            for _ in 0..5 {
                alive(&mut told).await;
            }
            resting.cancel();
            ground.stopping.cancel();
        });
    }
}
