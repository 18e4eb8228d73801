//! The command line.

pub mod demo;
pub mod export;
mod failure;
pub mod import;
pub mod load;
mod span;

pub use failure::Failure;

use std::process::ExitCode;

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
