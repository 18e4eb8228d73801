//! Documents as readers see them: open ones from the confirmed view, settled ones from the archive.

use bytes::Bytes;

use crate::actor::fault::Fault;
use crate::actor::house::House;
use crate::domain::desk::{Desk, DeskRow, Document};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, SHARDS};
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::journal::record::Recorded;
use crate::journal::{JournalError, JournalId, JournalKind, RowCursor, Table};
use std::sync::Arc;

/// How often a document is looked for that is found neither among the open ones nor in the archive.
const LOOKS_MAX: usize = 2;

impl House {
    /// A document by its id, open or settled.
    ///
    /// # Errors
    /// [`Refusal::UnknownDocument`], or what stood in the way.
    pub async fn document(&self, id: &OrderId) -> Result<Document, Fault> {
        // One that is reopened between the two looks, say by a return, is in neither: it is there at the next.
        for _ in 0..LOOKS_MAX {
            if let Some(document) = self.desks.view.get(id) {
                return Ok(document);
            }
            if let Some(document) = self.archived_document(id).await? {
                return Ok(document);
            }
        }
        Err(Refusal::UnknownDocument { kind: "document" }.into())
    }

    /// An order by its id over all channels, or by its channel's number; without a channel all of them are looked at.
    ///
    /// # Errors
    /// [`Refusal::UnknownDocument`], [`Refusal::AmbiguousOrder`] where several channels have it, or what stood in the
    /// way.
    pub async fn find_order(&self, name: &str, channel: Option<&ChannelId>) -> Result<Arc<Order>, Fault> {
        let unknown = || Fault::from(Refusal::UnknownDocument { kind: "order" });
        let mut found = None;
        if let Ok(number) = OrderNumber::parse(name) {
            let channels = self.channels.keys().filter(|known| channel.is_none_or(|wanted| wanted == *known));
            for known in channels {
                let order = self.order_of(&Self::order_id(known, &number)).await?;
                if order.is_some() && found.is_some() {
                    return Err(Refusal::AmbiguousOrder.into());
                }
                found = found.or(order);
            }
        }
        if found.is_none()
            && let Ok(id) = OrderId::parse(name)
        {
            found = self.order_of(&id).await?;
        }
        found.filter(|order| channel.is_none_or(|wanted| *wanted == order.channel)).ok_or_else(unknown)
    }

    async fn order_of(&self, id: &OrderId) -> Result<Option<Arc<Order>>, Fault> {
        match self.document(id).await {
            Ok(document) => Ok(document.order().filter(|order| !order.withdrawn).cloned()),
            Err(Fault::Refused(Refusal::UnknownDocument { .. })) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Up to `limit` open documents after `after` that are wanted, in order of id.
    pub fn documents(
        &self,
        after: Option<&OrderId>,
        limit: usize,
        wanted: impl FnMut(&Document) -> bool,
    ) -> Vec<Document> {
        self.desks.view.list(after, limit, wanted)
    }

    /// A page of settled documents of about `limit`, and where to go on.
    ///
    /// # Errors
    /// What stood in the way; 422 where the cursor is none of ours.
    pub async fn archived(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Document>, Option<String>), Fault> {
        let (mut shard, mut from) = match cursor {
            None => (0, RowCursor::default()),
            Some(text) => read_cursor(text).ok_or(Refusal::OutOfRange)?,
        };
        let mut documents = Vec::new();
        while shard < SHARDS {
            let id = journal(shard);
            let page = self.journal.rows(&id, Table::Archive, from).await.map_err(away)?;
            for (key, value) in page.rows {
                documents.extend(read_archived(&key, &value)?);
            }
            match page.next {
                Some(next) => from = next,
                None => (shard, from) = (shard.saturating_add(1), RowCursor::default()),
            }
            if documents.len() >= limit {
                break;
            }
        }
        let next = (shard < SHARDS).then(|| write_cursor(shard, &from));
        Ok((documents, next))
    }

    /// An order's contact as it was handed in; `None` where it was erased or there never was one.
    ///
    /// # Errors
    /// What stood in the way.
    pub async fn contact(&self, order: &OrderId) -> Result<Option<Bytes>, Fault> {
        let Some(shard) = order.shard() else { return Ok(None) };
        self.journal.row(&journal(shard), Table::Contacts, order.as_str().as_bytes()).await.map_err(away)
    }

    /// A document as the store has it, open or settled, whatever this daemon's desk knows.
    pub(super) async fn stored_document(&self, id: &OrderId) -> Result<Option<Document>, Fault> {
        let Some(shard) = id.shard() else { return Ok(None) };
        let key = id.as_str().as_bytes();
        let row = self.journal.row(&journal(shard), Table::Orders, key).await.map_err(away)?;
        let Some(value) = row else { return self.archived_document(id).await };
        match Desk::row_from(Table::Orders, key, &value).map_err(away)? {
            DeskRow::Open(_, document) => Ok(document),
            DeskRow::Archived(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => Ok(None),
        }
    }

    /// A settled document.
    pub(super) async fn archived_document(&self, id: &OrderId) -> Result<Option<Document>, Fault> {
        let Some(shard) = id.shard() else { return Ok(None) };
        let key = id.as_str().as_bytes();
        let row = self.journal.row(&journal(shard), Table::Archive, key).await.map_err(away)?;
        row.map_or(Ok(None), |value| read_archived(key, &value))
    }
}

pub(super) fn journal(shard: u8) -> JournalId {
    JournalId::new(JournalKind::Desk, format!("{shard:02}"))
}

fn read_archived(key: &[u8], value: &[u8]) -> Result<Option<Document>, Fault> {
    match Desk::row_from(Table::Archive, key, value).map_err(away)? {
        DeskRow::Archived(_, document) => Ok(document),
        DeskRow::Open(..) | DeskRow::Refused(..) | DeskRow::Asked(..) => Ok(None),
    }
}

pub(super) fn away(error: JournalError) -> Fault {
    Fault::Unavailable(error.to_string())
}

fn write_cursor(shard: u8, from: &RowCursor) -> String {
    let mut text = format!("{shard:02}");
    from.0.iter().for_each(|byte| text.push_str(&format!("{byte:02x}")));
    text
}

fn read_cursor(text: &str) -> Option<(u8, RowCursor)> {
    let shard = text.get(..2)?.parse().ok().filter(|shard| *shard < SHARDS)?;
    let hex = text.get(2..).filter(|hex| hex.is_ascii() && hex.len().is_multiple_of(2))?;
    let byte = |at: usize| hex.get(at..at.checked_add(2)?).and_then(|two| u8::from_str_radix(two, 16).ok());
    let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
    Some((shard, RowCursor(bytes?.into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cursor comes back as it was handed out, and nothing else is taken for one.
    #[test]
    fn cursors_come_back() {
        let cursor = RowCursor(Bytes::from_static(&[0, 255, 16]));
        let text = write_cursor(7, &cursor);
        assert_eq!(read_cursor(&text), Some((7, cursor)));
        for text in ["", "0", "16", "07f", "07zz", "ab", "07é"] {
            assert_eq!(read_cursor(text), None, "{text}");
        }
    }
}
