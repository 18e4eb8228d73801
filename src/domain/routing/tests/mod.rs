//! What routing must do, in tables and for anything.
//!
//! What it does: [`script`] is the little language of the tables; one file per subject; [`properties`] hold whatever is
//! asked. May know: routing and the domain's words.

#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows shall stop")]

mod filters;
mod leftovers;
mod properties;
mod script;
mod sets;
mod sorts;
