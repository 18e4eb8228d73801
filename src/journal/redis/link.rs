//! A connection that is made again when it breaks, and checked each time before anybody uses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fault::of_connecting;
use super::terms::Terms;
use crate::journal::JournalError;

/// Pause before connecting again: doubled from the first to the last, with jitter, so that many daemons don't come
/// back at once.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSE_MAX: Duration = Duration::from_secs(2);
/// How often a quiet connection is looked at: so late a demoted master or an emptied Redis is noticed without traffic.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// A connection as it stands now.
#[derive(Debug)]
pub(super) struct Link {
    state: watch::Sender<State>,
    contacts: Arc<AtomicU64>,
    keeper: JoinHandle<()>,
}

/// A checked connection and its number, which tells a late report about an older one apart.
#[derive(Debug, Clone)]
pub(super) struct Connected {
    pub(super) connection: MultiplexedConnection,
    pub(super) number: u64,
}

type State = Result<Connected, JournalError>;

/// How to connect. Without a debug form: the client would show the password.
#[derive(Clone)]
pub(super) struct Dial {
    pub(super) client: Client,
    pub(super) config: AsyncConnectionConfig,
    pub(super) terms: Arc<Terms>,
}

impl Dial {
    /// Connects and checks the terms.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, JournalError> {
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&self.config)
            .await
            .map_err(|error| of_connecting(&error))?;
        self.terms.check(&mut connection).await?;
        Ok(connection)
    }
}

impl Link {
    /// Keeps a connection, beginning with one already made. `name` is for the log.
    pub(super) fn keep(name: &'static str, dial: Dial, first: MultiplexedConnection) -> Self {
        let (state, _) = watch::channel(Ok(Connected { connection: first, number: 0 }));
        let contacts = Arc::default();
        let keeper = tokio::spawn(keep(name, dial, state.clone(), Arc::clone(&contacts)));
        Self { state, contacts, keeper }
    }

    /// The connection, or why there is none.
    pub(super) fn now(&self) -> State {
        self.state.borrow().clone()
    }

    /// How often the connection was made again.
    pub(super) fn contacts(&self) -> u64 {
        self.contacts.load(Ordering::Acquire)
    }

    /// Reports that connection `number` is of no use; it is made anew.
    pub(super) fn broke(&self, number: u64, why: &str) {
        self.state.send_if_modified(|state| {
            let current = state.as_ref().is_ok_and(|connected| connected.number == number);
            if current {
                *state = Err(JournalError::Unavailable(why.to_owned()));
            }
            current
        });
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn keep(name: &'static str, dial: Dial, state: watch::Sender<State>, contacts: Arc<AtomicU64>) {
    loop {
        watch(&dial, &state).await;
        if let Err(error) = &*state.borrow() {
            tracing::warn!(connection = name, %error, "lost redis");
        }
        let mut pause = PAUSE_MIN;
        let connection = loop {
            match dial.connect().await {
                Ok(connection) => break connection,
                Err(error) => {
                    drop(state.send_replace(Err(error)));
                }
            }
            tokio::time::sleep(pause.mul_f32(0.5 + fastrand::f32() / 2.0)).await;
            pause = (pause * 2).min(PAUSE_MAX);
        };
        let number = contacts.fetch_add(1, Ordering::AcqRel).saturating_add(1);
        tracing::info!(connection = name, "connected to redis again");
        drop(state.send_replace(Ok(Connected { connection, number })));
    }
}

/// Returns when the connection is of no use any more.
async fn watch(dial: &Dial, state: &watch::Sender<State>) {
    let mut changes = state.subscribe();
    loop {
        let Ok(mut connected) = changes.borrow_and_update().clone() else { return };
        // Changed means broken; the sender lives as long as this task.
        if tokio::time::timeout(LOOK_EVERY, changes.changed()).await.is_ok() {
            continue;
        }
        if let Err(error) = dial.terms.check_again(&mut connected.connection).await {
            drop(state.send_replace(Err(error)));
            return;
        }
    }
}
