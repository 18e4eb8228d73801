//! What clients know: what they asked, what they were told, and how long it took.

use std::borrow::Cow;
use std::sync::Arc;

use hdrhistogram::Histogram;
use serde::Deserialize;
use tokio::time::Instant;
use uuid::Uuid;

use super::gallery::Gallery;
use super::plan::{Draw, Plan};

/// The one refusal that is expected.
pub(super) const SOLD_OUT: &str = "insufficient_stock";

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

    pub(super) fn surprise(&mut self, told: String) {
        self.unexpected += 1;
        self.example.get_or_insert(told);
    }

    /// Keeps how a command ended.
    pub(super) fn remember(&mut self, asked: Asked, outcome: &Outcome) {
        match outcome {
            Outcome::Granted(_) => self.granted.push(asked),
            Outcome::Refused => self.refused += 1,
            Outcome::Unresolved => self.unresolved.push(asked),
            Outcome::Unexpected => {}
        }
    }

    /// Keeps how a command ended that was answered twice. A refusal leaves no trace and may turn into a grant; a grant
    /// must stay exactly what it was.
    pub(super) fn remember_both(&mut self, asked: Asked, first: Outcome, second: Outcome) {
        match (first, second) {
            (Outcome::Granted(told), Outcome::Granted(again)) => {
                self.contradicted += u64::from(told != again);
                self.remember(asked, &Outcome::Granted(told));
            }
            (first @ Outcome::Granted(_), Outcome::Refused) => {
                self.contradicted += 1;
                self.remember(asked, &first);
            }
            (first @ Outcome::Granted(_), _) => self.remember(asked, &first),
            (_, second) => self.remember(asked, &second),
        }
    }

    /// Counts an answer (201 or 409) to what was first sent at `started`.
    pub(super) fn measure(&mut self, started: Instant, now: Instant, window: Window) {
        if started < window.measure_from {
            return;
        }
        self.answers += u64::from(now <= window.until);
        self.latency_us.saturating_record(micros(now.duration_since(started)));
    }
}

/// Whole microseconds.
pub(super) fn micros(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// One microsecond to five minutes at three digits.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 300_000_000, 3).expect("the bounds are constants that hdrhistogram accepts")
}

/// What every client of a run shares.
#[derive(Debug)]
pub(super) struct Brief {
    pub(super) plan: Arc<Plan>,
    pub(super) channel: String,
    pub(super) ttl_s: u64,
    pub(super) resend: bool,
    /// Where readers are measured; `None` without any.
    pub(super) gallery: Option<Arc<Gallery>>,
}

impl Brief {
    /// Writes a cart's body. The cart is the command's own, so that no two commands amend each other.
    pub(super) fn write_cart(&self, draw: Draw, body: &mut String) {
        body.push_str("{\"channel\":\"");
        body.push_str(&self.channel);
        body.push_str("\",\"ttl_s\":");
        body.push_str(itoa(self.ttl_s, &mut [0; 20]));
        body.push_str(",\"lines\":[");
        for (index, sku) in draw.skus().enumerate() {
            body.push_str(if index == 0 { "{\"sku\":\"" } else { ",{\"sku\":\"" });
            body.push_str(self.plan.name(sku));
            body.push_str("\",\"quantity\":1}");
        }
        body.push_str("]}");
    }

    /// Notes when a command is sent for the first time.
    pub(super) fn sends(&self, draw: Draw, now: Instant) {
        if let Some(gallery) = &self.gallery {
            gallery.sent(draw, now);
        }
    }

    /// Notes when a grant is known: from now on readers that don't show it are stale.
    pub(super) fn knows_of(&self, draw: Draw, outcome: &Outcome, now: Instant) {
        if let (Some(gallery), Outcome::Granted(_)) = (&self.gallery, outcome) {
            gallery.granted(draw, now);
        }
    }
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

impl Outcome {
    /// How a command ends whose client lost patience.
    pub(super) fn given_up(in_doubt: bool) -> Self {
        if in_doubt { Self::Unresolved } else { Self::Unexpected }
    }
}

impl Tally {
    /// Checks a 201 against what was asked: all or nothing, and our own id.
    pub(super) fn granted(&mut self, brief: &Brief, asked: Asked, id: &str, body: &[u8]) -> Outcome {
        let told: Told<'_> = match serde_json::from_slice(body) {
            Ok(told) => told,
            Err(error) => {
                self.surprise(format!("201 with a body that is not as promised: {error}"));
                return Outcome::Granted(Vec::new());
            }
        };
        let all = asked.draw.skus().all(|sku| {
            let name = brief.plan.name(sku);
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

/// Whether that is it, told without reading the rest of the document.
pub(super) fn is_sold_out(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Code<'a> {
        #[serde(borrow)]
        code: Cow<'a, str>,
    }
    serde_json::from_slice::<Code<'_>>(body).is_ok_and(|problem| problem.code == SOLD_OUT)
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
