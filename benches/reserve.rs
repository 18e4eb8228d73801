//! Reservations through the actor in process: what the house does without sockets. Closed loops of 1, 50 and 500
//! askers want one unit of one SKU (hot), of one of 100,000 (uniform), or three SKUs (cart, few of them popular). An
//! answer counts only after the store has it.
//!
//! `cargo bench --bench reserve -- hot` runs one shape. Redis is measured where `LAGERD_BENCH_REDIS` names one.

#![expect(clippy::unwrap_used, reason = "a bench: its failures are loud")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::{Arbiter, System, SystemRunner};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lagerd::actor::House;
use lagerd::actor::directory::{Ground, Note};
use lagerd::actor::house::opening::Opening;
use lagerd::actor::house::reserve::Reserve;
use lagerd::actor::house::{ChannelSpec, Mode, OrderRules, Sender, WarehouseSpec};
use lagerd::actor::journaled::Limits;
use lagerd::domain::hold::ClaimLine;
use lagerd::domain::ids::{ChannelId, CommandId, Sku, WarehouseId};
use lagerd::domain::memory::Windows;
use lagerd::domain::warehouse::{Movement, MovementKind, Rules};
use lagerd::journal::Journal;
use lagerd::journal::embedded::{EmbeddedJournal, EmbeddedOptions};
use lagerd::journal::memory::MemoryJournal;
use lagerd::journal::record::changes_of;
use lagerd::journal::redis::{RedisJournal, RedisOptions};
use lagerd::runtime::SystemClock;
use lagerd::telemetry::Metrics;
use tokio_util::sync::CancellationToken;

const SKUS: usize = 100_000;
const ASKERS: [u64; 3] = [1, 50, 500];

#[derive(Debug, Clone, Copy)]
enum Shape {
    Hot,
    Uniform,
    Cart,
}

fn ground(journal: Arc<dyn Journal>) -> Ground {
    Ground {
        journal,
        clock: Arc::new(SystemClock),
        limits: Limits {
            queue: 16_384,
            batch_commands: 256,
            batch_rows: 4_000,
            in_flight: 4,
            ring_bytes: 64 << 20,
        },
        deadline: Duration::from_secs(30),
        grace_ms: 0,
        io: tokio::runtime::Handle::current(),
        arbiters: vec![Arbiter::new().handle()],
        rescue: std::env::temp_dir(),
        note: Note(Arc::new(|_, _| {})),
        metrics: Arc::new(Metrics::new()),
        seed: fastrand::u64(..),
        failed: CancellationToken::new(),
        stopping: CancellationToken::new(),
    }
}

fn opening() -> Opening {
    let (warehouse, channel) = (WarehouseId::parse("BER").unwrap(), ChannelId::parse("web").unwrap());
    Opening {
        warehouses: vec![WarehouseSpec::named(warehouse.clone())],
        channels: vec![ChannelSpec::named(channel, Mode::Asks, vec![warehouse])],
        rules: Rules {
            max_hold_ms: 7_200_000,
            count_horizon_ms: 48 * 3_600_000,
            windows: Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 2_000_000 },
        },
        orders: OrderRules::default(),
        refused_demand_max: 1_000,
    }
}

fn sku(number: usize) -> Sku {
    Sku::parse(&format!("SKU-{number:06}")).unwrap()
}

fn lines(shape: Shape) -> Vec<ClaimLine> {
    let line = |number| ClaimLine { sku: sku(number), quantity: 1 };
    match shape {
        Shape::Hot => vec![line(0)],
        Shape::Uniform => vec![line(fastrand::usize(..SKUS))],
        Shape::Cart => (0..3).map(|_| line(popular())).collect(),
    }
}

/// A SKU of which few are popular: the rank falls off like 1/x.
fn popular() -> usize {
    let exponent = fastrand::f64() * f64::from(u32::try_from(SKUS).unwrap()).ln();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the number of SKUs"
    )]
    let rank = exponent.exp() as usize;
    rank.min(SKUS - 1)
}

async fn open(journal: Arc<dyn Journal>) -> Arc<House> {
    let house = House::open(&ground(journal), &opening()).await.unwrap();
    let ids = AtomicU64::new(0);
    for chunk in (0..SKUS).collect::<Vec<_>>().chunks(4_096) {
        let moves =
            chunk.iter().map(|number| {
                let sender = sender(format!("stock-{}", ids.fetch_add(1, Ordering::Relaxed)));
                let movement = Movement {
                    sku: sku(*number),
                    kind: MovementKind::Receive(None),
                    quantity: 1_000_000_000,
                    reference: None,
                    reason: None,
                    occurred_at: None,
                };
                let house = house.clone();
                async move {
                    house.move_goods(&sender, &WarehouseId::parse("BER").unwrap(), movement).await.unwrap()
                }
            });
        futures_util::future::join_all(moves).await;
    }
    house
}

fn sender(id: String) -> Sender {
    Sender { id: CommandId::parse(&id).unwrap(), issued_at: None, fingerprint: 1, actor: None, trace: None }
}

/// `count` reservations by `askers` closed loops.
async fn drive(house: Arc<House>, shape: Shape, askers: u64, count: u64) -> Duration {
    let left = Arc::new(AtomicU64::new(count));
    let run: u64 = fastrand::u64(..);
    let begun = tokio::time::Instant::now();
    let loops = (0..askers).map(|asker| {
        let (house, left) = (house.clone(), left.clone());
        tokio::spawn(async move {
            let mut number = 0_u64;
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            {
                number += 1;
                let request = Reserve {
                    channel: ChannelId::parse("web").unwrap(),
                    cart: None,
                    lines: lines(shape),
                    ttl_ms: 3_600_000,
                    partial: false,
                };
                house.reserve(&sender(format!("{run:x}-{asker}-{number}")), request).await.unwrap();
            }
        })
    });
    for done in futures_util::future::join_all(loops.collect::<Vec<_>>()).await {
        done.unwrap();
    }
    begun.elapsed()
}

fn measure(criterion: &mut Criterion, name: &str, system: &SystemRunner, journal: &Arc<dyn Journal>) {
    let house = system.block_on(open(journal.clone()));
    for shape in [Shape::Hot, Shape::Uniform, Shape::Cart] {
        let mut group = criterion.benchmark_group(format!("{name}/{shape:?}").to_lowercase());
        group.throughput(Throughput::Elements(1));
        group
            .sample_size(10)
            .warm_up_time(Duration::from_millis(500))
            .measurement_time(Duration::from_secs(2));
        for askers in ASKERS {
            group.bench_function(BenchmarkId::from_parameter(askers), |bencher| {
                bencher.iter_custom(|count| system.block_on(drive(house.clone(), shape, askers, count)));
            });
        }
        group.finish();
    }
}

fn reserve(criterion: &mut Criterion) {
    let system = System::with_tokio_rt(|| {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    });
    let memory: Arc<dyn Journal> = Arc::new(MemoryJournal::new(changes_of, 1));
    measure(criterion, "memory", &system, &memory);
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::new(folder.path().join("stock.redb"));
    let embedded: Arc<dyn Journal> = Arc::new(EmbeddedJournal::open(&options).unwrap());
    measure(criterion, "embedded", &system, &embedded);
    if let Ok(url) = std::env::var("LAGERD_BENCH_REDIS") {
        let opened = system.block_on(RedisJournal::open(&RedisOptions::new(url)));
        let redis: Arc<dyn Journal> = Arc::new(opened.unwrap());
        measure(criterion, "redis", &system, &redis);
    }
}

criterion_group!(benches, reserve);
criterion_main!(benches);
