//! What becomes of what nobody ships.

use super::script::check;

/// The policy decides.
#[test]
fn policies_are_followed() {
    check("leftover=park | A=3 | X A=1", "X[A=1]; A=2 park");
    check("leftover=refuse | A=3 | X A=1", "X[A=1]; A=2 refuse");
    check("leftover=ask | A=3 | X A=1", "X[A=1]; A=2 ask");
    check("leftover=backorder | A=3 | X A=1", "X[A=1]; A=2 backorder X");
}

/// Units wait where enough of them come soonest, what is promised there before counted in; else with the best ranked.
#[test]
fn backorders_wait_where_goods_come_soonest() {
    check("leftover=backorder | A=3 | X A=1; Y A=0+9@7; Z A=0+2@5", "X[A=1]; A=2 backorder Z day 5");
    check("leftover=backorder | A=3 | X A=0+1@2+1@9; Y A=0+3@7; Z A=0+2@1", "A=3 backorder Y day 7");
    check("leftover=backorder | A=3 | X A=0+2@4+1@2", "A=3 backorder X day 4");
    check(
        "leftover=backorder | A=2 A=2 | X A=0+2@3; Y A=0+2@8",
        "A=2 backorder X day 3; A=2 backorder Y day 8",
    );
    check("leftover=backorder | A=2 A=2 | X A=0+2@3+2@5; Y A=0+2@8", {
        "A=2 backorder X day 3; A=2 backorder X day 5"
    });
    check("leftover=backorder sorts=cost | A=2 | X A=0 cost=2; Y A=0 cost=1; Z C=1", "A=2 backorder Y");
    check("leftover=backorder | A=2 | X A=0+2@-3", "A=2 backorder X day 0");
}

/// Nothing waits where nothing would be asked for on any day.
#[test]
fn backorders_wait_where_orders_are_taken() {
    check("leftover=backorder | A=1 | X A=0+9@1 closed; Y A=0+9@2", "A=1 backorder Y day 2");
    check("leftover=backorder | A=1 to=AT | X A=0+9@1 countries=DE", "A=1 refuse");
    check("leftover=backorder | A=1 block=X:rejected | X A=0+9@1; Y A=0+9@2", "A=1 backorder Y day 2");
    check("leftover=backorder | A=1 | X B=1", "A=1 refuse");
}

/// Who lacked the goods may wait for new ones where nobody else carries them.
#[test]
fn who_lacked_goods_waits_last() {
    check("leftover=backorder | A=1 block=X:A:short_picked | X A=1+9@1; Y A=0+9@2", "A=1 backorder Y day 2");
    check("leftover=backorder | A=1 block=X:A:short_picked | X A=1+9@1; Y B=1", "A=1 backorder X day 1");
    check("leftover=backorder | A=1 block=X:refused_claim | X A=1+9@1", "A=1 backorder X day 1");
    check("leftover=backorder | A=1 block=X:refused_claim,X:rejected | X A=1+9@1", "A=1 refuse");
}

/// A sale that is a fact waits for goods whatever the policy, and is parked where nobody carries them.
#[test]
fn told_sales_are_never_refused() {
    for policy in ["backorder", "park", "refuse", "ask"] {
        check(&format!("leftover={policy} | A=3 told | X A=1+9@4"), "X[A=1]; A=2 backorder X day 4");
        check(&format!("leftover={policy} | A=3 told | X B=1"), "A=3 park");
    }
}

/// What was accepted before is not refused afterwards: an operator is asked.
#[test]
fn accepted_orders_are_asked_about() {
    check("leftover=refuse | A=3 reroute | X A=1", "X[A=1]; A=2 ask");
    check("leftover=backorder | A=3 reroute | X B=1", "A=3 ask");
}

/// Where the goods are there and only the day's work is done, the order waits for another day and for no goods.
#[test]
fn a_full_day_is_waited_for() {
    for policy in ["backorder", "park", "refuse", "ask"] {
        check(&format!("leftover={policy} | A=2 | X A=2 cap=0"), "A=2 park");
    }
    check("leftover=refuse | A=2 | X A=1 cap=0", "A=2 refuse");
    check("leftover=backorder | A=2 | X A=1+9@3 cap=0", "A=2 backorder X day 3");
    check("| A=2 told | X A=2 cap=0", "A=2 park");
}

/// Before its release an order takes its place in the queue where orders may wait, and is refused only for want of goods.
#[test]
fn early_orders_wait_for_their_day() {
    check("leftover=backorder | A=2 release=5 | X A=2", "A=2 backorder X day 5 noon");
    check("leftover=backorder | A=2 release=5 | X A=0+9@3", "A=2 backorder X day 5 noon");
    check("leftover=backorder | A=2 release=5 | X A=0+9@8", "A=2 backorder X day 8");
    check("leftover=refuse | A=2 release=5 | X A=2", "A=2 park");
    check("leftover=refuse | A=2 release=5 | X A=1", "A=2 refuse");
    check("leftover=refuse | A=2 release=5 | X A=2 day=5", "X[A=2]");
}

/// What ships together is promised together.
#[test]
fn complete_orders_have_one_promise() {
    check("leftover=backorder | A=1 B=1 complete | X A=1 B=0+5@6", {
        "A=1 backorder X day 6; B=1 backorder X day 6"
    });
    check("leftover=backorder | A=1 B=1 complete | X A=1 B=0", "A=1 backorder X; B=1 backorder X");
}

/// Where no more parcels are allowed, the rest waits with a part that is sent anyway.
#[test]
fn the_rest_joins_a_part() {
    check(
        "leftover=backorder split=none | A=2 B=1 | X A=2 B=0+1@9; Y B=0+1@1",
        "X[A=2]; B=1 backorder X day 9",
    );
    check("leftover=backorder split=none | A=2 B=1 | X A=2; Y B=0+1@1", "X[A=2]; B=1 backorder Y day 1");
    check("leftover=backorder | A=2 B=1 | X A=2 B=0+1@9; Y B=0+1@1", "X[A=2]; B=1 backorder Y day 1");
}

/// An order that may not be divided waits at one place, where the last of its lines comes soonest.
#[test]
fn undivided_orders_wait_together() {
    check("leftover=backorder split=none | A=1 B=1 | X A=0+1@1 B=0+1@9; Y A=0+1@3 B=0+1@3", {
        "A=1 backorder Y day 3; B=1 backorder Y day 3"
    });
    check(
        "leftover=backorder split=none | A=1 B=1 | X A=0+1@1; Y A=0 B=0",
        "A=1 backorder Y; B=1 backorder Y",
    );
    check("leftover=backorder split=none | A=1 B=1 | X A=0+1@1; Y B=0+1@2", {
        "A=1 backorder X day 1; B=1 backorder Y day 2"
    });
}
