//! `[store]`: where the journals live.

use std::path::PathBuf;

use serde::Serialize;

use super::Secret;
use super::reader::{Table, Words};

/// Which engine keeps the journals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreKind {
    /// One file in the state directory; synced before every answer.
    Embedded,
    /// A Redis server; as durable as its `appendfsync` says.
    Redis,
}

impl StoreKind {
    /// Its word in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Redis => "redis",
        }
    }
}

impl Words for StoreKind {
    const WORDS: &'static [(&'static str, Self)] = &[("embedded", Self::Embedded), ("redis", Self::Redis)];
}

/// The store, and how much of its past is kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Store {
    /// Which engine.
    pub kind: StoreKind,
    /// Directory for what the daemon keeps on its own machine: the embedded store, the witness file beside Redis, the
    /// rescue folder. Under systemd the unit's StateDirectory is the default.
    pub state_dir: PathBuf,
    /// The embedded store's file, within `state_dir` unless absolute.
    pub path: PathBuf,
    /// Address of Redis, from `url`, `url_file` or `url_credential`; there when `kind` is Redis. May hold a password.
    pub url: Option<Secret>,
    /// Whether a Redis that may evict keys is accepted; it loses stock when memory runs short.
    pub allow_eviction: bool,
    /// Log kept per journal, in bytes; what a consumer has not read beyond that is dropped and it is told `gap`.
    pub retain_bytes: u64,
    /// Log kept per journal, in days, for history; whichever of the two ends first.
    pub retain_days: u64,
    /// Newest acknowledged batches kept in memory, in bytes over all journals, to repair a store that lost its tail.
    pub ring_bytes: u64,
}

impl Store {
    /// The embedded store's file.
    #[must_use]
    pub fn embedded_file(&self) -> PathBuf {
        self.state_dir.join(&self.path)
    }

    pub(super) fn read(table: &mut Table<'_>) -> (Self, UrlKeys) {
        let file = |text: &str| if text.is_empty() { Err(String::new()) } else { Ok(PathBuf::from(text)) };
        let store = Self {
            kind: table.word("kind", StoreKind::Embedded),
            state_dir: table.text("state_dir", (STATE_DIR, STATE_DIR.into()), "a directory", file),
            path: table.text("path", ("stock.redb", "stock.redb".into()), "a file's path", file),
            url: table.secret_opt("url", URL, url),
            allow_eviction: table.flag("allow_eviction", false),
            retain_bytes: table.whole("retain_bytes", 268_435_456, 1_048_576..=1_099_511_627_776),
            retain_days: table.whole("retain_days", 30, 1..=3_650),
            ring_bytes: table.whole("ring_bytes", 67_108_864, 0..=17_179_869_184),
        };
        let keys = UrlKeys::read(table);
        (store, keys)
    }
}

pub(super) const STATE_DIR: &str = "lagerd-state";

/// What an address of Redis looks like.
pub(super) const URL: &str = "an address that begins with redis://, rediss:// or redis+unix://";

/// Where else the address may stand; resolved while loading and not kept.
#[derive(Debug)]
pub(super) struct UrlKeys {
    pub(super) file: Option<PathBuf>,
    pub(super) credential: Option<String>,
}

impl UrlKeys {
    pub(super) fn read(table: &mut Table<'_>) -> Self {
        Self {
            file: table.text_opt("url_file", "the path of a file whose first line is the address", |text| {
                if text.is_empty() { Err(String::new()) } else { Ok(PathBuf::from(text)) }
            }),
            credential: table.text_opt(
                "url_credential",
                "the name of a systemd credential that holds the address",
                |text| {
                    if text.is_empty() || text.contains('/') {
                        Err(String::new())
                    } else {
                        Ok(text.to_owned())
                    }
                },
            ),
        }
    }
}

/// An address of Redis, checked by its scheme alone: the rest is the client's business.
pub(super) fn url(text: &str) -> Option<Secret> {
    let text = text.trim();
    let known = ["redis://", "rediss://", "redis+unix://"];
    known
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        .then(|| Secret::new(text))
}
