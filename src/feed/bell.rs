//! How readers of a topic are woken.

use tokio::sync::watch;

/// Where a topic's readers wait.
#[derive(Debug)]
pub struct Bell(watch::Sender<u64>);

impl Default for Bell {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Bell {
    /// Wakes who waits: there are changes up to this offset. Nobody is waited for.
    pub fn ring(&self, offset: u64) {
        self.0.send_replace(offset);
    }

    /// The offset it was rung at last.
    #[must_use]
    pub fn rung(&self) -> u64 {
        *self.0.borrow()
    }

    /// Where to wait.
    #[must_use]
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}
