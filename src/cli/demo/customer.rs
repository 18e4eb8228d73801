//! Simulated customers, and the packers who send them what they bought.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, mpsc};
use tokio::time::Instant;

use super::hour::{Hour, command_id};
use super::ledger::Held;
use super::merchant::channel;
use crate::client::{CartLine, Client, ClientError, HeldLine, NewReservation, Reservation};

/// Seconds a buyer's hold lives: longer than any pause in the demo, a kill included.
const BUYER_TTL_S: u64 = 120;

/// Seconds the hold of a cart lives that will be left behind.
const STROLLER_TTL_S: u64 = 5;

/// One person shopping again and again until closing.
#[derive(Debug)]
pub(super) struct Customer {
    hour: Arc<Hour>,
    client: Client,
    rng: fastrand::Rng,
    number: u16,
    visits: u32,
    packing: mpsc::Sender<String>,
}

/// What one visit is about.
struct Visit {
    channel: &'static str,
    cart: String,
    buys: bool,
}

impl Customer {
    pub(super) fn new(hour: Arc<Hour>, number: u16, seed: u64, packing: mpsc::Sender<String>) -> Self {
        let rng = fastrand::Rng::with_seed(seed.wrapping_mul(7919).wrapping_add(u64::from(number)));
        Self { client: hour.client(), hour, rng, number, visits: 0, packing }
    }

    /// Shops until closing.
    pub(super) async fn run(mut self) {
        while self.hour.pause(self.rng.u64(50..900)).await {
            self.visit().await;
        }
    }

    async fn visit(&mut self) {
        self.visits += 1;
        let visit = Visit {
            channel: channel(&mut self.rng),
            cart: format!("cart-{}-{}", self.number, self.visits),
            buys: self.rng.u8(0..100) < 72,
        };
        let lines = self.fill();
        if visit.buys {
            let mut model = self.hour.model.lock().await;
            lines.iter().for_each(|line| model.demand(visit.channel, &line.sku, line.quantity));
        }
        self.hour.ledger.lock().await.counters.carts += 1;
        let Some(mut id) = self.reserve(&visit, lines).await else { return };
        if self.rng.u8(0..100) < 12 {
            id = self.amend(&visit, id).await;
        }
        self.hour.pause(self.rng.u64(20..400)).await;
        if visit.buys { self.pay(id).await } else { self.leave(id).await }
    }

    /// One to three different products.
    fn fill(&mut self) -> Vec<CartLine> {
        let mut lines: Vec<CartLine> = Vec::new();
        for _ in 0..self.rng.u8(1..=3) {
            let sku = self.hour.merchant.wanted(&mut self.rng).to_owned();
            if lines.iter().all(|line| line.sku != sku) {
                lines.push(CartLine { sku, quantity: if self.rng.u8(0..100) < 15 { 2 } else { 1 } });
            }
        }
        lines
    }

    async fn ask(
        &mut self,
        visit: &Visit,
        id: &str,
        lines: Vec<CartLine>,
    ) -> Result<Reservation, ClientError> {
        let wish = NewReservation {
            channel: visit.channel.to_owned(),
            cart: Some(visit.cart.clone()),
            lines,
            ttl_s: Some(if visit.buys { BUYER_TTL_S } else { STROLLER_TTL_S }),
        };
        let started = Instant::now();
        let answer = self.client.reserve(id, &wish).await;
        let mut ledger = self.hour.ledger.lock().await;
        ledger.slowest_ms = ledger.slowest_ms.max(started.elapsed().as_millis());
        answer
    }

    async fn reserve(&mut self, visit: &Visit, lines: Vec<CartLine>) -> Option<String> {
        let id = command_id();
        let answer = self.ask(visit, &id, lines).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(told) => {
                ledger.hold(&id, told.lines);
                return Some(id);
            }
            Err(error) if error.code() == Some("insufficient_stock") => ledger.counters.refused += 1,
            Err(error) => ledger.surprised(format!("reserve: {error}")),
        }
        None
    }

    /// Changes the mind: other products in the same cart; what was held stays when that can't be had.
    async fn amend(&mut self, visit: &Visit, old: String) -> String {
        let lines = self.fill();
        let held = self.hour.ledger.lock().await.let_go(&old);
        let id = command_id();
        let answer = self.ask(visit, &id, lines).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(told) => {
                ledger.counters.amended += 1;
                ledger.hold(&id, told.lines);
                return id;
            }
            Err(error) if error.code() == Some("insufficient_stock") => ledger.counters.refused += 1,
            Err(error) => ledger.surprised(format!("amend: {error}")),
        }
        ledger.hold(&old, held);
        old
    }

    /// Leaves the cart behind: every second customer says so, the others' holds end by themselves.
    async fn leave(&mut self, id: String) {
        {
            let mut ledger = self.hour.ledger.lock().await;
            ledger.let_go(&id);
            ledger.counters.abandoned += 1;
        }
        if self.rng.bool()
            && let Err(error) = self.client.release(&id, &command_id()).await
        {
            self.hour.ledger.lock().await.surprised(format!("release: {error}"));
        }
    }

    async fn pay(&mut self, id: String) {
        let answer = self.client.allocate(&id, &command_id()).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(_) => ledger.promise(&id),
            Err(error) => {
                ledger.let_go(&id);
                ledger.surprised(format!("allocate: {error}"));
                return;
            }
        }
        drop(ledger);
        if self.packing.send(id).await.is_err() {
            self.hour.ledger.lock().await.surprised("all packers went home early".to_owned());
        }
    }
}

/// Packs and ships what was paid until nobody can pay any more.
pub(super) async fn packer(hour: Arc<Hour>, paid: Arc<Mutex<mpsc::Receiver<String>>>, seed: u64) {
    let mut client = hour.client();
    let mut rng = fastrand::Rng::with_seed(seed);
    loop {
        let next = paid.lock().await.recv().await;
        let Some(id) = next else { return };
        hour.pause(rng.u64(5..60)).await;
        ship(&hour, &mut client, &id).await;
    }
}

/// Sends one promise's goods on their way, holding the keys of every warehouse they lie in.
pub(super) async fn ship(hour: &Hour, client: &mut Client, id: &str) {
    let lines =
        hour.ledger.lock().await.open.get(id).map(|held: &Held| held.lines.clone()).unwrap_or_default();
    let _keys = keys(hour, &lines).await;
    let answer = client.ship(id, &command_id()).await;
    let mut ledger = hour.ledger.lock().await;
    match answer {
        Ok(_) => ledger.ship(id),
        Err(error) => ledger.surprised(format!("ship: {error}")),
    }
}

async fn keys(hour: &Hour, lines: &[HeldLine]) -> Vec<OwnedMutexGuard<()>> {
    let mut keys = Vec::new();
    for (warehouse, yard) in &hour.yards {
        if lines.iter().any(|line| line.warehouse.as_deref() == Some(warehouse)) {
            keys.push(Arc::clone(yard).lock_owned().await);
        }
    }
    keys
}
