//! From a file to a summary.
#![expect(clippy::print_stdout, reason = "the summary is what the command ends with")]

use tokio::time::Instant;

use super::args::{ImportArgs, ImportWhat};
use super::kind::{Batch, Kind, Rerun, Spoilt, Taken};
use super::ledger::Ledger;
use super::orders::Orders;
use super::source::Source;
use super::state::State;
use super::stock::Stock;
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::{ClientError, LineResult, LineStatus, Verdict};

/// Imports a file; `now` is the wall clock's time at the start, the moment counts are true unless told otherwise.
///
/// # Errors
/// It could not run, or was cut short and can continue.
pub async fn run(args: ImportArgs, now: jiff::Timestamp) -> Result<Exit, Failure> {
    match args.what {
        ImportWhat::Stock(args) => import(Stock::new(args)?, now).await,
        ImportWhat::Orders(args) => import(Orders::new(args)?, now).await,
    }
}

async fn import<K: Kind>(kind: K, now: jiff::Timestamp) -> Result<Exit, Failure> {
    let (file, common) = kind.common();
    let (file, rejects) = (file.clone(), common.rejects.clone());
    let can_not = |error: std::io::Error| format!("can't read {}: {error}", file.display());
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(&file).map_err(can_not)?).map_err(can_not)?;
    let bytes = std::fs::metadata(&file).map_err(can_not)?.len();
    let mut state = State::open(&kind, hasher.finalize().to_hex().to_string(), &now.to_string())?;
    let source = Source::open(&file, &kind)?;
    let mut ledger = Ledger::open(bytes, rejects.as_deref(), state.rejects_bytes, source.header())?;
    if !source.ignored().is_empty() {
        ledger.say(&format!("columns without a meaning here are ignored: {}", source.ignored().join(", ")));
    }
    if state.batches > 0 {
        ledger.say(&format!("continuing behind line {}", state.line));
    }
    let started = Instant::now();
    let (applied_before, refused_before) = (state.applied, state.refused);
    let mut import = Import { kind, state: &mut state, ledger, line: 0, spoilt: 0, bad: 0 };
    let ended = import.all(source).await;
    import.ledger.finish();
    ended.map_err(|cause| CutShort { cause })?;
    let seconds = started.elapsed().as_secs_f64();
    let done = state.applied + state.refused - applied_before - refused_before;
    let things = K::THINGS;
    println!(
        "{} {things} applied, {} refused, {seconds:.1} s ({:.0} {things}/s)",
        state.applied,
        state.refused,
        done as f64 / seconds.max(f64::MIN_POSITIVE)
    );
    if state.refused > 0
        && let Some(rejects) = &rejects
    {
        println!("refused {things} are in {}", rejects.display());
    }
    Ok(if state.refused == 0 { Exit::Ok } else { Exit::CheckFailed })
}

/// An import that stopped before its end.
#[derive(Debug, thiserror::Error)]
#[error("{cause}\ncut short; run the same command again to continue where it stopped")]
struct CutShort {
    #[source]
    cause: Failure,
}

/// A running import.
struct Import<'a, K> {
    kind: K,
    state: &'a mut State,
    ledger: Ledger,
    /// Last line read.
    line: u64,
    /// What could not be sent, over the whole file so far.
    spoilt: u64,
    /// How much of it was told since the last confirmed batch.
    bad: u64,
}

