//! Kinds of the domain, by their names.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::order::{Carrier, PaymentState};

/// A kind of the domain as the wire carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<K>(pub K);

/// A kind whose every one has a name.
pub trait Named: Copy + 'static {
    /// Every one.
    const EVERY: &'static [Self];

    /// Its name.
    fn word(self) -> &'static str;
}

macro_rules! kinds {
    ($($kind:ident),*) => {
        $(impl Named for $kind {
            const EVERY: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.name()
            }
        })*
    };
}

kinds!(Carrier, PaymentState);

impl<K: Named> Serialize for Word<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, K: Named> Deserialize<'de> for Word<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<K>(PhantomData<K>);

        impl<K: Named> Visitor<'_> for Reader<K> {
            type Value = Word<K>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one of")?;
                for (at, kind) in K::EVERY.iter().enumerate() {
                    write!(f, "{} `{}`", if at == 0 { "" } else { "," }, kind.word())?;
                }
                Ok(())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Word<K>, E> {
                let found = K::EVERY.iter().find(|kind| kind.word() == text);
                found.map(|kind| Word(*kind)).ok_or_else(|| {
                    let shown: String = text.chars().take(40).collect();
                    E::invalid_value(de::Unexpected::Str(&shown), &self)
                })
            }
        }

        deserializer.deserialize_str(Reader(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind is read and told by its name; another word is refused with the right ones.
    #[test]
    fn kinds_go_by_their_names() {
        let read = serde_json::from_str::<Word<PaymentState>>;
        assert_eq!(read("\"paid\"").unwrap(), Word(PaymentState::Paid));
        assert_eq!(serde_json::to_string(&Word(Carrier::InTransit)).unwrap(), "\"in_transit\"");
        let wrong = read("\"payed\"").unwrap_err().to_string();
        assert!(wrong.contains("expected one of `unknown`, `pending`"), "{wrong}");
    }
}
