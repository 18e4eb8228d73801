//! A warehouse's levels as confirmed.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use ahash::AHashMap;

use super::alerts::Alerts;
use super::heard::{Heard, Voice};
use super::sales::{Ledger, Sells};
use super::shared::Shared;
use crate::actor::journaled::Watch;
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::{ChannelId, OrderId, Sku, WaitId};
use crate::domain::level::Level;
use crate::domain::policy::{StockPolicy, free};
use crate::domain::time::Timestamp;
use crate::domain::waiting::Waiting;
use crate::domain::warehouse::{Row, Warehouse};
use crate::feed::skus::Names;
use crate::feed::{Bell, ChannelFeed, Latest, SkuId, Skus, Turns, sum};
use crate::journal::Head;
use crate::telemetry::WarehouseMeter;

/// One SKU at one warehouse, as confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StockRow {
    /// The figures.
    pub level: Level,
    /// What is set aside.
    pub policy: Option<Box<StockPolicy>>,
    /// Units that orders wait for.
    pub waiting: i64,
}

impl StockRow {
    /// Units a channel may claim.
    #[must_use]
    pub fn free(&self, channel: &ChannelId, told: bool, now: Timestamp) -> i64 {
        free(&self.level, self.policy.as_deref(), channel, told, now)
    }
}

#[derive(Debug)]
struct Kept {
    id: SkuId,
    row: StockRow,
}

#[derive(Debug)]
struct Stock {
    rows: BTreeMap<Sku, Kept>,
    head: Option<Head>,
    /// The order in which rows changed, with what each adds to the checksum.
    latest: Latest<u32>,
    /// When a SKU's safety stock begins or ends by time.
    turns: Turns,
    /// SKUs whose safety stock may do so and was not looked at yet.
    unscheduled: Vec<SkuId>,
    /// Promises without goods, over all rows.
    deficit: i64,
}

/// A warehouse's levels as confirmed, for any number of readers; also the topic of those who follow them.
#[derive(Debug)]
pub struct StockView {
    stock: Shared<Stock>,
    /// Where readers of the topic wait.
    pub bell: Bell,
}

/// Rows and their order, of one moment.
#[derive(Debug, Clone, Copy)]
pub struct Levels<'a>(&'a Stock);

impl<'a> Levels<'a> {
    /// The order in which rows changed.
    #[must_use]
    pub const fn latest(&self) -> &'a Latest<u32> {
        &self.0.latest
    }

    /// One SKU's row.
    #[must_use]
    pub fn row(&self, sku: &Sku) -> Option<&'a StockRow> {
        self.0.rows.get(sku).map(|kept| &kept.row)
    }
}

impl StockView {
    /// Nothing yet, under a view's random name.
    #[must_use]
    pub fn new(view: u64) -> Self {
        let stock = Stock {
            rows: BTreeMap::new(),
            head: None,
            latest: Latest::new(view, 0),
            turns: Turns::default(),
            unscheduled: Vec::new(),
            deficit: 0,
        };
        Self { stock: Shared::new(stock), bell: Bell::default() }
    }

    /// One SKU.
    #[must_use]
    pub fn row(&self, sku: &Sku) -> Option<StockRow> {
        self.with(sku, |row| row.cloned())
    }

    /// Something of one SKU, without a copy of it.
    pub fn with<T>(&self, sku: &Sku, read: impl FnOnce(Option<&StockRow>) -> T) -> T {
        read(self.stock.read().rows.get(sku).map(|kept| &kept.row))
    }

