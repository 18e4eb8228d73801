//! Which warehouses ship together.

use super::script::{check, run, told};
use crate::domain::routing::{Outcome, Way};

/// What covers most units wins, then the fewest parts, then the ranks.
#[test]
fn the_best_set_wins() {
    check("sorts=cost | A=2 B=2 | W A=2 cost=1; X B=2 cost=2; Y A=2 B=2 cost=3", "Y[A=2,B=2]");
    check("sorts=cost | A=1 B=1 | W A=1 cost=3; X A=1 cost=2; Y B=1 cost=4; Z B=1 cost=1", "X[A=1]; Z[B=1]");
    check("sorts=cost | A=5 | W A=1 cost=1; X A=1 cost=2; Y A=3 cost=3; Z A=4 cost=4", "W[A=1]; Z[A=4]");
    check("| A=1 B=1 C=1 | X A=1; Y B=1; Z C=1", "X[A=1]; Y[B=1]; Z[C=1]");
}

/// A line goes whole to one of the set where one has it whole, and lines of one SKU draw on the same stock.
#[test]
fn lines_stay_whole_where_they_can() {
    check("| A=2 B=3 | X A=2 B=1; Y B=3", "X[A=2]; Y[B=3]");
    check("| A=2 A=3 | X A=3; Y A=2", "X[A=3]; Y[A=2]");
    check("| A=2 A=2 | X A=3; Y A=1", "X[A=2,A=1]; Y[A=1]");
    check("| A=2 A=2 | X A=3", "X[A=2,A=1]; A=1 refuse");
    check("| A=8 | X A=1; Y A=5; Z A=5", "Y[A=5]; Z[A=3]");
}

/// Without splitting one warehouse ships, the one that covers most.
#[test]
fn no_split_is_one_warehouse() {
    check("split=none | A=2 B=3 | X A=2 B=1; Y B=3", "X[A=2,B=1]; B=2 refuse");
    check("split=none sorts=cost | A=2 | X A=1 cost=0; Y A=2 cost=9", "Y[A=2]");
}

/// By line, no line comes from two places.
#[test]
fn lines_may_stay_together() {
    check("split=by_line | A=5 B=1 | X A=3; Y A=2 B=1", "X[A=3]; Y[B=1]; A=2 refuse");
    check("split=by_line | A=2 B=3 | X A=2 B=1; Y B=3", "X[A=2]; Y[B=3]");
    check("split=by_quantity | A=5 | X A=3; Y A=2", "X[A=3]; Y[A=2]");
}

/// No more parts than allowed.
#[test]
fn parts_have_a_limit() {
    let demand = "A=1 B=1 C=1 D=1 | W A=1; X B=1; Y C=1; Z D=1";
    check(&format!("max=2 | {demand}"), "W[A=1]; X[B=1]; C=1 refuse; D=1 refuse");
    check(&format!("max=0 | {demand}"), "W[A=1]; B=1 refuse; C=1 refuse; D=1 refuse");
    check(&format!("max=4 | {demand}"), "W[A=1]; X[B=1]; Y[C=1]; Z[D=1]");
}

/// A part among several is worth something, as far as its value is known; one that ships everything may be worth less.
#[test]
fn small_parts_are_not_sent() {
    check("value=500 | A=1*400 B=2*900 | X A=1; Y B=2", "Y[B=2]; A=1 refuse");
    check("value=500 | A=1*400 | X A=1", "X[A=1]");
    check("value=500 | A=1 B=1*900 | X A=1; Y B=1", "X[A=1]; Y[B=1]");
    told("value=500 | A=1*400 B=2*900 | X A=1; Y B=2", {
        "partly: Y ships 2 of 3 units; 2 passed the filters, 3 combinations tried, \
         1 with a part worth too little; decided by fewest_splits"
    });
}

