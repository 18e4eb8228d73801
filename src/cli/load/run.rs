//! From arguments to a verdict.
#![expect(clippy::print_stdout, reason = "the report is what the command is for")]

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::args::{Common, LoadArgs, LoadWhat, Shape};
use super::audit::{self, Audit};
use super::burst::{self, Rounds};
use super::gallery::Gallery;
use super::plan::Plan;
use super::readers::{self, Readers};
use super::report::{CpuSeconds, Report};
use super::socket::{Pace, SocketWorker};
use super::tally::{Brief, Tally, Window};
use super::told::{FeedReport, Measured};
use super::worker::Worker;
use super::{cpu, duel, orders, stock};
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::{Connection, Target};

/// Runs the load, prints the report, and says with its code whether the audit holds.
///
/// Best driven by a current-thread runtime: one core then serves all clients without hand-overs between threads.
///
/// # Errors
/// The daemon can't be reached or refuses the stock, so nothing can be said.
pub async fn run(args: LoadArgs) -> Result<Exit, Failure> {
    if let Some(LoadWhat::Orders(args)) = args.what {
        return orders::run(args).await;
    }
    args.check()?;
    raise_file_limit();
    let target = Arc::new(Target::new(&args.common.url, args.common.token.as_deref())?);
    let run = run_name();
    let plan = Arc::new(match args.burst {
        Some(size) => Plan::new(Shape::Uniform, size, &run),
        None => Plan::new(args.shape, args.common.skus, &run),
    });
    stock::receive(&target, &args.common, args.units(), &plan.names, &run).await?;
    let gallery = if args.readers() > 0 { Some(gallery(&target, &args, &plan).await?) } else { None };
    let brief = Arc::new(Brief {
        plan,
        channel: args.common.channel.clone(),
        ttl_s: args.ttl_s,
        resend: args.resend || args.shape == Shape::Duel,
        gallery,
    });
    let done = if args.shape == Shape::Duel {
        let before = cpu_now(&args.common);
        let (tally, seconds) = duel::fight(&target, &args, &brief).await?;
        Done { seconds, cpu_s: since(before, cpu_now(&args.common)), ..Done::of(tally) }
    } else {
        Box::pin(measured(&target, &args, &brief)).await?
    };
    let mut audit = audit::audit(&target, &args, &brief, &done.tally).await?;
    if args.shape == Shape::Duel
        && let Some(wrong) = duel::verdict(&args, &done.tally, audit.unknown_held)
    {
        audit.complain(wrong);
    }
    done.complaints.iter().for_each(|told| audit.complain(told.clone()));
    let report = report(&args, &brief, done, audit);
    if args.common.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.holds { Exit::Ok } else { Exit::CheckFailed })
}

/// What a run left behind.
struct Done {
    tally: Tally,
    seconds: f64,
    cpu_s: CpuSeconds,
    rounds: Option<Rounds>,
    behind: usize,
    /// What is wrong beside what the audit finds.
    complaints: Vec<String>,
}

impl Done {
    fn of(tally: Tally) -> Self {
        let cpu_s = CpuSeconds { daemon: None, store: None, load: None };
        Self { tally, seconds: 0.0, cpu_s, rounds: None, behind: 0, complaints: Vec::new() }
    }
}

fn report(args: &LoadArgs, brief: &Brief, done: Done, audit: Audit) -> Report {
    let Done { tally, seconds, cpu_s, rounds, behind, .. } = done;
    let measured = Measured { seconds, daemon_cpu_s: cpu_s.daemon };
    let feed = brief
        .gallery
        .as_ref()
        .map(|gallery| FeedReport::new(args, gallery, rounds.as_ref(), behind, measured));
    Report {
        shape: if args.burst.is_some() { "burst" } else { args.shape.word() },
        clients: args.clients(),
        via: if args.socket || args.burst.is_some() { "the feed" } else { "HTTP" },
        in_flight: args.burst.unwrap_or(args.in_flight),
        rate: args.rate,
        skus: brief.plan.names.len(),
        units_per_sku: args.units(),
        resend: brief.resend,
        seconds,
        answers: tally.answers,
        answers_per_s: tally.answers as f64 / seconds.max(f64::MIN_POSITIVE),
        granted: tally.granted.len(),
        refused: tally.refused,
        busy: tally.busy,
        unknown: tally.unknown,
        unresolved: tally.unresolved.len(),
        unexpected: tally.unexpected,
        unexpected_example: tally.example.clone(),
        contradicted: tally.contradicted,
        latency: (&tally.latency_us).into(),
        cpu_s,
        feed,
        holds: Report::judge(&tally, &audit),
        audit,
    }
}

/// Lets the process open as many sockets as it is allowed to at all: a thousand clients pass the usual soft limit.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::debug!(%error, "the limit of open files stays as it is");
    }
}

/// Room for the readers of a run, once the channel shows all its stock.
async fn gallery(target: &Arc<Target>, args: &LoadArgs, plan: &Arc<Plan>) -> Result<Arc<Gallery>, Failure> {
    let counted = if args.burst.is_some() { &plan.names } else { plan.names.get(..1).unwrap_or_default() };
    let opening = readers::shows_all(target, args, counted).await?;
    let kinds = (args.subscribers, args.slow_subscribers);
    Ok(Arc::new(Gallery::new(Arc::clone(plan), opening, kinds, args.rate.is_some())))
}