    /// Rows and their order, of one moment; changes wait meanwhile, so read little.
    pub fn levels<T>(&self, read: impl FnOnce(Levels<'_>) -> T) -> T {
        read(Levels(&self.stock.read()))
    }

    /// Up to `limit` SKUs after `after`, in order.
    #[must_use]
    pub fn skus_after(&self, after: Option<&Sku>, limit: usize) -> Vec<Sku> {
        let mut skus = Vec::new();
        self.rows_after(after, limit, |sku, _, _| skus.push(sku.clone()));
        skus
    }

    /// Looks at up to `limit` rows after `after`, in order; answers the last one's SKU, `None` where there was none.
    pub fn rows_after(
        &self,
        after: Option<&Sku>,
        limit: usize,
        mut look: impl FnMut(&Sku, SkuId, &StockRow),
    ) -> Option<Sku> {
        let stock = self.stock.read();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = stock.rows.range::<Sku, _>((from, Bound::Unbounded)).take(limit);
        let last = rows.inspect(|(sku, kept)| look(sku, kept.id, &kept.row)).last();
        last.map(|(sku, _)| sku.clone())
    }

    /// Tells readers of the topic what time alone has changed by `now`.
    pub fn turn(&self, now: Timestamp, names: &Names<'_>) {
        let stock = self.stock.read();
        if stock.unscheduled.is_empty() && !stock.turns.is_due(now) {
            return;
        }
        drop(stock);
        let mut stock = self.stock.write();
        stock.turn(now, names);
        let offset = stock.latest.offset();
        drop(stock);
        self.bell.ring(offset);
    }

    /// Promises without goods, over all SKUs.
    #[must_use]
    pub fn deficit(&self) -> i64 {
        self.stock.read().deficit
    }

    /// The head the rows stand at.
    #[must_use]
    pub fn head(&self) -> Head {
        self.stock.read().head.unwrap_or(Head::GENESIS)
    }
}

/// Keeps a [`StockView`] up to date, and tells the channels that draw on the warehouse which SKUs to look at again.
#[derive(Debug)]
pub struct StockWatch {
    view: Arc<StockView>,
    skus: Arc<Skus>,
    channels: Arc<[Arc<ChannelFeed>]>,
    meter: WarehouseMeter,
    served: Served,
    minutes: Minutes,
    /// What waits, as confirmed: the view keeps only sums.
    waiting: AHashMap<WaitId, (Sku, i64)>,
}

/// Who takes down what happens at a warehouse.
#[derive(Debug, Clone)]
pub struct Minutes {
    /// What somebody should look at.
    pub alerts: Arc<Alerts>,
    /// What was sold, and whom the house heard of.
    pub ledger: Arc<Ledger>,
}

/// Told of an order for each of its waiting claims that was served and is not booked yet, whenever such a claim is
/// confirmed or loaded. Called on the actor's thread: must be quick and must not wait.
#[derive(Clone)]
pub struct Served(pub Arc<dyn Fn(&OrderId) + Send + Sync>);

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Served")
    }
}

impl StockWatch {
    /// Follows into this view, tells these channels, the desks and those who take it down, and counts on these meters.
    #[must_use]
    pub fn new(
        view: Arc<StockView>,
        skus: Arc<Skus>,
        channels: Arc<[Arc<ChannelFeed>]>,
        meter: WarehouseMeter,
        served: Served,
        minutes: Minutes,
    ) -> Self {
        Self { view, skus, channels, meter, served, minutes, waiting: AHashMap::new() }
    }

    /// Takes in how a waiting claim stands; answers how many units more (or less) of which SKU wait.
    fn wait(&mut self, id: &WaitId, row: Option<&Waiting>) -> Option<(Sku, i64)> {
        let before = match row {
            Some(row) => self.waiting.insert(id.clone(), (row.sku.clone(), row.quantity)),
            None => self.waiting.remove(id),
        };
        if let Some(row) = row.filter(|row| row.unacknowledged() > 0) {
            (self.served.0)(&row.owner);
        }
        let sku = row.map(|row| row.sku.clone()).or_else(|| before.as_ref().map(|(sku, _)| sku.clone()))?;
        let now = row.map_or(0, |row| row.quantity);
        Some((sku, now.saturating_sub(before.map_or(0, |(_, units)| units))))
    }

    /// Brings what waits up to date. Its SKUs' levels stand in the same batch, so nobody is told once more.
    fn waited(&mut self, rows: &[Row]) {
        for row in rows {
            if let Row::Waiting(id, row) = row
                && let Some((sku, more)) = self.wait(id, row.as_ref()).filter(|(_, more)| *more != 0)
                && let Some(kept) = self.view.stock.write().rows.get_mut(&sku)
            {
                kept.row.waiting = kept.row.waiting.saturating_add(more);
            }
        }
    }

