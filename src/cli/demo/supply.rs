//! Goods that go from one warehouse to another, and deliveries for orders that wait.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::hour::{Hour, command_id};
use super::ledger::Waiting;
use super::merchant::{LIMITED_SKU, STORES, TILL_SKU};
use crate::client::{CartLine, Client, ClientError, HeldLine, NewInbound, NewTransfer};

/// A shelf gives units away from here on.
const PLENTY: i64 = 6;

/// Units that go to a store at a time, and units a supplier brings.
const TRANSFERRED: i64 = 2;
const SUPPLIED: i64 = 6;

/// How long an order that waited may take to get goods that have come.
const SERVED_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Moves goods about and buys what is waited for, until closing.
pub(super) async fn planner(hour: Arc<Hour>, seed: u64) {
    let rng = fastrand::Rng::with_seed(seed);
    let mut planner = Planner { client: hour.client(), hour, rng, orders: 4_700 };
    while planner.hour.pause(planner.rng.u64(800..1_800)).await {
        let waits = planner
            .hour
            .ledger
            .lock()
            .await
            .waiting
            .iter()
            .next()
            .map(|(id, waits)| (id.clone(), waits.clone()));
        let done = match waits {
            Some((order, waits)) => planner.supply(&order, &waits).await,
            None => planner.transfer().await,
        };
        if let Err(error) = done {
            planner.hour.ledger.lock().await.surprised(format!("supply: {error}"));
        }
    }
}

struct Planner {
    hour: Arc<Hour>,
    client: Client,
    rng: fastrand::Rng,
    /// The newest purchase order.
    orders: u32,
}

impl Planner {
    /// A store gets units a warehouse has plenty of.
    async fn transfer(&mut self) -> Result<(), ClientError> {
        let Some(to) = self.rng.choice(STORES) else { return Ok(()) };
        let Some((from, sku)) = self.plenty().await else { return Ok(()) };
        let lines = vec![CartLine { sku: sku.clone(), quantity: TRANSFERRED }];
        let wish = NewTransfer { from: from.clone(), to: to.to_owned(), lines };
        let told = match self.client.transfer(&command_id(), &wish).await {
            Ok(told) if told.state == "allocated" => told,
            // Somebody bought them first.
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Some("insufficient_stock") => return Ok(()),
            Err(error) => return Err(error),
        };
        let promised = HeldLine { sku: sku.clone(), quantity: TRANSFERRED, warehouse: Some(from.clone()) };
        self.hour.ledger.lock().await.promise(&told.transfer, vec![promised]);
        let key = self.hour.key(&from).await;
        self.client.transfer_step(&told.transfer, "ship", &command_id()).await?;
        {
            let mut ledger = self.hour.ledger.lock().await;
            ledger.end(&told.transfer);
            ledger.cell(&from, &sku).transferred -= TRANSFERRED;
        }
        drop(key);
        tokio::time::sleep(Duration::from_millis(self.rng.u64(100..400))).await;
        let key = self.hour.key(to).await;
        self.hour.ledger.lock().await.cell(to, &sku).transferred += TRANSFERRED;
        self.client.transfer_step(&told.transfer, "receive", &command_id()).await?;
        drop(key);
        let title = self.hour.merchant.title(&sku);
        let told =
            format!("{TRANSFERRED} of {title} went from {from} to {to}; on the road nobody could sell them");
        self.hour.ledger.lock().await.say("transfer", told);
        Ok(())
    }

    /// A warehouse's shelf that can spare some.
    async fn plenty(&mut self) -> Option<(String, String)> {
        let ledger = self.hour.ledger.lock().await;
        let spare = ledger.cells.iter().filter(|((place, sku), cell)| {
            let warehouse = ["HAM", "BER", "LEJ"].contains(&place.as_str());
            warehouse && ![LIMITED_SKU, TILL_SKU].contains(&sku.as_str()) && cell.free() >= PLENTY
        });
        let spare: Vec<&(String, String)> = spare.map(|(key, _)| key).collect();
        self.rng.choice(&spare).map(|(place, sku)| (place.clone(), sku.clone()))
    }

    /// A supplier brings what an order waits for; the order gets it before anybody else.
    async fn supply(&mut self, order: &str, waits: &Waiting) -> Result<(), ClientError> {
        let Waiting { number, channel, sku, warehouse } = waits;
        self.orders += 1;
        let reference = format!("PO {}", self.orders);
        let new = NewInbound {
            reference: Some(reference.clone()),
            warehouse: warehouse.clone(),
            eta: Some((jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60)).to_string()),
            lines: vec![CartLine { sku: sku.clone(), quantity: SUPPLIED }],
        };
        let expected = self.client.expect(&command_id(), &new).await?;
        tokio::time::sleep(Duration::from_millis(self.rng.u64(100..500))).await;
        let key = self.hour.key(warehouse).await;
        self.hour.ledger.lock().await.cell(warehouse, sku).received += SUPPLIED;
        self.hour.model.lock().await.receive(sku, SUPPLIED);
        self.client.receive_inbound(&expected.inbound, &command_id()).await?;
        drop(key);
        if *sku == LIMITED_SKU {
            return Ok(());
        }
        let until = Instant::now() + SERVED_WITHIN;
        while Instant::now() < until {
            let told = self.client.order(order, None).await?;
            self.hour.ledger.lock().await.note(&told);
            if told.sum(|line| line.backordered) == 0 {
                let title = self.hour.merchant.title(sku);
                let line = format!(
                    "{reference} arrives at {warehouse}: order {number} of {channel} had waited for {title} and has it"
                );
                self.hour.ledger.lock().await.say("backorder", line);
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let told = format!("order {number} of {channel} still waits for {sku} though {reference} has come");
        self.hour.ledger.lock().await.surprised(told);
        Ok(())
    }
}
