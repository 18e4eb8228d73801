//! The steps a random run is made of: few SKUs, few carts, small numbers, so that they meet.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use super::script::{channel, order, sku};
use crate::domain::hold::{ClaimLine, Plan, PlanPart};
use crate::domain::ids::{CartId, ChannelId, OrderId, ReservationId, Sku, WarehouseId};
use crate::domain::level::Condition;
use crate::domain::warehouse::{ClaimStock, MovementKind};

/// Who names a claim.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    /// Whoever may.
    Owner,
    /// An order, or nobody.
    Some(Option<u8>),
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Claim {
        cart: u8,
        of: u8,
        lines: Vec<(u8, i64)>,
        multi: bool,
        told: bool,
        partial: bool,
        seconds: i64,
        issued: Option<i64>,
        /// For an order, maybe over a reservation, maybe promised at once.
        order: Option<(u8, Option<Index>, bool)>,
    },
    /// The same claim as its next attempt.
    Retry(Index, u32),
    /// A command sent before, again.
    Again(Index),
    /// Another command under an id sent before.
    OtherBody(Index),
    Settle(Index),
    Drop(Index),
    Release(Index, Option<u32>, By),
    /// A release that overtakes the next claim.
    ReleaseUnseen(u32),
    Extend(Index, i64, By),
    Allocate(Index, By),
    Ship(Index, Option<Vec<(u8, i64)>>, Option<i64>, By, bool),
    GiveBack(Index, Vec<(u8, i64)>, By),
    WriteOff(Index, Vec<(u8, i64)>, bool, By),
    WaitFor {
        of: u8,
        order: u8,
        goods: u8,
        units: i64,
        told: bool,
        priority: u8,
        promise: Option<i64>,
    },
    Unwait(Index, Option<i64>),
    Ack(Index, i64),
    Move {
        kind: u8,
        goods: u8,
        units: i64,
        /// Seconds ago.
        at: Option<i64>,
        of: Option<Index>,
    },
    Count {
        goods: u8,
        figure: i64,
        ago: i64,
        lag: i64,
        /// How many versions ago.
        seen: Option<u64>,
        available: bool,
    },
    Safety(u8, Option<i64>, Option<i64>),
    Fence(u8, u8, Option<i64>, Option<i64>),
    /// Limits of low stock and of overstock.
    Limits(u8, Option<i64>, Option<i64>),
    Wait(i64),
    MayExpire(bool),
    /// Ends the batch, so that the next command begins another.
    Close,
    Confirm,
    /// The store loses every batch that is not confirmed.
    Lose,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..100)
}

fn lines() -> impl Strategy<Value = Vec<(u8, i64)>> {
    vec((0..3_u8, 1..5_i64), 1..3)
}

