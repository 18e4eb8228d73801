//! `[http]`: the door for shops, tills and tools.

use std::net::SocketAddr;

use serde::Serialize;

use super::reader::Table;

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7070);

/// Where the daemon listens and what one client may cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Http {
    /// Address and port; port 0 takes a free one. Anything but loopback needs at least one token.
    pub listen: SocketAddr,
    /// Whether a change without an `Idempotency-Key` is refused instead of getting a minted one.
    pub require_ids: bool,
    /// Whether the page for operators is served at `/ui/`.
    pub ui: bool,
    /// Longest request body, in bytes; a longer one is answered 413 before it is read.
    pub body_bytes_max: u64,
    /// Connections open at once; one more waits in the kernel's queue until another ends.
    pub connections_max: u64,
    /// Connections one address may have open at once; without it, half of all for any but loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_per_address: Option<u64>,
    /// Seconds a client has to send a request's head; afterwards its connection is closed.
    pub header_timeout_s: u64,
}

impl Http {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            listen: table.text(
                "listen",
                ("127.0.0.1:7070", LISTEN),
                "an address and port such as \"127.0.0.1:7070\" or \"[::1]:7070\"",
                |text| text.parse().map_err(|_| String::new()),
            ),
            require_ids: table.flag("require_ids", false),
            ui: table.flag("ui", true),
            body_bytes_max: table.whole("body_bytes_max", 8 * 1024 * 1024, 1_024..=1_073_741_824),
            connections_max: table.whole("connections_max", 10_000, 1..=1_000_000),
            connections_per_address: table.whole_opt("connections_per_address", 1..=1_000_000),
            header_timeout_s: table.whole("header_timeout_s", 10, 1..=300),
        }
    }
}
