//! The feed in process: what a channel's row costs in memory, and what publishing, following and coming back cost.
//!
//! `cargo bench --bench feed` begins with the memory of 1,000,000 SKUs on 10 channels and at 5 warehouses (as told by the
//! kernel, so only to be read on an otherwise idle process), then times single steps.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench: its failures are loud, its figures are printed"
)]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use lagerd::domain::channel::StockState;
use lagerd::domain::ids::Sku;
use lagerd::domain::time::Timestamp;
use lagerd::feed::{Backlog, ChannelFeed, Latest, Reader, Shown, SkuId, Skus, Step};

const SKUS: usize = 1_000_000;
const CHANNELS: u64 = 10;
const WAREHOUSES: u64 = 5;
const NOW: Timestamp = Timestamp::from_millis(0);

fn names(count: usize) -> (Skus, Vec<SkuId>) {
    let skus = Skus::default();
    let ids = (0..count).map(|number| skus.intern(&Sku::parse(&format!("SKU-{number:08}")).unwrap()).0);
    let ids = ids.collect();
    (skus, ids)
}

fn filled(skus: &Skus, ids: &[SkuId], view: u64) -> ChannelFeed {
    let feed = ChannelFeed::new(view, Backlog::default(), Arc::default());
    feed.reserve(ids.len());
    let units = |id: &SkuId| i64::try_from(id.index() % 90).unwrap();
    let shown = ids.iter().map(|id| (*id, Shown::new(units(id), StockState::of(units(id), 3))));
    feed.publish(&skus.names(), shown, NOW);
    feed
}

/// Resident bytes of this process.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn memory() {
    const MIB: u64 = 1024 * 1024;
    let start = resident();
    let (skus, ids) = names(SKUS);
    let named = resident();
    let feeds: Vec<_> = (0..CHANNELS).map(|view| filled(&skus, &ids, view)).collect();
    let channels = resident();
    let topics: Vec<_> = (0..WAREHOUSES)
        .map(|view| {
            let mut latest = Latest::new(view, 0_u32);
            latest.reserve(ids.len());
            ids.iter().for_each(|id| latest.put(*id, 0, (0, 0)));
            latest
        })
        .collect();
    let warehouses = resident();
    let rows = CHANNELS * SKUS as u64;
    println!("memory of {SKUS} SKUs, {CHANNELS} channels, {WAREHOUSES} warehouses:");
    println!("  SKUs, once            {:>5} MiB", (named - start) / MIB);
    println!(
        "  channel rows          {:>5} MiB, {:.1} bytes a row",
        (channels - named) / MIB,
        (channels - named) as f64 / rows as f64
    );
    println!("  warehouses' order     {:>5} MiB", (warehouses - channels) / MIB);
    println!("  together              {:>5} MiB", (warehouses - start) / MIB);
    drop((feeds, topics));
}

/// One SKU changes on a channel of 1,000 or 1,000,000.
fn publish(c: &mut Criterion) {
    let mut group = c.benchmark_group("publish");
    group.throughput(Throughput::Elements(1));
    for count in [1_000, SKUS] {
        let (skus, ids) = names(count);
        let feed = filled(&skus, &ids, 1);
        let mut units = 0;
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| {
                units += 1;
                let id = ids[fastrand::usize(..ids.len())];
                feed.publish(
                    &skus.names(),
                    std::iter::once((id, Shown::new(units, StockState::InStock))),
                    NOW,
                );
            });
        });
    }
    group.finish();
}

/// A reader at the head takes one change; one that was away for a million changes of 1,000 SKUs comes back; one reads a
/// snapshot of a million.
fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    let (skus, ids) = names(SKUS);
    let feed = filled(&skus, &ids, 1);
    let step = |reader: &mut Reader| feed.read(|latest| reader.step(latest, &skus.names(), 250));
    let mut at_head = Reader::new(Some(feed.read(|latest| latest.offset())), None);
    let mut units = 0;
    group.bench_function("one change at the head", |b| {
        b.iter(|| {
            units += 1;
            feed.publish(
                &skus.names(),
                std::iter::once((ids[7], Shown::new(units, StockState::InStock))),
                NOW,
            );
            assert!(matches!(step(&mut at_head), Step::Changes { .. }));
        });
    });
    let place = feed.read(|latest| latest.offset());
    for change in 0..1_000_000_i64 {
        let id = ids[usize::try_from(change % 1_000).unwrap()];
        feed.publish(&skus.names(), std::iter::once((id, Shown::new(change, StockState::InStock))), NOW);
    }
    let all = |mut reader: Reader| {
        let mut rows = 0;
        loop {
            match step(&mut reader) {
                Step::Done => return rows,
                Step::Again => {}
                Step::Page { rows: some, .. } | Step::Changes { rows: some, .. } => rows += some.len(),
            }
        }
    };
    group.bench_function("back after 1000000 changes of 1000 SKUs", |b| {
        b.iter(|| assert_eq!(all(Reader::new(Some(place), None)), 1_000));
    });
    group.sample_size(10);
    group.bench_function("snapshot of 1000000 SKUs", |b| {
        b.iter(|| assert_eq!(all(Reader::new(None, None)), SKUS));
    });
    group.finish();
}

criterion_group!(steps, publish, read);

fn main() {
    memory();
    steps();
    Criterion::default().configure_from_args().final_summary();
}