fn claims() -> impl Strategy<Value = Step> {
    let flags = (prop::bool::weighted(0.3), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let times = (prop_oneof![Just(60), Just(300), Just(9_999)], option::of(-100..70_i64));
    let order = (0..2_u8, option::weighted(0.6, any::<Index>()), any::<bool>());
    (0..4_u8, 0..2_u8, lines(), flags, times, option::weighted(0.25, order)).prop_map(
        |(cart, of, lines, (multi, told, partial), (seconds, issued), order)| Step::Claim {
            cart,
            of,
            lines,
            multi,
            told,
            partial,
            seconds,
            issued,
            order,
        },
    )
}

fn by() -> impl Strategy<Value = By> {
    prop_oneof![6 => Just(By::Owner), 1 => option::of(0..2_u8).prop_map(By::Some)]
}

fn waits() -> impl Strategy<Value = Step> {
    let who = (0..2_u8, 0..2_u8, prop::bool::weighted(0.3));
    (who, 0..3_u8, 1..9_i64, 0..3_u8, option::of(0..900_i64)).prop_map(
        |((of, order, told), goods, units, priority, promise)| Step::WaitFor {
            of,
            order,
            goods,
            units,
            told,
            priority,
            promise,
        },
    )
}

fn movement() -> impl Strategy<Value = Step> {
    let at = option::of(prop_oneof![-400..400_i64, 0..5_000_i64]);
    let kind = prop_oneof![3 => Just(0_u8), 5 => 1..11_u8];
    (kind, 0..3_u8, 1..8_i64, at, option::of(any::<Index>()))
        .prop_map(|(kind, goods, units, at, of)| Step::Move { kind, goods, units, at, of })
}

fn count() -> impl Strategy<Value = Step> {
    let ago = prop_oneof![4 => 0..400_i64, 1 => -5..4_000_i64];
    (0..3_u8, -3..25_i64, ago, 0..90_i64, option::of(0..8_u64), any::<bool>()).prop_map(
        |(goods, figure, ago, lag, seen, available)| Step::Count { goods, figure, ago, lag, seen, available },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let which = any::<Index>;
    let policy = || (option::weighted(0.8, 0..5_i64), option::weighted(0.3, 1..600_i64));
    prop_oneof![
        18 => claims(),
        2 => (which(), 1..4_u32).prop_map(|(which, attempt)| Step::Retry(which, attempt)),
        5 => which().prop_map(Step::Again),
        1 => which().prop_map(Step::OtherBody),
        5 => which().prop_map(Step::Settle),
        3 => which().prop_map(Step::Drop),
        4 => (which(), option::of(1..4_u32), by())
            .prop_map(|(which, attempt, by)| Step::Release(which, attempt, by)),
        1 => (1..3_u32).prop_map(Step::ReleaseUnseen),
        2 => (which(), 1..900_i64, by()).prop_map(|(which, seconds, by)| Step::Extend(which, seconds, by)),
        3 => (which(), by()).prop_map(|(which, by)| Step::Allocate(which, by)),
        4 => (which(), option::of(lines()), option::of(-400..900_i64), by(), any::<bool>())
            .prop_map(|(which, lines, at, by, transfer)| Step::Ship(which, lines, at, by, transfer)),
        2 => (which(), lines(), by()).prop_map(|(which, lines, by)| Step::GiveBack(which, lines, by)),
        2 => (which(), lines(), any::<bool>(), by())
            .prop_map(|(which, lines, broken, by)| Step::WriteOff(which, lines, broken, by)),
        4 => waits(),
        2 => (which(), option::of(0..4_i64)).prop_map(|(which, units)| Step::Unwait(which, units)),
        2 => (which(), 0..9_i64).prop_map(|(which, upto)| Step::Ack(which, upto)),
        12 => movement(),
        3 => count(),
        1 => (0..3_u8, policy()).prop_map(|(goods, (value, until))| Step::Safety(goods, value, until)),
        4 => (0..3_u8, 0..2_u8, policy())
            .prop_map(|(goods, of, (value, until))| Step::Fence(goods, of, value, until)),
        1 => (0..3_u8, option::of(0..9_i64), option::of(4..20_i64))
            .prop_map(|(goods, low, over)| Step::Limits(goods, low, over)),
        5 => prop_oneof![1..30_i64, 30..400_i64].prop_map(Step::Wait),
        1 => prop::bool::weighted(0.7).prop_map(Step::MayExpire),
        6 => Just(Step::Close),
        4 => Just(Step::Confirm),
        1 => Just(Step::Lose),
    ]
}

pub(super) fn name(goods: u8) -> Sku {
    sku(["A", "B", "C"][usize::from(goods)])
}

pub(super) fn place(of: u8) -> ChannelId {
    channel(["shop", "till"][usize::from(of)])
}

pub(super) fn the_order(of: u8) -> OrderId {
    order(["o0", "o1"][usize::from(of)])
}

pub(super) fn claim_lines(lines: &[(u8, i64)]) -> Vec<ClaimLine> {
    lines.iter().map(|(goods, quantity)| ClaimLine { sku: name(*goods), quantity: *quantity }).collect()
}

pub(super) fn claim(step: &Step) -> Option<ClaimStock> {
    let Step::Claim { cart, of, lines, multi, told, partial, seconds, order, .. } = step else { return None };
    let lines = claim_lines(lines);
    let part = |place: &str| PlanPart { warehouse: WarehouseId::parse(place).unwrap(), lines: lines.clone() };
    let plan = if *multi { vec![part("BER"), part("WIE")] } else { Vec::new() };
    Some(ClaimStock {
        attempt: 1,
        channel: place(*of),
        cart: (*cart > 0).then(|| CartId::parse(&format!("c{}", cart % 2)).unwrap()),
        lines,
        plan: Plan::new(plan),
        ttl_ms: seconds * 1_000,
        told: *told,
        partial: *partial,
        owner: order.as_ref().map(|(of, ..)| the_order(*of)),
        from: None,
        allocate: order.as_ref().is_some_and(|(.., promised)| *promised),
    })
}

pub(super) fn movement_kind(kind: u8, reservation: Option<ReservationId>) -> MovementKind {
    match kind {
        0 => MovementKind::Receive(None),
        1 => MovementKind::Return(Some(Condition::Damaged)),
        2 => MovementKind::Adjust,
        3 => MovementKind::Hold(Condition::Quarantine),
        4 => MovementKind::Restock(Condition::Damaged),
        5 => MovementKind::Scrap(Some(Condition::Quarantine)),
        6 => MovementKind::Scrap(None),
        7 => MovementKind::Reclassify { from: Condition::Damaged, to: Condition::Quarantine },
        8 => MovementKind::TransferOut { transfer: the_order(0) },
        9 => MovementKind::TransferIn { transfer: the_order(1), into: None, promised: Vec::new() },
        _ => MovementKind::Sell { channel: channel("till"), reservation },
    }
}
