//! What is stored stays readable: golden files hold the bytes of version 1 still, random entries come back as they
//! were, and damage is told.

mod damage;
mod golden;
mod random;
mod samples;

use std::fmt::Debug;

use super::{Entry, Recorded};

/// An entry, comparable.
fn parts<M: Recorded>(entry: &Entry<M>) -> impl PartialEq + Debug + use<M> {
    (entry.at, entry.causes.clone(), entry.facts.clone(), entry.rows.clone())
}
