//! What only a real Redis shows: crashes, lost tails, memory limits, a flushed library, odd settings.

use std::sync::Arc;
use std::time::Duration;

use lagerd::journal::redis::{RedisJournal, RedisOptions};
use lagerd::journal::{CommitError, Head, Journal, JournalError, Resynced, Span, Table};

use tokio::io::AsyncWriteExt;

use crate::contract::load_rows;
use crate::record::{batch, ber, encode, grow, level, put};
use crate::redis_server::RedisServer;
use crate::resync::ask;
use crate::wait::wait_for;

async fn open(server: &RedisServer) -> RedisJournal {
    RedisJournal::open(&RedisOptions::new(server.url())).await.expect("open")
}

/// Waits until both connections stand again.
async fn back(journal: &RedisJournal) -> Span {
    wait_for("the connections to come back", async || {
        if !journal.health().reachable {
            // Only traffic shows that a quiet connection is gone.
            return None;
        }
        journal.span(&ber()).await.ok()
    })
    .await
}

/// Makes a connection notice that its server is gone.
async fn notice(journal: &RedisJournal) {
    let head = Head { version: 1 << 40, nonce: 1 };
    wait_for("the journal to notice", async || {
        drop(journal.commit(&ber(), level(head, "probe", 0)).await);
        drop(journal.span(&ber()).await);
        (!journal.health().reachable).then_some(())
    })
    .await;
}

/// Redis is killed under load and started again: every answered commit is there, and work goes on by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_restarted() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let journal = Arc::new(open(&server).await);
    let writer = Arc::clone(&journal);
    let writing = tokio::spawn(async move {
        let mut answered = vec![];
        let mut head = Head::GENESIS;
        loop {
            let batch = level(head, "A", answered.len() as u64);
            match writer.commit(&ber(), batch.clone()).await {
                Ok(()) => head = batch.head,
                Err(error) => return (answered, batch, error),
            }
            answered.push(batch);
        }
    });
    wait_for("some commits", async || (journal.span(&ber()).await.ok()?.head.version > 100).then_some(()))
        .await;
    server.kill().await;
    let (answered, open_batch, error) = writing.await.unwrap();
    assert!(matches!(error, CommitError::Unknown(_) | CommitError::Unavailable(_)), "{error}");
    notice(&journal).await;
    let away = journal.commit(&ber(), open_batch.clone()).await;
    assert!(matches!(away, Err(CommitError::Unavailable(_))), "{away:?}");
    assert_eq!(journal.contacts(), 0);
    server.restart().await;
    let span = back(&journal).await;
    assert_eq!(journal.contacts(), 1);
    let mine = answered.last().unwrap().head;
    assert!(span.head == mine || span.head == open_batch.head, "{span:?}");
    assert!(matches!(ask(&*journal, mine, &answered).await, Ok(Resynced::Entries(_))));
    grow(&*journal, &ber(), span.head, 10).await;
}

/// J6 a on a real file: an older copy of the append-only file, and a file cut in the middle of its last write.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_tail_is_repaired() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let mut batches = grow(&journal, &ber(), Head::GENESIS, 5).await;
    let copy = std::fs::read(server.append_file()).unwrap();
    batches.extend(grow(&journal, &ber(), batches[4].head, 7).await);
    let whole = load_rows(&journal, &ber()).await;

    server.kill().await;
    std::fs::write(server.append_file(), &copy).unwrap();
    notice(&journal).await;
    server.restart().await;
    assert_eq!(back(&journal).await.head, batches[4].head);
    assert_eq!(ask(&journal, batches[11].head, &batches).await, Ok(Resynced::Repaired { appended: 7 }));
    assert_eq!(load_rows(&journal, &ber()).await, whole);

    server.kill().await;
    let file = std::fs::OpenOptions::new().write(true).open(server.append_file()).unwrap();
    file.set_len(file.metadata().unwrap().len() - 20).unwrap();
    notice(&journal).await;
    server.restart().await;
    assert_eq!(back(&journal).await.head, batches[10].head);
    assert_eq!(ask(&journal, batches[11].head, &batches).await, Ok(Resynced::Repaired { appended: 1 }));
    assert_eq!(load_rows(&journal, &ber()).await, whole);
    assert_eq!(ask(&journal, batches[11].head, &batches).await, Ok(Resynced::Entries(vec![])));
}

