//! Ports that are found free again after a restart.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

static NEXT_PORT: AtomicU16 = AtomicU16::new(0);

/// A port below those the kernel hands out to clients, so that a restart finds it free again.
pub(crate) fn free_port() -> u16 {
    let start = u16::try_from(std::process::id() % 1_000).expect("small") * 20;
    loop {
        let port = 11_000 + (start + NEXT_PORT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
