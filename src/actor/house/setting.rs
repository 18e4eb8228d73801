//! Commands that one actor decides alone: movements, counts, policies, item cards.

use super::{House, Sender};
use crate::actor::fault::Fault;
use crate::domain::channel::SetChannelPolicy;
use crate::domain::ids::{ChannelId, SourceId, WarehouseId};
use crate::domain::item::SetItem;
use crate::domain::level::Level;
use crate::domain::refusal::Refusal;
use crate::domain::warehouse::{Answer, Command, CountLine, Movement, SetStockPolicy};
use crate::journal::{Head, JournalId, JournalKind};

/// A movement or count was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Whether a count had known of it already, so that nothing moved.
    pub covered: bool,
    /// The level after it.
    pub level: Level,
}

impl House {
    /// Records a movement.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn move_goods(
        &self,
        sender: &Sender,
        warehouse: &WarehouseId,
        movement: Movement,
    ) -> Result<Moved, Fault> {
        self.moved(sender, warehouse, Command::Move(movement)).await
    }

    /// Records a count. The source's configured lag goes with it.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn count(
        &self,
        sender: &Sender,
        warehouse: &WarehouseId,
        mut line: CountLine,
    ) -> Result<Moved, Fault> {
        line.lag_ms = self.lag_ms(warehouse, &line.source)?;
        self.moved(sender, warehouse, Command::Count(line)).await
    }

    /// How far a source's counts may lag at a warehouse, in milliseconds.
    ///
    /// # Errors
    /// [`Refusal::UnknownWarehouse`].
    pub fn lag_ms(&self, warehouse: &WarehouseId, source: &SourceId) -> Result<i64, Refusal> {
        Ok(self.warehouse(warehouse)?.spec.lag_ms.get(source).copied().unwrap_or(0))
    }

    /// Checks that an event a source claims to have seen is one of this warehouse's journal.
    ///
    /// # Errors
    /// [`Refusal::UnknownSeen`] where it is not, or is trimmed and can't be told.
    pub async fn check_seen(&self, warehouse: &WarehouseId, seen: Head) -> Result<u64, Fault> {
        let id = JournalId::new(JournalKind::Warehouse, warehouse.as_str());
        let found = self.journal.read(&id, seen.version, 1).await;
        let found = found.map_err(|error| Fault::Unavailable(error.to_string()))?;
        if found.first().is_some_and(|stored| stored.head == seen) {
            Ok(seen.version)
        } else {
            Err(Refusal::UnknownSeen.into())
        }
    }

    async fn moved(
        &self,
        sender: &Sender,
        warehouse: &WarehouseId,
        command: Command,
    ) -> Result<Moved, Fault> {
        let handle = self.warehouse(warehouse)?;
        match handle.mailbox.ask(self.envelope(sender), command).await? {
            Answer::Moved { covered, level } => Ok(Moved { covered, level }),
            Answer::Reservation(_)
            | Answer::Found(_)
            | Answer::GaveBack(_)
            | Answer::Waiting(_)
            | Answer::WaitingRows(_)
            | Answer::Done => Err(Refusal::IdempotencyConflict.into()),
        }
    }

    /// Sets safety stock, fences and the limits of alerts of a SKU.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn set_stock_policy(
        &self,
        sender: &Sender,
        warehouse: &WarehouseId,
        policy: SetStockPolicy,
    ) -> Result<(), Fault> {
        for (channel, _) in &policy.fences {
            self.channel(channel)?;
        }
        let handle = self.warehouse(warehouse)?;
        handle.mailbox.ask(self.envelope(sender), Command::SetPolicy(policy)).await.map(|_| ())
    }

    /// Sets buffer and cap of a SKU on a channel.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn set_channel_policy(
        &self,
        sender: &Sender,
        channel: &ChannelId,
        policy: SetChannelPolicy,
    ) -> Result<(), Fault> {
        self.channel(channel)?.mailbox.ask(self.envelope(sender), policy.into()).await.map(|_| ())
    }

    /// Sets a SKU's item card.
    ///
    /// # Errors
    /// The refusal, or what stood in the way.
    pub async fn set_item(&self, sender: &Sender, item: SetItem) -> Result<(), Fault> {
        self.items.ask(self.envelope(sender), item).await
    }
}
