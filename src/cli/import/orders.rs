//! Orders: several under way at a time, each with an id made of what it says.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;

use super::args::{Common, ImportOrdersArgs};
use super::kind::{Bad, Batch, Kind, Rerun, Spoilt, Taken};
use super::order::{COLUMNS, Gathering, Ready};
use super::run::concerns_only_this;
use super::source::{Record, Row, is_json};
use super::state::State;
use crate::cli::Failure;
use crate::client::{Client, ClientError, LineResult, LineStatus, Problem, Target};

/// An order waits for several commits; a minute means the store is in trouble.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Orders of a file.
pub(super) struct Orders {
    args: ImportOrdersArgs,
    clients: Vec<Client>,
    json: bool,
    /// The order whose lines are being read.
    open: Option<Open>,
    /// A line that can't be read stands above: the order below it may be the one it belongs to.
    below_bad: Option<u64>,
    /// Orders and where they stood, until a batch is full.
    waiting: (Vec<Ready>, Vec<(u64, String)>),
    next: u64,
}

/// An order's lines so far.
struct Open {
    order: Gathering,
    line: u64,
    raw: Vec<String>,
    bad: Option<(u64, Bad)>,
}

impl Orders {
    pub(super) fn new(args: ImportOrdersArgs) -> Result<Self, Failure> {
        let target = Arc::new(Target::new(&args.common.url, args.common.token.as_deref())?);
        let client = || Client::new(Arc::clone(&target), TIMEOUT).with_patience(args.common.patience);
        Ok(Self {
            clients: (0..args.at_once).map(|_| client()).collect(),
            json: is_json(&args.file),
            open: None,
            below_bad: None,
            waiting: (Vec::new(), Vec::new()),
            next: 0,
            args,
        })
    }

    /// Takes one line of an order.
    fn gather(&mut self, row: Row, record: &Record) -> Option<Spoilt> {
        let Row { line, raw, .. } = row;
        let number = match Gathering::number(record) {
            Ok(number) => number,
            Err(bad) => return self.unreadable(line, raw, bad),
        };
        let mut done = None;
        if !self.open.as_ref().is_some_and(|open| open.order.owns(&number, record)) {
            done = self.close();
            let bad = self.below_bad.take().map(|above| {
                (line, Bad::line(format!("line {above} above can't be read and may belong to this order")))
            });
            self.open = Some(Open { order: Gathering::new(number), line, raw: Vec::new(), bad });
        }
        if let Some(open) = &mut self.open {
            open.raw.push(raw);
            if let Err(bad) = open.order.take(record, line) {
                open.bad.get_or_insert((line, bad));
            }
        }
        self.below_bad = None;
        done
    }

    /// A line that does not tell its order spoils those it may belong to: an order must not come in without a line.
    fn unreadable(&mut self, line: u64, raw: String, bad: Bad) -> Option<Spoilt> {
        self.below_bad = Some(line);
        let Some(open) = &mut self.open else { return Some(Spoilt { line, bad, raw }) };
        open.raw.push(raw);
        open.bad.get_or_insert((line, bad));
        None
    }

    /// Ends the order whose lines were read; tells it where it can't be sent.
    fn close(&mut self) -> Option<Spoilt> {
        let Open { order, line, raw, bad } = self.open.take()?;
        let raw = raw.join("\n");
        let ready = match bad {
            Some((line, bad)) => return Some(Spoilt { line, bad, raw }),
            None => order.ready(self.args.channel.as_deref()),
        };
        self.keep(line, raw, ready)
    }

    fn keep(&mut self, line: u64, raw: String, ready: Result<Ready, Bad>) -> Option<Spoilt> {
        match ready {
            Ok(ready) => {
                self.waiting.0.push(ready);
                self.waiting.1.push((line, raw));
                None
            }
            Err(bad) => Some(Spoilt { line, bad, raw }),
        }
    }

    fn batch(&mut self) -> Batch<Vec<Ready>> {
        let (load, origin) = std::mem::take(&mut self.waiting);
        let number = self.next;
        self.next += 1;
        Batch { number, load, origin }
    }

    fn is_full(&self) -> bool {
        u32::try_from(self.waiting.0.len()).is_ok_and(|waiting| waiting >= self.args.batch)
    }
}

impl Kind for Orders {
    type Load = Vec<Ready>;

    const THINGS: &'static str = "orders";

    fn common(&self) -> (&PathBuf, &Common) {
        (&self.args.file, &self.args.common)
    }

