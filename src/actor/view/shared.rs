//! A value behind a short lock.

use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A value behind a short lock. A holder that panics leaves it as it was between two assignments, so a poisoned lock is
/// still good to read; the actor that panicked is rebuilt and loads it anew.
#[derive(Debug, Default)]
pub(super) struct Shared<T>(RwLock<T>);

impl<T> Shared<T> {
    pub(super) const fn new(value: T) -> Self {
        Self(RwLock::new(value))
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
