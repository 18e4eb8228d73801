//! Telling a part of the journals again, to one queue: "our ERP was down, send Tuesday once more".
//!
//! It is asked for in steps, each of which answers where the next begins, so that nothing runs on unseen and whoever asks
//! can stop, and go on later.

use std::str::FromStr;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use super::{Away, Relay, To};
use crate::domain::time::Timestamp;
use crate::feed::happened::of_entry;
use crate::journal::record::{entry_time, first_since};
use crate::journal::{JournalError, JournalId};

/// Entries one step tells at most.
const ENTRIES: usize = 500;
/// Stands for the end of a journal, where a step ended with one.
const END: u64 = u64::MAX;

/// What is told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// To which queue.
    pub queue: Arc<str>,
    /// What was decided at this time or later.
    pub since: Timestamp,
    /// And before this one.
    pub until: Timestamp,
    /// Of this journal alone, `<letter>:<owner>`.
    pub journal: Option<String>,
    /// Where the last step ended, `<journal>/<version>`; `None` at the beginning.
    pub after: Option<String>,
}

/// What one step told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replayed {
    /// Entries that were told; each is some messages.
    pub entries: u64,
    /// Where the next step begins; `None` where all is told.
    pub next: Option<String>,
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// No such journal, or a place that no step has answered.
    #[error("{0}")]
    Unknown(String),
    /// The journals can't be read.
    #[error(transparent)]
    Store(#[from] JournalError),
    /// The queue did not take it.
    #[error(transparent)]
    Outlet(#[from] Away),
}

impl Relay {
    /// Tells the next part again. Answers once it is confirmed.
    ///
    /// # Errors
    /// Why the step was not made, or not wholly: asking for it again repeats it.
    pub async fn replay(&self, wanted: &Replay) -> Result<Replayed, ReplayError> {
        let begun = wanted.after.as_deref().map(place).transpose()?;
        let mut journals = self.journal.journals().await?;
        if let Some(name) = &wanted.journal {
            journals.retain(|id| id.to_string() == *name);
            if journals.is_empty() {
                let there = "w:<warehouse>, c:<channel>, d:<00 to 15> and i:items are";
                return Err(ReplayError::Unknown(format!(
                    "journal: nothing was ever written to {name}; {there}"
                )));
            }
        }
        let mut journals = journals.into_iter().peekable();
        if let Some((id, version)) = &begun {
            while journals.next_if(|known| known < id || (known == id && *version == END)).is_some() {}
        }
        let Some(id) = journals.next() else { return Ok(Replayed::default()) };
        let from = match begun {
            Some((known, version)) if known == id => version.saturating_add(1),
            _ => {
                let span = self.journal.span(&id).await?;
                first_since(&*self.journal, &id, (span.first, span.head.version), wanted.since).await?
            }
        };
        let (entries, last) = self.tell_again(&id, from, wanted).await?;
        let next = match last {
            Some(version) => Some(format!("{id}/{version}")),
            None => journals.next().map(|_| format!("{id}/{END}")),
        };
        Ok(Replayed { entries, next })
    }

    /// Tells entries from a version on; how many, and the last of them where more may follow.
    async fn tell_again(
        &self,
        id: &JournalId,
        from: u64,
        wanted: &Replay,
    ) -> Result<(u64, Option<u64>), ReplayError> {
        let page = self.journal.read(id, from.max(1), ENTRIES).await?;
        let (mut told, mut last, mut confirming) = (0_u64, None, FuturesOrdered::new());
        for stored in page {
            if entry_time(&stored.entry)? >= wanted.until {
                last = None;
                break;
            }
            let mut happened = of_entry(id, &stored)?;
            self.join_contacts(id, &mut happened).await?;
            confirming.push_back(self.outlet.send(happened, To::Queue(wanted.queue.clone())).await?);
            told = told.saturating_add(1);
            last = Some(stored.head.version);
        }
        while let Some(done) = confirming.next().await {
            done?;
        }
        Ok((told, last))
    }
}

fn place(text: &str) -> Result<(JournalId, u64), ReplayError> {
    let wrong = || ReplayError::Unknown(format!("after: {text:?} is no place that a step has answered"));
    let (journal, version) = text.rsplit_once('/').ok_or_else(wrong)?;
    let id = JournalId::from_str(journal).map_err(|_| wrong())?;
    Ok((id, version.parse().map_err(|_| wrong())?))
}
