//! Goods that come back: to any store, whatever channel sold them and whatever warehouse sent them.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::hour::{Hour, command_id};
use super::merchant::{GUEST_SKU, LIMITED_SKU, STORES, TILL_SKU};
use crate::client::{Client, ClientError, Fulfilment, Inspected, LineUnits, Money, NewReturn};

/// Of a hundred parts that arrived, how many come back in part.
const RETURNED: u8 = 8;

/// Takes back what buyers don't want to keep, until nothing arrives any more.
pub(super) async fn desk(hour: Arc<Hour>, mut arrived: mpsc::Receiver<Fulfilment>, seed: u64) {
    let mut desk = Desk { client: hour.client(), hour, rng: fastrand::Rng::with_seed(seed) };
    while let Some(part) = arrived.recv().await {
        if desk.rng.u8(0..100) >= RETURNED {
            continue;
        }
        let ordinary = |sku: &str| ![GUEST_SKU, LIMITED_SKU, TILL_SKU].contains(&sku);
        let line = part.lines.iter().find(|line| ordinary(&line.sku)).cloned();
        if let Some(line) = line
            && let Err(error) = desk.take_back(&part, &line.line, &line.sku).await
        {
            desk.hour.ledger.lock().await.surprised(format!("return of order {}: {error}", part.order));
        }
    }
}

struct Desk {
    hour: Arc<Hour>,
    client: Client,
    rng: fastrand::Rng,
}

impl Desk {
    /// One unit: announced, received, looked at, refunded.
    async fn take_back(&mut self, part: &Fulfilment, line: &str, sku: &str) -> Result<(), ClientError> {
        let Some(store) = self.rng.choice(STORES) else { return Ok(()) };
        let lines = vec![LineUnits { line: line.to_owned(), quantity: 1 }];
        let new = NewReturn { order: part.order_id.clone(), warehouse: store.to_owned(), lines };
        let back = self.client.announce(&command_id(), &new).await?;
        let (found, told) = match self.rng.u8(0..100) {
            0..75 => (Inspected { sellable: 1, ..Inspected::default() }, "as good as new, on sale again"),
            75..90 => (Inspected { damaged: 1, ..Inspected::default() }, "damaged"),
            _ => (Inspected { scrap: 1, ..Inspected::default() }, "beyond repair"),
        };
        let key = self.hour.key(store).await;
        self.hour.ledger.lock().await.cell(store, sku).returned += 1;
        self.client.receive_return(&back.id, &command_id()).await?;
        let found = Inspected { sku: sku.to_owned(), ..found };
        self.client.inspect_return(&back.id, &command_id(), std::slice::from_ref(&found)).await?;
        {
            let mut ledger = self.hour.ledger.lock().await;
            let cell = ledger.cell(store, sku);
            cell.damaged += found.damaged;
            cell.scrapped += found.scrap;
            ledger.counters.returned += 1;
            let title = self.hour.merchant.title(sku);
            let (channel, from) = (&part.channel, &part.warehouse);
            ledger.say(
                "return",
                format!("{title}, bought on {channel} and sent from {from}, comes back to {store}: {told}"),
            );
        }
        drop(key);
        if found.sellable > 0 {
            self.hour.model.lock().await.receive(sku, 1);
        }
        let amount = Money { amount_minor: 1_999, currency: "EUR".to_owned() };
        self.client.refund(&part.order_id, &command_id(), &amount, &back.id).await?;
        Ok(())
    }
}
