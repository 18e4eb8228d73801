//! Texts that are names of the domain.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::ids::{
    CartId, ChannelId, CommandId, InvalidId, LineId, OrderId, OrderNumber, Reason, Reference, Sku, SourceId,
    WarehouseId,
};

/// A name of the domain as the wire carries it: a JSON string, checked while it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text<T>(pub T);

/// A name that a text from outside may be parsed into.
pub trait Name: Sized {
    /// Parses a text from outside.
    ///
    /// # Errors
    /// Says what was found and what would be right.
    fn parse(text: &str) -> Result<Self, InvalidId>;

    /// The text.
    fn text(&self) -> &str;
}

macro_rules! names {
    ($($name:ident),*) => {
        $(impl Name for $name {
            fn parse(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }

            fn text(&self) -> &str {
                self.as_str()
            }
        })*
    };
}

names!(
    CartId,
    ChannelId,
    CommandId,
    LineId,
    OrderId,
    OrderNumber,
    Reason,
    Reference,
    Sku,
    SourceId,
    WarehouseId
);

/// What is wrong with a name, without showing a text that may be an address of somebody.
#[must_use]
pub fn complaint(invalid: &InvalidId) -> String {
    if invalid.value.contains('@') {
        format!("found a text with an `@`; a {} is {}", invalid.what, invalid.rule)
    } else {
        format!("found `{}`; a {} is {}", invalid.value, invalid.what, invalid.rule)
    }
}

impl<T: Name> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text())
    }
}

impl<'de, T: Name> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);

        impl<T: Name> Visitor<'_> for Reader<T> {
            type Value = Text<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<T>, E> {
                T::parse(text).map(Text).map_err(|invalid| E::custom(complaint(&invalid)))
            }
        }

        deserializer.deserialize_str(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text that looks like an address is refused without being repeated.
    #[test]
    fn addresses_are_not_echoed() {
        let refused =
            serde_json::from_str::<Text<CartId>>("\"someone@example.com\"").unwrap_err().to_string();
        assert!(!refused.contains("someone") && refused.contains("without @"), "{refused}");
        let refused = serde_json::from_str::<Text<ChannelId>>("\"a b\"").unwrap_err().to_string();
        assert!(refused.contains("found `a b`; a channel is 1 to 32"), "{refused}");
    }
}
