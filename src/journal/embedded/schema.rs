//! Tables of the file.

use redb::{Database, Durability, ReadableDatabase, StorageBackend, TableDefinition, WriteTransaction};

use crate::journal::{JournalError, StoreId};

/// Journal -> (version, nonce, bytes of its log).
pub(super) const HEADS: TableDefinition<'_, &str, (u64, u64, u64)> = TableDefinition::new("heads");
/// (Journal, version) -> (nonce, entry).
pub(super) const LOG: TableDefinition<'_, (&str, u64), (u64, &[u8])> = TableDefinition::new("log");
/// (Journal, table number, key) -> value.
pub(super) const ROWS: TableDefinition<'_, (&str, u8, &[u8]), &[u8]> = TableDefinition::new("rows");
/// (Journal, consumer) -> (version, nonce).
pub(super) const CURSORS: TableDefinition<'_, (&str, &str), (u64, u64)> = TableDefinition::new("cursors");
/// What the file is.
pub(super) const META: TableDefinition<'_, &str, u128> = TableDefinition::new("meta");

/// Goes up when the tables above change; a file of another schema is refused.
const SCHEMA: u128 = 1;
const SCHEMA_KEY: &str = "schema";
const STORE_KEY: &str = "store";

/// Opens redb on a disk, creates what a new file lacks, and returns the store's id.
pub(super) fn open(
    disk: impl StorageBackend,
    cache_bytes: usize,
) -> Result<(Database, StoreId), JournalError> {
    let database = open_raw(disk, cache_bytes)?;
    let store = match known(&database)? {
        Some(store) => store,
        None => found(&database).map_err(damaged)?,
    };
    Ok((database, store))
}

/// Opens redb on a disk, whatever is on it.
pub(super) fn open_raw(disk: impl StorageBackend, cache_bytes: usize) -> Result<Database, JournalError> {
    let mut builder = Database::builder();
    builder.set_cache_size(cache_bytes);
    builder.set_repair_callback(|session| {
        tracing::info!(progress = session.progress(), "the store was not closed properly; checking it");
    });
    builder.create_with_backend(disk).map_err(damaged)
}

/// The id of a store used before; `None` on a new file.
fn known(database: &Database) -> Result<Option<StoreId>, JournalError> {
    let transaction = database.begin_read().map_err(damaged)?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => {
            let empty = transaction.list_tables().map_err(damaged)?.next().is_none();
            return if empty { Ok(None) } else { Err(foreign()) };
        }
        Err(error) => return Err(damaged(error)),
    };
    let value = |key| meta.get(key).map(|value| value.map(|value| value.value())).map_err(damaged);
    match value(SCHEMA_KEY)? {
        Some(SCHEMA) => {}
        Some(schema) => {
            let words = format!("the file has schema {schema}, this lagerd knows schema {SCHEMA}");
            return Err(JournalError::Unusable(words));
        }
        None => return Err(foreign()),
    }
    let store =
        value(STORE_KEY)?.ok_or_else(|| JournalError::Damaged("the file has no store id".to_owned()))?;
    Ok(Some(StoreId(store)))
}

fn foreign() -> JournalError {
    JournalError::Unusable("the file is a redb database of another program".to_owned())
}

/// Makes a new file a store: every table, and an id.
fn found(database: &Database) -> Result<StoreId, redb::Error> {
    let store = StoreId(uuid::Uuid::now_v7().as_u128());
    let transaction = begin_write(database)?;
    {
        transaction.open_table(HEADS)?;
        transaction.open_table(LOG)?;
        transaction.open_table(ROWS)?;
        transaction.open_table(CURSORS)?;
        let mut meta = transaction.open_table(META)?;
        meta.insert(SCHEMA_KEY, SCHEMA)?;
        meta.insert(STORE_KEY, store.0)?;
    }
    transaction.commit()?;
    Ok(store)
}

/// Begins a transaction whose commit is on disk before it returns.
pub(super) fn begin_write(database: &Database) -> Result<WriteTransaction, redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    // Without it opening a large file after a crash reads all of it.
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// The words for what redb can't open or read.
pub(super) fn damaged(error: impl Into<redb::Error>) -> JournalError {
    match error.into() {
        redb::Error::UpgradeRequired(version) => JournalError::Unusable(format!(
            "the file has redb format {version}, which this lagerd can't open"
        )),
        redb::Error::DatabaseAlreadyOpen => {
            JournalError::Unusable("the file is held by another process".to_owned())
        }
        redb::Error::Io(error) => JournalError::Unavailable(error.to_string()),
        redb::Error::PreviousIo | redb::Error::DatabaseClosed => {
            JournalError::Unavailable("the store is being opened again".to_owned())
        }
        error => JournalError::Damaged(error.to_string()),
    }
}