/// Units move to the part that is worth too little, where that keeps the others worth enough.
#[test]
fn small_parts_are_topped_up() {
    check("value=400 | A=10*100 | X A=9; Y A=5", "X[A=6]; Y[A=4]");
    check("value=400 | A=10*100 B=1*50 | X A=9 B=1; Y A=5", "X[A=6,B=1]; Y[A=4]");
    check("value=600 | A=10*100 | X A=9; Y A=5", "X[A=9]; A=1 refuse");
    check("split=by_line value=400 | A=1*100 B=1*100 C=1*500 D=1*300 | X A=1 B=1 C=1; Y B=1 D=1", {
        "X[A=1,C=1]; Y[B=1,D=1]"
    });
}

/// All lines go together, from several places if need be, or nothing goes.
#[test]
fn complete_means_all_or_nothing() {
    check("| A=1 B=1 complete | X A=1; Y B=1", "X[A=1]; Y[B=1]");
    check("| A=1 B=2 complete | X A=1; Y B=1", "A=1 refuse; B=2 refuse");
    check("split=none | A=1 B=1 complete | X A=1; Y B=1", "A=1 refuse; B=1 refuse");
}

/// Beyond the sets that are all tried, warehouses are added one by one; the explanation tells the way.
#[test]
fn larger_sets_grow() {
    let demand = "A=1 B=1 C=1 D=1 E=1 | V A=1; W B=1; X C=1; Y D=1; Z E=1";
    let (_, decision) = run(&format!("max=5 | {demand}"));
    let chosen = &decision.explanation.chosen;
    assert_eq!((chosen.outcome, chosen.way, chosen.covered), (Outcome::Split, Some(Way::Greedy), 5));
    let (_, decision) = run(&format!("max=5 exact=1 | {demand}"));
    assert_eq!(decision.explanation.chosen.outcome, Outcome::Split);
    check("max=5 exact=1 | A=1 B=1 | X A=1; Y B=1", "X[A=1]; Y[B=1]");
    let (_, decision) = run(&format!("max=3 | {demand}"));
    let chosen = &decision.explanation.chosen;
    assert_eq!((chosen.outcome, chosen.way, chosen.covered), (Outcome::Partly, Some(Way::Exact), 3));
}

/// Who alone has the goods is found behind a hundred that rank better, and that not all sets were tried is told.
#[test]
fn the_only_holder_is_found_among_many() {
    let many: Vec<String> = (0..100).map(|number| format!("W{number} A=1 cost=1")).collect();
    let places = format!("{}; Z B=1 cost=9; Y C=1 cost=8", many.join("; "));
    check(&format!("sorts=cost | A=1 B=1 C=1 | {places}"), "W0[A=1]; Y[C=1]; Z[B=1]");
    let (_, decision) = run(&format!("sorts=cost | A=1 B=1 C=1 | {places}"));
    assert!(decision.explanation.chosen.bounded);
    assert_eq!(decision.explanation.considered.len(), 102);
}

/// Lines that want nothing are no demand, and a demand without lines needs nobody.
#[test]
fn nothing_wanted_is_nothing_shipped() {
    check("| A=0 B=1 | X A=1 B=1", "X[B=1]");
    check("| A=-3 | X A=1", "");
}

/// A wholesale order over many warehouses, where no set is worth enough, ends after a bounded search and says that not all
/// was tried.
#[test]
fn wholesale_orders_are_bounded() {
    let lines: Vec<String> = (0..200).map(|line| format!("A{line}=4*100")).collect();
    let stock = |own: usize| {
        (0..200).map(move |line| format!("A{line}={}", usize::from((own + line).is_multiple_of(3))))
    };
    let places: Vec<String> =
        (0..60).map(|own| format!("W{own} {}", stock(own).collect::<Vec<_>>().join(" "))).collect();
    for split in ["by_line", "by_quantity"] {
        let script = format!("split={split} value=9000 | {} | {}", lines.join(" "), places.join("; "));
        let (_, decision) = run(&script);
        let chosen = &decision.explanation.chosen;
        assert!(chosen.bounded && chosen.too_small > 0 && chosen.tried < 1_000, "{chosen}");
        assert_eq!((chosen.outcome, decision.parts.len()), (Outcome::Partly, 1), "{chosen}");
    }
}