impl<K: Kind> Import<'_, K> {
    async fn all(&mut self, mut source: Source) -> Result<(), Failure> {
        while let Some(row) = source.next()? {
            let at = row.at;
            self.line = row.line;
            let taken = self.kind.take(row);
            if self.account(taken).await? {
                self.ledger.progress(at, self.state.applied, self.state.refused);
            }
        }
        loop {
            let taken = self.kind.rest();
            if taken.full.is_none() && taken.spoilt.is_empty() {
                break;
            }
            self.account(taken).await?;
        }
        self.state.done = true;
        self.confirm(0, 0)
    }

    /// Tells what can't be sent and sends what can; true where a batch was due.
    async fn account(&mut self, taken: Taken<K::Load>) -> Result<bool, Failure> {
        for Spoilt { line, bad, raw } in taken.spoilt {
            self.spoilt += 1;
            // An earlier run of this import has told it.
            if self.spoilt > self.state.spoilt {
                self.bad += 1;
                self.ledger.reject(line, bad.column, &bad.told, &raw);
            }
        }
        let Some(batch) = taken.full else { return Ok(false) };
        self.send(batch).await?;
        Ok(true)
    }

    /// Sends a batch unless an earlier run of this import confirmed it.
    async fn send(&mut self, batch: Batch<K::Load>) -> Result<(), Failure> {
        self.state.once |= self.kind.rerun() == Rerun::Refused;
        if batch.number < self.state.batches {
            return Ok(());
        }
        let refused = match self.kind.send(self.state, &batch).await {
            Ok(results) => self.judge(&batch, &results)?,
            Err(error) if concerns_only_this(&error) => {
                for (line, raw) in &batch.origin {
                    self.ledger.reject(*line, "", &format!("its batch was refused: {error}"), raw);
                }
                u64::try_from(batch.origin.len())?
            }
            Err(error) => return Err(error.into()),
        };
        self.state.batches = batch.number + 1;
        self.confirm(u64::try_from(batch.origin.len())? - refused, refused)
    }

    /// Names what the daemon refused; returns how much that is.
    fn judge(&mut self, batch: &Batch<K::Load>, results: &[LineResult]) -> Result<u64, Failure> {
        if results.len() != batch.origin.len() {
            let (sent, answered) = (batch.origin.len(), results.len());
            return Err(format!("{sent} {} were sent, {answered} were answered", K::THINGS).into());
        }
        let mut refused = 0;
        for ((line, raw), result) in batch.origin.iter().zip(results) {
            if result.status != LineStatus::Applied {
                refused += 1;
                self.ledger.reject(*line, "", &format!("{}: {}", result.code, result.detail), raw);
            }
        }
        Ok(refused)
    }

    /// Writes down how far the import is, rejects first: they are cut back to this length when it continues.
    fn confirm(&mut self, applied: u64, refused: u64) -> Result<(), Failure> {
        self.state.applied += applied;
        self.state.refused += refused + self.bad;
        self.bad = 0;
        self.state.line = self.state.line.max(self.line);
        self.state.spoilt = self.state.spoilt.max(self.spoilt);
        self.state.rejects_bytes = self.ledger.settle()?;
        self.state.save(self.kind.common().0)
    }
}

