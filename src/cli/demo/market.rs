//! Marketplaces tell what they have sold: late, twice, in any order, and out of stock of their own.

use super::customer::Customer;
use super::hour::command_id;
use super::merchant::MARKET;
use crate::client::{CartLine, Gone, HeldLine, NewOrder, Payment};

/// Units of a product the marketplace keeps on its shelf before it sells one of them: its own sales race with each other.
const SHELF_LEAST: i64 = 3;

impl Customer {
    /// eBay: what is on sale there is bought and told; some messages come twice, some in the wrong order.
    pub(super) async fn buy_on_ebay(&mut self, lines: Vec<CartLine>) {
        let Some(mut order) = self.on_sale("ebay", lines).await else { return };
        order.revision = Some(2);
        let Some(placed) = self.place(&order).await else { return };
        match self.rng.u8(0..100) {
            0..10 => {
                let same = self.tell_again(&order, false).await;
                if same {
                    let told =
                        format!("eBay tells order {} twice: known already, nothing changes", order.order);
                    self.hour.ledger.lock().await.say("twice", told);
                }
            }
            10..20 => {
                let older = NewOrder {
                    revision: Some(1),
                    lines: order.lines.iter().take(1).cloned().collect(),
                    ..order
                };
                if self.tell_again(&older, true).await {
                    let told = format!(
                        "eBay tells order {} in an older revision: superseded, nothing changes",
                        older.order
                    );
                    self.hour.ledger.lock().await.say("older", told);
                }
            }
            20..25 => self.cancel(&placed).await,
            _ => {}
        }
    }

    /// Amazon: what lies with the marketplace it sends itself, the rest is the merchant's to send.
    pub(super) async fn buy_on_amazon(&mut self, lines: Vec<CartLine>) {
        if !self.all_with_the_marketplace(&lines).await {
            if let Some(order) = self.on_sale("amazon", lines).await {
                self.place(&order).await;
            }
            return;
        }
        let mut order = self.order("amazon", lines);
        let held = order.lines.iter().map(|line| HeldLine {
            sku: line.sku.clone(),
            quantity: line.quantity,
            warehouse: Some(MARKET.to_owned()),
        });
        let held = held.collect();
        let _key = self.hour.key(MARKET).await;
        // Struck when the sale is told: meanwhile no other sale may count on these units.
        self.hour.ledger.lock().await.promise(&order.order, held);
        order.fulfilled = Some(Gone { warehouse: MARKET.to_owned(), at: jiff::Timestamp::now().to_string() });
        self.sold(&order).await;
    }

    /// A sale whose goods are gone: nobody may refuse it.
    pub(super) async fn sold(&mut self, order: &NewOrder) {
        let placed = self.place(order).await;
        let mut ledger = self.hour.ledger.lock().await;
        ledger.end(&order.order);
        match placed {
            Some(placed) => {
                for part in &placed.fulfilments {
                    ledger.ship(part);
                }
                ledger.counters.delivered += 1;
            }
            None => ledger.surprised(format!("a sale over the counter was not taken: {}", order.order)),
        }
    }

    async fn all_with_the_marketplace(&self, lines: &[CartLine]) -> bool {
        let mut ledger = self.hour.ledger.lock().await;
        lines.iter().all(|line| ledger.cell(MARKET, &line.sku).free() >= SHELF_LEAST + line.quantity)
    }

    /// What of this the channel shows as available now; buyers of a marketplace see nothing else.
    async fn on_sale(&mut self, channel: &str, mut lines: Vec<CartLine>) -> Option<NewOrder> {
        let skus: Vec<&str> = lines.iter().map(|line| line.sku.as_str()).collect();
        match self.client.availability(channel, &skus).await {
            Ok(shown) => lines.retain(|line| {
                shown.iter().any(|told| told.sku == line.sku && told.available >= line.quantity)
            }),
            Err(error) => {
                self.hour.ledger.lock().await.surprised(format!("availability: {error}"));
                return None;
            }
        }
        if lines.is_empty() {
            self.hour.ledger.lock().await.counters.refused += 1;
            return None;
        }
        let mut order = self.order(channel, lines);
        order.payment = Some(Payment { state: "paid".to_owned() });
        Some(order)
    }

    /// Sends an order that is known, under another id; whether nothing changed, as it must.
    async fn tell_again(&mut self, order: &NewOrder, older: bool) -> bool {
        self.hour.pause(self.rng.u64(5..80)).await;
        let answer = self.client.place(&command_id(), order).await;
        let mut ledger = self.hour.ledger.lock().await;
        match answer {
            Ok(told) if told.superseded == older => {
                ledger.note(&told);
                true
            }
            Ok(told) => {
                ledger.surprised(format!("order {} told again: superseded {}", order.order, told.superseded));
                false
            }
            Err(error) => {
                ledger.surprised(format!("order {} told again: {error}", order.order));
                false
            }
        }
    }
}
