//! What a journal's entry says, one thing at a time, for whoever is told of it outside.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::domain::channel::{Channel, ChannelFact};
use crate::domain::desk::{Desk, DeskFact, DeskRow, Document};
use crate::domain::fact::Fact;
use crate::domain::ids::{ChannelId, OrderId, WarehouseId};
use crate::domain::item::{ItemFact, Items};
use crate::domain::machine::Cause;
use crate::domain::time::Timestamp;
use crate::domain::warehouse::Warehouse;
use crate::journal::record::{Entry, Recorded};
use crate::journal::{Head, JournalError, JournalId, JournalKind, StoredEntry};

/// One thing that happened, with its place in its journal.
#[derive(Debug, Clone)]
pub struct Happened {
    /// The journal's name, `<letter>:<owner>`: things of one journal are told in order, those of several in none.
    pub journal: Arc<str>,
    /// The entry it is part of.
    pub head: Head,
    /// Which of the entry's things it is.
    pub index: usize,
    /// When it was decided.
    pub at: Timestamp,
    /// Who caused it; `None` where time alone did.
    pub cause: Option<Cause>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// To a warehouse's stock.
    Stock(WarehouseId, Fact),
    /// To a channel's policies and backorders.
    Channel(ChannelId, ChannelFact),
    /// To an item card.
    Item(ItemFact),
    /// To a document of an order desk.
    Document(Box<Told>),
    /// Entries from `from` to `to` were forgotten before they were told: whoever follows this journal reloads.
    Gap {
        /// The first that was not told.
        from: u64,
        /// The last that was not told.
        to: u64,
    },
}

/// What happened to a document, and the document as the same entry left it. Its debug form hides the contact.
#[derive(Clone)]
pub struct Told {
    /// What happened.
    pub fact: DeskFact,
    /// The document after the entry; `None` where the entry forgot it.
    pub document: Option<Document>,
    /// Its contact as it was handed in, where it was asked for: `None` inside = erased, or never given.
    pub contact: Option<Option<Bytes>>,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contact = self.contact.as_ref().map(|contact| contact.as_ref().map(Bytes::len));
        let mut form = f.debug_struct("Told");
        form.field("fact", &self.fact)
            .field("document", &self.document)
            .field("contact_bytes", &contact)
            .finish()
    }
}

impl Happened {
    /// The id it has everywhere: `<journal>.<version>-<nonce>.<index>`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}.{}.{}", self.journal, self.head, self.index)
    }

    /// Its place in its journal as a text that sorts like the place.
    #[must_use]
    pub fn sequence(&self) -> String {
        format!("{:020}-{:06}", self.head.version, self.index)
    }

    /// That entries were forgotten before they were told; `next` is the oldest that is left.
    #[must_use]
    pub fn gap(id: &JournalId, from: u64, next: Head, at: Timestamp) -> Self {
        let what = What::Gap { from, to: next.version.saturating_sub(1) };
        Self { journal: id.to_string().into(), head: next, index: 0, at, cause: None, what }
    }
}

/// Everything an entry says, in order.
///
/// # Errors
/// [`JournalError::Damaged`] where it can't be understood.
pub fn of_entry(id: &JournalId, stored: &StoredEntry) -> Result<Vec<Happened>, JournalError> {
    let name: Arc<str> = id.to_string().into();
    match id.kind {
        JournalKind::Warehouse => {
            let warehouse = WarehouseId::stored(&id.name);
            let entry = Entry::<Warehouse>::decode(&stored.entry)?;
            Ok(told(&name, stored.head, entry, |fact, _| What::Stock(warehouse.clone(), fact)))
        }
        JournalKind::Channel => {
            let channel = ChannelId::stored(&id.name);
            let entry = Entry::<Channel>::decode(&stored.entry)?;
            Ok(told(&name, stored.head, entry, |fact, _| What::Channel(channel.clone(), fact)))
        }
        JournalKind::Items => {
            let entry = Entry::<Items>::decode(&stored.entry)?;
            Ok(told(&name, stored.head, entry, |fact, _| What::Item(fact)))
        }
        JournalKind::Desk => {
            let entry = Entry::<Desk>::decode(&stored.entry)?;
            Ok(told(&name, stored.head, entry, |fact, rows| {
                let document = document_of(rows, &fact.document);
                What::Document(Box::new(Told { fact, document, contact: None }))
            }))
        }
    }
}

fn told<M: Recorded>(
    journal: &Arc<str>,
    head: Head,
    entry: Entry<M>,
    what: impl Fn(M::Fact, &[M::Row]) -> What,
) -> Vec<Happened> {
    let Entry { at, causes, facts, rows } = entry;
    facts
        .into_iter()
        .enumerate()
        .map(|(index, (cause, fact))| Happened {
            journal: journal.clone(),
            head,
            index,
            at,
            cause: cause.and_then(|cause| causes.get(cause)).cloned(),
            what: what(fact, &rows),
        })
        .collect()
}

fn document_of(rows: &[DeskRow], id: &OrderId) -> Option<Document> {
    rows.iter().find_map(|row| match row {
        DeskRow::Open(known, Some(document)) | DeskRow::Archived(known, Some(document)) if known == id => {
            Some(document.clone())
        }
        DeskRow::Open(..) | DeskRow::Archived(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => None,
    })
}
