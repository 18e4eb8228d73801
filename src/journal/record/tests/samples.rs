//! One of everything that is stored.

use std::sync::Arc;

use crate::domain::channel::{
    Acknowledged, Backorder, BackorderState, ChannelFact, ChannelPolicy, ChannelRow,
};
use crate::domain::count::{Bucket, BucketKey, Mark, Measures};
use crate::domain::fact::{Crossed, Fact, FactKind, FactLine};
use crate::domain::hold::{Allocation, Claim, ClaimLine, Draw, Hold, HoldKey, Plan, PlanPart, Replaced};
use crate::domain::ids::{
    ActorName, CartId, ChannelId, CommandId, OrderId, Reason, Reference, Sku, SourceId, WarehouseId,
};
use crate::domain::item::{Item, ItemFact, ItemRow};
use crate::domain::level::Level;
use crate::domain::machine::Cause;
use crate::domain::memory::{Class, End, Floors, Outcome, Remembered};
use crate::domain::policy::{AlertLimits, Fence, Scheduled, StockPolicy};
use crate::domain::quantity::UNITS_MAX;
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;
use crate::domain::waiting::Waiting;
use crate::domain::warehouse::{Row, Totals, Warehouse};
use crate::journal::record::{Entry, Recorded};

const AT: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn sku(text: &str) -> Sku {
    Sku::parse(text).unwrap()
}

fn id(text: &str) -> CommandId {
    CommandId::parse(text).unwrap()
}

fn channel(text: &str) -> ChannelId {
    ChannelId::parse(text).unwrap()
}

fn order() -> OrderId {
    OrderId::parse("07-4711").unwrap()
}

fn cart() -> CartId {
    CartId::parse("c 1/größe").unwrap()
}

fn level(on_hand: i64) -> Level {
    let (damaged, quality_control, quarantine) = (1, 2, 3);
    Level { on_hand, damaged, quality_control, quarantine, reserved: 4, allocated: 5, changed: 300 }
}

fn line(text: &str, quantity: i64) -> ClaimLine {
    ClaimLine { sku: sku(text), quantity }
}

/// An entry that says nothing.
pub(super) fn empty<M: Recorded>() -> Entry<M> {
    Entry { at: Timestamp::from_millis(0), causes: Vec::new(), facts: Vec::new(), rows: Vec::new() }
}

/// A place in a trace.
pub(super) fn trace() -> Option<Trace> {
    Trace::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
}

/// An entry of these facts and rows, of commands with all there can be, with a trace alone and with neither, and of time
/// alone.
pub(super) fn entry<M: Recorded>(facts: &[M::Fact], rows: &[M::Row]) -> Entry<M> {
    let Entry { mut causes, .. } = untraced_entry::<M>(&[], &[]);
    causes.push(Cause { id: id("b-2"), actor: None, trace: trace() });
    causes[0].trace = trace();
    entry_of(causes, facts, rows)
}

/// An entry of these facts and rows, of two commands without a trace and of time alone: what there was before traces.
pub(super) fn untraced_entry<M: Recorded>(facts: &[M::Fact], rows: &[M::Row]) -> Entry<M> {
    let (till, trace) = (ActorName::parse("till 3").ok(), None);
    let causes = vec![
        Cause { id: id("01890a5d-ac96-774b-bcce-b302099a8057"), actor: till, trace },
        Cause { id: id("b-1").line(7), actor: None, trace },
    ];
    entry_of(causes, facts, rows)
}

fn entry_of<M: Recorded>(causes: Vec<Cause>, facts: &[M::Fact], rows: &[M::Row]) -> Entry<M> {
    let cause = |at: usize| (at % (causes.len() + 1)).checked_sub(1);
    let facts = facts.iter().enumerate().map(|(at, fact)| (cause(at), fact.clone())).collect();
    Entry { at: AT, causes, facts, rows: rows.to_vec() }
}

/// Everything a warehouse stores, in one entry.
pub(super) fn warehouse_entry() -> Entry<Warehouse> {
    entry(&facts(), &rows())
}

/// The facts of a warehouse's first version, as they read now.
pub(super) fn facts_of_version_1() -> Vec<Fact> {
    let known = facts_of_version_2().into_iter().filter(|fact| fact.kind.number() <= 21);
    known.map(|fact| Fact { order: None, ..fact }).collect()
}

/// The facts of a warehouse's second version, as they read now.
pub(super) fn facts_of_version_2() -> Vec<Fact> {
    let known = facts().into_iter().filter(|fact| fact.kind.number() <= 26);
    known.map(|fact| Fact { crossed: None, ..fact }).collect()
}

