//! From arguments to a verdict.
#![expect(clippy::print_stdout, reason = "the report is what the command is for")]

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::args::{LoadArgs, Shape};
use super::report::{CpuSeconds, Report};
use super::worker::{Brief, Tally, Window, Worker};
use super::{audit, cpu, duel, plan::Plan, stock};
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
    raise_file_limit();
    let target = Arc::new(Target::new(&args.url, args.token.as_deref())?);
    let run = run_name();
    let brief = Arc::new(Brief {
        plan: Plan::new(args.shape, args.skus, &run),
        channel: args.channel.clone(),
        ttl_s: args.ttl_s,
        resend: args.resend || args.shape == Shape::Duel,
    });
    stock::receive(&target, &args, &brief.plan.names, &run).await?;
    let (tally, seconds, cpu_s) = if args.shape == Shape::Duel {
        let before = cpu_now(&args);
        let (tally, seconds) = duel::fight(&target, &args, &brief).await?;
        (tally, seconds, since(before, cpu_now(&args)))
    } else {
        closed_loop(&target, &args, &brief).await?
    };
    let mut audit = audit::audit(&target, &args, &brief, &tally).await?;
    if args.shape == Shape::Duel
        && let Some(wrong) = duel::verdict(&args, &tally, audit.unknown_held)
    {
        audit.complain(wrong);
    }
    let report = Report {
        shape: args.shape.word(),
        clients: args.clients(),
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
        holds: Report::judge(&tally, &audit),
        audit,
    };
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.holds { Exit::Ok } else { Exit::CheckFailed })
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

/// Lets all clients run through warm-up and window, reading the CPU clocks at the window's edges.
async fn closed_loop(
    target: &Arc<Target>,
    args: &LoadArgs,
    brief: &Arc<Brief>,
) -> Result<(Tally, f64, CpuSeconds), Failure> {
    let mut connections = Vec::with_capacity(args.clients());
    for _ in 0..args.clients() {
        let mut connection = Connection::new(Arc::clone(target), args.timeout);
        connection.open().await?;
        connections.push(connection);
    }
    let measure_from = Instant::now() + args.warm_up;
    let until = measure_from + args.span;
    let window = Window { measure_from, until, give_up: until + args.patience };
    let mut workers = JoinSet::new();
    for connection in connections {
        workers.spawn(Worker::new(Arc::clone(brief), connection, fastrand::u64(..)).run(window));
    }
    tokio::time::sleep_until(measure_from).await;
    let before = cpu_now(args);
    tokio::time::sleep_until(until).await;
    let cpu_s = since(before, cpu_now(args));
    let mut tally = Tally::new();
    while let Some(joined) = workers.join_next().await {
        tally.absorb(joined?);
    }
    Ok((tally, args.span.as_secs_f64(), cpu_s))
}

fn cpu_now(args: &LoadArgs) -> CpuSeconds {
    let of = |pid: Option<u32>| pid.and_then(|pid| cpu::seconds(&pid.to_string()));
    CpuSeconds { daemon: of(args.daemon_pid), store: of(args.store_pid), load: cpu::seconds("self") }
}

fn since(before: CpuSeconds, after: CpuSeconds) -> CpuSeconds {
    let difference = |before: Option<f64>, after: Option<f64>| Some(after? - before?);
    CpuSeconds {
        daemon: difference(before.daemon, after.daemon),
        store: difference(before.store, after.store),
        load: difference(before.load, after.load),
    }
}

/// Short, unique enough to keep the SKUs of runs on one store apart.
fn run_name() -> String {
    let id = Uuid::now_v7().simple().to_string();
    id.chars().skip(4).take(8).chain(id.chars().rev().take(4)).collect()
}

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]
mod tests {
    use std::collections::HashMap;
    use std::sync::Mutex;

    use clap::Parser;
    use serde_json::{Value, json};

