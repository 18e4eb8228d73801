//! When the bytes of what was erased leave the disk.

use std::path::Path;

use lagerd::journal::embedded::{EmbeddedJournal, EmbeddedOptions, compact};
use lagerd::journal::redis::{RedisJournal, RedisOptions, Rewritten};
use lagerd::journal::{Head, Journal, JournalError, Table};

use crate::beside::with_contacts;
use crate::cold::{desk, text_of};
use crate::contract::load_rows;
use crate::record::{ber, gone, grow, put};
use crate::redis_server::RedisServer;
use crate::wait::wait_for;
use crate::when_free;

const CANARY: &str = "canary Erika Mustermann, Heidestrasse 17";

/// Whether any file below a folder has the canary in it.
fn on_disk(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    entries.into_iter().any(|entry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => on_disk(&entry.path()),
        Ok(kind) if kind.is_file() => {
            // A file may go while it is looked at.
            let bytes = std::fs::read(entry.path()).unwrap_or_default();
            bytes.windows(CANARY.len()).any(|part| part == CANARY.as_bytes())
        }
        _ => false,
    })
}

/// Places orders with contacts, some with the canary, and erases those, here and there alone and in one batch.
async fn place_and_erase(journal: &dyn Journal, seen: impl Fn() -> bool) -> Head {
    let mut head = Head::GENESIS;
    for n in 0..120 {
        let name = if n % 3 == 0 { CANARY } else { "somebody who stays, Lindenallee 4" };
        let contacts = (0..5).map(|part| put(Table::Contacts, format!("o-{n}-{part}"), name)).collect();
        let batch = with_contacts(head, vec![put(Table::Orders, format!("o-{n}"), "placed")], contacts);
        journal.commit(&desk(), batch.clone()).await.unwrap();
        head = batch.head;
    }
    assert!(seen(), "the canary was never on disk, so this test shows nothing");
    for n in (0..120).step_by(3) {
        let rows = (0..5).map(|part| gone(Table::Contacts, format!("o-{n}-{part}"))).collect();
        let batch = with_contacts(head, vec![put(Table::Orders, format!("o-{n}"), "erased")], rows);
        journal.commit(&desk(), batch.clone()).await.unwrap();
        head = batch.head;
    }
    head
}

/// The embedded file written anew has nothing of what was erased, everything else, its id, and its lock.
#[tokio::test]
async fn compacted() {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::new(folder.path().join("store.redb"));
    let journal = EmbeddedJournal::open(&options).unwrap();
    let head = place_and_erase(&journal, || on_disk(folder.path())).await;
    let other = grow(&journal, &ber(), Head::GENESIS, 50).await;
    journal.trim(&ber(), 20).await.unwrap();
    journal.set_cursor(&ber(), "amqp", Some(other[3].head)).await.unwrap();
    let (store, rows) = (journal.store_id(), load_rows(&journal, &desk()).await);
    let (log, span) = (journal.read(&ber(), 1, 99).await, journal.span(&ber()).await);
    let held = compact(&options);
    assert!(matches!(&held, Err(JournalError::Unusable(why)) if why.contains("held by another")), "{held:?}");
    drop(journal);

    let done = when_free(|| compact(&options)).await;
    assert!(!on_disk(folder.path()), "what was erased is still there");
    assert_eq!(std::fs::metadata(&options.path).unwrap().len(), done.after);
    assert!(done.after <= done.before, "{done:?}");
    let journal = when_free(|| EmbeddedJournal::open(&options)).await;
    assert_eq!((journal.store_id(), load_rows(&journal, &desk()).await), (store, rows));
    assert_eq!((journal.read(&ber(), 1, 99).await, journal.span(&ber()).await), (log, span));
    assert_eq!(journal.cursors(&ber()).await.unwrap(), vec![("amqp".to_owned(), other[3].head)]);
    assert_eq!(text_of(&journal, Table::Contacts, "o-3-1").await, None);
    let stays = text_of(&journal, Table::Contacts, "o-4-1").await;
    assert_eq!(stays.as_deref(), Some("somebody who stays, Lindenallee 4"));
    let more = with_contacts(head, vec![], vec![]);
    journal.commit(&desk(), more).await.unwrap();
}

/// What a compaction that was cut short leaves beside the store is deleted by the next start, and by the next compaction.
#[tokio::test]
async fn cut_short() {
    let folder = tempfile::tempdir().unwrap();
    let options = EmbeddedOptions::new(folder.path().join("store.redb"));
    let leftover = folder.path().join("store.redb.new");
    drop(EmbeddedJournal::open(&options).unwrap());
    std::fs::write(&leftover, CANARY).unwrap();
    drop(when_free(|| EmbeddedJournal::open(&options)).await);
    assert!(!leftover.exists());
    std::fs::write(&leftover, CANARY).unwrap();
    when_free(|| compact(&options)).await;
    assert!(!leftover.exists());
    let none = compact(&EmbeddedOptions::new(folder.path().join("none.redb")));
    assert!(matches!(none, Err(JournalError::Unusable(_))), "{none:?}");
}

/// Redis has what was erased in its files until it has written them anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewritten() {
    for (save, rewritten) in [
        ("", Rewritten { append_file: true, snapshot: false }),
        ("3600 1", Rewritten { append_file: true, snapshot: true }),
    ] {
        let Some(server) = RedisServer::start(&[]).await else { return };
        let _: () = server.ask(redis::cmd("CONFIG").arg("SET").arg("save").arg(save)).await;
        let journal = RedisJournal::open(&RedisOptions::new(server.url())).await.unwrap();
        let folder = server.append_file().ancestors().nth(2).map(Path::to_owned).expect("its folder");
        place_and_erase(&journal, || on_disk(&folder)).await;
        assert!(on_disk(&folder));
        assert_eq!(journal.rewrite().await, Ok(rewritten));
        // Redis deletes its old files in a thread of its own.
        wait_for("the old files to go", async || (!on_disk(&folder)).then_some(())).await;
        assert_eq!(folder.join("dump.rdb").exists(), rewritten.snapshot);
        let stays = text_of(&journal, Table::Contacts, "o-4-1").await;
        assert_eq!(stays.as_deref(), Some("somebody who stays, Lindenallee 4"));
    }
    let Some(server) = RedisServer::start(&["--appendonly", "no"]).await else { return };
    let journal = RedisJournal::open(&RedisOptions::new(server.url())).await.unwrap();
    assert!(matches!(journal.rewrite().await, Err(JournalError::Unusable(_))));
}
