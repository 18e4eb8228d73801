//! Where Redis is and what is expected of it.

use std::fmt;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo};

use crate::journal::JournalError;

/// Commands a connection takes in before its sender would have to wait. A sender that waits loses its place to a later
/// one, so the writer keeps fewer than these in flight.
pub(super) const IN_FLIGHT_MAX: usize = 1_024;

/// Where Redis is and what is expected of it. Its debug form hides the address, which may hold a password.
#[derive(Clone)]
pub struct RedisOptions {
    /// `redis://`, `rediss://` or `redis+unix://`.
    pub url: String,
    /// How long connecting may take. Until then the store counts as away.
    pub connect_timeout: Duration,
    /// How long a reply may take. A commit without a reply in time has an unknown outcome.
    pub response_timeout: Duration,
    /// Whether to run on a Redis that throws keys away when memory is short. Only for trials: it loses stock silently.
    pub allow_eviction: bool,
    /// Whether a Redis without a store id may be made a store. False where a witness remembers a store, because then a
    /// Redis without an id is a loss, not a new store.
    pub found_store: bool,
}

impl RedisOptions {
    /// The usual expectations of a Redis at `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            connect_timeout: Duration::from_secs(1),
            response_timeout: Duration::from_secs(2),
            allow_eviction: false,
            found_store: true,
        }
    }

    pub(super) fn client(&self) -> Result<Client, JournalError> {
        // redis-rs connects over TLS with the process' provider and fails without one; a second call changes nothing.
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        let unusable =
            |error: redis::RedisError| JournalError::Unusable(format!("the address of Redis: {error}"));
        let info = self.url.as_str().into_connection_info().map_err(unusable)?;
        // Without it a small commit may wait up to 40 ms for a delayed acknowledgement.
        let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
        Client::open(info).map_err(unusable)
    }

    pub(super) fn config(&self) -> AsyncConnectionConfig {
        AsyncConnectionConfig::new()
            .set_pipeline_buffer_size(IN_FLIGHT_MAX)
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(Some(self.response_timeout))
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("url", &"***")
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .field("allow_eviction", &self.allow_eviction)
            .field("found_store", &self.found_store)
            .finish()
    }
}
