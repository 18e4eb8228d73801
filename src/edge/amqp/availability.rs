//! What each channel shows, told as `availability.<channel>`: the newest values only, from the same view that readers of
//! the feed follow. At first those its connector has not confirmed are told: all, where none confirms anything. One message
//! is on its way at a time; what changes meanwhile goes into the next.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::message::Message;
use super::publisher::Publisher;
use crate::actor::House;
use crate::actor::house::ChannelHandle;
use crate::domain::ids::ChannelId;
use crate::edge::event::table::{AVAILABILITY_CHANGED, Family};
use crate::edge::wire::stock::AvailabilityItem;
use crate::edge::wire::text::Text;
use crate::feed::relay::To;
use crate::feed::{Reader, SkuId, Step};

/// Items of one message at most: some ten kilobytes.
const ITEMS_MAX: usize = 250;
/// Pause after a message was not confirmed.
const PAUSE: Duration = Duration::from_millis(200);

/// The newest values of what changed at a channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct AvailabilityChanged {
    /// Which channel.
    #[schema(value_type = String)]
    pub channel: Text<ChannelId>,
    /// The name of the order of changes; it ends with the process.
    pub view: String,
    /// The place in it behind these items: a later one replaces an earlier one.
    pub offset: u64,
    /// What the channel shows now, sold-out goods first.
    pub items: Vec<AvailabilityItem>,
}

/// Tells what a channel shows, at first what is not confirmed there and then what changes, until told to stop.
pub async fn tell(
    publisher: Arc<Publisher>,
    house: Arc<House>,
    channel: Arc<ChannelHandle>,
    stopping: CancellationToken,
) {
    let mut bell = channel.feed.bell.listen();
    let mut told = Told { place: 0, frames: 0, caught_up: false };
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = publisher.connected() => {}
        }
        bell.borrow_and_update();
        let mut reader = Reader::new(Some(told.place), None);
        let done = loop {
            let Some(changed) = next(&house, &channel, &mut reader, told.caught_up) else {
                (told.place, told.caught_up) = (reader.place(), true);
                break Ok(());
            };
            let confirming =
                publisher.publish(told.message(&channel, &house, &changed), &To::Everybody).await;
            let confirmed = match confirming {
                Ok(confirming) => confirming.await,
                Err(away) => Err(away),
            };
            if let Err(away) = confirmed {
                break Err(away);
            }
            told.place = reader.place();
        };
        let rest = async {
            match done {
                Ok(()) => drop(bell.changed().await),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
        tokio::select! {
            () = stopping.cancelled() => return,
            () = rest => {}
        }
    }
}

/// How far a channel is told.
struct Told {
    place: u64,
    /// Messages made; large changes come in several with one offset.
    frames: u64,
    /// Whether all there was at the start is told.
    caught_up: bool,
}

impl Told {
    fn message(&mut self, channel: &ChannelHandle, house: &House, changed: &AvailabilityChanged) -> Message {
        self.frames = self.frames.saturating_add(1);
        let AvailabilityChanged { view, offset, .. } = changed;
        let id = &channel.spec.id;
        Message {
            key: Family::Availability.key(&[Some(id.as_str())]),
            id: format!("{id}.{view}.{offset}.{}", self.frames),
            kind: Family::Availability.kind(AVAILABILITY_CHANGED),
            subject: Some(id.to_string()),
            at: house.now(),
            partition: format!("availability:{id}.{view}").into(),
            sequence: format!("{offset:020}-{:06}", self.frames),
            cause: None,
            trace: None,
            // Shapes of strings and numbers always serialise.
            body: serde_json::to_vec(changed).unwrap_or_default(),
            expires_ms: None,
        }
    }
}

/// What a reader is to be told next; `None` where it has everything. Until it has caught up, what its connector has
/// confirmed already is left out: it stood there before the daemon started.
fn next(
    house: &House,
    channel: &ChannelHandle,
    reader: &mut Reader,
    caught_up: bool,
) -> Option<AvailabilityChanged> {
    let names = house.skus.names();
    loop {
        let found = channel.feed.read(|latest| {
            let (rows, offset) = match reader.step(latest, &names, ITEMS_MAX) {
                Step::Done => return Some(None),
                Step::Again => return None,
                Step::Page { rows, offset, .. } | Step::Changes { rows, offset, .. } => (rows, offset),
            };
            let item = |id: &SkuId| {
                let (shown, _) = latest.get(*id)?;
                if !caught_up && channel.feed.backlog.acknowledged(*id) == Some(shown.units()) {
                    return None;
                }
                let sku = Text(names.get(*id)?.clone());
                let (available, state) = (shown.units(), shown.state().name());
                Some(AvailabilityItem { sku, available, state, expected_on: None, pickup: None })
            };
            let mut items: Vec<_> = rows.iter().filter_map(item).collect();
            if items.is_empty() {
                return None;
            }
            items.sort_by_key(|item| item.available > 0);
            let view = format!("{:016x}", latest.view());
            Some(Some(AvailabilityChanged { channel: Text(channel.spec.id.clone()), view, offset, items }))
        });
        if let Some(found) = found {
            return found;
        }
    }
}
