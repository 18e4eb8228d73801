//! Cutting the stream into requests, the same way on every run over the same file.

use std::collections::BTreeMap;

use super::entry::{Act, Entry};
use crate::client::{CountLine, Movement};

/// Lines of one warehouse and one form that go out in one request.
#[derive(Debug)]
pub(super) struct Batch {
    /// Counted over the whole file, from 0: part of the command id.
    pub(super) number: u64,
    pub(super) warehouse: String,
    pub(super) lines: Lines,
    /// Line numbers and raw text, in the order of the lines.
    pub(super) origin: Vec<(u64, String)>,
}

/// What a batch sends.
#[derive(Debug)]
pub(super) enum Lines {
    Counts(Vec<CountLine>),
    Movements(Vec<Movement>),
}

impl Lines {
    fn len(&self) -> usize {
        match self {
            Self::Counts(lines) => lines.len(),
            Self::Movements(lines) => lines.len(),
        }
    }
}

/// Lines so far, and where they stood.
type Open = (Lines, Vec<(u64, String)>);

/// Collects lines until a warehouse has a batch full.
#[derive(Debug)]
pub(super) struct Batches {
    size: usize,
    next: u64,
    /// By warehouse, counts and movements apart.
    open: BTreeMap<(String, bool), Open>,
}

impl Batches {
    pub(super) fn new(size: usize) -> Self {
        Self { size, next: 0, open: BTreeMap::new() }
    }

    /// Adds one line; returns the batch it filled.
    pub(super) fn push(&mut self, entry: Entry, line: u64, raw: String) -> Option<Batch> {
        let Entry { sku, warehouse, act } = entry;
        let counts = matches!(act, Act::Count { .. });
        let key = (warehouse, counts);
        let (lines, origin) = self.open.entry(key.clone()).or_insert_with(|| {
            (if counts { Lines::Counts(Vec::new()) } else { Lines::Movements(Vec::new()) }, Vec::new())
        });
        match (lines, act) {
            (Lines::Counts(lines), Act::Count { on_hand }) => lines.push(CountLine { sku, on_hand }),
            (
                Lines::Movements(lines),
                Act::Move { kind, quantity, into, from, reason, reference, occurred_at },
            ) => {
                lines.push(Movement { sku, kind, quantity, into, from, reason, reference, occurred_at });
            }
            (Lines::Counts(_), Act::Move { .. }) | (Lines::Movements(_), Act::Count { .. }) => {
                unreachable!("the key keeps the two forms apart")
            }
        }
        origin.push((line, raw));
        let full = self.open.get(&key).is_some_and(|(lines, _)| lines.len() >= self.size);
        if full { self.take(&key) } else { None }
    }

    /// Takes one of the batches left open at the file's end.
    pub(super) fn rest(&mut self) -> Option<Batch> {
        let key = self.open.keys().next().cloned()?;
        self.take(&key)
    }

    fn take(&mut self, key: &(String, bool)) -> Option<Batch> {
        let ((warehouse, _), (lines, origin)) = self.open.remove_entry(key)?;
        let number = self.next;
        self.next += 1;
        Some(Batch { number, warehouse, lines, origin })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Batches hold one warehouse and one form, in the file's order, and are numbered as they fill.
    #[test]
    fn cut_by_warehouse_and_form() {
        let mut batches = Batches::new(2);
        let count = |sku: &str, warehouse: &str| Entry {
            sku: sku.into(),
            warehouse: warehouse.into(),
            act: Act::Count { on_hand: 1 },
        };
        assert!(batches.push(count("A", "VIE"), 2, String::new()).is_none());
        assert!(batches.push(count("A", "BER"), 3, String::new()).is_none());
        let full = batches.push(count("B", "BER"), 4, String::new()).unwrap();
        assert_eq!((full.number, full.warehouse.as_str(), full.lines.len()), (0, "BER", 2));
        assert_eq!(full.origin.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
        let rest = batches.rest().unwrap();
        assert_eq!((rest.number, rest.warehouse.as_str()), (1, "VIE"));
        assert!(batches.rest().is_none());
    }
}
