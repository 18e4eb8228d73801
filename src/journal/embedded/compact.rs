//! Writing the file anew, with nothing in it but what the store holds now.
//!
//! redb never overwrites in place: what was deleted stays readable in pages that are free, and in the unused ends of
//! those that are not, until they happen to be used again; its own compaction moves pages as they are. Only a file that
//! was never told of a row is sure not to have it.

use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};

use redb::{Database, Key, ReadTransaction, ReadableDatabase, ReadableTableMetadata, TableDefinition, Value};

use super::disk::Disk;
use super::schema::{self, CURSORS, HEADS, LOG, META, ROWS, damaged};
use super::store::EmbeddedOptions;
use crate::journal::JournalError;

/// Rows written in one transaction: more would take memory, fewer would take time.
const ROWS_AT_ONCE: usize = 5_000;

/// What writing a file anew did to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// Its bytes before.
    pub before: u64,
    /// Its bytes after.
    pub after: u64,
}

/// Writes the store's file anew beside it and puts the new one in its place; blocks for as long as the disk takes. Needs
/// as much room as the store holds. Nothing that was deleted is left in the file; the file system frees the old one's
/// blocks like those of any deleted file.
///
/// # Errors
/// [`JournalError::Unusable`] where there is no file, a process holds it, or the new one can't be written: then the store
/// is as it was; the other errors as the store gives them.
pub fn compact(options: &EmbeddedOptions) -> Result<Compacted, JournalError> {
    let path = options.path.canonicalize().map_err(|error| unusable(&options.path, &error))?;
    let disk = Disk::open(&path, options.bytes_max)?;
    let before = std::fs::metadata(&path).map_err(|error| unusable(&path, &error))?;
    let new = beside(&path);
    clear(&path).map_err(|error| unusable(&new, &error))?;
    let written = rewrite(&disk, &new, options).and_then(|held| {
        replace(&new, &path, &before).map_err(|error| unusable(&path, &error))?;
        let after = std::fs::metadata(&path).map_err(|error| unusable(&path, &error))?;
        // Held until the new file is in place, so that no daemon begins on either of them meanwhile.
        drop(held);
        Ok(Compacted { before: before.len(), after: after.len() })
    });
    drop(disk);
    if written.is_err() {
        clear(&path).map_err(|error| unusable(&new, &error))?;
    }
    written
}

/// Deletes what a compaction that was cut short has left beside the file: it may hold what was erased since.
pub(super) fn clear(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(beside(&path.canonicalize()?)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

fn unusable(path: &Path, error: &io::Error) -> JournalError {
    JournalError::Unusable(format!("{}: {error}", path.display()))
}

/// Copies every row into a new file. What holds the new file is given back with its lock.
fn rewrite(disk: &Disk, new: &Path, options: &EmbeddedOptions) -> Result<Disk, JournalError> {
    let (old, _) = schema::open(disk.clone(), options.cache_bytes)?;
    let held = Disk::open(new, options.bytes_max)?;
    let mut to = schema::open_raw(held.clone(), options.cache_bytes)?;
    let from = old.begin_read().map_err(damaged)?;
    copy(&from, &to, META)?;
    copy(&from, &to, HEADS)?;
    copy(&from, &to, LOG)?;
    copy(&from, &to, ROWS)?;
    copy(&from, &to, CURSORS)?;
    // It was written in several transactions, which leaves gaps.
    to.compact().map_err(|error| JournalError::Unusable(format!("{}: {error}", new.display())))?;
    Ok(held)
}

fn copy<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &Database,
    definition: TableDefinition<'_, K, V>,
) -> Result<(), JournalError> {
    let copied = copy_rows(from, to, definition).map_err(damaged)?;
    let held = from.open_table(definition).map_err(damaged)?.len().map_err(damaged)?;
    if copied != held {
        let words = format!("a table of {held} rows gave {copied} of them");
        return Err(JournalError::Damaged(words));
    }
    Ok(())
}

fn copy_rows<K: Key + 'static, V: Value + 'static>(
    from: &ReadTransaction,
    to: &Database,
    definition: TableDefinition<'_, K, V>,
) -> Result<u64, redb::Error> {
    let mut rows = from.open_table(definition)?.range::<K::SelfType<'_>>(..)?;
    let mut copied = 0_u64;
    loop {
        let mut some = false;
        let transaction = schema::begin_write(to)?;
        {
            let mut table = transaction.open_table(definition)?;
            for row in rows.by_ref().take(ROWS_AT_ONCE) {
                let (key, value) = row?;
                table.insert(key.value(), value.value())?;
                copied = copied.saturating_add(1);
                some = true;
            }
        }
        transaction.commit()?;
        if !some {
            return Ok(copied);
        }
    }
}

/// Gives the new file the old one's owner and rights, and its name.
fn replace(new: &Path, path: &Path, before: &std::fs::Metadata) -> io::Result<()> {
    let made = std::fs::metadata(new)?;
    if (made.uid(), made.gid()) != (before.uid(), before.gid()) {
        chown(new, Some(before.uid()), Some(before.gid()))?;
    }
    std::fs::set_permissions(new, before.permissions())?;
    let file = std::fs::File::open(new)?;
    file.sync_all()?;
    std::fs::rename(new, path)?;
    match path.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
