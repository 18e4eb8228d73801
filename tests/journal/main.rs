//! One contract, every store: what `lagerd::journal::Journal` promises is checked here against all of them, and beside
//! it what only one of them can show. One binary, because linking costs more than running.

// Marked as test code so that the whole file, not only its `#[test]` functions, may unwrap.
#[cfg(test)]
mod beside;
#[cfg(test)]
mod cold;
#[cfg(test)]
mod contract;
#[cfg(test)]
mod disk;
#[cfg(test)]
mod erased;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod model;
#[cfg(test)]
mod real_redis;
#[cfg(test)]
mod record;
#[cfg(test)]
#[path = "../common/redis_server.rs"]
mod redis_server;
#[cfg(test)]
mod resync;
#[cfg(test)]
#[path = "../common/wait.rs"]
mod wait;
#[cfg(test)]
mod witness;

use std::any::Any;
use std::sync::Arc;

use lagerd::journal::embedded::{EmbeddedJournal, EmbeddedOptions};
use lagerd::journal::memory::MemoryJournal;
use lagerd::journal::redis::{RedisJournal, RedisOptions};
use lagerd::journal::{Journal, JournalError};
use redis_server::RedisServer;

/// A store under test, with what must live as long as it.
struct Fixture {
    journal: Arc<dyn Journal>,
    _kept: Box<dyn Any>,
}

async fn memory() -> Option<Fixture> {
    Some(Fixture { journal: Arc::new(MemoryJournal::new(record::changes_of, 7)), _kept: Box::new(()) })
}

async fn embedded() -> Option<Fixture> {
    let folder = tempfile::tempdir().expect("temporary folder");
    let options = EmbeddedOptions::new(folder.path().join("new folder").join("store.redb"));
    Some(Fixture {
        journal: Arc::new(EmbeddedJournal::open(&options).expect("open")),
        _kept: Box::new(folder),
    })
}

/// Does something with a store's file once nobody holds it any more. A store that was closed may still seem open for a
/// moment: a server that another test starts right then is a copy of this process until it has begun.
async fn when_free<T>(act: impl Fn() -> Result<T, JournalError>) -> T {
    let held = |error: &JournalError| matches!(error, JournalError::Unusable(why) if why.contains("held by another"));
    let done = wait::wait_for("a file that nobody holds", async || match act() {
        Err(error) if held(&error) => None,
        done => Some(done),
    });
    done.await.expect("a file that can be used")
}

async fn redis() -> Option<Fixture> {
    let server = RedisServer::start(&[]).await?;
    let journal = RedisJournal::open(&RedisOptions::new(server.url())).await.expect("open");
    Some(Fixture { journal: Arc::new(journal), _kept: Box::new(server) })
}

/// Runs every case of the contract against one store.
macro_rules! contract {
    ($store:ident) => {
        mod $store {
            contract!(@cases $store, contract:
                genesis commit conflict pipelined deep_pipeline same_batch_twice reading paging trim cursors listing two_writers
                large_batch odd_keys finish_of_nothing load_under_writes);
            contract!(@cases $store, beside: committed_with_its_entry many_at_once);
            contract!(@cases $store, cold: row_by_key cold_tables_are_not_loaded scanning);
            contract!(@cases $store, resync: nothing_new entries_after_mine from_genesis trimmed_is_reload);
        }
    };
    (@cases $store:ident, $module:ident: $($case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let Some(fixture) = crate::$store().await else { return };
                crate::$module::$case(std::sync::Arc::clone(&fixture.journal)).await;
            }
        )*
    };
}

contract!(memory);
contract!(embedded);
contract!(redis);
