//! The contract every store keeps.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use lagerd::journal::{
    Change, CommitError, Head, Journal, JournalError, JournalId, JournalKind, Loading, RowCursor,
    StoredEntry, Table, load,
};

use crate::record::{batch, ber, changes_of, gone, grow, level, put};

type Rows = BTreeMap<(Table, Bytes), Bytes>;

/// A journal nobody wrote to is empty, not an error, and isn't listed.
pub(crate) async fn genesis(journal: Arc<dyn Journal>) {
    let span = journal.span(&ber()).await.unwrap();
    assert_eq!((span.head, span.first, span.last), (Head::GENESIS, 1, None));
    assert_eq!(journal.read(&ber(), 1, 10).await.unwrap(), vec![]);
    assert!(journal.rows(&ber(), Table::Stock, RowCursor::default()).await.unwrap().rows.is_empty());
    assert_eq!(journal.cursors(&ber()).await.unwrap(), vec![]);
    assert_eq!(journal.journals().await.unwrap(), vec![]);
    assert_eq!(load_rows(&*journal, &ber()).await, (Head::GENESIS, Rows::new()));
}

/// A commit moves the head, appends the entry and writes and deletes rows; nothing leaks into another journal.
pub(crate) async fn commit(journal: Arc<dyn Journal>) {
    let first = batch(Head::GENESIS, vec![put(Table::Stock, "A", "1"), put(Table::Holds, "h1", "x")]);
    journal.commit(&ber(), first.clone()).await.unwrap();
    let second = batch(first.head, vec![put(Table::Stock, "A", "2"), gone(Table::Holds, "h1")]);
    journal.commit(&ber(), second.clone()).await.unwrap();

    let span = journal.span(&ber()).await.unwrap();
    assert_eq!((span.head, span.first, span.last), (second.head, 1, Some(second.head)));
    assert!(span.log_bytes > 0);
    let stored =
        |batch: &lagerd::journal::Batch| StoredEntry { head: batch.head, entry: batch.entry.clone() };
    assert_eq!(journal.read(&ber(), 1, 10).await.unwrap(), vec![stored(&first), stored(&second)]);
    let (head, rows) = load_rows(&*journal, &ber()).await;
    assert_eq!(head, second.head);
    assert_eq!(rows, Rows::from([((Table::Stock, Bytes::from("A")), Bytes::from("2"))]));
    let other = JournalId::new(JournalKind::Channel, "BER");
    assert_eq!(journal.span(&other).await.unwrap().head, Head::GENESIS);
}

/// A batch on another head than the stored one, or with a gap, is a conflict and writes nothing.
pub(crate) async fn conflict(journal: Arc<dyn Journal>) {
    let won = level(Head::GENESIS, "A", 1);
    journal.commit(&ber(), won.clone()).await.unwrap();
    let mut gap = (*level(won.head, "A", 7)).clone();
    gap.head.version += 1;
    let same_version = Head { version: won.head.version, nonce: won.head.nonce ^ 1 };
    for wrong in [level(Head::GENESIS, "A", 2), level(same_version, "A", 3), Arc::new(gap)] {
        assert_eq!(journal.commit(&ber(), wrong).await, Err(CommitError::Conflict));
    }
    let (head, rows) = load_rows(&*journal, &ber()).await;
    assert_eq!((head, &rows[&(Table::Stock, Bytes::from("A"))][..]), (won.head, b"1".as_slice()));
    assert_eq!(journal.read(&ber(), 1, 10).await.unwrap().len(), 1);
}

