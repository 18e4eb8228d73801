//! Who comes first, and by what.

use super::script::{check, ranks, told};
use crate::domain::routing::Sort;

/// The preferred order comes first, and who is not in it last.
#[test]
fn preferred_places_come_first() {
    ranks("sorts=preferred | A=1 prefer=Z,X | W A=1; X A=1; Y A=1; Z A=1", {
        "Z; X preferred; W preferred; Y id"
    });
}

/// Who has everything comes before who has more of something.
#[test]
fn complete_places_come_first() {
    ranks("sorts=complete | A=2 B=1 | X A=9; Y A=2 B=1; Z A=9 B=9", "Y; Z id; X complete");
}

/// Who covers more SKUs whole comes first, then who has more units of what is wanted.
#[test]
fn places_that_save_parcels_come_first() {
    ranks("sorts=fewest_splits | A=9 B=1 C=1 | W A=1; X A=8; Y B=1 C=1; Z A=8 B=1", {
        "Y; Z fewest_splits; X fewest_splits; W fewest_splits"
    });
}

/// The nearest comes first, who has no coordinates last; without the customer's, nothing is near.
#[test]
fn near_places_come_first() {
    let places = "W A=1; X A=1 at=48.2/16.4; Y A=1 at=52.4/13.1; Z A=1 at=53.6/10.0";
    ranks(&format!("sorts=distance | A=1 at=52.5/13.4 | {places}"), {
        "Y; Z distance; X distance; W distance"
    });
    ranks(&format!("sorts=distance | A=1 | {places}"), "W; X id; Y id; Z id");
}

/// The same beginning of the postal code comes before the country, and the same beginning abroad counts nothing.
#[test]
fn the_same_zone_comes_first() {
    let places = "W A=1 in=AT/10; X A=1 in=DE/80; Y A=1 in=DE/10; Z A=1";
    ranks(&format!("sorts=country_zone | A=1 to=DE/10 | {places}"), {
        "Y; X country_zone; W country_zone; Z id"
    });
    ranks(&format!("sorts=country_zone | A=1 to=DE | {places}"), "X; Y id; W country_zone; Z id");
}

/// Old goods leave first, and only goods that could be given count.
#[test]
fn old_goods_come_first() {
    ranks("sorts=age filters= | A=1 B=1 | W A=1; X A=1~10; Y A=1~10 B=0~90; Z A=1~5 B=1~30", {
        "Z; X age; Y id; W age"
    });
}

/// Who has most of it comes first.
#[test]
fn full_shelves_come_first() {
    ranks("sorts=overstock | A=1 | X A=5; Y A=9-6; Z A=7", "Z; X overstock; Y overstock");
}

/// Who has least to do, who is cheapest, who is first in the merchant's order comes first.
#[test]
fn small_figures_come_first() {
    let places =
        "X A=1 load=3 cost=1 priority=2; Y A=1 load=1 cost=2 priority=3; Z A=1 load=2 cost=3 priority=1";
    ranks(&format!("sorts=load | A=1 | {places}"), "Y; Z load; X load");
    ranks(&format!("sorts=cost | A=1 | {places}"), "X; Y cost; Z cost");
    ranks(&format!("sorts=priority | A=1 | {places}"), "Z; X priority; Y priority");
}

/// The first sort that tells two apart decides, and ids end every tie.
#[test]
fn sorts_decide_one_after_the_other() {
    ranks("sorts=cost,load | A=1 | X A=1 cost=1 load=2; Y A=1 cost=1 load=1; Z A=1 cost=0 load=9", {
        "Z; Y cost; X load"
    });
    ranks("sorts= | A=1 | Z A=1; X A=1; Y A=1", "X; Y id; Z id");
}

/// What decided is told.
#[test]
fn the_deciding_sort_is_told() {
    told("sorts=cost | A=1 | X A=1 cost=2; Y A=1 cost=1", {
        "whole: Y ships 1 of 1 units; 2 passed the filters, 1 combinations tried; decided by cost"
    });
    told("sorts=cost | A=1 | X A=1; Y A=1", {
        "whole: X ships 1 of 1 units; 2 passed the filters, 1 combinations tried; \
         decided by the warehouse's id"
    });
    told("sorts=cost | A=2 | X A=1; Y A=2 cost=1", {
        "whole: Y ships 2 of 2 units; 2 passed the filters, 2 combinations tried; covers the most units"
    });
    told(
        "| A=2 | X A=3",
        "whole: X ships 2 of 2 units; 1 passed the filters, 1 combinations tried; no other choice",
    );
    told("| A=2 | X A=0", "nothing: nobody ships any of 2 units; 0 passed the filters, 0 combinations tried");
}

/// The defaults send few parcels first, then follow the channel's order, then what is near.
#[test]
fn defaults_suit_a_merchant() {
    check("| A=1 B=1 prefer=X,Y,Z | X A=1; Y A=1 B=1; Z B=1", "Y[A=1,B=1]");
    check("| A=1 B=1 prefer=Z,X,Y to=DE | X A=1 B=1 in=DE; Y A=1 B=1 in=AT; Z A=1 B=1 in=CH", "Z[A=1,B=1]");
    check("| A=1 to=AT | X A=1 in=DE; Y A=1 in=AT", "Y[A=1]");
}

/// Names, numbers and kinds stand for each other.
#[test]
fn sorts_have_names() {
    for sort in Sort::ALL {
        assert_eq!(Sort::named(sort.name()), Some(*sort));
    }
    assert_eq!(Sort::named("mood"), None);
}
