//! What the simulated people wrote down: the only source of the receipt.
//!
//! Customers note a hold when the daemon has answered and strike it before they let go of it; staff note goods that
//! arrive before they book them and goods that leave after. So at every moment the ledger's promises are at most the
//! daemon's and its goods at least the daemon's, and an oversold unit in these books is one in truth.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::client::HeldLine;

/// Shipped purchases read back after a kill: enough to notice a loss, few enough to read within a second.
const SHIPPED_KEPT: usize = 500;

/// Units of one SKU at one warehouse since the demo opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) opening: i64,
    pub(super) received: i64,
    pub(super) returned: i64,
    pub(super) shipped: i64,
    pub(super) scrapped: i64,
    /// What counts and adjustments added or took.
    pub(super) corrected: i64,
    /// Units among those on hand that are broken.
    pub(super) damaged: i64,
    /// Units held or promised.
    pub(super) held: i64,
}

impl Cell {
    /// What must lie on the shelf.
    pub(super) fn on_hand(&self) -> i64 {
        self.opening + self.received + self.returned - self.shipped - self.scrapped + self.corrected
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
        self.shipped += other.shipped;
        self.scrapped += other.scrapped;
        self.corrected += other.corrected;
        self.damaged += other.damaged;
        self.held += other.held;
    }
}

/// How far a purchase had come when it was last acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Reserved,
    Allocated,
    Shipped,
}

/// An acknowledged reservation.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) stage: Stage,
    pub(super) lines: Vec<HeldLine>,
}

/// Events since the demo opened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counters {
    pub(super) carts: u64,
    pub(super) refused: u64,
    pub(super) amended: u64,
    pub(super) abandoned: u64,
    pub(super) paid: u64,
    pub(super) shipped: u64,
    /// Answers that fit no expectation; none is right.
    pub(super) surprises: u64,
}

/// The books.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) cells: BTreeMap<(String, String), Cell>,
    /// Reservations acknowledged and neither amended, released nor shipped since.
    pub(super) open: HashMap<String, Held>,
    /// The newest shipped ones, for reading back after a kill.
    shipped: VecDeque<(String, Held)>,
    pub(super) counters: Counters,
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

    /// A reservation was acknowledged.
    pub(super) fn hold(&mut self, id: &str, lines: Vec<HeldLine>) {
        self.count_held(&lines, 1);
        self.open.insert(id.to_owned(), Held { stage: Stage::Reserved, lines });
    }

    /// A reservation is about to be let go; returns what it held, to put it back if that is refused.
    pub(super) fn let_go(&mut self, id: &str) -> Vec<HeldLine> {
        let Some(held) = self.open.remove(id) else { return Vec::new() };
        self.count_held(&held.lines, -1);
        held.lines
    }

    /// A reservation became a promise.
    pub(super) fn promise(&mut self, id: &str) {
        if let Some(held) = self.open.get_mut(id) {
            held.stage = Stage::Allocated;
        }
        self.counters.paid += 1;
    }

    /// Its goods have left.
    pub(super) fn ship(&mut self, id: &str) {
        let lines = self.let_go(id);
        for line in &lines {
            let warehouse = line.warehouse.as_deref().unwrap_or_default();
            self.cell(warehouse, &line.sku).shipped += line.quantity;
        }
        if self.shipped.len() == SHIPPED_KEPT {
            self.shipped.pop_front();
        }
        self.shipped.push_back((id.to_owned(), Held { stage: Stage::Shipped, lines }));
        self.counters.shipped += 1;
    }

    /// Everything acknowledged that can be read back now.
    pub(super) fn acknowledged(&self) -> Vec<(String, Held)> {
        let open = self.open.iter().map(|(id, held)| (id.clone(), held.clone()));
        open.chain(self.shipped.iter().cloned()).collect()
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
        for line in lines {
            if let Some(warehouse) = &line.warehouse {
                self.cell(warehouse, &line.sku).held += sign * line.quantity;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(quantity: i64) -> Vec<HeldLine> {
        vec![HeldLine { sku: "A".into(), quantity, warehouse: Some("BER".into()) }]
    }

    /// A purchase moves through the books without creating or losing a unit.
    #[test]
    fn a_purchase() {
        let mut ledger = Ledger::default();
        ledger.cell("BER", "A").opening = 5;
        ledger.hold("r", line(2));
        assert_eq!(ledger.cell("BER", "A").free(), 3);
        ledger.promise("r");
        ledger.ship("r");
        let cell = *ledger.cell("BER", "A");
        assert_eq!((cell.on_hand(), cell.held, cell.free()), (3, 0, 3));
        assert!(ledger.open.is_empty());
    }

    /// An oversold unit shows, and a surplus elsewhere does not hide it.
    #[test]
    fn oversold_shows() {
        let mut ledger = Ledger::default();
        ledger.cell("BER", "A").opening = 1;
        ledger.cell("VIE", "A").opening = 9;
        ledger.hold("r", line(1));
        assert_eq!(ledger.oversold(), 0);
        ledger.hold("s", line(1));
        assert_eq!(ledger.oversold(), 1);
        ledger.let_go("s");
        assert_eq!(ledger.oversold(), 0);
    }
}
