//! What the simulated people wrote down: the only source of the receipt.
//!
//! Promises are noted when the daemon has answered and struck before they are let go of; goods that arrive are noted before
//! they are booked, goods that leave after. So at every moment the ledger's promises are at most the daemon's and its
//! goods at least the daemon's, and an oversold unit in these books is one in truth.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::merchant::GUEST_SKU;
use crate::client::{Fulfilment, HeldLine, Order};

/// Orders read back after a kill: enough to notice a loss, few enough to read within a second.
const ORDERS_KEPT: usize = 1_000;

/// Ended fulfilments that are remembered, so that an answer read late does not bring one back.
const ENDED_KEPT: usize = 20_000;

/// News nobody has shown yet; more would only scroll by.
const NEWS_KEPT: usize = 50;

/// Units of one SKU at one warehouse since the demo opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) opening: i64,
    pub(super) received: i64,
    pub(super) returned: i64,
    /// Units that came from other warehouses, less those that went there.
    pub(super) transferred: i64,
    pub(super) shipped: i64,
    pub(super) scrapped: i64,
    /// What counts, adjustments and goods not found added or took.
    pub(super) corrected: i64,
    /// Units among those on hand that are broken.
    pub(super) damaged: i64,
    /// Units held or promised.
    pub(super) held: i64,
}

impl Cell {
    /// What must lie on the shelf.
    pub(super) fn on_hand(&self) -> i64 {
        self.opening + self.received + self.returned + self.transferred - self.shipped - self.scrapped
            + self.corrected
    }

    /// What nobody holds and could be sold.
    pub(super) fn free(&self) -> i64 {
        self.on_hand() - self.damaged - self.held
    }

    /// Adds another cell, for sums over a warehouse.
    pub(super) fn add(&mut self, other: &Self) {
        self.opening += other.opening;
        self.received += other.received;
        self.returned += other.returned;
        self.transferred += other.transferred;
        self.shipped += other.shipped;
        self.scrapped += other.scrapped;
        self.corrected += other.corrected;
        self.damaged += other.damaged;
        self.held += other.held;
    }
}

/// An acknowledged order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bought {
    pub(super) ordered: i64,
    /// Parts of it that have left, as far as was acknowledged.
    pub(super) left: Vec<String>,
}

impl Bought {
    fn left(&mut self, part: String) {
        if !self.left.contains(&part) {
            self.left.push(part);
        }
    }
}

/// Units of an order that wait for goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) number: String,
    pub(super) channel: String,
    pub(super) sku: String,
    pub(super) warehouse: String,
}

/// Events since the demo opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counters {
    /// Visits of customers.
    pub(super) carts: u64,
    pub(super) refused: u64,
    pub(super) amended: u64,
    pub(super) abandoned: u64,
    /// Orders acknowledged, each once.
    pub(super) orders: u64,
    /// Parts that left, sales over the counter among them.
    pub(super) shipped: u64,
    pub(super) delivered: u64,
    pub(super) cancelled: u64,
    pub(super) returned: u64,
    /// Parts that another warehouse took over.
    pub(super) resourced: u64,
    /// Answers that fit no expectation; none is right.
    pub(super) surprises: u64,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) cells: BTreeMap<(String, String), Cell>,
    /// Reservations acknowledged and not ended since, by id.
    pub(super) carts: HashMap<String, Vec<HeldLine>>,
    /// What fulfilments and transfers are promised, by id.
    promised: HashMap<String, Vec<HeldLine>>,
    ended: (HashSet<String>, VecDeque<String>),
    /// The newest orders, by their id over all channels, for reading back after a kill.
    pub(super) orders: (HashMap<String, Bought>, VecDeque<String>),
    /// Orders that wait for goods, by id.
    pub(super) waiting: BTreeMap<String, Waiting>,
    pub(super) counters: Counters,
    /// What happened and is worth a line: its kind, and the line.
    pub(super) news: VecDeque<(&'static str, String)>,
    /// The first surprise, in words.
    pub(super) surprise: Option<String>,
    /// Milliseconds of the slowest answer since it was last shown.
    pub(super) slowest_ms: u128,
}

