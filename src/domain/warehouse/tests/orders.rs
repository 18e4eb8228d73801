//! What orders own: claims, promises, and what is done with them.

use super::script::check;

/// An order takes a cart's reservation over: its units are the order's, in the same decision, and nobody else's.
#[test]
fn an_order_takes_a_reservation_over() {
    check(
        "receive A 5; claim r1 A=4 cart=c1 | claim r2 A=2; claim x1 A=5 order=o1 over=r1; find r1; level A",
        "insufficient_stock A 2/1; reserved A=5; ordered o1 A=4; 5/0/0/5",
    );
    check(
        "receive A 5; claim r1 A=4 cart=c1 | claim x1 A=6 order=o1 over=r1; find r1; claim x2 A=3 order=o1 over=r1 promised; level A",
        "insufficient_stock A 6/5; reserved A=4; allocated A=3; 5/0/3/0",
    );
    check(
        "receive A 5; claim r1 A=4; allocate r1 | claim x1 A=5 order=o1 over=r1; find r1; level A",
        "reserved A=5; ordered o1 A=4; 5/0/0/5",
    );
    check(
        "receive A 5; claim r1 A=5 channel=till | claim x1 A=1 order=o1 over=r1; claim x2 A=1 order=o1 over=unknown",
        "insufficient_stock A 1/0; insufficient_stock A 1/0",
    );
    check(
        "receive A 5; claim r1 A=5 | claim x1 A=5 over=r1; find r1",
        "insufficient_stock A 5/0; reserved A=5",
    );
}

/// An amendment that waits is taken over with what it amends; one beside what is taken over stays the cart's.
#[test]
fn an_order_takes_over_what_a_cart_holds_now() {
    let amended = "receive A 9; claim r1 A=2 cart=c1; claim r2 A=5 cart=c1 multi";
    check(
        &format!("{amended} | claim x1 A=9 order=o1 over=r2; find r1; find r2; cart c1"),
        "reserved A=9; amended by r2 A=2; ordered o1 A=5; nothing",
    );
    check(
        &format!(
            "{amended} | claim x1 A=5 order=o1 over=r1; claim x1 A=4 order=o1 over=r1 id=x2; find r1; cart c1"
        ),
        "insufficient_stock A 5/4; reserved A=4; ordered o1 A=2; now r2 A=5",
    );
}

/// What was drawn from a fence for the reservation is given back and drawn again.
#[test]
fn fences_follow_what_is_taken_over() {
    check(
        "receive A 9; fence A till 3; fence A shop 4; claim r1 A=4 cart=c1 | left A shop; claim x1 A=6 order=o1 over=r1; left A shop; giveback x1 A=3 order=o1; allocate x1 order=o1; giveback x1 A=3 order=o1; left A shop",
        "0; reserved A=6; 0; gave nothing; allocated A=6; gave A=3; 1",
    );
}

/// Only the desk that names the order may act on what the order owns.
#[test]
fn what_an_order_owns_is_left_alone() {
    let held = "receive A 5; claim r1 A=2; claim x1 A=2 order=o1 over=r1";
    check(
        &format!(
            "{held} | release x1; extend x1 60; allocate x1; ship x1; release x1 order=o2; ship x1 order=o2"
        ),
        "owned_by_order o1; owned_by_order o1; owned_by_order o1; owned_by_order o1; owned_by_order o1; owned_by_order o1",
    );
    check(
        &format!("{held} | release r1; extend r1 60; allocate r1; ship r1; release r1 order=o1"),
        "owned_by_order o1; owned_by_order o1; owned_by_order o1; owned_by_order o1; ordered o1 A=2",
    );
    check(
        &format!(
            "{held}; allocate x1 order=o1 | release x1; giveback x1 A=1; writeoff x1 A=1; sell A 1 of=x1; level A; ship x1 order=o1"
        ),
        "owned_by_order o1; owned_by_order o1; owned_by_order o1; moved; 4/0/2/0; shipped A=2",
    );
    check(
        "receive A 5; claim r1 A=2 | allocate r1 order=o1; release r1 order=o1; find r1; level A",
        "unknown_reservation; ordered o1 A=2; ordered o1 A=2; 5/0/0/0",
    );
    check(
        &format!(
            "{held} | extend x1 2000 order=o1; deadline x1; release x1 order=o1; level A; claim x1 A=2 order=o1 over=r1 try=2"
        ),
        "reserved A=2; 2000; released A=2; 5/0/0/0; released A=2",
    );
}

