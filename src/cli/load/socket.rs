//! One client over a WebSocket: many commands on their way at once, each answered under its id.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;
use uuid::Uuid;

use super::plan::Draw;
use super::tally::{Asked, Brief, Outcome, SOLD_OUT, Tally, Window};
use super::worker::{PAUSE, PAUSE_MAX};
use crate::cli::Failure;
use crate::client::feed::{Answer, Buffers, FeedConnection, FeedError, Incoming, Outcome as Told, Skipped};
use crate::client::{Problem, Target, Verdict};

/// Answers to a full window come in few reads.
const BUFFERS: Buffers = Buffers { read: 32 * 1024, kernel: None };

/// When the next command is due, where the rate is given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) next: Instant,
    pub(super) every: Duration,
    /// Whether the next one is late because all places were taken: then its waiting counts.
    pub(super) held_up: bool,
}

/// A client with its connection and its record.
#[derive(Debug)]
pub(super) struct SocketWorker {
    target: Arc<Target>,
    timeout: Duration,
    connection: Option<FeedConnection>,
    pause: Duration,
    desk: Desk,
}

/// What is on its way, and what came of the rest.
#[derive(Debug)]
struct Desk {
    brief: Arc<Brief>,
    places: usize,
    sent: VecDeque<Sent>,
    /// How many of them wait to be asked again.
    waiting: usize,
    rng: fastrand::Rng,
    ids: Ids,
    message: String,
    tally: Tally,
}

/// A command on its way.
#[derive(Debug)]
struct Sent {
    asked: Asked,
    started: Instant,
    asked_at: Instant,
    again: Option<Instant>,
    pause: Duration,
    in_doubt: bool,
    /// What the first of two answers was.
    first: Option<Outcome>,
}

/// Command ids as [`Uuid::now_v7`] makes them, without a call to the system for each.
#[derive(Debug)]
struct Ids {
    begun: Instant,
    begun_ms: u64,
}

impl SocketWorker {
    /// Connects.
    ///
    /// # Errors
    /// There is no feed, or it takes fewer commands at a time.
    pub(super) async fn open(
        target: &Arc<Target>,
        brief: &Arc<Brief>,
        places: usize,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let connection = FeedConnection::open_with(Arc::clone(target), timeout, BUFFERS).await?;
        let most = connection.hello().limits.commands_in_flight;
        if most < u64::try_from(places)? {
            return Err(format!("the daemon takes {most} commands of one connection at a time").into());
        }
        Ok(Self {
            target: Arc::clone(target),
            timeout,
            connection: Some(connection),
            pause: PAUSE,
            desk: Desk {
                brief: Arc::clone(brief),
                places,
                sent: VecDeque::with_capacity(places),
                waiting: 0,
                rng: fastrand::Rng::new(),
                ids: Ids::new(),
                message: String::with_capacity(512),
                tally: Tally::new(),
            },
        })
    }

    /// Keeps all places taken until the window ends, or asks at the given pace, and waits for the last answers.
    pub(super) async fn run(mut self, window: Window, mut pace: Option<Pace>) -> Tally {
        loop {
            let now = Instant::now();
            let open = now < window.until;
            if let Some(connection) = self.connection.as_mut().filter(|_| open)
                && let Err(error) = self.desk.fill(connection, &mut pace, now)
            {
                self.lost(&error);
            }
            if !open && self.desk.sent.is_empty() {
                return self.desk.tally;
            }
            self.step(window, pace.filter(|_| open).map(|pace| pace.next)).await;
        }
    }

    /// Sends one command for each of the first `size` SKUs together and waits until all are answered.
    pub(super) async fn volley(&mut self, size: usize, window: Window) -> &mut Tally {
        for sku in 0..size {
            let now = Instant::now();
            let sent = self.desk.prepare(Draw::of(sku), now, now);
            if let Some(connection) = &mut self.connection
                && let Err(error) = connection.queue_text(self.desk.message.as_str())
            {
                self.lost(&error);
            }
            self.desk.sent.push_back(sent);
        }
        while !self.desk.sent.is_empty() {
            self.step(window, None).await;
        }
        &mut self.desk.tally
    }

    /// What it was told.
    pub(super) fn into_tally(self) -> Tally {
        self.desk.tally
    }

