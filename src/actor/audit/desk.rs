//! What a desk adds to the audit of its journal: its documents hold together, open and archived, and none was taken in
//! twice.

use super::journal::{Audit, Past};
use crate::domain::desk::{Desk, DeskFactKind, DeskRow, Document, invariant};
use crate::journal::record::Entry;

impl Audit for Desk {
    fn state_problems(&self) -> Vec<String> {
        invariant::of_desk(self)
    }

    fn entry_problems(entry: &Entry<Self>, version: u64, past: &mut Past) -> Vec<String> {
        let mut problems = Vec::new();
        for (_, fact) in &entry.facts {
            let begins = matches!(fact.kind, DeskFactKind::OrderReceived | DeskFactKind::TransferRequested);
            if begins && !past.taken_in.insert(fact.document.clone()) {
                problems.push(format!("J5: {} was taken in again at version {version}", fact.document));
            }
            // What was refused or forgotten may come anew.
            if matches!(fact.kind, DeskFactKind::OrderRefused | DeskFactKind::DocumentForgotten) {
                past.taken_in.remove(&fact.document);
            }
        }
        for row in &entry.rows {
            if let DeskRow::Open(id, None) | DeskRow::Archived(id, None) = row {
                let stays = |row: &DeskRow| match row {
                    DeskRow::Open(other, Some(_)) | DeskRow::Archived(other, Some(_)) => other == id,
                    DeskRow::Open(_, None)
                    | DeskRow::Archived(_, None)
                    | DeskRow::Refused(..)
                    | DeskRow::Asked(..) => false,
                };
                if !entry.rows.iter().any(stays) {
                    past.taken_in.remove(id);
                }
            }
        }
        problems
    }

    fn cold_problems(row: &DeskRow, past: &mut Past) -> Vec<String> {
        let DeskRow::Archived(id, Some(document)) = row else { return Vec::new() };
        if let Document::Transfer(transfer) = document {
            past.archived_transfers.push(transfer.clone());
        }
        let mut problems = invariant::of_document(document);
        if !document.is_settled() {
            problems.push(format!("{id}: in the archive, yet not settled"));
        }
        if document.id() != id {
            problems.push(format!("{id}: the archive has {} there", document.id()));
        }
        problems
    }

    /// A document as a whole is long, and carries what somebody else may have put into it.
    fn shown(row: &DeskRow) -> String {
        let document = |document: &Option<Document>| match document {
            Some(Document::Order(order)) => format!("an order that is {}", order.state),
            Some(Document::Return(back)) => format!("a return that is {}", back.state),
            Some(Document::Transfer(transfer)) => format!("a transfer that is {}", transfer.state),
            Some(Document::Inbound(inbound)) => format!("a receipt that is {}", inbound.state),
            None => "nothing".to_owned(),
        };
        match row {
            DeskRow::Open(id, value) => format!("{id} open: {}", document(value)),
            DeskRow::Archived(id, value) => format!("{id} archived: {}", document(value)),
            DeskRow::Refused(..) | DeskRow::Asked(..) => format!("{row:?}"),
        }
    }
}
