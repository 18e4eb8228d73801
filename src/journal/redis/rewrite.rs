//! Letting Redis write its files anew, with nothing in them but what it holds now.

use std::collections::HashMap;
use std::time::Duration;

use redis::{Value, cmd};

use super::command::{array, text};
use super::fault::odd_reply;
use super::store::RedisJournal;
use crate::journal::JournalError;

/// How often Redis is asked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Which files Redis wrote anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// The append-only file.
    pub append_file: bool,
    /// The snapshot.
    pub snapshot: bool,
}

impl RedisJournal {
    /// Lets Redis write its append-only file anew, and its snapshot where it is set to make any, and waits until it has;
    /// it works on meanwhile. What was deleted before the call is in neither of them then. Replicas and backups have
    /// files of their own.
    ///
    /// # Errors
    /// [`JournalError::Unusable`] where Redis says that it failed or keeps no file; the other errors as it gives them, for
    /// example where this user may not ask for it.
    pub async fn rewrite(&self) -> Result<Rewritten, JournalError> {
        let append_file = self.persistence("aof_enabled").await?.as_deref() == Some("1");
        let snapshot = self.makes_snapshots().await?;
        if !append_file && !snapshot {
            return Err(JournalError::Unusable("this redis keeps no file by itself".to_owned()));
        }
        if append_file {
            self.call(&cmd("BGREWRITEAOF")).await?;
            self.done(["aof_rewrite_in_progress", "aof_rewrite_scheduled"], "aof_last_bgrewrite_status")
                .await?;
        }
        if snapshot {
            self.call(cmd("BGSAVE").arg("SCHEDULE")).await?;
            self.done(["rdb_bgsave_in_progress", "aof_rewrite_in_progress"], "rdb_last_bgsave_status")
                .await?;
        }
        Ok(Rewritten { append_file, snapshot })
    }

    /// Whether Redis is set to make snapshots by itself.
    async fn makes_snapshots(&self) -> Result<bool, JournalError> {
        let reply = self.call(cmd("CONFIG").arg("GET").arg("save")).await?;
        let parts = array(reply).ok_or_else(|| odd_reply("CONFIG GET save"))?;
        Ok(parts.into_iter().nth(1).and_then(text).is_some_and(|points| !points.is_empty()))
    }

    /// Waits until neither of two things is under way, and tells how the last one ended.
    async fn done(&self, under_way: [&str; 2], status: &str) -> Result<(), JournalError> {
        loop {
            let info = self.info().await?;
            let is = |name: &str, value: &str| info.get(name).is_some_and(|found| found == value);
            if under_way.iter().any(|name| is(name, "1")) {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            if is(status, "ok") {
                return Ok(());
            }
            return Err(JournalError::Unusable(format!(
                "redis could not write its file, see its log ({status})"
            )));
        }
    }

    async fn persistence(&self, name: &str) -> Result<Option<String>, JournalError> {
        Ok(self.info().await?.remove(name))
    }

    async fn info(&self) -> Result<HashMap<String, String>, JournalError> {
        let reply = match self.call(cmd("INFO").arg("persistence")).await? {
            Value::VerbatimString { text, .. } => text,
            reply => text(reply).ok_or_else(|| odd_reply("INFO persistence"))?,
        };
        let pairs = reply.lines().filter_map(|line| line.split_once(':'));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect())
    }
}
