//! What can be followed, and how its rows look.

use std::hash::Hash;
use std::ops::RangeInclusive;
use std::sync::Arc;

use tokio::sync::watch;

use crate::actor::house::{ChannelHandle, House, WarehouseHandle};
use crate::actor::view::{Alerts, DeskView, OrderRow, StockRow};
use crate::domain::ids::{Sku, WarehouseId};
use crate::domain::time::Timestamp;
use crate::edge::auth::Caller;
use crate::edge::command::target::Target;
use crate::edge::fault::Problem;
use crate::edge::wire::alert::AlertItem;
use crate::edge::wire::followed::{ClosedWork, FollowedAlert, FollowedOrder, FollowedWork};
use crate::edge::wire::order::fulfilment::FulfilmentAnswer;
use crate::edge::wire::stock::{AvailabilityItem, FollowedLevel, Unavailable};
use crate::edge::wire::text::Text;
use crate::feed::skus::Names;
use crate::feed::{Board, Reader, SkuId, Step, sum};

use super::board;

/// Rows of one frame at most: some ten kilobytes.
const ROWS_MAX: usize = 250;

/// Something that can be followed.
#[derive(Debug, Clone)]
pub(super) enum Topic {
    /// What a channel shows.
    Channel(Arc<ChannelHandle>),
    /// A warehouse's levels.
    Warehouse(Arc<WarehouseHandle>),
    /// A warehouse's part of open orders.
    Work(Arc<WarehouseHandle>, Arc<DeskView>),
    /// Open orders.
    Orders(Arc<DeskView>),
    /// What somebody should look at.
    Alerts(Arc<Alerts>),
}

/// The rows of a step, as they go out; sold-out ones first.
pub(super) struct Written {
    pub(super) step: Step,
    pub(super) items: Vec<u8>,
    /// What the reader's table must add up to then.
    pub(super) total: Option<Total>,
}

/// What a reader's table must add up to.
pub(super) struct Total {
    pub(super) sum: u32,
    pub(super) items: usize,
}

impl Topic {
    /// The topic of a name, for somebody who may follow it.
    pub(super) fn find(house: &House, caller: &Caller, name: &str) -> Result<Self, Problem> {
        let topic = match name.split_once(':') {
            Some(("channel", id)) => Self::Channel(house.channel(&Target::read(id)?)?.clone()),
            Some(("warehouse", id)) => {
                let id: WarehouseId = Target::read(id)?;
                Self::Warehouse(house.warehouse(&id)?.clone())
            }
            Some(("work", id)) => {
                let id: WarehouseId = Target::read(id)?;
                Self::Work(house.warehouse(&id)?.clone(), house.desks.view.clone())
            }
            None if name == "orders" => Self::Orders(house.desks.view.clone()),
            None if name == "alerts" => Self::Alerts(house.desks.alerts.clone()),
            _ => {
                let detail = "topic: `channel:<id>`, `warehouse:<id>`, `work:<warehouse>`, `orders` and `alerts` can be followed";
                return Err(Problem { code: "unknown_topic", ..Problem::invalid("topic", detail) });
            }
        };
        topic.must_be_open_to(caller)?;
        Ok(topic)
    }

    /// Refuses who may not follow it.
    pub(super) fn must_be_open_to(&self, caller: &Caller) -> Result<(), Problem> {
        match self {
            Self::Channel(channel) => caller.must_read(&channel.spec.id),
            Self::Warehouse(warehouse) => caller.must_see_stock(&warehouse.spec.id),
            Self::Work(warehouse, _) => caller.must_see_work(&warehouse.spec.id),
            Self::Orders(_) | Self::Alerts(_) => caller.must_read_all(),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Channel(channel) => format!("channel:{}", channel.spec.id),
            Self::Warehouse(warehouse) => format!("warehouse:{}", warehouse.spec.id),
            Self::Work(warehouse, _) => format!("work:{}", warehouse.spec.id),
            Self::Orders(_) => "orders".to_owned(),
            Self::Alerts(_) => "alerts".to_owned(),
        }
    }

    /// Whether its rows are SKUs, of which a reader may want some alone.
    pub(super) const fn has_skus(&self) -> bool {
        matches!(self, Self::Channel(_) | Self::Warehouse(_))
    }

