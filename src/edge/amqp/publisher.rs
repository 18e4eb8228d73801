//! The outlet of the relay: messages go out in order on one channel, and each is confirmed by the broker.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, join_all};
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, PublisherConfirm};
use tokio::sync::{Notify, watch};

use super::link::Broken;
use super::message::Message;
use super::topology::EVENTS;
use crate::config::Topology;
use crate::domain::desk::fact::DeskFactKind;
use crate::domain::ids::Sku;
use crate::edge::command::errand::TRACEPARENT;
use crate::edge::door::Door;
use crate::edge::event;
use crate::edge::wire::time::Time;
use crate::feed::happened::Happened;
use crate::feed::relay::{Away, Confirming, Outlet, To};

/// Messages that stay when the broker restarts.
const PERSISTENT: u8 = 2;

/// Publishes to the broker while it is there.
#[derive(Debug)]
pub struct Publisher {
    door: Arc<Door>,
    line: watch::Sender<Option<Line>>,
}

/// One channel of one connection.
#[derive(Debug, Clone)]
struct Line {
    channel: Channel,
    /// Rung where something sent on it was not confirmed.
    broken: Arc<Notify>,
}

impl Publisher {
    /// A publisher without a channel yet.
    #[must_use]
    pub fn new(door: Arc<Door>) -> Arc<Self> {
        Arc::new(Self { door, line: watch::Sender::new(None) })
    }

    /// Publishes on this connection, as long as that goes well.
    ///
    /// # Errors
    /// Why it can't go on.
    pub async fn publish_on(self: Arc<Self>, connection: Arc<Connection>) -> Result<(), Broken> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let broken = Arc::<Notify>::default();
        self.line.send_replace(Some(Line { channel, broken: broken.clone() }));
        let _shut = Shut(&self.line);
        broken.notified().await;
        Err(Broken("a message was not confirmed".to_owned()))
    }

    /// Sends one message; calls made one after the other go out in that order.
    ///
    /// # Errors
    /// [`Away`] where there is no broker now.
    pub async fn publish(&self, message: Message, to: &To) -> Result<Confirming, Away> {
        let line = self.line.borrow().clone();
        let Line { channel, broken } = line.ok_or_else(|| Away("not connected".to_owned()))?;
        let amqp = &self.door.settings().amqp;
        // Where the exchange is ours, what nobody has bound a queue for goes to `lagerd.unrouted`: a message that comes
        // back means that this queue is gone.
        let (exchange, key, mandatory) = match to {
            To::Everybody => (EVENTS, message.key.as_str(), amqp.topology == Topology::Declare),
            // The exchange without a name leads to the queue of the key.
            To::Queue(queue) => ("", &**queue, true),
        };
        let options = BasicPublishOptions { mandatory, ..BasicPublishOptions::default() };
        let properties = properties(&message);
        let sent =
            channel.basic_publish(exchange.into(), key.into(), options, &message.body, properties).await;
        let confirm = match sent {
            Ok(confirm) => confirm,
            Err(error) => {
                broken.notify_one();
                return Err(Away(error.to_string()));
            }
        };
        self.door.metrics.amqp_published.inc();
        let deadline = Duration::from_secs(amqp.confirm_timeout_s);
        // A queue that is not there is the mistake of who named it, not the connection's end.
        let broken = (*to == To::Everybody).then_some(broken);
        Ok(async move {
            let confirmed = confirmed(confirm, deadline).await;
            if let (Err(_), Some(broken)) = (&confirmed, broken) {
                broken.notify_one();
            }
            confirmed
        }
        .boxed())
    }

    /// Waits until there is a channel.
    pub async fn connected(&self) {
        // The sender lives as long as we do.
        drop(self.line.subscribe().wait_for(Option::is_some).await);
    }
}

impl Outlet for Publisher {
    fn needs_contact(&self, kind: DeskFactKind) -> bool {
        event::needs_contact(kind)
    }

    fn window(&self) -> usize {
        usize::try_from(self.door.settings().amqp.window).unwrap_or(usize::MAX)
    }

    fn ready(&self) -> BoxFuture<'_, ()> {
        self.connected().boxed()
    }

    fn send(&self, happened: Vec<Happened>, to: To) -> BoxFuture<'_, Result<Confirming, Away>> {
        async move {
            let inside = self.door.inside().ok();
            let card = |sku: &Sku| inside.as_ref().and_then(|inside| inside.house.item(sku));
            let settings = self.door.settings();
            let mut confirming = Vec::with_capacity(happened.len());
            for happened in &happened {
                for message in event::messages(&settings, &card, happened) {
                    confirming.push(self.publish(message, &to).await?);
                }
            }
            let all = async move { join_all(confirming).await.into_iter().collect::<Result<(), Away>>() };
            Ok(all.boxed())
        }
        .boxed()
    }
}

/// Takes the channel away when its connection ends, however that happens.
struct Shut<'c>(&'c watch::Sender<Option<Line>>);

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        self.0.send_replace(None);
    }
}

async fn confirmed(confirm: PublisherConfirm, deadline: Duration) -> Result<(), Away> {
    match tokio::time::timeout(deadline, confirm).await {
        Ok(Ok(Confirmation::Ack(None))) => Ok(()),
        Ok(Ok(Confirmation::Ack(Some(returned)))) => {
            Err(Away(format!("no queue takes it: {} {}", returned.reply_code, returned.reply_text)))
        }
        Ok(Ok(Confirmation::Nack(_))) => Err(Away("the broker could not keep it".to_owned())),
        Ok(Ok(Confirmation::NotRequested)) => Err(Away("the channel confirms nothing".to_owned())),
        Ok(Err(error)) => Err(Away(error.to_string())),
        Err(_) => Err(Away("no confirmation in time".to_owned())),
    }
}

/// CloudEvents 1.0 in binary mode: attributes in headers, the body is the data. The binding is written for AMQP 1.0; in
/// AMQP 0-9-1 its application properties are headers, with the prefix `cloudEvents_` that the binding allows.
fn properties(message: &Message) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut put = |name: &str, value: &str| {
        headers.insert(format!("cloudEvents_{name}").into(), AMQPValue::LongString(value.into()));
    };
    put("specversion", "1.0");
    put("id", &message.id);
    put("source", "/lagerd");
    put("type", &message.kind);
    put("time", &Time(message.at).to_string());
    put("sequence", &message.sequence);
    put("partitionkey", &message.partition);
    for (name, value) in [("subject", &message.subject), ("causation", &message.cause)] {
        if let Some(value) = value {
            put(name, value);
        }
    }
    if let Some(trace) = message.trace {
        // As an attribute of the event, and where tracing libraries look for it.
        let text = trace.to_string();
        put(TRACEPARENT, &text);
        headers.insert(TRACEPARENT.into(), AMQPValue::LongString(text.into()));
    }
    let seconds = u64::try_from(message.at.as_millis()).unwrap_or(0) / 1_000;
    let properties = BasicProperties::default()
        .with_message_id(message.id.as_str().into())
        .with_type(message.kind.as_str().into())
        .with_app_id("lagerd".into())
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_timestamp(seconds)
        .with_headers(headers);
    match message.expires_ms {
        Some(expires) => properties.with_expiration(expires.to_string().into()),
        None => properties,
    }
}
