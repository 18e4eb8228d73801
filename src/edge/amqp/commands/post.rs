//! Sends single messages, each confirmed, over the connection that publishes.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::{Channel, Confirmation, Connection};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::super::link::Broken;
use super::letter::Letter;
use super::patience::Pause;

/// Sends single messages while there is a broker.
#[derive(Debug)]
pub struct Post {
    open: watch::Sender<Option<Arc<Open>>>,
    confirm_within: Duration,
}

/// A channel while it is good.
#[derive(Debug)]
struct Open {
    channel: Channel,
    broken: Notify,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// The broker has it.
    Taken,
    /// No queue takes it.
    Nobody,
    /// Its queue takes it not, or not yet.
    Refused,
    /// There is no time left to find out.
    Stopped,
}

impl Post {
    /// A post without a channel yet.
    #[must_use]
    pub fn new(confirm_timeout_s: u64) -> Arc<Self> {
        let confirm_within = Duration::from_secs(confirm_timeout_s);
        Arc::new(Self { open: watch::Sender::new(None), confirm_within })
    }

    /// Sends over this connection while it lasts. A channel of its own: what is wrong with a message here (say, a place
    /// where we may not write) ends no other channel.
    ///
    /// # Errors
    /// Why it can't go on.
    pub async fn send_on(self: Arc<Self>, connection: Arc<Connection>) -> Result<(), Broken> {
        let never = CancellationToken::new();
        loop {
            let channel = connection.create_channel().await?;
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            let open = Arc::new(Open { channel, broken: Notify::new() });
            self.open.send_replace(Some(open.clone()));
            let shut = Shut(&self.open);
            open.broken.notified().await;
            drop(shut);
            Pause::default().rest(&never).await;
        }
    }

    /// Sends a message, again and again until the broker has answered for it.
    pub(super) async fn send(&self, letter: &Letter, stopping: &CancellationToken) -> Sent {
        let mut pause = Pause::default();
        let mut told = false;
        loop {
            let sent = tokio::select! {
                sent = self.try_send(letter) => sent,
                () = stopping.cancelled() => return Sent::Stopped,
            };
            match sent {
                Ok(sent) => return sent,
                Err(_) if told => {}
                Err(Broken(why)) => {
                    told = true;
                    tracing::warn!(exchange = letter.exchange, key = %letter.key, %why, "not sent; trying again");
                }
            }
            if !pause.rest(stopping).await {
                return Sent::Stopped;
            }
        }
    }

    /// Sends a message once; an error where nobody knows whether that went well.
    async fn try_send(&self, letter: &Letter) -> Result<Sent, Broken> {
        let open = self.open.subscribe().wait_for(Option::is_some).await.ok().and_then(|open| open.clone());
        // The sender lives as long as we do.
        let open = open.ok_or_else(|| Broken("not connected".to_owned()))?;
        let options = BasicPublishOptions { mandatory: letter.mandatory, ..BasicPublishOptions::default() };
        let (exchange, key) = (letter.exchange.into(), letter.key.clone());
        let sent =
            open.channel.basic_publish(exchange, key, options, &letter.body, letter.properties.clone());
        let confirmed = async { sent.await?.await };
        let why = match tokio::time::timeout(self.confirm_within, confirmed).await {
            Ok(Ok(Confirmation::Ack(None))) => return Ok(Sent::Taken),
            Ok(Ok(Confirmation::Ack(Some(_)))) => return Ok(Sent::Nobody),
            Ok(Ok(Confirmation::Nack(_))) => return Ok(Sent::Refused),
            Ok(Ok(Confirmation::NotRequested)) => "the channel confirms nothing".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no confirmation in time".to_owned(),
        };
        open.broken.notify_one();
        Err(Broken(why))
    }
}

/// Takes the channel away when it or its connection ends, however that happens.
struct Shut<'c>(&'c watch::Sender<Option<Arc<Open>>>);

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}
