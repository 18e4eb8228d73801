//! What can go wrong between an actor and its journal.

/// Why a commit was not confirmed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The stored head is not the expected one, or the log already has an entry at that version. Nothing of this
    /// batch was written by this call (an earlier attempt of the same batch may have been).
    #[error("the journal's head is not the expected one")]
    Conflict,
    /// The store surely did not write the batch and asks to come back later (away, loading, out of memory, disk full).
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// Nobody knows whether the batch was written (timeout, cut connection). Ask again with a resync, never guess.
    #[error("outcome unknown: {0}")]
    Unknown(String),
}

/// Why a journal could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The store is away or busy; the same call may succeed later.
    #[error("store unavailable: {0}")]
    Unavailable(String),
    /// What is stored can't be understood: a record of a newer version, a damaged file, a key of a foreign type.
    #[error("stored data is damaged: {0}")]
    Damaged(String),
    /// The store holds less, or other, than was acknowledged, and this process can't repair it (J6 c).
    #[error("store lost acknowledged data: {0}")]
    Lost(String),
    /// The store refuses to be used as configured (eviction policy, no persistence, held by another process).
    #[error("store unusable: {0}")]
    Unusable(String),
}
