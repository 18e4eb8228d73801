//! What `lagerd load orders` can be told.

use super::super::args::{Common, Shape};

/// Options of `lagerd load orders`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Example:\n  \
    lagerd load orders --clients 50 --for 10s --channel web-de --warehouse BER\n  \
    lagerd load orders --fulfil 100 --for 60s --daemon-pid 4711     (orders close; does memory stay flat?)\n\n\
    An order counts when its 201 is read: routed, promised and durable. The channel must answer orders at once, so it\n\
    asks for no payment, and the warehouses must not be narrowed by countries, capacity or acceptance deadlines shorter\n\
    than the run.\n\n\
    Exit codes: 0 the audit holds, 1 something was oversold, lost or answered differently, 69 the daemon can't be used.")]
pub struct OrdersArgs {
    /// What every load can be told.
    #[command(flatten)]
    pub common: Common,
    /// Clients, each with one connection and one request at a time.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=5000))]
    pub clients: u16,
    /// What is bought: one SKU by all, one of many, or three of few popular ones.
    #[arg(long, value_enum, default_value = "cart")]
    pub shape: Shape,
    /// Units received of each SKU before the start.
    #[arg(long, default_value_t = 1_000_000)]
    pub units: u64,
    /// How many of a hundred orders are accepted, shipped and delivered at once.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub fulfil: u8,
    /// The country orders go to.
    #[arg(long, default_value = "DE")]
    pub country: String,
    /// Reads at most this many orders back, evenly chosen.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub read_back: usize,
}

impl OrdersArgs {
    /// What can't be asked for together.
    ///
    /// # Errors
    /// In words.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.shape == Shape::Duel {
            return Err("a duel is fought with reservations".to_owned());
        }
        Ok(())
    }
}
