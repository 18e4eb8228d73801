//! What a message is read as.

use lapin::BasicProperties;

use crate::edge::amqp::commands::envelope::{read, sender};

const MOST: u64 = 200;

/// Each message against what it is read as: its id, or the code of what is wrong with it and the id it seems to have.
#[test]
fn messages_are_read() {
    /// The id that is read, or the code and the path of what is wrong.
    type Read<'a> = Result<&'a str, (&'a str, Option<&'a str>)>;
    let long = format!(r#"{{"reserve":{{}},"x":"{}"}}"#, "x".repeat(300));
    let many = "x".repeat(129);
    #[rustfmt::skip]
    let cases: &[(Option<&str>, &str, Read)] = &[
        (Some("a-1"), r#"{"reserve":{}}"#, Ok("a-1")),
        (None, r#"{"id":"a-1","reserve":{}}"#, Ok("a-1")),
        (Some("a-1"), r#"{"id":"a-1","movements":{},"warehouse":"BER"}"#, Ok("a-1")),
        (Some("a-1"), r#"{"cancel":{},"order":"o-1","channel":"web"}"#, Ok("a-1")),
        (Some("a-1"), r#"{"id":"a-2","reserve":{}}"#, Err(("id_ambiguous", Some("a-1")))),
        (None, r#"{"reserve":{}}"#, Err(("id_missing", None))),
        (Some("a/1"), r#"{"reserve":{}}"#, Err(("id_invalid", Some("a/1")))),
        (Some(&many), r#"{"reserve":{}}"#, Err(("id_invalid", None))),
        (None, r#"{"id":7,"reserve":{}}"#, Err(("id_invalid", None))),
        (Some("a-1"), "", Err(("malformed_json", Some("a-1")))),
        (Some("a-1"), "no json", Err(("malformed_json", Some("a-1")))),
        (Some("a-1"), "[]", Err(("malformed_json", Some("a-1")))),
        (Some("a-1"), r#"{"reserve":{},"reserve":{}}"#, Err(("malformed_json", Some("a-1")))),
        (Some("a-1"), "{}", Err(("unknown_message", Some("a-1")))),
        (Some("a-1"), r#"{"reserv":{}}"#, Err(("unknown_message", Some("a-1")))),
        (Some("a-1"), r#"{"reserve":{},"release":{}}"#, Err(("unknown_message", Some("a-1")))),
        (Some("a-1"), r#"{"subscribe":{}}"#, Err(("unknown_message", Some("a-1")))),
        (Some("a-1"), r#"{"movements":{}}"#, Err(("invalid", Some("a-1")))),
        (Some("a-1"), r#"{"movements":{},"warehouse":7}"#, Err(("invalid", Some("a-1")))),
        (Some("a-1"), &long, Err(("body_too_large", Some("a-1")))),
    ];
    for (id, body, right) in cases {
        let mut properties = BasicProperties::default();
        if let Some(id) = id {
            properties = properties.with_message_id((*id).into());
        }
        let found = read(&properties, body.as_bytes(), MOST);
        let found = found.as_ref().map(|envelope| envelope.id.as_str());
        let found = found.map_err(|unreadable| (unreadable.problem.code, unreadable.id.as_deref()));
        assert_eq!(found, *right, "{id:?} {body}");
    }
    let broken =
        read(&BasicProperties::default().with_message_id("a-1".into()), b"{\"reserve\":\"\xff\"}", MOST);
    assert_eq!(broken.err().map(|unreadable| unreadable.problem.code), Some("malformed_json"));
}

/// A user the broker vouches for is named where it can be; nobody else's word is taken for it.
#[test]
fn senders_are_named() {
    let of = |user: &str| sender(&BasicProperties::default().with_user_id(user.into()));
    assert_eq!(of("erp").as_str(), "amqp:erp");
    assert_eq!(of("erp@example.com").as_str(), "amqp");
    assert_eq!(sender(&BasicProperties::default()).as_str(), "amqp");
}
