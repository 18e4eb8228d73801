//! Which SKUs a channel has to look at again: a set, never a queue.

use ahash::AHashSet;
use tokio::sync::Notify;

use super::skus::SkuId;
use crate::journal::locked::Locked;

/// A set that once held more than this is thrown away instead of emptied.
const KEPT_MAX: usize = 4_096;

/// SKUs to look at again.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// Every SKU there is.
    pub all: bool,
    /// These SKUs, each once, in the order first named.
    pub skus: Vec<SkuId>,
}

#[derive(Debug, Default)]
struct Marked {
    dirty: Dirty,
    seen: AHashSet<SkuId>,
}

/// News for a channel. Whoever marks never waits and nothing is lost: a SKU that changes a thousand times before the
/// channel looks is one entry, so the set is bounded by the SKUs there are.
#[derive(Debug, Default)]
pub struct News {
    marked: Locked<Marked>,
    bell: Notify,
}

impl News {
    /// These SKUs may show another figure now.
    pub fn mark(&self, skus: &[SkuId]) {
        if skus.is_empty() {
            return;
        }
        self.marked.with(|Marked { dirty, seen }| {
            for sku in skus {
                if !dirty.all && seen.insert(*sku) {
                    dirty.skus.push(*sku);
                }
            }
        });
        self.bell.notify_one();
    }

    /// Every SKU may show another figure now.
    pub fn mark_all(&self) {
        self.marked.with(|marked| {
            *marked = Marked { dirty: Dirty { all: true, skus: Vec::new() }, seen: AHashSet::new() };
        });
        self.bell.notify_one();
    }

    /// Waits until something is marked, and takes it.
    pub async fn next(&self) -> Dirty {
        loop {
            let taken = self.take();
            if taken.all || !taken.skus.is_empty() {
                return taken;
            }
            self.bell.notified().await;
        }
    }

    /// Takes what is marked now.
    #[must_use]
    pub fn take(&self) -> Dirty {
        self.marked.with(|Marked { dirty, seen }| {
            if seen.capacity() > KEPT_MAX {
                // Emptying a large set costs as much as it once held, each time.
                *seen = AHashSet::new();
            } else {
                seen.clear();
            }
            std::mem::take(dirty)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A SKU marked twice is one entry; everything swallows single ones; a mark during the wait ends it.
    #[tokio::test]
    async fn marks_are_a_set() {
        let news = News::default();
        let (a, b) = (SkuId::of(1), SkuId::of(2));
        news.mark(&[a, b]);
        news.mark(&[a]);
        assert_eq!(news.next().await, Dirty { all: false, skus: vec![a, b] });
        let mut waiting = std::pin::pin!(news.next());
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        news.mark(&[b]);
        assert_eq!(waiting.await, Dirty { all: false, skus: vec![b] });
        news.mark(&[a]);
        news.mark_all();
        news.mark(&[b]);
        assert_eq!(news.take(), Dirty { all: true, skus: Vec::new() });
        assert_eq!(news.take(), Dirty::default());
    }
}
