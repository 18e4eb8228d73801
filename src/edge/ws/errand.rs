//! A command on its way through the house.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::subscription::joined;
use crate::edge::command::{Asking, Said, Signed, Verb};
use crate::edge::fault::Problem;

/// A command that was read and not carried out yet.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) asking: Asking,
    pub(super) signed: Signed,
    pub(super) verb: Verb,
    pub(super) target: String,
    pub(super) within: Option<String>,
    pub(super) body: Box<str>,
}

impl Errand {
    /// Bytes it keeps while it is under way.
    pub(super) fn weight(&self) -> usize {
        self.body.len()
    }

    /// Carries it out; its answer as it goes out, and its weight.
    pub(super) async fn run(self) -> (Utf8Bytes, usize) {
        let (id, weight) = (self.signed.id.clone(), self.weight());
        let Self { asking, signed, verb, target, within, body } = self;
        let work = verb.carry_out(&asking, signed, (&target, within.as_deref()), Said(body.as_bytes()));
        // The panic hook has logged where and what.
        let done = AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(Problem::bug()));
        (answered(id.as_str(), done), weight)
    }
}

/// An answer: `ok` with what HTTP answers as its body, `refused` where that is final, `error` where asking again with
/// the same id is right.
pub(super) fn answered(id: &str, done: Result<Vec<u8>, Problem>) -> Utf8Bytes {
    let id = serde_json::to_string(id).unwrap_or_default();
    let (word, said) = match done {
        Ok(said) => ("ok", said),
        Err(problem) => (if problem.is_final() { "refused" } else { "error" }, problem.to_json()),
    };
    joined(&[br#"{"id":"#, id.as_bytes(), br#",""#, word.as_bytes(), br#"":"#, &said, b"}"])
}
