//! What all requests share.

use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::actor::House;
use crate::config::Settings;
use crate::edge::amqp::Links;
use crate::edge::command::FingerprintKey;
use crate::edge::fault::Problem;
use crate::edge::ws::Hall;
use crate::feed::relay::Relay;
use crate::telemetry::Metrics;

/// What lies behind the door once journals are loaded.
#[derive(Debug)]
pub struct Inside {
    /// The house.
    pub house: Arc<House>,
    /// The key of its store's fingerprints.
    pub key: FingerprintKey,
}

/// What all requests share. It is there before the house is: until [`Door::open`] every request for stock is answered
/// `loading`.
#[derive(Debug)]
pub struct Door {
    inside: ArcSwapOption<Inside>,
    settings: ArcSwap<Settings>,
    broker: OnceLock<(Links, Arc<Relay>)>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What all connections to the feed share.
    pub hall: Arc<Hall>,
}

impl Door {
    /// A door that is still shut.
    #[must_use]
    pub fn new(settings: Arc<Settings>, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            inside: ArcSwapOption::empty(),
            settings: ArcSwap::new(settings),
            broker: OnceLock::new(),
            metrics,
            hall: Arc::default(),
        })
    }

    /// Notes the connections to the broker and who tells it, once.
    pub fn connect(&self, links: Links, relay: Arc<Relay>) {
        drop(self.broker.set((links, relay)));
    }

    /// Who tells the broker; `None` where none is configured.
    #[must_use]
    pub fn relay(&self) -> Option<&Arc<Relay>> {
        self.broker.get().map(|(_, relay)| relay)
    }

    /// What keeps the broker from doing its part, in words.
    #[must_use]
    pub fn broker_warnings(&self) -> Vec<String> {
        self.broker.get().map(|(links, _)| links.warnings()).unwrap_or_default()
    }

    /// Lets requests in.
    pub fn open(&self, house: Arc<House>, key: FingerprintKey) {
        self.inside.store(Some(Arc::new(Inside { house, key })));
    }

    /// Lets nobody in any more; who is inside finishes.
    pub fn shut(&self) {
        self.inside.store(None);
    }

    /// Takes other settings for the requests to come: tokens and limits.
    pub fn configure(&self, settings: Arc<Settings>) {
        self.settings.store(settings);
    }

    /// The settings of now.
    #[must_use]
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }

    /// What lies behind.
    ///
    /// # Errors
    /// 503 `loading` while it is shut.
    pub fn inside(&self) -> Result<Arc<Inside>, Problem> {
        self.inside.load_full().ok_or_else(Problem::loading)
    }
}
