//! The steps a random run is made of: few goods, few order numbers, small figures, so that they meet.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::world::Fate;

/// An order as a channel sends it.
#[derive(Debug, Clone)]
pub(super) struct Placing {
    pub(super) shop: u8,
    pub(super) number: u8,
    pub(super) revision: Option<i64>,
    pub(super) lines: Vec<(u8, i64)>,
    pub(super) pickup: Option<u8>,
    pub(super) fulfilled: Option<u8>,
    pub(super) whole: bool,
    pub(super) routed: bool,
    pub(super) unknown: bool,
    pub(super) pays: u8,
    pub(super) reservation: Option<Index>,
    pub(super) promise: Option<i64>,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Place(Placing),
    /// A command sent before, again.
    Again(Index),
    Amend(Index, Vec<(u8, u8, i64)>),
    Cancel(Index, Option<(u8, i64)>),
    Hold(Index, Option<i64>),
    Resume(Index),
    Address(Index),
    Pay(Index, u8),
    Reroute(Index, Option<u8>, Option<u8>),
    Fulfil(Index, Index, u8, i64),
    /// Every step that is not legal is tried.
    Illegal(Index),
    Announce(Index, u8, i64),
    Receive(Index, Option<u8>, Option<i64>),
    Inspect(Index, [i64; 4]),
    DropReturn(Index),
    Refund(Index),
    Loose(u8, u8, i64),
    Transfer(u8, u8, u8, i64, Option<Index>),
    Move(Index, u8, Option<i64>),
    Expect(u8, u8, i64),
    Arrive(Index, Option<i64>),
    Reserve(u8, Vec<(u8, u8, i64)>),
    Stock(u8, u8, u8, i64),
    Site(u8, bool),
    Time(i64),
    Drive(Index, u8, Vec<Fate>),
    Book(Vec<Fate>),
    Retry(Index),
    Erase(Index, bool),
    Settle,
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        12 => Just(Fate::Fine),
        2 => Just(Fate::Twice),
        1 => Just(Fate::Unsent),
        1 => Just(Fate::Lost),
        1 => Just(Fate::Unheard),
    ]
}

fn units() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 1..=3_i64, 1 => 4..=9_i64]
}

fn placing() -> impl Strategy<Value = Placing> {
    let rare = |odds: u32| prop::bool::weighted(1.0 / f64::from(odds));
    let what = (0..4_u8, 0..60_u8, option::weighted(0.8, 1..4_i64), vec((0..4_u8, units()), 1..4));
    let how =
        (option::weighted(0.1, 0..3_u8), option::weighted(0.1, 0..3_u8), rare(6), any::<bool>(), rare(12));
    let more = (0..4_u8, option::weighted(0.3, any::<Index>()), option::weighted(0.2, 0..200_i64));
    (what, how, more).prop_map(
        |(
            (shop, number, revision, lines),
            (pickup, fulfilled, whole, routed, unknown),
            (pays, reservation, promise),
        )| {
            Placing {
                shop,
                number,
                revision,
                lines,
                pickup,
                fulfilled,
                whole,
                routed,
                unknown,
                pays,
                reservation,
                promise,
            }
        },
    )
}

fn about_orders() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    prop_oneof![
        2 => (index(), vec((0..3_u8, 0..4_u8, 0..4_i64), 1..4)).prop_map(|(order, lines)| Step::Amend(order, lines)),
        3 => (index(), option::of((0..3_u8, units()))).prop_map(|(order, lines)| Step::Cancel(order, lines)),
        1 => (index(), option::of(1..100_i64)).prop_map(|(order, hours)| Step::Hold(order, hours)),
        2 => index().prop_map(Step::Resume),
        1 => index().prop_map(Step::Address),
        3 => (index(), 0..6_u8).prop_map(|(order, state)| Step::Pay(order, state)),
        1 => (index(), option::of(0..3_u8), option::of(0..3_u8))
            .prop_map(|(order, only, not)| Step::Reroute(order, only, not)),
        30 => (index(), index(), 0..20_u8, units())
            .prop_map(|(order, part, step, units)| Step::Fulfil(order, part, step, units)),
        1 => index().prop_map(Step::Illegal),
        1 => index().prop_map(Step::Retry),
        1 => (index(), any::<bool>()).prop_map(|(order, force)| Step::Erase(order, force)),
    ]
}

fn about_others() -> impl Strategy<Value = Step> {
    let index = any::<Index>;
    let some = || option::of(units());
    prop_oneof![
        3 => (index(), 0..3_u8, units()).prop_map(|(order, at, units)| Step::Announce(order, at, units)),
        3 => (index(), option::weighted(0.2, 0..3_u8), some())
            .prop_map(|(back, at, units)| Step::Receive(back, at, units)),
        3 => (index(), prop::array::uniform4(0..2_i64)).prop_map(|(back, found)| Step::Inspect(back, found)),
        1 => index().prop_map(Step::DropReturn),
        1 => index().prop_map(Step::Refund),
        1 => (0..3_u8, 0..4_u8, units()).prop_map(|(at, sku, units)| Step::Loose(at, sku, units)),
        3 => (0..3_u8, 0..3_u8, 0..4_u8, units(), option::weighted(0.6, index()))
            .prop_map(|(from, to, sku, units, carry)| Step::Transfer(from, to, sku, units, carry)),
        5 => (index(), 0..5_u8, some()).prop_map(|(transfer, what, units)| Step::Move(transfer, what, units)),
        2 => (0..3_u8, 0..4_u8, units()).prop_map(|(at, sku, units)| Step::Expect(at, sku, units)),
        3 => (index(), some()).prop_map(|(inbound, units)| Step::Arrive(inbound, units)),
        3 => (0..4_u8, vec((0..3_u8, 0..4_u8, units()), 1..3)).prop_map(|(shop, lines)| Step::Reserve(shop, lines)),
        5 => (0..3_u8, 0..4_u8, 0..7_u8, units())
            .prop_map(|(at, sku, kind, units)| Step::Stock(at, sku, kind, units)),
        1 => (0..3_u8, prop::bool::weighted(0.3)).prop_map(|(at, closed)| Step::Site(at, closed)),
    ]
}

/// A run: each step with the fate of the command it sends.
pub(super) fn steps(max: usize) -> impl Strategy<Value = Vec<(Step, Fate)>> {
    let index = any::<Index>;
    let step = prop_oneof![
        14 => placing().prop_map(Step::Place),
        2 => index().prop_map(Step::Again),
        24 => about_orders(),
        14 => about_others(),
        4 => prop_oneof![12 => 1..900_i64, 3 => 900..7_200_i64, 1 => 7_200..200_000_i64].prop_map(Step::Time),
        14 => (index(), 1..6_u8, vec(fate(), 0..6)).prop_map(|(document, tasks, fates)| Step::Drive(document, tasks, fates)),
        3 => vec(fate(), 0..6).prop_map(Step::Book),
        3 => Just(Step::Settle),
    ];
    vec((step, fate()), 1..max)
}
