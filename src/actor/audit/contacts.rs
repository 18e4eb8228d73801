//! Personal data lies where its order says it does: a contact belongs to an order that keeps one. Values are not read.

use crate::domain::desk::{Desk, DeskRow, Document};
use crate::domain::ids::OrderId;
use crate::domain::order::Contact;
use crate::journal::record::Recorded;
use crate::journal::{Journal, JournalError, JournalId, Table, scan};

/// What is wrong with the contacts beside a desk's journal. A daemon that runs meanwhile may have erased, or taken in,
/// what differs at first; it is looked at twice.
pub(super) async fn problems(
    journal: &dyn Journal,
    id: &JournalId,
    desk: &Desk,
) -> Result<Vec<String>, JournalError> {
    let mut keys = Vec::new();
    scan(journal, id, Table::Contacts, &mut |key, _value| {
        keys.push(key);
        Ok(())
    })
    .await?;
    let mut found = Vec::new();
    for key in keys {
        let name = String::from_utf8_lossy(&key).into_owned();
        let order = OrderId::stored(&name);
        let open = desk.document(&order).cloned();
        let document = match open {
            Some(document) => Some(document),
            None => stored(journal, id, &key).await?,
        };
        let kept = document.as_ref().and_then(Document::order).map(|order| order.contact);
        if kept == Some(Contact::Kept) || journal.row(id, Table::Contacts, &key).await?.is_none() {
            continue;
        }
        found.push(match kept {
            Some(Contact::Erased(_)) => format!("privacy: the contact of {name} is there, and was erased"),
            Some(Contact::None | Contact::Kept) => {
                format!("privacy: {name} has a contact it does not know of")
            }
            None => format!("privacy: a contact of {name} is there, and no such order"),
        });
    }
    Ok(found)
}

/// A document as the store has it: settled, or open since the desk was read.
async fn stored(journal: &dyn Journal, id: &JournalId, key: &[u8]) -> Result<Option<Document>, JournalError> {
    for table in [Table::Archive, Table::Orders] {
        if let Some(value) = journal.row(id, table, key).await?
            && let DeskRow::Open(_, document) | DeskRow::Archived(_, document) =
                Desk::row_from(table, key, &value)?
        {
            return Ok(document);
        }
    }
    Ok(None)
}
