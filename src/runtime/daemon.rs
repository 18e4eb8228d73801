//! The daemon: build, run, wait for a signal, drain with deadlines.
//!
//! Start: the port is bound, or taken over from the service manager, and answers `loading`; the store is opened and held
//! against its witness; every journal is loaded; the door opens; the service manager is told so; the broker is told and
//! heard. How it stops stands in `stop`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix::{Arbiter, System};
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::broker::Broker;
use super::clocks::SystemClock;
use super::heartbeat;
use super::parts;
use super::service::Service;
use super::status::{self, Status};
use super::store::{OpenError, Opened, open_store};
use crate::actor::House;
use crate::actor::directory::{Ground, Note};
use crate::actor::retention::trim;
use crate::config::{Settings, Sources, load};
use crate::domain::time::Clock;
use crate::edge::command::FingerprintKey;
use crate::edge::door::Door;
use crate::edge::http::{listen, serve as serve_http};
use crate::journal::witness::Witness;
use crate::journal::{Journal, JournalError};
use crate::telemetry::{LogHandle, Metrics, watch_panics};

/// How often the service manager is told that the start goes on, and how long it may then wait for more.
const STARTING_EVERY: Duration = Duration::from_secs(10);
const STARTING_MAX: Duration = Duration::from_secs(60);
/// Pause between two attempts to reach a store that is away.
const AWAY_PAUSE: Duration = Duration::from_secs(1);
/// How often logs are trimmed.
const TRIM_EVERY: Duration = Duration::from_secs(60);
/// How often the store's health is counted.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Threads for actors, at most; each warehouse lives on one of them.
const ARBITERS_MAX: usize = 4;

/// What the daemon is told beside its settings.
#[derive(Debug)]
pub struct Options {
    /// Where the settings came from, for a reload.
    pub sources: Sources,
    /// The log, for a reload.
    pub log: LogHandle,
    /// Go on with a store that lost confirmed entries.
    pub accept_loss: bool,
    /// The port, where the service manager has opened it.
    pub port: Option<TcpListener>,
}

/// How the daemon ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to, and finished.
    Stopped,
    /// The port can't be bound.
    NoPort(std::io::Error),
    /// The store can't be used.
    NoStore(OpenError),
    /// An actor could not be kept alive.
    Failed,
}

/// Runs the daemon until it is told to stop.
#[must_use]
pub fn serve(settings: Settings, options: Options) -> Ended {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let system = System::with_tokio_rt(|| {
        #[expect(clippy::expect_used, reason = "without threads and timers there is no daemon to report to")]
        tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .thread_name("lagerd-io")
            .build()
            .expect("the kernel gives threads and timers")
    });
    system.block_on(run(Arc::new(settings), options))
}

/// What is there once the store is open.
pub(super) struct Open {
    pub(super) house: Arc<House>,
    journal: Arc<dyn Journal>,
    pub(super) witness: Option<Arc<Witness>>,
    pub(super) broker: Option<Arc<Broker>>,
}

pub(super) struct Daemon {
    settings: Arc<Settings>,
    options: Options,
    door: Arc<Door>,
    metrics: Arc<Metrics>,
    pub(super) service: Arc<Service>,
    /// The port takes no more connections.
    pub(super) closing: CancellationToken,
    /// Guardians and housekeeping rest.
    pub(super) resting: CancellationToken,
    /// An actor can't be kept alive.
    failed: CancellationToken,
}