    /// Waits for the next answers, or until something is due.
    async fn step(&mut self, window: Window, due: Option<Instant>) {
        let now = Instant::now();
        if now >= window.give_up {
            self.desk.give_up();
            return;
        }
        let Some(connection) = &mut self.connection else { return self.reconnect(window).await };
        if let Err(error) = self.desk.send_due(connection, now) {
            return self.lost(&error);
        }
        let silent = self.desk.sent.front().map_or(window.until, |sent| sent.asked_at + self.timeout);
        let wake =
            [Some(silent.min(window.give_up)), self.desk.next_again(), due].into_iter().flatten().min();
        let next = tokio::time::timeout_at(wake.unwrap_or(window.give_up), connection.next_text()).await;
        let mut heard = match next {
            Ok(heard) => Some(heard),
            Err(_) if !self.desk.sent.is_empty() && Instant::now() >= silent => {
                return self.lost(&FeedError::Silent);
            }
            Err(_) => None,
        };
        while let Some(next) = heard {
            let taken = next.and_then(|text| self.desk.take(text, window));
            let sent_again = taken.and_then(|again| match again {
                true => connection.queue_text(self.desk.message.as_str()),
                false => Ok(()),
            });
            if let Err(error) = sent_again {
                return self.lost(&error);
            }
            heard = connection.next_text().now_or_never();
        }
    }

    /// The connection is gone: nobody knows what became of what was on its way.
    fn lost(&mut self, error: &FeedError) {
        self.connection = None;
        if !error.may_return() {
            self.desk.tally.surprise(error.to_string());
        }
        self.desk.doubt_all();
    }

    async fn reconnect(&mut self, window: Window) {
        tokio::time::sleep_until((Instant::now() + self.pause).min(window.give_up)).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        let opened = FeedConnection::open_with(Arc::clone(&self.target), self.timeout, BUFFERS).await;
        if let Ok(connection) = opened {
            self.connection = Some(connection);
            self.pause = PAUSE;
        }
    }
}

impl Desk {
    /// Takes every free place, as far as it is due.
    fn fill(
        &mut self,
        connection: &mut FeedConnection,
        pace: &mut Option<Pace>,
        now: Instant,
    ) -> Result<(), FeedError> {
        while self.sent.len() < self.places {
            let mut started = now;
            if let Some(pace) = pace {
                if pace.next > now {
                    pace.held_up = false;
                    return Ok(());
                }
                if pace.held_up {
                    started = pace.next;
                }
                pace.next += pace.every;
            }
            let draw = self.brief.plan.draw(&mut self.rng);
            let sent = self.prepare(draw, started, now);
            self.sent.push_back(sent);
            connection.queue_text(self.message.as_str())?;
        }
        if let Some(pace) = pace {
            pace.held_up = pace.next <= now;
        }
        Ok(())
    }

    /// A new command, written down.
    fn prepare(&mut self, draw: Draw, started: Instant, now: Instant) -> Sent {
        let asked = Asked { id: self.ids.next(&mut self.rng, now), draw };
        self.write(asked);
        self.brief.sends(draw, now);
        Sent { asked, started, asked_at: now, again: None, pause: PAUSE, in_doubt: false, first: None }
    }

