//! What routing must do, in tables and for anything.
//!
//! What it does: [`script`] is the little language of the tables; one file per subject; [`properties`] hold whatever is
//! asked. May know: routing and the domain's words.

mod filters;
mod leftovers;
mod properties;
mod script;
mod sets;
mod sorts;
