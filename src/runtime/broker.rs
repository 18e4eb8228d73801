//! The broker's side of the daemon: started when the house is open, stopped in two steps.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::try_join;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::actor::House;
use crate::config::Settings;
use crate::domain::time::Clock;
use crate::edge::amqp::{Intake, Link, Links, Post, Publisher, State, availability};
use crate::edge::door::Door;
use crate::feed::relay::Relay;
use crate::journal::Journal;
use crate::telemetry::Metrics;

/// How often it is counted how far the relay lags.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The connections to the broker, and what goes over them.
#[derive(Debug)]
pub(super) struct Broker {
    door: Arc<Door>,
    links: Links,
    publisher: Arc<Publisher>,
    post: Arc<Post>,
    relay: Arc<Relay>,
    clock: Arc<dyn Clock>,
    /// No more commands are taken.
    deaf: CancellationToken,
    /// What is said already is told, and then nothing any more.
    mute: CancellationToken,
    /// Connections may go.
    gone: CancellationToken,
    talking: TaskTracker,
    connected: TaskTracker,
}

impl Broker {
    /// The broker's side, where an address is configured.
    pub(super) fn new(
        settings: &Settings,
        door: &Arc<Door>,
        journal: &Arc<dyn Journal>,
        clock: Arc<dyn Clock>,
    ) -> Option<Arc<Self>> {
        settings.amqp.url.as_ref()?;
        let amqp = &settings.amqp;
        let links = Links {
            publishing: Link::new("publishing", amqp.clone()),
            consuming: amqp.commands.then(|| Link::new("consuming", amqp.clone())),
        };
        let publisher = Publisher::new(door.clone());
        let relay = Relay::new(journal.clone(), publisher.clone(), clock.clone());
        door.connect(links.clone(), relay.clone());
        Some(Arc::new(Self {
            door: door.clone(),
            links,
            publisher,
            post: Post::new(amqp.confirm_timeout_s),
            relay,
            clock,
            deaf: CancellationToken::new(),
            mute: CancellationToken::new(),
            gone: CancellationToken::new(),
            talking: TaskTracker::new(),
            connected: TaskTracker::new(),
        }))
    }

    /// Who is told of new entries.
    pub(super) const fn relay(&self) -> &Arc<Relay> {
        &self.relay
    }

    /// Begins to tell, and to take commands.
    pub(super) fn start(&self, house: &Arc<House>) {
        let (publisher, post, gone) = (self.publisher.clone(), self.post.clone(), self.gone.clone());
        let work = Box::new(move |connection: Arc<_>| {
            let telling = publisher.clone().publish_on(Arc::clone(&connection));
            let both = try_join(telling, post.clone().send_on(connection));
            let both = gone.clone().run_until_cancelled_owned(both);
            both.map(|end| end.map_or(Ok(()), |end| end.map(drop))).boxed()
        });
        self.connected.spawn(self.links.publishing.clone().keep(self.gone.clone(), work));
        if let Some(consuming) = self.links.consuming.clone() {
            let intake = Intake::new(self.door.clone(), self.post.clone(), self.deaf.clone());
            let work = Box::new(move |connection| intake.clone().take(connection).boxed());
            self.connected.spawn(consuming.keep(self.deaf.clone(), work));
        }
        let (relay, mute) = (self.relay.clone(), self.mute.clone());
        self.talking.spawn(async move {
            if let Err(error) = relay.run(mute).await {
                tracing::error!(%error, "nothing is told to the broker before a restart");
            }
        });
        for channel in house.channels.values() {
            let (publisher, house) = (self.publisher.clone(), house.clone());
            self.talking.spawn(availability::tell(publisher, house, channel.clone(), self.mute.clone()));
        }
        self.talking.spawn(count(
            self.door.metrics.clone(),
            self.links.clone(),
            self.relay.clone(),
            self.clock.clone(),
            self.mute.clone(),
        ));
    }

    /// Takes no more commands.
    pub(super) fn stop_taking(&self) {
        self.deaf.cancel();
    }

    /// Tells what is left, for a moment, and lets the connections go.
    pub(super) async fn close(&self, deadline: Duration) {
        self.mute.cancel();
        self.talking.close();
        if tokio::time::timeout(deadline, self.talking.wait()).await.is_err() {
            tracing::warn!("not everything was told to the broker; it will be at the next start");
        }
        self.gone.cancel();
        self.connected.close();
        drop(tokio::time::timeout(deadline, self.connected.wait()).await);
    }
}

/// Counts how far the relay lags and whether the broker is there.
async fn count(
    metrics: Arc<Metrics>,
    links: Links,
    relay: Arc<Relay>,
    clock: Arc<dyn Clock>,
    mute: CancellationToken,
) {
    while tokio::time::timeout(LOOK_EVERY, mute.cancelled()).await.is_err() {
        let lag = relay.lag();
        let age = lag.since.map_or(0, |since| clock.wall().as_millis().saturating_sub(since.as_millis()));
        metrics.relay_lag(lag.entries, age);
        let there = |link: &Link| i64::from(link.state() == State::Connected);
        metrics.amqp_publishing.set(there(&links.publishing));
        metrics.amqp_consuming.set(links.consuming.as_deref().map_or(0, there));
    }
}
