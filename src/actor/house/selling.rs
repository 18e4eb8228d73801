//! What was sold today before a journal was loaded: counted from its log, beside the work.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::House;
use crate::actor::view::{Calendar, Ledger, Recount, Sells};
use crate::domain::desk::Desk;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::{Entry, Recorded, entry_time, first_since};
use crate::journal::{Head, JournalError, JournalKind, StoredEntry};

/// Entries read at once.
const READ_ENTRIES: usize = 200;
/// How soon it is tried again where the store was away.
const AGAIN: Duration = Duration::from_secs(5);

/// Counts whatever log is to be counted, until it is told to stop.
pub(super) async fn recount(house: Arc<House>, stopping: CancellationToken) {
    loop {
        let mut failed = false;
        for ledger in house.desks.sales.ledgers() {
            let Some(head) = ledger.wanted() else { continue };
            if let Err(error) = house.count_sales(&ledger, head).await {
                tracing::warn!(journal = %ledger.id, %error, "what was sold today can't be counted now; it is tried again");
                failed = true;
            }
        }
        let again =
            async { if failed { tokio::time::sleep(AGAIN).await } else { std::future::pending().await } };
        tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            () = house.desks.sales.bell.notified() => {}
            () = again => {}
        }
    }
}

impl House {
    /// Counts what a log tells of today's sales up to a head.
    async fn count_sales(&self, ledger: &Ledger, head: Head) -> Result<(), JournalError> {
        let calendar = &self.desks.sales.calendar;
        let midnight = calendar.first_midnight(self.now());
        let span = self.journal.span(&ledger.id).await?;
        let mut next = first_since(&*self.journal, &ledger.id, (span.first, head.version), midnight).await?;
        // Where the oldest entry kept is of today, entries of today may be gone.
        let mut short = span.first > 1 && next <= span.first;
        let (mut recount, mut since) = (Recount::default(), midnight);
        while next <= head.version {
            let page = self.journal.read(&ledger.id, next, READ_ENTRIES).await?;
            let Some(first) = page.first() else { break };
            short |= first.head.version > next;
            if short && since == midnight {
                since = entry_time(&first.entry)?;
            }
            for stored in page.iter().take_while(|stored| stored.head.version <= head.version) {
                take_in(&mut recount, calendar, ledger.id.kind, stored)?;
            }
            next = page.last().map_or(u64::MAX, |stored| stored.head.version.saturating_add(1));
            tokio::task::yield_now().await;
        }
        ledger.counted(head, recount, since);
        Ok(())
    }
}

fn take_in(
    recount: &mut Recount,
    calendar: &Calendar,
    kind: JournalKind,
    stored: &StoredEntry,
) -> Result<(), JournalError> {
    match kind {
        JournalKind::Warehouse => of_entry::<Warehouse>(recount, calendar, stored),
        JournalKind::Desk => of_entry::<Desk>(recount, calendar, stored),
        // Neither tells a sale.
        JournalKind::Channel | JournalKind::Items => Ok(()),
    }
}

fn of_entry<M: Recorded + Sells>(
    recount: &mut Recount,
    calendar: &Calendar,
    stored: &StoredEntry,
) -> Result<(), JournalError> {
    let entry = Entry::<M>::decode(&stored.entry)?;
    recount.add(calendar, entry.at, &M::sales(entry.at, &entry.facts, &entry.rows));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::house::Sender;
    use crate::actor::house::trial::{Trial, run};
    use crate::domain::ids::{ChannelId, CommandId, Sku, WarehouseId};
    use crate::domain::warehouse::{Movement, MovementKind};

    const HOUR_MS: i64 = 3_600_000;

    async fn sell(trial: &Trial, id: &str, quantity: i64) {
        let movement = Movement {
            sku: Sku::parse("A").unwrap(),
            kind: MovementKind::Sell { channel: ChannelId::parse("till").unwrap(), reservation: None },
            quantity,
            reference: None,
            reason: None,
            occurred_at: None,
        };
        let id = CommandId::parse(id).unwrap();
        let sender = Sender { id, issued_at: None, fingerprint: 1, actor: None, trace: None };
        trial.house.move_goods(&sender, &WarehouseId::parse("HAM").unwrap(), movement).await.unwrap();
    }

    /// Units sold today, once all of them are counted.
    async fn sold(trial: &Trial) -> i64 {
        let counting = async {
            loop {
                let (sold, complete) = trial.house.desks.sales.today(trial.house.now());
                if complete {
                    return sold.values().map(|sold| sold.units).sum();
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), counting).await.expect("a count")
    }

    /// After a start, as much of the log is counted as is of today, and what is sold meanwhile with it; not what was sold
    /// yesterday.
    #[test]
    fn a_start_counts_today_again() {
        run(async {
            let trial = Trial::open(64).await;
            sell(&trial, "yesterday", 100).await;
            assert_eq!(sold(&trial).await, 100);
            trial.pass(20 * HOUR_MS);
            assert_eq!(sold(&trial).await, 0);
            for number in 0..500 {
                sell(&trial, &format!("s-{number}"), 1).await;
            }
            assert_eq!(sold(&trial).await, 500);
            let trial = trial.reopen().await;
            sell(&trial, "after", 3).await;
            assert_eq!(sold(&trial).await, 503);
            let trial = trial.reopen().await;
            assert_eq!(sold(&trial).await, 503);
            trial.pass(24 * HOUR_MS);
            assert_eq!(sold(&trial.reopen().await).await, 0);
        });
    }
}
