//! What memory knew when its store was given up, as lines a person can read and compare.
//!
//! What was written beside the journal is counted and not kept: personal data has one home, the store, where it is
//! deleted in time; a file nobody deletes is none.

use std::fmt::Write as _;
use std::path::Path;

use crate::journal::record::{Entry, Recorded};
use crate::journal::{JournalId, Ring};

/// The newest acknowledged entries with their facts, then every row.
pub(super) fn text<M: Recorded>(id: &JournalId, ring: &Ring, machine: &M) -> String {
    let mut text = format!("journal {id}\n");
    let reached = ring.reaches().and_then(|from| ring.after(from)).unwrap_or_default();
    for batch in reached {
        let facts = Entry::<M>::decode(&batch.entry).map(|entry| entry.facts);
        // Writing into a string does not fail.
        writeln!(text, "entry {} {facts:?}", batch.head).unwrap_or_default();
        let beside = batch.changes.iter().filter(|change| change.table.is_beside()).count();
        if beside > 0 {
            writeln!(text, "  and {beside} rows of persons, which are not kept here").unwrap_or_default();
        }
    }
    for row in machine.rows() {
        writeln!(text, "row {row:?}").unwrap_or_default();
    }
    text
}

/// Writes the lines into the folder, beside earlier ones.
pub(super) fn write(folder: &Path, id: &JournalId, text: &str) {
    let name = id.to_string().replace(':', "-");
    let free = (0..).map(|number| folder.join(format!("{name}.{number}.txt"))).find(|path| !path.exists());
    let Some(path) = free else { return };
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
    match written {
        Ok(()) => tracing::error!(path = %path.display(), "what memory knew was written"),
        Err(error) => {
            tracing::error!(path = %path.display(), %error, "what memory knew could not be written")
        }
    }
}
