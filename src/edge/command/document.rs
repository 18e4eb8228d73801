//! The documents of a desk beside orders: who may see and change them.
//!
//! Whoever may not see a document is told that it is not there; whoever may see it and not change it is refused.

use std::sync::Arc;

use super::Asking;
use crate::actor::fault::Fault;
use crate::domain::desk::Document;
use crate::domain::ids::{ChannelId, InboundId, OrderId, ReturnId, TransferId, WarehouseId};
use crate::domain::order::{Inbound, Order, Return, Transfer};
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;

/// A return, and the document it lives in.
#[derive(Debug, Clone)]
pub struct FoundReturn {
    document: Document,
    number: u32,
}

impl FoundReturn {
    /// A return within a document; `None` where there is none of this number.
    #[must_use]
    pub fn within(document: Document, number: u32) -> Option<Self> {
        let found = Self { document, number };
        found.find().is_some().then_some(found)
    }

    /// The document it lives in.
    #[must_use]
    pub fn document(&self) -> &OrderId {
        self.document.id()
    }

    /// Its number in there.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The order it lives in, where it lives in one.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        self.document.order().map(Arc::as_ref)
    }

    fn find(&self) -> Option<&Return> {
        match &self.document {
            Document::Order(order) => order.returns.iter().find(|back| back.number == self.number),
            Document::Return(back) => (back.number == self.number).then_some(back),
            Document::Transfer(_) | Document::Inbound(_) => None,
        }
    }

    /// The return.
    ///
    /// # Errors
    /// 404 where the document has none of this number.
    pub fn back(&self) -> Result<&Return, Problem> {
        self.find().ok_or_else(|| unknown("return"))
    }
}

/// What is answered where there is nothing of this kind and id, or nothing the caller may see.
pub(in crate::edge) fn unknown(kind: &'static str) -> Problem {
    Refusal::UnknownDocument { kind }.into()
}

/// A document by its id, whatever it is.
async fn document(asking: &Asking, id: &OrderId, kind: &'static str) -> Result<Document, Problem> {
    match asking.inside.house.document(id).await {
        Ok(document) => Ok(document),
        Err(Fault::Refused(Refusal::UnknownDocument { .. })) => Err(unknown(kind)),
        Err(fault) => Err(fault.into()),
    }
}

/// A return the caller may see.
///
/// # Errors
/// 404 where there is none, or none for this caller.
pub async fn a_return(asking: &Asking, id: &ReturnId) -> Result<FoundReturn, Problem> {
    let found = any_return(asking, id).await?;
    if sees_return(asking, found.back()?) { Ok(found) } else { Err(unknown("return")) }
}

/// A return, whoever asks.
pub(super) async fn any_return(asking: &Asking, id: &ReturnId) -> Result<FoundReturn, Problem> {
    let (of, number) = match id.part() {
        Some((order, 'r', number)) => (order, number),
        Some(_) => return Err(unknown("return")),
        None => (id.clone(), 1),
    };
    let document = document(asking, &of, "return").await?;
    FoundReturn::within(document, number).ok_or_else(|| unknown("return"))
}

/// A transfer the caller may see.
///
/// # Errors
/// 404 where there is none, or none for this caller.
pub async fn a_transfer(asking: &Asking, id: &TransferId) -> Result<Arc<Transfer>, Problem> {
    match document(asking, id, "transfer").await? {
        Document::Transfer(transfer) if sees_transfer(asking, &transfer) => Ok(transfer),
        Document::Order(_) | Document::Return(_) | Document::Transfer(_) | Document::Inbound(_) => {
            Err(unknown("transfer"))
        }
    }
}

/// A receipt the caller may see.
///
/// # Errors
/// 404 where there is none, or none for this caller.
pub async fn an_inbound(asking: &Asking, id: &InboundId) -> Result<Arc<Inbound>, Problem> {
    match document(asking, id, "inbound").await? {
        Document::Inbound(inbound) if sees_inbound(asking, &inbound) => Ok(inbound),
        Document::Order(_) | Document::Return(_) | Document::Transfer(_) | Document::Inbound(_) => {
            Err(unknown("inbound"))
        }
    }
}

/// Whether the caller may see a return: who sells on or reads its channel, who keeps its warehouse, who reads all.
#[must_use]
pub fn sees_return(asking: &Asking, back: &Return) -> bool {
    let of_channel = |channel: &ChannelId| asking.caller.must_see_sales(channel).is_ok();
    back.channel.as_ref().is_some_and(of_channel) || sees_stock(asking, &back.warehouse)
}

/// Whether the caller may see a transfer: who keeps one of its ends, who reads all.
#[must_use]
pub fn sees_transfer(asking: &Asking, transfer: &Transfer) -> bool {
    sees_stock(asking, &transfer.from) || sees_stock(asking, &transfer.to)
}

/// Whether the caller may see a receipt: who keeps its warehouse, who reads all.
#[must_use]
pub fn sees_inbound(asking: &Asking, inbound: &Inbound) -> bool {
    sees_stock(asking, &inbound.warehouse)
}

fn sees_stock(asking: &Asking, warehouse: &WarehouseId) -> bool {
    asking.caller.must_see_stock(warehouse).is_ok()
}

/// Refuses a warehouse that is named in a body and not configured.
pub(super) fn must_be_configured(
    asking: &Asking,
    path: &'static str,
    id: &WarehouseId,
) -> Result<(), Problem> {
    match asking.inside.house.warehouse(id) {
        Ok(_) => Ok(()),
        Err(refusal) => {
            let (code, detail) = (refusal.code(), format!("{path}: {refusal}"));
            Err(Problem { code, ..Problem::invalid(path, detail) })
        }
    }
}
