//! Tills: sales over the counter, and a till that was offline for a while.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::customer::Customer;
use super::hour::{Hour, command_id};
use super::merchant::{STORES, TILL_SKU};
use crate::client::{CartLine, Gone, Movement, NewOrder, NewOrderLine};

/// Sales a till has made while it was offline.
const OFFLINE_SALES: i64 = 30;

/// Milliseconds until a till comes back for the first time, and between two such times.
const FIRST_MS: u64 = 6_000;
const EVERY_MS: u64 = 25_000;

impl Customer {
    /// Scans goods off the shelf of a store and pays: they are gone when the daemon hears of the sale.
    pub(super) async fn buy_at_till(&mut self, mut lines: Vec<CartLine>) {
        lines.truncate(1);
        let Some(id) = self.take("till", lines.clone()).await else { return };
        let held = self.hour.ledger.lock().await.carts.get(&id).cloned().unwrap_or_default();
        let Some(store) = held.first().and_then(|line| line.warehouse.clone()) else { return };
        let all_here = held.iter().all(|line| line.warehouse.as_ref() == Some(&store));
        if !all_here {
            // Two units from two stores are nobody's sale.
            self.hour.ledger.lock().await.let_go(&id);
            if let Err(error) = self.client.release(&id, &command_id()).await {
                self.hour.ledger.lock().await.surprised(format!("release: {error}"));
            }
            return;
        }
        let mut order = self.order("till", lines);
        order.ship_to = None;
        order.reservation = Some(id.clone());
        let hour = Arc::clone(&self.hour);
        let _key = hour.key(&store).await;
        order.fulfilled = Some(Gone { warehouse: store, at: jiff::Timestamp::now().to_string() });
        hour.ledger.lock().await.let_go(&id);
        self.sold(&order).await;
    }
}

/// A till that loses its line again and again and comes back with all it has sold.
pub(super) async fn offline(hour: Arc<Hour>) {
    let mut wait = FIRST_MS;
    for (round, store) in (1..).zip(STORES.into_iter().cycle()) {
        if !hour.pause(wait).await {
            return;
        }
        wait = EVERY_MS;
        come_back(&hour, store, round).await;
    }
}

async fn come_back(hour: &Arc<Hour>, store: &str, round: u32) {
    let on_shelf = hour.ledger.lock().await.cell(store, TILL_SKU).on_hand();
    if on_shelf < OFFLINE_SALES {
        hour.ledger.lock().await.cell(store, TILL_SKU).received += OFFLINE_SALES;
        let movement = Movement {
            sku: TILL_SKU.to_owned(),
            kind: "receive".to_owned(),
            quantity: OFFLINE_SALES,
            ..Movement::default()
        };
        hour.book(&mut hour.client(), store, movement).await;
    }
    let now = jiff::Timestamp::now();
    let mut sales = JoinSet::new();
    for number in 0..OFFLINE_SALES {
        let at = now - jiff::SignedDuration::from_millis(700 * (OFFLINE_SALES - number));
        let order = NewOrder {
            order: format!("offline-{store}-{round}-{number}"),
            channel: "till".to_owned(),
            lines: vec![NewOrderLine {
                line: "1".to_owned(),
                sku: TILL_SKU.to_owned(),
                quantity: 1,
                unit_price: None,
            }],
            fulfilled: Some(Gone { warehouse: store.to_owned(), at: at.to_string() }),
            ..NewOrder::default()
        };
        let hour = Arc::clone(hour);
        sales.spawn(async move {
            let mut teller = Customer::new(hour, 0, 0);
            teller.sold(&order).await;
        });
    }
    while let Some(joined) = sales.join_next().await {
        if let Err(error) = joined {
            hour.ledger.lock().await.surprised(format!("a till failed: {error}"));
        }
    }
    let told =
        format!("the till of {store} was offline and is back with {OFFLINE_SALES} sales at once: all booked");
    hour.ledger.lock().await.say("offline", told);
}
