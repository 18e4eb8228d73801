//! Times: RFC 3339, in UTC when told, with any offset when read. Days: of no zone, so that each place has its own.

use std::fmt;

use jiff::civil::{Date, date};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::time::Timestamp;

/// A time as the wire carries it. Finer parts than milliseconds are cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Time {
    /// Reads a text such as `2026-11-23T10:00:00+01:00`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(Self(Timestamp::from_millis(time.as_millisecond())))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The domain's ends of time lie beyond the calendar's.
        let end = if self.0.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_millisecond(self.0.as_millis()).unwrap_or(end).fmt(f)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl Visitor<'_> for Reader {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time such as \"2026-11-23T10:00:00Z\"")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                Time::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_str(Reader)
    }
}

/// A day as the wire carries it, `2026-11-23`; kept as days since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i64);

/// Day 0.
const EPOCH: Date = date(1970, 1, 1);

impl Day {
    /// Reads a text such as `2026-11-23`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let day: Date = text.parse().ok().filter(|_| text.len() == 10)?;
        Some(Self(day.duration_since(EPOCH).as_hours().div_euclid(24)))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.0 < 0 { Date::MIN } else { Date::MAX };
        let hours = self.0.checked_mul(24).and_then(jiff::SignedDuration::try_from_hours);
        hours.and_then(|hours| EPOCH.checked_add(hours).ok()).unwrap_or(end).fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a day such as \"2026-11-23\" is right"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Offsets are read and told as UTC; the ends of time don't break an answer.
    #[test]
    fn any_offset_in_utc_out() {
        let time: Time = serde_json::from_str("\"2026-11-23T11:00:00.25+01:00\"").unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), "\"2026-11-23T10:00:00.25Z\"");
        for text in ["\"2026-11-23\"", "\"tomorrow\"", "\"\"", "17"] {
            assert!(serde_json::from_str::<Time>(text).is_err(), "{text}");
        }
        assert!(Time(Timestamp::MIN).to_string().starts_with('-'));
        assert!(Time(Timestamp::MAX).to_string().starts_with("9999"));
    }

    /// Days are dates without a time, counted from 1970, and told as they came.
    #[test]
    fn days_are_dates() {
        for (text, day) in
            [("1970-01-01", 0), ("1969-12-31", -1), ("2026-10-25", 20_751), ("2027-03-28", 20_905)]
        {
            assert_eq!(Day::parse(text), Some(Day(day)), "{text}");
            assert_eq!(Day(day).to_string(), text);
        }
        for text in ["", "2026-11-31", "2026-11-23T00:00:00Z", "23.11.2026", "20261123"] {
            assert_eq!(Day::parse(text), None, "{text}");
        }
        assert_eq!(Day(i64::MAX).to_string(), "9999-12-31");
    }
}
