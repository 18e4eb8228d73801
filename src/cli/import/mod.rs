//! `lagerd import`: brings hundreds of thousands of lines from CSV or JSON Lines into a running daemon.
//!
//! What it does: reads the file as a stream, cuts it into batches, sends them through the public door, and names
//! everything that was not applied, with its line, its column and what would be right. A state file beside the input lets
//! an interrupted import continue. `run` is that mechanism; `stock` and `orders` say how a line is read, where batches are
//! cut and how they are sent (`kind` is what they have in common).
//!
//! What it may know: the public contract, through [`crate::client`].
//!
//! What it promises: a bad line never stops the others, and never lets an order through that lacks it; batches are cut the
//! same way on every run over the same file, and command ids are made of what is sent, so sending it twice books it once.
//!
//! What it deliberately lacks: mapping of foreign column names, and guessing at figures such as `1.200`.

mod args;
mod count;
mod kind;
mod ledger;
mod order;
mod orders;
mod run;
mod source;
mod state;
mod stock;

pub use args::{Common, ImportArgs, ImportOrdersArgs, ImportStockArgs, ImportWhat};
pub use run::run;
