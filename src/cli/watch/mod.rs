//! `lagerd watch`: what a channel may sell, or what a warehouse has, as it changes.
//!
//! What it does: keeps one subscription of the live feed and shows its table. A terminal gets a picture that is drawn
//! anew at most ten times a second; anything else gets one JSON line per changed item, the whole table first.
//!
//! What it may know: the public contract, through [`crate::client`].
//!
//! What it promises: every row is the daemon's word, and the picture says how often the daemon's checksum agreed; a
//! daemon that restarts is waited for; the terminal is left as it was found, however the command ends.
//!
//! What it deliberately lacks: keys, scrolling, and commands.

mod args;
mod board;
mod picture;
mod run;
mod screen;
mod text;

pub use args::{Sort, WatchArgs};
pub use run::run;
