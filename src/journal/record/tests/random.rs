//! Random entries come back as they were, whole and row by row.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::domain::channel::{
    Acknowledged, Backorder, BackorderState, Channel, ChannelFact, ChannelPolicy, ChannelRow,
};
use crate::domain::count::{Bucket, BucketKey, Mark, Measures};
use crate::domain::fact::{Crossed, Fact, FactKind, FactLine};
use crate::domain::hold::{Allocation, Claim, ClaimLine, Draw, Hold, HoldKey, Plan, PlanPart, Replaced};
use crate::domain::ids::{
    ActorName, CartId, ChannelId, CommandId, OrderId, Reason, Reference, Sku, SourceId, WarehouseId,
};
use crate::domain::item::{Item, ItemFact, ItemRow, Items};
use crate::domain::level::Level;
use crate::domain::machine::Cause;
use crate::domain::memory::{Class, End, Floors, Outcome, Remembered};
use crate::domain::policy::{AlertLimits, Fence, Scheduled, StockPolicy};
use crate::domain::time::Timestamp;
use crate::domain::trace::Trace;
use crate::domain::waiting::Waiting;
use crate::domain::warehouse::{Row, Totals, Warehouse};
use crate::journal::record::{Entry, Recorded, changes_of, entry_time};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A warehouse's entries.
    #[test]
    fn a_warehouse_comes_back(entry in warehouse()) {
        comes_back(&entry)?;
    }

    /// A channel's entries.
    #[test]
    fn a_channel_comes_back(entry in entry::<Channel>(channel_fact().boxed(), channel_row().boxed())) {
        comes_back(&entry)?;
    }

    /// The item cards' entries.
    #[test]
    fn items_come_back(entry in entry::<Items>(sku().prop_map(|sku| ItemFact::Set { sku }).boxed(), item_row().boxed())) {
        comes_back(&entry)?;
    }
}

/// An entry, its rows and its changes are what they were.
pub(super) fn comes_back<M: Recorded>(entry: &Entry<M>) -> Result<(), TestCaseError> {
    let bytes = entry.encode();
    prop_assert_eq!(super::same::parts(&Entry::<M>::decode(&bytes).unwrap()), super::same::parts(entry));
    prop_assert_eq!(entry_time(&bytes).unwrap(), entry.at);
    let changes = entry.changes();
    prop_assert_eq!(&changes_of(&bytes).unwrap(), &changes);
    for row in &entry.rows {
        let Some(change) = M::change(row) else { continue };
        if let Some(value) = &change.value {
            prop_assert_eq!(&M::row_from(change.table, &change.key, value).unwrap(), row);
        }
    }
    Ok(())
}

/// An entry of a warehouse.
pub(super) fn warehouse() -> impl Strategy<Value = Entry<Warehouse>> {
    entry(fact().boxed(), row().boxed())
}

fn entry<M: Recorded>(
    fact: BoxedStrategy<M::Fact>,
    row: BoxedStrategy<M::Row>,
) -> impl Strategy<Value = Entry<M>> {
    let cause = (id(), of(name().prop_map(|name| ActorName::stored(&name))), of(trace()));
    let causes = vec(cause.prop_map(|(id, actor, trace)| Cause { id, actor, trace }), 0..4);
    let facts = vec((of(0..4_usize), fact), 0..5);
    (time(), causes, facts, vec(row, 0..8)).prop_map(|(at, causes, facts, rows)| Entry {
        at,
        causes,
        facts,
        rows,
    })
}

fn trace() -> impl Strategy<Value = Trace> {
    any::<([u8; 16], [u8; 8], u8)>().prop_map(|(id, parent, flags)| Trace { id, parent, flags })
}

fn name() -> impl Strategy<Value = String> {
    // Few names, so that a record names the same string twice.
    let known = select(vec!["BER", "web-de", "till", "TEE-M", "Größe #1/ü", "x"]).prop_map(str::to_owned);
    prop_oneof![known, "[A-Za-z0-9_-]{1,32}"]
}

