//! Texts that are never repeated to whoever sent them, in whatever way they are wrong.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::screen::{REFUSED, bears_number, is_no_phone};
use crate::edge::wire::text::Name;

/// A text about a person. It prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Private<const MAX: usize>(String);

/// A telephone number: the longest have as many digits as the shortest numbers of cards.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone<const MAX: usize>(String);

/// A text for people that is about goods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free<const MAX: usize>(String);

/// A name somebody else gave, opaque to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opaque<T>(pub T);

impl<const MAX: usize> Private<MAX> {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! prints_nothing {
    ($($kind:ident),*) => {
        $(impl<const MAX: usize> fmt::Debug for $kind<MAX> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("(private)")
            }
        })*
    };
}

prints_nothing!(Private, Phone);

macro_rules! up_to {
    ($($kind:ident),*) => {
        $(impl<const MAX: usize> Serialize for $kind<MAX> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<const MAX: usize> Kept for $kind<MAX> {
            fn expected(f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a text of up to {MAX} bytes")
            }

            fn read(text: &str) -> Option<Self> {
                fits(text, MAX).then(|| Self(text.to_owned()))
            }

            fn is_refused(text: &str) -> bool {
                up_to!(@refused $kind, text)
            }
        })*
    };
    (@refused Phone, $text:ident) => { is_no_phone($text) };
    (@refused $kind:ident, $text:ident) => { bears_number($text) };
}

up_to!(Private, Phone, Free);

impl<T: Name> Serialize for Opaque<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text())
    }
}

/// What may be kept of a text.
trait Kept: Sized {
    fn expected(f: &mut fmt::Formatter<'_>) -> fmt::Result;
    fn read(text: &str) -> Option<Self>;
    fn is_refused(text: &str) -> bool;
}

impl<T: Name> Kept for Opaque<T> {
    fn expected(f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nothing is a name of no letters, so the rule is always told.
        match T::parse("") {
            Ok(_) => f.write_str("a text"),
            Err(invalid) => write!(f, "a text of {}", invalid.rule),
        }
    }

    fn read(text: &str) -> Option<Self> {
        T::parse(text).ok().map(Self)
    }

    fn is_refused(text: &str) -> bool {
        bears_number(text)
    }
}

/// Lines may be broken in a text for people; nothing else that can't be seen belongs there.
fn fits(text: &str, most: usize) -> bool {
    text.len() <= most && !text.chars().any(|letter| letter.is_control() && letter != '\n')
}

struct Reader<T>(PhantomData<T>);

impl<T: Kept> fmt::Display for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::expected(f)
    }
}

/// Says what is right, not what was found.
fn otherwise<T: Kept, E: de::Error>() -> E {
    E::custom(format_args!("invalid value, expected {}", Reader::<T>(PhantomData)))
}

impl<T: Kept> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::expected(f)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        if T::is_refused(text) {
            return Err(E::custom(REFUSED));
        }
        T::read(text).ok_or_else(otherwise::<T, E>)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<T, E> {
        Err(otherwise::<T, E>())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<T, E> {
        Err(otherwise::<T, E>())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<T, E> {
        Err(otherwise::<T, E>())
    }
}

macro_rules! read_quietly {
    ($([$($bounds:tt)*] $kind:ty;)*) => {
        $(impl<'de, $($bounds)*> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // Asked for a text alone, JSON's reader itself would repeat a number it finds.
                deserializer.deserialize_any(Reader::<$kind>(PhantomData))
            }
        })*
    };
}

read_quietly! {
    [const MAX: usize] Private<MAX>;
    [const MAX: usize] Phone<MAX>;
    [const MAX: usize] Free<MAX>;
    [T: Name] Opaque<T>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::Reference;

    /// Whatever is wrong is told without what was sent.
    #[test]
    fn nothing_is_repeated() {
        let long = format!("\"{}\"", "canary ".repeat(40));
        for text in ["4711000", "-4711000", "4711.5", "true", "null", "[\"canary\"]", "{\"canary\":1}", &long]
        {
            let private = serde_json::from_str::<Private<64>>(text).unwrap_err().to_string();
            let opaque = serde_json::from_str::<Opaque<Reference>>(text).unwrap_err().to_string();
            for said in [private, opaque] {
                assert!(!said.contains("canary") && !said.contains("4711"), "{said}");
                assert!(said.contains("expected a text of"), "{said}");
            }
        }
        let refused =
            serde_json::from_str::<Opaque<Reference>>("\"canary@example.com\"").unwrap_err().to_string();
        assert!(refused.contains("without @") && !refused.contains("canary"), "{refused}");
        let card = serde_json::from_str::<Free<64>>("\"4111 1111 1111 1111\"").unwrap_err().to_string();
        assert!(card.contains(REFUSED) && !card.contains("4111"), "{card}");
        let kept: Private<64> = serde_json::from_str("\"first line\\nsecond\"").unwrap();
        assert_eq!((kept.as_str(), format!("{kept:?}")), ("first line\nsecond", "(private)".to_owned()));
    }
}