    use super::*;
    use crate::client::fake;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        load: LoadArgs,
    }

    /// A one-warehouse daemon in a few lines, with the misbehaviour a test asks for.
    #[derive(Default)]
    struct Books {
        stock: HashMap<String, i64>,
        reserved: HashMap<String, i64>,
        reservations: HashMap<String, Value>,
        asked: u64,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Fault {
        None,
        Oversells,
        Forgets,
        AnswersAnew,
        CutsConnections,
    }

    impl Books {
        fn answer(&mut self, asked: &fake::Asked, fault: Fault) -> Option<(u16, String)> {
            self.asked += 1;
            let last = asked.path.rsplit('/').next().unwrap();
            if asked.path.ends_with("/movements") {
                let lines = asked.body["lines"].as_array().unwrap();
                for line in lines {
                    let quantity = line["quantity"].as_i64().unwrap();
                    *self.stock.entry(line["sku"].as_str().unwrap().into()).or_default() += quantity;
                }
                let results: Vec<Value> = lines.iter().map(|_| json!({"status": "applied"})).collect();
                return Some((200, json!({ "results": results }).to_string()));
            }
            if asked.path.starts_with("/v1/stock/") {
                let (on_hand, reserved) = (self.stock[last], self.reserved.get(last).copied().unwrap_or(0));
                let level = json!({"warehouse": "BER", "on_hand": on_hand, "reserved": reserved});
                return Some((200, json!({"sku": last, "levels": [level]}).to_string()));
            }
            if asked.method == "GET" {
                return Some(match self.reservations.get(last) {
                    Some(told) if fault != Fault::Forgets => (200, told.to_string()),
                    _ => (404, json!({"code": "not_found"}).to_string()),
                });
            }
            let answer = self.reserve(asked, fault);
            let cut = fault == Fault::CutsConnections && self.asked.is_multiple_of(3);
            (!cut).then_some(answer)
        }

        fn reserve(&mut self, asked: &fake::Asked, fault: Fault) -> (u16, String) {
            let id = asked.id.clone().unwrap();
            if let Some(told) = self.reservations.get(&id) {
                let mut told = told.clone();
                if fault == Fault::AnswersAnew {
                    told["lines"][0]["warehouse"] = json!("VIE");
                }
                return (201, told.to_string());
            }
            let lines = asked.body["lines"].as_array().unwrap().clone();
            let skus: Vec<String> = lines.iter().map(|line| line["sku"].as_str().unwrap().into()).collect();
            let free = |sku: &String| self.stock[sku] - self.reserved.get(sku).copied().unwrap_or(0);
            if fault != Fault::Oversells && !skus.iter().all(|sku| free(sku) > 0) {
                return (409, json!({"code": "insufficient_stock"}).to_string());
            }
            skus.into_iter().for_each(|sku| *self.reserved.entry(sku).or_default() += 1);
            let held: Vec<Value> = lines
                .into_iter()
                .map(|mut line| {
                    line["warehouse"] = json!("BER");
                    line
                })
                .collect();
            let told = json!({"reservation": id, "state": "reserved", "lines": held});
            self.reservations.insert(id, told.clone());
            (201, told.to_string())
        }
    }

    async fn outcome(fault: Fault, line: &str) -> Exit {
        let books = Mutex::new(Books::default());
        let url = fake::serve(move |asked| books.lock().unwrap().answer(&asked, fault)).await;
        let words = format!("load --url {url} --warm-up 10ms --for 100ms --json {line}");
        run(Line::parse_from(words.split(' ')).load).await.unwrap()
    }

    /// An honest daemon passes in every shape, sold out or not.
    #[tokio::test]
    async fn honest_daemon_passes() {
        for line in [
            "--shape hot --clients 4 --units 30",
            "--shape uniform --clients 4 --skus 20 --resend",
            "--shape cart --clients 4 --skus 20 --units 9 --resend",
            "--shape duel --clients 60 --units 25",
        ] {
            assert_eq!(outcome(Fault::None, line).await, Exit::Ok, "{line}");
        }
    }

    /// Answers that never arrive are asked for again with the same id, and nothing is counted twice.
    #[tokio::test]
    async fn cut_connections_are_survived() {
        assert_eq!(outcome(Fault::CutsConnections, "--clients 4 --units 30").await, Exit::Ok);
        let duel = "--shape duel --clients 30 --units 10";
        assert_eq!(outcome(Fault::CutsConnections, duel).await, Exit::Ok);
    }

    /// The audit is worth nothing unless each kind of lie is found.
    #[tokio::test]
    async fn lies_are_found() {
        for fault in [Fault::Oversells, Fault::Forgets, Fault::AnswersAnew] {
            assert_eq!(outcome(fault, "--clients 4 --units 5 --resend").await, Exit::CheckFailed);
            assert_eq!(outcome(fault, "--shape duel --clients 20 --units 5").await, Exit::CheckFailed);
        }
    }
}
