//! Orders that wait for goods, and who gets them first.

use super::script::check;

/// Goods that come are promised to those who wait, in the same entry, before anybody else asks; a part is better than
/// nothing.
#[test]
fn waiting_orders_are_served_when_goods_come() {
    check(
        "await w1 A 3 order=o1 | level A; receive A 2; waits w1; level A; claim r1 A=1; receive A 5; waits w1; find w1; level A; claim r1 A=4",
        "0/0/0/0; moved; waits 1 served 0/2; 2/0/2/0; insufficient_stock A 1/0; moved; waits 0 served 0/3; allocated A=3; 7/0/3/0; reserved A=4",
    );
    check("receive A 5 | await w1 A 3 order=o1; level A", "waits 0 served 0/3; 5/0/3/0");
}

/// Whatever frees goods serves: releases, expiry, counts, restocking, give-backs, transfers, policies, also by time alone.
#[test]
fn whatever_frees_goods_serves() {
    let all = "receive A 2; claim r1 A=2 ttl=60; await w1 A 2 order=o1";
    check(&format!("{all} | release r1; waits w1"), "released A=2; waits 0 served 0/2");
    check(&format!("{all} | wait 60; waits w1"), "waited; waits 0 served 0/2");
    check(&format!("{all} | count A 3 at=0; waits w1"), "moved; waits 1 served 0/1");
    check(
        &format!("{all} | return A 1 into=damaged; waits w1; restock A 1 damaged; waits w1"),
        "moved; waits 2 served 0/0; moved; waits 1 served 0/1",
    );
    check(
        &format!("{all}; allocate r1 | giveback r1 A=1; waits w1; bringin A 1; waits w1"),
        "gave A=1; waits 1 served 0/1; moved; waits 0 served 0/2",
    );
    check(
        "receive A 2; safety A 2; await w1 A 2 order=o1 | waits w1; safety A 1; waits w1; safety A -; waits w1",
        "waits 2 served 0/0; done; waits 1 served 0/1; done; waits 0 served 0/2",
    );
    check(
        "receive A 2; safety A 2 until=30; await w1 A 2 order=o1 | due; wait 29; waits w1; due; wait 1; waits w1",
        "30; waited; waits 2 served 0/0; 30; waited; waits 0 served 0/2",
    );
}

/// First who is most urgent, then who was promised the earliest day (no promise is last), then who was accepted first.
#[test]
fn urgency_then_promise_then_acceptance() {
    check(
        "await w1 A 1 order=o1 accepted=0; await w2 A 1 order=o2 accepted=9 promise=50; await w3 A 1 order=o3 accepted=8 promise=50; await w4 A 1 order=o4 accepted=9 promise=90 priority=0 | receive A 1; unbooked; receive A 1; unbooked; receive A 1; unbooked",
        "moved; w4: waits 0 served 0/1; moved; w3: waits 0 served 0/1, w4: waits 0 served 0/1; moved; w2: waits 0 served 0/1, w3: waits 0 served 0/1, w4: waits 0 served 0/1",
    );
}

/// Told orders may have the safety stock, fences keep goods from the others, and a channel that can't be served holds
/// nobody up.
#[test]
fn those_who_wait_get_what_is_free_for_them() {
    check(
        "safety A 2; await w1 A 2 order=o1; await w2 A 2 order=o2 told priority=9 | receive A 2; waits w1; waits w2",
        "moved; waits 2 served 0/0; waits 0 served 0/2",
    );
    check(
        "fence A till 2; await w1 A 1 order=o1; await w2 A 1 order=o2 channel=till priority=9 | receive A 1; waits w1; waits w2; left A till; receive A 2; waits w1",
        "moved; waits 1 served 0/0; waits 0 served 0/1; 1; moved; waits 0 served 0/1",
    );
}

/// A claim is closed once nothing waits and everything served is booked; what comes late or twice changes nothing.
#[test]
fn served_units_are_booked_and_the_claim_closed() {
    check(
        "await w1 A 3 order=o1; receive A 2 | ack w1 1; ack w1 9; ack w1 1; unbooked; unwait w1 id=u; unwait w1 id=u; waits w1; find w1; await w1 A 3 order=o1",
        "waits 1 served 1/2; waits 1 served 2/2; waits 1 served 2/2; ; less 1, closed; less 1, closed; closed; allocated A=2; closed",
    );
    check(
        "await w1 A 5 order=o1; receive A 2 | unwait w1 2; receive A 5; orders o1; unwait w1; ack w1 3; orders o1; level A",
        "less 2, waits 1 served 0/2; moved; w1: waits 0 served 0/3; waits 0 served 0/3; closed; ; 7/0/3/0",
    );
}

/// Giving up a claim that has not come yet keeps it from coming; the same claim sent twice is one.
#[test]
fn a_claim_given_up_before_it_came_does_not_come() {
    check("unwait w1; await w1 A 3 order=o1; receive A 5; level A", "closed; released; moved; 5/0/0/0");
    check(
        "await w1 A 3 order=o1 | await w1 A 3 order=o1; await w1 A 4 order=o1; receive A 9; level A",
        "waits 3 served 0/0; idempotency_conflict; moved; 9/0/3/0",
    );
    check("await w1 A 0 order=o1", "out_of_range");
}

/// What was served ships and is given back like any promise; given back while more waits, it goes to the one who comes
/// first.
#[test]
fn what_was_served_is_a_promise() {
    check(
        "await w1 A 3 order=o1; receive A 2 | ship w1 A=1; ship w1 A=1 order=o1; receive A 2; find w1; giveback w1 A=1 order=o1; waits w1; level A",
        "owned_by_order o1; allocated A=1; moved; allocated A=2; gave A=1; waits 0 served 0/3; 3/0/1/0",
    );
    check(
        "await w1 A 3 order=o1; receive A 2 | release w1 order=o1; waits w1; find w1",
        "released A=2; waits 0 served 0/3; allocated A=1",
    );
}

/// More wait than one entry serves: the rest is served by upkeep, and no asking channel comes before them.
#[test]
fn many_are_served_over_several_entries() {
    let many: Vec<String> = (0..200).map(|n| format!("await w{n} A 1 order=o1")).collect();
    let many = many.join("; ");
    check(
        &format!(
            "{many} | receive A 300 too; level A; claim r1 A=1 too; claim r2 A=1 told; level A; wait 0; level A; claim r1 A=100; claim r1 A=99"
        ),
        "moved; 300/0/64/0; insufficient_stock A 1/0; reserved A=1; 300/0/128/1; waited; 300/0/200/1; insufficient_stock A 100/99; reserved A=99",
    );
}