    fn heard(&self) -> &Heard {
        &self.minutes.ledger.heard
    }

    fn count(&self, machine: &Warehouse, facts: &[(Option<usize>, Fact)], at: Timestamp) {
        let mut asked: Vec<&ChannelId> = Vec::new();
        for (_, fact) in facts {
            match fact.kind {
                FactKind::Expired => self.meter.expired(),
                FactKind::Oversold => self.meter.oversold(),
                FactKind::NegativeStock => self.meter.negative(),
                _ => {}
            }
            if let Some(channel) = fact.channel.as_ref().filter(|_| fact.kind == FactKind::Reserved)
                && !asked.contains(&channel)
            {
                asked.push(channel);
            }
            if let Some(source) = &fact.source {
                let source = Voice::Source(machine.id().clone(), source.clone());
                self.heard().note(&source, fact.time.unwrap_or(at), "count");
            }
            self.minutes.alerts.note_stock(machine.id(), fact);
        }
        for channel in asked {
            self.heard().note(&Voice::Channel(channel.clone()), at, "reserved");
        }
        self.open(machine);
    }

    fn open(&self, machine: &Warehouse) {
        self.meter.open(machine.holds_len(), machine.allocations_len(), self.waiting.len());
    }
}

impl Stock {
    /// Changes a SKU's row.
    fn change(&mut self, id: SkuId, sku: Sku, change: impl FnOnce(&mut StockRow)) -> SkuId {
        let kept = self.rows.entry(sku.clone()).or_insert_with(|| Kept { id, row: StockRow::default() });
        let before = kept.row.level.deficit();
        change(&mut kept.row);
        self.deficit = self.deficit.saturating_add(kept.row.level.deficit()).saturating_sub(before);
        self.put(&sku, id);
        id
    }

    /// Notes that a row changed, and that its safety stock may turn by time.
    fn put(&mut self, sku: &Sku, id: SkuId) {
        self.tell(sku, id);
        let policy = self.rows.get(sku).and_then(|kept| kept.row.policy.as_deref());
        let set = policy.and_then(|policy| policy.safety_stock);
        if set.is_some_and(|set| set.from.is_some() || set.until.is_some()) {
            self.unscheduled.push(id);
        } else {
            self.turns.set(id, None);
        }
    }

    /// Notes that readers are to see a row again.
    fn tell(&mut self, sku: &Sku, id: SkuId) {
        let Some(kept) = self.rows.get(sku) else { return };
        let before = self.latest.get(id).map_or(0, |(sum, _)| sum);
        let level = &kept.row.level;
        let now = sum::of_row(sku.as_str(), &[level.on_hand, level.reserved, level.allocated]);
        self.latest.put(id, now, (before, now));
    }

    /// Tells of every row whose safety stock has turned by `now`, or may have since it was set, and notes its next turn.
    fn turn(&mut self, now: Timestamp, names: &Names<'_>) {
        let mut due = self.turns.due(now);
        due.append(&mut self.unscheduled);
        for id in due {
            let Some(sku) = names.get(id) else { continue };
            self.tell(sku, id);
            let policy = self.rows.get(sku).and_then(|kept| kept.row.policy.as_deref());
            let set = policy.and_then(|policy| policy.safety_stock);
            self.turns.set(id, set.and_then(|set| set.turn(now)));
        }
    }
}

