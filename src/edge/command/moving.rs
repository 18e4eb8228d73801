//! Goods between warehouses, as doors tell of them.

use std::sync::Arc;

use axum::http::StatusCode;

use super::document::{a_transfer, must_be_configured, unknown};
use super::order::Which;
use super::{Asking, Said, Signed};
use crate::actor::House;
use crate::actor::house::Sender;
use crate::domain::desk::command::{AskedAlong, RequestTransfer};
use crate::domain::desk::{DeskFactKind, Document, Verb};
use crate::domain::ids::{TransferId, WarehouseId};
use crate::domain::order::{Transfer, TransferState};
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::wire::reservation::{BareBody, claim_lines};
use crate::edge::wire::transfer::{
    CarryBody, ReceiveBody, RequestTransferBody, ShipTransferBody, TransferAnswer,
};

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
    asking.must_fit(said.lines.len().saturating_add(said.carry.len()))?;
    if said.lines.is_empty() && said.carry.is_empty() {
        return Err(Problem::invalid(
            "lines",
            "lines: name goods in `lines`, promised units in `carry`, or both",
        ));
    }
    let fingerprint = asking.inside.key.fingerprint("request_transfer", "", &said);
    let mut along = Vec::with_capacity(said.carry.len());
    for (at, row) in said.carry.iter().enumerate() {
        along.push(carried(asking, (at, row), &said.from.0).await?);
    }
    let requested = RequestTransfer {
        id: House::document_id("transfer", &signed.id),
        reference: said.reference.map(|text| text.0),
        from: said.from.0,
        to: said.to.0,
        lines: claim_lines(&said.lines),
        along,
        eta: said.eta.map(|time| time.0),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let transfer = changed(asking, &sender, Verb::RequestTransfer(Box::new(requested))).await?;
    if transfer.state == TransferState::Refused { Err(refused(&transfer)) } else { Ok((&*transfer).into()) }
}

/// Promised units that are to go along, of an order the caller may know of: who sees its channel's sales, or works off
/// what is sent from here.
async fn carried(
    asking: &Asking,
    (at, row): (usize, &CarryBody),
    from: &WarehouseId,
) -> Result<AskedAlong, Problem> {
    let name = row.order.0.clone();
    let which = Which { name, channel: row.channel.as_ref().map(|channel| channel.0.clone()) };
    let within = |problem: Problem| {
        let said = problem.detail.clone().unwrap_or(problem.title.into());
        problem.detail(format!("carry[{at}]: {said}"))
    };
    let order = which.find_for_work(asking, from).await.map_err(within)?;
    let unknown = |kind| within(Problem::from(Refusal::UnknownDocument { kind }));
    let fulfilment = match row.fulfilment.as_ref().map(|id| id.0.part()) {
        None => None,
        Some(Some((id, 'f', number))) if id == order.id => Some(number),
        Some(_) => return Err(unknown("fulfilment")),
    };
    let line = order
        .line(&row.line.0)
        .ok_or_else(|| within(Problem::from(Refusal::UnknownLine(row.line.0.clone()))))?;
    Ok(AskedAlong {
        order: order.id.clone(),
        channel: order.channel.clone(),
        line: line.id.clone(),
        sku: line.sku.clone(),
        fulfilment,
        quantity: row.quantity.0,
    })
}

/// A transfer whose goods were not there. It stays readable as `refused`.
fn refused(transfer: &Transfer) -> Problem {
    let mut timeline = transfer.timeline.iter().rev();
    let why = timeline.find(|happened| happened.kind == DeskFactKind::TransferRefused);
    let why = why.and_then(|happened| happened.reason.as_ref()).map_or("refused", |reason| reason.as_str());
    let (id, from) = (&transfer.id, &transfer.from);
    if let Some(along) = transfer.along.iter().find(|along| along.refused.is_some()) {
        let (at, order) = (along.row.saturating_sub(1), &along.order);
        return Problem::new(StatusCode::CONFLICT, "transfer_refused", "promised units can't go along")
            .detail(format!(
                "carry[{at}]: order `{order}` does not let {} units go along: {why}",
                along.quantity
            ));
    }
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
