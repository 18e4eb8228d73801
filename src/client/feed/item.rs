//! One row of a topic, as it comes over the wire.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::client::model::Unavailable;

/// A SKU with its figures, borrowed from the frame where it needs no unescaping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item<'a> {
    /// Which SKU.
    pub sku: Cow<'a, str>,
    /// Its figures now; they replace those before.
    pub figures: Figures,
}

/// What a topic tells of a SKU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// What a channel may sell.
    Offer {
        /// Units it may sell now.
        available: i64,
        /// The same in a word for shoppers.
        state: StockState,
    },
    /// What is at a warehouse.
    Level {
        /// Units in the building.
        on_hand: i64,
        /// Units among them that can't be sold.
        unavailable: Unavailable,
        /// Units held for carts.
        reserved: i64,
        /// Units promised, not yet shipped.
        allocated: i64,
        /// Units kept back.
        safety_stock: i64,
    },
}

/// How much there is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockState {
    /// Enough.
    InStock,
    /// Few are left.
    Low,
    /// None.
    SoldOut,
    /// None, but it may be ordered.
    Backorder,
    /// Not released yet, but it may be ordered.
    Preorder,
    /// A word of a newer daemon.
    #[serde(other)]
    Other,
}

impl StockState {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InStock => "in_stock",
            Self::Low => "low",
            Self::SoldOut => "sold_out",
            Self::Backorder => "backorder",
            Self::Preorder => "preorder",
            Self::Other => "other",
        }
    }
}

impl Figures {
    /// Units that can be sold: what the channel shows, or what a warehouse has left over all claims and conditions.
    #[must_use]
    pub fn available(&self) -> i64 {
        match self {
            Self::Offer { available, .. } => *available,
            Self::Level { on_hand, unavailable, reserved, allocated, safety_stock } => {
                on_hand - unavailable.total() - reserved - allocated - safety_stock
            }
        }
    }

    /// CRC-32 of the row's text; a table's checksum is the wrapping sum of these.
    #[must_use]
    pub fn crc(&self, sku: &str) -> u32 {
        let mut crc = Crc(crc32fast::Hasher::new());
        let written = match self {
            Self::Offer { available, .. } => write!(crc, "{sku}:{available}"),
            Self::Level { on_hand, reserved, allocated, .. } => {
                write!(crc, "{sku}:{on_hand}:{reserved}:{allocated}")
            }
        };
        debug_assert!(written.is_ok(), "a hasher takes everything");
        crc.0.finalize()
    }
}

/// A CRC that text is written to, so that a row's text never needs memory of its own.
struct Crc(crc32fast::Hasher);

impl fmt::Write for Crc {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text.as_bytes());
        Ok(())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Item<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let flat = Flat::deserialize(deserializer)?;
        let figures = match (flat.available, flat.on_hand) {
            (Some(available), _) => Figures::Offer { available, state: flat.state },
            (None, Some(on_hand)) => Figures::Level {
                on_hand,
                unavailable: flat.unavailable,
                reserved: flat.reserved,
                allocated: flat.allocated,
                safety_stock: flat.safety_stock,
            },
            (None, None) => return Err(D::Error::custom("neither available nor on_hand")),
        };
        Ok(Self { sku: flat.sku, figures })
    }
}

/// Both kinds at once: which it is shows only at its fields, and reading twice would cost more than these few words.
#[derive(Deserialize)]
struct Flat<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
    #[serde(default)]
    available: Option<i64>,
    #[serde(default = "other")]
    state: StockState,
    #[serde(default)]
    on_hand: Option<i64>,
    #[serde(default)]
    unavailable: Unavailable,
    #[serde(default)]
    reserved: i64,
    #[serde(default)]
    allocated: i64,
    #[serde(default)]
    safety_stock: i64,
}

fn other() -> StockState {
    StockState::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Item<'_> {
        serde_json::from_str(text).unwrap()
    }

    /// Both kinds are told apart, plain SKUs cost no memory, and what is new is passed over.
    #[test]
    fn both_kinds() {
        let item = read(r#"{"sku":"TEE-M","available":4,"state":"low","new":[1]}"#);
        assert!(matches!(item.sku, Cow::Borrowed("TEE-M")));
        assert_eq!(item.figures, Figures::Offer { available: 4, state: StockState::Low });
        assert_eq!(read(r#"{"sku":"A\"","available":0,"state":"gone"}"#).sku, "A\"");

        let level = read(
            r#"{"sku":"TEE-M","on_hand":10,"unavailable":{"damaged":1,"quality_control":0,"quarantine":2},
                "reserved":1,"allocated":2,"safety_stock":3}"#,
        );
        assert_eq!(level.figures.available(), 1);
        assert!(serde_json::from_str::<Item<'_>>(r#"{"sku":"TEE-M"}"#).is_err());
    }

    /// The checksum is that of the row's text, as any zlib computes it.
    #[test]
    fn row_texts() {
        let offer = read(r#"{"sku":"Tä","available":-4,"state":"low"}"#);
        assert_eq!(offer.figures.crc("Tä"), crc32fast::hash("Tä:-4".as_bytes()));
        let level = read(r#"{"sku":"A","on_hand":10,"reserved":1,"allocated":2}"#);
        assert_eq!(level.figures.crc("A"), crc32fast::hash(b"A:10:1:2"));
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926, "IEEE, as zlib");
    }
}
