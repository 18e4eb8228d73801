//! The topics of orders and of each warehouse's work: who follows them is told what is open, as it stands now, and of what
//! has ended that it has.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::domain::ids::{ChannelId, FulfilmentId, OrderId, OrderNumber, WarehouseId};
use crate::domain::order::{Commercial, Fulfilment, FulfilmentState, Line, Order};
use crate::domain::time::Timestamp;
use crate::feed::{Bell, Board, sum};

/// An order as its followers see it. Nothing of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderRow {
    /// What its channel calls it.
    pub number: OrderNumber,
    /// Where it was bought.
    pub channel: ChannelId,
    /// The commercial axis.
    pub state: Commercial,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Whether its promise has passed.
    pub late: bool,
    /// Units over all lines: ordered, unrouted, backordered, allocated, shipped, cancelled, returned.
    pub units: [i64; 7],
}

impl OrderRow {
    /// An order as it stands.
    #[must_use]
    pub fn of(order: &Order) -> Self {
        let of_line = |line: &Line| {
            let Line { ordered, unrouted, backordered, allocated, shipped, cancelled, returned, .. } = line;
            [*ordered, *unrouted, *backordered, *allocated, *shipped, *cancelled, *returned]
        };
        let mut units = [0_i64; 7];
        for line in order.lines.iter().filter(|line| line.stock) {
            units.iter_mut().zip(of_line(line)).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        }
        Self {
            number: order.number.clone(),
            channel: order.channel.clone(),
            state: if order.withdrawn { Commercial::Cancelled } else { order.state },
            placed_at: order.placed_at,
            updated_at: order.updated_at,
            late: order.late_told,
            units,
        }
    }

    /// What it adds to the checksum.
    fn sum(&self, id: &OrderId) -> u32 {
        sum::of_row(&format!("{id}:{}", self.state), &self.units)
    }
}

/// A warehouse's part of an order that is no work any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkEnd {
    /// Which part.
    pub fulfilment: FulfilmentId,
    /// What its channel calls the order.
    pub number: OrderNumber,
    /// Where it was bought.
    pub channel: ChannelId,
    /// How it ended.
    pub state: FulfilmentState,
}

/// A part of an order, by its number.
type PartKey = (OrderId, u32);

#[derive(Debug)]
struct WorkTopic {
    board: Board<PartKey, WorkEnd>,
    bell: Arc<Bell>,
}

/// All topics.
pub(super) struct Following {
    views: fastrand::Rng,
    orders: Board<OrderId, OrderRow>,
    pub(super) orders_bell: Arc<Bell>,
    work: BTreeMap<WarehouseId, WorkTopic>,
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Following").field("orders", &self.orders.open()).finish_non_exhaustive()
    }
}

impl Default for Following {
    fn default() -> Self {
        Self::new(fastrand::Rng::with_seed(0))
    }
}

/// Finds an open order.
type OpenOrder<'a> = &'a dyn Fn(&OrderId) -> Option<&'a Arc<Order>>;

/// The topics, of one moment.
pub struct Followed<'a> {
    following: &'a Following,
    order: OpenOrder<'a>,
}

impl fmt::Debug for Followed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.following.fmt(f)
    }
}

impl<'a> Followed<'a> {
    pub(super) const fn new(following: &'a Following, order: OpenOrder<'a>) -> Self {
        Self { following, order }
    }

    /// The topic of orders.
    #[must_use]
    pub const fn orders(&self) -> &'a Board<OrderId, OrderRow> {
        &self.following.orders
    }

    /// The topic of a warehouse's work; `None` where nobody has followed it and it never had any.
    #[must_use]
    pub fn work(&self, warehouse: &WarehouseId) -> Option<&'a Board<PartKey, WorkEnd>> {
        self.following.work.get(warehouse).map(|topic| &topic.board)
    }

    /// An open order.
    #[must_use]
    pub fn order(&self, id: &OrderId) -> Option<&'a Order> {
        (self.order)(id).map(Arc::as_ref)
    }
}

