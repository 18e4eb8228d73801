//! Plain reservations: claim, extend, release, expire, allocate, ship.

use super::script::check;

/// A claim takes what is free and nothing more, and the last unit goes once.
#[test]
fn claims_take_what_is_free() {
    check("receive A 5 | claim r1 A=2; level A", "reserved A=2; 5/0/0/2");
    check(
        "receive A 1 | claim r1 A=1; claim r2 A=1; level A",
        "reserved A=1; insufficient_stock A 1/0; 1/0/0/1",
    );
    check("receive A 5 | claim r1 A=6; level A", "insufficient_stock A 6/5; 5/0/0/0");
    check("claim r1 A=1; level A", "insufficient_stock A 1/0; none");
    check("receive A 5; receive B 1 | claim r1 A=2 B=2; level A", "insufficient_stock B 2/1; 5/0/0/0");
    check("receive A 1 | claim r1 A=2 B=2", "insufficient_stock A 2/1 B 2/0");
    check(
        "receive A 5; hold A 2 damaged | claim r1 A=4; claim r2 A=3",
        "insufficient_stock A 4/3; reserved A=3",
    );
}

/// A shortage elsewhere never lets a claim through, and goods that come later do.
#[test]
fn promises_without_goods_leave_nothing_free() {
    check(
        "receive A 3; claim r1 A=3; adjust A -2 | level A; claim r2 A=1; receive A 2; claim r2 A=1",
        "1/0/0/3; insufficient_stock A 1/0; moved; insufficient_stock A 1/0",
    );
    check("adjust A -3; receive B 1 | claim r1 B=1; level A", "reserved B=1; -3/0/0/0");
}

/// The same SKU on two lines is one sum, in claims and in shipments.
#[test]
fn lines_of_one_sku_are_summed() {
    check("receive A 3 | claim r1 A=2 A=2", "insufficient_stock A 4/3");
    check(
        "receive A 4 | claim r1 A=2 A=2; level A; allocate r1; level A",
        "reserved A=4; 4/0/0/4; allocated A=4; 4/0/4/0",
    );
    check(
        "receive A 3; claim r1 A=3 | ship r1 A=2 A=2; ship r1 A=1 A=1; level A",
        "not_held 4/3; allocated A=1; 1/0/1/0",
    );
    check(
        "receive A 9 | claim r1 A=0; claim r2 A=-1; claim r3 A=1 A=-1",
        "out_of_range; out_of_range; out_of_range",
    );
    check("receive A 9; claim r1 A=2 | ship r1 A=-1; level A", "out_of_range; 9/0/0/2");
}

/// On request a claim takes the part that is there; nothing at all is still a refusal.
#[test]
fn partial_claims_take_what_there_is() {
    check(
        "receive A 2 | claim r1 A=5 partial; level A; claim r2 A=1 partial",
        "reserved A=2; 2/0/0/2; insufficient_stock A 1/0",
    );
    check("receive A 2 | claim r1 A=5 B=1 partial", "reserved A=2");
    check("receive A 2; receive B 1 | claim r1 A=5 A=1 B=1 partial", "reserved A=2,B=1");
}

/// A resend is answered with the first result and the present state, and changes nothing.
#[test]
fn resends_are_answered_once() {
    check("receive A 5; claim r1 A=2 | claim r1 A=2; level A", "reserved A=2; 5/0/0/2");
    check("receive A 5; claim r1 A=2 | claim r1 A=3; level A", "idempotency_conflict; 5/0/0/2");
    check("receive A 5; claim r1 A=2; release r1 | claim r1 A=2; level A", "released A=2; 5/0/0/0");
    check("receive A 5; claim r1 A=2 ttl=60; wait 60 | claim r1 A=2 ttl=60; level A", "expired A=2; 5/0/0/0");
    check("receive A 5; claim r1 A=2; allocate r1 | claim r1 A=2; level A", "allocated A=2; 5/0/2/0");
    check("receive A 5; claim r1 A=2; ship r1 | claim r1 A=2; level A", "shipped A=2; 3/0/0/0");
    check(
        "receive A 1 | claim r1 A=2; receive A 1; claim r1 A=2",
        "insufficient_stock A 2/1; moved; reserved A=2",
    );
}

