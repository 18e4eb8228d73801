//! Opening the house: every place's actor is loaded from its journal before anything is answered; closing it: what was
//! taken is finished, nothing more is taken.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use tokio::time::Instant;

use super::demand::RefusedDemand;
use super::desk::{self, Lobby, OrderRules};
use super::locks::Locks;
use super::publishing::{Publisher, turn_levels};
use super::selling::recount;
use super::{ChannelHandle, ChannelSpec, House, WarehouseHandle, WarehouseSpec};
use crate::actor::directory::{Ground, Life, MakeWatch};
use crate::actor::mailbox::Mailbox;
use crate::actor::view::{
    Calendar, ItemWatch, Minutes, PolicyWatch, RowView, Served, StockView, StockWatch, Voice,
};
use crate::domain::channel::Channel;
use crate::domain::ids::WarehouseId;
use crate::domain::item::{Item, Items};
use crate::domain::memory::Windows;
use crate::domain::warehouse::{Rules, Warehouse};
use crate::feed::{Backlog, ChannelFeed, Skus, Supply};
use crate::journal::{JournalError, JournalId, JournalKind};
use crate::telemetry::WarehouseMeter;

/// What the house is made of.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The warehouses.
    pub warehouses: Vec<WarehouseSpec>,
    /// The channels.
    pub channels: Vec<ChannelSpec>,
    /// What every warehouse keeps to.
    pub rules: Rules,
    /// What every order desk keeps to.
    pub orders: OrderRules,
    /// How many SKUs and channels are counted per hour when demand is refused.
    pub refused_demand_max: usize,
}

/// The name of the only journal of its kind.
const ITEMS: &str = "items";

impl House {
    /// Loads every journal and starts every actor.
    ///
    /// # Errors
    /// As the store gives them.
    pub async fn open(ground: &Ground, opening: &Opening) -> Result<Arc<Self>, JournalError> {
        // Where one journal can't be loaded, the actors of the others must not live on beside those of the next try.
        let ground = Ground { stopping: ground.stopping.child_token(), ..ground.clone() };
        let opened = Self::start(&ground, opening).await;
        if opened.is_err() {
            ground.stopping.cancel();
        }
        opened
    }

    async fn start(ground: &Ground, opening: &Opening) -> Result<Arc<Self>, JournalError> {
        let (rules, windows) = (opening.rules, opening.rules.windows);
        let skus = Arc::new(Skus::default());
        let supply = Arc::new(Supply::default());
        let lobby = Lobby::new(ground, calendar_of(opening));
        let served = lobby.served();
        let mut views = fastrand::Rng::with_seed(!ground.seed);
        let feeds: Vec<_> =
            opening.channels.iter().map(|spec| feed_of(spec, views.u64(..), &supply)).collect();
        let warehouses = opening.warehouses.iter().enumerate().map(|(place, spec)| {
            let view = Arc::new(StockView::new(views.u64(..)));
            let drawing = drawing_on(&spec.id, opening, &feeds);
            let (watched, id, skus) = (view.clone(), spec.id.clone(), skus.clone());
            let journal = JournalId::new(JournalKind::Warehouse, spec.id.as_str());
            let (served, minutes, limits) = (served.clone(), lobby.minutes(journal.clone()), spec.alerts);
            let meter = ground.metrics.warehouse(spec.id.as_str());
            let fresh = Arc::new(move || Warehouse::new(id.clone(), rules).alerting(limits));
            let watch = watching(watched, skus, drawing, meter, served, minutes);
            async move {
                let (mailbox, life) = ground.start(journal, place, fresh, watch).await?;
                let handle = Arc::new(WarehouseHandle { spec: spec.clone(), mailbox, view });
                Ok::<_, JournalError>(((spec.id.clone(), handle), life))
            }
        });
        let behind = opening.warehouses.len();
        let channels = opening.channels.iter().zip(&feeds).enumerate().map(|(place, (spec, feed))| {
            let view = Arc::new(RowView::default());
            let (watched, watched_feed, skus) = (view.clone(), feed.clone(), skus.clone());
            let journal = JournalId::new(JournalKind::Channel, spec.id.as_str());
            let heard = (lobby.sales.heard.clone(), Voice::Channel(spec.id.clone()));
            let fresh = Arc::new(move || Channel::new(windows));
            let watch = Arc::new(move || {
                let (view, feed, skus) = (watched.clone(), watched_feed.clone(), skus.clone());
                Box::new(PolicyWatch::new(view, feed, skus, heard.clone())) as Box<_>
            });
            let place = place.saturating_add(behind);
            async move {
                let (mailbox, life) = ground.start(journal, place, fresh, watch).await?;
                let (spec, feed, lagging) = (spec.clone(), feed.clone(), AtomicBool::new(false));
                let handle = ChannelHandle { spec, mailbox, view, feed, lagging };
                Ok::<_, JournalError>(((handle.spec.id.clone(), Arc::new(handle)), life))
            }
        });
        let (warehouses, warehouse_lives): (Vec<_>, Vec<_>) =
            try_join_all(warehouses).await?.into_iter().unzip();
        let (channels, channel_lives): (Vec<_>, Vec<_>) = try_join_all(channels).await?.into_iter().unzip();
        let (items, cards, item_life) = open_items(ground, windows).await?;
        // Behind the warehouses: what a desk still has to tell may be for any of them.
        let warehouses: BTreeMap<_, _> = warehouses.into_iter().collect();
        let (desks, desk_lives) = lobby.open(ground, &opening.orders).await?;
        let lives =
            warehouse_lives.into_iter().chain(channel_lives).chain([item_life]).chain(desk_lives).collect();
        let house = Arc::new(Self {
            warehouses,
            channels: channels.into_iter().collect(),
            items,
            cards,
            skus,
            supply,
            demand: RefusedDemand::new(opening.refused_demand_max),
            lives,
            journal: ground.journal.clone(),
            clock: ground.clock.clone(),
            locks: Locks::default(),
            desks,
            io: ground.io.clone(),
        });
        house.publish(ground).await;
        house.carry_on(ground);
        Ok(house)
    }

