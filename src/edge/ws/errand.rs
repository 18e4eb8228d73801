//! A command on its way through the house.

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
    pub(super) body: Box<str>,
}

impl Errand {
    /// Carries it out; its answer as it goes out.
    pub(super) async fn run(self) -> Utf8Bytes {
        let Self { asking, signed, verb, target, body } = self;
        let id = signed.id.clone();
        let done = verb.carry_out(&asking, signed, &target, Said(body.as_bytes())).await;
        answered(id.as_str(), done)
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
