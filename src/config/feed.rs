//! `[feed]`: the live feed over WebSocket.

use serde::Serialize;

use super::check;
use super::reader::Table;

/// What readers of the feed may cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Feed {
    /// Origins of web pages that may open the feed, beside the daemon's own. A program that is no browser sends none and
    /// is not held to this.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
    /// Longest message a reader may send, in bytes.
    pub message_bytes_max: u64,
    /// Topics one connection may follow.
    pub subscriptions_max: u64,
    /// SKUs one connection may name over all its subscriptions.
    pub skus_max: u64,
    /// Commands one connection may have under way; one more is answered `busy`, surely not done.
    pub commands_in_flight: u64,
    /// Frames of news all readers together get in a second, about; with many readers each gets fewer, newer values.
    pub frames_per_s: u64,
    /// Seconds a connection has to say who it is.
    pub auth_timeout_s: u64,
    /// Seconds between two pings.
    pub ping_interval_s: u64,
    /// Seconds without any sign of life after a ping until the connection counts as dead.
    pub pong_timeout_s: u64,
    /// Seconds a connection may take no byte of what it is sent until it is cut.
    pub write_timeout_s: u64,
    /// Seconds between two checksums to a reader that has everything.
    pub checksum_interval_s: u64,
}

impl Feed {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            origins: table.list_or_empty(
                "origins",
                "origins such as \"https://shop.example\"",
                check::origin,
            ),
            message_bytes_max: table.whole("message_bytes_max", 262_144, 1_024..=16_777_216),
            subscriptions_max: table.whole("subscriptions_max", 16, 1..=1_024),
            skus_max: table.whole("skus_max", 10_000, 1..=1_000_000),
            commands_in_flight: table.whole("commands_in_flight", 256, 1..=65_536),
            frames_per_s: table.whole("frames_per_s", 60_000, 100..=10_000_000),
            auth_timeout_s: table.whole("auth_timeout_s", 5, 1..=300),
            ping_interval_s: table.whole("ping_interval_s", 25, 1..=3_600),
            pong_timeout_s: table.whole("pong_timeout_s", 8, 1..=3_600),
            write_timeout_s: table.whole("write_timeout_s", 10, 1..=3_600),
            checksum_interval_s: table.whole("checksum_interval_s", 10, 1..=3_600),
        }
    }
}
