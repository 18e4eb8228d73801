//! The one task that sends commits, in the order of the calls, without waiting for answers.

use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisResult, Value};
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::command;
use super::fault::{breaks_connection, is_missing_function, of_commit};
use super::link::{Connected, Link};
use super::options::IN_FLIGHT_MAX;
use super::terms::load_library;
use crate::journal::locked::Locked;
use crate::journal::{Batch, CommitError, JournalId};

/// Something for the writer, and who waits for it.
#[derive(Debug)]
pub(super) enum Job {
    /// A batch on its way.
    Commit { id: JournalId, batch: Arc<Batch>, reply: oneshot::Sender<Result<(), CommitError>> },
    /// Only to show that the writer comes by.
    Ping(oneshot::Sender<()>),
}

type Sending = BoxFuture<'static, RedisResult<Value>>;

/// Sends until every sender of jobs is gone.
pub(super) async fn write(mut jobs: mpsc::Receiver<Job>, link: Arc<Link>) {
    let writer = Writer { named: Arc::default(), places: Arc::new(Semaphore::new(IN_FLIGHT_MAX)), link };
    while let Some(job) = jobs.recv().await {
        let (id, batch, reply) = match job {
            Job::Commit { id, batch, reply } => (id, batch, reply),
            Job::Ping(reply) => {
                // Whoever stopped waiting has no use for it.
                reply.send(()).unwrap_or_default();
                continue;
            }
        };
        let Connected { connection, number } = match writer.link.now() {
            Ok(connected) => connected,
            Err(error) => {
                answer(reply, Err(CommitError::Unavailable(error.to_string())));
                continue;
            }
        };
        if !batch.follows() {
            answer(reply, Err(CommitError::Conflict));
            continue;
        }
        // Sent before the commit, so that a journal with entries is always listed.
        writer.name(&id, &connection, number).await;
        let sending = writer.begin(connection.clone(), command::commit(&id, &batch)).await;
        let link = Arc::clone(&writer.link);
        tokio::spawn(async move {
            let outcome = conclude(sending.await, connection, number, &link).await;
            answer(reply, outcome);
        });
    }
}

struct Writer {
    /// Journals named in the list of journals, each with the number of the connection it was named on: a new connection
    /// may lead to another Redis, or to one that has forgotten.
    named: Arc<Locked<HashSet<(u64, JournalId)>>>,
    /// One per command in flight. Here commits wait for Redis when it is slower than they come.
    places: Arc<Semaphore>,
    link: Arc<Link>,
}

impl Writer {
    /// Names a journal in the list of journals, once a connection, without waiting for the answer.
    async fn name(&self, id: &JournalId, connection: &MultiplexedConnection, number: u64) {
        let key = (number, id.clone());
        if self.named.with(|named| named.contains(&key)) {
            return;
        }
        self.named.with(|named| {
            named.retain(|(other, _)| *other == number);
            named.insert(key.clone());
        });
        let naming = self.begin(connection.clone(), command::register(id)).await;
        let named = Arc::clone(&self.named);
        tokio::spawn(async move {
            if let Err(error) = naming.await.and_then(Value::extract_error) {
                tracing::warn!(%error, "cannot list a journal; its next commit tries again");
                named.with(|named| named.remove(&key));
            }
        });
    }

    /// Starts sending and returns once the command is in the connection's queue; what is left is waiting for the
    /// answer.
    async fn begin(&self, mut connection: MultiplexedConnection, command: Cmd) -> Sending {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let sending = async move {
            let answer = connection.send_packed_command(&command).await;
            drop(place);
            answer
        };
        let mut sending = sending.boxed();
        let mut early = None;
        // With a place the queue has room, so the first poll puts the command there. Outside tokio's budget: a poll
        // turned away for fairness would not.
        tokio::task::unconstrained(poll_fn(|context| {
            if let Poll::Ready(answer) = sending.poll_unpin(context) {
                early = Some(answer);
            }
            Poll::Ready(())
        }))
        .await;
        match early {
            Some(answer) => std::future::ready(answer).boxed(),
            None => sending,
        }
    }
}

/// What an answer means, and what it means for the connection.
async fn conclude(
    answer: RedisResult<Value>,
    mut connection: MultiplexedConnection,
    number: u64,
    link: &Link,
) -> Result<(), CommitError> {
    let error = match answer.and_then(Value::extract_error) {
        Ok(value) => match command::text(value).as_deref() {
            Some("OK") => return Ok(()),
            Some("CONFLICT") => return Err(CommitError::Conflict),
            _ => return Err(CommitError::Unknown("redis answered a commit in another form".to_owned())),
        },
        Err(error) => error,
    };
    let meaning = of_commit(&error);
    if breaks_connection(&error) {
        link.broke(number, &meaning.to_string());
    } else if is_missing_function(&error) {
        // The batch was not written; its owner resyncs and finds the function there.
        if let Err(error) = load_library(&mut connection).await {
            tracing::warn!(%error, "cannot load the journal's functions");
        }
    }
    Err(meaning)
}

fn answer(reply: oneshot::Sender<Result<(), CommitError>>, outcome: Result<(), CommitError>) {
    // Whoever stopped waiting asks with a resync if it matters.
    drop(reply.send(outcome));
}
