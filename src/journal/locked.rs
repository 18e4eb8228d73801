//! A short lock that can't be held across an await.

use std::fmt;
#[expect(
    clippy::disallowed_types,
    reason = "access is by a closure only, so the lock never crosses an await, and poison is stepped over below"
)]
use std::sync::Mutex;
use std::sync::PoisonError;

/// A value several tasks and threads change for moments only.
///
/// Whoever waits here waits for one closure that does no input or output. A panic inside a closure leaves the value as
/// it was at that point; every user keeps its value sensible between statements or is a test adapter.
#[derive(Default)]
#[expect(clippy::disallowed_types, reason = "see the import")]
pub(crate) struct Locked<T>(Mutex<T>);

impl<T> Locked<T> {
    #[expect(clippy::disallowed_types, reason = "see the import")]
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Runs `work` on the value, alone.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> fmt::Debug for Locked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locked")
    }
}
