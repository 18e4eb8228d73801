//! J2 where rows stay in the store: each is what the last entry that named it says. Values are compared by their hash, so
//! that a long log of closed documents doesn't have to fit into memory, and are never shown.

use ahash::{AHashMap, AHashSet, RandomState};
use bytes::Bytes;

use crate::journal::record::Entry;
use crate::journal::{Change, Head, Journal, JournalError, JournalId, Table, scan};

use super::journal::{Audit, Past, READ_ENTRIES};

/// A row of a cold table.
type Place = (Table, Bytes);

/// What the log says of cold rows: the hash of each one's value after the newest entry read, `None` where it ended.
#[derive(Default)]
pub(super) struct Cold {
    said: AHashMap<Place, Option<u64>>,
    hasher: RandomState,
}

impl Cold {
    /// Takes a change in, where it is of a cold table. Whether it was.
    pub(super) fn note(&mut self, change: Change) -> bool {
        let cold = change.table.is_cold();
        if cold {
            let value = change.value.as_ref().map(|value| self.hasher.hash_one(value));
            self.said.insert((change.table, change.key), value);
        }
        cold
    }

    /// Compares what the store has with what the log said up to `at`. Returns how many rows the store has. Others may
    /// write meanwhile: what differs at first is looked at again beside the entries written since.
    pub(super) async fn check<M: Audit>(
        mut self,
        journal: &dyn Journal,
        id: &JournalId,
        at: Head,
        past: &mut Past,
        problems: &mut Vec<String>,
    ) -> Result<u64, JournalError> {
        let mut rows = 0_u64;
        let mut doubtful: AHashSet<Place> = AHashSet::new();
        let mut right: AHashSet<Place> = AHashSet::new();
        for table in M::TABLES.iter().copied().filter(|table| table.is_cold()) {
            scan(journal, id, table, &mut |key, value| {
                rows = rows.saturating_add(1);
                match M::row_from(table, &key, &value) {
                    Ok(row) => problems.extend(M::cold_problems(&row, past)),
                    Err(error) => problems.push(format!("{}: {error}", name(&(table, key.clone())))),
                }
                let place = (table, key);
                match self.said.get(&place) {
                    Some(said) if *said == Some(self.hasher.hash_one(&value)) => right.insert(place),
                    None if !past.complete => false,
                    Some(_) | None => doubtful.insert(place),
                };
                Ok(())
            })
            .await?;
        }
        let missing = self.said.iter().filter(|(place, said)| said.is_some() && !right.contains(*place));
        doubtful.extend(missing.map(|(place, _)| place.clone()));
        drop(right);
        let mut next = at.version.saturating_add(1);
        for place in doubtful {
            problems.extend(self.doubt::<M>(journal, id, &place, &mut next).await?);
        }
        Ok(rows)
    }

    /// Reads a row again. It is right if it is what the log said before the reading, or anything said up to after it.
    async fn doubt<M: Audit>(
        &mut self,
        journal: &dyn Journal,
        id: &JournalId,
        place: &Place,
        next: &mut u64,
    ) -> Result<Option<String>, JournalError> {
        drop(self.follow::<M>(journal, id, place, next).await?);
        let mut said = vec![self.said.get(place).copied()];
        let stored = journal.row(id, place.0, &place.1).await?.map(|value| self.hasher.hash_one(&value));
        said.extend(self.follow::<M>(journal, id, place, next).await?.into_iter().map(Some));
        if said.contains(&Some(stored)) || (stored.is_none() && said.contains(&None)) {
            return Ok(None);
        }
        let name = name(place);
        Ok(Some(match (stored, said.last().copied().flatten()) {
            (Some(_), None) => format!("J2: the store has {name}, the log never named it"),
            (Some(_), Some(None)) => format!("J2: the store has {name}, the log says that it ended"),
            (Some(_), Some(Some(_))) => format!("J2: the store has {name} otherwise than the log says"),
            (None, _) => format!("J2: the log says {name}, the store has nothing there"),
        }))
    }

    /// Reads the entries from `next` on, and returns what they say of one row.
    async fn follow<M: Audit>(
        &mut self,
        journal: &dyn Journal,
        id: &JournalId,
        place: &Place,
        next: &mut u64,
    ) -> Result<Vec<Option<u64>>, JournalError> {
        let mut said = Vec::new();
        loop {
            let page = journal.read(id, *next, READ_ENTRIES).await?;
            if page.is_empty() {
                return Ok(said);
            }
            for stored in page {
                if stored.head.version != *next {
                    return Err(JournalError::Unavailable(format!("the log of {id} was trimmed meanwhile")));
                }
                *next = next.saturating_add(1);
                for change in Entry::<M>::decode(&stored.entry)?.changes() {
                    let named = (change.table, change.key.clone()) == *place;
                    self.note(change);
                    if named {
                        said.extend(self.said.get(place).copied());
                    }
                }
            }
        }
    }
}

fn name((table, key): &Place) -> String {
    format!("row `{}` of {}", String::from_utf8_lossy(key), table.name())
}
