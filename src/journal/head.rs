//! Names of journals and of points in their history.

use std::fmt;
use std::str::FromStr;

/// A point in a journal's history: the version and the random nonce of the batch that made it (J3).
///
/// Written `<version>-<nonce>`, the nonce as 16 hex digits. [`Head::GENESIS`] is the head of an empty journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Head {
    /// Goes up by one per batch; the first batch is version 1.
    pub version: u64,
    /// 64 random bits, fresh per batch.
    pub nonce: u64,
}

impl Head {
    /// The head of a journal nothing was ever written to.
    pub const GENESIS: Self = Self { version: 0, nonce: 0 };
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:016x}", self.version, self.nonce)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is not a head of the form <version>-<16 hex digits>");
        let (version, nonce) = text.split_once('-').ok_or_else(wrong)?;
        let version = version.parse().map_err(|_| wrong())?;
        let nonce = u64::from_str_radix(nonce, 16).map_err(|_| wrong())?;
        Ok(Self { version, nonce })
    }
}

/// What kind of actor a journal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JournalKind {
    /// Levels, holds and allocations of one warehouse.
    Warehouse,
    /// Policies of one channel.
    Channel,
    /// Item cards, one journal for the whole store.
    Items,
    /// Orders and what belongs to them: one of the sixteen shards of the order desk, `00` to `15`.
    Desk,
}

impl JournalKind {
    /// Every kind, for listings.
    pub const ALL: [Self; 4] = [Self::Warehouse, Self::Channel, Self::Items, Self::Desk];

    /// The letter that stands for the kind in keys and event ids.
    #[must_use]
    pub fn letter(self) -> char {
        match self {
            Self::Warehouse => 'w',
            Self::Channel => 'c',
            Self::Items => 'i',
            Self::Desk => 'd',
        }
    }
}

/// Names one journal, written `<letter>:<name>`, for example `w:BER`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JournalId {
    /// The kind of its owner.
    pub kind: JournalKind,
    /// The id of its owner, of the form `[A-Za-z0-9_-]{1,32}`.
    pub name: String,
}

impl JournalId {
    /// Names the journal of `name`.
    pub fn new(kind: JournalKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }
}

impl fmt::Display for JournalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.kind.letter(), self.name)
    }
}

impl FromStr for JournalId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "`{text}` is not a journal of the form w:<warehouse>, c:<channel>, i:items or d:<00 to 15>"
            )
        };
        let (letter, name) = text.split_once(':').ok_or_else(wrong)?;
        let kind = JournalKind::ALL
            .into_iter()
            .find(|kind| letter == kind.letter().to_string())
            .ok_or_else(wrong)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || name.len() > 32 || !name.chars().all(plain) {
            return Err(wrong());
        }
        Ok(Self::new(kind, name))
    }
}

/// The random identity a store is given when it is first used; another id is another store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub u128);

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for StoreId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16)
            .map(Self)
            .map_err(|_| format!("`{text}` is not a store id of 32 hex digits"))
    }
}
