//! From arguments to a verdict.
#![expect(clippy::print_stdout, reason = "the report is what the command is for")]

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::plan::Plan;
use super::super::report::CpuSeconds;
use super::super::run::{cpu_now, raise_file_limit, run_name, since};
use super::super::tally::Window;
use super::super::{cpu, stock};
use super::args::OrdersArgs;
use super::audit::{self, Audit};
use super::record::{Brief, SharedBrief, Tally};
use super::report::{Memory, Report};
use super::worker::Worker;
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::{Client, Target};

/// Runs the load, prints the report, and says with its code whether the audit holds.
///
/// # Errors
/// The daemon can't be reached or refuses the stock, so nothing can be said.
pub(in crate::cli::load) async fn run(args: OrdersArgs) -> Result<Exit, Failure> {
    args.check()?;
    raise_file_limit();
    let common = &args.common;
    let target = Arc::new(Target::new(&common.url, common.token.as_deref())?);
    let run = run_name();
    let plan = Plan::new(args.shape, common.skus, &run);
    stock::receive(&target, common, args.units, &plan.names, &run).await?;
    let (channel, country) = (common.channel.clone(), args.country.clone());
    let brief = Arc::new(Brief { plan, run, channel, country, fulfil: args.fulfil });
    let done = measured(&target, &args, &brief).await?;
    let audit = audit::audit(&target, &args, &brief, &done.tally).await?;
    let report = report(&args, &brief, done, audit);
    if common.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{report}");
    }
    Ok(if report.holds { Exit::Ok } else { Exit::CheckFailed })
}

/// What a run left behind.
struct Done {
    tally: Tally,
    cpu_s: CpuSeconds,
    memory: Memory,
}

async fn measured(target: &Arc<Target>, args: &OrdersArgs, brief: &SharedBrief) -> Result<Done, Failure> {
    let common = &args.common;
    let mut workers = Vec::with_capacity(usize::from(args.clients));
    for id in 0..u32::from(args.clients) {
        let mut client = Client::new(Arc::clone(target), common.timeout).with_patience(common.patience);
        client.connection().open().await?;
        workers.push(Worker::new(Arc::clone(brief), client, id));
    }
    let measure_from = Instant::now() + common.warm_up;
    let until = measure_from + common.span;
    let window = Window { measure_from, until, give_up: until + common.patience };
    let mut running = JoinSet::new();
    for worker in workers {
        running.spawn(worker.run(window));
    }
    let resident = || common.daemon_pid.and_then(|pid| cpu::resident_bytes(&pid.to_string()));
    tokio::time::sleep_until(measure_from).await;
    let (before, begin) = (cpu_now(common), resident());
    tokio::time::sleep_until(measure_from + common.span / 2).await;
    let middle = resident();
    tokio::time::sleep_until(until).await;
    let cpu_s = since(before, cpu_now(common));
    let memory = Memory { begin, middle, end: resident() };
    let mut tally = Tally::new();
    while let Some(joined) = running.join_next().await {
        tally.absorb(joined?);
    }
    Ok(Done { tally, cpu_s, memory })
}

fn report(args: &OrdersArgs, brief: &Brief, done: Done, audit: Audit) -> Report {
    let Done { tally, cpu_s, memory } = done;
    let seconds = args.common.span.as_secs_f64();
    let per_s = |count: u64| count as f64 / seconds.max(f64::MIN_POSITIVE);
    Report {
        shape: args.shape.word(),
        clients: args.clients,
        fulfil_percent: args.fulfil,
        skus: brief.plan.names.len(),
        units_per_sku: args.units,
        seconds,
        orders: tally.orders,
        orders_per_s: per_s(tally.orders),
        order_latency: (&tally.order_us).into(),
        steps: tally.steps,
        steps_per_s: per_s(tally.steps),
        step_latency: (&tally.step_us).into(),
        placed: tally.placed.len(),
        refused: tally.refused,
        asked_again: tally.asked_again,
        unresolved: tally.unresolved.len(),
        unexpected: tally.unexpected,
        unexpected_example: tally.example.clone(),
        cpu_s,
        resident_bytes: memory,
        holds: Report::judge(&tally, &audit),
        audit,
    }
}
