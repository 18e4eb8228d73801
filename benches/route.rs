//! How long a routing decision takes, explanation included: an order of five lines over 10 and over 100 warehouses, once
//! where one of them has everything, once where three have to ship together, and once where no three have enough, so that
//! every set is tried and more are added.
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
    for spread in [Spread::Whole, Spread::Split, Spread::Short] {
        for warehouses in [10, 100] {
            let candidates = candidates(warehouses, spread);
            group.bench_function(BenchmarkId::new(spread.name(), warehouses), |bencher| {
                bencher.iter(|| route(black_box(&demand), black_box(&candidates), &rules, NOW));
            });
        }
    }
    group.finish();
    criterion.final_summary();
}

/// How the goods are spread.
#[derive(Debug, Clone, Copy)]
enum Spread {
    Whole,
    Split,
    Short,
}

impl Spread {
    const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Split => "split",
            Self::Short => "short",
        }
    }

    /// Units of a line at a warehouse, counted from the last one.
    fn free(self, last: i32, line: i32) -> i64 {
        match self {
            Self::Whole if last == 0 => 9,
            Self::Whole => i64::from((last + line) % 2),
            Self::Split if last == line % 3 => 9,
            Self::Split => i64::from(last > 2 && line == 0),
            Self::Short => i64::from(line > 0 && last % LINES == line),
        }
    }
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

fn candidates(warehouses: i32, spread: Spread) -> Vec<Candidate> {
    let stock = |own: i32, line: i32| {
        let free = spread.free(warehouses - 1 - own, line);
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
