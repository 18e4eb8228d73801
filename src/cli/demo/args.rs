//! What `lagerd demo` can be told.

use std::time::Duration;

use crate::cli::span::span;

/// Options of `lagerd demo`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd demo --for 30s\n  \
    lagerd demo --for 30s --chaos\n  \
    lagerd demo --redis redis://127.0.0.1:6379/9\n\n\
    Ends after --for or with Ctrl-C. Typing k and Enter kills the daemon under load, as --chaos does by itself.")]
pub struct DemoArgs {
    /// How long the shop is open; until Ctrl-C when absent.
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    pub span: Option<Duration>,
    /// Kills the daemon (SIGKILL) under load every ten seconds and measures what was lost.
    #[arg(long)]
    pub chaos: bool,
    /// Keeps the stock in this Redis database, which must hold no lagerd stock, instead of the embedded store.
    #[arg(long, value_name = "URL")]
    pub redis: Option<String>,
    /// Simulated customers.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub customers: u16,
    /// Seed of every simulated decision; the network's timing still differs from run to run.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
}