/// J6 b and c: after a lost tail another writer went further than we ever were.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fork_with_a_higher_head() {
    let Some(mut server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let mut batches = grow(&journal, &ber(), Head::GENESIS, 5).await;
    let copy = std::fs::read(server.append_file()).unwrap();
    batches.extend(grow(&journal, &ber(), batches[4].head, 3).await);
    server.kill().await;
    std::fs::write(server.append_file(), &copy).unwrap();
    notice(&journal).await;
    server.restart().await;
    let other = open(&server).await;
    let theirs = grow(&other, &ber(), batches[4].head, 20).await;
    back(&journal).await;
    let late = journal.commit(&ber(), level(batches[7].head, "A", 1)).await;
    assert_eq!(late, Err(CommitError::Conflict));
    let forked = Resynced::Forked { ancestor: batches[4].head, lost_from: 6, lost_to: 8 };
    assert_eq!(ask(&journal, batches[7].head, &batches).await, Ok(forked));
    let lost = ask(&journal, batches[7].head, &batches[6..]).await;
    assert!(matches!(lost, Err(JournalError::Lost(_))), "{lost:?}");
    assert_eq!(journal.span(&ber()).await.unwrap().head, theirs[19].head);
}

/// Over its memory limit Redis refuses a commit as a whole; with memory again, the same batch goes in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_memory() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    let before = (journal.span(&ber()).await.unwrap(), load_rows(&journal, &ber()).await);
    let _: () = server.run("CONFIG SET maxmemory 1").await;
    let next = level(batches[2].head, "A", 1);
    let refused = journal.commit(&ber(), next.clone()).await;
    assert!(matches!(&refused, Err(CommitError::Unavailable(why)) if why.contains("OOM")), "{refused:?}");
    assert_eq!((journal.span(&ber()).await.unwrap(), load_rows(&journal, &ber()).await), before);
    // What frees memory is allowed.
    journal.trim(&ber(), 3).await.unwrap();
    assert_eq!(journal.span(&ber()).await.unwrap().first, 3);
    let _: () = server.run("CONFIG SET maxmemory 0").await;
    assert_eq!(journal.commit(&ber(), next).await, Ok(()));
}

/// Somebody flushes the functions at run time: the commit is surely not written, and everything works again at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushed_functions() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    let _: () = server.run("SCRIPT FLUSH").await;
    let _: () = server.run("FUNCTION FLUSH").await;
    let next = level(batches[2].head, "A", 1);
    let refused = journal.commit(&ber(), next.clone()).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    assert_eq!(journal.commit(&ber(), next.clone()).await, Ok(()));
    let _: () = server.run("FUNCTION FLUSH").await;
    assert_eq!(journal.span(&ber()).await.unwrap().head, next.head);
}

/// A library of the same name with other code is not called and not replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_library() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let code =
        "#!lua name=lagerd_v1\nredis.register_function('lagerd_commit_v1', function() return 'OK' end)";
    let _: String = server.ask(redis::cmd("FUNCTION").arg("LOAD").arg(code)).await;
    let refused = RedisJournal::open(&RedisOptions::new(server.url())).await;
    assert!(matches!(refused, Err(JournalError::Unusable(_))), "{refused:?}");
}

/// Eviction is refused unless it is allowed, then it is named; weak settings are named in plain words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_named() {
    let Some(server) = RedisServer::start(&["--maxmemory-policy", "allkeys-lru"]).await else { return };
    let mut options = RedisOptions::new(server.url());
    let Err(JournalError::Unusable(words)) = RedisJournal::open(&options).await else { panic!() };
    assert!(words.contains("allkeys-lru") && words.contains("noeviction"), "{words}");
    options.allow_eviction = true;
    let warnings = RedisJournal::open(&options).await.unwrap().health().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("allkeys-lru"), "{warnings:?}");

    let _: () = server.run("CONFIG SET maxmemory-policy noeviction").await;
    options.allow_eviction = false;
    assert_eq!(open(&server).await.health().warnings, Vec::<String>::new());
    for (setting, words) in
        [("appendfsync everysec", "~2 s"), ("appendfsync no", "30 s"), ("appendonly no", "snapshot")]
    {
        let _: () = server.run(&format!("CONFIG SET {setting}")).await;
        let warnings = open(&server).await.health().warnings;
        assert!(warnings.len() == 1 && warnings[0].contains(words), "{setting}: {warnings:?}");
    }
}

