//! The views follow what is confirmed, and the desks hear of what was served.

use std::sync::Arc;

use super::{
    Alerts, Calendar, ChannelTerms, Heard, Minutes, PolicyWatch, RowView, Sales, Served, StockView,
    StockWatch, Voice,
};
use crate::actor::journaled::Watch;
use crate::domain::channel::{Channel, ChannelCommand, ClaimBackorder, SetChannelPolicy};
use crate::domain::fact::{Fact, FactKind, FactLine};
use crate::domain::hold::ClaimLine;
use crate::domain::ids::{ChannelId, CommandId, OrderId, Sku, WarehouseId};
use crate::domain::level::Level;
use crate::domain::machine::{Closed, Draft, Envelope, Machine, Moment};
use crate::domain::memory::Windows;
use crate::domain::policy::Scheduled;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::warehouse::{Command, Movement, MovementKind, Rules, WaitForStock, Warehouse};
use crate::feed::{Backlog, ChannelFeed, Skus};
use crate::journal::locked::Locked;
use crate::journal::{Head, JournalId, JournalKind};
use crate::telemetry::Metrics;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const WINDOWS: Windows = Windows { hold_ms: 900_000, movement_ms: 900_000, ids_max: 100 };

fn sku() -> Sku {
    Sku::parse("TEE-M").unwrap()
}

fn decide<M: Machine>(machine: &mut M, id: &str, command: &M::Command) -> Closed<M> {
    let moment = Moment { now: NOW, version: 1, may_expire: true };
    let id = CommandId::parse(id).unwrap();
    let envelope = Envelope { id, time: NOW, timed: true, fingerprint: 1, actor: None, trace: None };
    let mut draft = Draft::default();
    draft.decide(machine, &moment, &envelope, command).unwrap();
    draft.close(machine)
}

fn wait(order: &str) -> Command {
    Command::Wait(WaitForStock {
        channel: ChannelId::parse("web").unwrap(),
        owner: OrderId::parse(order).unwrap(),
        sku: sku(),
        quantity: 3,
        told: false,
        priority: 0,
        promise: None,
        accepted_at: NOW,
    })
}

fn receive(quantity: i64) -> Command {
    let kind = MovementKind::Receive(None);
    Command::Move(Movement { sku: sku(), kind, quantity, reference: None, reason: None, occurred_at: None })
}

#[derive(Debug)]
struct StillClock;

impl Clock for StillClock {
    fn wall(&self) -> Timestamp {
        NOW
    }

    fn boottime(&self) -> i64 {
        0
    }
}

fn alerts() -> Alerts {
    Alerts::new(Arc::new(StillClock), Arc::new(Metrics::new()), 1)
}

type Told = Arc<Locked<Vec<String>>>;

fn stock_watch(view: &Arc<StockView>) -> (StockWatch, Told) {
    let told = Told::default();
    let heard = told.clone();
    let served = Served(Arc::new(move |order| heard.with(|heard| heard.push(order.to_string()))));
    let meter = Metrics::new().warehouse("BER");
    let ledger = Sales::new(Calendar::default()).ledger(JournalId::new(JournalKind::Warehouse, "BER"));
    let minutes = Minutes { alerts: Arc::new(alerts()), ledger };
    (StockWatch::new(view.clone(), Arc::default(), Arc::new([]), meter, served, minutes), told)
}

/// Units that wait are summed over what is confirmed; each order that was served is told, once more after a load, and no
/// more once its desk has booked.
#[test]
fn desks_hear_of_served_orders() {
    let rules = Rules { max_hold_ms: 60_000, count_horizon_ms: 60_000, windows: WINDOWS };
    let mut warehouse = Warehouse::new(WarehouseId::parse("BER").unwrap(), rules);
    let view = Arc::new(StockView::new(1));
    let (mut watch, told) = stock_watch(&view);
    watch.loaded(&warehouse, Head::GENESIS);
    let mut version = 0;
    let mut confirm = |warehouse: &mut Warehouse, watch: &mut StockWatch, id: &str, command: Command| {
        version += 1;
        let closed = decide(warehouse, id, &command);
        watch.confirmed(warehouse, &closed.rows, &closed.facts, Head { version, nonce: version }, NOW);
        (view.row(&sku()).unwrap().waiting, told.with(std::mem::take))
    };
    assert_eq!(confirm(&mut warehouse, &mut watch, "w-1", wait("07-1")), (3, vec![]));
    assert_eq!(confirm(&mut warehouse, &mut watch, "w-2", wait("07-2")), (6, vec![]));
    assert_eq!(
        confirm(&mut warehouse, &mut watch, "m-1", receive(4)),
        (2, vec!["07-1".into(), "07-2".into()])
    );
    let booked = Command::AckServed { id: CommandId::parse("w-1").unwrap(), upto: 3 };
    assert_eq!(confirm(&mut warehouse, &mut watch, "a-1", booked), (2, vec![]));

    let again = Arc::new(StockView::new(2));
    let (mut watch, told) = stock_watch(&again);
    watch.loaded(&warehouse, Head::GENESIS);
    assert_eq!(again.row(&sku()).unwrap().waiting, 2);
    assert_eq!(told.with(std::mem::take), ["07-2"]);
}

