//! The file under redb. It tells a full disk, after which one goes on, from a failed one, after which nobody should.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redb::StorageBackend;

use crate::journal::JournalError;

/// An opened and locked file. Clones share file, lock and flags, so that redb can be opened anew on it after it met a
/// full disk, without another process slipping in.
#[derive(Debug, Clone)]
pub(super) struct Disk {
    file: Arc<File>,
    bytes_max: u64,
    full: Arc<AtomicBool>,
    refusing: Arc<AtomicBool>,
}

impl Disk {
    /// Opens or creates the file, and its folder, and locks it for this process.
    pub(super) fn open(path: &Path, bytes_max: u64) -> Result<Self, JournalError> {
        let failed = |error: io::Error| JournalError::Unusable(format!("{}: {error}", path.display()));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let held = "is held by another process; is a lagerd running on it already?";
                return Err(JournalError::Unusable(format!("{} {held}", path.display())));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            // A new file's name must survive the loss of power as its contents do.
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
        }
        Ok(Self { file: Arc::new(file), bytes_max, full: Arc::default(), refusing: Arc::default() })
    }

    /// Whether a write failed for want of space since the last call.
    pub(super) fn take_full(&self) -> bool {
        self.full.swap(false, Ordering::AcqRel)
    }

    /// Remembers whether the newest write was refused for want of space.
    pub(super) fn set_refusing(&self, refusing: bool) {
        self.refusing.store(refusing, Ordering::Release);
    }

    /// Whether the newest write was refused for want of space.
    pub(super) fn is_refusing(&self) -> bool {
        self.refusing.load(Ordering::Acquire)
    }

    fn note<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
            )
        {
            self.full.store(true, Ordering::Release);
        }
        result
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if len > self.bytes_max && len > self.len()? {
            return self.note(Err(io::ErrorKind::StorageFull.into()));
        }
        self.note(self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data().inspect_err(|error| {
            // After a failed sync the kernel may have dropped the pages: what a later read shows is not what the disk
            // holds, and a later sync may succeed although the data is gone. Only a fresh start can tell.
            tracing::error!(%error, "cannot sync the store to disk; ending the process before it answers anything");
            std::process::abort();
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.note(self.file.write_all_at(data, offset))
    }
}
