//! The house itself: its places by id, and the envelope every command gets at its threshold.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;

use super::demand::RefusedDemand;
use super::desk::Desks;
use super::locks::Locks;
use super::spec::{ChannelSpec, WarehouseSpec};
use crate::actor::directory::Life;
use crate::actor::mailbox::Mailbox;
use crate::actor::view::{ChannelTerms, RowView, StockView};
use crate::domain::channel::Channel;
use crate::domain::hold::HoldKey;
use crate::domain::ids::{ActorName, ChannelId, CommandId, WarehouseId};
use crate::domain::item::{Item, Items};
use crate::domain::machine::Envelope;
use crate::domain::refusal::Refusal;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::trace::Trace;
use crate::domain::warehouse::Warehouse;
use crate::feed::{ChannelFeed, Skus, Supply};
use crate::journal::{Journal, StoreHealth};

/// A warehouse: what it is, its actor, and its confirmed levels.
#[derive(Debug)]
pub struct WarehouseHandle {
    /// What it is configured to be.
    pub spec: WarehouseSpec,
    /// Its actor.
    pub mailbox: Mailbox<Warehouse>,
    /// Its confirmed levels.
    pub view: Arc<StockView>,
}

/// A channel: what it is, the actor of its policies, and the policies as confirmed.
#[derive(Debug)]
pub struct ChannelHandle {
    /// What it is configured to be.
    pub spec: ChannelSpec,
    /// Its actor.
    pub mailbox: Mailbox<Channel>,
    /// Its policies and open backorders as confirmed.
    pub view: Arc<RowView<ChannelTerms>>,
    /// What it shows, for those who follow it.
    pub feed: Arc<ChannelFeed>,
    /// Whether units are kept back because it is behind.
    pub(super) lagging: AtomicBool,
}

/// Who sends a command, as a door knows it.
#[derive(Debug, Clone)]
pub struct Sender {
    /// The command's id.
    pub id: CommandId,
    /// The id's time, where the sender said it.
    pub issued_at: Option<Timestamp>,
    /// Kind, target and keyed hash of the parsed command without its time.
    pub fingerprint: u64,
    /// Name of the token it came with.
    pub actor: Option<ActorName>,
    /// Whose trace it belongs to.
    pub trace: Option<Trace>,
}

/// Everything a door may reach.
#[derive(Debug)]
pub struct House {
    /// The warehouses.
    pub warehouses: BTreeMap<WarehouseId, Arc<WarehouseHandle>>,
    /// The channels.
    pub channels: BTreeMap<ChannelId, Arc<ChannelHandle>>,
    /// The actor of the item cards.
    pub items: Mailbox<Items>,
    /// The item cards as confirmed.
    pub cards: Arc<RowView<Item>>,
    /// Every SKU's number.
    pub skus: Arc<Skus>,
    /// How many SKUs are short on any channel.
    pub supply: Arc<Supply>,
    /// Demand that was refused.
    pub demand: RefusedDemand,
    /// Every actor's life, for operators.
    pub lives: Vec<Arc<Life>>,
    pub(super) journal: Arc<dyn Journal>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) locks: Locks<HoldKey>,
    /// The order desks.
    pub desks: Desks,
    pub(super) io: Handle,
}

impl House {
    /// The time on the wall.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.wall()
    }

    /// How the store does.
    #[must_use]
    pub fn store_health(&self) -> StoreHealth {
        self.journal.health()
    }

    /// A journal that was given up because the store lost what it had confirmed.
    #[must_use]
    pub fn lost_journal(&self) -> Option<String> {
        let lost = self.lives.iter().find(|life| life.stats.lost.load(Ordering::Relaxed));
        lost.map(|life| life.id.to_string())
    }

    /// A warehouse by its id.
    ///
    /// # Errors
    /// [`Refusal::UnknownWarehouse`].
    pub fn warehouse(&self, id: &WarehouseId) -> Result<&Arc<WarehouseHandle>, Refusal> {
        self.warehouses.get(id).ok_or_else(|| Refusal::UnknownWarehouse(id.clone()))
    }

    /// A channel by its id.
    ///
    /// # Errors
    /// [`Refusal::UnknownChannel`].
    pub fn channel(&self, id: &ChannelId) -> Result<&Arc<ChannelHandle>, Refusal> {
        self.channels.get(id).ok_or_else(|| Refusal::UnknownChannel(id.clone()))
    }

    /// The envelope of a command: an id without a time of its own gets that of its arrival.
    #[must_use]
    pub fn envelope(&self, sender: &Sender) -> Envelope {
        let told = sender.issued_at.or_else(|| sender.id.uuid_v7_time());
        Envelope {
            id: sender.id.clone(),
            time: told.unwrap_or_else(|| self.now()),
            timed: told.is_some(),
            fingerprint: sender.fingerprint,
            actor: sender.actor.clone(),
            trace: sender.trace,
        }
    }

    /// The envelope of a command from inside the house, on behalf of whoever's trace it belongs to.
    pub(super) fn inside(&self, id: CommandId, trace: Option<Trace>) -> Envelope {
        Envelope { id, time: self.now(), timed: false, fingerprint: 0, actor: None, trace }
    }
}
