//! Exchanges and queues: which there are, and who makes them.
//!
//! ```text
//! lagerd.events (topic) --> queues of integrators, bound by them
//!        | nothing bound
//!        v
//! lagerd.unrouted (fanout) --> queue lagerd.unrouted (bounded)
//! lagerd.commands (quorum queue) -- too often delivered --> lagerd.dead (fanout) --> queue lagerd.dead (bounded)
//! ```

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ExchangeKind};

use crate::config::{Amqp, Topology};

/// Where everything is told.
pub const EVENTS: &str = "lagerd.events";
/// Where goes what nobody has bound a queue for; exchange and queue.
pub const UNROUTED: &str = "lagerd.unrouted";
/// Where commands come from.
pub const COMMANDS: &str = "lagerd.commands";
/// Where commands go that can't be carried out; exchange and queue.
pub const DEAD: &str = "lagerd.dead";

/// Deliveries of one command until the broker gives up on it: a last net behind our own count.
const DELIVERY_LIMIT: i64 = 20;
/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// Makes, or looks for, everything the daemon uses.
///
/// # Errors
/// What the broker says, say that a queue is there with other arguments.
pub async fn prepare(connection: &Connection, amqp: &Amqp) -> Result<(), lapin::Error> {
    let passive = match amqp.topology {
        Topology::Declare => false,
        Topology::Check => true,
        Topology::Off => return Ok(()),
    };
    let channel = connection.create_channel().await?;
    let bounds = [
        ("x-message-ttl", whole(amqp.dead_hours).saturating_mul(HOUR_MS)),
        ("x-max-length", whole(amqp.dead_messages_max)),
    ];
    let aside = |name: &str| text("alternate-exchange", name);
    exchange(&channel, (UNROUTED, ExchangeKind::Fanout), FieldTable::default(), passive).await?;
    queue(&channel, UNROUTED, numbers(&bounds), passive).await?;
    exchange(&channel, (DEAD, ExchangeKind::Fanout), FieldTable::default(), passive).await?;
    queue(&channel, DEAD, numbers(&bounds), passive).await?;
    exchange(&channel, (EVENTS, ExchangeKind::Topic), aside(UNROUTED), passive).await?;
    let mut commands = text("x-queue-type", "quorum");
    insert(&mut commands, "x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT));
    insert(&mut commands, "x-dead-letter-exchange", AMQPValue::LongString(DEAD.into()));
    queue(&channel, COMMANDS, commands, passive).await?;
    if !passive {
        for name in [UNROUTED, DEAD] {
            let (options, none) = (QueueBindOptions::default(), FieldTable::default());
            channel.queue_bind(name.into(), name.into(), "".into(), options, none).await?;
        }
    }
    channel.close(200, "done".into()).await
}

async fn exchange(
    channel: &Channel,
    (name, kind): (&str, ExchangeKind),
    arguments: FieldTable,
    passive: bool,
) -> Result<(), lapin::Error> {
    let options = ExchangeDeclareOptions { passive, durable: true, ..ExchangeDeclareOptions::default() };
    channel.exchange_declare(name.into(), kind, options, arguments).await
}

async fn queue(
    channel: &Channel,
    name: &str,
    arguments: FieldTable,
    passive: bool,
) -> Result<(), lapin::Error> {
    let options = QueueDeclareOptions { passive, durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.into(), options, arguments).await.map(drop)
}

fn text(key: &str, value: &str) -> FieldTable {
    let mut table = FieldTable::default();
    insert(&mut table, key, AMQPValue::LongString(value.into()));
    table
}

fn numbers(pairs: &[(&str, i64)]) -> FieldTable {
    let mut table = FieldTable::default();
    for (key, value) in pairs {
        insert(&mut table, key, AMQPValue::LongLongInt(*value));
    }
    table
}

fn insert(table: &mut FieldTable, key: &str, value: AMQPValue) {
    table.insert(key.into(), value);
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
