//! What must hold of a Redis before it is written to, checked on every new connection.

use std::collections::HashMap;
use std::sync::OnceLock;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, RedisError, RedisResult, Value, cmd};

use super::command::{LIBRARY, LIBRARY_NAME, STORE_KEY, array, text};
use super::fault::of_call;
use crate::journal::locked::Locked;
use crate::journal::{JournalError, StoreId};

/// The terms, and what was found so far.
#[derive(Debug)]
pub(super) struct Terms {
    allow_eviction: bool,
    found_store: bool,
    store: OnceLock<StoreId>,
    warnings: Locked<Vec<String>>,
}

impl Terms {
    pub(super) fn new(allow_eviction: bool, found_store: bool) -> Self {
        Self { allow_eviction, found_store, store: OnceLock::new(), warnings: Locked::default() }
    }

    /// The store's id, known once a first connection was checked.
    pub(super) fn store(&self) -> Option<StoreId> {
        self.store.get().copied()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.warnings.with(|warnings| warnings.clone())
    }

    /// Everything, for a new connection.
    pub(super) async fn check(&self, connection: &mut MultiplexedConnection) -> Result<(), JournalError> {
        check_role(connection).await?;
        self.check_settings(connection, self.allow_eviction).await?;
        self.check_store(connection).await?;
        load_library(connection).await
    }

    /// What may change while a connection stands. A policy that begins to allow eviction is a warning only: nothing is
    /// evicted yet, and a daemon that stops selling in mid-day helps nobody.
    pub(super) async fn check_again(
        &self,
        connection: &mut MultiplexedConnection,
    ) -> Result<(), JournalError> {
        check_role(connection).await?;
        self.check_settings(connection, true).await?;
        self.check_store(connection).await
    }

    /// The store must be the one it was; a new Redis is made a store once, at the first connection.
    async fn check_store(&self, connection: &mut MultiplexedConnection) -> Result<(), JournalError> {
        let mut found = stored_id(connection).await?;
        if found.is_none() && self.store.get().is_none() && self.found_store {
            let id = StoreId(uuid::Uuid::now_v7().as_u128());
            let set: Value = ask(connection, cmd("SET").arg(STORE_KEY).arg(id.to_string()).arg("NX")).await?;
            drop(set);
            found = stored_id(connection).await?;
        }
        self.compare(found)
    }

    /// Whether the id found is that of the store this process works on.
    pub(super) fn compare(&self, found: Option<StoreId>) -> Result<(), JournalError> {
        let Some(found) = found else {
            return Err(JournalError::Lost(format!(
                "redis holds no `{STORE_KEY}`; it was emptied or replaced"
            )));
        };
        let known = *self.store.get_or_init(|| found);
        if known != found {
            return Err(JournalError::Lost(format!("redis holds store {found}, not {known}")));
        }
        Ok(())
    }

    async fn check_settings(
        &self,
        connection: &mut MultiplexedConnection,
        allow_eviction: bool,
    ) -> Result<(), JournalError> {
        let (settings, mut warnings) = settings(connection).await?;
        let is = |name: &str, value: &str| settings.get(name).is_some_and(|found| found == value);
        if let Some(policy) = settings.get("maxmemory-policy").filter(|policy| *policy != "noeviction") {
            let words = format!("maxmemory-policy {policy}: redis may throw stock away when memory is short");
            if !allow_eviction {
                return Err(JournalError::Unusable(format!("{words}; set it to noeviction")));
            }
            warnings.push(words);
        }
        if is("appendonly", "no") {
            warnings.push(
                "appendonly no: what was answered since the last snapshot is lost when redis stops".into(),
            );
        } else if is("appendfsync", "everysec") {
            warnings.push(
                "appendfsync everysec: up to ~2 s of what was answered may be lost when redis' machine dies"
                    .into(),
            );
        } else if is("appendfsync", "no") {
            warnings.push(
                "appendfsync no: some 30 s of what was answered may be lost when redis' machine dies".into(),
            );
        }
        if is("appendonly", "yes") && is("no-appendfsync-on-rewrite", "yes") {
            warnings.push(
                "no-appendfsync-on-rewrite yes: nothing is synced while redis rewrites its file".into(),
            );
        }
        self.warnings.with(|known| {
            for warning in warnings.iter().filter(|warning| !known.contains(warning)) {
                tracing::warn!("{warning}");
            }
            *known = warnings.clone();
        });
        Ok(())
    }
}