/// What is sold beyond stock takes from the room as it is confirmed, the channel looks at those SKUs again, and a load
/// says the same.
#[test]
fn room_follows_open_backorders() {
    let mut channel = Channel::new(WINDOWS);
    let (skus, feed) =
        (Arc::new(Skus::default()), Arc::new(ChannelFeed::new(1, Backlog::default(), Arc::default())));
    let view: Arc<RowView<ChannelTerms>> = Arc::default();
    let heard = (Arc::new(Heard::default()), Voice::Channel(ChannelId::stored("web")));
    let mut watch = PolicyWatch::new(view.clone(), feed.clone(), skus.clone(), heard.clone());
    let mut confirm = |id: &str, command: ChannelCommand| {
        let closed = decide(&mut channel, id, &command);
        drop(feed.news.take());
        watch.confirmed(&channel, &closed.rows, &closed.facts, Head { version: 1, nonce: 1 }, NOW);
        let marked = feed.news.take().skus;
        assert_eq!(marked, skus.find(&sku()).into_iter().collect::<Vec<_>>(), "{command:?}");
        let fresh: Arc<RowView<ChannelTerms>> = Arc::default();
        let mut again = PolicyWatch::new(fresh.clone(), feed.clone(), skus.clone(), heard.clone());
        again.loaded(&channel, Head::GENESIS);
        assert_eq!(fresh.row(&sku()), view.row(&sku()), "{command:?}");
        view.row(&sku()).map(|terms| terms.room(0, NOW))
    };
    let limit = |value: Option<i64>| {
        let backorder_limit = Some(value.map(Scheduled::always));
        let (buffer, cap, low_at, preorder) = (None, None, None, None);
        ChannelCommand::from(SetChannelPolicy { sku: sku(), buffer, cap, low_at, backorder_limit, preorder })
    };
    let lines = vec![ClaimLine { sku: sku(), quantity: 3 }];
    let owner = OrderId::parse("07-1").unwrap();
    let sold =
        ChannelCommand::Backorder(ClaimBackorder { owner, lines, limit: 0, ttl_ms: 9_000, told: false });
    let close = |units: i64| ChannelCommand::CloseBackorder {
        id: CommandId::parse("b-1").unwrap(),
        left: vec![ClaimLine { sku: sku(), quantity: units }],
    };
    assert_eq!(confirm("p-1", limit(Some(5))), Some(5));
    assert_eq!(confirm("b-1", sold), Some(2));
    assert_eq!(confirm("c-1", close(1)), Some(4));
    assert_eq!(confirm("p-2", limit(None)), Some(0));
    assert_eq!(confirm("c-2", close(0)), None);
}

/// Alerts of all kinds stand in one order, many of one kind leave those of another, and what is no alert is not kept.
#[test]
fn many_alerts_of_one_kind_hide_no_other() {
    const KEPT: usize = 1_000;
    let alerts = alerts();
    let warehouse = WarehouseId::parse("BER").unwrap();
    let fact = |kind, name: &str| {
        let sku = Sku::parse(name).unwrap();
        Fact::new(kind).lines(vec![FactLine { sku, change: 0, after: Level::default(), previous: 1 }])
    };
    alerts.note_stock(&warehouse, &Fact::new(FactKind::TailLost));
    alerts.note_stock(&warehouse, &fact(FactKind::Received, "A"));
    for at in 0..KEPT + 10 {
        alerts.note_stock(&warehouse, &fact(FactKind::SoldOut, &format!("A-{at}")));
    }
    alerts.note_stock(&warehouse, &fact(FactKind::BackInStock, "A-1"));
    let all = alerts.newest(usize::MAX, |_| true);
    assert_eq!(all.len(), KEPT + 2);
    assert_eq!((all[0].kind, all[1].kind), ("back_in_stock", "sold_out"));
    assert_eq!(all[1].sku, Sku::parse(&format!("A-{}", KEPT + 9)).ok());
    assert_eq!((all[KEPT + 1].kind, &all[KEPT + 1].sku), ("tail_lost", &None));
    assert_eq!(alerts.newest(3, |alert| alert.kind == "sold_out").len(), 3);
    assert_eq!((Alerts::kind("sold_out"), Alerts::kind("stock_received")), (Some("sold_out"), None));
}
