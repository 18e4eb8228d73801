//! A ground to start actors on: the memory journal, a clock that can be turned, virtual time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::kiosk::{Kiosk, Order};
use crate::actor::Fault;
use crate::actor::directory::{Ground, Life, MakeWatch, Note};
use crate::actor::journaled::{Limits, Parts, Stats, Watch};
use crate::actor::mailbox::Mailbox;
use crate::domain::ids::CommandId;
use crate::domain::machine::{Envelope, Machine};
use crate::domain::time::{Clock, Timestamp};
use crate::journal::memory::MemoryJournal;
use crate::journal::record::changes_of;
use crate::journal::{Head, Journal, JournalId, JournalKind};
use crate::telemetry::Metrics;

/// The first moment of every test.
pub(super) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How long a commit takes where a test needs one to be in flight.
pub(super) const LATENCY: Duration = Duration::from_millis(10);

/// A wall clock that can be turned, beside a boottime that can't.
#[derive(Debug)]
pub(super) struct Hand {
    begun: Instant,
    turned: AtomicI64,
}

impl Hand {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), turned: AtomicI64::new(0) })
    }

    /// Turns the wall clock.
    pub(super) fn turn(&self, by_ms: i64) {
        self.turned.fetch_add(by_ms, Ordering::Relaxed);
    }
}

impl Clock for Hand {
    fn wall(&self) -> Timestamp {
        START.plus(self.boottime()).plus(self.turned.load(Ordering::Relaxed))
    }

    fn boottime(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap()
    }
}

/// Sees nothing.
#[derive(Debug)]
pub(super) struct Blind;

impl<M: Machine> Watch<M> for Blind {
    fn loaded(&mut self, _machine: &M, _head: Head) {}

    fn confirmed(
        &mut self,
        _machine: &M,
        _rows: &[M::Row],
        _facts: &[(Option<usize>, M::Fact)],
        _head: Head,
        _at: Timestamp,
    ) {
    }
}

/// A kiosk that runs.
#[derive(Clone)]
pub(super) struct Shop {
    pub(super) journal: Arc<MemoryJournal>,
    pub(super) ground: Ground,
    pub(super) mailbox: Mailbox<Kiosk>,
    pub(super) life: Arc<Life>,
}

impl fmt::Debug for Shop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shop")
    }
}

impl Shop {
    /// A kiosk with these units on the current thread, whose commits take [`LATENCY`].
    pub(super) async fn open(units: i64, limits: Limits) -> Self {
        let journal = Arc::new(MemoryJournal::new(changes_of, 7).with_latency(LATENCY));
        let ground = ground(journal.clone(), Hand::new(), limits, Handle::current());
        Self::start(journal, ground, units).await
    }

    pub(super) async fn start(journal: Arc<MemoryJournal>, ground: Ground, units: i64) -> Self {
        let watch: MakeWatch<Kiosk> = Arc::new(|| Box::new(Blind));
        let started = ground.start(kiosk_id(), 0, Arc::new(Kiosk::default), watch).await;
        let (mailbox, life) = started.unwrap();
        let shop = Self { journal, ground, mailbox, life };
        assert_eq!(shop.ask("opening", Order::Stock(units)).await, Ok(units));
        shop
    }

    /// Asks under an id.
    pub(super) async fn ask(&self, id: &str, order: Order) -> Result<i64, Fault> {
        self.mailbox.ask(envelope(id), order).await
    }

    /// The units left.
    pub(super) async fn look(&self) -> i64 {
        self.ask("look", Order::Look).await.unwrap()
    }

    /// Where the journal stands.
    pub(super) async fn head(&self) -> Head {
        self.journal.span(&kiosk_id()).await.unwrap().head
    }

    pub(super) fn restarts(&self) -> u64 {
        self.life.restarts.load(Ordering::Relaxed)
    }
}

/// The kiosk's journal.
pub(super) fn kiosk_id() -> JournalId {
    JournalId::new(JournalKind::Items, "kiosk")
}

pub(super) fn envelope(id: &str) -> Envelope {
    let id = CommandId::parse(id).unwrap();
    Envelope { id, time: START.plus(1), timed: true, fingerprint: 7, actor: None, trace: None }
}

/// Bounds that let `batch` commands into a batch and four batches in flight: three, and room to decide behind them.
pub(super) const fn limits(queue: usize, batch: usize) -> Limits {
    Limits { queue, batch_commands: batch, batch_rows: 10_000, in_flight: 4, ring_bytes: 1 << 20 }
}

pub(super) fn ground(journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, limits: Limits, io: Handle) -> Ground {
    Ground {
        journal,
        clock,
        limits,
        deadline: Duration::from_secs(5),
        grace_ms: 60_000,
        io,
        arbiters: vec![actix::Arbiter::current()],
        rescue: std::env::temp_dir(),
        note: Note(Arc::new(|_, _| {})),
        metrics: Arc::new(Metrics::new()),
        seed: 7,
        failed: CancellationToken::new(),
        stopping: CancellationToken::new(),
    }
}

/// What a core is made of, where a test starts one without a guardian.
pub(super) fn parts(ground: &Ground) -> Parts<Kiosk> {
    let meter = ground.metrics.actor("kiosk");
    Parts {
        id: kiosk_id(),
        journal: ground.journal.clone(),
        clock: ground.clock.clone(),
        limits: ground.limits,
        io: ground.io.clone(),
        fresh: Arc::new(Kiosk::default),
        stats: Arc::new(Stats { beats: AtomicU64::new(0), lost: AtomicBool::new(false), meter }),
        rescue: ground.rescue.clone(),
        note: ground.note.clone(),
        expire_from: Timestamp::MIN,
    }
}

/// Runs a test on one thread in virtual time: actors, journal and guardians alike.
pub(super) fn in_virtual_time<F: Future>(run: impl FnOnce() -> F) -> F::Output {
    let system = actix::System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
    });
    system.block_on(async { run().await })
}

/// Looks every few (virtual) milliseconds until `found` tells something.
pub(super) async fn wait_for<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(it) = found().await {
                return it;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let looked = tokio::time::timeout(Duration::from_secs(600), looking).await;
    looked.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
