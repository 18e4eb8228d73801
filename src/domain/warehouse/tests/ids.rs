//! The memory of ids at the warehouse: windows, floors, bounds.

use super::script::{check, check_with};
use super::world::RULES;

/// An id from before the floor, or more than 60 s ahead, is refused; one that names an open row never is.
#[test]
fn stale_commands_are_refused() {
    check("receive A 5 | claim r1 A=1 issued=60; claim r2 A=1 issued=61", "reserved A=1; stale_command");
    check(
        "receive A 5; claim r1 A=1 ttl=3600 issued=0; wait 902; wait 1 | ids; claim r1 A=1 ttl=3600 issued=0; claim r2 A=1 issued=1; claim r3 A=1 issued=900",
        "1; reserved A=1; stale_command; reserved A=1",
    );
    check(
        "receive A 5 issued=0; wait 604802; wait 1 | ids; receive A 5 issued=1; level A",
        "0; stale_command; 5/0/0/0",
    );
    check("receive A 5 issued=0; wait 604802; wait 1 | claim r1 A=1 issued=1", "reserved A=1");
}

/// The bound on ids forgets the oldest, tells it by the floor, and never the holds themselves.
#[test]
fn the_bound_on_ids_holds() {
    let mut rules = RULES;
    rules.windows.ids_max = 2;
    let four = "receive A 9; claim r1 A=1; wait 1; claim r2 A=1; wait 1; claim r3 A=1; wait 1; claim r4 A=1; wait 1; wait 1";
    check_with(
        rules,
        &format!("{four} | ids; level A; claim r1 A=1 issued=0; claim r5 A=1 issued=1; release r1; level A"),
        "3; 9/0/0/4; reserved A=1; stale_command; released A=1; 9/0/0/3",
    );
    let moved = "receive A 1 id=a; wait 1; receive A 1 id=b; wait 1; receive A 1 id=c; wait 1; wait 1";
    check_with(
        rules,
        &format!("{moved} | ids; receive A 1 id=c; receive A 1 id=a issued=0; level A"),
        "2; moved; stale_command; 3/0/0/0",
    );
}

/// An ended reservation stays readable for the hold window after its end.
#[test]
fn ended_reservations_stay_readable() {
    check(
        "receive A 5; claim r1 A=1 ttl=3600; wait 1800; release r1 | wait 890; wait 1; find r1; wait 20; wait 1; find r1; claim r1 A=1 ttl=3600 issued=0",
        "waited; waited; released A=1; waited; waited; unknown; stale_command",
    );
}

/// A batch that is lost takes its ids with it, so that its commands are decided again.
#[test]
fn lost_batches_leave_no_trace() {
    check(
        "receive A 5 | claim r1 A=2 too; receive A 1 id=x too; lose; level A; claim r1 A=2; receive A 1 id=x; level A",
        "reserved A=2; moved; lost; 5/0/0/0; reserved A=2; moved; 6/0/0/2",
    );
}
