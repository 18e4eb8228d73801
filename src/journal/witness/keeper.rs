//! Keeping the witness while the daemon runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Witnessed;
use crate::journal::locked::Locked;
use crate::journal::{Head, JournalId, StoreId};

/// Pause after each write of the file: how much the witness may lag, and how often the disk must sync for it.
const WRITE_EVERY: Duration = Duration::from_millis(100);

/// Writes confirmed heads to the witness file, a little later and never in anybody's way.
#[derive(Debug)]
pub struct Witness {
    notes: Arc<Notes>,
    closing: CancellationToken,
    writer: TaskTracker,
}

#[derive(Debug)]
struct Notes {
    path: PathBuf,
    store: StoreId,
    heads: Locked<BTreeMap<JournalId, Head>>,
    trouble: Locked<Option<String>>,
    changed: Notify,
}

impl Witness {
    /// Begins to keep `path` for `store`, with the heads that are known already (those an earlier witness knew and the
    /// check passed, so that no journal goes unwatched until its actor is loaded). Needs a tokio runtime.
    #[must_use]
    pub fn keep(path: PathBuf, store: StoreId, heads: BTreeMap<JournalId, Head>) -> Self {
        let (heads, trouble) = (Locked::new(heads), Locked::default());
        let notes = Arc::new(Notes { path, store, heads, trouble, changed: Notify::new() });
        notes.changed.notify_one();
        let closing = CancellationToken::new();
        let writer = TaskTracker::new();
        writer.spawn(write(Arc::clone(&notes), closing.clone()));
        writer.close();
        Self { notes, closing, writer }
    }

    /// Notes a confirmed head. Costs a short lock; called for every batch.
    pub fn note(&self, id: &JournalId, head: Head) {
        self.notes.heads.with(|heads| match heads.get_mut(id) {
            Some(noted) => *noted = head,
            None => drop(heads.insert(id.clone(), head)),
        });
        self.notes.changed.notify_one();
    }

    /// Why the file could not be written the last time, for `/readyz`; `None` when all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.notes.trouble.with(|trouble| trouble.clone())
    }

    /// Writes what was noted last and ends.
    pub async fn close(&self) {
        self.closing.cancel();
        self.writer.wait().await;
    }
}

async fn write(notes: Arc<Notes>, closing: CancellationToken) {
    loop {
        let closed = tokio::select! {
            () = notes.changed.notified() => false,
            () = closing.cancelled() => true,
        };
        write_once(&notes).await;
        if closed {
            return;
        }
        // Whoever closes need not wait for the pause.
        drop(tokio::time::timeout(WRITE_EVERY, closing.cancelled()).await);
    }
}

async fn write_once(notes: &Arc<Notes>) {
    let file = Witnessed { store: notes.store, heads: notes.heads.with(|heads| heads.clone()) };
    let path = notes.path.clone();
    let written = tokio::task::spawn_blocking(move || file.write(&path)).await;
    let trouble = match written {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("cannot write the witness {}: {error}", notes.path.display())),
        Err(error) => Some(format!("writing the witness ended early: {error}")),
    };
    if trouble.is_some() {
        // Tried again after the pause, also when nothing new is noted.
        notes.changed.notify_one();
    }
    let before = notes.trouble.with(|known| std::mem::replace(known, trouble.clone()));
    if let Some(trouble) = trouble.filter(|trouble| before.as_ref() != Some(trouble)) {
        tracing::error!("{trouble}");
    }
}
