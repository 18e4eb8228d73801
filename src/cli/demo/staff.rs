//! Simulated staff of one warehouse: deliveries, returns, breakage, thieves, counts.

use std::sync::Arc;

use super::hour::{Hour, command_id};
use super::ledger::Cell;
use super::merchant::TILL_SKU;
use crate::client::{Client, CountLine, Counts, Movement};

/// Only shelves with this many free units lose one to breakage, thieves or corrections: a promise that can't be kept
/// any more is a shortage, which is another story than overselling.
const PLENTY: i64 = 6;

/// How far the daemon's clock may be behind the one counts are dated by.
const CLOCK_DOUBT: jiff::SignedDuration = jiff::SignedDuration::from_millis(50);

/// Works at one warehouse until closing.
pub(super) async fn clerk(hour: Arc<Hour>, warehouse: String, seed: u64) {
    let mut clerk = Clerk { client: hour.client(), rng: fastrand::Rng::with_seed(seed), hour, warehouse };
    while clerk.hour.pause(clerk.rng.u64(250..900)).await {
        clerk.work().await;
    }
}

struct Clerk {
    hour: Arc<Hour>,
    client: Client,
    rng: fastrand::Rng,
    warehouse: String,
}

impl Clerk {
    async fn work(&mut self) {
        let hour = Arc::clone(&self.hour);
        let _key = hour.key(&self.warehouse).await;
        match self.rng.u8(0..100) {
            0..45 => self.receive().await,
            45..55 => self.take_back().await,
            55..67 => self.find_broken().await,
            67..75 => self.scrap().await,
            75..90 => self.count().await,
            _ => self.adjust().await,
        }
    }

    /// A delivery of something many want.
    async fn receive(&mut self) {
        let sku = self.hour.merchant.wanted(&mut self.rng).to_owned();
        let quantity = self.rng.i64(2..=8);
        self.hour.ledger.lock().await.cell(&self.warehouse, &sku).received += quantity;
        self.hour.model.lock().await.receive(&sku, quantity);
        let reference = Some(format!("PO {}", self.rng.u32(1000..9999)));
        self.book(Movement { sku, kind: "receive".into(), quantity, reference, ..Movement::default() }).await;
    }

    /// Somebody sends something back, as good as new.
    async fn take_back(&mut self) {
        let sku = self.hour.merchant.wanted(&mut self.rng).to_owned();
        self.hour.ledger.lock().await.cell(&self.warehouse, &sku).returned += 1;
        self.hour.model.lock().await.receive(&sku, 1);
        self.book(Movement { sku, kind: "return".into(), quantity: 1, ..Movement::default() }).await;
    }

    async fn find_broken(&mut self) {
        let Some(sku) = self.plenty().await else { return };
        let reason = Some("fell off the shelf".to_owned());
        let movement =
            Movement { sku: sku.clone(), kind: "damage".into(), quantity: 1, reason, ..Movement::default() };
        if self.book(movement).await {
            self.hour.ledger.lock().await.cell(&self.warehouse, &sku).damaged += 1;
        }
    }

    async fn scrap(&mut self) {
        let Some(sku) = self.pick(|cell| cell.damaged > 0).await else { return };
        let movement = Movement {
            sku: sku.clone(),
            kind: "scrap".into(),
            quantity: 1,
            from: Some("damaged".into()),
            reason: Some("beyond repair".into()),
            ..Movement::default()
        };
        if self.book(movement).await {
            let mut ledger = self.hour.ledger.lock().await;
            let cell = ledger.cell(&self.warehouse, &sku);
            cell.damaged -= 1;
            cell.scrapped += 1;
        }
    }

    /// Counts a shelf a thief has visited.
    async fn count(&mut self) {
        let Some(sku) = self.plenty().await else { return };
        let on_hand = self.hour.ledger.lock().await.cell(&self.warehouse, &sku).on_hand() - 1;
        let told = format!("count of {sku} at {}", self.warehouse);
        // What was booked until now is in the figure; without this mark movements of the same minute would be in doubt.
        let seen = match self.client.stock(&sku).await {
            Ok(stock) => stock.seen(&self.warehouse),
            Err(error) => return self.hour.ledger.lock().await.surprised(format!("{told}: {error}")),
        };
        // A count must not lie ahead of the daemon's clock, which may be a little behind ours.
        let as_of = (jiff::Timestamp::now() - CLOCK_DOUBT).to_string();
        let lines = vec![CountLine { sku: sku.clone(), on_hand }];
        let counts = Counts { source: "stocktaking".into(), as_of, seen, lines };
        let answer = self.client.counts(&self.warehouse, &command_id(), &counts).await;
        if self.hour.applied(answer, &told).await {
            self.hour.ledger.lock().await.cell(&self.warehouse, &sku).corrected -= 1;
        }
    }

    async fn adjust(&mut self) {
        let Some(sku) = self.plenty().await else { return };
        let found = self.rng.bool();
        if found {
            self.hour.ledger.lock().await.cell(&self.warehouse, &sku).corrected += 1;
        }
        let quantity = if found { 1 } else { -1 };
        let reason = Some(if found { "found behind the shelf" } else { "photo sample" }.to_owned());
        let movement =
            Movement { sku: sku.clone(), kind: "adjust".into(), quantity, reason, ..Movement::default() };
        if self.book(movement).await && !found {
            self.hour.ledger.lock().await.cell(&self.warehouse, &sku).corrected -= 1;
        }
    }

    async fn book(&mut self, movement: Movement) -> bool {
        self.hour.book(&mut self.client, &self.warehouse, movement).await
    }

    async fn plenty(&mut self) -> Option<String> {
        self.pick(|cell| cell.free() >= PLENTY).await
    }

    /// Any product of this warehouse whose shelf looks like this.
    async fn pick(&mut self, fits: impl Fn(&Cell) -> bool) -> Option<String> {
        let ledger = self.hour.ledger.lock().await;
        let mine = ledger
            .cells
            .iter()
            .filter(|((place, sku), cell)| *place == self.warehouse && sku != TILL_SKU && fits(cell));
        let skus: Vec<&String> = mine.map(|((_, sku), _)| sku).collect();
        self.rng.choice(&skus).map(|sku| (*sku).clone())
    }
}