impl Ledger {
    /// The cell of a SKU at a warehouse.
    pub(super) fn cell(&mut self, warehouse: &str, sku: &str) -> &mut Cell {
        self.cells.entry((warehouse.to_owned(), sku.to_owned())).or_default()
    }

    /// A cart's hold was acknowledged.
    pub(super) fn hold(&mut self, id: &str, lines: Vec<HeldLine>) {
        self.count_held(&lines, 1);
        self.carts.insert(id.to_owned(), lines);
    }

    /// A cart is about to be let go, or to become an order; returns what it held, to put it back if that is refused.
    pub(super) fn let_go(&mut self, id: &str) -> Vec<HeldLine> {
        let Some(lines) = self.carts.remove(id) else { return Vec::new() };
        self.count_held(&lines, -1);
        lines
    }

    /// Goods were promised to a fulfilment or a transfer.
    pub(super) fn promise(&mut self, id: &str, lines: Vec<HeldLine>) {
        self.unpromise(id);
        if !self.ended.0.contains(id) {
            self.count_held(&lines, 1);
            self.promised.insert(id.to_owned(), lines);
        }
    }

    /// A promise is about to be given up, or may be.
    pub(super) fn unpromise(&mut self, id: &str) {
        if let Some(lines) = self.promised.remove(id) {
            self.count_held(&lines, -1);
        }
    }

    /// A promise has ended for good.
    pub(super) fn end(&mut self, id: &str) {
        self.unpromise(id);
        if self.ended.0.insert(id.to_owned()) {
            self.ended.1.push_back(id.to_owned());
        }
        if self.ended.1.len() > ENDED_KEPT
            && let Some(oldest) = self.ended.1.pop_front()
        {
            self.ended.0.remove(&oldest);
        }
    }

    /// An order came back from the daemon: what its parts are promised, what waits.
    pub(super) fn note(&mut self, order: &Order) {
        for part in &order.fulfilments {
            match part.state.as_str() {
                _ if part.is_open() => self.promise(&part.fulfilment, held_by(part)),
                // Nothing is promised to it yet.
                "proposed" => {}
                _ => self.end(&part.fulfilment),
            }
        }
        let ordered = order.sum(|line| line.ordered);
        let left =
            order.fulfilments.iter().filter(|part| part.has_left()).map(|part| part.fulfilment.clone());
        let left: Vec<String> = left.collect();
        let known = self.orders.0.entry(order.id.clone()).or_insert_with(|| {
            self.orders.1.push_back(order.id.clone());
            Bought { ordered, left: Vec::new() }
        });
        known.ordered = ordered;
        left.into_iter().for_each(|part| known.left(part));
        if self.orders.1.len() > ORDERS_KEPT
            && let Some(oldest) = self.orders.1.pop_front()
        {
            self.orders.0.remove(&oldest);
        }
        let waits = order.waits.iter().find(|wait| wait.waiting > 0).and_then(|wait| {
            let line = order.lines.iter().find(|line| line.line == wait.line)?;
            Some(Waiting {
                number: order.order.clone(),
                channel: order.channel.clone(),
                sku: line.sku.clone(),
                warehouse: wait.warehouse.clone(),
            })
        });
        match waits {
            Some(waits) => drop(self.waiting.insert(order.id.clone(), waits)),
            None => drop(self.waiting.remove(&order.id)),
        }
    }

    /// A part's goods have left.
    pub(super) fn ship(&mut self, part: &Fulfilment) {
        self.end(&part.fulfilment);
        for line in part.lines.iter().filter(|line| line.sku != GUEST_SKU) {
            self.cell(&part.warehouse, &line.sku).shipped += line.quantity;
        }
        self.counters.shipped += 1;
        if let Some(order) = self.orders.0.get_mut(&part.order_id) {
            order.left(part.fulfilment.clone());
        }
    }

    /// Something worth a line.
    pub(super) fn say(&mut self, kind: &'static str, told: String) {
        if self.news.len() < NEWS_KEPT {
            self.news.push_back((kind, told));
        }
    }

