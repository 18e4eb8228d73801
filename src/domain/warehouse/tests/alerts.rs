//! Alerts: each crossing of a line is one fact, told by the command that crossed it.

use super::script::check;

/// Whatever takes the last unit that may be sold sells it out, whatever gives one back brings it back; what comes and
/// goes on one side of the line is not told.
#[test]
fn sold_out_and_back_in_stock() {
    check(
        "receive A 5; alerts | claim r1 A=4; alerts; claim r2 A=1; alerts; claim r3 A=1; alerts; release r1; alerts; release r2; alerts",
        "reserved A=4; none; reserved A=1; sold_out A 0/0; insufficient_stock A 1/0; none; released A=4; back_in_stock A 4/0; released A=1; none",
    );
    check("receive A 1; claim r1 A=1 ttl=60; alerts | wait 60; alerts", "waited; back_in_stock A 1/0");
    check("receive A 1; claim r1 A=1; alerts | ship r1; alerts; level A", "shipped A=1; none; 0/0/0/0");
    check(
        "receive A 1; alerts | sell A 1; alerts; sell A 1; alerts",
        "moved; sold_out A 0/0; moved; negative_stock A -1/0",
    );
    check(
        "receive A 2; alerts | hold A 2 damaged; alerts; restock A 1 damaged; alerts",
        "moved; sold_out A 0/0; moved; back_in_stock A 1/0",
    );
    check(
        "receive A 2; wait 60; alerts | count A 0 at=60; alerts; wait 60; count A 3 at=120; alerts",
        "moved; sold_out A 0/0; waited; moved; back_in_stock A 3/0",
    );
}

/// The first goods of a SKU are not back; where it was known to have none, they are.
#[test]
fn first_goods_are_not_back() {
    check("receive A 5 | alerts; level A", "none; 5/0/0/0");
    check("wait 60; count A 0 at=60; wait 60; alerts | receive A 5; alerts", "moved; back_in_stock A 5/0");
}

/// A refused command tells nothing, also in the middle of a batch; what one batch does twice is told twice.
#[test]
fn alerts_of_one_batch() {
    check(
        "receive A 2; limits A low=1; alerts | claim r1 A=1 too; claim r2 A=3 too; claim r3 A=1 too; release r3 too; claim r4 A=1; alerts",
        "reserved A=1; insufficient_stock A 3/1; reserved A=1; released A=1; reserved A=1; \
         low_stock A 1/1, sold_out A 0/0, back_in_stock A 1/0, sold_out A 0/0",
    );
    check("receive A 1; receive B 1; alerts | claim r1 A=1 B=2; alerts", "insufficient_stock B 2/1; none");
    check(
        "receive A 1; receive B 1; alerts | claim r1 A=1 B=1; alerts",
        "reserved A=1,B=1; sold_out A 0/0, sold_out B 0/0",
    );
}

/// A batch the store has lost has told nothing, and what happens instead is told.
#[test]
fn lost_alerts_are_told_again() {
    check(
        "receive A 1; alerts | claim r1 A=1 too; lose; alerts; claim r1 A=1; alerts",
        "reserved A=1; lost; none; reserved A=1; sold_out A 0/0",
    );
}

/// Low is told on the way down, and again only after there was more; on the way up it is not.
#[test]
fn low_stock() {
    check(
        "receive A 10; limits A low=3; alerts | sell A 7; alerts; sell A 1; alerts; receive A 1; alerts; receive A 1; sell A 1; alerts; sell A 3; alerts; receive A 2; alerts",
        "moved; low_stock A 3/3; moved; none; moved; none; moved; moved; low_stock A 3/3; moved; sold_out A 0/0; moved; back_in_stock A 2/0",
    );
    check(
        "receive A 10; limits A low=3; alerts | sell A 10; alerts",
        "moved; low_stock A 0/3, sold_out A 0/0",
    );
    check(
        "receive A 3; alerts | limits A low=3; alerts; limits A low=3; alerts; limits A low=-; limits A low=5; alerts",
        "done; low_stock A 3/3; done; none; done; done; low_stock A 3/5",
    );
    check("receive A 3; limits A low=0; alerts | sell A 3; alerts", "moved; sold_out A 0/0");
}

/// Too many on hand, whatever of it may be sold.
#[test]
fn overstock() {
    check(
        "limits A over=5; receive A 5; alerts | receive A 1 into=damaged; alerts; receive A 1; alerts; sell A 2; receive A 1; alerts",
        "moved; overstock A 6/5; moved; none; moved; moved; overstock A 6/5",
    );
    check("receive A 9; alerts | limits A over=5; alerts", "done; overstock A 9/5");
}

/// Promises without goods are a shortage until there are goods or fewer promises; a wrong record alone is none.
#[test]
fn shortages_begin_and_end() {
    check(
        "receive A 3; claim r1 A=2; claim r2 A=1; alerts | sell A 1; alerts; sell A 1; alerts; release r2; alerts; receive A 1; alerts",
        "moved; shortage A 1/0; moved; none; released A=1; none; moved; shortage_ended A 0/0",
    );
    check(
        "receive A 1; claim r1 A=1; adjust A -1; alerts | release r1; alerts",
        "released A=1; shortage_ended A 0/0",
    );
    check(
        "receive A 1; sell A 2; alerts | level A; adjust A 1; alerts; adjust A -2; alerts",
        "-1/0/0/0; moved; none; moved; negative_stock A -2/0",
    );
}

/// Safety stock is not for sale: setting it may sell out, and so may time alone, once, whether a command or time is first.
#[test]
fn safety_stock_counts() {
    check(
        "receive A 5; alerts | safety A 5; alerts; receive A 1; alerts; safety A -; alerts; sell A 6; alerts",
        "done; sold_out A 0/0; moved; back_in_stock A 1/0; done; none; moved; sold_out A 0/0",
    );
    check(
        "receive A 5; safety A 5 from=60 until=120; alerts | wait 60; alerts; wait 30; alerts; receive A 1; alerts; wait 30; alerts; sell A 6; alerts",
        "waited; sold_out A 0/0; waited; none; moved; back_in_stock A 1/0; waited; none; moved; sold_out A 0/0",
    );
    check(
        "receive A 5; safety A 5 from=60 until=120; alerts | due; wait 60; due; wait 60; alerts",
        "60; waited; 120; waited; sold_out A 0/0, back_in_stock A 5/0",
    );
    check(
        "receive A 5; safety A 5 from=60 until=120; alerts | wait 600; alerts; wait 60; alerts; sell A 5; alerts",
        "waited; none; waited; none; moved; sold_out A 0/0",
    );
}

/// Goods that are promised to those who wait in the entry in which they came were never back.
#[test]
fn goods_for_those_who_wait_are_not_back() {
    check(
        "receive A 1; sell A 1; await w1 A 3 order=o1; alerts | receive A 2; alerts; receive A 2; alerts",
        "moved; none; moved; back_in_stock A 1/0",
    );
    check(
        "receive A 2; claim r1 A=2 ttl=60; await w1 A 2 order=o1; alerts | wait 60; alerts; level A",
        "waited; none; 2/0/2/0",
    );
}

/// What is kept for one channel is still for sale.
#[test]
fn fences_sell_nothing_out() {
    check(
        "receive A 3; alerts | fence A shop 3; alerts; free A till; claim r1 A=3; alerts",
        "done; none; 0; reserved A=3; sold_out A 0/0",
    );
}