/// A hold ends at its deadline, when the entry that says so is written and not before.
#[test]
fn holds_expire_by_entry() {
    check(
        "receive A 1; claim r1 A=1 ttl=60; wait 59 | find r1; wait 1; find r1; level A",
        "reserved A=1; waited; expired A=1; 1/0/0/0",
    );
    check(
        "receive A 1; claim r1 A=1 ttl=60; grace on; wait 99 | find r1; allocate r1",
        "reserved A=1; allocated A=1",
    );
    check(
        "receive A 1; claim r1 A=1 ttl=60; grace on; wait 99; grace off; wait 0 | find r1; allocate r1",
        "expired A=1; reservation_expired",
    );
    check(
        "receive A 1; claim r1 A=1 ttl=60; wait 60 | claim r2 A=1; extend r1 60",
        "reserved A=1; reservation_expired",
    );
}

/// An extension moves the deadline, never back and never past the longest hold.
#[test]
fn extensions_stop_at_the_longest_hold() {
    check(
        "receive A 1; claim r1 A=1 ttl=60 | extend r1 600; deadline r1; extend r1 5; deadline r1",
        "reserved A=1; 600; reserved A=1; 600",
    );
    check(
        "receive A 1; claim r1 A=1 ttl=9999 | deadline r1; wait 3000; extend r1 9999; deadline r1; wait 600; find r1",
        "3600; waited; reserved A=1; 3600; waited; expired A=1",
    );
    check(
        "receive A 1; claim r1 A=1 ttl=60; extend r1 60 id=e1; wait 30 | extend r1 60 id=e1; deadline r1",
        "reserved A=1; 60",
    );
    check("extend r1 60", "unknown_reservation");
    check("receive A 1; claim r1 A=1; allocate r1 | extend r1 60", "allocated");
    check(
        "receive A 1; claim r1 A=1; ship r1 | extend r1 60; release r1; allocate r1",
        "shipped; shipped A=1; shipped",
    );
}

/// Release gives back a hold or an allocation, once.
#[test]
fn releases_give_back() {
    check(
        "receive A 3; claim r1 A=2 | release r1; level A; release r1; level A",
        "released A=2; 3/0/0/0; released A=2; 3/0/0/0",
    );
    check(
        "receive A 3; claim r1 A=2; allocate r1 | release r1; level A; allocate r1; ship r1",
        "released A=2; 3/0/0/0; released; released",
    );
    check(
        "receive A 3; claim r1 A=3; ship r1 A=1 | release r1; level A; find r1",
        "released A=3; 2/0/0/0; released A=3",
    );
    check("release r1", "unknown_reservation");
}

/// An allocation has no deadline; what ships leaves the house, in parts if need be.
#[test]
fn allocations_ship_in_parts() {
    check(
        "receive A 3; claim r1 A=3 ttl=60; allocate r1; wait 9999 | level A; ship r1 A=1; level A",
        "3/0/3/0; allocated A=2; 2/0/2/0",
    );
    check(
        "receive A 3; claim r1 A=3; ship r1 A=1 id=s1 | ship r1 A=1 id=s1; level A; ship r1; level A; ship r1",
        "allocated A=2; 2/0/2/0; shipped A=3; 0/0/0/0; shipped",
    );
    check(
        "receive A 3; claim r1 A=2 | ship r1 A=3; level A; ship r1 B=1; ship r9",
        "not_held 3/2; 3/0/0/2; not_held 1/0; unknown_reservation",
    );
    check(
        "receive A 3; claim r1 A=2 | allocate r1 id=a1; allocate r1 id=a2; level A",
        "allocated A=2; allocated A=2; 3/0/2/0",
    );
    check(
        "receive A 3; claim r1 A=2; allocate r1 id=a1; allocate r1 id=a2; release r1 | allocate r1 id=a1; allocate r1 id=a2; allocate r1 id=a3",
        "released A=2; released A=2; released",
    );
}

/// How an allocation ended is told also when its claim's id was forgotten long ago.
#[test]
fn old_allocations_end_readable() {
    check(
        "receive A 3; claim r1 A=3; allocate r1; wait 9999; ship r1 A=1 | ship r1 id=s1; find r1; ship r1 id=s1",
        "shipped A=2; shipped A=2; shipped A=2",
    );
    check(
        "receive A 3; claim r1 A=3; allocate r1; wait 9999 | release r1; find r1; claim r1 A=3; level A",
        "released A=3; released A=3; released A=3; 3/0/0/0",
    );
}
