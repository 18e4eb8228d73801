//! A connection to the broker that is made again whenever it ends.
//!
//! One supervisor per connection: connect, prepare the topology, work; on any error everything is dropped and made anew
//! after a pause that grows and is never the same for two daemons.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{Stream, StreamExt};
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties, Event};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::topology;
use crate::config::Amqp;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// Pause before the next try, at least and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// Seconds between heartbeats, where the address names none.
const HEARTBEAT_S: u16 = 15;

/// How a connection does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Connected,
    /// The broker takes nothing for now, because of its own memory or disk.
    Blocked(String),
    /// It is not there; why.
    Away(String),
}

/// What is done with a connection while it lasts. Ends when the work is over, or can't go on.
pub type Work = dyn Fn(Arc<Connection>) -> BoxFuture<'static, Result<(), Broken>> + Send + Sync;

/// Why a connection could not be used any more, in words.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl From<lapin::Error> for Broken {
    fn from(error: lapin::Error) -> Self {
        Self(error.to_string())
    }
}

/// One of the daemon's connections.
#[derive(Debug)]
pub struct Link {
    name: &'static str,
    amqp: Amqp,
    state: watch::Sender<State>,
}

/// The daemon's connections to the broker.
#[derive(Debug, Clone)]
pub struct Links {
    /// Where everything is told.
    pub publishing: Arc<Link>,
    /// Where commands come from, unless none are taken.
    pub consuming: Option<Arc<Link>>,
}

impl Links {
    /// What keeps the broker from doing its part, in words.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let all = [Some(&self.publishing), self.consuming.as_ref()].into_iter().flatten();
        all.filter_map(|link| match link.state() {
            State::Connected => None,
            State::Blocked(why) => {
                Some(format!("RabbitMQ takes nothing on the {} connection for now: {why}", link.name))
            }
            State::Away(why) => Some(format!("RabbitMQ is away for the {} connection: {why}", link.name)),
        })
        .collect()
    }
}

impl Link {
    /// A link that is not connected yet; its name is what an operator of the broker sees.
    #[must_use]
    pub fn new(name: &'static str, amqp: Amqp) -> Arc<Self> {
        let state = watch::Sender::new(State::Away("not connected yet".to_owned()));
        Arc::new(Self { name, amqp, state })
    }

    /// How it does.
    #[must_use]
    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Keeps the connection, and works with it whenever it is there, until told to stop.
    pub async fn keep(self: Arc<Self>, stopping: CancellationToken, work: Box<Work>) {
        let mut pause = PAUSE.0;
        loop {
            let begun = Instant::now();
            let end = self.once(&stopping, &work).await;
            if stopping.is_cancelled() {
                return;
            }
            let why = end.err().map_or_else(|| "the connection ended".to_owned(), |broken| broken.0);
            if self.state() != State::Away(why.clone()) {
                tracing::warn!(connection = self.name, %why, "the broker is away; trying again");
            }
            self.state.send_replace(State::Away(why));
            pause = if begun.elapsed() > PAUSE.1 { PAUSE.0 } else { (pause * 2).min(PAUSE.1) };
            let jittered = pause.mul_f64(fastrand::f64().mul_add(0.5, 0.5));
            if tokio::time::timeout(jittered, stopping.cancelled()).await.is_ok() {
                return;
            }
        }
    }

    async fn once(&self, stopping: &CancellationToken, work: &Work) -> Result<(), Broken> {
        let connection = tokio::time::timeout(CONNECT, self.connect());
        let connection = tokio::select! {
            connection = connection => connection.map_err(|_| Broken("no answer while connecting".to_owned()))??,
            () = stopping.cancelled() => return Ok(()),
        };
        let events = connection.events_listener();
        let connection = Arc::new(connection);
        tracing::info!(connection = self.name, "connected to the broker");
        self.state.send_replace(State::Connected);
        let end = tokio::select! {
            end = work(connection.clone()) => end,
            broken = self.watch(events) => Err(broken),
        };
        drop(tokio::time::timeout(GOODBYE, connection.close(200, "bye".into())).await);
        end
    }

    async fn connect(&self) -> Result<Connection, Broken> {
        let address = self.amqp.url.as_ref().ok_or_else(|| Broken("amqp.url is not set".to_owned()))?;
        // What is wrong with an address is told without it: it may hold a password.
        let mut uri: AMQPUri = address
            .expose()
            .parse()
            .map_err(|_| Broken("amqp.url can't be read as an address".to_owned()))?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_S);
        let name = format!("lagerd {}", self.name);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connection = Connection::connect_uri(uri, properties).await?;
        topology::prepare(&connection, &self.amqp).await?;
        Ok(connection)
    }

    /// Notes what the broker says about the connection, until it ends.
    async fn watch(&self, events: impl Stream<Item = Event> + Send) -> Broken {
        let mut events = std::pin::pin!(events);
        while let Some(event) = events.next().await {
            match event {
                Event::ConnectionBlocked(why) => {
                    tracing::warn!(connection = self.name, %why, "the broker takes nothing for now");
                    self.state.send_replace(State::Blocked(why));
                }
                Event::ConnectionUnblocked => {
                    tracing::info!(connection = self.name, "the broker takes messages again");
                    self.state.send_replace(State::Connected);
                }
                Event::Error(error) => return error.into(),
                _ => {}
            }
        }
        Broken("the connection ended".to_owned())
    }
}
