//! Counts against movements, whichever comes first.

use super::script::{check, check_with};
use super::world::RULES;
use crate::domain::warehouse::Rules;

/// A count sets on hand, and later counts replace it.
#[test]
fn counts_are_absolute() {
    check(
        "receive A 5; wait 120 | count A 42 at=100; level A; count A 41 at=101; level A",
        "moved; 42/0/0/0; moved; 41/0/0/0",
    );
    check("count A 3 at=0; level A", "moved; 3/0/0/0");
    check(
        "receive A 5; hold A 2 damaged; claim r1 A=1; wait 120 | count A 4 at=100; level A",
        "moved; 4/2/0/1",
    );
}

/// Movements after the count's time come on top; what lies before is in the figure.
#[test]
fn movements_the_count_did_not_know_come_on_top() {
    check(
        "receive A 5 at=0; sell A 1 at=180; receive A 2 at=180; wait 600 | count A 5 at=100; level A",
        "moved; 6/0/0/0",
    );
    check(
        "receive A 5 at=0; sell A 1 at=60; wait 600 | count A 5 at=119; level A; count A 5 at=120; level A",
        "moved; 4/0/0/0; moved; 5/0/0/0",
    );
    check(
        "receive A 5 at=60; wait 600 | count A 5 at=59; level A; count A 5 at=60; level A",
        "moved; 10/0/0/0; moved; 5/0/0/0",
    );
}

/// In doubt, because the source may lag, the lower figure.
#[test]
fn lag_gives_the_lower_figure() {
    check(
        "receive A 9 at=0; sell A 1 at=180; wait 600 | count A 9 at=300 lag=120; level A; count A 8 at=360 lag=120; level A",
        "moved; 8/0/0/0; moved; 8/0/0/0",
    );
    check("receive A 9 at=180; wait 600 | count A 5 at=120 lag=60; level A", "moved; 5/0/0/0");
    check("receive A 9 at=240; wait 600 | count A 5 at=120 lag=60; level A", "moved; 14/0/0/0");
    check(
        "wait 600; count A 9 at=300 lag=120 | sell A 1 at=180; sell A 1 at=181; receive A 1 at=420; receive A 1 at=421; level A",
        "covered; moved; covered; moved; 9/0/0/0",
    );
}

/// A till was offline for hours, a count came in between, its sales are told late: each is taken off once.
#[test]
fn a_till_comes_back_after_a_count() {
    let day =
        "receive A 20 at=0; claim r1 A=2 ttl=36000 channel=till; wait 3000; count A 15 at=2000; wait 3600";
    check(
        &format!("{day} | sell A 3 at=1000 channel=till; sell A 2 at=2001 channel=till; level A"),
        "covered; moved; 13/0/0/0",
    );
    check(
        "receive A 20; claim r1 A=2 ttl=3600 channel=till; wait 3000; count A 15 at=2000 | sell A 2 at=1000 channel=till of=r1; level A; find r1",
        "covered; 15/0/0/0; shipped A=2",
    );
    check(
        "receive A 20; claim r1 A=2 ttl=3600; allocate r1; wait 3000; count A 15 at=2000 | ship r1 at=1000; level A",
        "shipped A=2; 15/0/0/0",
    );
    check(
        "receive A 9; wait 3000; count A 9 at=2000 | receive A 5 at=1000 into=damaged; level A; scrap A 2 at=1500 from=damaged; level A",
        "covered; 9/5/0/0; covered; 9/3/0/0",
    );
}

/// With the last booked event told, versions decide about what was journaled, and time about what comes later.
#[test]
fn seen_decides_by_version() {
    let four = "receive A 9 at=0; sell A 1 at=0; sell A 2 at=120; receive A 4 at=120; wait 600";
    for (seen, expected) in
        [(1, "moved; 11/0/0/0"), (2, "moved; 12/0/0/0"), (3, "moved; 8/0/0/0"), (4, "moved; 10/0/0/0")]
    {
        check(&format!("{four} | count A 10 at=300 seen={seen}; level A"), expected);
    }
    check(
        &format!("{four} | count A 10 at=300 seen=99; version; count A 10 at=300 seen=6"),
        "unknown_seen; 7; moved",
    );
    check(
        &format!("{four} | count A 10 at=300 seen=4; sell A 1 at=299; sell A 1 at=301; level A"),
        "moved; covered; moved; 9/0/0/0",
    );
}

/// A source that counts what may be sold is raised by what it leaves out.
#[test]
fn available_figures_are_raised() {
    let open =
        "receive A 20; hold A 3 damaged; claim r1 A=4; allocate r1; wait 600; claim r2 A=1; allocate r2";
    check(&format!("{open} | count A 10 at=600 available; level A"), "moved; 17/3/5/0");
    check(&format!("{open} | count A 10 at=600 lag=600 available; level A"), "moved; 13/3/5/0");
}

/// A count that is not newer, too old, or from the future changes nothing; the same one again is done.
#[test]
fn stale_counts_are_refused() {
    check(
        "wait 600; count A 5 at=300 | count A 6 at=300; count A 5 at=300 source=till; count A 6 at=299; count A 5 at=300; level A",
        "stale_count; stale_count; stale_count; moved; 5/0/0/0",
    );
    check("count A 5 at=2; wait 2; count A 5 at=2", "stale_count; waited; moved");
    check("count A 5 at=1; level A", "moved; 5/0/0/0");
    check(
        "count A 5 at=-172801; count A 5 at=-172800; count A 5 at=-172799 lag=3",
        "stale_count; moved; stale_count",
    );
    check(
        "wait 600; count A 5 at=300 id=x; count A 6 at=400 | count A 5 at=300 id=x; count A 5 at=300; level A",
        "moved; stale_count; 6/0/0/0",
    );
    check(
        "wait 600; count A 5 at=300 id=x | count A 7 at=400 id=x; level A",
        "idempotency_conflict; 5/0/0/0",
    );
}

/// A negative count is stored as told and takes nothing off other goods.
#[test]
fn negative_counts_are_kept() {
    check(
        "receive A 5; receive B 5; claim r1 A=2 | count A -3 at=0; level A; claim r2 A=1; claim r3 B=5",
        "moved; -3/0/0/2; insufficient_stock A 1/0; reserved B=5",
    );
}

/// Movements are kept for the horizon and no longer, so that memory stays bounded.
#[test]
fn movements_are_forgotten_after_the_horizon() {
    let rules = Rules { count_horizon_ms: 3_600_000, ..RULES };
    check_with(
        rules,
        "receive A 5; wait 3661; sell A 1 at=0 | due; wait 0; count A 9 at=61; level A",
        "604801; waited; moved; 9/0/0/0",
    );
    check_with(rules, "receive A 5; wait 3600 | count A 7 at=0; level A", "moved; 7/0/0/0");
}

/// A count's id from the far future, once forgotten, must not make every later movement stale.
#[test]
fn counts_from_the_future_do_not_raise_the_floor() {
    let mut rules = RULES;
    rules.windows.ids_max = 1;
    check_with(
        rules,
        "count A 1 at=0 issued=99999999; count B 1 at=0 issued=99999999; wait 5; wait 5 | receive A 1",
        "moved",
    );
}
