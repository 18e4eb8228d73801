//! How long a routing decision takes, explanation included: an order of five lines over 10 and over 100 warehouses, once
//! where one of them has everything and once where three have to ship together.
//!
//! `cargo bench --bench route` · an element is a decision.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use lagerd::domain::ids::{ChannelId, LineId, Sku, WarehouseId};
use lagerd::domain::place::{Country, Point, PostalPrefix};
use lagerd::domain::routing::{Candidate, Demand, Rules, Stock, Wanted, route};
use lagerd::domain::time::Timestamp;

const LINES: i32 = 5;
const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    let mut group = criterion.benchmark_group("route");
    group.throughput(Throughput::Elements(1));
    let (demand, rules) = (demand(), Rules::default());
    for (name, divided) in [("whole", false), ("split", true)] {
        for warehouses in [10, 100] {
            let candidates = candidates(warehouses, divided);
            group.bench_function(BenchmarkId::new(name, warehouses), |bencher| {
                bencher.iter(|| route(black_box(&demand), black_box(&candidates), &rules, NOW));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

fn demand() -> Demand {
    let line = |number: i32| Wanted {
        line: LineId::stored(&number.to_string()),
        sku: Sku::stored(&format!("SKU-{number}")),
        quantity: 2,
        unit_value: 1_999,
    };
    Demand {
        country: Country::parse("DE").ok(),
        postal: PostalPrefix::of("10115"),
        point: Point::from_degrees(52.53, 13.38),
        ..Demand::new(ChannelId::stored("web-de"), (0..LINES).map(line).collect())
    }
}

/// Warehouses with something of everything; the last one has everything, or each of the last three has its own goods.
fn candidates(warehouses: i32, divided: bool) -> Vec<Candidate> {
    let stock = |own: i32, line: i32| {
        let last = warehouses - 1 - own;
        let free = match divided {
            true if last == line % 3 => 9,
            false if last == 0 => 9,
            true => i64::from(last > 2 && line == 0),
            false => i64::from((own + line) % 2),
        };
        Stock { free, carried: true, on_hand: free, age_days: Some(i64::from(own)), ..Stock::default() }
    };
    let candidate = |own: i32| Candidate {
        country: Country::parse(if own % 3 == 0 { "DE" } else { "AT" }).ok(),
        postal: PostalPrefix::of(&format!("{}", 10 + own % 80)),
        point: Point::from_degrees(47.0 + f64::from(own % 7), 8.0 + f64::from(own % 9)),
        capacity_left: Some(50),
        load: i64::from(own % 11),
        ..Candidate::new(
            WarehouseId::stored(&format!("W-{own:03}")),
            (0..LINES).map(|line| stock(own, line)).collect(),
        )
    };
    (0..warehouses).map(candidate).collect()
}