/// One fact of each kind: of odd number bare, of even number with all there can be.
pub(super) fn facts() -> Vec<Fact> {
    let of = |kind: &FactKind| {
        let line =
            |name: &str, change, previous| FactLine { sku: sku(name), change, after: level(42), previous };
        let bare = Fact::new(*kind).lines(vec![line("TEE-M", -3, 0)]);
        if !kind.number().is_multiple_of(2) {
            return bare;
        }
        Fact {
            lines: vec![line("TEE-M", 3, 299), line("Größe #1/ü", -UNITS_MAX, 1)],
            reservation: Some(id("r-1")),
            channel: Some(channel("web-de")),
            cart: Some(cart()),
            reference: Reference::parse("PO 4711").ok(),
            reason: Reason::parse("found").ok(),
            source: SourceId::parse("erp").ok(),
            time: Some(AT.minus(1)),
            covered: true,
            lost: Some((17, 300)),
            order: Some(order()),
            crossed: Some(Crossed { figure: -3, limit: 300 }),
            ..bare
        }
    };
    FactKind::ALL.iter().map(of).collect()
}

fn plan() -> Plan {
    let part = |name: &str, lines| PlanPart { warehouse: WarehouseId::parse(name).unwrap(), lines };
    Arc::new(vec![part("BER", vec![line("TEE-M", 2)]), part("WIE", vec![line("TEE-M", 1), line("CAP", 9)])])
}

fn claim(name: &str, attempt: u32) -> Claim {
    let lines = vec![line("TEE-M", 2), line("CAP", UNITS_MAX)];
    Claim { reservation: id(name), attempt, lines, plan: plan(), deadline: AT.plus(900_000) }
}

fn draw() -> Draw {
    Draw { sku: sku("TEE-M"), quantity: 1, set_by: 299 }
}

fn holds() -> [Row; 4] {
    let full = Hold {
        channel: channel("web-de"),
        cart: Some(cart()),
        created: AT,
        newest: Some(AT.plus(1)),
        now: Some(claim("r-1", 1)),
        next: Some(claim("r-2", u32::MAX)),
        draws: vec![draw()],
        replaced: vec![Replaced { reservation: id("r-0"), lines: vec![line("TEE-M", 1)] }],
        owner: None,
    };
    let alone = Hold {
        channel: channel("till"),
        cart: None,
        created: AT,
        newest: None,
        now: Some(Claim { plan: Plan::default(), ..claim("r-3", 1) }),
        next: None,
        draws: Vec::new(),
        replaced: Vec::new(),
        owner: None,
    };
    let key = HoldKey::Cart(channel("web-de"), cart());
    [
        Row::Hold(key.clone(), Some(full)),
        Row::Hold(HoldKey::Alone(id("r-3")), Some(alone)),
        Row::Hold(key, None),
        Row::Hold(HoldKey::Alone(id("r-3")), None),
    ]
}

fn allocation() -> Allocation {
    Allocation {
        channel: channel("web-de"),
        cart: Some(cart()),
        lines: vec![line("TEE-M", 2)],
        draws: vec![draw()],
        requested_at: AT,
        attempt: 2,
        plan: plan(),
        owner: None,
    }
}

fn waiting() -> Waiting {
    Waiting {
        channel: channel("web-de"),
        owner: order(),
        sku: sku("TEE-M"),
        quantity: 3,
        served: 2,
        acknowledged: 1,
        told: true,
        priority: 200,
        promise: Some(AT),
        accepted_at: AT.minus(5),
    }
}

fn policy() -> StockPolicy {
    let window = Scheduled { value: -7, from: Some(AT), until: Some(AT.plus(60_000)) };
    let fence = |name: &str, set| Fence { channel: channel(name), set, left: 5, set_by: 4 };
    let fences = vec![fence("web-de", Scheduled::always(10)), fence("till", window)];
    StockPolicy { safety_stock: Some(window), fences, ..StockPolicy::default() }
}

fn mark(measures: Measures) -> Mark {
    Mark { source: SourceId::parse("erp").unwrap(), as_of: AT, figure: -42, measures, lag_ms: 60_000 }
}

