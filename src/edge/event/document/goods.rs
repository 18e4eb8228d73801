//! What came from suppliers.

use super::kind::DocumentKind;
use crate::domain::desk::{DeskFact, Document};
use crate::domain::fact::{Fact, FactKind};
use crate::domain::ids::WarehouseId;
use crate::domain::order::InboundState;
use crate::edge::amqp::Message;
use crate::edge::event::tell::Teller;
use crate::edge::wire::event::desk::occurred_at;
use crate::edge::wire::event::document::{GoodsLine, GoodsReceivedDocument};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;

const KIND: DocumentKind = DocumentKind::GoodsReceived;

/// Goods of an expected receipt arrived.
pub(super) fn of_inbound(teller: &Teller<'_>, document: &Document, fact: &DeskFact) -> Option<Message> {
    let Document::Inbound(inbound) = document else { return None };
    let line = |line: &crate::domain::desk::fact::DeskLine| {
        let known = inbound.lines.iter().find(|known| known.sku == line.sku);
        GoodsLine {
            sku: Text(line.sku.clone()),
            quantity: line.quantity,
            expected: known.map(|known| known.expected),
            received: known.map(|known| known.received),
        }
    };
    let body = GoodsReceivedDocument {
        head: teller.document_head(KIND),
        warehouse: Text(inbound.warehouse.clone()),
        inbound: Some(Text(inbound.id.clone())),
        reference: inbound.reference.clone().map(Text),
        occurred_at: occurred_at(fact),
        complete: Some(inbound.state == InboundState::Closed),
        lines: fact.lines.iter().map(line).collect(),
    };
    Some(teller.document(KIND, inbound.id.to_string(), &body))
}

/// Goods were received with a reference, and not as part of an expected receipt, which tells of them itself.
pub(in crate::edge::event) fn of_stock(
    teller: &Teller<'_>,
    warehouse: &WarehouseId,
    fact: &Fact,
) -> Option<Message> {
    let reference = fact.reference.as_ref().filter(|_| fact.kind == FactKind::Received)?;
    if is_told_by_a_desk(teller) {
        return None;
    }
    let line = |line: &crate::domain::fact::FactLine| GoodsLine {
        sku: Text(line.sku.clone()),
        quantity: line.change,
        expected: None,
        received: None,
    };
    let body = GoodsReceivedDocument {
        head: teller.document_head(KIND),
        warehouse: Text(warehouse.clone()),
        inbound: None,
        reference: Some(Text(reference.clone())),
        occurred_at: fact.time.map(Time),
        complete: None,
        lines: fact.lines.iter().map(line).collect(),
    };
    Some(teller.document(KIND, reference.to_string(), &body))
}

/// Whether the command is a desk's, `<document>/<epoch>/t<number>`. Nobody else's id has a letter behind a `/`: callers' have
/// none, and the lines of a batch are numbers.
fn is_told_by_a_desk(teller: &Teller<'_>) -> bool {
    let cause = teller.happened.cause.as_ref();
    let last = cause.and_then(|cause| cause.id.as_str().rsplit_once('/')).map(|(_, last)| last);
    last.is_some_and(|last| last.starts_with('t'))
}