/// A user who may not read settings can work; what can't be seen is a warning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn least_privilege() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let rules = "ACL SETUSER till on >secret ~lagerd:* +@read +@write +@scripting -config -role";
    let _: () = server.run(rules).await;
    let _: () = server.run("ACL SETUSER till +info").await;
    let mut options = RedisOptions::new(format!("{}?user=till&pass=secret", server.url()));
    let journal = RedisJournal::open(&options).await.unwrap();
    grow(&journal, &ber(), Head::GENESIS, 3).await;
    assert!(journal.span(&ber()).await.unwrap().log_bytes > 0);
    let warnings = journal.health().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("appendfsync"), "{warnings:?}");
    let _: () = server.run("ACL SETUSER till -info").await;
    assert_eq!(RedisJournal::open(&options).await.unwrap().health().warnings.len(), 2);
    let _: () = server.run("CONFIG SET maxmemory-policy allkeys-lru").await;
    let _: () = server.run("ACL SETUSER till +info").await;
    assert!(matches!(RedisJournal::open(&options).await, Err(JournalError::Unusable(_))));
    options.url = format!("{}?user=till&pass=wrong", server.url());
    assert!(!format!("{options:?}").contains("wrong"));
    assert!(!format!("{journal:?}").contains("secret"));
    let Err(error) = RedisJournal::open(&options).await else { panic!() };
    assert!(matches!(error, JournalError::Unusable(_)), "{error:?}");
    assert!(!error.to_string().contains("wrong"), "{error}");
}

/// A Redis that was emptied, replaced, or never was the store we remember, is a loss and never looks like a new store.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn emptied_or_replaced() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let mut options = RedisOptions::new(server.url());
    options.found_store = false;
    assert!(matches!(RedisJournal::open(&options).await, Err(JournalError::Lost(_))));
    let journal = open(&server).await;
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    assert_eq!(RedisJournal::open(&options).await.unwrap().store_id(), journal.store_id());
    let _: () = server.run("FLUSHALL").await;
    let emptied = ask(&journal, batches[2].head, &batches).await;
    assert!(matches!(emptied, Err(JournalError::Lost(_))), "{emptied:?}");
    let _: () = server.run("SET lagerd:store 00000000000000000000000000000007").await;
    let replaced = ask(&journal, batches[2].head, &batches).await;
    assert!(matches!(replaced, Err(JournalError::Lost(_))), "{replaced:?}");
}

/// A master that becomes a replica takes no commit, and the journal is back when it is a master again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn demoted_and_promoted() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    let _: () = server.run("REPLICAOF 127.0.0.1 1").await;
    let next = level(batches[2].head, "A", 1);
    let refused = journal.commit(&ber(), next.clone()).await;
    assert!(matches!(refused, Err(CommitError::Unavailable(_))), "{refused:?}");
    assert!(!journal.health().reachable);
    let _: () = server.run("REPLICAOF NO ONE").await;
    back(&journal).await;
    assert_eq!(journal.commit(&ber(), next).await, Ok(()));
}

/// A write that stopped after its log entry is finished by resync: rows and head follow (J1).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interrupted_write_is_finished() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    let half = Head { version: 4, nonce: 0xabc };
    let entry = encode(&[put(Table::Stock, "half", "9"), put(Table::Holds, "h", "1")]);
    let mut add = redis::cmd("XADD");
    add.arg("lagerd:{w:BER}:log").arg("4-0").arg("n").arg("0000000000000abc").arg("e").arg(&*entry);
    let _: String = server.ask(&add).await;
    let wedged = journal.commit(&ber(), level(batches[2].head, "A", 1)).await;
    assert_eq!(wedged, Err(CommitError::Conflict));
    let Ok(Resynced::Entries(entries)) = ask(&journal, batches[2].head, &batches).await else { panic!() };
    assert_eq!(entries[0].head, half);
    let (head, rows) = load_rows(&journal, &ber()).await;
    assert_eq!((head, &rows[&(Table::Stock, "half".into())][..]), (half, b"9".as_slice()));
    let readable: String = server.run("HGET lagerd:{w:BER}:stock half").await;
    assert_eq!(readable, "9");
    grow(&journal, &ber(), half, 1).await;
}

