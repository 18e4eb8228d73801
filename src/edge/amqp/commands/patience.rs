//! Trying a command until there is an answer.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::edge::fault::Problem;
use crate::telemetry::CommandMeter;

/// Pause before the next try, at first and at most; it doubles, and chance keeps commands apart.
const PAUSE: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(5));
/// How long a delivery is held. Brokers end the channel of a consumer that holds one for half an hour.
const HOLD: Duration = Duration::from_secs(600);
/// Times a command may panic, deliveries before this one included.
const PANICS: u64 = 3;

/// How it ended for the message.
#[derive(Debug)]
pub(super) enum End {
    /// There is an answer, a refusal included.
    Answered(Result<Vec<u8>, Problem>),
    /// It can't be carried out, now or later: the problem, and the reason in a word.
    Dead(Problem, &'static str),
    /// It could have been carried out and was not for a long time.
    Late,
    /// There is no time left to find out.
    Stopped,
}

/// What to do after a try that was no success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// It is an answer.
    Answer,
    /// The message itself is wrong, for ever.
    Dead(&'static str),
    /// Try again.
    Again {
        /// Whether other commands would fare no better.
        away: bool,
    },
}

/// What a problem means for the message. `panics` counts those so far, this one included where it is one.
pub(super) fn next(problem: &Problem, panics: u64) -> Next {
    match problem.status {
        // It can't be read, or what it says is not right: whoever sends it again sends it in vain.
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
            Next::Dead(problem.code)
        }
        StatusCode::INTERNAL_SERVER_ERROR if panics >= PANICS => Next::Dead("panicked"),
        _ if problem.is_final() => Next::Answer,
        status => {
            let own = ["outcome_unknown", "desk_full"].contains(&problem.code);
            Next::Again { away: status == StatusCode::SERVICE_UNAVAILABLE && !own }
        }
    }
}

/// Says that the store is away, as long as it lives.
struct Away<'a>(&'a watch::Sender<usize>);

impl<'a> Away<'a> {
    fn new(away: &'a watch::Sender<usize>) -> Self {
        away.send_modify(|count| *count = count.saturating_add(1));
        Self(away)
    }
}

impl Drop for Away<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

/// What tries need to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience<'a> {
    /// How many commands wait for a store that is away.
    pub(super) away: &'a watch::Sender<usize>,
    /// No time is left.
    pub(super) stopping: &'a CancellationToken,
    pub(super) meter: &'a CommandMeter,
    /// How often the broker has delivered it before.
    pub(super) delivered: u64,
}

impl Patience<'_> {
    /// Tries until there is an answer.
    pub(super) async fn until_answered<F>(self, mut attempt: impl FnMut() -> F) -> End
    where
        F: Future<Output = Result<Vec<u8>, Problem>>,
    {
        let (mut pause, begun) = (Pause::default(), Instant::now());
        let (mut away, mut panics) = (None, 0_u64);
        loop {
            let problem = match attempt().await {
                Ok(said) => return End::Answered(Ok(said)),
                Err(problem) => problem,
            };
            if problem.status == StatusCode::INTERNAL_SERVER_ERROR {
                // What was delivered before and panics now has most likely panicked then.
                panics = panics.saturating_add(1).max(self.delivered.min(PANICS));
            }
            match next(&problem, panics) {
                Next::Answer => return End::Answered(Err(problem)),
                Next::Dead(reason) => return End::Dead(problem, reason),
                Next::Again { away: false } => away = None,
                Next::Again { away: true } => away = away.or_else(|| Some(Away::new(self.away))),
            }
            if begun.elapsed() >= HOLD {
                return End::Late;
            }
            if self.stopping.is_cancelled() || !pause.rest(self.stopping).await {
                return End::Stopped;
            }
            self.meter.retried.inc();
        }
    }
}

/// A pause that grows.
#[derive(Debug)]
pub(super) struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(PAUSE.0)
    }
}

impl Pause {
    /// Rests; false where it is time to stop.
    pub(super) async fn rest(&mut self, stopping: &CancellationToken) -> bool {
        let jittered = self.0.mul_f64(fastrand::f64().mul_add(0.5, 0.5));
        self.0 = self.0.saturating_mul(2).min(PAUSE.1);
        tokio::time::timeout(jittered, stopping.cancelled()).await.is_err()
    }
}
