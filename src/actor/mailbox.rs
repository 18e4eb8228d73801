//! The bounded way to ask an actor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::Addr;
use actix::dev::SendError;
use arc_swap::ArcSwap;
use tokio::sync::oneshot;

use super::fault::{Class, Fault};
use super::journaled::actor::{Nudge, Stop};
use super::journaled::{Ask, Journaled};
use crate::domain::machine::Envelope;
use crate::journal::record::Recorded;
use crate::telemetry::{Metrics, Outcome};

/// A handle to an actor that outlives the actor: after a death it points to the one that took its place.
pub struct Mailbox<M: Recorded> {
    address: Arc<ArcSwap<Addr<Journaled<M>>>>,
    deadline: Duration,
    metrics: Arc<Metrics>,
}

impl<M: Recorded> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), deadline: self.deadline, metrics: self.metrics.clone() }
    }
}

impl<M: Recorded> fmt::Debug for Mailbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

impl<M: Recorded> Mailbox<M> {
    pub(super) fn new(address: Addr<Journaled<M>>, deadline: Duration, metrics: Arc<Metrics>) -> Self {
        Self { address: Arc::new(ArcSwap::from_pointee(address)), deadline, metrics }
    }

    /// Asks and waits, at most until the deadline.
    ///
    /// # Errors
    /// The refusal, or what stood in the way; see [`Fault`].
    pub async fn ask(&self, envelope: Envelope, command: M::Command) -> Result<M::Answer, Fault> {
        let name = M::name(&command);
        let answer = self.pass(envelope, command).await;
        let refusal = match &answer {
            Ok(answer) => M::refusal(answer),
            Err(Fault::Refused(refusal)) => Some(refusal),
            Err(_) => None,
        };
        self.metrics.command(name, if refusal.is_some() { Outcome::Refused } else { outcome(&answer) });
        if let Some(refusal) = refusal {
            self.metrics.refused(refusal.code());
        }
        answer
    }

    async fn pass(&self, envelope: Envelope, command: M::Command) -> Result<M::Answer, Fault> {
        let (reply, answer) = oneshot::channel();
        let asked = tokio::time::Instant::now();
        match self.address.load().try_send(Ask { envelope, command, asked, reply }) {
            Ok(()) => {}
            Err(SendError::Full(_)) => return Err(Fault::Busy),
            Err(SendError::Closed(_)) => {
                return Err(Fault::Unavailable("the actor is being rebuilt".to_owned()));
            }
        }
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(Ok(answer)) => answer,
            // The actor died with it, or the deadline passed: it may have been decided.
            Ok(Err(_)) | Err(_) => Err(Fault::OutcomeUnknown),
        }
    }

    /// Waits until the actor has begun, and readers see what it was loaded with. A dead one is its guardian's business.
    #[expect(
        clippy::disallowed_methods,
        reason = "the first message of an actor nobody else knows yet: there is room, and nothing to give up at a deadline"
    )]
    pub(super) async fn begun(&self) {
        self.address.load_full().send(Nudge).await.unwrap_or_default();
    }

    /// Tells the actor that time has passed. False where the actor is dead.
    pub(super) fn nudge(&self) -> bool {
        !matches!(self.address.load().try_send(Nudge), Err(SendError::Closed(_)))
    }

    /// Lets the actor finish what it has taken; waits until it has, or until the deadline.
    pub(super) async fn stop(&self, deadline: Duration) -> bool {
        let (done, stopped) = oneshot::channel();
        if self.address.load().try_send(Stop(done)).is_err() {
            return false;
        }
        matches!(tokio::time::timeout(deadline, stopped).await, Ok(Ok(())))
    }

    pub(super) fn redirect(&self, address: Addr<Journaled<M>>) {
        self.address.store(Arc::new(address));
    }
}

fn outcome<T>(answer: &Result<T, Fault>) -> Outcome {
    match answer.as_ref().map_err(Fault::class) {
        Ok(_) => Outcome::Applied,
        Err(Class::Refused) => Outcome::Refused,
        Err(Class::Busy) => Outcome::Busy,
        Err(Class::Unavailable) => Outcome::Unavailable,
        Err(Class::Unknown) => Outcome::Unknown,
    }
}
