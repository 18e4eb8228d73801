//! What the service manager is told, in systemd's protocol (`sd_notify(3)`): that the daemon is ready, reloads, stops,
//! is alive, and how it does in one line. Where nobody listens (no `NOTIFY_SOCKET`), nothing is told.

use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use listenfd::ListenFd;
use sd_notify::NotifyState;

use crate::journal::locked::Locked;

/// Letters of a line of status, at most.
const STATUS_MAX: usize = 300;

/// The service manager's ear.
#[derive(Debug)]
pub(super) struct Service {
    listens: bool,
    status: Locked<String>,
    stopping: AtomicBool,
}

/// The port that the service manager has opened for this process (socket activation), where it has. To be called once,
/// before there are threads: what told of it is taken from the environment.
///
/// # Errors
/// Where it passed something else than one TCP port.
pub fn inherited() -> io::Result<Option<TcpListener>> {
    let mut passed = ListenFd::from_env();
    match passed.len() {
        0 => Ok(None),
        1 => passed.take_tcp_listener(0),
        count => {
            let why = format!("{count} sockets were passed, and lagerd listens on one");
            Err(io::Error::new(io::ErrorKind::InvalidInput, why))
        }
    }
}

impl Service {
    pub(super) fn new() -> Self {
        let listens = std::env::var_os("NOTIFY_SOCKET").is_some();
        Self { listens, status: Locked::default(), stopping: AtomicBool::new(false) }
    }

    /// How often the service manager wants to hear that the daemon is alive, at least; `None` where it does not.
    pub(super) fn watchdog(&self) -> Option<Duration> {
        sd_notify::watchdog_enabled().filter(|every| self.listens && !every.is_zero())
    }

    /// Requests are served from now on, or again after a reload.
    pub(super) async fn ready(&self, status: &str) {
        self.tell(&[NotifyState::Ready], Some(status)).await;
    }

    /// How the daemon does; told where it changed. A daemon that stops says so and nothing else.
    pub(super) async fn status(&self, status: &str) {
        if !self.stopping.load(Ordering::Relaxed) {
            self.tell(&[], Some(status)).await;
        }
    }

    /// The configuration is read again; [`Service::ready`] ends it. With its time, so that a unit may be of the type
    /// `notify-reload`.
    pub(super) async fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.tell(&[NotifyState::Reloading, now], None).await,
            Err(error) => tracing::warn!(%error, "no time for the service manager"),
        }
    }

    /// The daemon stops, and what it is at.
    pub(super) async fn stopping(&self, status: &str) {
        let first = !self.stopping.swap(true, Ordering::Relaxed);
        let states: &[_] = if first { &[NotifyState::Stopping] } else { &[] };
        self.tell(states, Some(status)).await;
    }

    /// The start goes on, and may take this long from now.
    pub(super) async fn extend(&self, by: Duration) {
        let micros = u32::try_from(by.as_micros()).unwrap_or(u32::MAX);
        self.tell(&[NotifyState::ExtendTimeoutUsec(micros)], None).await;
    }

    /// The daemon is alive.
    pub(super) async fn alive(&self) {
        self.tell(&[NotifyState::Watchdog], None).await;
    }

    async fn tell(&self, states: &[NotifyState<'_>], status: Option<&str>) {
        if !self.listens {
            return;
        }
        let mut words: Vec<String> = states.iter().map(ToString::to_string).collect();
        if let Some(status) = status.map(one_line) {
            let changed = self.status.with(|known| {
                let changed = *known != status;
                known.clone_from(&status);
                changed
            });
            words.extend(changed.then(|| NotifyState::Status(&status).to_string()));
        }
        if words.is_empty() {
            return;
        }
        // The service manager may be slow to listen: nothing else is to wait with us.
        let words = words.join("\n");
        let telling =
            tokio::task::spawn_blocking(move || sd_notify::notify(&[NotifyState::Custom(&words)])).await;
        if let Ok(Err(error)) = telling {
            tracing::warn!(%error, "the service manager can't be told");
        }
    }
}

/// A line that is one: what a broker or store said may have ends of lines in it, and each would be a word of the protocol.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(STATUS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody else said can't speak to the service manager.
    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("away: no\nMAINPID=1\r\u{7}"), "away: no MAINPID=1  ");
        assert_eq!(one_line(&"ä".repeat(500)).chars().count(), STATUS_MAX);
    }
}