async fn run(settings: Arc<Settings>, mut options: Options) -> Ended {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => return Ended::NoPort(error),
    };
    let mut metrics = Metrics::new();
    metrics.started(SystemClock.wall().as_millis());
    metrics.store_kind(settings.store.kind.name());
    metrics.slow_after(settings.log_slow_ms);
    let metrics = Arc::new(metrics);
    watch_panics(metrics.clone());
    let opened = match options.port.take() {
        Some(port) => port.set_nonblocking(true).and_then(|()| tokio::net::TcpListener::from_std(port)),
        None => listen(settings.http.listen),
    };
    let listener = match opened {
        Ok(listener) => listener,
        Err(error) => return Ended::NoPort(error),
    };
    raise_file_limit();
    let daemon = Daemon {
        door: Door::new(settings.clone(), metrics.clone()),
        settings,
        options,
        metrics,
        service: Arc::new(Service::new()),
        closing: CancellationToken::new(),
        resting: CancellationToken::new(),
        failed: CancellationToken::new(),
    };
    let address = listener.local_addr().unwrap_or(daemon.settings.http.listen);
    let serving = tokio::spawn(serve_http(listener, daemon.door.clone(), daemon.closing.clone()));
    daemon.open_and_wait(address, &mut signals, serving).await
}

impl Daemon {
    async fn open_and_wait(
        &self,
        address: SocketAddr,
        signals: &mut Signals,
        serving: JoinHandle<()>,
    ) -> Ended {
        tracing::info!(%address, "listening; loading");
        // One task: a start that hangs in the middle of its work asks for no more time.
        let opened = tokio::select! {
            opened = self.open() => opened,
            () = signals.stop() => {
                self.service.stopping("stopping before it was ready").await;
                return Ended::Stopped;
            }
            never = self.tell_starting() => match never {},
        };
        let open = match opened {
            Ok(opened) => opened,
            Err(error) => {
                self.service.stopping(&error.to_string()).await;
                return Ended::NoStore(error);
            }
        };
        let key = FingerprintKey::of_store(&open.journal.store_id().0.to_be_bytes());
        self.door.open(open.house.clone(), key);
        tracing::info!(%address, "ready");
        if self.settings.tokens.is_empty() {
            tracing::warn!("no [[token]] is configured: everybody on this machine may do everything");
        }
        let chores = self.keep_house(&open);
        if let Some(broker) = &open.broker {
            broker.start(&open.house);
        }
        let status = Arc::new(Status::new(self.door.clone(), open.house.clone(), address));
        self.service.ready(&status.line()).await;
        chores.spawn(status::keep(status.clone(), self.service.clone(), self.closing.clone()));
        let ended = self.wait(signals, &status).await;
        self.stop(open, serving, chores).await;
        ended
    }

    /// Tells the service manager that the start goes on.
    async fn tell_starting(&self) -> std::convert::Infallible {
        self.service.status("loading").await;
        loop {
            self.service.extend(STARTING_MAX).await;
            tokio::time::sleep(STARTING_EVERY).await;
        }
    }

    async fn wait_for_store(&self, why: &str) {
        tracing::warn!(%why, "waiting for the store");
        self.service.status(&format!("waiting for the store: {why}")).await;
        tokio::time::sleep(AWAY_PAUSE).await;
    }