/// An order's claim is no cart's: the cart's next reservation stands beside it.
#[test]
fn an_orders_claim_is_no_carts() {
    check(
        "receive A 5; claim r1 A=2 cart=c1; claim x1 A=2 cart=c1 order=o1 over=r1 | claim r2 A=3 cart=c1; find x1; level A",
        "reserved A=3; reserved A=2; 5/0/0/5",
    );
}

/// Attempts of an order's claim are ruled out as others are.
#[test]
fn an_orders_attempts_are_ruled_out() {
    check(
        "receive A 5 | release x1 try=1 order=o1; claim x1 A=2 order=o1; claim x1 A=2 order=o1 try=2 promised; release x1 try=1 order=o1; release x1 try=2 order=o1; level A",
        "done; released; allocated A=2; allocated A=2; abandoned A=2; 5/0/0/0",
    );
    check(
        "receive A 5 | claim x1 A=2 order=o1 ttl=60; wait 60; allocate x1 order=o1",
        "reserved A=2; waited; reservation_expired",
    );
}

/// A desk that repeats its last step long after is answered by what stands there.
#[test]
fn an_open_promise_answers_late_desks() {
    check(
        "receive A 5; claim x1 A=2 order=o1 promised | wait 90000; allocate x1 order=o1 issued=0; allocate x1 order=o2 issued=0; giveback x1 A=1 order=o1 issued=0",
        "waited; allocated A=2; owned_by_order o1; gave A=1",
    );
}

/// A part of a promise is given back once, as far as it is still there.
#[test]
fn promises_are_given_back_in_part() {
    let promised = "receive A 5; receive B 5; claim x1 A=4 B=1 order=o1 promised";
    check(
        &format!(
            "{promised} | giveback x1 A=1 order=o1 id=g; giveback x1 A=1 order=o1 id=g; giveback x1 A=2 order=o1 id=g; find x1; ship x1 A=2 order=o1; giveback x1 A=9 C=1 order=o1; find x1; level A"
        ),
        "gave A=1; gave A=1; idempotency_conflict; allocated A=3,B=1; allocated A=1,B=1; gave A=1; allocated B=1; 3/0/0/0",
    );
    check(
        &format!(
            "{promised} | giveback x1 A=4 B=1 order=o1; find x1; giveback x1 A=1 order=o1; giveback x9 A=1 order=o1"
        ),
        "gave A=4,B=1; released A=4,B=1; gave nothing; gave nothing",
    );
}

/// What is not on its shelf leaves the books, what is broken lies with the broken; both once.
#[test]
fn a_short_pick_corrects_the_books() {
    let promised = "receive A 5; claim x1 A=4 order=o1 promised";
    check(
        &format!(
            "{promised} | writeoff x1 A=1 order=o1 id=w; writeoff x1 A=1 order=o1 id=w; level A; writeoff x1 A=2 into=damaged order=o1; level A; writeoff x1 A=2 order=o1; writeoff x1 A=1 order=o1; level A; find x1"
        ),
        "gave A=1; gave A=1; 4/0/3/0; gave A=2; 4/2/1/0; not_held 2/1; gave A=1; 3/2/0/0; released A=4",
    );
    check(
        "receive A 5; fence A shop 4; claim x1 A=3 order=o1 promised | left A shop; writeoff x1 A=2 order=o1; left A shop",
        "1; gave A=2; 3",
    );
    check("writeoff x1 A=1 order=o1", "unknown_reservation");
}

/// Goods that go to another warehouse are neither sold nor lost, and goods under inspection change their condition.
#[test]
fn goods_are_transferred_and_inspected() {
    check(
        "receive A 5; claim t1 A=3 order=t1 promised | ship t1 A=2 transfer order=t1; transferred; level A; sendout A 1; bringin A 4 into=checking; transferred; level A",
        "allocated A=1; -2; 3/0/1/0; moved; moved; 1; 6/4/1/0",
    );
    check(
        "return A 3 into=checking | reclassify A 2 checking damaged; reclassify A 2 checking damaged; restock A 1 checking; level A; scrap A 2 from=damaged; level A",
        "moved; insufficient_condition 2/1; moved; 3/2/0/0; moved; 1/0/0/0",
    );
}