impl Following {
    pub(super) fn new(mut views: fastrand::Rng) -> Self {
        let orders = Board::new(views.u64(..));
        Self { views, orders, orders_bell: Arc::default(), work: BTreeMap::new() }
    }

    /// Takes in that an order has changed: as it was and is, where it was and is open, and how it ended.
    pub(super) fn take(&mut self, before: Option<&Order>, after: Option<&Order>, last: Option<&Order>) {
        let shown = after.filter(|order| !order.withdrawn);
        match (shown, after.or(last).or(before)) {
            (Some(order), _) => {
                let row = OrderRow::of(order);
                if before.map(OrderRow::of).as_ref() != Some(&row) || !self.orders.is_open(&order.id) {
                    self.orders.put(&order.id, row.sum(&order.id));
                }
            }
            (None, Some(order)) => self.orders.end(&order.id, OrderRow::of(order)),
            (None, None) => {}
        }
        if let Some(order) = shown {
            let open = order.fulfilments.iter().filter(|part| is_work(part));
            open.for_each(|part| self.work_on(order, part, before));
        }
        let Some(order) = before else { return };
        for part in order.fulfilments.iter().filter(|part| is_work(part)) {
            let is = after.or(last).and_then(|order| order.fulfilment(part.number));
            if shown.is_none() || !is.is_some_and(is_work) {
                let is = is.filter(|is| !is_work(is));
                let state = is.map_or(FulfilmentState::Cancelled, |is| is.state);
                self.work_ended(order, part, state);
            }
        }
    }

    fn work_on(&mut self, order: &Order, part: &Fulfilment, before: Option<&Order>) {
        let view = self.views.u64(..);
        let topic = self.work.entry(part.warehouse.clone()).or_insert_with(|| WorkTopic::new(view));
        let key = (order.id.clone(), part.number);
        let same = before.is_some_and(|before| {
            before.fulfilment(part.number) == Some(part)
                && before.terms == order.terms
                && before.destination == order.destination
        });
        if !same || !topic.board.is_open(&key) {
            topic.board.put(&key, sum_of_part(order, part));
        }
    }

    fn work_ended(&mut self, order: &Order, part: &Fulfilment, state: FulfilmentState) {
        let Some(topic) = self.work.get_mut(&part.warehouse) else { return };
        let fulfilment = part.id(&order.id);
        let (number, channel) = (order.number.clone(), order.channel.clone());
        topic.board.end(&(order.id.clone(), part.number), WorkEnd { fulfilment, number, channel, state });
    }

    /// The bell of a warehouse's work. A warehouse that never had any has a topic from here on.
    pub(super) fn work_at(&mut self, warehouse: &WarehouseId) -> Arc<Bell> {
        let view = self.views.u64(..);
        self.work.entry(warehouse.clone()).or_insert_with(|| WorkTopic::new(view)).bell.clone()
    }

    /// Every bell with the offset it is to be rung at.
    pub(super) fn rung(&self) -> Vec<(Arc<Bell>, u64)> {
        let orders = (self.orders_bell.clone(), self.orders.latest().offset());
        let work = self.work.values().map(|topic| (topic.bell.clone(), topic.board.latest().offset()));
        std::iter::once(orders).chain(work).filter(|(bell, offset)| bell.rung() < *offset).collect()
    }
}

impl WorkTopic {
    fn new(view: u64) -> Self {
        Self { board: Board::new(view), bell: Arc::default() }
    }
}

/// Whether its warehouse has it before it: asked for, and not gone.
const fn is_work(part: &Fulfilment) -> bool {
    part.state.is_allocated()
}

fn sum_of_part(order: &Order, part: &Fulfilment) -> u32 {
    let units = part.lines.iter().fold(0_i64, |sum, line| sum.saturating_add(line.quantity));
    sum::of_row(&format!("{}:{}", part.id(&order.id), part.state), &[units])
}
