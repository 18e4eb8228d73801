//! When two entries are the same.

use std::fmt::Debug;

use crate::journal::record::{Entry, Recorded};

/// An entry, comparable.
pub(super) fn parts<M: Recorded>(entry: &Entry<M>) -> impl PartialEq + Debug + use<M> {
    (entry.at, entry.causes.clone(), entry.facts.clone(), entry.rows.clone())
}