/// Sends the functions where they are missing. A library of the same name with other code is another program's, or a
/// developer's; calling it would be a gamble.
pub(super) async fn load_library(connection: &mut MultiplexedConnection) -> Result<(), JournalError> {
    let mut list = cmd("FUNCTION");
    list.arg("LIST").arg("LIBRARYNAME").arg(LIBRARY_NAME).arg("WITHCODE");
    if let Ok(listed) = list.query_async::<Value>(connection).await
        && let Some(code) = library_code(listed)
    {
        if code == LIBRARY {
            return Ok(());
        }
        let words =
            format!("redis holds another function library named `{LIBRARY_NAME}`; remove it to go on");
        return Err(JournalError::Unusable(words));
    }
    match cmd("FUNCTION").arg("LOAD").arg(LIBRARY).query_async::<Value>(connection).await {
        Ok(_) => Ok(()),
        // Another connection, or another daemon, was faster.
        Err(error) if error.to_string().contains("already exists") => Ok(()),
        Err(error) => Err(of_call(&error)),
    }
}

async fn ask<T: redis::FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &Cmd,
) -> Result<T, JournalError> {
    command.query_async(connection).await.map_err(|error| of_call(&error))
}

async fn stored_id(connection: &mut MultiplexedConnection) -> Result<Option<StoreId>, JournalError> {
    let stored: Option<String> = ask(connection, cmd("GET").arg(STORE_KEY)).await?;
    stored.map(|id| id.parse().map_err(JournalError::Damaged)).transpose()
}

/// Writing to a replica would be refused, or worse, forgotten.
async fn check_role(connection: &mut MultiplexedConnection) -> Result<(), JournalError> {
    let role = match cmd("ROLE").query_async::<Value>(connection).await {
        Ok(reply) => array(reply).and_then(|parts| text(parts.into_iter().next()?)),
        Err(error) if is_denied(&error) => info(connection, "replication").await.remove("role"),
        Err(error) => return Err(of_call(&error)),
    };
    match role.as_deref() {
        // An ACL that tells nothing leaves it to READONLY.
        Some("master") | None => Ok(()),
        Some(other) => Err(JournalError::Unavailable(format!("redis is no master now, its role is {other}"))),
    }
}

/// The settings that matter, by their names in `CONFIG`, and a warning where they can't be seen.
async fn settings(
    connection: &mut MultiplexedConnection,
) -> Result<(HashMap<String, String>, Vec<String>), JournalError> {
    let mut get = cmd("CONFIG");
    get.arg("GET").arg("maxmemory-policy").arg("append*").arg("no-appendfsync-on-rewrite");
    let found: RedisResult<HashMap<String, String>> = get.query_async(connection).await;
    match found {
        Ok(found) => return Ok((found, Vec::new())),
        Err(error) if is_denied(&error) => {}
        Err(error) => return Err(of_call(&error)),
    }
    let mut found = HashMap::new();
    if let Some(policy) = info(connection, "memory").await.remove("maxmemory_policy") {
        found.insert("maxmemory-policy".to_owned(), policy);
    }
    if let Some(enabled) = info(connection, "persistence").await.remove("aof_enabled") {
        let enabled = if enabled == "1" { "yes" } else { "no" };
        found.insert("appendonly".to_owned(), enabled.to_owned());
    }
    let mut warnings =
        vec!["this redis user may not read `appendfsync`: how much a crash loses is unknown".into()];
    if !found.contains_key("maxmemory-policy") {
        warnings
            .push("this redis user may not read `maxmemory-policy`: make sure it is noeviction".to_owned());
    }
    Ok((found, warnings))
}

/// A section of `INFO`; empty where even that is denied.
async fn info(connection: &mut MultiplexedConnection, section: &str) -> HashMap<String, String> {
    let text: String = cmd("INFO").arg(section).query_async(connection).await.unwrap_or_default();
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

/// The ACL says no, or a hosting provider has renamed the command away.
fn is_denied(error: &RedisError) -> bool {
    error.code() == Some("NOPERM") || error.to_string().contains("unknown command")
}

/// The code in a reply of `FUNCTION LIST … WITHCODE`.
fn library_code(listed: Value) -> Option<String> {
    let library = array(listed)?.into_iter().next()?;
    let mut parts = array(library)?.into_iter();
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        if text(name).as_deref() == Some("library_code") {
            return text(value);
        }
    }
    None
}
