//! A command as doors carry it inside a message: its name with what it says, and beside it what it is about.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::{Asking, Said, Signed, Verb};
use crate::domain::trace::Trace;
use crate::edge::fault::Problem;
use crate::edge::wire::feed::Fields;

/// A command that was read and not carried out yet.
#[derive(Debug)]
pub struct Errand {
    /// Whose trace it belongs to, where the message itself says so.
    pub trace: Option<Trace>,
    verb: Verb,
    target: String,
    within: Option<String>,
    body: Box<str>,
}

/// A message's field that says whose trace its command belongs to.
pub const TRACEPARENT: &str = "traceparent";

impl Errand {
    /// Reads a command out of a message's fields, from which its id was taken already. `others` is what the door knows
    /// beside commands, for whoever said none of them.
    ///
    /// # Errors
    /// 400 where no command is named, or something that belongs to none; 422 where it does not say what it is about.
    pub fn read(fields: &mut Fields<'_>, others: &str) -> Result<Self, Problem> {
        // Whatever is no such context counts as not sent, as the standard wants it.
        let trace = fields.take(TRACEPARENT).and_then(|sent| serde_json::from_str::<&str>(sent.get()).ok());
        let trace = trace.and_then(Trace::parse);
        let at = fields.0.iter().position(|(word, _)| Verb::named(word).is_some());
        let Some((word, body)) = at.map(|at| fields.0.remove(at)) else {
            let words: Vec<_> = fields.0.iter().map(|(word, _)| word.as_ref()).collect();
            return Err(unknown_word(&words.join(", "), others));
        };
        let verb = Verb::named(&word).ok_or_else(|| unknown_word(&word, others))?;
        let target = match verb.target() {
            None => String::new(),
            Some(name) => {
                let sent = fields.take(name).ok_or_else(|| {
                    let detail = format!("`{word}` needs `{name}` beside it");
                    Problem::invalid(name, detail)
                })?;
                Said(sent.get().as_bytes()).read()?
            }
        };
        let within = verb.within().and_then(|name| fields.take(name));
        let within = within.map(|sent| Said(sent.get().as_bytes()).read()).transpose()?;
        if let Some((word, _)) = fields.0.first() {
            return Err(unknown_word(word, others));
        }
        Ok(Self { trace, verb, target, within, body: body.get().into() })
    }

    /// Bytes it keeps while it is under way.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.body.len()
    }

    /// Carries it out. A panic is a mistake of ours like any other: its door goes on.
    ///
    /// # Errors
    /// What HTTP answers as a problem.
    pub async fn carry_out(&self, asking: &Asking, signed: Signed) -> Result<Vec<u8>, Problem> {
        let about = (self.target.as_str(), self.within.as_deref());
        let work = self.verb.carry_out(asking, signed, about, Said(self.body.as_bytes()));
        // The panic hook has logged where and what.
        AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(Problem::bug()))
    }
}

/// An answer inside a message: `ok` with what HTTP answers as its body, `refused` where that is final, `error` where
/// asking again with the same id is right. The id is `null` where none could be read.
#[must_use]
pub fn answered(id: Option<&str>, done: Result<Vec<u8>, Problem>) -> Vec<u8> {
    let id = serde_json::to_string(&id).unwrap_or_default();
    let (word, said) = match done {
        Ok(said) => ("ok", said),
        Err(problem) => (if problem.is_final() { "refused" } else { "error" }, problem.to_json()),
    };
    [br#"{"id":"#, id.as_bytes(), br#",""#, word.as_bytes(), br#"":"#, &said, b"}"].concat()
}

/// A word that is none.
#[must_use]
pub fn unknown_word(word: &str, others: &str) -> Problem {
    let verbs: Vec<_> = Verb::ALL.iter().map(|(name, _)| *name).collect();
    let detail = format!("found `{word}`; known: {others}{}", verbs.join(", "));
    Problem::malformed("unknown_message", detail)
}
