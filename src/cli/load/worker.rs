//! One client over HTTP: asks, waits for the answer, remembers what it was told.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::tally::{Asked, Brief, Outcome, Tally, Window, is_sold_out};
use crate::client::{Connection, Method, Problem, Request, Verdict};

/// Pause after `busy` or a lost daemon: short enough to find it again quickly, long enough not to drown it.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// A daemon that stays away is asked this seldom.
pub(super) const PAUSE_MAX: Duration = Duration::from_millis(200);

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
        self.body.clear();
        self.brief.write_cart(draw, &mut self.body);
        let asked = Asked { id: Uuid::now_v7(), draw };
        self.brief.sends(draw, Instant::now());
        let first = self.ask(asked, window).await;
        self.brief.knows_of(draw, &first, Instant::now());
        if !self.brief.resend || matches!(first, Outcome::Unresolved | Outcome::Unexpected) {
            self.tally.remember(asked, &first);
            return;
        }
        let second = self.ask(asked, window).await;
        if !matches!(first, Outcome::Granted(_)) {
            self.brief.knows_of(draw, &second, Instant::now());
        }
        self.tally.remember_both(asked, first, second);
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
                    self.tally.measure(started, Instant::now(), window);
                    return self.tally.granted(&self.brief, asked, id, self.connection.body());
                }
                Ok(409) if is_sold_out(self.connection.body()) => {
                    self.tally.measure(started, Instant::now(), window);
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
                return Outcome::given_up(in_doubt);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }
}
