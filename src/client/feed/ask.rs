//! Commands over the feed: handed in from anywhere, on their way until they are answered.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::connection::FeedConnection;
use super::error::FeedError;
use super::incoming::{Answer, Outcome};
use super::outgoing::{Outgoing, Verb};
use crate::client::error::Problem;

/// Commands waiting for room on the connection; who hands in more waits here.
const QUEUE: usize = 64;

/// First pause before an unsettled command is asked again; doubled up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(5);

/// A daemon that is busy for long is not asked more often than this.
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// The final answer: the body as over HTTP, or the refusal.
pub type Answered = Result<Box<RawValue>, Box<Problem>>;

/// A command that was not answered with success.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The body can't be written as JSON, so nothing was sent.
    #[error("the command can't be written: {0}")]
    Body(#[from] serde_json::Error),
    /// Decided against, for good.
    #[error(transparent)]
    Refused(Box<Problem>),
    /// The feed ended first: nobody knows whether it was done.
    #[error("the feed ended before the answer")]
    Ended,
}

/// Hands commands to a [`Feed`](super::Feed) that somebody drives. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FeedCommands {
    queue: mpsc::Sender<Ask>,
}

/// A command on its way into the feed.
#[derive(Debug)]
pub(super) struct Ask {
    id: Box<str>,
    text: Utf8Bytes,
    reply: oneshot::Sender<Answered>,
}

pub(super) fn queue() -> (FeedCommands, mpsc::Receiver<Ask>) {
    let (queue, asked) = mpsc::channel(QUEUE);
    (FeedCommands { queue }, asked)
}

impl FeedCommands {
    /// Hands a command in and waits until it is answered for good. It is sent again, under its id, over lost
    /// connections and while its outcome is unsettled; who loses patience drops the future, and the outcome is unknown.
    ///
    /// # Errors
    /// It was refused, or the feed ended.
    pub async fn ask(
        &self,
        verb: Verb<'_>,
        id: &str,
        body: &impl Serialize,
    ) -> Result<Box<RawValue>, AskError> {
        let answer = self.send(verb, id, body).await?;
        answer.await.map_err(|_| AskError::Ended)?.map_err(AskError::Refused)
    }

    /// Hands a command in and returns where its answer will come, so that many can be on their way. Waits only while the
    /// feed has no room for more.
    ///
    /// # Errors
    /// The body can't be written, or the feed ended.
    pub async fn send(
        &self,
        verb: Verb<'_>,
        id: &str,
        body: &impl Serialize,
    ) -> Result<oneshot::Receiver<Answered>, AskError> {
        let body = serde_json::value::to_raw_value(body)?;
        let text = serde_json::to_string(&Outgoing::Command { verb, id, body: &body })?;
        let (reply, answer) = oneshot::channel();
        let ask = Ask { id: id.into(), text: text.into(), reply };
        self.queue.send(ask).await.map_err(|_| AskError::Ended)?;
        Ok(answer)
    }
}

/// Commands that were sent and not answered for good. They are few and mostly answered in their order, so a queue
/// that is searched from its front is enough.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    sent: VecDeque<Sent>,
    /// How many of them wait to be asked again; mostly none, and then nobody looks for the next.
    unsettled: usize,
}

#[derive(Debug)]
struct Sent {
    ask: Ask,
    pause: Duration,
    again: Option<Instant>,
}

impl InFlight {
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    /// Sends a command for the first time.
    pub(super) fn send(&mut self, ask: Ask, connection: &mut FeedConnection) -> Result<(), FeedError> {
        let text = ask.text.clone();
        self.sent.push_back(Sent { ask, pause: PAUSE_MIN, again: None });
        connection.queue_text(text)
    }

    /// Sends everything again on a new connection, in the first order; what nobody waits for is let go.
    pub(super) fn send_all_again(&mut self, connection: &mut FeedConnection) -> Result<(), FeedError> {
        self.sent.retain(|sent| !sent.ask.reply.is_closed());
        self.unsettled = 0;
        for sent in &mut self.sent {
            sent.again = None;
            connection.queue_text(sent.ask.text.clone())?;
        }
        Ok(())
    }

    /// When the next unsettled command is to be asked again.
    pub(super) fn next_again(&self) -> Option<Instant> {
        if self.unsettled == 0 {
            return None;
        }
        self.sent.iter().filter_map(|sent| sent.again).min()
    }

    /// Asks again what is due; what nobody waits for is let go.
    pub(super) fn send_due(
        &mut self,
        now: Instant,
        connection: &mut FeedConnection,
    ) -> Result<(), FeedError> {
        let due = |sent: &Sent| sent.again.is_some_and(|at| at <= now);
        let before = self.sent.len();
        self.sent.retain(|sent| !(due(sent) && sent.ask.reply.is_closed()));
        self.unsettled -= before - self.sent.len();
        for sent in self.sent.iter_mut().filter(|sent| due(sent)) {
            sent.again = None;
            self.unsettled -= 1;
            connection.queue_text(sent.ask.text.clone())?;
        }
        Ok(())
    }

    /// Takes an answer; false where no command waits for it.
    pub(super) fn take(&mut self, answer: &Answer<'_>) -> bool {
        let waits = |sent: &Sent| *sent.ask.id == *answer.id && sent.again.is_none();
        let Some(at) = self.sent.iter().position(waits) else { return false };
        let told = match &answer.outcome {
            Outcome::Done(body) => Ok((*body).to_owned()),
            Outcome::Refused(problem) => Err(problem.clone()),
            Outcome::Unsettled(_) => {
                if let Some(sent) = self.sent.get_mut(at) {
                    sent.again = Some(Instant::now() + sent.pause);
                    sent.pause = (sent.pause * 2).min(PAUSE_MAX);
                    self.unsettled += 1;
                }
                return true;
            }
        };
        if let Some(sent) = self.sent.remove(at) {
            // Whoever asked may have lost patience meanwhile.
            drop(sent.ask.reply.send(told));
        }
        true
    }
}