    /// Lets every channel show what it has, and follow. Readers who come first find all of it.
    async fn publish(self: &Arc<Self>, ground: &Ground) {
        for channel in self.channels.values() {
            let publisher = Publisher::begin(self.clone(), channel.clone(), &ground.metrics).await;
            ground.io.spawn(publisher.run(ground.stopping.clone()));
        }
        ground.io.spawn(turn_levels(self.clone(), ground.stopping.clone()));
    }

    /// Goes on with what documents have to tell, with forgetting what must not be kept, and with counting what was sold.
    fn carry_on(self: &Arc<Self>, ground: &Ground) {
        ground.io.spawn(desk::run(self.clone(), ground.metrics.clone(), ground.stopping.clone()));
        ground.io.spawn(desk::retain(self.clone(), ground.stopping.clone()));
        ground.io.spawn(recount(self.clone(), ground.stopping.clone()));
    }

    /// Lets every actor finish what it has taken: desks, channels and items first, then warehouses. False where one did not
    /// within the deadline, which is that of all together.
    pub async fn close(&self, deadline: Duration) -> bool {
        let until = Instant::now() + deadline;
        let left = || until.saturating_duration_since(Instant::now());
        let desks = join_all(self.desks.mailboxes().map(|desk| desk.stop(left()))).await;
        let channels = join_all(self.channels.values().map(|handle| handle.mailbox.stop(left()))).await;
        let items = self.items.stop(left()).await;
        let warehouses = join_all(self.warehouses.values().map(|handle| handle.mailbox.stop(left()))).await;
        items && desks.into_iter().chain(channels).chain(warehouses).all(|finished| finished)
    }
}

/// The days of every channel.
fn calendar_of(opening: &Opening) -> Calendar {
    Calendar::new(opening.channels.iter().map(|spec| (spec.id.clone(), spec.days.clone())))
}

/// Who follows each life of a warehouse's actor.
fn watching(
    view: Arc<StockView>,
    skus: Arc<Skus>,
    channels: Arc<[Arc<ChannelFeed>]>,
    meter: WarehouseMeter,
    served: Served,
    minutes: Minutes,
) -> MakeWatch<Warehouse> {
    Arc::new(move || {
        let (view, skus, channels) = (view.clone(), skus.clone(), channels.clone());
        Box::new(StockWatch::new(view, skus, channels, meter.clone(), served.clone(), minutes.clone()))
    })
}

/// What a channel shows, under a view's random name.
fn feed_of(spec: &ChannelSpec, view: u64, supply: &Arc<Supply>) -> Arc<ChannelFeed> {
    let backlog = Backlog::new(spec.quota, spec.is_published_for());
    Arc::new(ChannelFeed::new(view, backlog, supply.clone()))
}

/// What the channels show that draw on a warehouse.
fn drawing_on(id: &WarehouseId, opening: &Opening, feeds: &[Arc<ChannelFeed>]) -> Arc<[Arc<ChannelFeed>]> {
    let channels = opening.channels.iter().zip(feeds);
    let drawing = channels.filter(|(channel, _)| channel.warehouses.contains(id));
    drawing.map(|(_, feed)| feed.clone()).collect()
}

/// The actor of the item cards, and the cards as confirmed.
async fn open_items(
    ground: &Ground,
    windows: Windows,
) -> Result<(Mailbox<Items>, Arc<RowView<Item>>, Arc<Life>), JournalError> {
    let cards = Arc::new(RowView::default());
    let watched = cards.clone();
    let fresh = Arc::new(move || Items::new(windows));
    let watch = Arc::new(move || Box::new(ItemWatch(watched.clone())) as Box<_>);
    let journal = JournalId::new(JournalKind::Items, ITEMS);
    let (items, life) = ground.start(journal, 0, fresh, watch).await?;
    Ok((items, cards, life))
}
