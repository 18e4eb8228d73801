//! Rows read one by one, and the tables that stay in the store when a journal is loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use lagerd::journal::{Head, Journal, JournalError, JournalId, JournalKind, RowCursor, Table, scan};

use crate::contract::load_rows;
use crate::record::{batch, gone, put};

/// The journal these tests write to.
pub(crate) fn desk() -> JournalId {
    JournalId::new(JournalKind::Desk, "07")
}

/// Reads a row as text.
pub(crate) async fn text_of(journal: &dyn Journal, table: Table, key: &str) -> Option<String> {
    let value = journal.row(&desk(), table, key.as_bytes()).await.unwrap()?;
    Some(String::from_utf8(value.to_vec()).unwrap())
}

/// A row is read by its key in its table of its journal, as the newest answered commit left it.
pub(crate) async fn row_by_key(journal: Arc<dyn Journal>) {
    assert_eq!(text_of(&*journal, Table::Archive, "o-1").await, None);
    let keys: [&[u8]; 4] = [b"a/b", &[0, 255, 10, 13], b"", "Größe".as_bytes()];
    let mut rows = vec![put(Table::Orders, "o-1", "open"), put(Table::Stock, "o-1", "")];
    rows.extend(keys.map(|key| put(Table::Archive, key, key)));
    let first = batch(Head::GENESIS, rows);
    journal.commit(&desk(), first.clone()).await.unwrap();
    assert_eq!(text_of(&*journal, Table::Orders, "o-1").await.as_deref(), Some("open"));
    assert_eq!(text_of(&*journal, Table::Stock, "o-1").await.as_deref(), Some(""));
    assert_eq!(text_of(&*journal, Table::Archive, "o-1").await, None);
    assert_eq!(text_of(&*journal, Table::Orders, "o-10").await, None);
    for key in keys {
        let read = journal.row(&desk(), Table::Archive, key).await.unwrap();
        assert_eq!(read, Some(Bytes::copy_from_slice(key)));
    }
    let other = JournalId::new(JournalKind::Desk, "08");
    assert_eq!(journal.row(&other, Table::Orders, b"o-1").await, Ok(None));

    let moved = vec![gone(Table::Orders, "o-1"), put(Table::Archive, "o-1", "closed")];
    let second = batch(first.head, moved);
    journal.commit(&desk(), second.clone()).await.unwrap();
    assert_eq!(text_of(&*journal, Table::Orders, "o-1").await, None);
    assert_eq!(text_of(&*journal, Table::Archive, "o-1").await.as_deref(), Some("closed"));
    journal.commit(&desk(), batch(second.head, vec![put(Table::Archive, "o-1", "anew")])).await.unwrap();
    assert_eq!(text_of(&*journal, Table::Archive, "o-1").await.as_deref(), Some("anew"));
}

/// Loading leaves cold rows in the store; they are still there to be read, one by one or all.
pub(crate) async fn cold_tables_are_not_loaded(journal: Arc<dyn Journal>) {
    let rows = Table::ALL.map(|table| put(table, "key", table.name()));
    let first = batch(Head::GENESIS, rows.to_vec());
    journal.commit(&desk(), first.clone()).await.unwrap();
    let (head, rows) = load_rows(&*journal, &desk()).await;
    assert_eq!(head, first.head);
    let loaded: Vec<Table> = rows.keys().map(|(table, _)| *table).collect();
    let cold = [Table::Archive, Table::Contacts];
    let warm: Vec<Table> = Table::ALL.into_iter().filter(|table| !cold.contains(table)).collect();
    assert_eq!(loaded, warm);
    for table in Table::ALL {
        assert_eq!(table.is_cold(), cold.contains(&table));
        assert_eq!(text_of(&*journal, table, "key").await.as_deref(), Some(table.name()));
        let page = journal.rows(&desk(), table, RowCursor::default()).await.unwrap();
        assert_eq!(page.rows, vec![(Bytes::from("key"), Bytes::from(table.name()))]);
    }
}

/// A scan sees every row of its table over all pages, and nothing of another; an error of its taker ends it.
pub(crate) async fn scanning(journal: Arc<dyn Journal>) {
    let archived = |n: usize| put(Table::Archive, format!("o-{n}"), n.to_string());
    let mut rows: Vec<_> = (0..3_500).map(archived).collect();
    rows.push(put(Table::Orders, "open", "x"));
    journal.commit(&desk(), batch(Head::GENESIS, rows)).await.unwrap();
    let mut seen = BTreeMap::new();
    scan(&*journal, &desk(), Table::Archive, &mut |key, value| {
        seen.insert(key, value);
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(seen.len(), 3_500);
    assert_eq!(seen[&Bytes::from("o-3499")], Bytes::from("3499"));
    let mut taken = 0;
    let enough = || JournalError::Damaged("enough".to_owned());
    let ended = scan(&*journal, &desk(), Table::Archive, &mut |_, _| {
        taken += 1;
        Err(enough())
    })
    .await;
    assert_eq!(ended, Err(enough()));
    assert_eq!(taken, 1);
}
