//! Whole numbers within ±2^53, which every JSON reader reads exactly.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::quantity::UNITS_MAX;

/// A whole number from `LEAST` to 2^53; a fraction, a text or a larger number is refused, never rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Whole<const LEAST: i64>(pub i64);

/// A number of units, at least one.
pub type Quantity = Whole<1>;
/// A number of units, or none.
pub type Count = Whole<0>;
/// A figure that may be negative.
pub type Signed = Whole<{ -UNITS_MAX }>;

impl Default for Count {
    fn default() -> Self {
        Self(0)
    }
}

impl<const LEAST: i64> Serialize for Whole<LEAST> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

impl<'de, const LEAST: i64> Deserialize<'de> for Whole<LEAST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<const LEAST: i64>;

        impl<const LEAST: i64> Visitor<'_> for Reader<LEAST> {
            type Value = Whole<LEAST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number from {LEAST} to {UNITS_MAX}")
            }

            fn visit_i64<E: de::Error>(self, found: i64) -> Result<Self::Value, E> {
                if (LEAST..=UNITS_MAX).contains(&found) {
                    Ok(Whole(found))
                } else {
                    Err(E::invalid_value(Unexpected::Signed(found), &self))
                }
            }

            fn visit_u64<E: de::Error>(self, found: u64) -> Result<Self::Value, E> {
                let fits = i64::try_from(found).ok().filter(|found| (LEAST..=UNITS_MAX).contains(found));
                fits.map(Whole).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(found), &self))
            }
        }

        deserializer.deserialize_i64(Reader::<LEAST>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not a whole number in range is refused with what was found and what would be right.
    #[test]
    fn only_whole_numbers_in_range() {
        let read = |text: &str| serde_json::from_str::<Quantity>(text).map(|whole| whole.0);
        assert_eq!(read("1").unwrap(), 1);
        assert_eq!(read("9007199254740992").unwrap(), UNITS_MAX);
        for text in
            ["0", "-1", "1.5", "1e3", "\"1\"", "true", "null", "9007199254740993", "99999999999999999999"]
        {
            let refused = read(text).unwrap_err().to_string();
            assert!(refused.contains("a whole number from 1 to 9007199254740992"), "{text}: {refused}");
        }
        assert_eq!(serde_json::from_str::<Signed>("-9007199254740992").unwrap().0, -UNITS_MAX);
        assert!(serde_json::from_str::<Signed>("-9007199254740993").is_err());
    }
}
