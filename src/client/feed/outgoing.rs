//! What a reader says to the daemon.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// One message.
#[derive(Debug, Clone, Copy)]
pub enum Outgoing<'a> {
    /// Shows a token, where it did not go with the upgrade.
    Auth(&'a str),
    /// Asks for a topic.
    Subscribe(Subscribe<'a>),
    /// Asks for a topic no longer.
    Unsubscribe(&'a str),
    /// Changes stock; answered under its id.
    Command {
        /// What to do, and with what.
        verb: Verb<'a>,
        /// The command id; the same id is done once.
        id: &'a str,
        /// The body as over HTTP.
        body: &'a RawValue,
    },
}

/// What is wanted of a topic.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Subscribe<'a> {
    /// `channel:web-de` or `warehouse:BER`.
    pub topic: &'a str,
    /// Only these; all when empty.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub skus: &'a [String],
    /// Where the reader stopped; the whole table when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Since<'a>>,
}

/// Where a reader stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Since<'a> {
    /// Of which view.
    pub view: &'a str,
    /// At which offset.
    pub offset: u64,
}

/// What a command does, with what HTTP has in the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb<'a> {
    /// Holds a cart's units.
    Reserve,
    /// Sets the remaining time of this reservation.
    Extend(&'a str),
    /// Gives the units of this reservation back.
    Release(&'a str),
    /// Promises the units of this reservation.
    Allocate(&'a str),
    /// The goods of this reservation left the house.
    Ship(&'a str),
    /// Books movements at this warehouse.
    Movements(&'a str),
    /// Books counts at this warehouse.
    Counts(&'a str),
    /// Sets stock policies at this warehouse.
    StockPolicies(&'a str),
    /// Sets policies of this channel.
    ChannelPolicies(&'a str),
    /// Sets what is known of this SKU.
    Item(&'a str),
}

impl<'a> Verb<'a> {
    fn word(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Extend(_) => "extend",
            Self::Release(_) => "release",
            Self::Allocate(_) => "allocate",
            Self::Ship(_) => "ship",
            Self::Movements(_) => "movements",
            Self::Counts(_) => "counts",
            Self::StockPolicies(_) => "stock_policies",
            Self::ChannelPolicies(_) => "channel_policies",
            Self::Item(_) => "item",
        }
    }

    fn target(self) -> Option<(&'static str, &'a str)> {
        match self {
            Self::Reserve => None,
            Self::Extend(id) | Self::Release(id) | Self::Allocate(id) | Self::Ship(id) => {
                Some(("reservation", id))
            }
            Self::Movements(id) | Self::Counts(id) | Self::StockPolicies(id) => Some(("warehouse", id)),
            Self::ChannelPolicies(id) => Some(("channel", id)),
            Self::Item(id) => Some(("sku", id)),
        }
    }
}

impl Serialize for Outgoing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Auth<'a> {
            token: &'a str,
        }
        #[derive(Serialize)]
        struct Topic<'a> {
            topic: &'a str,
        }
        let mut map = serializer.serialize_map(None)?;
        match *self {
            Self::Auth(token) => map.serialize_entry("auth", &Auth { token })?,
            Self::Subscribe(wish) => map.serialize_entry("subscribe", &wish)?,
            Self::Unsubscribe(topic) => map.serialize_entry("unsubscribe", &Topic { topic })?,
            Self::Command { verb, id, body } => {
                map.serialize_entry("id", id)?;
                map.serialize_entry(verb.word(), body)?;
                if let Some((name, target)) = verb.target() {
                    map.serialize_entry(name, target)?;
                }
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(outgoing: Outgoing<'_>) -> String {
        serde_json::to_string(&outgoing).unwrap()
    }

    /// Messages are written as the contract has them.
    #[test]
    fn every_message() {
        assert_eq!(text(Outgoing::Auth("t\"")), r#"{"auth":{"token":"t\""}}"#);
        let mut wish = Subscribe { topic: "channel:web", skus: &[], since: None };
        assert_eq!(text(Outgoing::Subscribe(wish)), r#"{"subscribe":{"topic":"channel:web"}}"#);
        let skus = ["A".to_owned()];
        wish.skus = &skus;
        wish.since = Some(Since { view: "ab", offset: 17 });
        assert_eq!(
            text(Outgoing::Subscribe(wish)),
            r#"{"subscribe":{"topic":"channel:web","skus":["A"],"since":{"view":"ab","offset":17}}}"#
        );
        assert_eq!(
            text(Outgoing::Unsubscribe("warehouse:BER")),
            r#"{"unsubscribe":{"topic":"warehouse:BER"}}"#
        );
        let body = RawValue::from_string(r#"{"ttl_s":30}"#.to_owned()).unwrap();
        let command = |verb| text(Outgoing::Command { verb, id: "c-1", body: &body });
        assert_eq!(command(Verb::Reserve), r#"{"id":"c-1","reserve":{"ttl_s":30}}"#);
        assert_eq!(command(Verb::Extend("r-1")), r#"{"id":"c-1","extend":{"ttl_s":30},"reservation":"r-1"}"#);
        assert_eq!(command(Verb::Item("A\"")), r#"{"id":"c-1","item":{"ttl_s":30},"sku":"A\""}"#);
    }
}
