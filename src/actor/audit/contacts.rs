//! Personal data beside a desk's journal: each contact is of an order that keeps one, and each order that keeps one has
//! it.

use ahash::AHashSet;
use bytes::Bytes;

use crate::domain::desk::{Desk, DeskRow, Document};
use crate::domain::order::Contact;
use crate::journal::record::Recorded;
use crate::journal::{Journal, JournalError, JournalId, Table, scan};

/// What is wrong, in words. Others may write meanwhile: what differs at first is looked at again.
pub(super) async fn problems(journal: &dyn Journal, id: &JournalId) -> Result<Vec<String>, JournalError> {
    let mut there = AHashSet::new();
    let mut keep = |key: Bytes, _| {
        there.insert(key);
        Ok(())
    };
    scan(journal, id, Table::Contacts, &mut keep).await?;
    let mut named = AHashSet::new();
    for table in [Table::Orders, Table::Archive] {
        let mut name = |key: Bytes, value: Bytes| {
            if keeps(table, &key, &value)? {
                named.insert(key);
            }
            Ok(())
        };
        scan(journal, id, table, &mut name).await?;
    }
    let mut problems = Vec::new();
    for key in there.symmetric_difference(&named) {
        problems.extend(wrong(journal, id, key).await?);
    }
    problems.sort_unstable();
    Ok(problems)
}

/// What is wrong with one order's contact, read anew; nothing where somebody writes it just now.
async fn wrong(journal: &dyn Journal, id: &JournalId, key: &Bytes) -> Result<Option<String>, JournalError> {
    let before = kept(journal, id, key).await?;
    let there = journal.row(id, Table::Contacts, key).await?.is_some();
    if kept(journal, id, key).await? != before {
        return Ok(None);
    }
    let what = match (before, there) {
        (Some(true), false) => "is missing",
        (Some(false), true) => "is there, though its order says that it was erased",
        (None, true) => "is of no order",
        (Some(true), true) | (Some(false) | None, false) => return Ok(None),
    };
    Ok(Some(format!("the contact of {} {what}", String::from_utf8_lossy(key))))
}

/// Whether an order says that its contact is kept; `None` where there is no such order.
async fn kept(journal: &dyn Journal, id: &JournalId, key: &Bytes) -> Result<Option<bool>, JournalError> {
    for table in [Table::Orders, Table::Archive] {
        if let Some(value) = journal.row(id, table, key).await? {
            return keeps(table, key, &value).map(Some);
        }
    }
    Ok(None)
}

fn keeps(table: Table, key: &[u8], value: &[u8]) -> Result<bool, JournalError> {
    Ok(match Desk::row_from(table, key, value)? {
        DeskRow::Open(_, Some(Document::Order(order)))
        | DeskRow::Archived(_, Some(Document::Order(order))) => {
            order.contact == Contact::Kept && !order.withdrawn
        }
        DeskRow::Open(..) | DeskRow::Archived(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => false,
    })
}
