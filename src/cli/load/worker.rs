//! One client of the load: asks, waits for the answer, remembers what it was told.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Deserialize;
use tokio::time::Instant;
use uuid::Uuid;

use super::plan::{Draw, Plan};
use crate::client::{Connection, Method, Problem, Request, Verdict};

/// Pause after `busy` or a lost daemon: short enough to find it again quickly, long enough not to drown it.
const PAUSE: Duration = Duration::from_millis(5);

/// A daemon that stays away is asked this seldom.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// When measuring starts, when the last new command starts, and when asking for unknown outcomes ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) measure_from: Instant,
    pub(super) until: Instant,
    pub(super) give_up: Instant,
}

/// A command and what it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) id: Uuid,
    pub(super) draw: Draw,
}

/// What one client was told; its own record, never the daemon's.
#[derive(Debug)]
pub(super) struct Tally {
    /// Acknowledged with 201.
    pub(super) granted: Vec<Asked>,
    /// Outcome still unknown when patience ended.
    pub(super) unresolved: Vec<Asked>,
    pub(super) refused: u64,
    /// Answers that surely meant "not done, come back".
    pub(super) busy: u64,
    /// Attempts without an answer, asked again with the same id.
    pub(super) unknown: u64,
    /// Answers no client should get, with the first as an example.
    pub(super) unexpected: u64,
    pub(super) example: Option<String>,
    /// Second sends answered unlike the first.
    pub(super) contradicted: u64,
    /// Answers (201 or 409) inside the measured window, second sends included.
    pub(super) answers: u64,
    /// Microseconds from the first byte sent to the answer read, all retries included.
    pub(super) latency_us: Histogram<u64>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self {
            granted: Vec::new(),
            unresolved: Vec::new(),
            refused: 0,
            busy: 0,
            unknown: 0,
            unexpected: 0,
            example: None,
            contradicted: 0,
            answers: 0,
            latency_us: histogram(),
        }
    }

    /// Adds another client's record.
    pub(super) fn absorb(&mut self, other: Self) {
        self.granted.extend(other.granted);
        self.unresolved.extend(other.unresolved);
        self.refused += other.refused;
        self.busy += other.busy;
        self.unknown += other.unknown;
        self.unexpected += other.unexpected;
        self.example = self.example.take().or(other.example);
        self.contradicted += other.contradicted;
        self.answers += other.answers;
        self.latency_us += other.latency_us;
    }

    fn surprise(&mut self, told: String) {
        self.unexpected += 1;
        self.example.get_or_insert(told);
    }
}

/// One microsecond to five minutes at three digits.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 300_000_000, 3).expect("the bounds are constants that hdrhistogram accepts")
}

/// What every client of a run shares.
#[derive(Debug)]
pub(super) struct Brief {
    pub(super) plan: Plan,
    pub(super) channel: String,
    pub(super) ttl_s: u64,
    pub(super) resend: bool,
}

/// How a command ended, as far as one client knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Outcome {
    /// 201, with the lines as told where a second answer will be compared.
    Granted(Vec<(String, i64, Option<String>)>),
    Refused,
    Unresolved,
    Unexpected,
}

/// A client with its connection and its record.
#[derive(Debug)]
pub(super) struct Worker {
    brief: Arc<Brief>,
    connection: Connection,
    rng: fastrand::Rng,
    body: String,
    pub(super) tally: Tally,
}