    /// The name of its order of changes, and the places in it a reader may go on from: the oldest and the newest.
    pub(super) fn view(&self) -> (u64, RangeInclusive<u64>) {
        fn of<K: Clone + Eq + Hash, E>(board: &Board<K, E>) -> (u64, RangeInclusive<u64>) {
            (board.latest().view(), board.floor()..=board.latest().offset())
        }
        match self {
            Self::Channel(channel) => channel.feed.read(|latest| (latest.view(), 0..=latest.offset())),
            Self::Warehouse(warehouse) => {
                warehouse.view.levels(|levels| (levels.latest().view(), 0..=levels.latest().offset()))
            }
            Self::Work(warehouse, desks) => {
                desks.follow(|followed| followed.work(&warehouse.spec.id).map_or((0, 0..=0), of))
            }
            Self::Orders(desks) => desks.follow(|followed| of(followed.orders())),
            Self::Alerts(alerts) => alerts.follow(|followed| of(followed.board())),
        }
    }

    /// Where to wait for its changes.
    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        match self {
            Self::Channel(channel) => channel.feed.bell.listen(),
            Self::Warehouse(warehouse) => warehouse.view.bell.listen(),
            Self::Work(warehouse, desks) => desks.listen_to_work(&warehouse.spec.id),
            Self::Orders(desks) => desks.listen_to_orders(),
            Self::Alerts(alerts) => alerts.listen(),
        }
    }

    /// Takes a reader one step on. What the step's rows show is read in the same moment, but for rows that `known` says
    /// are written already; so is what its table must add up to, where `due` wants that for its place and it has
    /// everything.
    pub(super) fn step(
        &self,
        house: &House,
        reader: &mut Reader,
        known: impl FnOnce(&Step) -> bool,
        due: impl FnOnce(u64) -> bool,
    ) -> Written {
        let names = house.skus.names();
        match self {
            Self::Channel(channel) => channel.feed.read(|latest| {
                let step = reader.step(latest, &names, ROWS_MAX);
                let shown = |id: SkuId| latest.get(id).map(|(shown, _)| shown);
                let total = (reader.is_at_head(latest) && due(reader.place())).then(|| {
                    total(reader, (latest.sum(), latest.count()), |id| {
                        Some(sum::of_row(names.get(id)?.as_str(), &[shown(id)?.units()]))
                    })
                });
                if known(&step) {
                    return Written { step, items: Vec::new(), total };
                }
                let sold_out = |id: SkuId| shown(id).is_some_and(crate::feed::Shown::is_sold_out);
                let items = written(&step, sold_out, |id, out| {
                    let (Some(sku), Some(shown)) = (names.get(id), shown(id)) else { return false };
                    let (available, state) = (shown.units(), shown.state().name());
                    let sku = Text(sku.clone());
                    let item = AvailabilityItem { sku, available, state, expected_on: None, pickup: None };
                    serde_json::to_writer(out, &item).is_ok()
                });
                Written { step, items, total }
            }),
            Self::Warehouse(warehouse) => {
                let now = house.now();
                warehouse.view.levels(|levels| {
                    let latest = levels.latest();
                    let step = reader.step(latest, &names, ROWS_MAX);
                    let total = (reader.is_at_head(latest) && due(reader.place())).then(|| {
                        let all = (latest.sum(), latest.count());
                        total(reader, all, |id| latest.get(id).map(|(sum, _)| sum))
                    });
                    if known(&step) {
                        return Written { step, items: Vec::new(), total };
                    }
                    let gone = |id: SkuId| {
                        let row = names.get(id).and_then(|sku| levels.row(sku));
                        row.is_some_and(|row| row.level.net() <= 0)
                    };
                    let items = written(&step, gone, |id, out| {
                        let found = names.get(id).and_then(|sku| Some((sku, levels.row(sku)?)));
                        let Some((sku, row)) = found else { return false };
                        serde_json::to_writer(out, &followed(sku, row, now)).is_ok()
                    });
                    Written { step, items, total }
                })
            }
            Self::Work(warehouse, desks) => {
                of_work((&warehouse.spec.id, desks), reader, &names, (known, due))
            }
            Self::Orders(desks) => of_orders(desks, reader, &names, (known, due)),
            Self::Alerts(alerts) => of_alerts(alerts, reader, &names, (known, due)),
        }
    }
}

