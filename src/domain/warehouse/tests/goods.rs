//! Goods move: in, out, between conditions, and sold already.

use super::script::check;
use crate::domain::quantity::UNITS_MAX;

/// Movements change on hand and conditions, and records that can't be true are kept visible.
#[test]
fn movements_move_what_they_say() {
    check(
        "receive A 5 | return A 2; scrap A 1; adjust A -3; adjust A 4; level A",
        "moved; moved; moved; moved; 7/0/0/0",
    );
    check("receive A 5 into=damaged | level A; restock A 2 damaged; level A", "5/5/0/0; moved; 5/3/0/0");
    check("receive A 5 | hold A 2 quarantine; hold A 1 checking; level A", "moved; moved; 5/3/0/0");
    check("receive A 5; return A 2 into=checking | scrap A 2 from=checking; level A", "moved; 5/0/0/0");
    check("receive A 1 | scrap A 3; level A; hold A 2 damaged; level A", "moved; -2/0/0/0; moved; -2/2/0/0");
}

/// What is not there can't be restocked or thrown away, and unknown goods can't be found broken.
#[test]
fn impossible_movements_are_refused() {
    check(
        "receive A 5; hold A 2 damaged | restock A 3 damaged; scrap A 3 from=damaged; restock A 1 checking",
        "insufficient_condition 3/2; insufficient_condition 3/2; insufficient_condition 1/0",
    );
    check(
        "hold A 1 damaged; scrap A 1; restock A 1 damaged; level A",
        "unknown_sku; unknown_sku; unknown_sku; none",
    );
    check(
        "receive A 0; receive A -1; adjust A 0; sell A -2; level A",
        "out_of_range; out_of_range; out_of_range; out_of_range; none",
    );
    check("receive A 1 at=301; receive A 1 at=300", "future_movement; moved");
}

/// No figure leaves ±2^53, and what would is refused as a whole.
#[test]
fn figures_stop_at_two_to_the_53rd() {
    check(
        &format!("receive A {UNITS_MAX} | receive A 1; level A; sell A 1; receive A 1"),
        &format!("out_of_range; {UNITS_MAX}/0/0/0; moved; out_of_range"),
    );
    check(&format!("receive A {}", UNITS_MAX + 1), "out_of_range");
    check(
        &format!("adjust A -{UNITS_MAX} | sell A 1; count A -{} at=0; level A", UNITS_MAX + 1),
        &format!("out_of_range; out_of_range; -{UNITS_MAX}/0/0/0"),
    );
    check(
        &format!("receive A {UNITS_MAX} | claim r1 A={UNITS_MAX} A=1; claim r2 A={UNITS_MAX}; claim r3 A=1"),
        &format!("out_of_range; reserved A={UNITS_MAX}; insufficient_stock A 1/0"),
    );
}

/// A movement is done once, whatever is sent again, and another body under its id is told.
#[test]
fn movements_are_done_once() {
    check(
        "receive A 5 id=x | receive A 5 id=x; level A; receive A 6 id=x; sell A 5 id=x; claim x A=1; level A",
        "moved; 5/0/0/0; idempotency_conflict; idempotency_conflict; idempotency_conflict; 5/0/0/0",
    );
    check(
        "receive A 1; claim r1 A=1 | receive A 1 id=r1; safety A 1 id=r1; allocate r1 id=r1; level A",
        "idempotency_conflict; idempotency_conflict; idempotency_conflict; 1/0/0/1",
    );
}

/// A sale that happened already is never refused; it ends its reservation's hold of the SKU.
#[test]
fn sales_are_facts() {
    check("receive A 1 | sell A 3; level A", "moved; -2/0/0/0");
    check("sell A 1; level A", "moved; -1/0/0/0");
    check(
        "receive A 5; claim r1 A=2 | sell A 2 of=r1; level A; find r1; claim r1 A=2",
        "moved; 3/0/0/0; shipped A=2; shipped A=2",
    );
    check(
        "receive A 5; receive B 1; claim r1 A=2 B=1 | sell A 2 of=r1; level A; level B; find r1; sell B 1 of=r1; find r1",
        "moved; 3/0/0/0; 1/0/0/1; reserved B=1; moved; shipped A=2,B=1",
    );
    check(
        "receive A 5; claim r1 A=2; allocate r1 | sell A 2 of=r1; level A; find r1",
        "moved; 3/0/0/0; shipped A=2",
    );
    check(
        "receive A 5; receive B 5; claim r1 A=2 B=2; allocate r1 | sell A 2 of=r1; level A; level B; ship r1; level B",
        "moved; 3/0/0/0; 5/0/2/0; shipped A=2,B=2; 3/0/0/0",
    );
    check(
        "receive A 5; claim r1 A=2; release r1 | sell A 2 of=r1; level A; sell A 1 of=r9",
        "moved; 3/0/0/0; moved",
    );
    check(
        "receive A 5; receive B 5; claim r1 A=2 cart=c; claim r2 A=2 B=1 cart=c multi | sell A 2 of=r1; cart c; level A",
        "moved; now r2 A=2,B=1; 3/0/0/2",
    );
    check(
        "receive A 5; claim r1 A=2 id=r1 | sell A 2 of=r1 id=s; sell A 2 of=r1 id=s; level A",
        "moved; moved; 3/0/0/0",
    );
}
