//! The trait every store implements, and what passes through it. Bytes only: the typed form is the record's business.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{CommitError, Head, JournalError, JournalId, StoreId};

/// A named group of rows of one journal; in Redis a hash under `lagerd:{<journal>}:<name>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// SKU -> readable level.
    Stock,
    /// Open holds.
    Holds,
    /// Open allocations.
    Allocations,
    /// Safety stock, fences, buffers, caps.
    Policies,
    /// As-of marks of counts, running totals, idempotency floors.
    Marks,
    /// Ids of physical movements.
    Seen,
    /// Minute buckets of recent movements, for counts.
    Movements,
    /// Item cards.
    Items,
    /// Open documents of the order desk: orders, fulfilments, returns, transfers, inbound receipts.
    Orders,
    /// Closed documents of the order desk. Cold.
    Archive,
    /// Personal data of orders. Cold, and beside the journal.
    Contacts,
    /// What waits for goods: waiting claims of a warehouse, backorders of a channel.
    Waiting,
}

impl Table {
    /// Every table, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Stock,
        Self::Holds,
        Self::Allocations,
        Self::Policies,
        Self::Marks,
        Self::Seen,
        Self::Movements,
        Self::Items,
        Self::Orders,
        Self::Archive,
        Self::Contacts,
        Self::Waiting,
    ];

    /// The last part of the table's key in Redis.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Holds => "holds",
            Self::Allocations => "allocations",
            Self::Policies => "policies",
            Self::Marks => "marks",
            Self::Seen => "seen",
            Self::Movements => "movements",
            Self::Items => "items",
            Self::Orders => "orders",
            Self::Archive => "archive",
            Self::Contacts => "contacts",
            Self::Waiting => "waiting",
        }
    }

    /// Whether its rows stay in the store when a journal is loaded: they are read one by one when they are asked for
    /// ([`Journal::row`]), so what they hold costs no memory.
    #[must_use]
    pub const fn is_cold(self) -> bool {
        match self {
            Self::Archive | Self::Contacts => true,
            Self::Stock
            | Self::Holds
            | Self::Allocations
            | Self::Policies
            | Self::Marks
            | Self::Seen
            | Self::Movements
            | Self::Items
            | Self::Orders
            | Self::Waiting => false,
        }
    }

    /// Whether its rows stand beside the journal: written by the same step as an entry, yet named by none, so that no
    /// entry keeps what is deleted here. They are not part of fold(log) and of J2.
    #[must_use]
    pub const fn is_beside(self) -> bool {
        matches!(self, Self::Contacts)
    }

    /// A number that never changes, for stored forms.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// One row to write (an absolute value) or to delete (`None`). Its debug form hides values beside the journal, which are
/// of persons.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// Which table.
    pub table: Table,
    /// The row's key within the table.
    pub key: Bytes,
    /// The value after the batch, or `None` where the row ends.
    pub value: Option<Bytes>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut form = f.debug_struct("Change");
        form.field("table", &self.table).field("key", &self.key);
        if self.table.is_beside() {
            form.field("bytes", &self.value.as_ref().map(Bytes::len)).finish()
        } else {
            form.field("value", &self.value).finish()
        }
    }
}

/// What one atomic step writes.
///
/// Rows beside the journal ([`Table::is_beside`]) come with the batch and not from its entry. All of them are there
/// whenever the batch was confirmed to whoever made it, also where the store lost it and it was appended again from the
/// [`Ring`](super::Ring). They can be missing, and then stay so, where only the entry was left to go by:
/// - an interrupted write (J1) finished by somebody else than its maker, say after both store and daemon died in it;
/// - a lost tail (J6 a) repaired by a process that knows the batches from the log alone: it was started after they were
///   written, or took them over from another writer.
///
/// So a key that an entry names and the store doesn't have is missing unless an entry says that it was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The head this batch was decided on.
    pub expected: Head,
    /// The head it makes: `expected.version + 1` and a fresh nonce.
    pub head: Head,
    /// The log entry.
    pub entry: Bytes,
    /// The rows after it; at most one change per row. A pure function of the entry, but for those beside the journal.
    pub changes: Vec<Change>,
}

impl Batch {
    /// Whether it makes the version right after the one it was decided on. A batch that doesn't is a bug of its maker;
    /// stores answer it with a conflict and write nothing, so that no log ever has a gap (J6).
    #[must_use]
    pub fn follows(&self) -> bool {
        self.expected.version.checked_add(1) == Some(self.head.version)
    }

    /// About how many bytes it takes in memory and on the wire.
    #[must_use]
    pub fn size(&self) -> usize {
        let row =
            |change: &Change| change.key.len() + change.value.as_ref().map_or(0, Bytes::len) + ROW_OVERHEAD;
        self.entry.len() + self.changes.iter().map(row).sum::<usize>() + ROW_OVERHEAD
    }
}

/// What a row costs beside its bytes, roughly: the change itself and its framing.
const ROW_OVERHEAD: usize = 80;

