//! Another system beside the broker: it sends commands, reads replies, and looks at what is dead.

use futures_util::StreamExt;
use lapin::options::{
    BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, PublisherConfirm,
};
use serde_json::{Value, json};

use crate::wait::wait_for;

/// Where commands go.
const COMMANDS: &str = "lagerd.commands";
/// Replies without a queue.
const DIRECT: &str = "amq.rabbitmq.reply-to";

/// The lines that make a daemon use a broker.
pub(crate) fn broker(url: &str) -> String {
    format!("[amqp]\nurl = \"{url}\"\n")
}

/// A system beside the broker.
pub(crate) struct Correspondent {
    connection: Connection,
    channel: Channel,
    replies: Consumer,
}

/// A reply as it came.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Of which command.
    pub(crate) id: String,
    /// What it says.
    pub(crate) body: Value,
    /// How it came.
    pub(crate) properties: BasicProperties,
}

/// A command that could not be carried out.
#[derive(Debug)]
pub(crate) struct Dead {
    pub(crate) reason: String,
    pub(crate) id: Option<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) headers: FieldTable,
}

impl Correspondent {
    /// Begins as soon as the daemon has made its queues.
    pub(crate) async fn begin(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("a broker");
        wait_for("the daemon to make its queues", async || messages(&connection, COMMANDS).await).await;
        let channel = connection.create_channel().await.expect("a channel");
        channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
        let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let replies = channel.basic_consume(DIRECT.into(), "".into(), no_ack, FieldTable::default()).await;
        Self { connection, channel, replies: replies.expect("replies") }
    }

    /// Sends bytes, with an id or without, and wants a reply; the broker has them afterwards.
    pub(crate) async fn send(&self, id: Option<&str>, body: &[u8]) {
        self.publish(body, wanting_reply(id)).await;
    }

    /// Sends bytes as these properties say; the broker has them afterwards.
    pub(crate) async fn publish(&self, body: &[u8], properties: BasicProperties) {
        wait_for("the broker to take a command", async || {
            let confirmed = self.try_publish(body, properties.clone()).await.await.expect("an answer");
            // A queue that is not quite ready refuses.
            assert!(matches!(confirmed, Confirmation::Ack(None) | Confirmation::Nack(None)), "{confirmed:?}");
            confirmed.is_ack().then_some(())
        })
        .await;
    }

    /// Sends many commands without waiting for each.
    pub(crate) async fn send_all(&self, commands: impl Iterator<Item = (String, Value)>) {
        let mut sent = Vec::new();
        for (id, body) in commands {
            let (properties, body) = (wanting_reply(Some(&id)), body.to_string());
            sent.push((self.try_publish(body.as_bytes(), properties.clone()).await, body, properties));
        }
        for (confirm, body, properties) in sent {
            if !confirm.await.expect("an answer").is_ack() {
                self.publish(body.as_bytes(), properties).await;
            }
        }
    }

    async fn try_publish(&self, body: &[u8], properties: BasicProperties) -> PublisherConfirm {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let sent = self.channel.basic_publish("".into(), COMMANDS.into(), options, body, properties);
        sent.await.expect("sent")
    }

    /// The next reply.
    pub(crate) async fn reply(&mut self) -> Reply {
        let replies = &mut self.replies;
        let reply = tokio::time::timeout(std::time::Duration::from_secs(60), replies.next()).await;
        let delivery = reply.expect("a reply in time").expect("a reply").expect("a reply");
        let id = delivery.properties.correlation_id().as_ref().map(ToString::to_string);
        Reply {
            id: id.unwrap_or_default(),
            body: serde_json::from_slice(&delivery.data).expect("JSON"),
            properties: delivery.properties,
        }
    }

    /// Sends a command and reads its reply; no other may be awaited.
    pub(crate) async fn ask(&mut self, id: &str, command: &Value) -> Value {
        self.send(Some(id), command.to_string().as_bytes()).await;
        let reply = self.reply().await;
        assert_eq!((reply.id.as_str(), &reply.body["id"]), (id, &json!(id)), "{reply:?}");
        reply.body
    }

    /// The same for a command that must be carried out: what it answers.
    pub(crate) async fn tell(&mut self, id: &str, command: &Value) -> Value {
        let mut told = self.ask(id, command).await;
        let done = told["ok"].take();
        assert!(!done.is_null(), "{command}: {told}");
        done
    }

    /// The next of the dead, as soon as there is one.
    pub(crate) async fn dead(&self) -> Dead {
        let found = wait_for("something dead", async || {
            let no_ack = BasicGetOptions { no_ack: true };
            self.channel.basic_get("lagerd.dead".into(), no_ack).await.expect("a queue")
        });
        let delivery = found.await.delivery;
        let headers = delivery.properties.headers().clone().expect("headers");
        Dead {
            reason: header(&headers, "x-lagerd-reason").expect("a reason"),
            id: delivery.properties.message_id().as_ref().map(ToString::to_string),
            body: delivery.data,
            headers,
        }
    }

    /// How many messages wait in a queue.
    pub(crate) async fn waiting(&self, queue: &str) -> u32 {
        messages(&self.connection, queue).await.expect("a queue")
    }

    /// An empty queue of its own.
    pub(crate) async fn own_queue(&self) -> ShortString {
        let exclusive = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue = self.channel.queue_declare("".into(), exclusive, FieldTable::default()).await;
        queue.expect("a queue").name().clone()
    }

    /// The next message of a queue, as soon as there is one.
    pub(crate) async fn take(&self, queue: &ShortString) -> Value {
        let found = wait_for("a message", async || {
            let no_ack = BasicGetOptions { no_ack: true };
            self.channel.basic_get(queue.clone(), no_ack).await.expect("a queue")
        });
        serde_json::from_slice(&found.await.delivery.data).expect("JSON")
    }
}

/// A header that is a text.
pub(crate) fn header(headers: &FieldTable, name: &str) -> Option<String> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        _ => None,
    }
}

fn wanting_reply(id: Option<&str>) -> BasicProperties {
    let properties = BasicProperties::default().with_reply_to(DIRECT.into());
    match id {
        Some(id) => properties.with_message_id(id.into()),
        None => properties,
    }
}

/// How many messages wait in a queue; `None` where there is no such queue.
async fn messages(connection: &Connection, queue: &str) -> Option<u32> {
    // A queue that is not there ends the channel.
    let channel = connection.create_channel().await.expect("a channel");
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.ok()?;
    Some(queue.message_count())
}