/// A key of a foreign type is noticed before the first write, and named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn foreign_key() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let journal = open(&server).await;
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    let _: () = server.run("SET lagerd:{w:BER}:holds x").await;
    let two = batch(batches[2].head, vec![put(Table::Stock, "A", "1"), put(Table::Holds, "h", "1")]);
    let refused = journal.commit(&ber(), two).await;
    assert!(matches!(&refused, Err(CommitError::Unavailable(why)) if why.contains(":holds")), "{refused:?}");
    let span = journal.span(&ber()).await.unwrap();
    assert_eq!((span.head, span.last), (batches[2].head, Some(batches[2].head)));
    let page = journal.rows(&ber(), Table::Holds, lagerd::journal::RowCursor::default()).await;
    assert!(matches!(page, Err(JournalError::Damaged(_))), "{page:?}");
}

/// A reply that comes too late is an unknown outcome; the write lands as a ghost and is found by its nonce.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_reply() {
    let Some(server) = RedisServer::start(&[]).await else { return };
    let mut options = RedisOptions::new(server.url());
    options.response_timeout = Duration::from_millis(150);
    let journal = RedisJournal::open(&options).await.unwrap();
    let batches = grow(&journal, &ber(), Head::GENESIS, 3).await;
    server.stall(true);
    let ghost = level(batches[2].head, "A", 1);
    let unknown = journal.commit(&ber(), ghost.clone()).await;
    assert!(matches!(unknown, Err(CommitError::Unknown(_))), "{unknown:?}");
    server.stall(false);
    let entries = wait_for("the ghost", async || match ask(&journal, batches[2].head, &batches).await {
        Ok(Resynced::Entries(entries)) if !entries.is_empty() => Some(entries),
        _ => None,
    })
    .await;
    assert_eq!(entries[0].head, ghost.head);
}

/// Over TLS a server that speaks none is away, not a panic for want of a crypto provider; addresses without sense are
/// unusable, and none of them shows its password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.write_all(b"-ERR no TLS here\r\n").await);
        }
    });
    let options = RedisOptions::new(format!("rediss://:secret@127.0.0.1:{port}"));
    let refused = RedisJournal::open(&options).await;
    assert!(matches!(refused, Err(JournalError::Unavailable(_))), "{refused:?}");
    assert!(!format!("{refused:?}").contains("secret"));
    for wrong in ["", "http://x", "redis://:secret@:x", "redis://[::"] {
        let refused = RedisJournal::open(&RedisOptions::new(wrong)).await;
        assert!(matches!(refused, Err(JournalError::Unusable(_))), "{wrong}: {refused:?}");
        assert!(!format!("{refused:?}").contains("secret"));
    }
}

/// A long log is trimmed in steps, to the last one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_trim() {
    let Some(server) = RedisServer::start(&["--appendfsync", "no"]).await else { return };
    let journal = open(&server).await;
    let code =
        "for v = 1, 50000 do redis.call('XADD', KEYS[1], v .. '-0', 'n', '0000000000000001', 'e', '') end";
    let _: () = server.ask(redis::cmd("EVAL").arg(code).arg(1).arg("lagerd:{w:BER}:log")).await;
    let _: () = server.run("SET lagerd:{w:BER}:head 50000-0000000000000001").await;
    journal.trim(&ber(), 49_000).await.unwrap();
    assert_eq!(journal.span(&ber()).await.unwrap().first, 49_000);
    journal.trim(&ber(), 90_000).await.unwrap();
    assert_eq!(journal.span(&ber()).await.unwrap().first, 50_000);
}