fn remembered() -> Vec<Remembered> {
    let ends = [
        None,
        Some(End::Released),
        Some(End::Expired),
        Some(End::Amended(id("r-2"))),
        Some(End::Shipped),
        Some(End::Abandoned),
    ];
    let claimed = |end| Outcome::claimed(3, vec![line("TEE-M", 2)], AT, end);
    let others = [
        Outcome::ReleasedUnseen { attempt: 4 },
        Outcome::Acted(id("r-1")),
        Outcome::Moved { covered: true },
        Outcome::Done,
    ];
    let outcomes = ends.into_iter().map(claimed).chain(others);
    let class = |outcome: &Outcome| match outcome {
        Outcome::Moved { .. } => Class::Movement,
        _ => Class::Hold,
    };
    let of = |outcome| Remembered { class: class(&outcome), time: AT, fingerprint: u64::MAX, outcome };
    outcomes.map(of).collect()
}

fn floors() -> Floors {
    Floors { hold: AT, movement: Timestamp::MIN }
}

/// One row of each kind, there and gone: those of version 2 and what came with alerts.
pub(super) fn rows() -> Vec<Row> {
    let limits = |low_stock, overstock| AlertLimits { low_stock, overstock };
    let alone = |alerts| StockPolicy { alerts, ..StockPolicy::default() };
    let mut rows = rows_of_version_2();
    rows.extend([
        Row::Policy(
            sku("CAP"),
            Some(StockPolicy { alerts: limits(Some(5), Some(500)), safety_seen: 300, ..policy() }),
        ),
        Row::Policy(sku("CAP"), Some(alone(limits(Some(0), None)))),
        Row::Policy(sku("CAP"), Some(alone(limits(None, Some(UNITS_MAX))))),
    ]);
    rows
}

/// The rows of a warehouse's second version, as they read now: those of version 1 and what came with orders.
pub(super) fn rows_of_version_2() -> Vec<Row> {
    let owner = || Some(order());
    let alone = Hold {
        channel: channel("till"),
        cart: None,
        owner: owner(),
        created: AT,
        newest: None,
        now: Some(claim("x-1", 1)),
        next: None,
        draws: Vec::new(),
        replaced: Vec::new(),
    };
    let claimed = |end| Outcome::claimed(3, vec![line("TEE-M", 2)], AT, end);
    let known = |class, outcome| {
        Row::Remembered(id("x-1"), Some(Remembered { class, time: AT, fingerprint: 5, outcome }))
    };
    let mut rows = rows_of_version_1();
    rows.extend([
        Row::Hold(HoldKey::Alone(id("x-1")), Some(alone)),
        Row::Allocation(id("x-1"), Some(Allocation { owner: owner(), ..allocation() })),
        Row::Waiting(id("w-1"), Some(waiting())),
        Row::Waiting(id("w-1"), Some(Waiting { promise: None, told: false, ..waiting() })),
        Row::Waiting(id("w-1"), None),
        Row::Totals(Totals { received: 9, transferred: -3, ..Totals::default() }),
        known(Class::Hold, claimed(Some(End::Ordered(order())))),
        known(Class::Hold, Outcome::Waited),
        known(Class::Movement, Outcome::GaveBack { lines: vec![line("TEE-M", 2)] }),
    ]);
    rows
}

/// The rows of a warehouse's first version, as they read now.
pub(super) fn rows_of_version_1() -> Vec<Row> {
    let key = || BucketKey { minute: -1, sku: sku("Größe #1/ü") };
    let bucket = Bucket { incoming: 5, outgoing: 3, first: 10, last: 20 };
    let totals =
        Totals { received: 100, returned: 1, shipped: 50, scrapped: 2, corrected: -7, transferred: 0 };
    let mut rows = vec![
        Row::Level(sku("TEE-M"), Some(level(-42))),
        Row::Level(sku("Größe #1/ü"), None),
        Row::Policy(sku("TEE-M"), Some(policy())),
        Row::Policy(sku("TEE-M"), None),
        Row::Allocation(id("r-1"), Some(allocation())),
        Row::Allocation(id("r-1"), None),
        Row::Mark(sku("TEE-M"), Some(mark(Measures::OnHand))),
        Row::Mark(sku("CAP"), Some(mark(Measures::Available))),
        Row::Mark(sku("TEE-M"), None),
        Row::Bucket(key(), Some(bucket)),
        Row::Bucket(key(), None),
        Row::Remembered(id("r-9"), None),
        Row::Totals(totals),
        Row::Floors(floors()),
    ];
    rows.extend(holds());
    rows.extend(remembered().into_iter().map(|known| Row::Remembered(id("r-1"), Some(known))));
    rows
}

fn channel_policy() -> ChannelPolicy {
    let cap = Scheduled { value: 9, from: Some(AT), until: None };
    let buffer = Some(Scheduled::always(2));
    ChannelPolicy { buffer, cap: Some(cap), low_at: Some(3), ..ChannelPolicy::default() }
}