fn sku() -> impl Strategy<Value = Sku> {
    prop_oneof![name(), "[^\\p{C}]{1,20}"].prop_map(|text| Sku::stored(&text))
}

fn id() -> impl Strategy<Value = CommandId> {
    ("[!-.0-~]{1,40}", of(0..100_usize)).prop_map(|(text, line)| {
        let id = CommandId::stored(&text);
        line.map_or(id.clone(), |line| id.line(line))
    })
}

fn channel() -> impl Strategy<Value = ChannelId> {
    "[A-Za-z0-9_-]{1,32}".prop_map(|text| ChannelId::stored(&text))
}

fn order() -> impl Strategy<Value = OrderId> {
    "[A-Za-z0-9-]{1,64}".prop_map(|text| OrderId::stored(&text))
}

fn cart() -> impl Strategy<Value = CartId> {
    prop_oneof![name(), "[^\\p{C}@]{1,20}"].prop_map(|text| CartId::stored(&text))
}

fn time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![any::<i64>(), 1_800_000_000_000..1_800_100_000_000_i64].prop_map(Timestamp::from_millis)
}

fn units() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -100..100_i64]
}

fn level() -> impl Strategy<Value = Level> {
    ([units(), units(), units()], [units(), units(), units()], any::<u64>()).prop_map(|(a, b, changed)| {
        let ([on_hand, reserved, allocated], [damaged, quality_control, quarantine]) = (a, b);
        Level { on_hand, damaged, quality_control, quarantine, reserved, allocated, changed }
    })
}

fn line() -> impl Strategy<Value = ClaimLine> {
    (sku(), units()).prop_map(|(sku, quantity)| ClaimLine { sku, quantity })
}

fn lines() -> impl Strategy<Value = Vec<ClaimLine>> {
    vec(line(), 0..4)
}

fn fact() -> impl Strategy<Value = Fact> {
    let line = (sku(), units(), level(), any::<u64>()).prop_map(|(sku, change, after, previous)| FactLine {
        sku,
        change,
        after,
        previous,
    });
    let who = (of(id()), of(channel()), of(cart()));
    let texts = (of(name()), of(name()), of(name()));
    let crossed = (units(), units()).prop_map(|(figure, limit)| Crossed { figure, limit });
    let rest = (of(time()), any::<bool>(), of(any::<(u64, u64)>()), of(order()), of(crossed));
    (select(FactKind::ALL), vec(line, 0..4), who, texts, rest).prop_map(|(kind, lines, who, texts, rest)| {
        Fact {
            kind,
            lines,
            reservation: who.0,
            channel: who.1,
            cart: who.2,
            reference: texts.0.map(|text| Reference::stored(&text)),
            reason: texts.1.map(|text| Reason::stored(&text)),
            source: texts.2.map(|text| SourceId::stored(&text)),
            time: rest.0,
            covered: rest.1,
            lost: rest.2,
            order: rest.3,
            crossed: rest.4,
        }
    })
}

fn scheduled() -> impl Strategy<Value = Scheduled> {
    (units(), of(time()), of(time())).prop_map(|(value, from, until)| Scheduled { value, from, until })
}

