//! Names, parsed once at the door and cheap to copy afterwards.

use std::fmt;
use std::sync::Arc;

use super::time::Timestamp;

/// Why a text is not a name of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{value}` is not valid: {rule}")]
pub struct InvalidId {
    /// What was parsed, for example `sku`.
    pub what: &'static str,
    /// What was found, cut to 40 characters.
    pub value: String,
    /// What would be right.
    pub rule: &'static str,
}

impl InvalidId {
    pub(super) fn new(what: &'static str, value: &str, rule: &'static str) -> Self {
        Self { what, value: value.chars().take(40).collect(), rule }
    }
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a text from outside.
            ///
            /// # Errors
            /// Says what was found and what would be right.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.into())) } else { Err(InvalidId::new($what, text, $rule)) }
            }

            /// Takes a text that was parsed before it was stored.
            #[must_use]
            pub fn stored(text: &str) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn plain(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn opaque(text: &str) -> bool {
    (1..=128).contains(&text.len()) && !text.contains('@') && !text.chars().any(char::is_control)
}

fn visible(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'/')
}

name!(
    /// A stock-holding place.
    WarehouseId, "warehouse", "1 to 32 characters of A-Z a-z 0-9 _ -", plain
);
name!(
    /// A place where goods are sold.
    ChannelId, "channel", "1 to 32 characters of A-Z a-z 0-9 _ -", plain
);
name!(
    /// A system that counts stock, for example an ERP.
    SourceId, "source", "1 to 32 characters of A-Z a-z 0-9 _ -", plain
);
name!(
    /// A stock keeping unit.
    Sku, "sku", "1 to 128 bytes of UTF-8 without control characters",
    |text| (1..=128).contains(&text.len()) && !text.chars().any(char::is_control)
);
name!(
    /// A shopper's cart, opaque to us; personal data is kept out by refusing `@`.
    CartId, "cart", "1 to 128 bytes without control characters and without @", opaque
);
name!(
    /// A line of an order, as the channel numbers it; opaque.
    LineId, "line", "1 to 64 bytes without control characters and without @",
    |text| text.len() <= 64 && opaque(text)
);
name!(
    /// What a movement refers to, for example a purchase order; opaque.
    Reference, "ref", "1 to 128 bytes without control characters and without @", opaque
);
name!(
    /// Why something was done, in a word or two; opaque.
    Reason, "reason", "1 to 128 bytes without control characters and without @", opaque
);
name!(
    /// Who did it: the name of an access token.
    ActorName, "actor", "1 to 128 bytes without control characters and without @", opaque
);
name!(
    /// An order, as its channel names it; opaque.
    OrderNumber, "order number", "1 to 128 bytes without control characters and without @", opaque
);
name!(
    /// A document of the order desk that owns stock: an order or a transfer, minted by its shard (`07-…`).
    OrderId, "order", "1 to 64 characters of A-Z a-z 0-9 -",
    |text| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
);
name!(
    /// A caller-minted id of one command, unique over the whole store. Ids of the lines of a batch carry `/` and a
    /// number behind; callers can't send those.
    CommandId, "command id", "1 to 128 visible ASCII characters without /", visible
);

/// A reservation's id is the id of the command that asked for it.
pub type ReservationId = CommandId;

/// A part of an order at one warehouse: the order's id and `-f1`, `-f2` and so on.
pub type FulfilmentId = OrderId;

/// A return: its order's id and `-r1`, `-r2` and so on, or a document of the desk itself.
pub type ReturnId = OrderId;

/// An expected receipt is a document of the order desk, as an order is.
pub type InboundId = OrderId;

/// Shards of order desks; fixed for ever, for ids begin with theirs.
pub const SHARDS: u8 = 16;

