//! The newest acknowledged batches of one journal, kept to repair a store that lost them (J6).

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Batch, Head};

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
}

impl Ring {
    /// An empty ring that keeps at most about `bytes_max` bytes; zero keeps nothing.
    #[must_use]
    pub fn new(bytes_max: usize) -> Self {
        Self { batches: VecDeque::new(), bytes: 0, bytes_max }
    }

    /// Adds the newest batch and forgets the oldest ones above the bound.
    pub fn push(&mut self, batch: Arc<Batch>) {
        if self.newest().is_some_and(|newest| newest != batch.expected) {
            self.clear();
        }
        self.bytes += batch.size();
        self.batches.push_back(batch);
        while self.bytes > self.bytes_max {
            let Some(oldest) = self.batches.pop_front() else { break };
            self.bytes -= oldest.size();
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
