//! Amounts: carried as given, never computed with.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

use crate::edge::wire::units::Signed;

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// In the currency's smallest unit.
    #[schema(value_type = i64, example = 1999)]
    pub amount_minor: Signed,
    /// Which currency, ISO 4217.
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
}

/// A currency, ISO 4217.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads three capital letters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let letters = <[u8; 3]>::try_from(text.as_bytes()).ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        let wrong = || de::Error::custom("three capital letters such as EUR are right");
        Self::parse(&text).ok_or_else(wrong)
    }
}

/// A rate of tax in percent, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate(String);

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        let (whole, part) = text.split_once('.').unwrap_or((&text, "0"));
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if digits(whole, 3) && digits(part, 6) {
            return Ok(Self(text.into_owned()));
        }
        Err(de::Error::custom("a percentage in quotes such as \"19.0\" is right"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amounts are whole, currencies three capitals, rates decimal texts; everything comes back as it was.
    #[test]
    fn amounts_come_back_as_given() {
        let text = r#"{"amount_minor":-1999,"currency":"EUR"}"#;
        let money: Money = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&money).unwrap(), text);
        for wrong in [
            r#"{"amount_minor":19.99,"currency":"EUR"}"#,
            r#"{"amount_minor":1,"currency":"eur"}"#,
            r#"{"amount_minor":1,"currency":"EURO"}"#,
            r#"{"amount_minor":1}"#,
            r#"{"amount_minor":1,"currency":"EUR","tax":1}"#,
        ] {
            assert!(serde_json::from_str::<Money>(wrong).is_err(), "{wrong}");
        }
        for rate in ["\"19.0\"", "\"0\"", "\"7\"", "\"8.25\""] {
            assert_eq!(serde_json::to_string(&serde_json::from_str::<Rate>(rate).unwrap()).unwrap(), rate);
        }
        for rate in ["19", "\"19%\"", "\"-1\"", "\"\"", "\".5\"", "\"1e2\""] {
            assert!(serde_json::from_str::<Rate>(rate).is_err(), "{rate}");
        }
    }
}
