//! What `lagerd import` can be told.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::span::span;

/// Options of `lagerd import`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    after_help = "Example:\n  lagerd import stock stock.csv --warehouse BER\n  lagerd import orders orders.jsonl"
)]
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
    /// Bring orders from CSV or JSON Lines into a running daemon
    Orders(ImportOrdersArgs),
}

/// What every import can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// Where the daemon listens.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    pub url: String,
    /// Bearer token, where the daemon asks for one.
    #[arg(long, env = "LAGERD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// Writes what was not applied to this file, ready to be corrected and imported.
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// Imports a file that was imported before, or starts an interrupted import from the beginning.
    #[arg(long)]
    pub again: bool,
    /// How long a daemon that is away is waited for.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    pub patience: Duration,
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
    /// Warehouse of lines that name none.
    #[arg(long, value_name = "ID")]
    pub warehouse: Option<String>,
    /// Who counted; lag and age are judged per source.
    #[arg(long, default_value = "import")]
    pub source: String,
    /// The moment the counts were true, RFC 3339 [default: now].
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<jiff::Timestamp>,
    /// Lines per request.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// What every import can be told.
    #[command(flatten)]
    pub common: Common,
}

/// Options of `lagerd import orders`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd import orders orders.jsonl\n  \
    lagerd import orders orders.csv --channel web-de --rejects bad.csv\n\n\
    JSON Lines: one order a line, as POST /v1/orders takes it. CSV: one line per order line, the lines of an order one \
    below the other; what is said of the order stands in its first line or in all of them:\n  \
    order,channel,line,sku,quantity,unit_price_minor,currency,country,postal_code\n  \
    o-1,web-de,1,TEE-M,2,1999,EUR,DE,10115\n  o-1,,2,CAP,1,1299,EUR,,\n\
    Further columns: revision, placed_at, reservation, method, pickup_at, payment, payment_ref, release_on, promise_by, \
    ship_complete, priority, backorder, prices, customer_ref, po_number, campaign, replaces, fulfilled_at_warehouse, \
    fulfilled_at, name, company, street, street2, city, region, email, phone, note, and per line stock, title, tax_rate.\n\n\
    Exit codes: 0 every order is in, 1 some were refused, 2 the file can't be used, 69 the daemon can't be used. \
    A token needs the scope sell:<channel>.\n\
    Ids are made of the orders, so a second run changes nothing, and one that was cut short continues; \
    FILE.lagerd-import beside the file remembers how far it came. With --again orders that were refused are decided anew.")]
pub struct ImportOrdersArgs {
    /// The file; `.jsonl` and `.ndjson` are read as JSON Lines, everything else as CSV.
    pub file: PathBuf,
    /// Channel of orders that name none.
    #[arg(long, value_name = "ID")]
    pub channel: Option<String>,
    /// Orders under way at a time.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub at_once: u16,
    /// Orders after which is remembered how far it came.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub batch: u32,
    /// What every import can be told.
    #[command(flatten)]
    pub common: Common,
}