    fn options(&self) -> String {
        format!("{}\0{}", self.args.channel.as_deref().unwrap_or_default(), self.args.batch)
    }

    fn columns(&self) -> &'static [&'static str] {
        &COLUMNS
    }

    fn usable(&self, columns: &[String]) -> Result<(), String> {
        let known = |name: &&str| columns.iter().any(|column| column == name);
        let missing: Vec<&str> =
            ["order", "sku", "quantity"].into_iter().filter(|name| !known(name)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (missing, found) = (missing.join(", "), columns.join(", "));
        Err(format!(
            "the first line must name the columns order, sku and quantity; missing: {missing}; found: {found}"
        ))
    }

    fn take(&mut self, row: Row) -> Taken<Self::Load> {
        let spoilt = match &row.parsed {
            Ok(Record::Object(object)) => {
                let ready = Ready::of_object(object.clone(), self.args.channel.as_deref());
                self.keep(row.line, row.raw, ready)
            }
            Ok(record @ Record::Fields(..)) => {
                let record = record.clone();
                self.gather(row, &record)
            }
            Err(bad) if self.json => Some(Spoilt { line: row.line, bad: bad.clone(), raw: row.raw }),
            Err(bad) => {
                let bad = bad.clone();
                self.unreadable(row.line, row.raw, bad)
            }
        };
        let full = self.is_full().then(|| self.batch());
        Taken { full, spoilt: spoilt.into_iter().collect() }
    }

    fn rest(&mut self) -> Taken<Self::Load> {
        let spoilt = self.close();
        let full = (!self.waiting.0.is_empty()).then(|| self.batch());
        Taken { full, spoilt: spoilt.into_iter().collect() }
    }

    fn rerun(&self) -> Rerun {
        Rerun::Same
    }

    async fn send(
        &mut self,
        state: &State,
        batch: &Batch<Vec<Ready>>,
    ) -> Result<Vec<LineResult>, ClientError> {
        // What is said of one order goes out one after the other, in the file's order.
        let mut shares: Vec<Vec<(usize, &Ready)>> = vec![Vec::new(); self.clients.len()];
        for (at, order) in batch.load.iter().enumerate() {
            let hash = blake3::hash(format!("{}\0{}", order.channel, order.number).as_bytes());
            let [first, second, ..] = *hash.as_bytes();
            let share = usize::from(u16::from_le_bytes([first, second])) % shares.len().max(1);
            if let Some(share) = shares.get_mut(share) {
                share.push((at, order));
            }
        }
        let work = self.clients.iter_mut().zip(shares).map(|(client, share)| async move {
            let mut results = Vec::with_capacity(share.len());
            for (at, order) in share {
                results.push((at, one(client, state, order).await?));
            }
            Ok::<_, ClientError>(results)
        });
        let mut results: Vec<(usize, LineResult)> = try_join_all(work).await?.into_iter().flatten().collect();
        results.sort_by_key(|(at, _)| *at);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }
}

