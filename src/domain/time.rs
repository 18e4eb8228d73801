//! Time as a value. The domain never reads a clock: it is told what time it is.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every time that matters.
    pub const MIN: Self = Self(i64::MIN);
    /// After every time that matters.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// This time moved by `millis`, stopping at the ends of the range.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This time moved back by `millis`, stopping at the ends of the range.
    #[must_use]
    pub const fn minus(self, millis: i64) -> Self {
        Self(self.0.saturating_sub(millis))
    }

    /// How many milliseconds lie between `earlier` and this time; negative where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The minute this time falls into, counted since 1970.
    #[must_use]
    pub const fn minute(self) -> i64 {
        self.0.div_euclid(60_000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

/// Where time comes from; implemented by the real clocks and by the simulation's.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    /// The wall clock; may jump.
    fn wall(&self) -> Timestamp;

    /// Milliseconds since some fixed moment, never going back, counting on while the machine sleeps.
    fn boottime(&self) -> i64;
}
