//! What everybody in the demo shares.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use super::merchant::Merchant;
use super::sync_model::SyncModel;
use crate::client::{Client, ClientError, LineResult, LineStatus, Movement, Order, Target};

/// Longer than a killed daemon needs to be back, so that simulated people wait instead of giving up.
const PATIENCE: Duration = Duration::from_secs(60);

/// One request's time; after it the outcome counts as unknown and the same id is sent again.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The shop's busy hour.
#[derive(Debug)]
pub(super) struct Hour {
    pub(super) merchant: Merchant,
    /// Held for a few instructions, never while waiting for the daemon.
    pub(super) ledger: Mutex<Ledger>,
    /// As the ledger.
    pub(super) model: Mutex<SyncModel>,
    /// One key per warehouse: goods are moved by one pair of hands at a time, so that a count knows what it counts.
    /// Nobody takes a second one.
    pub(super) yards: BTreeMap<String, Arc<Mutex<()>>>,
    /// Cancelled when the shop closes.
    pub(super) closing: CancellationToken,
    /// Cancelled when nobody buys, moves or takes back anything any more: what is asked of a warehouse now is the last.
    pub(super) quiet: CancellationToken,
    target: Arc<Target>,
}

impl Hour {
    /// Opens the books.
    pub(super) fn new(merchant: Merchant, target: Arc<Target>) -> Self {
        let yards = merchant.warehouses.iter().map(|place| (place.clone(), Arc::default())).collect();
        Self {
            merchant,
            ledger: Mutex::default(),
            model: Mutex::default(),
            yards,
            closing: CancellationToken::new(),
            quiet: CancellationToken::new(),
            target,
        }
    }

    /// A connection for one simulated person.
    pub(super) fn client(&self) -> Client {
        Client::new(Arc::clone(&self.target), TIMEOUT).with_patience(PATIENCE)
    }

    /// Where the daemon is.
    pub(super) fn target(&self) -> Arc<Target> {
        Arc::clone(&self.target)
    }

    /// Waits, or until the shop closes; true while it is open.
    pub(super) async fn pause(&self, ms: u64) -> bool {
        tokio::select! {
            () = self.closing.cancelled() => false,
            () = tokio::time::sleep(Duration::from_millis(ms)) => true,
        }
    }

    /// Books one movement; true when it was applied, anything else is noted as a surprise.
    pub(super) async fn book(&self, client: &mut Client, warehouse: &str, movement: Movement) -> bool {
        let told = format!("{} of {} {} at {warehouse}", movement.kind, movement.quantity, movement.sku);
        let answer = client.movements(warehouse, &command_id(), &[movement]).await;
        self.applied(answer, &told).await
    }

    /// Reads an order again and notes it; whether that worked.
    pub(super) async fn refresh(&self, client: &mut Client, order: &str) -> Option<Order> {
        let answer = client.order(order, None).await;
        let mut ledger = self.ledger.lock().await;
        match answer {
            Ok(order) => {
                ledger.note(&order);
                Some(order)
            }
            Err(error) => {
                ledger.surprised(format!("order {order}: {error}"));
                None
            }
        }
    }

    /// The key of a warehouse.
    pub(super) async fn key(&self, warehouse: &str) -> Option<OwnedMutexGuard<()>> {
        let yard = self.yards.get(warehouse).map(Arc::clone)?;
        Some(yard.lock_owned().await)
    }

    /// Whether the only line of a batch was applied; anything else is noted as a surprise.
    pub(super) async fn applied(&self, answer: Result<Vec<LineResult>, ClientError>, told: &str) -> bool {
        let wrong = match answer {
            Ok(results) => match results.first() {
                Some(line) if line.status == LineStatus::Applied => return true,
                Some(line) => format!("{told}: {} {}", line.code, line.detail),
                None => format!("{told}: no verdict"),
            },
            Err(error) => format!("{told}: {error}"),
        };
        self.ledger.lock().await.surprised(wrong);
        false
    }
}

/// A command id as the contract advises it.
pub(super) fn command_id() -> String {
    uuid::Uuid::now_v7().to_string()
}