/// Commits issued without waiting are carried out in order; where one fails, everything behind it fails too.
pub(crate) async fn pipelined(journal: Arc<dyn Journal>) {
    let mut chain = vec![level(Head::GENESIS, "A", 0)];
    for n in 1..20 {
        chain.push(level(chain[n - 1].head, "A", n as u64));
    }
    let answers = join_all(chain.iter().map(|batch| journal.commit(&ber(), batch.clone()))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");

    let good = level(chain[19].head, "B", 1);
    let foreign = level(Head { version: good.head.version, nonce: 1 }, "B", 2);
    let behind = level(foreign.head, "B", 3);
    let sent = [good.clone(), foreign, behind].map(|batch| journal.commit(&ber(), batch));
    let answers = join_all(sent).await;
    assert_eq!(answers, vec![Ok(()), Err(CommitError::Conflict), Err(CommitError::Conflict)]);
    assert_eq!(journal.span(&ber()).await.unwrap().head, good.head);
}

/// However many commits are in flight, their order is that of the calls.
pub(crate) async fn deep_pipeline(journal: Arc<dyn Journal>) {
    let mut head = Head::GENESIS;
    let mut sent = Vec::new();
    for n in 0..3_000 {
        let batch = level(head, "A", n);
        head = batch.head;
        sent.push(journal.commit(&ber(), batch));
    }
    let answers = join_all(sent).await;
    assert_eq!(answers.iter().position(Result::is_err), None);
    assert_eq!(journal.span(&ber()).await.unwrap().head, head);
}

/// A batch sent again meets a conflict, and the log shows that it is already there (J3).
pub(crate) async fn same_batch_twice(journal: Arc<dyn Journal>) {
    let once = level(Head::GENESIS, "A", 1);
    journal.commit(&ber(), once.clone()).await.unwrap();
    assert_eq!(journal.commit(&ber(), once.clone()).await, Err(CommitError::Conflict));
    let log = journal.read(&ber(), once.head.version, 10).await.unwrap();
    assert_eq!(log.iter().map(|stored| stored.head).collect::<Vec<_>>(), vec![once.head]);
}

/// Reading honours where to begin and how many, and every page has an entry however large it is.
pub(crate) async fn reading(journal: Arc<dyn Journal>) {
    let batches = grow(&*journal, &ber(), Head::GENESIS, 25).await;
    let page = journal.read(&ber(), 11, 5).await.unwrap();
    assert_eq!(
        page.iter().map(|stored| stored.head.version).collect::<Vec<_>>(),
        (11..16).collect::<Vec<_>>()
    );
    assert_eq!(journal.read(&ber(), 26, 5).await.unwrap(), vec![]);

    let mut head = batches[24].head;
    for _ in 0..5 {
        let large = batch(head, vec![put(Table::Items, "x", vec![7; 2 << 20])]);
        journal.commit(&ber(), large.clone()).await.unwrap();
        head = large.head;
    }
    let mut next = 26;
    while next <= 30 {
        let page = journal.read(&ber(), next, 1_000).await.unwrap();
        assert!(!page.is_empty(), "no entry from {next} on");
        for stored in page {
            assert_eq!(stored.head.version, next);
            next += 1;
        }
    }
}

/// 10,000 rows come complete over pages, none of them huge.
pub(crate) async fn paging(journal: Arc<dyn Journal>) {
    let mut head = Head::GENESIS;
    for part in 0..5 {
        let rows = (0..2_000).map(|n| put(Table::Stock, format!("sku-{part}-{n}"), format!("{n}"))).collect();
        let batch = batch(head, rows);
        journal.commit(&ber(), batch.clone()).await.unwrap();
        head = batch.head;
    }
    let mut seen = BTreeMap::new();
    let mut from = Some(RowCursor::default());
    let mut pages = 0;
    while let Some(cursor) = from {
        let page = journal.rows(&ber(), Table::Stock, cursor).await.unwrap();
        assert!(page.rows.len() <= 4_000, "{} rows in a page", page.rows.len());
        seen.extend(page.rows);
        from = page.next;
        pages += 1;
    }
    assert_eq!(seen.len(), 10_000);
    assert_eq!(seen[&Bytes::from("sku-4-1999")], Bytes::from("1999"));
    assert!(pages >= 3, "{pages} pages");
}

/// Trimming forgets old entries, never the newest one and never rows; reading from before begins at the oldest kept.
pub(crate) async fn trim(journal: Arc<dyn Journal>) {
    let batches = grow(&*journal, &ber(), Head::GENESIS, 10).await;
    let rows = load_rows(&*journal, &ber()).await.1;
    journal.trim(&ber(), 4).await.unwrap();
    let span = journal.span(&ber()).await.unwrap();
    assert_eq!((span.first, span.last, span.head), (4, Some(batches[9].head), batches[9].head));
    assert_eq!(journal.read(&ber(), 1, 1).await.unwrap()[0].head, batches[3].head);
    journal.trim(&ber(), 1_000).await.unwrap();
    let span = journal.span(&ber()).await.unwrap();
    assert_eq!((span.first, span.last, span.head), (10, Some(batches[9].head), batches[9].head));
    assert_eq!(load_rows(&*journal, &ber()).await, (batches[9].head, rows));
    grow(&*journal, &ber(), batches[9].head, 1).await;
    journal.trim(&JournalId::new(JournalKind::Warehouse, "nobody"), 9).await.unwrap();
}

/// A consumer's position only ever goes up, and can be dropped.
pub(crate) async fn cursors(journal: Arc<dyn Journal>) {
    let at = |version, nonce| Head { version, nonce };
    // As numbers in text, 9 is not above 10; beyond 2^53 a float can't tell neighbours apart.
    let high = (1 << 60) + 1;
    for (to, then) in [
        (at(9, 1), at(9, 1)),
        (at(10, 2), at(10, 2)),
        (at(9, 3), at(10, 2)),
        (at(10, 4), at(10, 2)),
        (at(high, 5), at(high, 5)),
        (at(high - 1, 6), at(high, 5)),
        (at(high + 1, 7), at(high + 1, 7)),
    ] {
        journal.set_cursor(&ber(), "amqp", Some(to)).await.unwrap();
        assert_eq!(journal.cursors(&ber()).await.unwrap(), vec![("amqp".to_owned(), then)]);
    }
    journal.set_cursor(&ber(), "tail é", Some(at(1, 1))).await.unwrap();
    journal.set_cursor(&ber(), "amqp", None).await.unwrap();
    journal.set_cursor(&ber(), "nobody", None).await.unwrap();
    assert_eq!(journal.cursors(&ber()).await.unwrap(), vec![("tail é".to_owned(), at(1, 1))]);
}

/// Journals something was written to are listed in order of id; merely asking about one doesn't list it.
pub(crate) async fn listing(journal: Arc<dyn Journal>) {
    let ids = ["i:items", "d:07", "c:web", "w:ZRH", "w:BER"].map(|id| id.parse::<JournalId>().unwrap());
    for id in &ids {
        grow(&*journal, id, Head::GENESIS, 1).await;
    }
    journal.span(&"w:asked-only".parse().unwrap()).await.unwrap();
    let mut expected = ids.to_vec();
    expected.sort();
    assert_eq!(journal.journals().await.unwrap(), expected);
}

/// Of two writers on one journal only one wins each version; the log has no gap and holds exactly what was answered.
pub(crate) async fn two_writers(journal: Arc<dyn Journal>) {
    let write = |name: &'static str| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            let mut won = Vec::new();
            let mut conflicts = 0;
            while won.len() < 40 {
                let head = journal.span(&ber()).await.unwrap().head;
                let batch = level(head, name, won.len() as u64);
                match journal.commit(&ber(), batch.clone()).await {
                    Ok(()) => won.push(batch.head),
                    Err(CommitError::Conflict) => conflicts += 1,
                    Err(other) => panic!("{other}"),
                }
                tokio::task::yield_now().await;
            }
            (won, conflicts)
        })
    };
    let (a, b) = tokio::join!(write("a"), write("b"));
    let mut won: Vec<Head> = [a.unwrap().0, b.unwrap().0].concat();
    won.sort();
    let log: Vec<Head> =
        journal.read(&ber(), 1, 1_000).await.unwrap().iter().map(|stored| stored.head).collect();
    assert_eq!(log, won);
    assert_eq!(log.iter().map(|head| head.version).collect::<Vec<_>>(), (1..=80).collect::<Vec<_>>());
}

