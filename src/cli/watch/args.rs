//! What `lagerd watch` can be told.

use std::time::Duration;

use crate::cli::span::span;

/// Which rows come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// What changed last.
    Changed,
    /// By SKU.
    Sku,
    /// What there is least of.
    Available,
}

/// Options of `lagerd watch`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd watch web-de\n  \
    lagerd watch web-de --sort available --sku TEE-M --sku TEE-L\n  \
    lagerd watch --warehouse BER --for 10s --json\n\n\
    Where standard output is no terminal, and with --json, every changed item is one JSON line, the whole table first:\n  \
    {\"sku\":\"TEE-M\",\"available\":4,\"state\":\"low\"}\n\
    A token needs the scope read:* or read:<CHANNEL>. A daemon that restarts is waited for.\n\
    Exit codes: 0 ended by you, by --for or by --until-ready, 1 the daemon refused,\n\
    69 the daemon can't be reached at the start, or had no whole table when --for ended.")]
pub struct WatchArgs {
    /// The selling channel to watch.
    #[arg(value_name = "CHANNEL", required_unless_present = "warehouse")]
    pub channel: Option<String>,
    /// Watches the levels of this warehouse instead of a channel.
    #[arg(long, value_name = "ID", conflicts_with = "channel")]
    pub warehouse: Option<String>,
    /// Only this SKU; may be given several times.
    #[arg(long = "sku", value_name = "SKU")]
    pub skus: Vec<String>,
    /// Which rows come first.
    #[arg(long, value_enum, default_value = "changed")]
    pub sort: Sort,
    /// Prints JSON lines also to a terminal.
    #[arg(long)]
    pub json: bool,
    /// Ends by itself after this time.
    #[arg(long = "for", value_name = "SPAN", value_parser = span)]
    pub span: Option<Duration>,
    /// Prints the table once, as soon as it is whole, and ends.
    #[arg(long)]
    pub until_ready: bool,
    /// Where the daemon listens.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    pub url: String,
    /// Bearer token, where the daemon asks for one.
    #[arg(long, env = "LAGERD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
}

impl WatchArgs {
    /// The topic as the feed names it.
    #[must_use]
    pub fn topic(&self) -> String {
        match (&self.warehouse, &self.channel) {
            (Some(warehouse), _) => format!("warehouse:{warehouse}"),
            (None, channel) => format!("channel:{}", channel.as_deref().unwrap_or_default()),
        }
    }
}
