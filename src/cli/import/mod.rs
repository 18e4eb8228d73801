//! `lagerd import`: brings hundreds of thousands of lines from CSV or JSON Lines into a running daemon.
//!
//! What it does: reads the file as a stream, groups its lines by warehouse into batches, sends them as counts or
//! movements through the public door, and names every line that was not applied, with its number, its column and what
//! would be right. A state file beside the input lets an interrupted import continue.
//!
//! What it may know: the public contract, through [`crate::client`].
//!
//! What it promises: a bad line never stops the others; batches are cut the same way on every run over the same file,
//! and carry command ids made of the file's content, so sending one twice books it once.
//!
//! What it deliberately lacks: mapping of foreign column names, and guessing at figures such as `1.200`.

mod args;
mod batch;
mod entry;
mod ledger;
mod run;
mod source;
mod state;

pub use args::{ImportArgs, ImportStockArgs, ImportWhat};
pub use run::run;
