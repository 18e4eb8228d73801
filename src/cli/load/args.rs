//! What `lagerd load` can be told.

use std::time::Duration;

use super::orders::OrdersArgs;
use crate::cli::span::span;

/// Who wants what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// Everybody wants one unit of the same SKU.
    Hot,
    /// Each asks for one unit of a SKU, all equally likely.
    Uniform,
    /// Each asks for three different SKUs, few of them popular (Zipf 0.99).
    Cart,
    /// Every client wants one of few units of one SKU, once, sending its command twice.
    Duel,
}

impl Shape {
    /// The word used on the command line and in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hot => "hot",
            Self::Uniform => "uniform",
            Self::Cart => "cart",
            Self::Duel => "duel",
        }
    }
}

/// What every load can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// Where the daemon listens.
    #[arg(long, default_value = "http://127.0.0.1:7070")]
    pub url: String,
    /// Bearer token, where the daemon asks for one.
    #[arg(long, env = "LAGERD_TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// How long is measured.
    #[arg(long = "for", value_name = "SPAN", default_value = "10s", value_parser = span)]
    pub span: Duration,
    /// How long the clients run before that.
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = span)]
    pub warm_up: Duration,
    /// SKUs for `uniform` and `cart`.
    #[arg(long, default_value_t = 1000)]
    pub skus: usize,
    /// The selling channel.
    #[arg(long, default_value = "web-de")]
    pub channel: String,
    /// Warehouses the stock is dealt over; the channel must draw on them.
    #[arg(long = "warehouse", value_name = "ID", value_delimiter = ',', default_value = "BER")]
    pub warehouses: Vec<String>,
    /// How long one request may take before its outcome counts as unknown.
    #[arg(long, value_name = "SPAN", default_value = "10s", value_parser = span)]
    pub timeout: Duration,
    /// How long after the end unknown outcomes are still asked for.
    #[arg(long, value_name = "SPAN", default_value = "30s", value_parser = span)]
    pub patience: Duration,
    /// Process id of the daemon, for its CPU seconds and its memory.
    #[arg(long)]
    pub daemon_pid: Option<u32>,
    /// Process id of the store, for its CPU seconds.
    #[arg(long)]
    pub store_pid: Option<u32>,
    /// Prints the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// What else than reservations a daemon can be loaded with.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum LoadWhat {
    /// Put a running daemon under orders and check them against the clients' own records
    Orders(OrdersArgs),
}

/// Options of `lagerd load`.
#[derive(Debug, Clone, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Example:\n  \
    lagerd load --shape cart --clients 50 --for 10s --channel web-de --warehouse BER\n  \
    lagerd load --shape duel --clients 1000 --units 500 --channel web-de --warehouse BER\n  \
    lagerd load --socket --in-flight 64 --daemon-pid 4711     (commands over the live feed, many at once)\n  \
    lagerd load --socket --in-flight 64 --subscribers 5000 --slow-subscribers 1     (how old is what readers show)\n  \
    lagerd load --socket --clients 1 --rate 20 --subscribers 1000     (from a command to every reader)\n  \
    lagerd load --burst 64 --subscribers 1000     (many changes together to every reader, again and again)\n  \
    lagerd load orders --clients 50 --fulfil 50     (orders instead of reservations)\n\n\
    Readers follow the whole channel. What they show is compared with the first SKU's exact number, so the channel\n\
    must show every unit: no display_cap, no safety stock, no other warehouse.\n\n\
    Exit codes: 0 the audit holds, 1 something was oversold, lost or answered differently, 69 the daemon can't be used."
)]
pub struct LoadArgs {
    /// Something else than reservations.
    #[command(subcommand)]
    pub what: Option<LoadWhat>,
    /// What every load can be told.
    #[command(flatten)]
    pub common: Common,
    /// Clients, each with one connection and one request at a time; 0 with readers alone [default: 50; duel: 1000].
    #[arg(long)]
    pub clients: Option<usize>,
    /// Clients send their commands over the live feed instead of HTTP.
    #[arg(long)]
    pub socket: bool,
    /// Commands each client has on its way at a time.
    #[arg(long, value_name = "N", default_value_t = 1, requires = "socket")]
    pub in_flight: usize,
    /// Commands a second of all clients together, however fast the answers come; as fast as answered when absent.
    #[arg(long, value_name = "R", requires = "socket")]
    pub rate: Option<f64>,
    /// One client sends W commands on W SKUs together, waits until every reader shows all of them, and begins again.
    #[arg(long, value_name = "W", conflicts_with_all = ["shape", "clients", "socket", "resend"])]
    pub burst: Option<usize>,
    /// Readers of the whole channel beside the clients.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub subscribers: usize,
    /// Readers that take 1 KB of changes a second.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub slow_subscribers: usize,
    /// Who wants what.
    #[arg(long, value_enum, default_value = "hot")]
    pub shape: Shape,
    /// Units received of each SKU before the start [default: 1000000; duel: 500].
    #[arg(long)]
    pub units: Option<u64>,
    /// Sends each command id a second time; it must be answered like the first (a duel always does).
    #[arg(long)]
    pub resend: bool,
    /// Seconds each hold lives; must outlive run and audit.
    #[arg(long, default_value_t = 3600)]
    pub ttl_s: u64,
    /// Reads at most this many acknowledged reservations back, evenly chosen; all when absent.
    #[arg(long, value_name = "N")]
    pub read_back: Option<usize>,
}

impl LoadArgs {
    /// Clients to run.
    #[must_use]
    pub fn clients(&self) -> usize {
        if self.burst.is_some() {
            return 1;
        }
        let least = usize::from(self.readers() == 0);
        self.clients.unwrap_or(if self.shape == Shape::Duel { 1000 } else { 50 }).max(least)
    }

    /// Readers of both kinds.
    #[must_use]
    pub fn readers(&self) -> usize {
        self.subscribers + self.slow_subscribers
    }

    /// What can't be asked for together.
    ///
    /// # Errors
    /// In words.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |told: &str| Err(told.to_owned());
        if self.shape == Shape::Duel && (self.socket || self.readers() > 0) {
            return wrong("a duel is fought over HTTP and without readers");
        }
        if self.burst.is_some_and(|size| size == 0 || self.subscribers == 0) {
            return wrong("a burst has a size and --subscribers to reach");
        }
        if self.in_flight == 0 {
            return wrong("--in-flight is at least 1");
        }
        if self.rate.is_some_and(|rate| !(rate > 0.0 && rate.is_finite())) {
            return wrong("--rate is a number of commands a second");
        }
        Ok(())
    }

    /// Units received of each SKU.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.units.unwrap_or(if self.shape == Shape::Duel { 500 } else { 1_000_000 })
    }
}
