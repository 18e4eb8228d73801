//! A command of a connection on its way through the house.

use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::subscription::joined;
use crate::edge::command::errand::{Errand, answered};
use crate::edge::command::{Asking, Signed};
use crate::edge::fault::Problem;

/// A command that was heard and not carried out yet.
#[derive(Debug)]
pub(super) struct UnderWay {
    pub(super) asking: Asking,
    pub(super) signed: Signed,
    pub(super) errand: Errand,
}

impl UnderWay {
    /// Bytes it keeps while it is under way.
    pub(super) fn weight(&self) -> usize {
        self.errand.weight()
    }

    /// Carries it out; its answer as it goes out, and its weight.
    pub(super) async fn run(self) -> (Utf8Bytes, usize) {
        let (id, weight) = (self.signed.id.clone(), self.weight());
        let done = self.errand.carry_out(&self.asking, self.signed).await;
        (frame(id.as_str(), done), weight)
    }
}

/// A command's answer as it goes out.
pub(super) fn frame(id: &str, done: Result<Vec<u8>, Problem>) -> Utf8Bytes {
    joined(&[&answered(Some(id), done)])
}