impl Watch<Warehouse> for StockWatch {
    fn loaded(&mut self, machine: &Warehouse, head: Head) {
        let mut rows: BTreeMap<Sku, Kept> = BTreeMap::new();
        let skus = self.skus.clone();
        let entry = |rows: &mut BTreeMap<Sku, Kept>, sku: &Sku, fill: &dyn Fn(&mut StockRow)| {
            let (id, sku) = skus.intern(sku);
            fill(&mut rows.entry(sku).or_insert(Kept { id, row: StockRow::default() }).row);
        };
        for (sku, level) in machine.levels() {
            entry(&mut rows, sku, &|row| row.level = *level);
        }
        for (sku, policy) in machine.policies() {
            entry(&mut rows, sku, &|row| row.policy = Some(Box::new(policy.clone())));
        }
        self.waiting.clear();
        for (id, row) in machine.waiting().iter() {
            if let Some((sku, more)) = self.wait(id, Some(row)) {
                entry(&mut rows, &sku, &|row| row.waiting = row.waiting.saturating_add(more));
            }
        }
        self.open(machine);
        for (source, as_of) in machine.sources() {
            self.heard().note(&Voice::Source(machine.id().clone(), source.clone()), as_of, "count");
        }
        self.minutes.ledger.loaded(head);
        let deficit = machine.levels().fold(0_i64, |sum, (_, level)| sum.saturating_add(level.deficit()));
        let many = self.skus.names().count();
        let mut stock = self.view.stock.write();
        stock.deficit = deficit;
        let before = std::mem::replace(&mut stock.rows, rows);
        // What was there and is not any more, because the store lost it, reads as nothing.
        for (sku, Kept { id, .. }) in
            before.iter().filter(|(sku, _)| !stock.rows.contains_key(*sku)).collect::<Vec<_>>()
        {
            stock.rows.insert(sku.clone(), Kept { id: *id, row: StockRow::default() });
        }
        let changed = stock
            .rows
            .iter()
            .filter(|(sku, kept)| before.get(*sku).is_none_or(|known| known.row != kept.row));
        let changed: Vec<(Sku, SkuId)> = changed.map(|(sku, kept)| (sku.clone(), kept.id)).collect();
        stock.latest.reserve(many);
        for (sku, id) in &changed {
            stock.put(sku, *id);
        }
        stock.head = Some(head);
        let offset = stock.latest.offset();
        drop(stock);
        self.view.bell.ring(offset);
        self.channels.iter().for_each(|channel| channel.news.mark_all());
    }

    fn confirmed(
        &mut self,
        machine: &Warehouse,
        rows: &[Row],
        facts: &[(Option<usize>, Fact)],
        head: Head,
        at: Timestamp,
    ) {
        // Before the rows are locked: whoever holds the SKUs may wait for rows, so who holds rows never waits for SKUs.
        let known: Vec<Option<(SkuId, Sku)>> =
            rows.iter().map(|row| Some(self.skus.intern(sku_of(row)?))).collect();
        let mut stock = self.view.stock.write();
        if stock.head.is_some_and(|seen| seen.version >= head.version) {
            // An actor that hung and was replaced wakes up late: its successor has loaded more than this.
            return;
        }
        let mut touched = Vec::new();
        for (row, known) in rows.iter().zip(known) {
            let Some((id, sku)) = known else { continue };
            match row {
                Row::Level(_, level) => {
                    let level = level.unwrap_or_default();
                    touched.push(stock.change(id, sku, |row| row.level = level));
                }
                Row::Policy(_, policy) => {
                    let policy = policy.clone().map(Box::new);
                    touched.push(stock.change(id, sku, |row| row.policy = policy));
                }
                Row::Totals(_)
                | Row::Hold(..)
                | Row::Allocation(..)
                | Row::Waiting(..)
                | Row::Mark(..)
                | Row::Bucket(..)
                | Row::Remembered(..)
                | Row::Floors(_) => {}
            }
        }
        stock.head = Some(head);
        let offset = stock.latest.offset();
        drop(stock);
        self.waited(rows);
        self.count(machine, facts, at);
        let sales = Warehouse::sales(at, facts, rows);
        sales.iter().for_each(|sale| self.meter.sold(sale.channel.as_str(), sale.sold.units));
        self.minutes.ledger.confirmed(head, at, &sales);
        if !touched.is_empty() {
            self.view.bell.ring(offset);
            self.channels.iter().for_each(|channel| channel.news.mark(&touched));
        }
    }
}

/// The SKU whose row in the view changes, if any.
const fn sku_of(row: &Row) -> Option<&Sku> {
    match row {
        Row::Level(sku, _) | Row::Policy(sku, _) => Some(sku),
        Row::Totals(_)
        | Row::Hold(..)
        | Row::Allocation(..)
        | Row::Waiting(..)
        | Row::Mark(..)
        | Row::Bucket(..)
        | Row::Remembered(..)
        | Row::Floors(_) => None,
    }
}
