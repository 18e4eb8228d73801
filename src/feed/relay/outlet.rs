//! Who is told, and what may go wrong.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::domain::desk::fact::DeskFactKind;
use crate::feed::happened::Happened;

/// Who is told can't be reached, or did not confirm; in words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Away(pub String);

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// To everybody who listens.
    Everybody,
    /// To one queue alone, which must be there.
    Queue(Arc<str>),
}

/// Is there once all of what was sent is confirmed.
pub type Confirming = BoxFuture<'static, Result<(), Away>>;

/// Who is told.
pub trait Outlet: Send + Sync + fmt::Debug + 'static {
    /// Whether a document's contact has to be joined for a kind of fact.
    fn needs_contact(&self, kind: DeskFactKind) -> bool;

    /// Things of one journal that may be sent and not yet confirmed.
    fn window(&self) -> usize;

    /// Waits until it can be reached.
    fn ready(&self) -> BoxFuture<'_, ()>;

    /// Sends what happened, in order; calls made one after the other are sent in that order. Answers once it is on its way.
    fn send(&self, happened: Vec<Happened>, to: To) -> BoxFuture<'_, Result<Confirming, Away>>;
}
