//! The witness file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::journal::{Head, JournalError, JournalId, StoreId};

const FIRST_LINE: &str = "lagerd witness 1";
/// Shows that the file is whole: a missing line would be a journal nobody watches.
const LAST_LINE: &str = "end";

/// What a witness file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The store it watched.
    pub store: StoreId,
    /// The newest confirmed head of each journal.
    pub heads: BTreeMap<JournalId, Head>,
}

impl Witnessed {
    /// Reads the file an earlier process left; `None` where there is none. Blocks for one small file.
    ///
    /// A witness that names a store must keep a Redis without an id from being taken for a new store: see
    /// [`crate::journal::redis::RedisOptions::found_store`].
    ///
    /// # Errors
    /// [`JournalError::Damaged`] where the file can't be read or understood.
    pub fn read(path: &Path) -> Result<Option<Self>, JournalError> {
        let damaged = |why: String| JournalError::Damaged(format!("the witness {}: {why}", path.display()));
        match std::fs::read_to_string(path) {
            Ok(text) => parse(&text).map(Some).map_err(damaged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(damaged(error.to_string())),
        }
    }

    /// Replaces the file: written beside it, synced, renamed, and the folder synced, so that a crash leaves the old
    /// one or the new one.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = format!("{FIRST_LINE}\nstore {}\n", self.store);
        for (id, head) in &self.heads {
            writeln!(text, "{id} {head}").map_err(io::Error::other)?;
        }
        writeln!(text, "{LAST_LINE}").map_err(io::Error::other)?;
        let beside = path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

fn parse(text: &str) -> Result<Witnessed, String> {
    let body = text.strip_prefix(FIRST_LINE).ok_or("it is of another version, or something else")?;
    let body = body.strip_suffix(&format!("{LAST_LINE}\n")).ok_or("its end is missing")?;
    let mut lines = body.trim_start().lines();
    let store =
        lines.next().and_then(|line| line.strip_prefix("store ")).ok_or("it names no store")?.parse()?;
    let head = |line: &str| {
        let (id, head) =
            line.split_once(' ').ok_or_else(|| format!("`{line}` is not a journal and its head"))?;
        Ok::<_, String>((id.parse()?, head.parse()?))
    };
    Ok(Witnessed { store, heads: lines.map(head).collect::<Result<_, _>>()? })
}