/// Whether others may fare better: not when the daemon is away or does not let us in.
pub(super) fn concerns_only_this(error: &ClientError) -> bool {
    match error {
        ClientError::Problem(problem) => {
            problem.verdict() == Verdict::Refused && !matches!(problem.status, 401 | 403)
        }
        ClientError::Connect { .. }
        | ClientError::Lost(_)
        | ClientError::Timeout(_)
        | ClientError::Protocol(_)
        | ClientError::Body(_) => false,
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]
mod tests {
    use std::collections::HashMap;
    use std::path::{Path, PathBuf};
    use std::sync::{Arc, Mutex};

    use clap::Parser;
    use serde_json::{Value, json};

    use super::super::state::beside;
    use super::*;
    use crate::client::fake;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        import: ImportArgs,
    }

    /// What the fake daemon booked: totals per SKU, each command id once.
    #[derive(Default)]
    struct Books {
        ids: HashMap<String, Value>,
        units: HashMap<String, i64>,
        requests: u64,
        /// From this request on, nothing is answered.
        dead_from: Option<u64>,
    }

    impl Books {
        fn answer(&mut self, asked: &fake::Asked) -> Option<(u16, String)> {
            self.requests += 1;
            if self.dead_from.is_some_and(|from| self.requests >= from) {
                return Some((401, json!({"code": "unauthorised"}).to_string()));
            }
            if asked.path.contains("NOWHERE") {
                return Some((
                    404,
                    json!({"code": "unknown_warehouse", "detail": "no such warehouse"}).to_string(),
                ));
            }
            let lines = asked.body["lines"].as_array().unwrap();
            let results: Vec<Value> =
                lines.iter().map(|line| self.book(line, asked.id.as_ref().unwrap())).collect();
            self.ids.insert(asked.id.clone().unwrap(), asked.body.clone());
            Some((200, json!({ "results": results }).to_string()))
        }

        fn book(&mut self, line: &Value, id: &str) -> Value {
            let sku = line["sku"].as_str().unwrap();
            if sku == "BAD" {
                return json!({"sku": sku, "status": "refused", "code": "stale_count", "detail": "counted later"});
            }
            if !self.ids.contains_key(id) {
                let units = line["quantity"].as_i64().or(line["on_hand"].as_i64()).unwrap();
                *self.units.entry(sku.into()).or_default() += units;
            }
            json!({"sku": sku, "status": "applied"})
        }
    }

    struct World {
        dir: tempfile::TempDir,
        books: Arc<Mutex<Books>>,
        url: String,
    }

    impl World {
        async fn new() -> Self {
            let books = Arc::new(Mutex::new(Books::default()));
            let shared = Arc::clone(&books);
            let url = fake::serve(move |asked| shared.lock().unwrap().answer(&asked)).await;
            Self { dir: tempfile::tempdir().unwrap(), books, url }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        async fn import(&self, file: &Path, words: &str) -> Result<Exit, Failure> {
            let line = format!("import stock {} --url {} {words}", file.display(), self.url);
            let now = "2026-11-23T10:00:00Z".parse().unwrap();
            run(Line::parse_from(line.split_ascii_whitespace()).import, now).await
        }
    }

    /// Good lines are booked, each bad one lands among the rejects, and the code says that some were refused.
    #[tokio::test]
    async fn good_and_bad_lines() {
        let world = World::new().await;
        let file = world.path("stock.csv");
        let text = "sku,warehouse,on_hand\nA,BER,5\nB,BER,x\nBAD,BER,1\nC,VIE,7\nD,NOWHERE,1\n";
        std::fs::write(&file, text).unwrap();
        let rejects = world.path("bad.csv");
        let code = world.import(&file, &format!("--rejects {}", rejects.display())).await.unwrap();
        assert_eq!(code, Exit::CheckFailed);
        let books = world.books.lock().unwrap();
        assert_eq!((books.units["A"], books.units["C"], books.units.len()), (5, 7, 2));
        let kept = std::fs::read_to_string(rejects).unwrap();
        assert_eq!(kept, "sku,warehouse,on_hand\nB,BER,x\nBAD,BER,1\nD,NOWHERE,1\n");
    }

    /// An import that was cut short continues behind its last confirmed batch, with the same ids, losing no line and
    /// booking none twice; done, it is not booked again by accident.
    #[tokio::test]
    async fn continues_and_never_repeats() {
        let world = World::new().await;
        let file = world.path("moves.jsonl");
        let line = |n: u32| format!("{{\"sku\":\"S{n}\",\"kind\":\"receive\",\"quantity\":{n}}}\n");
        let text: String =
            (1..=20).map(|n| if n == 4 || n == 19 { "nonsense\n".to_owned() } else { line(n) }).collect();
        std::fs::write(&file, text).unwrap();
        let rejects = world.path("bad.jsonl");
        let words = format!("--warehouse BER --batch 3 --rejects {}", rejects.display());
        world.books.lock().unwrap().dead_from = Some(3);
        let cut = world.import(&file, &words).await.unwrap_err().to_string();
        assert!(cut.contains("cut short"), "{cut}");
        world.books.lock().unwrap().dead_from = None;
        let other = world.import(&file, &format!("{words} --source till")).await.unwrap_err().to_string();
        assert!(other.contains("other options"), "{other}");
        assert_eq!(world.import(&file, &words).await.unwrap(), Exit::CheckFailed);
        {
            let books = world.books.lock().unwrap();
            assert_eq!(books.ids.len(), 6);
            assert_eq!(books.units.len(), 18);
            assert!(books.units.iter().all(|(sku, units)| *sku == format!("S{units}")));
        }
        assert_eq!(std::fs::read_to_string(&rejects).unwrap(), "nonsense\nnonsense\n");
        let again = world.import(&file, &words).await.unwrap_err().to_string();
        assert!(again.contains("imported already"), "{again}");
        std::fs::remove_file(beside(&file)).unwrap();
        world.import(&file, &words).await.unwrap();
        assert_eq!(world.books.lock().unwrap().ids.len(), 6, "without its state the same ids go out again");
        world.import(&file, &format!("{words} --again")).await.unwrap();
        assert_eq!(world.books.lock().unwrap().ids.len(), 12, "asked for, it is booked again");
    }
}