/// One step along a warehouse's work.
fn of_work(
    (place, desks): (&WarehouseId, &DeskView),
    reader: &mut Reader,
    names: &Names<'_>,
    asked: (impl FnOnce(&Step) -> bool, impl FnOnce(u64) -> bool),
) -> Written {
    desks.follow(|followed| match followed.work(place) {
        Some(work) => board::step(work, reader, names, asked, |(id, number), ended| {
            if let Some(end) = ended {
                return Some(FollowedWork::Closed(ClosedWork::of(place, id, end)));
            }
            let order = followed.order(id)?;
            let part = FulfilmentAnswer::of(order, order.fulfilment(*number)?);
            Some(FollowedWork::Open(Box::new(part)))
        }),
        None => Written { step: Step::Done, items: Vec::new(), total: None },
    })
}

/// One step along the orders.
fn of_orders(
    desks: &DeskView,
    reader: &mut Reader,
    names: &Names<'_>,
    asked: (impl FnOnce(&Step) -> bool, impl FnOnce(u64) -> bool),
) -> Written {
    desks.follow(|followed| {
        board::step(followed.orders(), reader, names, asked, |id, ended| match ended {
            Some(row) => Some(FollowedOrder::of(id, row, true)),
            None => Some(FollowedOrder::of(id, &OrderRow::of(followed.order(id)?), false)),
        })
    })
}

/// One step along the alerts.
fn of_alerts(
    alerts: &Alerts,
    reader: &mut Reader,
    names: &Names<'_>,
    asked: (impl FnOnce(&Step) -> bool, impl FnOnce(u64) -> bool),
) -> Written {
    alerts.follow(|followed| {
        board::step(followed.board(), reader, names, asked, |id, ended| match ended {
            Some(()) => Some(FollowedAlert::Closed { id: *id, closed: true }),
            None => Some(FollowedAlert::Open(Box::new(AlertItem::from(followed.alert(*id)?.clone())))),
        })
    })
}

/// What a reader's table must add up to: `all` of a whole topic, else the sum of its rows.
fn total(reader: &Reader, all: (u32, usize), row: impl Fn(SkuId) -> Option<u32>) -> Total {
    match reader.known() {
        None => Total { sum: all.0, items: all.1 },
        Some(wanted) => added(wanted.iter().filter_map(|id| row(*id))),
    }
}

fn added(rows: impl Iterator<Item = u32>) -> Total {
    let start = Total { sum: 0, items: 0 };
    rows.fold(start, |total, sum| Total {
        sum: total.sum.wrapping_add(sum),
        items: total.items.saturating_add(1),
    })
}

/// A level as readers of a warehouse see it.
fn followed(sku: &Sku, row: &StockRow, now: Timestamp) -> FollowedLevel {
    FollowedLevel {
        sku: Text(sku.clone()),
        on_hand: row.level.on_hand,
        unavailable: Unavailable::of(&row.level),
        reserved: row.level.reserved,
        allocated: row.level.allocated,
        safety_stock: row.policy.as_deref().map_or(0, |policy| policy.safety(now)),
    }
}

/// The rows of a step as a JSON array, those a buyer can't have first: they are what must be known soonest.
pub(super) fn written(
    step: &Step,
    urgent: impl Fn(SkuId) -> bool,
    mut write: impl FnMut(SkuId, &mut Vec<u8>) -> bool,
) -> Vec<u8> {
    let rows = match step {
        Step::Page { rows, .. } | Step::Changes { rows, .. } => rows.as_slice(),
        Step::Done | Step::Again => &[],
    };
    let mut out = Vec::with_capacity(rows.len().saturating_mul(64).saturating_add(2));
    out.push(b'[');
    let (first, rest): (Vec<SkuId>, Vec<SkuId>) = rows.iter().copied().partition(|id| urgent(*id));
    for id in first.into_iter().chain(rest) {
        let before = out.len();
        if before > 1 {
            out.push(b',');
        }
        if !write(id, &mut out) {
            out.truncate(before);
        }
    }
    out.push(b']');
    out
}
