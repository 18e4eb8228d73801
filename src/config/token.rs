//! `[[token]]`: who may do what. Tokens are long random texts; only their hashes are configured.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::check;
use super::reader::Table;
use super::secret::STARS;

/// What a configured hash begins with; names the function, so that another may come later.
const PREFIX: &str = "blake3:";

/// BLAKE3 hash of a token. A plain hash is enough because tokens are 256 random bits, not words people choose.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(blake3::Hash);

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(blake3::hash(token.as_bytes()))
    }

    /// Whether `token` is the one; takes the same time for any answer.
    #[must_use]
    pub fn matches(&self, token: &str) -> bool {
        Self::of(token).0 == self.0
    }

    /// The text for the configuration file.
    #[must_use]
    pub fn configured(&self) -> String {
        format!("{PREFIX}{}", self.0.to_hex())
    }

    fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text.strip_prefix(PREFIX)?).ok().map(Self)
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STARS)
    }
}

impl Serialize for TokenHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(STARS)
    }
}

/// One thing a token allows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Reading what every channel sees.
    ReadAll,
    /// Reading what one channel sees.
    Read(String),
    /// Reserving, extending, releasing, allocating for one channel.
    Sell(String),
    /// Movements, counts and policies of one warehouse.
    Stock(String),
    /// Fulfilment work of one warehouse.
    Fulfil(String),
    /// Personal data of one channel's customers.
    Contact(String),
    /// Everything.
    Admin,
}

/// What a scope looks like.
pub(super) const SCOPES: &str = "scopes: read:<channel>, read:*, sell:<channel>, stock:<warehouse>, fulfil:<warehouse>, \
                      contact:<channel>, admin";

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((verb, of)) = text.split_once(':') else {
            return if text == "admin" { Ok(Self::Admin) } else { Err(String::new()) };
        };
        if (verb, of) == ("read", "*") {
            return Ok(Self::ReadAll);
        }
        let id = check::id(of).map_err(|_| format!("{of:?} is no id"))?;
        match verb {
            "read" => Ok(Self::Read(id)),
            "sell" => Ok(Self::Sell(id)),
            "stock" => Ok(Self::Stock(id)),
            "fulfil" => Ok(Self::Fulfil(id)),
            "contact" => Ok(Self::Contact(id)),
            _ => Err(format!("{verb:?} is no scope")),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadAll => f.write_str("read:*"),
            Self::Read(channel) => write!(f, "read:{channel}"),
            Self::Sell(channel) => write!(f, "sell:{channel}"),
            Self::Stock(warehouse) => write!(f, "stock:{warehouse}"),
            Self::Fulfil(warehouse) => write!(f, "fulfil:{warehouse}"),
            Self::Contact(channel) => write!(f, "contact:{channel}"),
            Self::Admin => f.write_str("admin"),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Who it is, for history and logs; never the token itself. Several may bear one name.
    pub name: String,
    /// Hash of the token.
    pub hash: TokenHash,
    /// What it allows; no scope implies another, `admin` allows everything.
    pub scopes: Vec<Scope>,
    /// From when on it is refused.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub expires: Option<Timestamp>,
}

impl Token {
    pub(super) fn read(table: &mut Table<'_>) -> Option<Self> {
        let name = table.required("name", check::ID, check::id);
        let hash = table.secret_required("hash", "\"blake3:\" and 64 hexadecimal digits", TokenHash::parse);
        let scopes = table.list("scopes", SCOPES, str::parse);
        let expires = table.text_opt("expires", "a time such as \"2027-01-01T00:00:00Z\"", |text| {
            text.parse::<Timestamp>().map_err(|_| String::new())
        });
        Some(Self { name: name?, hash: hash?, scopes, expires })
    }
}

fn as_text<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every scope reads back as it is written, and what is no scope is refused.
    #[test]
    fn scopes() {
        for text in ["read:web", "read:*", "sell:web", "stock:BER", "fulfil:BER", "contact:web", "admin"] {
            assert_eq!(text.parse::<Scope>().expect("a scope").to_string(), text);
        }
        for text in ["", "root", "sell:*", "stock:", "sell:a b", "admin:x"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }

    /// A hash matches its own token alone and survives the way through a file.
    #[test]
    fn hashes() {
        let hash = TokenHash::of("token");
        assert!(hash.matches("token") && !hash.matches("Token"));
        assert_eq!(TokenHash::parse(&hash.configured()), Some(hash));
        assert_eq!(TokenHash::parse("blake3:12"), None);
    }
}
