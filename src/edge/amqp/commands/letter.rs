//! What goes out for a command: its reply, the command itself to where it can be looked at, or back to its queue.

use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable, ShortString};

use super::super::topology::{COMMANDS, DEAD};
use crate::domain::trace::Trace;
use crate::edge::command::errand::{TRACEPARENT, answered};
use crate::edge::fault::Problem;

/// What replies are.
const REPLY: &str = "lagerd.reply.v1";
/// Messages that stay when the broker restarts.
const PERSISTENT: u8 = 2;
/// What senders ask the broker to make of `reply_to`, so that they need no queue: it is a route, and no queue.
const DIRECT: &str = "amq.rabbitmq.reply-to.";
/// Headers that go along with a reply: whose trace it belongs to.
const TRACE: [&str; 2] = [TRACEPARENT, "tracestate"];
/// Bytes of a sender's headers that go along to `lagerd.dead`: with ours behind them they have to fit into one frame.
const HEADERS_MAX: usize = 16 * 1024;
/// What holds numbers of cards and accounts is kept nowhere, there neither.
const UNKEPT: &str = "payment_data_refused";

/// A message to one place.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) exchange: &'static str,
    pub(super) key: ShortString,
    /// Whether the broker says so where no queue takes it.
    pub(super) mandatory: bool,
    /// Whether it is lost where nobody takes it.
    pub(super) passing: bool,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
}

/// The reply, where one is asked for.
pub(super) fn reply(command: &Delivery, id: Option<&str>, done: Result<Vec<u8>, Problem>) -> Option<Letter> {
    let asked = &command.properties;
    let key = asked.reply_to().clone().filter(|to| !to.as_str().is_empty())?;
    let mut headers = FieldTable::default();
    for name in TRACE {
        if let Some(value) = text_header(asked, name) {
            headers.insert(name.into(), value);
        }
    }
    let mut properties = BasicProperties::default()
        .with_type(REPLY.into())
        .with_app_id("lagerd".into())
        .with_content_type("application/json".into())
        .with_delivery_mode(PERSISTENT)
        .with_headers(headers);
    let named = asked.correlation_id().clone().or_else(|| id.and_then(|id| ShortString::try_new(id).ok()));
    if let Some(correlation) = named {
        properties = properties.with_correlation_id(correlation);
    }
    let mandatory = !key.as_str().starts_with(DIRECT);
    Some(Letter { exchange: "", key, mandatory, passing: true, body: answered(id, done), properties })
}

/// The command as it came, to `lagerd.dead`, with the reason.
pub(super) fn dead(command: &Delivery, problem: &Problem, reason: &str) -> Letter {
    let mut headers = senders_headers(&command.properties);
    let mut put = |name: &str, value: &str| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    put("x-lagerd-reason", reason);
    put("x-lagerd-detail", problem.detail.as_deref().unwrap_or(problem.title));
    put("x-lagerd-exchange", command.exchange.as_str());
    put("x-lagerd-routing-key", command.routing_key.as_str());
    if let Some(id) = command.properties.message_id() {
        put("x-lagerd-message-id", id.as_str());
    }
    if let Some(user) = command.properties.user_id() {
        put("x-lagerd-user", user.as_str());
    }
    let keep = problem.code != UNKEPT;
    if !keep {
        put("x-lagerd-body", "withheld: it held the number of a card or an account");
    }
    let body = if keep { command.data.clone() } else { Vec::new() };
    let properties = again(&command.properties).with_headers(headers);
    Letter { exchange: DEAD, key: COMMANDS.into(), mandatory: true, passing: false, body, properties }
}

/// The command as it came, to the end of its queue: there it counts as not delivered yet.
pub(super) fn put_back(command: &Delivery) -> Letter {
    let mut properties = again(&command.properties).with_headers(senders_headers(&command.properties));
    if let Some(expiration) = command.properties.expiration() {
        properties = properties.with_expiration(expiration.clone());
    }
    let body = command.data.clone();
    Letter { exchange: "", key: COMMANDS.into(), mandatory: true, passing: false, body, properties }
}

/// A sender's properties without its user: the broker lets nobody else claim it.
fn again(properties: &BasicProperties) -> BasicProperties {
    let mut copied = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let fields = [
        (properties.content_type(), BasicProperties::with_content_type as fn(_, _) -> _),
        (properties.content_encoding(), BasicProperties::with_content_encoding),
        (properties.correlation_id(), BasicProperties::with_correlation_id),
        (properties.reply_to(), BasicProperties::with_reply_to),
        (properties.message_id(), BasicProperties::with_message_id),
        (properties.kind(), BasicProperties::with_type),
        (properties.app_id(), BasicProperties::with_app_id),
    ];
    for (value, with) in fields {
        if let Some(value) = value {
            copied = with(copied, value.clone());
        }
    }
    match properties.timestamp() {
        Some(timestamp) => copied.with_timestamp(*timestamp),
        None => copied,
    }
}

/// A sender's headers, those of the broker left out, as far as they are texts and short together.
fn senders_headers(properties: &BasicProperties) -> FieldTable {
    let mut kept = FieldTable::default();
    let mut bytes = 0_usize;
    let all = properties.headers().iter().flat_map(|headers| headers.inner().keys());
    for name in all.filter(|name| !name.as_str().starts_with("x-")) {
        let Some(AMQPValue::LongString(text)) = text_header(properties, name.as_str()) else { continue };
        bytes = bytes.saturating_add(name.as_str().len()).saturating_add(text.len());
        if bytes > HEADERS_MAX {
            break;
        }
        kept.insert(name.clone(), AMQPValue::LongString(text));
    }
    kept
}

/// Whose trace a command belongs to, as its headers say.
pub(super) fn trace(properties: &BasicProperties) -> Option<Trace> {
    let AMQPValue::LongString(text) = text_header(properties, TRACEPARENT)? else { return None };
    Trace::parse(std::str::from_utf8(text.as_bytes()).ok()?)
}

fn text_header(properties: &BasicProperties, name: &str) -> Option<AMQPValue> {
    let value = properties.headers().as_ref()?.inner().get(name)?;
    match value {
        AMQPValue::LongString(text) if text.len() <= HEADERS_MAX => Some(value.clone()),
        AMQPValue::ShortString(text) => Some(AMQPValue::LongString(text.as_str().into())),
        _ => None,
    }
}

/// How often the broker has delivered a command before.
pub(super) fn delivered(properties: &BasicProperties) -> u64 {
    let headers = properties.headers().as_ref();
    match headers.and_then(|headers| headers.inner().get("x-delivery-count")) {
        Some(AMQPValue::LongLongInt(count)) => u64::try_from(*count).unwrap_or(0),
        Some(AMQPValue::LongInt(count)) => u64::try_from(*count).unwrap_or(0),
        _ => 0,
    }
}