/// Tells the rows an entry writes, none beside the journal: the pure function behind "rows = fold(log)" (J2).
///
/// Fails with [`JournalError::Damaged`] on an entry it can't understand.
pub type ChangesOf = fn(&[u8]) -> Result<Vec<Change>, JournalError>;

/// An entry as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Its version and nonce.
    pub head: Head,
    /// Its bytes, as committed.
    pub entry: Bytes,
}

/// What a journal holds, without its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The head; [`Head::GENESIS`] where nothing was ever written.
    pub head: Head,
    /// Version of the oldest entry still in the log; `head.version + 1` where the log is empty.
    pub first: u64,
    /// The newest log entry's head, `None` where the log is empty. Above `head` only after an interrupted write (J1).
    pub last: Option<Head>,
    /// About how many bytes the log takes.
    pub log_bytes: u64,
}

/// Where to go on reading rows; opaque, made by the store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowCursor(pub Bytes);

/// Some rows of a table; they may be of persons, so its debug form tells how many. A row may come twice while others write; a reader takes the later and then replays the log
/// from the head it saw before it began.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Key and value.
    pub rows: Vec<(Bytes, Bytes)>,
    /// Where to go on; `None` after the last page.
    pub next: Option<RowCursor>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page").field("rows", &self.rows.len()).field("next", &self.next.is_some()).finish()
    }
}

/// How the store does, for `/readyz` and metrics.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreHealth {
    /// Whether the last contact succeeded.
    pub reachable: bool,
    /// Promises that the store's settings weaken, in words (for example `appendfsync everysec: …`). Never secrets.
    pub warnings: Vec<String>,
}

/// A durable store of journals. Commits to one journal are issued by one owner, in order, several in flight; the head
/// check keeps a second owner from ever writing on top (J1, J3).
pub trait Journal: Send + Sync + fmt::Debug + 'static {
    /// The store's identity, made at its first use.
    fn store_id(&self) -> StoreId;

    /// How the store does.
    fn health(&self) -> StoreHealth;

    /// Asks whoever writes whether it goes on: true once it has come by between two writes. It says nothing of the store,
    /// which may be away or slow without its writer being to blame ([`Journal::health`] tells that); a writer that is
    /// gone answers false, one that hangs not at all.
    fn ping(&self) -> BoxFuture<'static, bool> {
        // Where a call writes by itself, nobody else has to go on.
        Box::pin(std::future::ready(true))
    }

    /// A number that goes up whenever contact to the store was lost and made again. What was confirmed before may be gone
    /// after, so an owner that sees it go up resyncs before it answers anything more, also when nothing was in flight.
    fn contacts(&self) -> u64 {
        0
    }

    /// Writes one batch, durable before it answers. Calls made one after the other on the same journal are carried out
    /// in that order without waiting for each other's answer (the future may be polled later; the order is that of the
    /// calls of `commit`).
    fn commit(&self, id: &JournalId, batch: Arc<Batch>) -> BoxFuture<'static, Result<(), CommitError>>;

    /// Head and extent of a journal. A journal nobody wrote to is empty, not an error.
    fn span<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Span, JournalError>>;

    /// Entries from version `from` on, in order; at most `limit`, fewer where they are large (at least one if any).
    /// Where `from` was trimmed, the answer begins with the oldest entry kept: compare its version.
    fn read<'a>(
        &'a self,
        id: &'a JournalId,
        from: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<StoredEntry>, JournalError>>;

    /// A page of a table's rows; begin with the default cursor.
    fn rows<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        from: RowCursor,
    ) -> BoxFuture<'a, Result<Page, JournalError>>;

    /// One row, `None` where there is none; what every commit left that was answered before this call, or newer.
    fn row<'a>(
        &'a self,
        id: &'a JournalId,
        table: Table,
        key: &'a [u8],
    ) -> BoxFuture<'a, Result<Option<Bytes>, JournalError>>;

    /// Finishes an interrupted write (J1): if `last` is still the newest log entry and is above the head, writes its
    /// rows and sets the head to it; otherwise does nothing. Finishing twice does no harm.
    fn finish<'a>(
        &'a self,
        id: &'a JournalId,
        last: Head,
        changes: Vec<Change>,
    ) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Forgets log entries below version `before`; never rows, never the newest entry.
    fn trim<'a>(&'a self, id: &'a JournalId, before: u64) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Confirmed positions of a journal's consumers.
    fn cursors<'a>(&'a self, id: &'a JournalId) -> BoxFuture<'a, Result<Vec<(String, Head)>, JournalError>>;

    /// Moves (only ever up) or drops (`None`) a consumer's position. A position that is not above the stored one
    /// changes nothing and is no error: a late confirmation is normal.
    fn set_cursor<'a>(
        &'a self,
        id: &'a JournalId,
        consumer: &'a str,
        at: Option<Head>,
    ) -> BoxFuture<'a, Result<(), JournalError>>;

    /// Every journal something was ever written to, in order of id.
    fn journals(&self) -> BoxFuture<'_, Result<Vec<JournalId>, JournalError>>;
}