impl OrderId {
    /// The id of a document, the same whenever it is asked for: its shard, and a hash of its kind and name.
    #[must_use]
    pub fn minted(shard_by: &str, kind: &str, name: &[&str]) -> Self {
        let [shard, ..] = *blake3::hash(shard_by.as_bytes()).as_bytes();
        let mut hasher = blake3::Hasher::new();
        for part in [kind].iter().chain(name) {
            hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize();
        let mut text = format!("{:02}-", shard % SHARDS);
        for byte in hash.as_bytes().iter().take(13) {
            text.push_str(&format!("{byte:02x}"));
        }
        Self(text.into())
    }

    /// The shard it begins with.
    #[must_use]
    pub fn shard(&self) -> Option<u8> {
        let (shard, _) = self.as_str().split_once('-')?;
        shard.parse().ok().filter(|shard| *shard < SHARDS)
    }

    /// The document this is a part of, the kind of part (`f` or `r`), and its number; `None` where it is no part.
    #[must_use]
    pub fn part(&self) -> Option<(Self, char, u32)> {
        let (document, part) = self.as_str().rsplit_once('-')?;
        let kind = part.chars().next().filter(|kind| matches!(kind, 'f' | 'r'))?;
        let number = part.get(1..)?.parse().ok()?;
        document.contains('-').then(|| (Self(document.into()), kind, number))
    }
}
/// A waiting claim's id is the id of the command that began it.
pub type WaitId = CommandId;

/// A transfer between warehouses is a document of the order desk, as an order is.
pub type TransferId = OrderId;

impl CommandId {
    /// The id of line `index` of a batch sent under this id.
    #[must_use]
    pub fn line(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0).into())
    }

    /// The id of the part of a conversation that goes to one place.
    #[must_use]
    pub fn part(&self, place: &str) -> Self {
        Self(format!("{}/{place}", self.0).into())
    }

    /// The time a UUID of version 7 carries (RFC 9562 §5.7), else `None`.
    #[must_use]
    pub fn uuid_v7_time(&self) -> Option<Timestamp> {
        let bytes = self.0.as_bytes();
        let dash = |at: usize| bytes.get(at) == Some(&b'-');
        if bytes.len() < 36 || !(dash(8) && dash(13) && dash(18) && dash(23)) || bytes.get(14) != Some(&b'7')
        {
            return None;
        }
        if bytes.len() > 36 && bytes.get(36) != Some(&b'/') {
            return None;
        }
        let high = self.0.get(0..8)?;
        let low = self.0.get(9..13)?;
        // Digits only: the standard parser would take a sign too.
        if !high.bytes().chain(low.bytes()).all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let millis = i64::from_str_radix(&format!("{high}{low}"), 16).ok()?;
        Some(Timestamp::from_millis(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_what_the_contract_allows_and_nothing_else() {
        assert!(WarehouseId::parse("BER_1-a").is_ok());
        assert!(WarehouseId::parse("").is_err());
        assert!(WarehouseId::parse("Köln").is_err());
        assert!(Sku::parse("Tee #1/größe M").is_ok());
        assert!(Sku::parse("tab\there").is_err());
        assert!(Sku::parse(&"x".repeat(129)).is_err());
        assert!(LineId::parse("1").is_ok());
        assert!(LineId::parse(&"x".repeat(65)).is_err());
        assert!(CartId::parse("someone@example.com").is_err());
        assert!(CommandId::parse("a/b").is_err());
        assert!(OrderId::parse("07-0001A").is_ok());
        assert!(OrderId::parse("07/1").is_err());
        assert!(OrderId::parse(&"x".repeat(65)).is_err());
        assert!(CommandId::parse("a b").is_err());
    }

    #[test]
    fn a_version_7_uuid_tells_its_time_and_others_do_not() {
        let id = CommandId::parse("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
        assert_eq!(id.uuid_v7_time(), Some(Timestamp::from_millis(0x0189_0a5d_ac96)));
        assert_eq!(id.line(3).uuid_v7_time(), id.uuid_v7_time());
        assert_eq!(CommandId::parse("01890a5d-ac96-474b-bcce-b302099a8057").unwrap().uuid_v7_time(), None);
        assert_eq!(CommandId::parse("c-1").unwrap().uuid_v7_time(), None);
    }
}
