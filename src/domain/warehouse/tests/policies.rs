//! What is set aside: safety stock and ring-fences.

use super::script::check;

/// Safety stock is kept from those who ask, not from those who tell, and never makes a deficit.
#[test]
fn safety_stock_is_for_those_who_tell() {
    check(
        "receive A 5; safety A 2 | claim r1 A=4; claim r2 A=3; claim r3 A=1; claim r4 A=2 told; level A",
        "insufficient_stock A 4/3; reserved A=3; insufficient_stock A 1/0; reserved A=2; 5/0/0/5",
    );
    check(
        "receive A 1; safety A 5 | free A shop; free A shop told; safety A -; free A shop",
        "0; 1; done; 1",
    );
    check("receive A 3; safety A -5 | free A shop; claim r1 A=4", "3; insufficient_stock A 4/3");
}

/// A fence keeps units for its channel, which draws on it first and then on the rest.
#[test]
fn fences_keep_units_for_their_channel() {
    check(
        "receive A 10; fence A shop 4 | free A shop; free A till; claim r1 A=3; left A shop; free A till; claim r2 A=7 channel=till; claim r3 A=6 channel=till",
        "10; 6; reserved A=3; 1; 6; insufficient_stock A 7/6; reserved A=6",
    );
    check("receive A 10; fence A shop 4 | claim r1 A=6; left A shop; free A till", "reserved A=6; 0; 4");
    check(
        "receive A 3; fence A shop 4 | free A till; free A shop; claim r1 A=3; left A shop; receive A 2; free A till",
        "0; 3; reserved A=3; 1; moved; 1",
    );
}

/// Fences are filled in the order they were first set.
#[test]
fn fences_are_filled_in_order() {
    check("receive A 5; fence A shop 4; fence A till 4 | free A shop; free A till; free A app", "4; 1; 0");
    check("receive A 5; fence A shop 4; fence A till 4; fence A shop 3 | free A shop; free A till", "3; 2");
    check(
        "receive A 5; safety A 2; fence A shop 2; fence A till 2 | free A shop; free A till; free A app; free A app told",
        "2; 1; 0; 2",
    );
}

/// Release, expiry and deallocation give back what was drawn; shipping does not.
#[test]
fn fences_get_back_what_is_released() {
    let held = "receive A 10; fence A shop 4; claim r1 A=3 ttl=60";
    check(&format!("{held} | release r1; left A shop"), "released A=3; 4");
    check(&format!("{held} | wait 60; left A shop"), "waited; 4");
    check(&format!("{held}; allocate r1 | left A shop; release r1; left A shop"), "1; released A=3; 4");
    check(&format!("{held} | ship r1; left A shop; free A till"), "shipped A=3; 1; 6");
    check(&format!("{held} | ship r1 A=2; release r1; left A shop"), "allocated A=1; released A=3; 2");
    check(
        "receive A 10; fence A shop 2; claim r1 A=5; ship r1 A=4 | release r1; left A shop",
        "released A=5; 1",
    );
}

/// An amendment draws for its increase and gives back for its decrease, the general stock first.
#[test]
fn amendments_redraw() {
    let cart = "receive A 10; fence A shop 4; claim r1 A=3 cart=c";
    check(
        &format!(
            "{cart} | claim r2 A=6 cart=c; left A shop; claim r3 A=5 cart=c; left A shop; claim r4 A=2 cart=c; left A shop"
        ),
        "reserved A=6; 0; reserved A=5; 0; reserved A=2; 2",
    );
    check(
        &format!(
            "{cart} | claim r2 A=4 cart=c multi; left A shop; drop r2; left A shop; release r1; left A shop"
        ),
        "pending A=4; 0; done; 1; released A=3; 4",
    );
}

/// The figure last set, set again, changes nothing; another one starts anew and forgets what was drawn.
#[test]
fn setting_a_fence_anew_forgets_its_draws() {
    let held = "receive A 10; fence A shop 4; claim r1 A=3";
    check(
        &format!("{held} | fence A shop 4; left A shop; release r1; left A shop"),
        "done; 1; released A=3; 4",
    );
    check(
        &format!("{held} | fence A shop 5; left A shop; release r1; left A shop"),
        "done; 5; released A=3; 5",
    );
    check(
        &format!("{held} | fence A shop -; left A shop; release r1; fence A shop 4; left A shop"),
        "done; none; released A=3; done; 4",
    );
    check(
        &format!("{held} | fence A shop -; fence A shop 2; release r1; left A shop"),
        "done; done; released A=3; 2",
    );
}

/// Within one batch, too, a fence set anew gets nothing back that was drawn before.
#[test]
fn setting_a_fence_twice_in_one_batch() {
    check(
        "receive A 10; fence A shop 4 too; claim r1 A=3 too; fence A shop 3 too; claim r2 A=2 too; release r1 | left A shop",
        "1",
    );
    check(
        "receive A 10; fence A shop 4 too; claim r1 A=3 too; fence A shop 2 too; release r1 | left A shop",
        "2",
    );
    check(
        "receive A 10; fence A shop 4 too; claim r1 A=3 too; fence A shop - too; fence A shop 2 too; release r1 | left A shop",
        "2",
    );
    check(
        "receive A 10; fence A shop 4 too; fence A shop 3 too; claim r1 A=2; release r1 | left A shop",
        "3",
    );
}

/// What was drawn from a fence that is gone is forgotten when the hold shrinks.
#[test]
fn fences_may_go_while_units_are_drawn() {
    check(
        "receive A 10; fence A shop 4; claim r1 A=3 cart=c; fence A shop - | claim r2 A=1 cart=c; release r2; level A",
        "reserved A=1; released A=1; 10/0/0/0",
    );
    check(
        "receive A 10; fence A shop 4; fence A till 1; claim r1 A=3; fence A shop -; allocate r1 | ship r1 A=2; release r1; left A till",
        "allocated A=1; released A=3; 1",
    );
}

/// A sale that happened draws its channel's fence for good, also when a count knew of it.
#[test]
fn sales_draw_their_fence() {
    check("receive A 10; fence A till 4 | sell A 3 channel=till; left A till; free A shop", "moved; 1; 6");
    check(
        "receive A 10; fence A till 4; claim r1 A=3 channel=till | sell A 3 of=r1 channel=till; left A till",
        "moved; 1",
    );
    check(
        "receive A 10; fence A till 4; wait 600; count A 7 at=500 | sell A 3 at=300 channel=till; left A till; level A",
        "covered; 1; 7/0/0/0",
    );
}

/// Outside of their window figures are not there, and what was drawn before still comes back.
#[test]
fn policies_keep_their_hours() {
    check(
        "receive A 10; safety A 4 from=60 until=120 | free A shop; wait 60; free A shop; wait 60; free A shop",
        "10; waited; 6; waited; 10",
    );
    check(
        "receive A 10; fence A shop 4 from=60 until=120 | free A till; claim r1 A=1; left A shop; wait 60; free A till; claim r2 A=1; left A shop; wait 60; free A till; release r2; left A shop",
        "10; reserved A=1; 4; waited; 5; reserved A=1; 3; waited; 8; released A=1; 4",
    );
    check(
        "receive A 10; safety A 4 until=60; safety A 4 until=120 | free A shop; wait 60; free A shop; wait 60; free A shop",
        "6; waited; 6; waited; 10",
    );
}

/// A policy may be set before the goods are known, and then nothing of it is lost.
#[test]
fn policies_may_come_before_goods() {
    check("fence A shop 2; safety A 1; receive A 5 | free A till; free A shop", "2; 4");
}
