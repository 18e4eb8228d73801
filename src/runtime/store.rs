//! Opens the configured store, and holds it against what this machine remembers of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Settings, StoreKind};
use crate::domain::warehouse::Warehouse;
use crate::journal::embedded::{EmbeddedJournal, EmbeddedOptions};
use crate::journal::record::Entry;
use crate::journal::redis::{RedisJournal, RedisOptions};
use crate::journal::witness::{Verdict, Witness, Witnessed, check};
use crate::journal::{Journal, JournalError, StoreId};

/// What an operator may do about a loss.
const WAY_OUT: &str = "restore it, or start with --accept-loss to go on without what it lost";

/// Why a store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store is away.
    #[error("{0}")]
    Unavailable(String),
    /// The store can't be used as it is.
    #[error("{0}")]
    Unusable(String),
    /// The store lost what this machine saw confirmed.
    #[error("{0}")]
    Lost(String),
}

impl From<JournalError> for OpenError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(why) => Self::Unavailable(why),
            JournalError::Damaged(why) | JournalError::Unusable(why) => Self::Unusable(why),
            JournalError::Lost(why) => Self::Lost(why),
        }
    }
}

/// A store ready for use.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub journal: Arc<dyn Journal>,
    /// What keeps its witness; only beside Redis.
    pub witness: Option<Witness>,
}

/// Opens the configured store. With `accept_loss` a store that lost confirmed entries is used all the same.
///
/// # Errors
/// [`OpenError`].
pub async fn open_store(settings: &Settings, accept_loss: bool) -> Result<Opened, OpenError> {
    let folder = &settings.store.state_dir;
    std::fs::create_dir_all(folder).map_err(|error| {
        OpenError::Unusable(format!("cannot make the folder {}: {error}", folder.display()))
    })?;
    match settings.store.kind {
        StoreKind::Embedded => {
            let journal = open_embedded(settings.store.embedded_file()).await?;
            Ok(Opened { journal, witness: None })
        }
        StoreKind::Redis => open_redis(settings, &folder.join("witness"), accept_loss).await,
    }
}

/// Opens the configured store to look at it: no witness is held against it or kept.
///
/// # Errors
/// [`OpenError`].
pub(super) async fn open_to_look(settings: &Settings) -> Result<Arc<dyn Journal>, OpenError> {
    match settings.store.kind {
        StoreKind::Embedded => {
            let path = settings.store.embedded_file();
            if !path.exists() {
                return Err(OpenError::Unusable(format!("there is no store at {}", path.display())));
            }
            open_embedded(path).await
        }
        StoreKind::Redis => Ok(Arc::new(redis_to_look(settings).await?)),
    }
}

/// Opens the configured Redis as one that is only looked at.
///
/// # Errors
/// [`OpenError`].
pub(super) async fn redis_to_look(settings: &Settings) -> Result<RedisJournal, OpenError> {
    let url = settings.store.url.as_ref().map(|url| url.expose().to_owned()).unwrap_or_default();
    let mut options = RedisOptions::new(url);
    options.allow_eviction = true;
    options.found_store = false;
    Ok(RedisJournal::open(&options).await?)
}

async fn open_embedded(path: PathBuf) -> Result<Arc<dyn Journal>, OpenError> {
    let options = EmbeddedOptions::new(path);
    let opened = tokio::task::spawn_blocking(move || EmbeddedJournal::open(&options)).await;
    let opened = opened.map_err(|error| OpenError::Unusable(format!("opening the store failed: {error}")))?;
    Ok(Arc::new(opened?))
}

async fn open_redis(settings: &Settings, path: &Path, accept_loss: bool) -> Result<Opened, OpenError> {
    let url = settings.store.url.as_ref().map(|url| url.expose().to_owned()).unwrap_or_default();
    let witnessed = match Witnessed::read(path) {
        Err(error) if accept_loss => {
            tracing::warn!(%error, "the witness is not readable; going on without it as ordered");
            None
        }
        read => read?,
    };
    let mut options = RedisOptions::new(url);
    options.allow_eviction = settings.store.allow_eviction;
    options.found_store = accept_loss || witnessed.is_none();
    let opened = RedisJournal::open(&options).await.map_err(OpenError::from);
    let journal: Arc<dyn Journal> = Arc::new(opened.map_err(|error| match error {
        OpenError::Lost(why) => OpenError::Lost(format!("{why}: {WAY_OUT}")),
        other => other,
    })?);
    if let Some(old) = witnessed.as_ref().filter(|old| old.store != journal.store_id()) {
        tell_replaced(old, journal.store_id());
    }
    let lost = lost(witnessed.as_ref(), journal.as_ref()).await?;
    if !lost.is_empty() && !accept_loss {
        let list = lost.join("; ");
        return Err(OpenError::Lost(format!("the store lost confirmed entries ({list}): {WAY_OUT}")));
    }
    for loss in &lost {
        tracing::error!(%loss, "the store lost confirmed entries; going on as ordered");
    }
    let known = witnessed.filter(|witnessed| lost.is_empty() && witnessed.store == journal.store_id());
    let heads = known.map(|known| known.heads).unwrap_or_default();
    let witness = Witness::keep(path.to_owned(), journal.store_id(), heads);
    Ok(Opened { journal, witness: Some(witness) })
}

/// Another store is no loss by itself, yet whoever reads the log has to learn that what was known is not looked for.
fn tell_replaced(old: &Witnessed, found: StoreId) {
    tracing::warn!(known = %old.store, %found, "this is another store than the one this machine knew; going on with it");
    for (journal, head) in old.heads.iter().filter(|(_, head)| head.version > 0) {
        tracing::warn!(%journal, %head, "confirmed in the store before, not looked for in this one");
    }
}

async fn lost(witnessed: Option<&Witnessed>, journal: &dyn Journal) -> Result<Vec<String>, OpenError> {
    let told = |bytes: &[u8]| {
        let entry = Entry::<Warehouse>::decode(bytes).ok()?;
        let (from, to) = entry.facts.into_iter().find_map(|(_, fact)| fact.lost)?;
        Some(from..=to)
    };
    let verdicts = check(witnessed, journal, told).await?;
    let lost = verdicts.into_iter().filter_map(|(id, verdict)| match verdict {
        Verdict::Lost { witnessed, found } => Some(format!("{id} was at {witnessed}, is at {found}")),
        Verdict::Passed | Verdict::New => None,
    });
    Ok(lost.collect())
}
