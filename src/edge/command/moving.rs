//! Goods between warehouses, as doors tell of them.

use std::sync::Arc;

use axum::http::StatusCode;

use super::document::{a_transfer, must_be_configured, unknown};
use super::{Asking, Said, Signed};
use crate::actor::House;
use crate::actor::house::Sender;
use crate::domain::desk::command::RequestTransfer;
use crate::domain::desk::{DeskFactKind, Document, Verb};
use crate::domain::ids::TransferId;
use crate::domain::order::{Transfer, TransferState};
use crate::edge::fault::Problem;
use crate::edge::wire::reservation::{BareBody, claim_lines};
use crate::edge::wire::transfer::{ReceiveBody, RequestTransferBody, ShipTransferBody, TransferAnswer};

/// Asks for goods to go to another warehouse; they are promised at once, all of them or none.
///
/// # Errors
/// What a caller is told.
pub async fn request(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<TransferAnswer, Problem> {
    let said: RequestTransferBody = body.read()?;
    asking.caller.must_keep(&said.from.0)?;
    must_be_configured(asking, "from", &said.from.0)?;
    must_be_configured(asking, "to", &said.to.0)?;
    if said.from == said.to {
        return Err(Problem::invalid("to", "to: goods go to another warehouse than they come from"));
    }
    asking.must_fit(said.lines.len())?;
    let fingerprint = asking.inside.key.fingerprint("request_transfer", "", &said);
    let requested = RequestTransfer {
        id: House::document_id("transfer", &signed.id),
        reference: said.reference.map(|text| text.0),
        from: said.from.0,
        to: said.to.0,
        lines: claim_lines(&said.lines),
        eta: said.eta.map(|time| time.0),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let transfer = changed(asking, &sender, Verb::RequestTransfer(Box::new(requested))).await?;
    if transfer.state == TransferState::Refused { Err(refused(&transfer)) } else { Ok((&*transfer).into()) }
}

/// A transfer whose goods were not there. It stays readable as `refused`.
fn refused(transfer: &Transfer) -> Problem {
    let mut timeline = transfer.timeline.iter().rev();
    let why = timeline.find(|happened| happened.kind == DeskFactKind::TransferRefused);
    let why = why.and_then(|happened| happened.reason.as_ref()).map_or("refused", |reason| reason.as_str());
    let (id, from) = (&transfer.id, &transfer.from);
    Problem::new(StatusCode::CONFLICT, "transfer_refused", "not enough free stock")
        .detail(format!("`{from}` can't promise the goods of transfer `{id}`: {why}"))
}

/// Goods of a transfer left.
///
/// # Errors
/// What a caller is told.
pub async fn ship(
    asking: &Asking,
    signed: Signed,
    id: &TransferId,
    body: Said<'_>,
) -> Result<TransferAnswer, Problem> {
    let said: ShipTransferBody = body.read_or_default()?;
    let transfer = a_transfer(asking, id).await?;
    asking.caller.must_keep(&transfer.from)?;
    if let Some(lines) = &said.lines {
        asking.must_fit(lines.len())?;
    }
    let fingerprint = asking.inside.key.fingerprint("ship_transfer", id.as_str(), &said);
    let verb = Verb::ShipTransfer {
        id: id.clone(),
        lines: said.lines.as_deref().map(claim_lines),
        eta: said.eta.map(|time| time.0),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    Ok((&*changed(asking, &sender, verb).await?).into())
}

/// Goods of a transfer arrived: all that is under way, or the lines named.
///
/// # Errors
/// What a caller is told.
pub async fn receive(
    asking: &Asking,
    signed: Signed,
    id: &TransferId,
    body: Said<'_>,
) -> Result<TransferAnswer, Problem> {
    let said: ReceiveBody = body.read_or_default()?;
    let transfer = a_transfer(asking, id).await?;
    asking.caller.must_keep(&transfer.to)?;
    if let Some(lines) = &said.lines {
        asking.must_fit(lines.len())?;
    }
    let fingerprint = asking.inside.key.fingerprint("receive_transfer", id.as_str(), &said);
    let verb = Verb::ReceiveTransfer { id: id.clone(), lines: said.lines.as_deref().map(claim_lines) };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    Ok((&*changed(asking, &sender, verb).await?).into())
}

/// No more of a transfer arrives: what is under way is lost, what never left is given back.
///
/// # Errors
/// What a caller is told.
pub async fn close(
    asking: &Asking,
    signed: Signed,
    id: &TransferId,
    body: Said<'_>,
) -> Result<TransferAnswer, Problem> {
    let transfer = a_transfer(asking, id).await?;
    asking.caller.must_keep(&transfer.to)?;
    bare(asking, signed, "close_transfer", id, body, Verb::CloseTransfer { id: id.clone() }).await
}

/// A transfer does not happen.
///
/// # Errors
/// What a caller is told.
pub async fn cancel(
    asking: &Asking,
    signed: Signed,
    id: &TransferId,
    body: Said<'_>,
) -> Result<TransferAnswer, Problem> {
    let transfer = a_transfer(asking, id).await?;
    asking.caller.must_keep(&transfer.from)?;
    bare(asking, signed, "cancel_transfer", id, body, Verb::CancelTransfer { id: id.clone() }).await
}

async fn bare(
    asking: &Asking,
    signed: Signed,
    kind: &'static str,
    id: &TransferId,
    body: Said<'_>,
    verb: Verb,
) -> Result<TransferAnswer, Problem> {
    let said: BareBody = body.read_or_default()?;
    let fingerprint = asking.inside.key.fingerprint(kind, id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    Ok((&*changed(asking, &sender, verb).await?).into())
}

async fn changed(asking: &Asking, sender: &Sender, verb: Verb) -> Result<Arc<Transfer>, Problem> {
    match asking.inside.house.desk(sender, verb).await? {
        Document::Transfer(transfer) => Ok(transfer),
        Document::Order(_) | Document::Return(_) | Document::Inbound(_) => Err(unknown("transfer")),
    }
}