fn policy() -> impl Strategy<Value = StockPolicy> {
    let fence = (channel(), scheduled(), units(), any::<u64>())
        .prop_map(|(channel, set, left, set_by)| Fence { channel, set, left, set_by });
    let alerts =
        (of(units()), of(units())).prop_map(|(low_stock, overstock)| AlertLimits { low_stock, overstock });
    (of(scheduled()), vec(fence, 0..4), alerts, units()).prop_map(
        |(safety_stock, fences, alerts, safety_seen)| StockPolicy {
            safety_stock,
            fences,
            alerts,
            safety_seen,
        },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let part = ("[A-Za-z0-9_-]{1,32}", lines())
        .prop_map(|(name, lines)| PlanPart { warehouse: WarehouseId::stored(&name), lines });
    vec(part, 0..3).prop_map(Arc::new)
}

fn claim() -> impl Strategy<Value = Claim> {
    (id(), any::<u32>(), lines(), plan(), time()).prop_map(|(reservation, attempt, lines, plan, deadline)| {
        Claim { reservation, attempt, lines, plan, deadline }
    })
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    let draw =
        (sku(), units(), any::<u64>()).prop_map(|(sku, quantity, set_by)| Draw { sku, quantity, set_by });
    vec(draw, 0..3)
}

fn hold() -> impl Strategy<Value = Hold> {
    let replaced = (id(), lines()).prop_map(|(reservation, lines)| Replaced { reservation, lines });
    let rest = (draws(), vec(replaced, 0..3), of(order()));
    (channel(), of(cart()), time(), of(time()), of(claim()), of(claim()), rest).prop_map(
        |(channel, cart, created, newest, now, next, (draws, replaced, owner))| Hold {
            channel,
            cart,
            owner,
            created,
            newest,
            now,
            next,
            draws,
            replaced,
        },
    )
}

fn allocation() -> impl Strategy<Value = Allocation> {
    (channel(), of(cart()), lines(), draws(), time(), any::<u32>(), (plan(), of(order()))).prop_map(
        |(channel, cart, lines, draws, requested_at, attempt, (plan, owner))| Allocation {
            channel,
            cart,
            owner,
            lines,
            draws,
            requested_at,
            attempt,
            plan,
        },
    )
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let figures = [units(), units(), units()];
    let order_of = (any::<bool>(), any::<u8>(), of(time()), time());
    (channel(), order(), sku(), figures, order_of).prop_map(
        |(channel, owner, sku, [quantity, served, acknowledged], (told, priority, promise, accepted_at))| {
            Waiting {
                channel,
                owner,
                sku,
                quantity,
                served,
                acknowledged,
                told,
                priority,
                promise,
                accepted_at,
            }
        },
    )
}

fn mark() -> impl Strategy<Value = Mark> {
    let measures = select(vec![Measures::OnHand, Measures::Available]);
    (name(), time(), units(), measures, any::<i64>()).prop_map(|(source, as_of, figure, measures, lag_ms)| {
        Mark { source: SourceId::stored(&source), as_of, figure, measures, lag_ms }
    })
}

fn bucket() -> impl Strategy<Value = Bucket> {
    (units(), units(), any::<u64>(), any::<u64>()).prop_map(|(incoming, outgoing, first, last)| Bucket {
        incoming,
        outgoing,
        first,
        last,
    })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let end = prop_oneof![
        select(vec![End::Released, End::Expired, End::Shipped, End::Abandoned]),
        id().prop_map(End::Amended),
        order().prop_map(End::Ordered),
    ];
    prop_oneof![
        (any::<u32>(), lines(), time(), of(end))
            .prop_map(|(attempt, lines, deadline, end)| Outcome::claimed(attempt, lines, deadline, end)),
        any::<u32>().prop_map(|attempt| Outcome::ReleasedUnseen { attempt }),
        id().prop_map(Outcome::Acted),
        any::<bool>().prop_map(|covered| Outcome::Moved { covered }),
        lines().prop_map(|lines| Outcome::GaveBack { lines }),
        Just(Outcome::Waited),
        Just(Outcome::Done),
    ]
}

fn remembered() -> impl Strategy<Value = Remembered> {
    (select(vec![Class::Hold, Class::Movement]), time(), any::<u64>(), outcome())
        .prop_map(|(class, time, fingerprint, outcome)| Remembered { class, time, fingerprint, outcome })
}

fn floors() -> impl Strategy<Value = Floors> {
    (time(), time()).prop_map(|(hold, movement)| Floors { hold, movement })
}

fn row() -> impl Strategy<Value = Row> {
    let key = prop_oneof![
        (channel(), cart()).prop_map(|(channel, cart)| HoldKey::Cart(channel, cart)),
        id().prop_map(HoldKey::Alone),
    ];
    let minute = (any::<i64>(), sku()).prop_map(|(minute, sku)| BucketKey { minute, sku });
    let totals = [units(), units(), units(), units(), units(), units()].prop_map(
        |[received, returned, shipped, scrapped, corrected, transferred]| Totals {
            received,
            returned,
            shipped,
            scrapped,
            corrected,
            transferred,
        },
    );
    prop_oneof![
        (sku(), of(level())).prop_map(|(sku, level)| Row::Level(sku, level)),
        (sku(), of(policy())).prop_map(|(sku, policy)| Row::Policy(sku, policy)),
        (key, of(hold())).prop_map(|(key, hold)| Row::Hold(key, hold)),
        (id(), of(allocation())).prop_map(|(id, row)| Row::Allocation(id, row)),
        (id(), of(waiting())).prop_map(|(id, row)| Row::Waiting(id, row)),
        (sku(), of(mark())).prop_map(|(sku, mark)| Row::Mark(sku, mark)),
        (minute, of(bucket())).prop_map(|(key, bucket)| Row::Bucket(key, bucket)),
        (id(), of(remembered())).prop_map(|(id, known)| Row::Remembered(id, known)),
        totals.prop_map(Row::Totals),
        floors().prop_map(Row::Floors),
    ]
}

fn channel_policy() -> impl Strategy<Value = ChannelPolicy> {
    (of(scheduled()), of(scheduled()), of(units()), of(scheduled()), any::<bool>()).prop_map(
        |(buffer, cap, low_at, backorder_limit, preorder)| ChannelPolicy {
            buffer,
            cap,
            low_at,
            backorder_limit,
            preorder,
        },
    )
}

fn channel_fact() -> impl Strategy<Value = ChannelFact> {
    prop_oneof![
        (sku(), channel_policy()).prop_map(|(sku, after)| ChannelFact::PolicySet { sku, after }),
        (id(), order(), lines()).prop_map(|(id, owner, lines)| ChannelFact::Backordered { id, owner, lines }),
        (id(), order()).prop_map(|(id, owner)| ChannelFact::BackorderKept { id, owner }),
        (id(), order(), lines(), any::<bool>()).prop_map(|(id, owner, lines, expired)| {
            ChannelFact::BackorderClosed { id, owner, lines, expired }
        }),
        (sku(), units(), time()).prop_map(|(sku, available, at)| ChannelFact::Acknowledged {
            sku,
            available,
            at
        }),
    ]
}

fn channel_row() -> impl Strategy<Value = ChannelRow> {
    let confirmed = (units(), time(), any::<i32>(), any::<u32>())
        .prop_map(|(available, at, day, changes)| Acknowledged { available, at, day, changes });
    let state = of(time())
        .prop_map(|at| at.map_or(BackorderState::Kept, |deadline| BackorderState::Held { deadline }));
    let backorder =
        (order(), lines(), state).prop_map(|(owner, lines, state)| Backorder { owner, lines, state });
    prop_oneof![
        (sku(), of(channel_policy())).prop_map(|(sku, policy)| ChannelRow::Policy(sku, policy)),
        (id(), of(backorder)).prop_map(|(id, row)| ChannelRow::Backorder(id, row)),
        (sku(), of(confirmed)).prop_map(|(sku, row)| ChannelRow::Acknowledged(sku, row)),
        (id(), of(remembered())).prop_map(|(id, known)| ChannelRow::Remembered(id, known)),
        floors().prop_map(ChannelRow::Floors),
    ]
}

fn item_row() -> impl Strategy<Value = ItemRow> {
    let bin = ("[A-Za-z0-9_-]{1,32}", name()).prop_map(|(at, bin)| (WarehouseId::stored(&at), bin));
    let item = (of(name()), of(name()), of(name()), of(units()), vec(bin, 0..4)).prop_map(
        |(title, gtin, unit, weight_g, bins)| Item {
            title,
            gtin,
            unit,
            weight_g,
            bins: bins.into_iter().collect(),
        },
    );
    prop_oneof![
        (sku(), of(item)).prop_map(|(sku, item)| ItemRow::Item(sku, item)),
        (id(), of(remembered())).prop_map(|(id, known)| ItemRow::Remembered(id, known)),
        floors().prop_map(ItemRow::Floors),
    ]
}