    fn write(&mut self, asked: Asked) {
        self.message.clear();
        self.message.push_str("{\"id\":\"");
        self.message.push_str(asked.id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        self.message.push_str("\",\"reserve\":");
        self.brief.write_cart(asked.draw, &mut self.message);
        self.message.push('}');
    }

    /// Takes one frame. True where the message that was written is to go out.
    fn take(&mut self, text: &str, window: Window) -> Result<bool, FeedError> {
        let Incoming::Answer(answer) = Incoming::<'_, Skipped>::read(text)? else { return Ok(false) };
        let found = Uuid::try_parse(&answer.id).ok().and_then(|id| {
            // Answers come about in the order of the commands.
            self.sent.iter().position(|sent| sent.asked.id == id && sent.again.is_none())
        });
        let Some(mut sent) = found.and_then(|at| self.sent.remove(at)) else {
            self.tally.surprise(format!("an answer to what was not asked: {}", answer.id));
            return Ok(false);
        };
        let now = Instant::now();
        let Some(outcome) = self.outcome(&mut sent, &answer, window, now) else {
            self.waiting += 1;
            self.sent.push_front(sent);
            return Ok(false);
        };
        let Some(first) = sent.first.take() else {
            self.brief.knows_of(sent.asked.draw, &outcome, now);
            if !self.brief.resend || outcome == Outcome::Unexpected {
                self.tally.remember(sent.asked, &outcome);
                return Ok(false);
            }
            self.write(sent.asked);
            self.sent.push_back(Sent { first: Some(outcome), started: now, asked_at: now, ..sent });
            return Ok(true);
        };
        if !matches!(first, Outcome::Granted(_)) {
            self.brief.knows_of(sent.asked.draw, &outcome, now);
        }
        self.tally.remember_both(sent.asked, first, outcome);
        Ok(false)
    }

    /// How a command ended; `None` where it has to be asked again.
    fn outcome(
        &mut self,
        sent: &mut Sent,
        answer: &Answer<'_>,
        window: Window,
        now: Instant,
    ) -> Option<Outcome> {
        match &answer.outcome {
            Told::Done(body) => {
                self.tally.measure(sent.started, now, window);
                Some(self.tally.granted(&self.brief, sent.asked, &answer.id, body.get().as_bytes()))
            }
            Told::Refused(problem) if problem.code == SOLD_OUT => {
                self.tally.measure(sent.started, now, window);
                Some(Outcome::Refused)
            }
            Told::Refused(problem) => {
                self.tally.surprise(problem.to_string());
                Some(Outcome::Unexpected)
            }
            Told::Unsettled(problem) => {
                self.unsettled(sent, problem);
                sent.again = Some(now + sent.pause);
                sent.pause = (sent.pause * 2).min(PAUSE_MAX);
                None
            }
        }
    }

    fn unsettled(&mut self, sent: &mut Sent, problem: &Problem) {
        match problem.verdict() {
            Verdict::NotDone => self.tally.busy += 1,
            Verdict::Unknown | Verdict::Refused => {
                self.tally.unknown += 1;
                sent.in_doubt = true;
            }
        }
    }

    fn next_again(&self) -> Option<Instant> {
        if self.waiting == 0 {
            return None;
        }
        self.sent.iter().filter_map(|sent| sent.again).min()
    }

    /// Asks again what is due.
    fn send_due(&mut self, connection: &mut FeedConnection, now: Instant) -> Result<(), FeedError> {
        if self.waiting == 0 {
            return Ok(());
        }
        for at in 0..self.sent.len() {
            let Some(sent) = self.sent.get_mut(at).filter(|sent| sent.again.is_some_and(|at| at <= now))
            else {
                continue;
            };
            sent.again = None;
            sent.asked_at = now;
            let asked = sent.asked;
            self.waiting -= 1;
            self.write(asked);
            connection.queue_text(self.message.as_str())?;
        }
        Ok(())
    }

    /// Nothing that is on its way will be answered; all of it is asked again as soon as somebody listens.
    fn doubt_all(&mut self) {
        let now = Instant::now();
        for sent in &mut self.sent {
            if sent.again.is_none() {
                self.tally.unknown += 1;
                sent.in_doubt = true;
                sent.again = Some(now);
            }
        }
        self.waiting = self.sent.len();
    }

    fn give_up(&mut self) {
        self.waiting = 0;
        for sent in std::mem::take(&mut self.sent) {
            let given_up = Outcome::given_up(sent.in_doubt);
            match sent.first {
                Some(first) => self.tally.remember_both(sent.asked, first, given_up),
                None => self.tally.remember(sent.asked, &given_up),
            }
        }
    }
}

impl Ids {
    fn new() -> Self {
        let now = Uuid::now_v7().get_timestamp().map_or((0, 0), |stamp| stamp.to_unix());
        Self { begun: Instant::now(), begun_ms: now.0 * 1000 + u64::from(now.1 / 1_000_000) }
    }

    fn next(&self, rng: &mut fastrand::Rng, now: Instant) -> Uuid {
        let passed = u64::try_from(now.duration_since(self.begun).as_millis()).unwrap_or(0);
        let mut chance = [0; 10];
        rng.fill(&mut chance);
        uuid::Builder::from_unix_timestamp_millis(self.begun_ms + passed, &chance).into_uuid()
    }
}
