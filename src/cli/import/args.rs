//! What `lagerd import` can be told.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::span::span;

/// Options of `lagerd import`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  lagerd import stock stock.csv --warehouse BER")]
pub struct ImportArgs {
    /// What the file holds.
    #[command(subcommand)]
    pub what: ImportWhat,
}

/// What can be imported.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum ImportWhat {
    /// Bring counts or movements from CSV or JSON Lines into a running daemon
    Stock(ImportStockArgs),
}

/// Options of `lagerd import stock`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd import stock stock.csv --warehouse BER\n  \
    lagerd import stock stock.jsonl --source erp --as-of 2026-11-23T06:00:00Z --rejects bad.jsonl\n\n\
    A CSV file names its columns in the first line; comma, semicolon and tab are told apart by themselves:\n  \
    sku,warehouse,on_hand\n  TEE-M,BER,42\n\n\
    Exit codes: 0 every line applied, 1 some lines refused, 2 the file can't be used, 69 the daemon can't be used. \
    A token needs the scope stock:<warehouse>.\n\
    An import that was cut short continues when the same command runs again; FILE.lagerd-import beside the file \
    remembers how far it came.")]
pub struct ImportStockArgs {
    /// The file; `.jsonl` and `.ndjson` are read as JSON Lines, everything else as CSV.
    pub file: PathBuf,
    /// Where the daemon listens.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    pub url: String,
    /// Bearer token, where the daemon asks for one.
    #[arg(long, env = "LAGERD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Warehouse of lines that name none.
    #[arg(long, value_name = "ID")]
    pub warehouse: Option<String>,
    /// Who counted; lag and age are judged per source.
    #[arg(long, default_value = "import")]
    pub source: String,
    /// The moment the counts were true, RFC 3339 [default: now].
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<jiff::Timestamp>,
    /// Writes lines that were not applied to this file, ready to be corrected and imported.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Lines per request.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// Imports a file that was imported before, or starts an interrupted import from the beginning.
    #[arg(long)]
    pub again: bool,
    /// How long a daemon that is away is waited for.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    pub patience: Duration,
}
