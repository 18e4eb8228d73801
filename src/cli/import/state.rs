//! Where an import stands, kept beside its file so that it can continue.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::kind::{Kind, Rerun};
use crate::cli::Failure;

/// Position and totals of an import; written after every confirmed batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// Content hash of the file.
    pub(super) file: String,
    /// The daemon it goes to.
    pub(super) url: String,
    /// Hash of the options that shape batches; other options would cut other batches under the same ids.
    pub(super) options: String,
    /// How often the file was deliberately imported again.
    pub(super) again: u64,
    /// The moment the counts were true.
    pub(super) as_of: String,
    /// Confirmed batches.
    pub(super) batches: u64,
    /// Last line that was read when the newest batch was confirmed.
    pub(super) line: u64,
    /// How much that could not be sent is accounted for; it is found in the same order on every run.
    pub(super) spoilt: u64,
    pub(super) applied: u64,
    pub(super) refused: u64,
    /// Length of the rejects file that belongs to the confirmed batches.
    pub(super) rejects_bytes: u64,
    /// Whether the file must not be booked twice by accident.
    pub(super) once: bool,
    pub(super) done: bool,
}

impl State {
    /// Continues what the state file tells, or starts anew.
    ///
    /// # Errors
    /// The file was imported already, the options changed in between, or the state file can't be read.
    pub(super) fn open(kind: &impl Kind, file: String, now: &str) -> Result<Self, Failure> {
        let (name, common) = kind.common();
        let as_of = kind.as_of().map_or_else(|| now.to_owned(), |time| time.to_string());
        let options: String = blake3::hash(kind.options().as_bytes()).to_hex().chars().take(16).collect();
        let fresh = |again| Self {
            file: file.clone(),
            url: common.url.clone(),
            options: options.clone(),
            again,
            as_of: as_of.clone(),
            batches: 0,
            line: 0,
            spoilt: 0,
            applied: 0,
            refused: 0,
            rejects_bytes: 0,
            once: false,
            done: false,
        };
        let path = beside(name);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(fresh(0)),
            Err(error) => return Err(format!("can't read {}: {error}", path.display()).into()),
        };
        let found: Self = serde_json::from_str(&text)
            .map_err(|error| format!("{} is damaged ({error}); remove it to start anew", path.display()))?;
        // Ids do not depend on the address: the same store under another name still books nothing twice.
        if found.file != file || found.url != common.url {
            return Ok(fresh(0));
        }
        if common.again {
            return Ok(fresh(found.again + 1));
        }
        if found.done && found.once {
            let told = "this file was imported already and holds movements; --again books them a second time";
            return Err(told.into());
        }
        if found.done {
            return Ok(fresh(found.again + u64::from(kind.rerun() != Rerun::Same)));
        }
        if found.options != options {
            let told = "an import of this file was cut short under other options (source, as-of, warehouse, channel, batch); use the same ones to continue, or --again to start over";
            return Err(told.into());
        }
        Ok(found)
    }

    /// What an id begins with: the same for the same parts, so that booking something twice is impossible unless it is
    /// asked for.
    pub(super) fn run_id(&self, parts: &[&str]) -> String {
        let mut hasher = blake3::Hasher::new();
        for part in parts {
            hasher.update(part.as_bytes());
            hasher.update(b"\0");
        }
        hasher.update(&self.again.to_le_bytes());
        let run: String = hasher.finalize().to_hex().chars().take(24).collect();
        format!("import-{run}")
    }

    /// Replaces the state file in one step.
    ///
    /// # Errors
    /// The folder can't be written to.
    pub(super) fn save(&self, file: &Path) -> Result<(), Failure> {
        let path = beside(file);
        let mut draft = path.clone().into_os_string();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        let write = || {
            let mut out = std::fs::File::create(&draft)?;
            out.write_all(serde_json::to_string(self)?.as_bytes())?;
            out.sync_data()?;
            std::fs::rename(&draft, &path)
        };
        write().map_err(|error: std::io::Error| format!("can't write {}: {error}", path.display()).into())
    }
}

/// `stock.csv` -> `stock.csv.lagerd-import`.
pub(super) fn beside(file: &Path) -> PathBuf {
    let mut name: OsString = file.as_os_str().to_owned();
    name.push(".lagerd-import");
    PathBuf::from(name)
}
