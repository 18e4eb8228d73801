//! What the daemon says, read in one pass without buffering.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::error::FeedError;
use super::item::Item;
use crate::client::error::Problem;

/// One frame. `I` is what becomes of its items: read, or only counted ([`Skipped`]).
#[derive(Debug)]
pub enum Incoming<'a, I = Item<'a>> {
    /// The daemon introduces itself; always first.
    Hello(Hello),
    /// The token is known, and whose it is.
    Authenticated(Option<Cow<'a, str>>),
    /// A page of the whole table.
    Snapshot(Page<'a, I>),
    /// The daemon goes on where the reader stopped.
    Resumed(Resumed<'a>),
    /// Rows that are new.
    Changes(Changes<'a, I>),
    /// What a reader's table adds up to.
    Checksum(Checksum<'a>),
    /// The topic is no longer told.
    Unsubscribed(Cow<'a, str>),
    /// The answer to a command.
    Answer(Answer<'a>),
    /// Something was refused that has no id.
    Complaint(Complaint<'a>),
    /// A frame of a newer daemon.
    Other,
}

/// Items that nobody reads; a `Vec` of them takes no memory and still counts.
pub type Skipped = IgnoredAny;

/// The daemon's first words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Hello {
    /// Name and version.
    pub server: String,
    /// Whether nothing works without a token.
    pub auth_needed: bool,
    /// Seconds until a connection without its token is closed.
    pub auth_within_s: u64,
    /// Seconds between two pings of the daemon.
    pub ping_every_s: u64,
    /// What one connection may do.
    pub limits: FeedLimits,
}

/// What one connection may do.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct FeedLimits {
    /// Bytes of one message to the daemon.
    pub message_bytes: u64,
    /// Topics at a time.
    pub subscriptions: u64,
    /// SKUs a subscription may name.
    pub skus: u64,
    /// Commands without an answer at a time.
    pub commands_in_flight: u64,
}

/// A part of the whole table.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "I: Deserialize<'de>"))]
pub struct Page<'a, I = Item<'a>> {
    /// Which topic.
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    /// Which life of the topic; offsets compare only within one.
    #[serde(borrow)]
    pub view: Cow<'a, str>,
    /// Where the table stands; a resume point once `more` is false.
    pub offset: u64,
    /// Rows.
    pub items: Vec<I>,
    /// Whether the table is not whole yet.
    #[serde(default)]
    pub more: bool,
}

/// Where the daemon goes on.
#[derive(Debug, Deserialize)]
pub struct Resumed<'a> {
    /// Which topic.
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    /// The view the reader named.
    #[serde(borrow)]
    pub view: Cow<'a, str>,
    /// The offset the reader named.
    pub offset: u64,
}

/// Rows with their new figures.
#[derive(Debug, Deserialize)]
#[serde(bound(deserialize = "I: Deserialize<'de>"))]
pub struct Changes<'a, I = Item<'a>> {
    /// Which topic.
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    /// A resume point.
    pub offset: u64,
    /// Rows.
    pub items: Vec<I>,
    /// Changes that newer ones replaced before they were sent.
    #[serde(default)]
    pub conflated: u64,
}

/// What a reader's table adds up to who applied everything.
#[derive(Debug, Deserialize)]
pub struct Checksum<'a> {
    /// Which topic.
    #[serde(borrow)]
    pub topic: Cow<'a, str>,
    /// Of which view.
    #[serde(borrow)]
    pub view: Cow<'a, str>,
    /// At which offset.
    pub offset: u64,
    /// Wrapping sum over the rows' CRC-32.
    pub sum: u32,
    /// Rows of the table.
    pub items: u64,
}

/// What became of a command.
#[derive(Debug)]
pub struct Answer<'a> {
    /// The command's id.
    pub id: Cow<'a, str>,
    /// How it ended.
    pub outcome: Outcome<'a>,
}

/// How a command ended.
#[derive(Debug)]
pub enum Outcome<'a> {
    /// Done; the body is what HTTP answers.
    Done(&'a RawValue),
    /// Decided against, for good.
    Refused(Box<Problem>),
    /// Not known or not done: ask again under the same id.
    Unsettled(Box<Problem>),
}

/// A refusal without an id.
#[derive(Debug)]
pub struct Complaint<'a> {
    /// Why.
    pub problem: Box<Problem>,
    /// The topic it is about, if any.
    pub topic: Option<Cow<'a, str>>,
}

impl<'a, I: Deserialize<'a>> Incoming<'a, I> {
    /// Reads a frame.
    ///
    /// # Errors
    /// It is not what the contract promises.
    pub fn read(text: &'a str) -> Result<Self, FeedError> {
        serde_json::from_str(text).map_err(|cause| FeedError::frame(cause, text))
    }
}

impl<I> Incoming<'_, I> {
    /// The topic the frame is about, if any.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        match self {
            Self::Snapshot(page) => Some(&page.topic),
            Self::Resumed(resumed) => Some(&resumed.topic),
            Self::Changes(changes) => Some(&changes.topic),
            Self::Checksum(checksum) => Some(&checksum.topic),
            Self::Unsubscribed(topic) => Some(topic),
            Self::Complaint(complaint) => complaint.topic.as_deref(),
            Self::Hello(_) | Self::Authenticated(_) | Self::Answer(_) | Self::Other => None,
        }
    }
}

