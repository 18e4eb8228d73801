//! What goes out for a command.

use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::{AMQPValue, FieldTable};

use crate::domain::trace::Trace;
use crate::edge::amqp::commands::letter::{dead, delivered, put_back, reply, trace};
use crate::edge::fault::Problem;

fn header(properties: &BasicProperties, name: &str) -> Option<String> {
    match properties.headers().as_ref()?.inner().get(name)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        _ => None,
    }
}

fn command(change: impl FnOnce(BasicProperties) -> BasicProperties) -> Delivery {
    let mut headers = FieldTable::default();
    headers.insert("traceparent".into(), AMQPValue::LongString("00-aa-bb-01".into()));
    headers.insert("tracestate".into(), AMQPValue::ShortString("k=v".into()));
    headers.insert("purpose".into(), AMQPValue::LongString("test".into()));
    headers.insert("x-delivery-count".into(), AMQPValue::LongLongInt(4));
    let properties = BasicProperties::default()
        .with_message_id("a-1".into())
        .with_user_id("erp".into())
        .with_headers(headers);
    let mut delivery =
        Delivery::mock(1, "".into(), "lagerd.commands".into(), true, b"{\"reserve\":{}}".to_vec());
    delivery.properties = change(properties);
    delivery
}

/// A reply bears what its sender knows it by, and its trace; its body is what a connection is answered.
#[test]
fn replies() {
    assert!(reply(&command(|sent| sent), Some("a-1"), Ok(b"{}".to_vec())).is_none());
    let asked = command(|sent| sent.with_reply_to("answers".into()));
    let told = reply(&asked, Some("a-1"), Ok(br#"{"state":"reserved"}"#.to_vec())).unwrap();
    assert_eq!((told.exchange, told.key.as_str(), told.mandatory, told.passing), ("", "answers", true, true));
    assert_eq!(told.body, br#"{"id":"a-1","ok":{"state":"reserved"}}"#);
    assert_eq!(told.properties.correlation_id().as_ref().map(|id| id.as_str()), Some("a-1"));
    assert_eq!(told.properties.kind().as_ref().map(|kind| kind.as_str()), Some("lagerd.reply.v1"));
    assert_eq!(header(&told.properties, "traceparent").as_deref(), Some("00-aa-bb-01"));
    assert_eq!(header(&told.properties, "tracestate").as_deref(), Some("k=v"));
    assert_eq!(header(&told.properties, "purpose"), None);
    let named = command(|sent| {
        sent.with_reply_to("amq.rabbitmq.reply-to.g1.x".into()).with_correlation_id("call-7".into())
    });
    let told = reply(&named, None, Err(Problem::malformed("malformed_json", "x"))).unwrap();
    assert!(!told.mandatory, "a direct reply goes into no queue");
    assert_eq!(told.properties.correlation_id().as_ref().map(|id| id.as_str()), Some("call-7"));
    let said: serde_json::Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!((&said["id"], &said["refused"]["code"]), (&serde_json::Value::Null, &"malformed_json".into()));
}

/// A command's trace is taken from its headers, as a text of either kind; what is none counts as not sent.
#[test]
fn traces() {
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let of = |value: AMQPValue| {
        let mut headers = FieldTable::default();
        headers.insert("traceparent".into(), value);
        trace(&BasicProperties::default().with_headers(headers))
    };
    assert_eq!(of(AMQPValue::LongString(good.into())), Trace::parse(good));
    assert_eq!(of(AMQPValue::ShortString(good.into())), Trace::parse(good));
    assert!(Trace::parse(good).is_some());
    assert_eq!(of(AMQPValue::LongString("00-aa-bb-01".into())), None);
    assert_eq!(of(AMQPValue::LongString(b"\xff\xfe".to_vec().into())), None);
    assert_eq!(of(AMQPValue::LongLongInt(1)), None);
    assert_eq!(trace(&BasicProperties::default()), None);
}

/// What is dead can be read, sent again and understood; what the broker would refuse from us is a header.
#[test]
fn the_dead() {
    let letter = dead(&command(|sent| sent), &Problem::invalid("lines", "lines: too few"), "invalid");
    assert_eq!((letter.exchange, letter.mandatory, letter.passing), ("lagerd.dead", true, false));
    assert_eq!(letter.body, b"{\"reserve\":{}}");
    let told = |name| header(&letter.properties, name).unwrap_or_default();
    assert_eq!(told("x-lagerd-reason"), "invalid");
    assert_eq!(told("x-lagerd-detail"), "lines: too few");
    assert_eq!(told("x-lagerd-routing-key"), "lagerd.commands");
    assert_eq!(told("x-lagerd-message-id"), "a-1");
    assert_eq!(told("x-lagerd-user"), "erp");
    assert_eq!(told("purpose"), "test");
    assert_eq!(letter.properties.user_id(), &None);
    assert_eq!(letter.properties.message_id().as_ref().map(|id| id.as_str()), Some("a-1"));
}

/// The number of a card is kept nowhere, not with the dead either.
#[test]
fn card_numbers_are_not_kept() {
    let problem = Problem { code: "payment_data_refused", ..Problem::invalid("note", "no card numbers") };
    let letter = dead(&command(|sent| sent), &problem, problem.code);
    assert_eq!(letter.body, b"");
    assert!(header(&letter.properties, "x-lagerd-body").is_some());
}

/// What is put back is the same command, which counts as not delivered yet.
#[test]
fn what_is_put_back() {
    let sent = command(|sent| sent.with_reply_to("answers".into()).with_type("t".into()));
    assert_eq!(delivered(&sent.properties), 4);
    let letter = put_back(&sent);
    assert_eq!((letter.exchange, letter.key.as_str()), ("", "lagerd.commands"));
    assert_eq!(letter.body, sent.data);
    assert_eq!(delivered(&letter.properties), 0);
    assert_eq!(header(&letter.properties, "traceparent").as_deref(), Some("00-aa-bb-01"));
    for (found, right) in [
        (letter.properties.message_id(), sent.properties.message_id()),
        (letter.properties.reply_to(), sent.properties.reply_to()),
        (letter.properties.kind(), sent.properties.kind()),
    ] {
        assert_eq!(found, right);
    }
    assert_eq!(letter.properties.user_id(), &None);
}

/// Headers of any size leave room for ours: one frame has to hold them all.
#[test]
fn long_headers_are_left_behind() {
    let mut headers = FieldTable::default();
    headers.insert("long".into(), AMQPValue::LongString("x".repeat(100_000).into()));
    let sent = command(|sent| sent.with_headers(headers));
    let letter = dead(&sent, &Problem::malformed("malformed_json", "x"), "malformed_json");
    assert_eq!(header(&letter.properties, "long"), None);
    assert_eq!(header(&letter.properties, "x-lagerd-reason").as_deref(), Some("malformed_json"));
}