/// 5,000 changes over several tables go in as one batch and go out as one batch.
pub(crate) async fn large_batch(journal: Arc<dyn Journal>) {
    let tables = [Table::Stock, Table::Holds, Table::Seen];
    let key = |n: usize| (tables[n % 3], format!("k{n}"));
    let all = (0..5_000).map(key).map(|(table, key)| put(table, key, "1")).collect();
    let first = batch(Head::GENESIS, all);
    journal.commit(&ber(), first.clone()).await.unwrap();
    assert_eq!(load_rows(&*journal, &ber()).await.1.len(), 5_000);
    let all = (0..5_000).map(key).map(|(table, key)| gone(table, key)).collect();
    let second = batch(first.head, all);
    journal.commit(&ber(), second.clone()).await.unwrap();
    assert_eq!(load_rows(&*journal, &ber()).await, (second.head, Rows::new()));
}

/// Keys and values are bytes: binary, slashes, spaces, umlauts, empty.
pub(crate) async fn odd_keys(journal: Arc<dyn Journal>) {
    let keys: [&[u8]; 8] =
        [b"a/b", b" ", "Größe ß #1".as_bytes(), &[0, 255, 254, 10, 13], b"{w:BER}", b"*", b"", b"\r\n$3\r\n"];
    let batch = batch(Head::GENESIS, keys.map(|key| put(Table::Stock, key, key)).to_vec());
    journal.commit(&ber(), batch.clone()).await.unwrap();
    let expected = keys.map(|key| ((Table::Stock, Bytes::copy_from_slice(key)), Bytes::copy_from_slice(key)));
    assert_eq!(load_rows(&*journal, &ber()).await, (batch.head, Rows::from(expected)));
    assert_eq!(changes_of(&journal.read(&ber(), 1, 1).await.unwrap()[0].entry).unwrap(), batch.changes);
}

