//! From a file to a summary.
#![expect(clippy::print_stdout, reason = "the summary is what the command ends with")]

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::args::{ImportArgs, ImportStockArgs, ImportWhat};
use super::batch::{Batch, Batches, Lines};
use super::ledger::Ledger;
use super::source::Source;
use super::state::State;
use crate::cli::Failure;
use crate::cli::exit::Exit;
use crate::client::{Client, ClientError, Counts, LineResult, LineStatus, Target, Verdict};

/// One batch of 10,000 lines is a single commit; a minute means the store is in trouble.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Imports a file; `now` is the wall clock's time at the start, the moment counts are true unless told otherwise.
///
/// # Errors
/// It could not run, or was cut short and can continue.
pub async fn run(args: ImportArgs, now: jiff::Timestamp) -> Result<Exit, Failure> {
    let ImportWhat::Stock(args) = args.what;
    let target = Arc::new(Target::new(&args.url, args.token.as_deref())?);
    let can_not = |error: std::io::Error| format!("can't read {}: {error}", args.file.display());
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(std::fs::File::open(&args.file).map_err(can_not)?).map_err(can_not)?;
    let bytes = std::fs::metadata(&args.file).map_err(can_not)?.len();
    let mut state = State::open(&args, hasher.finalize().to_hex().to_string(), &now.to_string())?;
    let source = Source::open(&args.file, args.warehouse.as_deref())?;
    let mut ledger = Ledger::open(bytes, args.rejects.as_deref(), state.rejects_bytes, source.header())?;
    if !source.ignored().is_empty() {
        ledger.say(&format!("columns without a meaning here are ignored: {}", source.ignored().join(", ")));
    }
    if state.batches > 0 {
        ledger.say(&format!("continuing behind line {}", state.line));
    }
    let started = Instant::now();
    let (applied_before, refused_before) = (state.applied, state.refused);
    let client = Client::new(target, TIMEOUT).with_patience(args.patience);
    let mut import = Import { args: &args, client, state: &mut state, ledger, line: 0, bad: 0 };
    let ended = import.all(source).await;
    import.ledger.finish();
    ended.map_err(|cause| CutShort { cause })?;
    let seconds = started.elapsed().as_secs_f64();
    let lines = state.applied + state.refused - applied_before - refused_before;
    println!(
        "{} lines applied, {} refused, {seconds:.1} s ({:.0} lines/s)",
        state.applied,
        state.refused,
        lines as f64 / seconds.max(f64::MIN_POSITIVE)
    );
    if state.refused > 0
        && let Some(rejects) = &args.rejects
    {
        println!("refused lines are in {}", rejects.display());
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
struct Import<'a> {
    args: &'a ImportStockArgs,
    client: Client,
    state: &'a mut State,
    ledger: Ledger,
    /// Last line read.
    line: u64,
    /// Unreadable lines since the last confirmed batch.
    bad: u64,
}

impl Import<'_> {
    async fn all(&mut self, mut source: Source) -> Result<(), Failure> {
        let mut batches = Batches::new(usize::try_from(self.args.batch)?);
        while let Some(row) = source.next()? {
            self.line = row.line;
            match row.parsed {
                Ok(entry) => {
                    if let Some(batch) = batches.push(entry, row.line, row.raw) {
                        self.send(batch).await?;
                        self.ledger.progress(row.at, self.state.applied, self.state.refused);
                    }
                }
                Err(_) if row.line <= self.state.line => {}
                Err(bad) => {
                    self.bad += 1;
                    self.ledger.reject(row.line, bad.column, &bad.told, &row.raw);
                }
            }
        }
        while let Some(batch) = batches.rest() {
            self.send(batch).await?;
        }
        self.state.done = true;
        self.confirm(0, 0)
    }

    /// Sends a batch unless an earlier run of this import confirmed it.
    async fn send(&mut self, batch: Batch) -> Result<(), Failure> {
        self.state.movements |= matches!(batch.lines, Lines::Movements(_));
        if batch.number < self.state.batches {
            return Ok(());
        }
        let answered = self.ask(&batch).await;
        let refused = match answered {
            Ok(results) => self.judge(&batch, &results)?,
            Err(error) if concerns_only_the_batch(&error) => {
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

    async fn ask(&mut self, batch: &Batch) -> Result<Vec<LineResult>, ClientError> {
        let counts = matches!(batch.lines, Lines::Counts(_));
        let id = self.state.command_id(batch.number, counts);
        match &batch.lines {
            Lines::Movements(lines) => self.client.movements(&batch.warehouse, &id, lines).await,
            Lines::Counts(lines) => {
                let counts = Counts {
                    source: self.args.source.clone(),
                    as_of: self.state.as_of.clone(),
                    seen: None,
                    lines: lines.clone(),
                };
                self.client.counts(&batch.warehouse, &id, &counts).await
            }
        }
    }

    /// Names the lines the daemon refused; returns their number.
    fn judge(&mut self, batch: &Batch, results: &[LineResult]) -> Result<u64, Failure> {
        if results.len() != batch.origin.len() {
            return Err(
                format!("{} lines were sent, {} were answered", batch.origin.len(), results.len()).into()
            );
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
        self.state.line = self.line;
        self.state.rejects_bytes = self.ledger.settle()?;
        self.state.save(&self.args.file)
    }
}

/// Whether other batches may fare better: not when the daemon is away or does not let us in.
fn concerns_only_the_batch(error: &ClientError) -> bool {
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
    use std::sync::Mutex;

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