impl Worker {
    pub(super) fn new(brief: Arc<Brief>, connection: Connection, seed: u64) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        Self { brief, connection, rng, body: String::with_capacity(256), tally: Tally::new() }
    }

    /// Asks in a closed loop until the window ends.
    pub(super) async fn run(mut self, window: Window) -> Tally {
        while Instant::now() < window.until {
            self.once(window).await;
        }
        self.tally
    }

    /// One command, once or twice.
    pub(super) async fn once(&mut self, window: Window) {
        let draw = self.brief.plan.draw(&mut self.rng);
        self.write_body(draw);
        let asked = Asked { id: Uuid::now_v7(), draw };
        let first = self.ask(asked, window).await;
        if !self.brief.resend || matches!(first, Outcome::Unresolved | Outcome::Unexpected) {
            self.remember(asked, &first);
            return;
        }
        let second = self.ask(asked, window).await;
        // A refusal leaves no trace and may turn into a grant; a grant must stay exactly what it was.
        match (first, second) {
            (Outcome::Granted(told), Outcome::Granted(again)) => {
                self.tally.contradicted += u64::from(told != again);
                self.remember(asked, &Outcome::Granted(told));
            }
            (first @ Outcome::Granted(_), Outcome::Refused) => {
                self.tally.contradicted += 1;
                self.remember(asked, &first);
            }
            (first @ Outcome::Granted(_), _) => self.remember(asked, &first),
            (_, second) => self.remember(asked, &second),
        }
    }

    fn remember(&mut self, asked: Asked, outcome: &Outcome) {
        match outcome {
            Outcome::Granted(_) => self.tally.granted.push(asked),
            Outcome::Refused => self.tally.refused += 1,
            Outcome::Unresolved => self.tally.unresolved.push(asked),
            Outcome::Unexpected => {}
        }
    }

    /// Sends one command until it is answered for good or patience ends.
    async fn ask(&mut self, asked: Asked, window: Window) -> Outcome {
        let mut buffer = Uuid::encode_buffer();
        let id: &str = asked.id.hyphenated().encode_lower(&mut buffer);
        let request = Request {
            method: Method::Post,
            path: "/v1/reservations",
            id: Some(id),
            body: Some(self.body.as_bytes()),
        };
        let started = Instant::now();
        let mut pause = PAUSE;
        let mut in_doubt = false;
        loop {
            let verdict = match self.connection.send(&request).await {
                Ok(201) => {
                    self.tally.measure(started, window);
                    return self.tally.granted(&self.brief, asked, id, self.connection.body());
                }
                Ok(409) if is_sold_out(self.connection.body()) => {
                    self.tally.measure(started, window);
                    return Outcome::Refused;
                }
                Ok(status) => {
                    let problem =
                        Problem::read(status, self.connection.body(), self.connection.retry_after_s());
                    match problem.verdict() {
                        Verdict::Refused => {
                            self.tally.surprise(problem.to_string());
                            return Outcome::Unexpected;
                        }
                        other => other,
                    }
                }
                Err(error) => error.verdict(),
            };
            match verdict {
                Verdict::NotDone => self.tally.busy += 1,
                Verdict::Unknown | Verdict::Refused => {
                    self.tally.unknown += 1;
                    in_doubt = true;
                }
            }
            if Instant::now() + pause >= window.give_up {
                return if in_doubt { Outcome::Unresolved } else { Outcome::Unexpected };
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// The cart is the command's own, so that no two commands amend each other.
    fn write_body(&mut self, draw: Draw) {
        let brief = &self.brief;
        self.body.clear();
        self.body.push_str("{\"channel\":\"");
        self.body.push_str(&brief.channel);
        self.body.push_str("\",\"ttl_s\":");
        self.body.push_str(itoa(brief.ttl_s, &mut [0; 20]));
        self.body.push_str(",\"lines\":[");
        for (index, sku) in draw.skus().enumerate() {
            self.body.push_str(if index == 0 { "{\"sku\":\"" } else { ",{\"sku\":\"" });
            self.body.push_str(brief.plan.names.get(sku).map_or("", String::as_str));
            self.body.push_str("\",\"quantity\":1}");
        }
        self.body.push_str("]}");
    }
}

impl Tally {
    fn measure(&mut self, started: Instant, window: Window) {
        let now = Instant::now();
        if started >= window.measure_from && now <= window.until {
            self.answers += 1;
        }
        if started >= window.measure_from {
            let us = u64::try_from(now.duration_since(started).as_micros()).unwrap_or(u64::MAX);
            self.latency_us.saturating_record(us);
        }
    }

    /// Checks a 201 against what was asked: all or nothing, and our own id.
    fn granted(&mut self, brief: &Brief, asked: Asked, id: &str, body: &[u8]) -> Outcome {
        let told: Told<'_> = match serde_json::from_slice(body) {
            Ok(told) => told,
            Err(error) => {
                self.surprise(format!("201 with a body that is not as promised: {error}"));
                return Outcome::Granted(Vec::new());
            }
        };
        let all = asked.draw.skus().all(|sku| {
            let name = brief.plan.names.get(sku).map_or("", String::as_str);
            told.lines.iter().filter(|line| line.sku == name).map(|line| line.quantity).sum::<i64>() == 1
        });
        if !all || told.reservation != id {
            self.surprise(format!("201 that grants other than asked: {}", String::from_utf8_lossy(body)));
        }
        if !brief.resend {
            return Outcome::Granted(Vec::new());
        }
        let own = |text: Cow<'_, str>| text.into_owned();
        Outcome::Granted(
            told.lines
                .into_iter()
                .map(|line| (own(line.sku), line.quantity, line.warehouse.map(own)))
                .collect(),
        )
    }
}

/// A 201, borrowed from the connection's buffer.
#[derive(Deserialize)]
struct Told<'a> {
    #[serde(borrow)]
    reservation: Cow<'a, str>,
    #[serde(borrow)]
    lines: Vec<ToldLine<'a>>,
}

#[derive(Deserialize)]
struct ToldLine<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
    quantity: i64,
    #[serde(borrow)]
    warehouse: Option<Cow<'a, str>>,
}

/// The one refusal that is expected, told without reading the rest of the document.
fn is_sold_out(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Code<'a> {
        #[serde(borrow)]
        code: Cow<'a, str>,
    }
    serde_json::from_slice::<Code<'_>>(body).is_ok_and(|problem| problem.code == "insufficient_stock")
}

/// Formats without allocating.
fn itoa(mut number: u64, buffer: &mut [u8; 20]) -> &str {
    let mut start = buffer.len();
    for slot in buffer.iter_mut().rev() {
        *slot = b'0' + u8::try_from(number % 10).unwrap_or(0);
        start -= 1;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    buffer.get(start..).and_then(|digits| std::str::from_utf8(digits).ok()).unwrap_or("0")
}
