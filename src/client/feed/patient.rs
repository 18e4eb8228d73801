//! The feed that comes back by itself.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::ask::{self, Ask, FeedCommands, InFlight};
use super::connection::FeedConnection;
use super::error::{FeedError, TableError};
use super::incoming::{Hello, Incoming};
use super::kept::{Change, Kept, News};
use super::table::Table;
use crate::client::error::Problem;
use crate::client::target::Target;

/// First pause before connecting again, doubled up to [`PAUSE_MAX`]; half of each is drawn, so that a thousand readers of
/// a daemon that restarted do not come back at once.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// A daemon that comes back is found within this time; also how long a connection must have lived to count as good.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The longest `Retry-After` that is followed.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// Beyond two pings that did not come, how long silence is borne before the connection counts as lost.
const SILENCE_GRACE: Duration = Duration::from_secs(10);

/// What happened, in the order it happened.
#[derive(Debug)]
pub enum Event {
    /// A connection stands; subscriptions are asked for and unanswered commands sent again.
    Connected,
    /// There is no connection; the next attempt follows by itself.
    Away {
        /// Why.
        error: FeedError,
        /// When the next attempt begins, from now.
        pause: Duration,
    },
    /// The topic's table is whole.
    Ready {
        /// Which topic.
        topic: Arc<str>,
        /// What is other than before the snapshot; at first, every row.
        changes: Vec<Change>,
        /// Whether the daemon went on where the table stood: what happened meanwhile follows as changes.
        resumed: bool,
    },
    /// Rows were told; those that are other than before.
    Changed {
        /// Which topic.
        topic: Arc<str>,
        /// The rows.
        changes: Vec<Change>,
    },
    /// The daemon's checksum is that of the table.
    Agreed {
        /// Which topic.
        topic: Arc<str>,
    },
    /// The table could not be trusted any more; it is subscribed to anew and comes whole.
    Distrusted {
        /// Which topic.
        topic: Arc<str>,
        /// What showed it.
        why: TableError,
    },
    /// The daemon refused a subscription for good (it is kept no longer), or something without a topic.
    Refused {
        /// Which topic.
        topic: Option<Arc<str>>,
        /// Why.
        problem: Box<Problem>,
    },
}

/// What a feed counted since it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FeedCounts {
    /// Connections that stood.
    pub connected: u64,
    /// Frames read.
    pub frames: u64,
    /// Checksums that agreed.
    pub agreed: u64,
    /// Times a table was given up and subscribed to anew.
    pub distrusted: u64,
    /// Answers nobody waited for any more.
    pub strays: u64,
}

/// Subscriptions and commands that outlive connections. It has no task of its own: it lives while somebody awaits
/// [`Feed::next_event`].
#[derive(Debug)]
pub struct Feed {
    target: Arc<Target>,
    timeout: Duration,
    connection: Option<FeedConnection>,
    attempt: Option<Attempt>,
    kept: Vec<Kept>,
    commands: FeedCommands,
    asked: mpsc::Receiver<Ask>,
    in_flight: InFlight,
    /// Attempts and short lives in a row.
    failures: u32,
    connected_at: Option<Instant>,
    counts: FeedCounts,
}

/// An attempt to connect, pause included. It is kept here so that a cancelled wait does not begin it again.
struct Attempt(Pin<Box<dyn Future<Output = Result<FeedConnection, FeedError>> + Send>>);

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attempt")
    }
}

/// Why a connected feed woke up.
enum Wake {
    Frame(Result<Utf8Bytes, FeedError>),
    Ask(Ask),
    Due,
}

impl Feed {
    /// Connects with the first [`Feed::next_event`]. `timeout` bounds each attempt, hello included.
    #[must_use]
    pub fn new(target: Arc<Target>, timeout: Duration) -> Self {
        let (commands, asked) = ask::queue();
        Self {
            target,
            timeout,
            connection: None,
            attempt: None,
            kept: Vec::new(),
            commands,
            asked,
            in_flight: InFlight::default(),
            failures: 0,
            connected_at: None,
            counts: FeedCounts::default(),
        }
    }

