//! Writing a store's files anew, so that nothing erased is left in them.

use super::store::{OpenError, redis_to_look};
use crate::config::{Settings, StoreKind};
use crate::journal::embedded::{EmbeddedOptions, compact};

/// Writes the configured store's files anew; the text says what was done, for people.
///
/// # Errors
/// [`OpenError`].
pub async fn run(settings: &Settings) -> Result<String, OpenError> {
    match settings.store.kind {
        StoreKind::Embedded => {
            let path = settings.store.embedded_file();
            if !path.exists() {
                return Err(OpenError::Unusable(format!("there is no store at {}", path.display())));
            }
            let (name, options) = (path.display().to_string(), EmbeddedOptions::new(path));
            let done = tokio::task::spawn_blocking(move || compact(&options)).await;
            let done = done.map_err(|error| OpenError::Unusable(format!("compacting failed: {error}")))??;
            Ok(format!(
                "{name}: {} bytes before, {} after; nothing that was erased is left in it\n",
                done.before, done.after
            ))
        }
        StoreKind::Redis => {
            let done = redis_to_look(settings).await?.rewrite().await?;
            let files = match (done.append_file, done.snapshot) {
                (true, true) => "its append-only file and its snapshot",
                (true, false) => "its append-only file",
                (false, _) => "its snapshot",
            };
            Ok(format!("redis has written {files} anew; nothing that was erased before is left there\n"))
        }
    }
}