/// Sends one order; a refusal is its verdict, anything else ends the import.
async fn one(client: &mut Client, state: &State, order: &Ready) -> Result<LineResult, ClientError> {
    let id = state.run_id(&[&order.channel, &order.number, &order.body]);
    let verdict = |status, code: &str, detail: &str| LineResult {
        status,
        sku: None,
        code: code.to_owned(),
        detail: detail.to_owned(),
    };
    match client.place_as_given(&id, order.body.as_bytes()).await {
        Ok(_) => Ok(verdict(LineStatus::Applied, "", "")),
        Err(error) if concerns_only_this(&error) => {
            let ClientError::Problem(problem) = &error else { return Err(error) };
            let Problem { code, title, detail, .. } = problem.as_ref();
            let detail = if detail.is_empty() { title } else { detail };
            Ok(verdict(LineStatus::Refused, code, &format!("{detail} (order {})", order.number)))
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_types,
    reason = "the fake's books are locked for a few instructions, never across an await"
)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::sync::Mutex;

    use clap::Parser;
    use serde_json::{Value, json};

    use super::super::args::ImportArgs;
    use super::super::run::run;
    use crate::cli::Failure;
    use crate::cli::exit::Exit;
    use crate::client::fake;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        import: ImportArgs,
    }

    /// What the fake daemon took in, by order; every id it was sent.
    #[derive(Default)]
    struct Books {
        orders: BTreeMap<String, Value>,
        ids: Vec<String>,
        /// So many requests are answered, then none is let in.
        patience: Option<usize>,
    }

    impl Books {
        fn answer(&mut self, asked: &fake::Asked) -> Option<(u16, String)> {
            if self.patience.is_some_and(|patience| self.ids.len() >= patience) {
                return Some((401, json!({"code": "unauthorised"}).to_string()));
            }
            self.ids.push(asked.id.clone().unwrap());
            let number = asked.body["order"].as_str().unwrap().to_owned();
            if number == "gone" {
                let told = json!({"code": "insufficient_stock", "detail": "2 asked, 1 free"});
                return Some((409, told.to_string()));
            }
            self.orders.entry(number.clone()).or_insert_with(|| asked.body.clone());
            Some((
                201,
                json!({"order": number, "id": "07-1", "channel": "c", "state": "accepted"}).to_string(),
            ))
        }
    }

    type Shared = std::sync::Arc<Mutex<Books>>;

    async fn world() -> (Shared, String, tempfile::TempDir) {
        let books = Shared::default();
        let shared = Shared::clone(&books);
        let url = fake::serve(move |asked| shared.lock().unwrap().answer(&asked)).await;
        (books, url, tempfile::tempdir().unwrap())
    }

    async fn import(url: &str, file: &Path, words: &str) -> Result<Exit, Failure> {
        let line = format!("import orders {} --url {url} {words}", file.display());
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        run(Line::parse_from(line.split_ascii_whitespace()).import, now).await
    }

    /// Orders of a CSV file come in whole or not at all: a line that can't be read keeps out every order it may belong to.
    #[tokio::test]
    async fn an_order_never_comes_in_without_a_line() {
        let (books, url, dir) = world().await;
        let file = dir.path().join("orders.csv");
        let text = "order,channel,sku,quantity\na,web,A,1\na,,B,2\nb,web,A,1\nb,,B,x\nc,web,A,1\nc,web\nd,web,A,1\ngone,web,A,2\ne,web,A,1\n";
        std::fs::write(&file, text).unwrap();
        let rejects = dir.path().join("bad.csv");
        let words = format!("--batch 2 --at-once 3 --rejects {}", rejects.display());
        assert_eq!(import(&url, &file, &words).await.unwrap(), Exit::CheckFailed);
        let books = books.lock().unwrap();
        assert_eq!(books.orders.keys().collect::<Vec<_>>(), ["a", "e"]);
        assert_eq!(books.orders["a"]["lines"].as_array().unwrap().len(), 2);
        let kept = std::fs::read_to_string(rejects).unwrap();
        let expected =
            "order,channel,sku,quantity\nb,web,A,1\nb,,B,x\nc,web,A,1\nc,web\nd,web,A,1\ngone,web,A,2\n";
        assert_eq!(kept, expected);
    }

    /// A second run, and the rest of one that was cut short, send the ids of the first; asked for anew, they are new.
    #[tokio::test]
    async fn ids_are_made_of_the_orders() {
        let (books, url, dir) = world().await;
        let file = dir.path().join("orders.jsonl");
        let line = |n: u32| {
            format!("{{\"order\":\"o-{n}\",\"lines\":[{{\"line\":\"1\",\"sku\":\"A\",\"quantity\":1}}]}}\n")
        };
        let text: String =
            (1..=9).map(|n| if n == 2 || n == 8 { "{broken\n".to_owned() } else { line(n) }).collect();
        std::fs::write(&file, text).unwrap();
        let rejects = dir.path().join("bad.jsonl");
        let words = format!("--channel web --batch 3 --at-once 1 --rejects {}", rejects.display());
        books.lock().unwrap().patience = Some(4);
        let cut = import(&url, &file, &words).await.unwrap_err().to_string();
        assert!(cut.contains("cut short"), "{cut}");
        books.lock().unwrap().patience = None;
        assert_eq!(import(&url, &file, &words).await.unwrap(), Exit::CheckFailed);
        let distinct = |books: &Books| books.ids.iter().collect::<std::collections::BTreeSet<_>>().len();
        assert_eq!(distinct(&books.lock().unwrap()), 7);
        assert_eq!(books.lock().unwrap().orders.len(), 7);
        assert_eq!(std::fs::read_to_string(&rejects).unwrap(), "{broken\n{broken\n");
        import(&url, &file, &words).await.unwrap();
        assert_eq!(distinct(&books.lock().unwrap()), 7, "a second run changes nothing");
        import(&url, &file, &format!("{words} --again")).await.unwrap();
        assert_eq!(distinct(&books.lock().unwrap()), 14);
    }
}