/// Finishing does nothing where the log's newest entry is not above the head, however often it is asked.
pub(crate) async fn finish_of_nothing(journal: Arc<dyn Journal>) {
    let batches = grow(&*journal, &ber(), Head::GENESIS, 2).await;
    let rows = load_rows(&*journal, &ber()).await;
    for last in [batches[1].head, batches[0].head, Head { version: 3, nonce: 9 }, Head::GENESIS] {
        journal.finish(&ber(), last, vec![put(Table::Stock, "sku-0", "wrong")]).await.unwrap();
    }
    assert_eq!(load_rows(&*journal, &ber()).await, rows);
}

/// A load while another writes ends at a head whose fold it equals.
pub(crate) async fn load_under_writes(journal: Arc<dyn Journal>) {
    let rows = (0..3_000).map(|n| put(Table::Stock, format!("sku-{n}"), "0")).collect();
    let first = batch(Head::GENESIS, rows);
    journal.commit(&ber(), first.clone()).await.unwrap();
    let writer = Arc::clone(&journal);
    let from = first.head;
    let writing = tokio::spawn(async move { grow(&*writer, &ber(), from, 200).await });
    let (head, rows) = load_rows(&*journal, &ber()).await;
    let batches = writing.await.unwrap();
    let mut expected = Rows::new();
    for batch in [first].iter().chain(&batches).take_while(|batch| batch.head.version <= head.version) {
        fold(&mut expected, &batch.changes);
    }
    assert_eq!(rows, expected);
}

/// Loads a whole journal into plain rows.
pub(crate) async fn load_rows(journal: &dyn Journal, id: &JournalId) -> (Head, Rows) {
    let mut into = Plain::default();
    let head = load(journal, id, changes_of, &mut into).await.expect("load");
    assert!(into.progress >= into.rows.len() as u64 || into.replayed);
    (head, into.rows)
}

#[derive(Default)]
struct Plain {
    rows: Rows,
    progress: u64,
    replayed: bool,
}

impl Loading for Plain {
    fn rows(&mut self, table: Table, rows: Vec<(Bytes, Bytes)>) -> Result<(), JournalError> {
        self.rows.extend(rows.into_iter().map(|(key, value)| ((table, key), value)));
        Ok(())
    }

    fn entry(&mut self, _: &StoredEntry, changes: Vec<Change>) -> Result<(), JournalError> {
        self.replayed = true;
        fold(&mut self.rows, &changes);
        Ok(())
    }

    fn progress(&mut self, _: Table, rows: u64) {
        assert!(rows >= self.progress);
        self.progress = rows;
    }
}

fn fold(rows: &mut Rows, changes: &[Change]) {
    for change in changes {
        match &change.value {
            Some(value) => rows.insert((change.table, change.key.clone()), value.clone()),
            None => rows.remove(&(change.table, change.key.clone())),
        };
    }
}
