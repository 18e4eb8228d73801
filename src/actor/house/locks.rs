//! One conversation per cart (or per reservation without one), and one task of a document, at a time.

use std::hash::Hash;
use std::sync::Arc;

use ahash::AHashMap;
use tokio::sync::OwnedMutexGuard;

use crate::journal::locked::Locked;

type Lock = Arc<tokio::sync::Mutex<()>>;

/// Locks by key; a lock nobody holds or waits for is forgotten. Bounded by the requests in flight.
#[derive(Debug)]
pub struct Locks<K> {
    known: Locked<AHashMap<K, Lock>>,
}

impl<K> Default for Locks<K> {
    fn default() -> Self {
        Self { known: Locked::default() }
    }
}

/// Lets the next conversation of the same key begin when it is dropped.
#[derive(Debug)]
pub struct Turn<'a, K: Eq + Hash> {
    locks: &'a Locks<K>,
    key: K,
    guard: Option<OwnedMutexGuard<()>>,
}

impl<K: Eq + Hash + Clone> Locks<K> {
    /// Waits for the key's turn; first come, first served.
    pub async fn turn(&self, key: K) -> Turn<'_, K> {
        // Made before the wait: an asker that goes away while it waits must clean up too.
        let mut turn = Turn { locks: self, key, guard: None };
        let lock = self.known.with(|known| known.entry(turn.key.clone()).or_default().clone());
        turn.guard = Some(lock.lock_owned().await);
        turn
    }
}

impl<K: Eq + Hash> Drop for Turn<'_, K> {
    fn drop(&mut self) {
        self.guard = None;
        self.locks.known.with(|known| {
            if known.get(&self.key).is_some_and(|lock| Arc::strong_count(lock) == 1) {
                known.remove(&self.key);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hold::HoldKey;
    use crate::domain::ids::CommandId;

    /// The second waits for the first, and nothing is left behind.
    #[tokio::test]
    async fn turns_are_taken_one_after_the_other() {
        let locks = Locks::default();
        let key = HoldKey::Alone(CommandId::parse("r-1").unwrap());
        let first = locks.turn(key.clone()).await;
        let second = locks.turn(key.clone());
        let mut second = std::pin::pin!(second);
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        drop(first);
        drop(second.await);
        assert!(locks.known.with(|known| known.is_empty()));
    }

    /// An asker that goes away while it waits leaves nothing behind.
    #[tokio::test]
    async fn a_waiter_that_gives_up_leaves_nothing() {
        let locks = Locks::default();
        let key = HoldKey::Alone(CommandId::parse("r-1").unwrap());
        let first = locks.turn(key.clone()).await;
        let mut second = Box::pin(locks.turn(key));
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        drop(first);
        drop(second);
        assert!(locks.known.with(|known| known.is_empty()));
    }
}
