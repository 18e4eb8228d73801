//! Stock: lines of one warehouse and one form go out in one request.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::args::{Common, ImportStockArgs};
use super::count::{Act, COLUMNS, Entry};
use super::kind::{Batch, Kind, Rerun, Spoilt, Taken};
use super::source::Row;
use super::state::State;
use crate::cli::Failure;
use crate::client::{Client, ClientError, CountLine, Counts, LineResult, Movement, Target};

/// One batch of 10,000 lines is a single commit; a minute means the store is in trouble.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Counts and movements.
pub(super) struct Stock {
    args: ImportStockArgs,
    client: Client,
    batches: Batches,
    /// Whether there were movements, which must not be booked twice by accident.
    movements: bool,
}

impl Stock {
    pub(super) fn new(args: ImportStockArgs) -> Result<Self, Failure> {
        let target = Arc::new(Target::new(&args.common.url, args.common.token.as_deref())?);
        let client = Client::new(target, TIMEOUT).with_patience(args.common.patience);
        let batches = Batches::new(usize::try_from(args.batch)?);
        Ok(Self { args, client, batches, movements: false })
    }
}

impl Kind for Stock {
    type Load = Load;

    const THINGS: &'static str = "lines";

    fn common(&self) -> (&PathBuf, &Common) {
        (&self.args.file, &self.args.common)
    }

    fn options(&self) -> String {
        let as_of = self.args.as_of.map(|time| time.to_string()).unwrap_or_default();
        let warehouse = self.args.warehouse.as_deref().unwrap_or_default();
        format!("{}\0{as_of}\0{warehouse}\0{}", self.args.source, self.args.batch)
    }

    fn as_of(&self) -> Option<jiff::Timestamp> {
        self.args.as_of
    }

    fn columns(&self) -> &'static [&'static str] {
        &COLUMNS
    }

    fn usable(&self, columns: &[String]) -> Result<(), String> {
        let known = |name: &str| columns.iter().any(|column| column == name);
        if known("sku") && (known("on_hand") || (known("kind") && known("quantity"))) {
            return Ok(());
        }
        let found = columns.join(", ");
        Err(format!(
            "the first line must name the columns sku and on_hand, or sku, kind and quantity; found: {found}"
        ))
    }

    fn take(&mut self, row: Row) -> Taken<Load> {
        let Row { line, raw, parsed, .. } = row;
        match parsed.and_then(|record| Entry::read(&record, self.args.warehouse.as_deref())) {
            Ok(entry) => {
                self.movements |= matches!(entry.act, Act::Move { .. });
                Taken { full: self.batches.push(entry, line, raw), spoilt: Vec::new() }
            }
            Err(bad) => Taken { full: None, spoilt: vec![Spoilt { line, bad, raw }] },
        }
    }

    fn rest(&mut self) -> Taken<Load> {
        Taken { full: self.batches.rest(), spoilt: Vec::new() }
    }

    fn rerun(&self) -> Rerun {
        if self.movements { Rerun::Refused } else { Rerun::Anew }
    }

    async fn send(&mut self, state: &State, batch: &Batch<Load>) -> Result<Vec<LineResult>, ClientError> {
        let Load { warehouse, lines } = &batch.load;
        let as_of = match lines {
            Lines::Counts(_) => state.as_of.as_str(),
            Lines::Movements(_) => "",
        };
        let id = format!("{}-{}", state.run_id(&[&state.file, &state.options, as_of]), batch.number);
        match lines {
            Lines::Movements(lines) => self.client.movements(warehouse, &id, lines).await,
            Lines::Counts(lines) => {
                let counts = Counts {
                    source: self.args.source.clone(),
                    as_of: state.as_of.clone(),
                    seen: None,
                    lines: lines.clone(),
                };
                self.client.counts(warehouse, &id, &counts).await
            }
        }
    }
}

/// Lines of one warehouse and one form.
#[derive(Debug)]
pub(super) struct Load {
    warehouse: String,
    lines: Lines,
}

/// What a batch sends.
#[derive(Debug)]
enum Lines {
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
struct Batches {
    size: usize,
    next: u64,
    /// By warehouse, counts and movements apart.
    open: BTreeMap<(String, bool), Open>,
}

impl Batches {
    fn new(size: usize) -> Self {
        Self { size, next: 0, open: BTreeMap::new() }
    }

    /// Adds one line; returns the batch it filled.
    fn push(&mut self, entry: Entry, line: u64, raw: String) -> Option<Batch<Load>> {
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
    fn rest(&mut self) -> Option<Batch<Load>> {
        let key = self.open.keys().next().cloned()?;
        self.take(&key)
    }

    fn take(&mut self, key: &(String, bool)) -> Option<Batch<Load>> {
        let ((warehouse, _), (lines, origin)) = self.open.remove_entry(key)?;
        let number = self.next;
        self.next += 1;
        Some(Batch { number, load: Load { warehouse, lines }, origin })
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
        assert_eq!((full.number, full.load.warehouse.as_str(), full.load.lines.len()), (0, "BER", 2));
        assert_eq!(full.origin.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4]);
        let rest = batches.rest().unwrap();
        assert_eq!((rest.number, rest.load.warehouse.as_str()), (1, "VIE"));
        assert!(batches.rest().is_none());
    }
}
