//! Carts amend their own hold; reservations over several warehouses wait, settle, drop, and try again.

use super::script::check;

/// A cart changes what it holds: only the increase must be free.
#[test]
fn carts_amend_their_own() {
    check(
        "receive A 3; claim r1 A=2 cart=c | claim r2 A=3 cart=c; level A; find r1",
        "reserved A=3; 3/0/0/3; amended by r2 A=2",
    );
    check(
        "receive A 3; claim r1 A=2 cart=c | claim r2 A=4 cart=c; level A; cart c",
        "insufficient_stock A 4/3; 3/0/0/2; now r1 A=2",
    );
    check(
        "receive A 3; claim r1 A=3 cart=c | claim r2 A=1 cart=c; level A; claim r3 A=2",
        "reserved A=1; 3/0/0/1; reserved A=2",
    );
    check(
        "receive A 3; receive B 1; claim r1 A=3 cart=c | claim r2 B=1 cart=c; level A; level B",
        "reserved B=1; 3/0/0/0; 1/0/0/1",
    );
    check(
        "receive A 3; receive B 1; claim r1 A=3 cart=c | claim r2 A=2 B=2 cart=c; level A",
        "insufficient_stock B 2/1; 3/0/0/3",
    );
    check(
        "receive A 3; claim r1 A=3 cart=c; adjust A -2 | claim r2 A=3 cart=c; claim r3 A=2 cart=c; level A",
        "reserved A=3; reserved A=2; 1/0/0/2",
    );
    check(
        "receive A 3; claim r1 A=2 cart=c channel=shop | claim r2 A=2 cart=c channel=till",
        "insufficient_stock A 2/1",
    );
}

/// Each id of a cart keeps its own answer; none but the newest changes anything.
#[test]
fn amended_ids_keep_their_answers() {
    let two = "receive A 5; claim r1 A=2 cart=c issued=0; wait 5; claim r2 A=3 cart=c issued=5";
    check(
        &format!("{two} | claim r1 A=2 cart=c issued=0; claim r2 A=3 cart=c issued=5; level A"),
        "amended by r2 A=2; reserved A=3; 5/0/0/3",
    );
    check(&format!("{two} | claim r0 A=4 cart=c issued=1; level A"), "superseded r2; 5/0/0/3");
    check(
        &format!("{two} | extend r1 60; allocate r1; ship r1; release r1; level A"),
        "amended r2; amended r2; amended r2; amended by r2 A=2; 5/0/0/3",
    );
    check(
        "receive A 5; claim r1 A=2 cart=c; claim r2 A=3 cart=c | claim r3 A=4 cart=c; find r1; find r2",
        "reserved A=4; amended by r2 A=2; amended by r3 A=3",
    );
}

/// A hold remembers what it replaced longer than the memory of ids does.
#[test]
fn replaced_ids_outlive_their_window() {
    let old = "receive A 5; claim r1 A=1 cart=c ttl=3600; claim r2 A=2 cart=c ttl=3600; claim r3 A=3 cart=c ttl=3600; wait 1000; wait 1";
    check(
        &format!("{old} | ids; find r1; find r2; extend r1 60; allocate r2"),
        "1; amended by r2 A=1; amended by r3 A=2; amended r2; amended r3",
    );
    check(
        &format!("{old} | claim r1 A=1 cart=c issued=0 ttl=3600; claim r3 A=3 cart=c issued=0; level A"),
        "amended by r2 A=1; reserved A=3; 5/0/0/3",
    );
}

/// The cart's first claim bounds every later deadline.
#[test]
fn amendments_do_not_prolong_for_ever() {
    check(
        "receive A 5; claim r1 A=1 cart=c ttl=3000; wait 2900; claim r2 A=2 cart=c ttl=3000 | deadline r2; wait 700; cart c",
        "3600; waited; nothing",
    );
}

/// Over several warehouses an amendment waits beside what counts; the larger of both is held.
#[test]
fn amendments_wait_until_settled() {
    let wait = "receive A 5; claim r1 A=2 cart=c; claim r2 A=3 cart=c multi";
    check(
        &format!("{wait} | cart c; level A; find r1; find r2"),
        "now r1 A=2 next r2 A=3; 5/0/0/3; reserved A=2; pending A=3",
    );
    check(
        &format!("{wait} | settle r2 cart=c; level A; find r1; find r2; settle r2 cart=c; level A"),
        "done; 5/0/0/3; amended by r2 A=2; reserved A=3; done; 5/0/0/3",
    );
    check(
        &format!("{wait} | drop r2; level A; find r1; find r2; drop r2"),
        "done; 5/0/0/2; reserved A=2; abandoned A=3; done",
    );
    check(&format!("{wait} | claim r2 A=3 cart=c multi; level A"), "pending A=3; 5/0/0/3");
    check(
        &format!("{wait} | release r2; cart c; release r1; cart c"),
        "released A=3; now r1 A=2; released A=2; nothing",
    );
    check(&format!("{wait} | release r1; cart c; level A"), "released A=2; now r2 A=3; 5/0/0/3");
    check(
        "receive A 5; claim r1 A=4 cart=c; claim r2 A=1 cart=c multi | level A; settle r2 cart=c; level A",
        "5/0/0/4; done; 5/0/0/1",
    );
    check(
        "receive A 5; receive B 1; claim r1 A=2 cart=c; claim r2 B=1 cart=c multi | level A; level B; settle r2 cart=c; level A",
        "5/0/0/2; 1/0/0/1; done; 5/0/0/0",
    );
}

