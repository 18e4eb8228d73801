//! How fast the stores take what a warehouse has decided: batches of claims, four in flight as the actor has them,
//! durable before each answer (memory promises nothing and shows what the others cost).
//!
//! `cargo bench --bench commit` · elements are claims. Redis is a private server with `appendfsync always`; where none
//! can be started its part is left out.

#![expect(clippy::indexing_slicing, reason = "a bench that is wrong shall stop")]

#[path = "common/claims.rs"]
mod claims;

use std::collections::VecDeque;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use claims::{BATCHES, Floor, Shape};
use criterion::{BenchmarkId, Criterion, Throughput};
use lagerd::journal::embedded::{EmbeddedJournal, EmbeddedOptions};
use lagerd::journal::memory::MemoryJournal;
use lagerd::journal::record::changes_of;
use lagerd::journal::redis::{RedisJournal, RedisOptions};
use lagerd::journal::{Batch, Head, Journal, JournalId, JournalKind};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

const IN_FLIGHT: usize = 4;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    measure(&mut criterion, &runtime, "memory", &MemoryJournal::new(changes_of, 7));

    let folder = tempfile::tempdir().expect("a folder");
    let options = EmbeddedOptions::new(folder.path().join("store.redb"));
    let embedded = EmbeddedJournal::open(&options).expect("the embedded store opens");
    measure(&mut criterion, &runtime, "embedded", &embedded);

    if let Some(mut server) = Server::start() {
        if let Some(redis) = runtime.block_on(server.journal()) {
            measure(&mut criterion, &runtime, "redis", &redis);
        }
        server.stop();
    }
    criterion.final_summary();
}

fn measure(criterion: &mut Criterion, runtime: &Runtime, store: &str, journal: &dyn Journal) {
    let mut group = criterion.benchmark_group(format!("commit/{store}"));
    for shape in Shape::ALL {
        let mut floor = Floor::new(shape);
        for size in BATCHES {
            let id = JournalId::new(JournalKind::Warehouse, format!("{}-{size}", shape.name()));
            let mut head = runtime.block_on(journal.span(&id)).expect("a span").head;
            // Decided before, so that only the store is measured; used in turn under new heads.
            let samples: Vec<Batch> = (0..64).map(|_| sample(&mut floor, size)).collect();
            group.throughput(Throughput::Elements(size as u64));
            group.bench_function(BenchmarkId::new(shape.name(), size), |bencher| {
                bencher.iter_custom(|rounds| {
                    runtime.block_on(commit(journal, &id, &mut head, &samples, rounds))
                });
            });
        }
    }
    group.finish();
}

fn sample(floor: &mut Floor, size: usize) -> Batch {
    let (batch, undo) = floor.decide(size, Head::GENESIS);
    floor.undo(undo);
    batch
}

/// Commits so many batches, a few in flight, and says how long it took from the first to the last answer.
async fn commit(
    journal: &dyn Journal,
    id: &JournalId,
    head: &mut Head,
    samples: &[Batch],
    rounds: u64,
) -> Duration {
    let mut waiting = VecDeque::with_capacity(IN_FLIGHT);
    let begun = Instant::now();
    for (_, sample) in (0..rounds).zip(samples.iter().cycle()) {
        let next = Head { version: head.version + 1, nonce: head.version ^ 7 };
        let (entry, changes) = (sample.entry.clone(), sample.changes.clone());
        let batch = Arc::new(Batch { expected: *head, head: next, entry, changes });
        waiting.push_back(journal.commit(id, batch));
        *head = next;
        if waiting.len() == IN_FLIGHT
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.await.expect("committed");
        }
    }
    for oldest in waiting {
        oldest.await.expect("committed");
    }
    begun.elapsed()
}

/// A Redis of our own on a socket in a folder of its own.
struct Server {
    folder: TempDir,
    child: Child,
}

impl Server {
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let mut command = Command::new("redis-server");
        command.args(["--port", "0", "--unixsocket", "redis.sock", "--save", ""]);
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]);
        let child = command.arg("--dir").arg(folder.path()).current_dir(folder.path());
        let child = child.stdin(Stdio::null()).stdout(Stdio::null()).spawn().ok()?;
        Some(Self { folder, child })
    }

    /// A journal on it, as soon as it listens.
    async fn journal(&self) -> Option<RedisJournal> {
        let url = format!("redis+unix://{}", self.folder.path().join("redis.sock").display());
        let opening = async {
            loop {
                match RedisJournal::open(&RedisOptions::new(url.as_str())).await {
                    Ok(journal) => return journal,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), opening).await.ok()
    }

    fn stop(&mut self) {
        // Its folder goes with it; nothing of it is needed.
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}
