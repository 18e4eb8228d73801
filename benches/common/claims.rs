//! A warehouse full of goods, and claims on it.

use std::sync::Arc;

use lagerd::domain::hold::ClaimLine;
use lagerd::domain::ids::{CartId, ChannelId, CommandId, Sku, WarehouseId};
use lagerd::domain::machine::{Draft, Envelope, Machine, Moment, Undo};
use lagerd::domain::memory::Windows;
use lagerd::domain::time::Timestamp;
use lagerd::domain::warehouse::{ClaimStock, Command, Movement, MovementKind, Rules, Warehouse};
use lagerd::journal::record::Entry;
use lagerd::journal::{Batch, Head};

/// Commands a batch holds.
pub(crate) const BATCHES: [usize; 3] = [1, 64, 256];

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// Claims made ready; they are used in turn.
const CLAIMS: usize = 16_384;
const SKUS: usize = 100_000;

/// What is claimed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// One SKU that everybody wants.
    Hot,
    /// Any of 100,000 SKUs.
    Uniform,
    /// Three of 100,000 SKUs at once.
    Cart,
}

impl Shape {
    pub(crate) const ALL: [Self; 3] = [Self::Hot, Self::Uniform, Self::Cart];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Uniform => "uniform",
            Self::Cart => "cart",
        }
    }
}

/// A stocked warehouse and claims that are waiting.
#[derive(Debug)]
pub(crate) struct Floor {
    warehouse: Warehouse,
    claims: Vec<(Envelope, Command)>,
    next: usize,
}

impl Floor {
    pub(crate) fn new(shape: Shape) -> Self {
        let windows = Windows { hold_ms: 900_000, movement_ms: 7 * 86_400_000, ids_max: 10_000_000 };
        let rules = Rules { max_hold_ms: 3_600_000, count_horizon_ms: 48 * 3_600_000, windows };
        let mut warehouse = Warehouse::new(WarehouseId::stored("BER"), rules);
        let skus: Vec<Sku> = (0..SKUS).map(|n| Sku::stored(&format!("4006381{n:06}-M"))).collect();
        let mut draft = Draft::default();
        for (n, sku) in skus.iter().enumerate() {
            let kind = MovementKind::Receive(None);
            let (sku, quantity) = (sku.clone(), 1_000_000_000);
            let movement = Movement { sku, kind, quantity, reference: None, reason: None, occurred_at: None };
            let envelope = envelope(format!("receipt-{n}"));
            let decided = draft.decide(&mut warehouse, &moment(1), &envelope, &Command::Move(movement));
            assert!(decided.is_ok(), "{decided:?}");
        }
        drop(draft.close(&warehouse));
        let mut rng = fastrand::Rng::with_seed(7);
        let claims = (0..CLAIMS).map(|n| claim(n, shape, &skus, &mut rng)).collect();
        Self { warehouse, claims, next: 0 }
    }

    /// Decides the next claims as one batch and writes it down, as an actor does before a commit.
    pub(crate) fn decide(&mut self, batch: usize, expected: Head) -> (Batch, Undo<Warehouse>) {
        let moment = moment(expected.version + 1);
        let mut draft = Draft::default();
        self.warehouse.upkeep(&moment, batch, &mut draft);
        for _ in 0..batch {
            let (envelope, command) = &self.claims[self.next];
            self.next = (self.next + 1) % CLAIMS;
            let answer = draft.decide(&mut self.warehouse, &moment, envelope, command);
            assert!(answer.is_ok(), "{answer:?}");
        }
        let closed = draft.close(&self.warehouse);
        let (causes, facts, rows) = (closed.causes, closed.facts, closed.rows);
        let entry = Entry::<Warehouse> { at: moment.now, causes, facts, rows };
        let head = Head { version: moment.version, nonce: moment.version };
        let batch = Batch { expected, head, entry: entry.encode(), changes: entry.changes() };
        (batch, closed.undo)
    }

    /// Takes a batch back, so that every batch meets the same warehouse.
    pub(crate) fn undo(&mut self, undo: Undo<Warehouse>) {
        undo.undo(&mut self.warehouse);
    }
}

fn moment(version: u64) -> Moment {
    Moment { now: NOW, version, may_expire: true }
}

fn envelope(id: String) -> Envelope {
    let id = CommandId::stored(&id);
    Envelope { id, time: NOW, timed: true, fingerprint: 7, actor: None, trace: None }
}

fn claim(n: usize, shape: Shape, skus: &[Sku], rng: &mut fastrand::Rng) -> (Envelope, Command) {
    let count = if matches!(shape, Shape::Cart) { 3 } else { 1 };
    let mut lines: Vec<ClaimLine> = Vec::with_capacity(count);
    while lines.len() < count {
        let at = if matches!(shape, Shape::Hot) { 0 } else { rng.usize(..skus.len()) };
        let sku = skus[at].clone();
        if lines.iter().all(|line| line.sku != sku) {
            lines.push(ClaimLine { sku, quantity: 1 });
        }
    }
    let claim = ClaimStock {
        attempt: 1,
        channel: ChannelId::stored("web-de"),
        cart: Some(CartId::stored(&format!("cart-{n:08}"))),
        lines,
        plan: Arc::default(),
        ttl_ms: 900_000,
        told: false,
        partial: false,
        owner: None,
        from: None,
        allocate: false,
    };
    (envelope(format!("01890a5d-ac96-774b-bcce-{n:012x}")), Command::Claim(claim))
}
