//! Local days: what a place calls today.
//!
//! Capacity and release days are counted in the days of the place's own time zone, which last 23 to 25 hours where
//! clocks change. The domain knows no zones: it is handed numbers of days.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;

use crate::domain::time::Timestamp;

/// The days of one time zone, numbered from 1970-01-01 there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalDays {
    zone: TimeZone,
}

/// Day 0.
const EPOCH: Date = date(1970, 1, 1);

impl Default for LocalDays {
    /// Days of UTC, for a place that has no zone configured.
    fn default() -> Self {
        Self::of(TimeZone::UTC)
    }
}

impl LocalDays {
    /// The days of `zone`, which was looked up when the settings were read.
    #[must_use]
    pub const fn of(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The number of the day that `at` falls on. A time beyond the calendar's ends counts as its end.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> i64 {
        number(self.clock(at).date())
    }

    /// What a clock there shows at that time.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(within(at))
    }

    /// When the day of this number begins: at midnight, or when the clocks have skipped midnight (as in Cairo or
    /// Santiago), at the first moment after the gap. A day beyond the calendar's ends begins at the end of time.
    #[must_use]
    pub fn begins(&self, day: i64) -> Timestamp {
        let midnight = day
            .checked_mul(24)
            .and_then(|hours| EPOCH.checked_add(SignedDuration::try_from_hours(hours)?).ok())
            .and_then(|date| self.zone.to_ambiguous_timestamp(date.at(0, 0, 0, 0)).compatible().ok());
        match midnight {
            Some(at) => Timestamp::from_millis(at.as_millisecond()),
            None if day < 0 => Timestamp::MIN,
            None => Timestamp::MAX,
        }
    }
}

/// A time of the calendar; one beyond its ends is its end.
fn within(at: Timestamp) -> jiff::Timestamp {
    let end = if at.as_millis() < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    jiff::Timestamp::from_millisecond(at.as_millis()).unwrap_or(end)
}

/// The number of a date: days since 1970-01-01.
fn number(date: Date) -> i64 {
    date.duration_since(EPOCH).as_hours().div_euclid(24)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    const HOUR: i64 = 3_600_000;

    /// From the database built in, so that no machine's own makes a difference.
    fn days(zone: &str) -> LocalDays {
        LocalDays::of(TimeZoneDatabase::bundled().get(zone).expect("built in"))
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::from_millis(text.parse::<jiff::Timestamp>().expect("a time").as_millisecond())
    }

    fn on(year: i16, month: i8, day: i8) -> i64 {
        number(date(year, month, day))
    }

    /// How many hours a local day lasts.
    fn hours(days: &LocalDays, day: i64) -> i64 {
        days.begins(day + 1).since(days.begins(day)) / HOUR
    }

    /// The day in autumn on which clocks go back has 25 hours, the one in spring 23, and every moment belongs to the day
    /// whose beginning lies before it.
    #[test]
    fn days_on_which_clocks_change() {
        for zone in ["Europe/Berlin", "Europe/Zurich", "Europe/Vienna"] {
            let days = days(zone);
            let (autumn, spring) = (on(2026, 10, 25), on(2027, 3, 28));
            assert_eq!(days.begins(autumn), at("2026-10-24T22:00:00Z"), "{zone}");
            assert_eq!(days.begins(autumn + 1), at("2026-10-25T23:00:00Z"), "{zone}");
            assert_eq!(days.begins(spring), at("2027-03-27T23:00:00Z"), "{zone}");
            assert_eq!(days.begins(spring + 1), at("2027-03-28T22:00:00Z"), "{zone}");
            assert_eq!((hours(&days, autumn), hours(&days, spring)), (25, 23), "{zone}");
            assert_eq!((hours(&days, autumn - 1), hours(&days, spring + 1)), (24, 24), "{zone}");
            for day in [autumn, spring] {
                for minute in 0..hours(&days, day) * 60 {
                    assert_eq!(days.day(days.begins(day).plus(minute * 60_000)), day, "{zone} {minute}");
                }
                assert_eq!(days.day(days.begins(day).minus(1)), day - 1, "{zone}");
                assert_eq!(days.day(days.begins(day + 1)), day + 1, "{zone}");
            }
        }
    }

    /// The same moment is another day elsewhere, and clocks change on other days there.
    #[test]
    fn other_places_have_other_days() {
        let (berlin, york, utc) = (days("Europe/Berlin"), days("America/New_York"), LocalDays::default());
        let late = at("2026-10-24T22:30:00Z");
        assert_eq!(berlin.day(late), on(2026, 10, 25));
        assert_eq!((york.day(late), utc.day(late)), (on(2026, 10, 24), on(2026, 10, 24)));
        assert_eq!((hours(&york, on(2026, 11, 1)), hours(&york, on(2027, 3, 14))), (25, 23));
        assert_eq!((hours(&york, on(2026, 10, 25)), hours(&york, on(2027, 3, 28))), (24, 24));
        assert_eq!((hours(&utc, on(2026, 10, 25)), hours(&utc, on(2027, 3, 28))), (24, 24));
        assert_eq!((utc.begins(0), utc.day(Timestamp::from_millis(-1))), (Timestamp::from_millis(0), -1));
    }

    /// Where clocks go forward at midnight the day begins at one, and still holds its own beginning.
    #[test]
    fn a_day_without_a_midnight() {
        for (zone, day, begin) in [
            ("America/Santiago", on(2026, 9, 6), "2026-09-06T04:00:00Z"),
            ("Africa/Cairo", on(2026, 4, 24), "2026-04-23T22:00:00Z"),
        ] {
            let days = days(zone);
            assert_eq!(days.begins(day), at(begin), "{zone}");
            assert_eq!(hours(&days, day), 23, "{zone}");
            assert_eq!(days.day(days.begins(day)), day, "{zone}");
            assert_eq!(days.day(days.begins(day).minus(1)), day - 1, "{zone}");
        }
    }

    /// A day begins within itself, and begins after the one before, for years on end.
    #[test]
    fn days_follow_each_other() {
        for zone in ["Europe/Berlin", "America/New_York", "America/Santiago", "Pacific/Auckland", "UTC"] {
            let days = days(zone);
            for day in on(2020, 1, 1)..on(2045, 1, 1) {
                assert_eq!(days.day(days.begins(day)), day, "{zone}");
                assert!((22..=26).contains(&hours(&days, day)), "{zone} {day}");
            }
        }
    }

    /// A zone looked up by its name, wherever it is found, has the days of the one built in.
    #[test]
    fn the_machine_agrees_with_what_is_built_in() {
        for zone in ["Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "America/New_York"] {
            let (found, built_in) = (LocalDays::of(TimeZone::get(zone).expect("a known zone")), days(zone));
            for day in on(2026, 1, 1)..on(2027, 6, 1) {
                assert_eq!(found.begins(day), built_in.begins(day), "{zone} {day}");
            }
        }
    }

    /// Times and days nobody means stop at the ends instead of failing.
    #[test]
    fn the_ends_of_time() {
        let days = days("Europe/Berlin");
        assert_eq!((days.begins(i64::MAX), days.begins(i64::MIN)), (Timestamp::MAX, Timestamp::MIN));
        assert_eq!((days.begins(4_000_000), days.begins(-5_000_000)), (Timestamp::MAX, Timestamp::MIN));
        assert_eq!(days.day(Timestamp::MAX), on(9999, 12, 30));
        assert!(days.day(Timestamp::MIN) < on(-9999, 1, 3));
    }
}