/// Clients that are connected and wait for the start.
enum Clients {
    Http(Vec<Connection>),
    Socket(Vec<SocketWorker>),
    Burst(Box<SocketWorker>, usize),
}

impl Clients {
    async fn connect(target: &Arc<Target>, args: &LoadArgs, brief: &Arc<Brief>) -> Result<Self, Failure> {
        let open = |places| SocketWorker::open(target, brief, places, args.common.timeout);
        if let Some(size) = args.burst {
            return Ok(Self::Burst(Box::new(open(size).await?), size));
        }
        if args.socket {
            let mut workers = Vec::with_capacity(args.clients());
            for _ in 0..args.clients() {
                workers.push(open(args.in_flight).await?);
            }
            return Ok(Self::Socket(workers));
        }
        let mut connections = Vec::with_capacity(args.clients());
        for _ in 0..args.clients() {
            let mut connection = Connection::new(Arc::clone(target), args.common.timeout);
            connection.open().await?;
            connections.push(connection);
        }
        Ok(Self::Http(connections))
    }

    /// Lets all of them go.
    fn start(
        self,
        args: &LoadArgs,
        brief: &Arc<Brief>,
        begun: Instant,
        window: Window,
    ) -> JoinSet<(Tally, Option<Rounds>)> {
        let mut running = JoinSet::new();
        match self {
            Self::Http(connections) => {
                for connection in connections {
                    let worker = Worker::new(Arc::clone(brief), connection, fastrand::u64(..));
                    running.spawn(async move { (worker.run(window).await, None) });
                }
            }
            Self::Socket(workers) => {
                let between = args.rate.map(|rate| Duration::from_secs_f64(1.0 / rate));
                let every = between.map(|between| between * u32::try_from(workers.len()).unwrap_or(u32::MAX));
                for (number, worker) in (0..).zip(workers) {
                    let pace = between.zip(every).map(|(between, every)| Pace {
                        next: begun + between * number,
                        every,
                        held_up: false,
                    });
                    running.spawn(async move { (worker.run(window, pace).await, None) });
                }
            }
            Self::Burst(worker, size) => {
                if let Some(gallery) = brief.gallery.clone() {
                    running.spawn(async move {
                        let (tally, rounds) = burst::volleys(*worker, gallery, size, window).await;
                        (tally, Some(rounds))
                    });
                }
            }
        }
        running
    }
}

/// Lets readers and clients run through warm-up and window, reading the CPU clocks at the window's edges, and waits until
/// the readers show what the daemon has.
async fn measured(target: &Arc<Target>, args: &LoadArgs, brief: &Arc<Brief>) -> Result<Done, Failure> {
    let mut readers = None;
    if let Some(gallery) = &brief.gallery {
        readers = Some(Readers::start(target, args, gallery).await?);
    }
    let clients = Clients::connect(target, args, brief).await?;
    let begun = Instant::now();
    let measure_from = begun + args.common.warm_up;
    let until = measure_from + args.common.span;
    let window = Window { measure_from, until, give_up: until + args.common.patience };
    if let Some(gallery) = &brief.gallery {
        gallery.measure(window);
    }
    let mut running = clients.start(args, brief, begun, window);
    tokio::time::sleep_until(measure_from).await;
    let before = cpu_now(&args.common);
    tokio::time::sleep_until(until).await;
    let cpu_s = since(before, cpu_now(&args.common));
    let mut done = Done { seconds: args.common.span.as_secs_f64(), cpu_s, ..Done::of(Tally::new()) };
    while let Some(joined) = running.join_next().await {
        let (tally, rounds) = joined?;
        done.tally.absorb(tally);
        done.rounds = done.rounds.or(rounds);
    }
    done.complaints.extend(done.rounds.as_ref().and_then(|rounds| rounds.stopped.clone()));
    if let Some(readers) = &mut readers {
        done.behind = readers.settle(target, args, brief.plan.name(0)).await?;
        done.complaints.extend(readers.turned_away());
    }
    if done.behind > 0 {
        done.complaints.push(format!("{} readers never came to show the daemon's number", done.behind));
    }
    Ok(done)
}

/// What everybody has used so far.
pub(super) fn cpu_now(common: &Common) -> CpuSeconds {
    let of = |pid: Option<u32>| pid.and_then(|pid| cpu::seconds(&pid.to_string()));
    CpuSeconds { daemon: of(common.daemon_pid), store: of(common.store_pid), load: cpu::seconds("self") }
}

/// What everybody has used between two moments.
pub(super) fn since(before: CpuSeconds, after: CpuSeconds) -> CpuSeconds {
    let difference = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
    CpuSeconds {
        daemon: difference(before.daemon, after.daemon),
        store: difference(before.store, after.store),
        load: difference(before.load, after.load),
    }
}

/// Short, unique enough to keep the SKUs of runs on one store apart.
pub(super) fn run_name() -> String {
    let id = Uuid::now_v7().simple().to_string();
    id.chars().skip(4).take(8).chain(id.chars().rev().take(4)).collect()
}