    /// Opens store and house, waiting as long as the store is away.
    async fn open(&self) -> Result<Open, OpenError> {
        let opened = loop {
            match open_store(&self.settings, self.options.accept_loss).await {
                Err(OpenError::Unavailable(why)) => self.wait_for_store(&why).await,
                opened => break opened?,
            }
        };
        let Opened { journal, witness } = opened;
        self.service.status("loading").await;
        let witness = witness.map(Arc::new);
        let broker = Broker::new(&self.settings, &self.door, &journal, Arc::new(SystemClock));
        let ground = self.ground(&journal, witness.clone(), broker.as_deref());
        let opening = parts::opening(&self.settings);
        loop {
            match House::open(&ground, &opening).await {
                Ok(house) => return Ok(Open { house, journal, witness, broker }),
                Err(JournalError::Unavailable(why)) => self.wait_for_store(&why).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn ground(
        &self,
        journal: &Arc<dyn Journal>,
        witness: Option<Arc<Witness>>,
        broker: Option<&Broker>,
    ) -> Ground {
        let relay = broker.map(|broker| broker.relay().clone());
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(ARBITERS_MAX);
        let note = Note(Arc::new(move |id, head| {
            if let Some(witness) = &witness {
                witness.note(id, head);
            }
            if let Some(relay) = &relay {
                relay.note(id, head);
            }
        }));
        Ground {
            journal: journal.clone(),
            clock: Arc::new(SystemClock),
            limits: parts::limits(&self.settings),
            deadline: parts::deadline(&self.settings),
            grace_ms: parts::grace_ms(&self.settings),
            io: Handle::current(),
            arbiters: (0..threads).map(|_| Arbiter::new().handle()).collect(),
            rescue: self.settings.store.state_dir.join("rescue"),
            note,
            metrics: self.metrics.clone(),
            seed: fastrand::u64(..),
            failed: self.failed.clone(),
            stopping: self.resting.clone(),
        }
    }

    /// Trims logs, counts the store's health and feeds the watchdog, until the daemon rests.
    fn keep_house(&self, open: &Open) -> TaskTracker {
        let chores = TaskTracker::new();
        let journal = &open.journal;
        if let Some(every) = self.service.watchdog() {
            let (service, house) = (self.service.clone(), open.house.clone());
            chores.spawn(heartbeat::feed(service, every, house, journal.clone(), self.resting.clone()));
        }
        let (metrics, resting, looked) = (self.metrics.clone(), self.resting.clone(), journal.clone());
        let folder = self.settings.store.state_dir.clone();
        chores.spawn(async move {
            while !rest(&resting, LOOK_EVERY).await {
                metrics.store_reachable.set(i64::from(looked.health().reachable));
                if let Ok(disk) = rustix::fs::statvfs(&folder) {
                    metrics.state_dir_free(disk.f_bavail.saturating_mul(disk.f_frsize));
                }
            }
        });
        let (resting, journal) = (self.resting.clone(), journal.clone());
        let retention = parts::retention(&self.settings);
        chores.spawn(async move {
            while !rest(&resting, TRIM_EVERY).await {
                let journals = journal.journals().await.unwrap_or_default();
                for id in journals {
                    if let Err(error) = trim(&journal, &id, &retention, SystemClock.wall()).await {
                        tracing::warn!(journal = %id, %error, "the log could not be trimmed");
                    }
                }
            }
        });
        chores
    }

    async fn wait(&self, signals: &mut Signals, status: &Status) -> Ended {
        loop {
            tokio::select! {
                () = self.failed.cancelled() => return Ended::Failed,
                told = signals.next() => match told {
                    Told::Stop => return Ended::Stopped,
                    Told::Reload => {
                        self.service.reloading().await;
                        status.refused(!self.reload());
                        self.service.ready(&status.line()).await;
                    }
                },
            }
        }
    }

    /// Takes tokens, limits of the door and the log level from the file again. A bad file changes nothing, and is
    /// answered false.
    fn reload(&self) -> bool {
        match load(&self.options.sources) {
            Ok(settings) => {
                if let Err(error) = self.options.log.set(&settings.log) {
                    tracing::warn!(%error, "the log level stays as it is");
                }
                self.metrics.slow_after(settings.log_slow_ms);
                self.door.configure(Arc::new(settings));
                tracing::info!(
                    "reloaded tokens, limits of the door and the log level; other changes need a restart"
                );
                true
            }
            Err(problems) => {
                tracing::error!(%problems, "the configuration has problems; nothing was changed");
                false
            }
        }
    }
}

/// Waits; true where it is time to rest.
async fn rest(resting: &CancellationToken, pause: Duration) -> bool {
    tokio::time::timeout(pause, resting.cancelled()).await.is_ok()
}

enum Told {
    Stop,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.reload.recv() => Told::Reload,
        }
    }

    /// Waits for a stop; a reload before the house is open has nothing to change.
    async fn stop(&mut self) {
        while matches!(self.next().await, Told::Reload) {}
    }
}

/// The usual soft limit of 1,024 files is fewer than the connections the door may take.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}
