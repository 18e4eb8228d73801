//! What every journaled state machine has in common: commands are decided against state inside a draft, and the draft
//! becomes one journal entry or leaves no trace.

use std::fmt;
use std::hash::{BuildHasher, Hash};

use ahash::AHashSet;

use super::ids::{ActorName, CommandId};
use super::refusal::Refusal;
use super::time::Timestamp;
use super::trace::Trace;

/// When, and as which version, a batch is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The machine's logical time; never goes back.
    pub now: Timestamp,
    /// The version of the entry the batch will become.
    pub version: u64,
    /// Whether holds may expire; shut for a grace period after a start.
    pub may_expire: bool,
}

/// Who asks for what, apart from the command itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The command's id.
    pub id: CommandId,
    /// The id's own time: as sent, else the time a UUID v7 carries, else its arrival.
    pub time: Timestamp,
    /// Whether the sender gave that time.
    pub timed: bool,
    /// Kind, target and a keyed hash of the parsed command without its time.
    pub fingerprint: u64,
    /// Name of the token it came with.
    pub actor: Option<ActorName>,
    /// Whose trace it belongs to.
    pub trace: Option<Trace>,
}

/// Why a fact came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The command's id.
    pub id: CommandId,
    /// Name of the token it came with.
    pub actor: Option<ActorName>,
    /// Whose trace it belongs to.
    pub trace: Option<Trace>,
}

/// A state machine that lives on a journal.
pub trait Machine: Sized + fmt::Debug + Send + 'static {
    /// What it may be asked.
    type Command: fmt::Debug + Send + 'static;
    /// What it answers.
    type Answer: fmt::Debug + Clone + Send + 'static;
    /// What happened, in the past tense.
    type Fact: fmt::Debug + Clone + PartialEq + Send + 'static;
    /// One row of its state: a key and its absolute value, or nothing.
    type Row: fmt::Debug + Clone + PartialEq + Send + 'static;
    /// The key of a row.
    type Key: fmt::Debug + Clone + Eq + Hash + Send + 'static;

    /// The command's word in metrics and logs.
    fn name(command: &Self::Command) -> &'static str;

    /// The refusal that an answer brings: some are written down themselves, so that they stay what they were.
    fn refusal(answer: &Self::Answer) -> Option<&Refusal> {
        let _ = answer;
        None
    }

    /// Decides one command on the present state. A refusal may leave changes in the draft; [`Draft::decide`] takes
    /// them back.
    ///
    /// # Errors
    /// The refusal, with the numbers.
    fn decide(
        &mut self,
        moment: &Moment,
        envelope: &Envelope,
        command: &Self::Command,
        draft: &mut Draft<Self>,
    ) -> Result<Self::Answer, Refusal>;

    /// Does what time alone makes due (expiry, forgetting), at most about `limit` rows of it.
    fn upkeep(&mut self, moment: &Moment, limit: usize, draft: &mut Draft<Self>);

    /// When upkeep is needed next, as far as is known.
    fn due(&self) -> Option<Timestamp>;

    /// The only way state changes: sets a row and gives back the row that undoes it.
    fn put(&mut self, row: Self::Row) -> Self::Row;

    /// The key of a row.
    fn key(row: &Self::Row) -> Self::Key;

    /// The present row of a key.
    fn row(&self, key: &Self::Key) -> Self::Row;

    /// Every row that a table holds, in no order: what a full rebuild must give back. Rows that stay in the store (closed
    /// documents) are none of them.
    fn rows(&self) -> Vec<Self::Row>;

    /// The time up to which ids of holds were forgotten; the log is needed from about then on.
    fn floor(&self) -> Timestamp;

    /// Called after a load up to `version`: forgets ids the log still names but the floor has passed.
    fn loaded(&mut self, version: u64);

    /// What to do after another history has replaced entries that were acknowledged: `self` is the state without them,
    /// `lost` their rows in order. Each command may name one that is carried out when it is refused.
    fn after_loss(&self, lost: &[Self::Row], versions: (u64, u64), now: Timestamp) -> Vec<Redo<Self>> {
        let _ = (lost, versions, now);
        Vec::new()
    }

    /// Called with the rows of a batch once it is confirmed as `version`: forgets what no rollback can need any more. A
    /// row that stays in the store is held from its decision until here, because [`Machine::row`] must know it when the
    /// draft is closed.
    fn settle(&mut self, confirmed: &[Self::Row], version: u64);
}

/// A command to carry out after a loss.
pub struct Redo<M: Machine> {
    /// Its envelope.
    pub envelope: Envelope,
    /// The command.
    pub command: M::Command,
    /// What to record where it is refused.
    pub refused: Option<M::Command>,
}

impl<M: Machine> fmt::Debug for Redo<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redo").field("envelope", &self.envelope).field("command", &self.command).finish()
    }
}

/// Changes decided but not yet committed, with all that is needed to take them back.
pub struct Draft<M: Machine> {
    /// Commands that changed something, in order.
    pub causes: Vec<Cause>,
    /// Facts with the index of their cause; `None` where time alone was the cause.
    pub facts: Vec<(Option<usize>, M::Fact)>,
    undo: Vec<M::Row>,
    touched: Vec<M::Key>,
    seen: AHashSet<M::Key>,
    asides: Vec<Aside>,
    deciding: bool,
}

impl<M: Machine> fmt::Debug for Draft<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft")
            .field("facts", &self.facts)
            .field("touched", &self.touched)
            .finish_non_exhaustive()
    }
}

