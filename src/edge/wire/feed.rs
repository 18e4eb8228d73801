//! Messages of the live feed. Each is a JSON object whose first word says what it is.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Deserialize as Derive, Serialize};
use serde_json::value::RawValue;

use super::text::Text;
use crate::domain::ids::Sku;

/// What a connection may cost; told at its beginning.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Limits {
    /// Longest message, in bytes.
    pub message_bytes: u64,
    /// Topics followed.
    pub subscriptions: u64,
    /// SKUs named over all subscriptions.
    pub skus: u64,
    /// Commands under way.
    pub commands_in_flight: u64,
}

/// The daemon's first words.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Hello {
    /// The program and its version.
    pub server: &'static str,
    /// Whether the reader has to say who it is before anything else.
    pub auth_needed: bool,
    /// Within so many seconds.
    pub auth_within_s: u64,
    /// Seconds between two pings.
    pub ping_every_s: u64,
    /// What the connection may cost.
    pub limits: Limits,
}

/// Who the reader is.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Authenticated<'a> {
    /// Name of its token; `null` where none is configured.
    pub name: Option<&'a str>,
}

/// A reader's place: everything up to it was sent.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PlaceAnswer<'a> {
    /// Which topic.
    pub topic: &'a str,
    /// The order of changes the offset belongs to.
    pub view: &'a str,
    /// The place.
    pub offset: u64,
}

/// What a reader's table must add up to.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Checksum<'a> {
    /// Which topic.
    pub topic: &'a str,
    /// The order of changes the offset belongs to.
    pub view: &'a str,
    /// The reader's place.
    pub offset: u64,
    /// The wrapping sum over the rows of the CRC-32 of `sku:available` (a channel), `sku:on_hand:reserved:allocated`
    /// (a warehouse), or what is said of the rows of other topics.
    pub sum: u32,
    /// Rows of the table.
    pub items: usize,
}

/// A topic alone.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct TopicAnswer<'a> {
    /// Which topic.
    pub topic: &'a str,
}

/// What a daemon says, with the word that tells it.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Saying<'a> {
    /// The first words.
    Hello(Hello),
    /// The reader is known.
    Authenticated(Authenticated<'a>),
    /// The reader's place could be used; changes follow.
    Resumed(PlaceAnswer<'a>),
    /// The reader has everything, and this is what it adds up to.
    Checksum(Checksum<'a>),
    /// Nothing more comes of a topic.
    Unsubscribed(TopicAnswer<'a>),
}

/// A place to go on from.
#[derive(Debug, Clone, Derive)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// The view it belongs to.
    pub view: String,
    /// The offset of the last frame that was applied.
    pub offset: u64,
}

/// Who the reader is.
#[derive(Derive)]
#[serde(deny_unknown_fields)]
pub struct AuthBody {
    /// The token itself.
    #[serde(default)]
    pub token: Option<String>,
}

impl fmt::Debug for AuthBody {
    /// Without the token: it must not get into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthBody(..)")
    }
}

/// Which topic to follow, or not any more.
#[derive(Debug, Clone, Derive)]
#[serde(deny_unknown_fields)]
pub struct SubscribeBody {
    /// The topic: `channel:<id>`, `warehouse:<id>`, `work:<warehouse>`, `orders` or `alerts`.
    #[serde(default)]
    pub topic: Option<String>,
    /// Short for the topic `channel:<id>`.
    #[serde(default)]
    pub channel: Option<String>,
    /// Only these SKUs; all of the topic where it is not said.
    #[serde(default)]
    pub skus: Option<Vec<Text<Sku>>>,
    /// Where to go on.
    #[serde(default)]
    pub since: Option<Since>,
}

/// A message's fields, in order; each named once.
#[derive(Debug)]
pub struct Fields<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                /// A key, borrowed where it is written without escapes.
                #[derive(Derive)]
                #[serde(transparent)]
                struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

                let mut fields: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::with_capacity(3);
                while let Some((Key(key), value)) = map.next_entry()? {
                    if fields.len() >= FIELDS_MAX {
                        return Err(de::Error::custom("too many fields"));
                    }
                    if fields.iter().any(|(known, _)| *known == key) {
                        return Err(de::Error::custom(format!("`{key}` stands there twice")));
                    }
                    fields.push((key, value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// No message has more fields.
const FIELDS_MAX: usize = 8;

impl<'a> Fields<'a> {
    /// Takes a field out.
    pub fn take(&mut self, name: &str) -> Option<&'a RawValue> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }
}