/// What happens to a channel: as in version 2, and what it confirms.
pub(super) fn channel_facts() -> Vec<ChannelFact> {
    let mut facts = channel_facts_of_version_2();
    facts.push(ChannelFact::Acknowledged { sku: sku("TEE-M"), available: 8, at: AT });
    facts
}

/// What happens to a channel of version 2, as it reads now: as in version 1, and what came with orders.
pub(super) fn channel_facts_of_version_2() -> Vec<ChannelFact> {
    let (id, owner, lines) = (id("b-1"), order(), vec![line("TEE-M", 2)]);
    let limit = Some(Scheduled { value: 50, from: None, until: Some(AT) });
    let after = ChannelPolicy { backorder_limit: limit, preorder: true, ..channel_policy() };
    let closed = |expired| {
        let (id, owner, lines) = (id.clone(), owner.clone(), lines.clone());
        ChannelFact::BackorderClosed { id, owner, lines, expired }
    };
    let mut facts = channel_facts_of_version_1();
    facts.extend([
        ChannelFact::PolicySet { sku: sku("TEE-M"), after },
        ChannelFact::Backordered { id: id.clone(), owner: owner.clone(), lines: lines.clone() },
        ChannelFact::BackorderKept { id: id.clone(), owner: owner.clone() },
        closed(false),
        closed(true),
    ]);
    facts
}

/// What happens to a channel of version 1, as it reads now.
pub(super) fn channel_facts_of_version_1() -> Vec<ChannelFact> {
    let of = |after| ChannelFact::PolicySet { sku: sku("TEE-M"), after };
    vec![of(channel_policy()), of(ChannelPolicy::default())]
}

/// What a channel knows: as in version 2, and what it has confirmed, also of goods that are called like another row.
pub(super) fn channel_rows() -> Vec<ChannelRow> {
    let confirmed = Acknowledged { available: 8, at: AT, day: 20_000, changes: 300 };
    let mut rows = channel_rows_of_version_2();
    rows.extend([
        ChannelRow::Acknowledged(sku("TEE-M"), Some(confirmed)),
        ChannelRow::Acknowledged(sku("floors"), Some(Acknowledged { available: 0, day: -1, ..confirmed })),
        ChannelRow::Acknowledged(sku("acknowledged/A"), None),
    ]);
    rows
}

/// What a channel of version 2 knows, as it reads now: as in version 1, and what came with orders.
pub(super) fn channel_rows_of_version_2() -> Vec<ChannelRow> {
    let backorder =
        |state| Backorder { owner: order(), lines: vec![line("TEE-M", 2), line("CAP", 1)], state };
    let mut rows = channel_rows_of_version_1();
    rows.extend([
        ChannelRow::Backorder(id("b-1"), Some(backorder(BackorderState::Held { deadline: AT }))),
        ChannelRow::Backorder(id("b-1"), Some(backorder(BackorderState::Kept))),
        ChannelRow::Backorder(id("b-1"), None),
    ]);
    rows
}

/// What a channel of version 1 knows, as it reads now.
pub(super) fn channel_rows_of_version_1() -> Vec<ChannelRow> {
    vec![
        ChannelRow::Policy(sku("TEE-M"), Some(channel_policy())),
        ChannelRow::Policy(sku("TEE-M"), None),
        ChannelRow::Remembered(id("p-1"), remembered().pop()),
        ChannelRow::Remembered(id("p-1"), None),
        ChannelRow::Floors(floors()),
    ]
}

/// What happens to the item cards.
pub(super) fn item_facts() -> Vec<ItemFact> {
    vec![ItemFact::Set { sku: sku("Größe #1/ü") }]
}

/// What the item cards know.
pub(super) fn item_rows() -> Vec<ItemRow> {
    let bin = |warehouse: &str, bin: &str| (WarehouseId::parse(warehouse).unwrap(), bin.to_owned());
    let card = Item {
        title: Some("T-Shirt, Größe M".to_owned()),
        gtin: Some("04012345678901".to_owned()),
        unit: Some("piece".to_owned()),
        weight_g: Some(180),
        bins: [bin("BER", "A-01-3"), bin("WIE", "7")].into(),
    };
    vec![
        ItemRow::Item(sku("TEE-M"), Some(card)),
        ItemRow::Item(sku("CAP"), Some(Item::default())),
        ItemRow::Item(sku("CAP"), None),
        ItemRow::Remembered(id("i-1"), remembered().pop()),
        ItemRow::Remembered(id("i-1"), None),
        ItemRow::Floors(floors()),
    ]
}