impl<M: Machine> Default for Draft<M> {
    fn default() -> Self {
        Self {
            causes: Vec::new(),
            facts: Vec::new(),
            undo: Vec::new(),
            touched: Vec::new(),
            seen: AHashSet::new(),
            asides: Vec::new(),
            deciding: false,
        }
    }
}

impl<M: Machine> Draft<M> {
    /// Decides one command; a refused one leaves no trace.
    ///
    /// # Errors
    /// The refusal.
    pub fn decide(
        &mut self,
        machine: &mut M,
        moment: &Moment,
        envelope: &Envelope,
        command: &M::Command,
    ) -> Result<M::Answer, Refusal> {
        let (undo, facts, touched) = (self.undo.len(), self.facts.len(), self.touched.len());
        let asides = self.asides.len();
        self.deciding = true;
        let answer = machine.decide(moment, envelope, command, self);
        self.deciding = false;
        if answer.is_err() {
            while self.undo.len() > undo {
                if let Some(row) = self.undo.pop() {
                    machine.put(row);
                }
            }
            self.facts.truncate(facts);
            self.asides.truncate(asides);
            for key in self.touched.drain(touched..) {
                self.seen.remove(&key);
            }
        } else if self.undo.len() > undo || self.facts.len() > facts || self.asides.len() > asides {
            let Envelope { id, actor, trace, .. } = envelope;
            self.causes.push(Cause { id: id.clone(), actor: actor.clone(), trace: *trace });
        }
        answer
    }

    /// Sets a row of the machine and remembers how to undo it.
    pub fn put(&mut self, machine: &mut M, row: M::Row) {
        let key = M::key(&row);
        let before = machine.put(row);
        self.undo.push(before);
        if self.seen.insert(key.clone()) {
            self.touched.push(key);
        }
    }

    /// A mark of how far the draft has come, for [`Draft::replaced`].
    #[must_use]
    pub const fn mark(&self) -> usize {
        self.undo.len()
    }

    /// What was replaced since a mark, in order: of a row that changed several times, the first is how it stood then.
    #[must_use]
    pub fn replaced(&self, since: usize) -> &[M::Row] {
        self.undo.get(since..).unwrap_or_default()
    }

    /// Notes a fact.
    pub fn fact(&mut self, fact: M::Fact) {
        let cause = self.deciding.then_some(self.causes.len());
        self.facts.push((cause, fact));
    }

    /// Writes or deletes personal data beside the journal: in the same step as the batch, in none of its facts and rows,
    /// so that it is gone for good once it is deleted. The machine never gets it back: it keeps the key and whoever may
    /// see the data reads it by that.
    pub fn aside(&mut self, key: impl Into<String>, value: Option<Vec<u8>>) {
        self.asides.push(Aside { key: key.into(), value });
    }

    /// Whether nothing was changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.facts.is_empty() && self.asides.is_empty()
    }

    /// How many rows were changed, those beside the journal with them.
    #[must_use]
    pub fn rows_len(&self) -> usize {
        self.touched.len().saturating_add(self.asides.len())
    }

    /// Closes the draft: the rows as they stand now, and what takes all of it back.
    pub fn close(self, machine: &M) -> Closed<M> {
        let rows = self.touched.iter().map(|key| machine.row(key)).collect();
        let asides = last_per_key(self.asides);
        Closed { causes: self.causes, facts: self.facts, rows, asides, undo: Undo(self.undo) }
    }
}

/// A closed draft: what becomes the journal entry, and what takes it back.
pub struct Closed<M: Machine> {
    /// Commands that changed something, in order.
    pub causes: Vec<Cause>,
    /// Facts with the index of their cause.
    pub facts: Vec<(Option<usize>, M::Fact)>,
    /// Every row touched, once, with its absolute value.
    pub rows: Vec<M::Row>,
    /// What is written beside the journal, once per key.
    pub asides: Vec<Aside>,
    /// What takes the changes back.
    pub undo: Undo<M>,
}

impl<M: Machine> fmt::Debug for Closed<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").field("facts", &self.facts).field("rows", &self.rows).finish_non_exhaustive()
    }
}

/// Takes a draft's changes back. Drafts are undone newest first.
pub struct Undo<M: Machine>(Vec<M::Row>);

impl<M: Machine> fmt::Debug for Undo<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Undo({} rows)", self.0.len())
    }
}

impl<M: Machine> Undo<M> {
    /// Takes the changes back.
    pub fn undo(self, machine: &mut M) {
        for row in self.0.into_iter().rev() {
            machine.put(row);
        }
    }
}

/// A write beside the journal. Its debug form hides the value, which is of a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Aside {
    /// Under which key.
    pub key: String,
    /// The value, or `None` where it ends.
    pub value: Option<Vec<u8>>,
}

impl fmt::Debug for Aside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.value.as_ref().map(Vec::len);
        f.debug_struct("Aside").field("key", &self.key).field("bytes", &bytes).finish()
    }
}

/// The newest write of each key, in order.
fn last_per_key(mut asides: Vec<Aside>) -> Vec<Aside> {
    let mut seen = AHashSet::new();
    asides.reverse();
    asides.retain(|aside| seen.insert(aside.key.clone()));
    asides.reverse();
    asides
}

/// Sets or removes a map's entry and gives back what was there.
pub fn replace<K: Eq + Hash, V, S: BuildHasher>(
    map: &mut std::collections::HashMap<K, V, S>,
    key: K,
    value: Option<V>,
) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}