    /// Something happened that must not.
    pub(super) fn surprised(&mut self, told: String) {
        self.counters.surprises += 1;
        self.surprise.get_or_insert(told);
    }

    /// Units promised beyond what is there, over all cells.
    pub(super) fn oversold(&self) -> i64 {
        self.cells.values().map(|cell| (-cell.free()).max(0)).sum()
    }

    /// Everything at one warehouse, added up.
    pub(super) fn warehouse(&self, warehouse: &str) -> Cell {
        let mut sum = Cell::default();
        let mine = self.cells.iter().filter(|((place, _), _)| place == warehouse);
        mine.for_each(|(_, cell)| sum.add(cell));
        sum
    }

    /// Everything, added up.
    pub(super) fn total(&self) -> Cell {
        let mut sum = Cell::default();
        self.cells.values().for_each(|cell| sum.add(cell));
        sum
    }

    fn count_held(&mut self, lines: &[HeldLine], sign: i64) {
        for line in lines.iter().filter(|line| line.sku != GUEST_SKU) {
            if let Some(warehouse) = &line.warehouse {
                self.cell(warehouse, &line.sku).held += sign * line.quantity;
            }
        }
    }
}

fn held_by(part: &Fulfilment) -> Vec<HeldLine> {
    let line = |line: &crate::client::FulfilmentLine| HeldLine {
        sku: line.sku.clone(),
        quantity: line.quantity,
        warehouse: Some(part.warehouse.clone()),
    };
    part.lines.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{FulfilmentLine, OrderLine};

    fn line(quantity: i64) -> Vec<HeldLine> {
        vec![HeldLine { sku: "A".into(), quantity, warehouse: Some("BER".into()) }]
    }

    fn order(state: &str, allocated: i64, shipped: i64) -> Order {
        let units = vec![FulfilmentLine { line: "1".into(), sku: "A".into(), quantity: 2 }];
        let part = Fulfilment {
            fulfilment: "07-a-f1".into(),
            order_id: "07-a".into(),
            warehouse: "BER".into(),
            state: state.into(),
            lines: units,
            ..Fulfilment::default()
        };
        let line = OrderLine {
            line: "1".into(),
            sku: "A".into(),
            ordered: 2,
            allocated,
            shipped,
            ..OrderLine::default()
        };
        Order { id: "07-a".into(), lines: vec![line], fulfilments: vec![part], ..Order::default() }
    }

    /// A purchase moves through the books without creating or losing a unit, also when news of it comes late.
    #[test]
    fn a_purchase() {
        let mut ledger = Ledger::default();
        ledger.cell("BER", "A").opening = 5;
        ledger.hold("r", line(2));
        assert_eq!(ledger.cell("BER", "A").free(), 3);
        ledger.let_go("r");
        let asked = order("requested", 2, 0);
        ledger.note(&asked);
        ledger.note(&asked);
        assert_eq!(ledger.cell("BER", "A").free(), 3);
        ledger.ship(&asked.fulfilments[0]);
        ledger.note(&asked);
        let cell = *ledger.cell("BER", "A");
        assert_eq!((cell.on_hand(), cell.held, cell.free()), (3, 0, 3));
        assert_eq!(ledger.orders.0["07-a"], Bought { ordered: 2, left: vec!["07-a-f1".into()] });
        ledger.note(&order("rejected", 0, 0));
        assert_eq!(ledger.cell("BER", "A").free(), 3);
    }

    /// An oversold unit shows, and a surplus elsewhere does not hide it.
    #[test]
    fn oversold_shows() {
        let mut ledger = Ledger::default();
        ledger.cell("BER", "A").opening = 1;
        ledger.cell("VIE", "A").opening = 9;
        ledger.hold("r", line(1));
        assert_eq!(ledger.oversold(), 0);
        ledger.promise("07-b-f1", line(1));
        assert_eq!(ledger.oversold(), 1);
        ledger.unpromise("07-b-f1");
        assert_eq!(ledger.oversold(), 0);
    }
}
