//! What differs between the things that can be imported; everything else is one mechanism.

use std::path::PathBuf;

use super::args::Common;
use super::source::Row;
use super::state::State;
use crate::client::{ClientError, LineResult};

/// Why a line can't be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bad {
    /// Empty where the line as a whole is wrong.
    pub(super) column: &'static str,
    /// What is wrong and what would be right.
    pub(super) told: String,
}

impl Bad {
    pub(super) fn line(told: impl Into<String>) -> Self {
        Self { column: "", told: told.into() }
    }

    pub(super) fn new(column: &'static str, told: impl Into<String>) -> Self {
        Self { column, told: told.into() }
    }
}

/// Something that can't be sent, with the lines it stood in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoilt {
    pub(super) line: u64,
    pub(super) bad: Bad,
    pub(super) raw: String,
}

/// What goes out in one step and is confirmed together.
#[derive(Debug)]
pub(super) struct Batch<L> {
    /// Counted over the whole file, from 0.
    pub(super) number: u64,
    pub(super) load: L,
    /// Line numbers and raw text, in the order of what is answered.
    pub(super) origin: Vec<(u64, String)>,
}

/// What came of reading on.
#[derive(Debug)]
pub(super) struct Taken<L> {
    pub(super) full: Option<Batch<L>>,
    pub(super) spoilt: Vec<Spoilt>,
}

/// What a second run over a file that is done already does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rerun {
    /// Nothing: it is refused unless asked for.
    Refused,
    /// It is decided anew.
    Anew,
    /// It sends the same ids, which changes nothing.
    Same,
}

/// One kind of thing to import.
///
/// Invariant: batches are cut, and spoilt things told, the same way on every run over the same file.
pub(super) trait Kind {
    /// What a batch holds.
    type Load;

    /// The plural people read.
    const THINGS: &'static str;

    /// The file, and what every import can be told.
    fn common(&self) -> (&PathBuf, &Common);

    /// Options that shape batches and ids; other ones would cut other batches.
    fn options(&self) -> String;

    /// The moment the figures were true, where that was said.
    fn as_of(&self) -> Option<jiff::Timestamp> {
        None
    }

    /// The columns a file may have.
    fn columns(&self) -> &'static [&'static str];

    /// Whether a file with these columns is of any use; in words where it isn't.
    fn usable(&self, columns: &[String]) -> Result<(), String>;

    /// Takes a line in.
    fn take(&mut self, row: Row) -> Taken<Self::Load>;

    /// Hands out what is left at the file's end, until nothing is.
    fn rest(&mut self) -> Taken<Self::Load>;

    /// What a second run over the same file does, judged by what was read.
    fn rerun(&self) -> Rerun;

    /// Sends a batch; one verdict for each of its things.
    async fn send(
        &mut self,
        state: &State,
        batch: &Batch<Self::Load>,
    ) -> Result<Vec<LineResult>, ClientError>;
}
