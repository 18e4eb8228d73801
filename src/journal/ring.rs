//! The newest acknowledged batches of one journal, kept to repair a store that lost them (J6).

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Batch, Head};

/// Batches in doubt kept at most: several rounds of all that is in flight at once.
const DOUBTFUL_MAX: usize = 64;

/// An unbroken chain of the newest batches known to be in the log, bounded in bytes.
///
/// Its owner pushes every batch it saw acknowledged, and every foreign entry it took over (as a batch with the rows it
/// writes), so that the chain reaches back as far as the bound allows. A batch that doesn't follow the newest starts a
/// new chain: repair must never skip a version.
#[derive(Debug)]
pub struct Ring {
    batches: VecDeque<Arc<Batch>>,
    bytes: usize,
    bytes_max: usize,
    doubtful: Vec<Arc<Batch>>,
}

impl Ring {
    /// An empty ring that keeps at most about `bytes_max` bytes; zero keeps nothing.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self { batches: VecDeque::new(), bytes: 0, bytes_max, doubtful: Vec::new() }
    }

    /// Adds the newest batch and forgets the oldest ones above the bound.
    pub fn push(&mut self, batch: Arc<Batch>) {
        if self.newest().is_some_and(|newest| newest != batch.expected) {
            self.clear();
        }
        // What was decided on an older head can't get in any more.
        self.doubtful.retain(|doubtful| doubtful.head.version > batch.head.version);
        self.bytes += batch.size();
        self.batches.push_back(batch);
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    /// Keeps a batch that was sent and of which nobody knows whether it was written. Found in the log later, its entry
    /// alone would not say what was written beside it.
    pub fn doubt(&mut self, batch: Arc<Batch>) {
        self.doubtful.push(batch);
        if self.doubtful.len() > DOUBTFUL_MAX {
            self.doubtful.remove(0);
        }
    }

    /// The batch of a head, where it is one of those in doubt.
    #[must_use]
    pub fn doubtful(&self, head: Head) -> Option<&Arc<Batch>> {
        self.doubtful.iter().find(|batch| batch.head == head)
    }

    /// Forgets the batches after `ancestor`, which another history has replaced; everything where the chain doesn't
    /// pass through it.
    pub fn cut(&mut self, ancestor: Head) {
        while self.newest().is_some_and(|newest| newest != ancestor) {
            if let Some(newest) = self.batches.pop_back() {
                self.bytes -= newest.size();
            }
        }
    }

    /// Forgets everything, for example when the log was trimmed under its owner and loaded anew.
    pub fn clear(&mut self) {
        self.batches.clear();
        self.bytes = 0;
    }

    /// The head after the newest batch, `None` where the ring is empty.
    #[must_use]
    pub fn newest(&self) -> Option<Head> {
        self.batches.back().map(|batch| batch.head)
    }

    /// The head the oldest batch was decided on: as far back as the ring reaches.
    #[must_use]
    pub fn reaches(&self) -> Option<Head> {
        self.batches.front().map(|batch| batch.expected)
    }

    /// The batches after `ancestor`, oldest first; `None` where the chain doesn't pass through it.
    #[must_use]
    pub fn after(&self, ancestor: Head) -> Option<Vec<Arc<Batch>>> {
        if self.newest() == Some(ancestor) {
            return Some(Vec::new());
        }
        let at = self.batches.iter().position(|batch| batch.expected == ancestor)?;
        Some(self.batches.range(at..).cloned().collect())
    }

    /// Every head the chain passes through, newest first, the one before its oldest batch included.
    pub fn heads(&self) -> impl Iterator<Item = Head> + '_ {
        self.batches.iter().rev().map(|batch| batch.head).chain(self.reaches())
    }

    /// Bytes kept, roughly.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn chain(count: u64) -> Vec<Arc<Batch>> {
        let head = |version| Head { version, nonce: version };
        let batch = |version| Batch {
            expected: head(version - 1),
            head: head(version),
            entry: Bytes::from_static(&[0; 20]),
            changes: Vec::new(),
        };
        (1..=count).map(|version| Arc::new(batch(version))).collect()
    }

    fn ring(batches: &[Arc<Batch>], bytes_max: usize) -> Ring {
        let mut ring = Ring::new(bytes_max);
        batches.iter().for_each(|batch| ring.push(Arc::clone(batch)));
        ring
    }

    /// The bound forgets the oldest, never a part from the middle, and counts what is there.
    #[test]
    fn bounded() {
        let batches = chain(10);
        let full = ring(&batches, 350);
        assert_eq!((full.reaches(), full.newest()), (Some(batches[6].head), Some(batches[9].head)));
        assert_eq!(full.bytes(), 300);
        let nothing = ring(&batches, 0);
        assert_eq!((nothing.newest(), nothing.bytes(), nothing.heads().count()), (None, 0, 0));
    }

    /// A batch in doubt is known by its head until the chain has grown past it.
    #[test]
    fn doubts_end() {
        let batches = chain(4);
        let mut kept = ring(&batches[..1], 10_000);
        kept.doubt(Arc::clone(&batches[2]));
        kept.doubt(Arc::clone(&batches[1]));
        assert_eq!(kept.doubtful(batches[1].head), Some(&batches[1]));
        assert_eq!(kept.doubtful(Head { version: 2, nonce: 9 }), None);
        kept.push(Arc::clone(&batches[1]));
        assert_eq!((kept.doubtful(batches[1].head), kept.newest()), (None, Some(batches[1].head)));
        assert_eq!(kept.doubtful(batches[2].head), Some(&batches[2]));
    }

    /// A batch that doesn't follow begins anew, and cutting leaves the chain up to the ancestor.
    #[test]
    fn unbroken() {
        let batches = chain(6);
        let mut kept = ring(&batches[..4], 10_000);
        kept.cut(batches[1].head);
        assert_eq!((kept.newest(), kept.bytes()), (Some(batches[1].head), 200));
        assert_eq!(kept.after(Head::GENESIS).map(|after| after.len()), Some(2));
        kept.push(Arc::clone(&batches[5]));
        assert_eq!(kept.reaches(), Some(batches[5].expected));
        assert_eq!(kept.after(batches[1].head), None);
        kept.cut(Head::GENESIS);
        assert_eq!((kept.newest(), kept.bytes()), (None, 0));
    }
}
