//! Who is not asked, and how that is told.

use super::script::{check, ranks, run};
use crate::domain::routing::Filter;

/// A place that is switched off or takes no orders is not asked.
#[test]
fn closed_places_are_not_asked() {
    ranks(
        "| A=1 | X A=5 off; Y A=5 closed; Z A=5",
        "Z; -X enabled_and_open: switched off; -Y enabled_and_open: takes no new orders",
    );
}

/// A place ships for its channels alone.
#[test]
fn channels_are_served_or_not() {
    ranks("| A=1 channel=ebay | X A=5 channels=shop,till; Y A=5 channels=ebay; Z A=5", {
        "Y; Z id; -X serves_channel: not for ebay"
    });
}

/// A place ships to its countries alone; where nothing is known of the country, and for a pickup, none is asked for.
#[test]
fn countries_are_served_or_not() {
    ranks("| A=1 to=AT | X A=5 countries=DE; Y A=5 countries=DE,AT", "Y; -X serves_country: not to AT");
    ranks("| A=1 | X A=5 countries=DE", "X");
    ranks("| A=1 to=AT pickup=X | X A=5 countries=DE", "X");
}

/// Parcels come from where parcels are sent, and goods are fetched where people may come in.
#[test]
fn methods_are_served_or_not() {
    ranks("| A=1 | X A=5 noship", "-X serves_method: sends no parcels");
    ranks("| A=1 pickup=X | X A=5 nopickup", "-X serves_method: nobody can fetch goods there");
    ranks("| A=1 pickup=X | X A=5 noship", "X");
}

/// Who carries nothing of it is told apart from who has nothing left.
#[test]
fn stock_that_is_not_there_is_told_with_its_figures() {
    ranks("| A=1 B=1 | X C=5; Y A=0 B=0", {
        "-X carries_sku: carries none of 2 SKUs; \
         -Y stock_above_safety: A free 0, safety 0, on hand 0; B free 0, safety 0, on hand 0"
    });
    ranks("| A=1 | X A=2-2; Y A=3-2", "Y; -X stock_above_safety: A free 2, safety 2, on hand 2");
    ranks("| A=1 B=1 C=1 D=1 E=1 | X A=0 B=0 C=0 D=0 E=0", {
        "-X stock_above_safety: A free 0, safety 0, on hand 0; B free 0, safety 0, on hand 0; \
         C free 0, safety 0, on hand 0; and 2 more"
    });
    check("| A=2 | X A=3-2; Y A=3-2", "X[A=1]; Y[A=1]");
    check("filters= | A=2 | X A=3-2", "X[A=1]; A=1 refuse");
}

/// A place that has done its day's work is not asked.
#[test]
fn capacity_of_the_day_ends() {
    ranks("| A=1 | X A=5 cap=0; Y A=5 cap=1", "Y; -X capacity: takes no more today");
}

/// Who is too far away is not asked, where both ends are known; how far it is stays untold.
#[test]
fn distance_has_a_limit() {
    let places = "X A=5 at=48.2/16.4; Y A=5 at=52.4/13.1; Z A=5";
    ranks(
        &format!("km=300 | A=1 at=52.5/13.4 | {places}"),
        "Y; Z distance; -X distance: farther than 300 km",
    );
    ranks(&format!("km=300 | A=1 | {places}"), "X; Y id; Z id");
    ranks("km=300 | A=1 at=52.5/13.4 pickup=X | X A=5 at=48.2/16.4", "X");
}

/// A release waits for the place's own day.
#[test]
fn a_release_waits_for_its_day() {
    ranks("| A=1 release=3 | X A=5 day=2; Y A=5 day=3", "Y; -X release_on: 1 days before its release");
}

/// Who refused is not asked again: for anything, or for the goods it did not find.
#[test]
fn refusers_are_not_asked_again() {
    ranks("| A=1 block=X:rejected | X A=5; Y A=5", "Y; -X not_blocked: rejected");
    ranks("| A=1 block=X:A:short_picked | X A=5; Y A=5", "Y; -X not_blocked: A short_picked");
    check("| A=1 B=1 block=X:A:short_picked | X A=5 B=5; Y A=5", "X[B=1]; Y[A=1]");
    ranks("| A=1 B=1 block=X:A:short_picked | X A=5 B=0", {
        "-X stock_above_safety: A short_picked; B free 0, safety 0, on hand 0"
    });
    ranks("filters= | A=1 block=X:timed_out | X A=5", "-X not_blocked: timed_out");
    check("filters=stock_above_safety | A=1 block=X:timed_out | X A=5", "A=1 refuse");
}

/// What another system rules is asked only where the rules say so.
#[test]
fn alien_stock_is_asked_where_the_rules_say_so() {
    let places = "X A=5 external kind=marketplace; Y A=5 external kind=third_party";
    let alien = "stock_authority: another system rules the stock of this";
    ranks(&format!("| A=1 | {places}"), &format!("Y; -X {alien} marketplace"));
    ranks(&format!("external=marketplace | A=1 | {places}"), &format!("X; -Y {alien} third_party"));
    ranks(&format!("filters=capacity | A=1 | {places}"), "X; Y id");
}

/// An operator's word holds whatever the filters are.
#[test]
fn an_operator_names_one_or_excludes_one() {
    ranks("filters= | A=1 only=Y | X A=5; Y A=5", "Y; -X operator: an operator wants Y");
    ranks("| A=1 block=X:operator | X A=5; Y A=5", "Y; -X operator: operator");
    ranks("| A=1 block=X:A:operator | X A=5; Y A=5", "Y; -X operator: A operator");
}

/// A pickup never moves.
#[test]
fn a_pickup_never_moves() {
    ranks("filters= | A=1 pickup=X | X A=5; Y A=9", "X; -Y pickup: pickup at X");
    check("| A=1 pickup=X | X A=0; Y A=9", "A=1 refuse");
    check("leftover=backorder | A=1 pickup=X | X A=0; Y A=9", "A=1 backorder X");
    check("| A=1 pickup=X told | X; Y A=9", "A=1 park");
}

/// The first filter of the rules that finds something is the one told, whatever else is wrong.
#[test]
fn filters_are_looked_at_in_their_order() {
    let place = "| A=1 | X A=0 closed cap=0";
    ranks(&format!("filters=capacity,enabled_and_open {place}"), "-X capacity: takes no more today");
    ranks(&format!("filters=enabled_and_open,capacity {place}"), "-X enabled_and_open: takes no new orders");
}

/// Names, numbers and kinds stand for each other.
#[test]
fn filters_have_names() {
    for filter in Filter::ALL {
        assert_eq!(Filter::named(filter.name()), Some(*filter));
    }
    assert_eq!(Filter::named("weather"), None);
    assert_eq!(run("| A=1 | X A=1").0.lines.len(), 1);
}
