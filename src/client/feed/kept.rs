//! One subscription that is kept: what is to be said about it next, and what its frames mean.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::FeedConnection;
use super::error::{FeedError, TableError};
use super::incoming::Incoming;
use super::item::Figures;
use super::outgoing::{Outgoing, Subscribe};
use super::table::{Applied, Table};
use crate::client::error::{Problem, Verdict};

/// Pause before a subscription that was put off (`busy`, not ready) is asked for again.
const PUT_OFF: Duration = Duration::from_millis(500);

/// A row that is other than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Which SKU.
    pub sku: Arc<str>,
    /// Its figures now; `None` where it is no longer in the table.
    pub figures: Option<Figures>,
}

/// A subscription with its table.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) table: Table,
    skus: Vec<String>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not asked for on this connection.
    Idle,
    /// Asked for; its frames count.
    Asked,
    /// Given up to begin anew; what still comes is of the subscription before.
    Leaving,
    /// Put off by the daemon.
    Later(Instant),
}

/// What a frame meant for a subscription.
#[derive(Debug)]
pub(super) enum News {
    Nothing,
    /// The table is whole, from a snapshot or by a resume.
    Ready {
        changes: Vec<Change>,
        resumed: bool,
    },
    Changed(Vec<Change>),
    Agreed,
    /// The table can't be trusted; it has been given up and will come anew.
    Distrusted(TableError),
    /// Refused for good.
    Refused(Box<Problem>),
}

impl Kept {
    pub(super) fn new(topic: &str, skus: Vec<String>) -> Self {
        Self { table: Table::new(topic), skus, state: State::Idle }
    }

    /// Asks for the topic, from where the table stands.
    pub(super) fn ask(&mut self, connection: &mut FeedConnection) -> Result<(), FeedError> {
        self.table.begin();
        self.state = State::Asked;
        let wish = Subscribe { topic: self.table.topic(), skus: &self.skus, since: self.table.since() };
        connection.queue(&Outgoing::Subscribe(wish))
    }

    /// The connection is gone, and with it what was asked for.
    pub(super) fn lost(&mut self) {
        self.state = State::Idle;
    }

    /// When it is to be asked for again, if it was put off.
    pub(super) fn later(&self) -> Option<Instant> {
        match self.state {
            State::Later(at) => Some(at),
            State::Idle | State::Asked | State::Leaving => None,
        }
    }

    /// Takes a frame about this topic.
    pub(super) fn take(
        &mut self,
        frame: &Incoming<'_>,
        connection: &mut FeedConnection,
    ) -> Result<News, FeedError> {
        match (self.state, frame) {
            (State::Leaving, Incoming::Unsubscribed(_) | Incoming::Complaint(_)) => {
                self.ask(connection)?;
                Ok(News::Nothing)
            }
            // What was on its way when the table was given up says nothing about the next one.
            (State::Leaving | State::Idle | State::Later(_), _) => Ok(News::Nothing),
            (State::Asked, Incoming::Complaint(complaint)) => {
                if complaint.problem.verdict() == Verdict::Refused {
                    return Ok(News::Refused(complaint.problem.clone()));
                }
                self.state = State::Later(Instant::now() + PUT_OFF);
                Ok(News::Nothing)
            }
            (State::Asked, Incoming::Unsubscribed(_)) => {
                self.state = State::Later(Instant::now() + PUT_OFF);
                Ok(News::Nothing)
            }
            (State::Asked, _) => self.apply(frame, connection),
        }
    }

    fn apply(&mut self, frame: &Incoming<'_>, connection: &mut FeedConnection) -> Result<News, FeedError> {
        let mut changes = Vec::new();
        let applied = self
            .table
            .apply_telling(frame, |sku, figures| changes.push(Change { sku: Arc::clone(sku), figures }));
        match applied {
            Ok(Applied::Elsewhere | Applied::Gathered) => Ok(News::Nothing),
            Ok(Applied::Whole) => Ok(News::Ready { changes, resumed: false }),
            Ok(Applied::Resumed) => Ok(News::Ready { changes, resumed: true }),
            Ok(Applied::Changed) => Ok(News::Changed(changes)),
            Ok(Applied::Agreed) => Ok(News::Agreed),
            Err(why) => {
                self.table.clear();
                self.state = State::Leaving;
                connection.queue(&Outgoing::Unsubscribe(self.table.topic()))?;
                Ok(News::Distrusted(why))
            }
        }
    }
}
