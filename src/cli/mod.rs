//! The command line: parses, loads settings, hands over, and turns outcomes into exit codes.
//!
//! May know: [`crate::config`], [`crate::telemetry`] and whatever a command runs. `clap` is known here alone.
//!
//! Promises: every command's help ends with an example; results go to standard output, complaints to standard error;
//! every way to end has one documented code ([`exit`]).
//!
//! Deliberately lacks: decisions about stock.

mod config;
pub mod demo;
pub mod exit;
pub mod export;
mod failure;
pub mod import;
pub mod load;
mod look;
mod outside;
mod print;
pub mod replay;
mod root;
mod serve;
mod span;
mod token;
pub mod watch;

pub use failure::Failure;
pub use root::{Cli, Command, Globals, main, start_log};