    /// Keeps a topic such as `channel:web-de` subscribed to; only these SKUs, all where none is named.
    pub fn subscribe(&mut self, topic: &str, skus: Vec<String>) {
        let mut kept = Kept::new(topic, skus);
        if let Some(connection) = &mut self.connection {
            // A connection that ended is found by the next read, and everything is asked for again then.
            drop(kept.ask(connection));
        }
        self.kept.push(kept);
    }

    /// Where commands are handed in, also from other tasks while this one awaits events.
    #[must_use]
    pub fn commands(&self) -> FeedCommands {
        self.commands.clone()
    }

    /// What is known of a topic.
    #[must_use]
    pub fn table(&self, topic: &str) -> Option<&Table> {
        self.kept.iter().map(|kept| &kept.table).find(|table| **table.topic() == *topic)
    }

    /// Whether a connection stands, as far as known.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// The daemon's hello, while a connection stands.
    #[must_use]
    pub fn hello(&self) -> Option<&Hello> {
        self.connection.as_ref().map(FeedConnection::hello)
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> FeedCounts {
        self.counts
    }

    /// Says goodbye.
    pub async fn close(self) {
        if let Some(connection) = self.connection {
            connection.close().await;
        }
    }

    /// Waits for what happens next. Loses nothing when cancelled.
    ///
    /// # Errors
    /// Coming back would change nothing (no token, unauthorised, not understandable). Awaiting again tries again.
    pub async fn next_event(&mut self) -> Result<Event, FeedError> {
        loop {
            if self.connection.is_none() {
                return self.connect().await;
            }
            let handled = match self.wake().await {
                Wake::Frame(text) => text.and_then(|text| self.take(&text)),
                Wake::Ask(ask) => self.on_connection(|feed, connection| feed.in_flight.send(ask, connection)),
                Wake::Due => self.on_connection(Self::send_due),
            };
            match handled {
                Ok(None) => {}
                Ok(Some(event)) => return Ok(event),
                Err(error) => return self.lost(error),
            }
        }
    }

    async fn connect(&mut self) -> Result<Event, FeedError> {
        let attempt = match &mut self.attempt {
            Some(attempt) => attempt,
            None => self.attempt.insert(Attempt::new(&self.target, self.timeout, Duration::ZERO)),
        };
        let opened = attempt.0.as_mut().await;
        self.attempt = None;
        let connection = match opened {
            Ok(connection) if connection.hello().auth_needed && self.target.token().is_none() => {
                return self.lost(FeedError::TokenMissing);
            }
            Ok(connection) => connection,
            Err(error) => return self.lost(error),
        };
        self.connected_at = Some(Instant::now());
        self.counts.connected += 1;
        self.connection = Some(connection);
        let asked = self.on_connection(|feed, connection| {
            for kept in &mut feed.kept {
                kept.ask(connection)?;
            }
            feed.in_flight.send_all_again(connection)
        });
        match asked {
            Ok(_) => Ok(Event::Connected),
            Err(error) => self.lost(error),
        }
    }

    /// Lets a step use the connection beside the rest of the feed.
    fn on_connection(
        &mut self,
        step: impl FnOnce(&mut Self, &mut FeedConnection) -> Result<(), FeedError>,
    ) -> Result<Option<Event>, FeedError> {
        let Some(mut connection) = self.connection.take() else { return Ok(None) };
        let stepped = step(self, &mut connection);
        self.connection = Some(connection);
        // A write that fails is found by the next read, which also knows why the connection ended.
        match stepped {
            Err(FeedError::Lost(_)) | Ok(()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn wake(&mut self) -> Wake {
        let Some(connection) = &mut self.connection else { return Wake::Due };
        let room = usize::try_from(connection.hello().limits.commands_in_flight).unwrap_or(usize::MAX).max(1);
        let later = self.kept.iter().filter_map(Kept::later);
        let due = later.chain(self.in_flight.next_again()).chain([silent_at(connection)]).min();
        tokio::select! {
            text = connection.next_bytes() => Wake::Frame(text),
            Some(ask) = self.asked.recv(), if self.in_flight.len() < room => Wake::Ask(ask),
            () = sleep_until(due) => Wake::Due,
        }
    }

    fn send_due(&mut self, connection: &mut FeedConnection) -> Result<(), FeedError> {
        let now = Instant::now();
        if silent_at(connection) <= now {
            return Err(FeedError::Silent);
        }
        for kept in self.kept.iter_mut().filter(|kept| kept.later().is_some_and(|at| at <= now)) {
            kept.ask(connection)?;
        }
        self.in_flight.send_due(now, connection)
    }

    fn take(&mut self, text: &str) -> Result<Option<Event>, FeedError> {
        self.counts.frames += 1;
        let frame = Incoming::read(text)?;
        if let Incoming::Answer(answer) = &frame {
            self.counts.strays += u64::from(!self.in_flight.take(answer));
            return Ok(None);
        }
        let at = self.kept.iter().position(|kept| frame.topic() == Some(&**kept.table.topic()));
        let found = at.and_then(|at| Some((at, self.kept.get_mut(at)?)));
        let (Some((at, kept)), Some(connection)) = (found, self.connection.as_mut()) else {
            return Ok(complaint(frame));
        };
        let topic = Arc::clone(kept.table.topic());
        Ok(match kept.take(&frame, connection)? {
            News::Nothing => None,
            News::Ready { changes, resumed } => Some(Event::Ready { topic, changes, resumed }),
            News::Changed(changes) => Some(Event::Changed { topic, changes }),
            News::Agreed => {
                self.counts.agreed += 1;
                Some(Event::Agreed { topic })
            }
            News::Distrusted(why) => {
                self.counts.distrusted += 1;
                Some(Event::Distrusted { topic, why })
            }
            News::Refused(problem) => {
                self.kept.remove(at);
                Some(Event::Refused { topic: Some(topic), problem })
            }
        })
    }

    fn lost(&mut self, error: FeedError) -> Result<Event, FeedError> {
        self.connection = None;
        for kept in &mut self.kept {
            kept.lost();
        }
        if self.connected_at.take().is_some_and(|at| at.elapsed() > PAUSE_MAX) {
            self.failures = 0;
        }
        let mut pause = pause(self.failures);
        self.failures = self.failures.saturating_add(1);
        if let FeedError::Upgrade(problem) = &error {
            let asked = Duration::from_secs(problem.retry_after_s.unwrap_or(0));
            pause = pause.max(asked.min(RETRY_AFTER_MAX));
        }
        self.attempt = Some(Attempt::new(&self.target, self.timeout, pause));
        if error.may_return() { Ok(Event::Away { error, pause }) } else { Err(error) }
    }
}

impl Attempt {
    fn new(target: &Arc<Target>, timeout: Duration, pause: Duration) -> Self {
        let target = Arc::clone(target);
        let at = Instant::now() + pause;
        Self(Box::pin(async move {
            tokio::time::sleep_until(at).await;
            FeedConnection::open(target, timeout).await
        }))
    }
}

/// The pause after so many failures: at least half of the doubled one, the rest drawn.
fn pause(failures: u32) -> Duration {
    let whole = PAUSE_MIN.saturating_mul(2_u32.saturating_pow(failures)).min(PAUSE_MAX);
    whole / 2 + (whole / 2).mul_f64(fastrand::f64())
}

/// When a connection on which nothing is heard counts as lost.
fn silent_at(connection: &FeedConnection) -> Instant {
    let every = Duration::from_secs(connection.hello().ping_every_s);
    connection.heard_at() + 2 * every + SILENCE_GRACE
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// A refusal that is about no kept topic is told too.
fn complaint(frame: Incoming<'_>) -> Option<Event> {
    let Incoming::Complaint(complaint) = frame else { return None };
    let topic = complaint.topic.map(|topic| Arc::from(topic.as_ref()));
    Some(Event::Refused { topic, problem: complaint.problem })
}