/// A warehouse that is only in the old plan gives back what it held.
#[test]
fn settling_elsewhere_gives_back() {
    check(
        "receive A 5; claim r1 A=2 cart=c multi | settle r2 cart=c; level A; find r1; cart c",
        "done; 5/0/0/0; amended by r2 A=2; nothing",
    );
    check("settle r2 cart=c", "done");
}

/// A settlement that comes twice, or late, does not end what the cart claimed after it.
#[test]
fn late_settlements_change_nothing() {
    let moved_on =
        "receive A 5; claim r1 A=2 cart=c; claim r2 A=3 cart=c multi; settle r2 cart=c; claim r3 A=1 cart=c";
    check(&format!("{moved_on} | settle r2 cart=c; cart c; level A"), "done; now r3 A=1; 5/0/0/1");
    check(
        "receive A 5; claim r1 A=2 cart=c issued=0; settle r2 cart=c issued=1; claim r3 A=1 cart=c issued=2 | settle r2 cart=c issued=1; cart c",
        "done; now r3 A=1",
    );
    check(
        "receive A 5; claim r1 A=1 cart=c; claim r2 A=2 cart=c multi; drop r2 | settle r2 cart=c; cart c",
        "done; now r1 A=1",
    );
}

/// Each of the two ends at its own deadline, and what waited takes the place of what counted.
#[test]
fn waiting_amendments_expire_on_their_own() {
    let wait = "receive A 5; claim r1 A=2 cart=c ttl=100; claim r2 A=3 cart=c multi";
    check(&format!("{wait} ttl=50; wait 50 | cart c; find r2; level A"), "now r1 A=2; expired A=3; 5/0/0/2");
    check(
        &format!("{wait} ttl=200; wait 100 | cart c; find r1; find r2; level A; wait 100; level A"),
        "now r2 A=3; expired A=2; reserved A=3; 5/0/0/3; waited; 5/0/0/0",
    );
    check(
        &format!("{wait} ttl=100; wait 100 | cart c; find r1; find r2; level A"),
        "nothing; expired A=2; expired A=3; 5/0/0/0",
    );
    check(
        &format!("{wait} ttl=200 | deadline r2; extend r1 300; deadline r1; deadline r2"),
        "200; reserved A=2; 300; 200",
    );
}

/// An amendment that is itself overtaken ends, and its resend does not claim again.
#[test]
fn overtaken_amendments_end() {
    let over = "receive A 9; claim r1 A=1 cart=c; claim r2 A=2 cart=c multi";
    check(
        &format!("{over}; claim r3 A=3 cart=c multi | cart c; find r2; claim r2 A=2 cart=c multi; cart c"),
        "now r1 A=1 next r3 A=3; amended by r3 A=2; amended by r3 A=2; now r1 A=1 next r3 A=3",
    );
    check(
        &format!(
            "{over}; claim r3 A=3 cart=c | cart c; find r1; find r2; claim r2 A=2 cart=c multi; level A"
        ),
        "now r3 A=3; amended by r3 A=1; amended by r3 A=2; amended by r3 A=2; 9/0/0/3",
    );
    check(
        &format!("{over}; allocate r1 | cart c; find r1; find r2; level A"),
        "nothing; allocated A=1; released A=2; 9/0/1/0",
    );
    check(&format!("{over} | allocate r2; level A"), "unknown_reservation; 9/0/0/2");
}

/// A release that overtakes its claim is remembered, for its attempt and earlier ones.
#[test]
fn releases_may_come_first() {
    check("receive A 5 | release r1 try=1; claim r1 A=2; level A", "done; released; 5/0/0/0");
    check("receive A 5; release r1 try=1 | claim r1 A=2 try=2; level A", "reserved A=2; 5/0/0/2");
    check(
        "receive A 5; release r1 try=2; release r1 try=1 | claim r1 A=2 try=2; claim r1 A=2 try=3",
        "released; reserved A=2",
    );
    check(
        "receive A 5; claim r1 A=2; release r1 try=1; release r1 try=2 | claim r1 A=2 try=2; level A; claim r1 A=2 try=3",
        "abandoned A=2; 5/0/0/0; reserved A=2",
    );
    check(
        "receive A 5; claim r1 A=2; release r1 try=2 | claim r1 A=2 try=2; claim r1 A=2 try=1; level A",
        "abandoned A=2; released; 5/0/0/0",
    );
    check("receive A 5; release r1 try=1; wait 902; wait 2 | claim r1 A=2 issued=0; ids", "stale_command; 1");
}

/// A release of one id leaves another command's memory alone.
#[test]
fn releases_do_not_forget_movements() {
    check(
        "receive A 5 id=x | release x try=1; receive A 5 id=x; level A; release x",
        "done; moved; 5/0/0/0; unknown_reservation",
    );
}

/// A new attempt claims anew after a release; an old one, or a release of an old one, does nothing.
#[test]
fn attempts_go_up() {
    let again = "receive A 5; claim r1 A=2 try=1; release r1 try=1; claim r1 A=2 try=2";
    check(
        &format!("{again} | level A; claim r1 A=2 try=1; release r1 try=1; level A"),
        "5/0/0/2; released; reserved A=2; 5/0/0/2",
    );
    check(&format!("{again}; release r1 try=2 | level A; claim r1 A=2 try=2"), "5/0/0/0; abandoned A=2");
    check(&format!("{again}; ship r1 | claim r1 A=2 try=3; level A"), "shipped A=2; 3/0/0/0");
    check(
        "receive A 5; claim r1 A=1 cart=c; claim r2 A=2 cart=c | claim r1 A=1 cart=c try=2; level A",
        "amended by r2 A=1; 5/0/0/2",
    );
}
