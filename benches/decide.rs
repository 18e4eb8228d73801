//! How fast a warehouse decides: claims in batches, from the first look at the state to the encoded entry and the rows
//! for the store. The store itself is the other bench's business.
//!
//! `cargo bench --bench decide` · elements are claims; each batch is taken back outside of the measured time.

#![expect(clippy::indexing_slicing, reason = "a bench that is wrong shall stop")]

#[path = "common/claims.rs"]
mod claims;

use std::hint::black_box;
use std::time::Duration;

use claims::{BATCHES, Floor, Shape};
use criterion::{BenchmarkId, Criterion, Throughput};
use lagerd::journal::Head;
use tokio::time::Instant;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1))
        .configure_from_args();
    let mut group = criterion.benchmark_group("decide");
    for shape in Shape::ALL {
        let mut floor = Floor::new(shape);
        for batch in BATCHES {
            group.throughput(Throughput::Elements(batch as u64));
            group.bench_function(BenchmarkId::new(shape.name(), batch), |bencher| {
                bencher.iter_custom(|rounds| (0..rounds).map(|_| round(&mut floor, batch)).sum());
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn round(floor: &mut Floor, batch: usize) -> Duration {
    let begun = Instant::now();
    let (decided, undo) = floor.decide(batch, Head::GENESIS);
    black_box(&decided);
    let taken = begun.elapsed();
    floor.undo(undo);
    taken
}