/// The keys a frame may have at its top; which ones are there says what it is.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Hello,
    Authenticated,
    Snapshot,
    Resumed,
    Changes,
    Checksum,
    Unsubscribed,
    Id,
    Ok,
    Refused,
    Error,
    Topic,
    #[serde(other)]
    Other,
}

/// A `Cow` that borrows, which a bare one does not when it is read by itself.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct Name<'a> {
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Topic<'a> {
    #[serde(borrow)]
    topic: Cow<'a, str>,
}

impl<'de: 'a, 'a, I: Deserialize<'de>> Deserialize<'de> for Incoming<'a, I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Frame(PhantomData))
    }
}

struct Frame<'a, I>(PhantomData<(&'a (), I)>);

/// The keys whose meaning shows only together.
struct Loose<'a> {
    id: Option<Text<'a>>,
    topic: Option<Text<'a>>,
    outcome: Option<Outcome<'a>>,
}

impl<'de: 'a, 'a, I: Deserialize<'de>> Visitor<'de> for Frame<'a, I> {
    type Value = Incoming<'a, I>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame of the feed")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut frame = None;
        let mut loose = Loose { id: None, topic: None, outcome: None };
        while let Some(key) = map.next_key()? {
            match key {
                Key::Hello => frame = Some(Incoming::Hello(map.next_value()?)),
                Key::Authenticated => {
                    frame = Some(Incoming::Authenticated(map.next_value::<Name<'a>>()?.name));
                }
                Key::Snapshot => frame = Some(Incoming::Snapshot(map.next_value()?)),
                Key::Resumed => frame = Some(Incoming::Resumed(map.next_value()?)),
                Key::Changes => frame = Some(Incoming::Changes(map.next_value()?)),
                Key::Checksum => frame = Some(Incoming::Checksum(map.next_value()?)),
                Key::Unsubscribed => {
                    frame = Some(Incoming::Unsubscribed(map.next_value::<Topic<'a>>()?.topic));
                }
                Key::Id => loose.id = map.next_value()?,
                Key::Topic => loose.topic = map.next_value()?,
                Key::Ok => loose.outcome = Some(Outcome::Done(map.next_value()?)),
                Key::Refused => loose.outcome = Some(Outcome::Refused(map.next_value()?)),
                Key::Error => loose.outcome = Some(Outcome::Unsettled(map.next_value()?)),
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(frame.unwrap_or_else(|| loose.together()))
    }
}

impl<'a> Loose<'a> {
    fn together<I>(self) -> Incoming<'a, I> {
        match (self.id, self.outcome) {
            (Some(id), Some(outcome)) => Incoming::Answer(Answer { id: id.0, outcome }),
            (None, Some(Outcome::Refused(problem) | Outcome::Unsettled(problem))) => {
                Incoming::Complaint(Complaint { problem, topic: self.topic.map(|topic| topic.0) })
            }
            (_, None) | (None, Some(Outcome::Done(_))) => Incoming::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Incoming<'_> {
        Incoming::read(text).unwrap()
    }

    /// Every frame of the contract is understood as what it is.
    #[test]
    fn every_frame() {
        let Incoming::Hello(hello) = read(
            r#"{"hello":{"server":"lagerd 0.1.0","auth_needed":true,"auth_within_s":5,"ping_every_s":25,
                "limits":{"message_bytes":262144,"subscriptions":16,"skus":10000,"commands_in_flight":256}}}"#,
        ) else {
            panic!("a hello")
        };
        assert_eq!((hello.ping_every_s, hello.limits.commands_in_flight), (25, 256));
        assert!(
            matches!(read(r#"{"authenticated":{"name":"shop"}}"#), Incoming::Authenticated(Some(name)) if name == "shop")
        );
        assert!(matches!(read(r#"{"authenticated":{"name":null}}"#), Incoming::Authenticated(None)));
        let Incoming::Snapshot(page) =
            read(r#"{"snapshot":{"topic":"channel:web","view":"ab","offset":17,"items":[],"more":true}}"#)
        else {
            panic!("a page")
        };
        assert!(page.more && page.offset == 17);
        assert!(matches!(page.topic, Cow::Borrowed("channel:web")), "nothing is copied");
        let text = r#"{"changes":{"topic":"channel:web","offset":21,"conflated":3,
            "items":[{"sku":"A","available":1,"state":"low"},{"sku":"B","available":0,"state":"sold_out"}]}}"#;
        let Incoming::Changes(changes) = read(text) else { panic!("changes") };
        assert_eq!((changes.items.len(), changes.conflated), (2, 3));
        assert!(matches!(changes.items[1].sku, Cow::Borrowed("B")), "nothing is copied");
        let Ok(Incoming::Changes(changes)) = Incoming::<Skipped>::read(text) else { panic!("changes") };
        assert_eq!((changes.items.len(), changes.offset), (2, 21), "skipped items are still counted");
        assert!(matches!(
            read(r#"{"resumed":{"topic":"t","view":"v","offset":17}}"#),
            Incoming::Resumed(resumed) if resumed.offset == 17
        ));
        assert!(matches!(
            read(r#"{"checksum":{"topic":"t","view":"v","offset":21,"sum":4294967295,"items":2}}"#),
            Incoming::Checksum(checksum) if checksum.sum == u32::MAX
        ));
        assert!(
            matches!(read(r#"{"unsubscribed":{"topic":"t"}}"#), Incoming::Unsubscribed(topic) if topic == "t")
        );
        assert!(matches!(read(r#"{"tomorrow":{"x":[1,{}]}}"#), Incoming::Other));
    }

    /// Answers and complaints are told apart, in whatever order their keys come.
    #[test]
    fn answers() {
        let Incoming::Answer(answer) = read(r#"{"id":"r-1","ok":{"state": "reserved"}}"#) else {
            panic!("an answer")
        };
        let Outcome::Done(body) = answer.outcome else { panic!("done") };
        assert_eq!((answer.id.as_ref(), body.get()), ("r-1", r#"{"state": "reserved"}"#));
        let refused = r#"{"refused":{"status":409,"code":"insufficient_stock"},"id":"r-1"}"#;
        let Incoming::Answer(Answer { outcome: Outcome::Refused(problem), .. }) = read(refused) else {
            panic!("a refusal")
        };
        assert_eq!((problem.status, problem.code.as_str()), (409, "insufficient_stock"));
        let busy = r#"{"id":"r-1","error":{"status":503,"code":"busy"}}"#;
        assert!(matches!(read(busy), Incoming::Answer(Answer { outcome: Outcome::Unsettled(_), .. })));
        let complaint = read(r#"{"error":{"status":404,"code":"unknown_channel"},"topic":"channel:x"}"#);
        assert_eq!(complaint.topic(), Some("channel:x"));
        assert!(matches!(complaint, Incoming::Complaint(_)));
    }

    /// What is no frame is an error that shows how it began.
    #[test]
    fn no_frames() {
        for text in
            ["[]", "nonsense", r#"{"changes":{"topic":"t","offset":-1,"items":[]}}"#, r#"{"checksum":{}}"#]
        {
            let error = Incoming::<Item<'_>>::read(text).unwrap_err();
            assert!(matches!(&error, FeedError::Frame { begin, .. } if begin == text), "{error}");
        }
    }
}
