//! Goods expected from suppliers, as doors tell of them.

use super::document::{an_inbound, must_be_configured, unknown};
use super::{Asking, Said, Signed};
use crate::actor::House;
use crate::actor::house::Sender;
use crate::domain::desk::command::ExpectInbound;
use crate::domain::desk::{Document, Verb};
use crate::domain::ids::InboundId;
use crate::edge::fault::Problem;
use crate::edge::wire::inbound::{ChangeExpectedBody, ExpectBody, InboundAnswer};
use crate::edge::wire::reservation::{BareBody, claim_lines};
use crate::edge::wire::transfer::ReceiveBody;

/// Takes in that goods are expected.
///
/// # Errors
/// What a caller is told.
pub async fn expect(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<InboundAnswer, Problem> {
    let said: ExpectBody = body.read()?;
    asking.caller.must_keep(&said.warehouse.0)?;
    must_be_configured(asking, "warehouse", &said.warehouse.0)?;
    asking.must_fit(said.lines.len())?;
    let fingerprint = asking.inside.key.fingerprint("expect_inbound", "", &said);
    let expected = ExpectInbound {
        id: House::document_id("inbound", &signed.id),
        reference: said.reference.map(|text| text.0),
        warehouse: said.warehouse.0,
        lines: claim_lines(&said.lines),
        eta: said.eta.map(|time| time.0),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, Verb::ExpectInbound(Box::new(expected))).await
}

/// Something else is expected than before.
///
/// # Errors
/// What a caller is told.
pub async fn change(
    asking: &Asking,
    signed: Signed,
    id: &InboundId,
    body: Said<'_>,
) -> Result<InboundAnswer, Problem> {
    let said: ChangeExpectedBody = body.read()?;
    let inbound = an_inbound(asking, id).await?;
    asking.caller.must_keep(&inbound.warehouse)?;
    asking.must_fit(said.lines.len())?;
    let fingerprint = asking.inside.key.fingerprint("change_inbound", id.as_str(), &said);
    let expected = ExpectInbound {
        id: id.clone(),
        reference: inbound.reference.clone(),
        warehouse: inbound.warehouse.clone(),
        lines: claim_lines(&said.lines),
        eta: said.eta.map(|time| time.0),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, Verb::ExpectInbound(Box::new(expected))).await
}

/// Goods of a receipt arrived: all that is still expected, or the lines named, also more than was expected.
///
/// # Errors
/// What a caller is told.
pub async fn receive(
    asking: &Asking,
    signed: Signed,
    id: &InboundId,
    body: Said<'_>,
) -> Result<InboundAnswer, Problem> {
    let said: ReceiveBody = body.read_or_default()?;
    let inbound = an_inbound(asking, id).await?;
    asking.caller.must_keep(&inbound.warehouse)?;
    if let Some(lines) = &said.lines {
        asking.must_fit(lines.len())?;
    }
    let fingerprint = asking.inside.key.fingerprint("receive_inbound", id.as_str(), &said);
    let verb = Verb::ReceiveInbound { id: id.clone(), lines: said.lines.as_deref().map(claim_lines) };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, verb).await
}

/// No more of a receipt arrives.
///
/// # Errors
/// What a caller is told.
pub async fn close(
    asking: &Asking,
    signed: Signed,
    id: &InboundId,
    body: Said<'_>,
) -> Result<InboundAnswer, Problem> {
    let said: BareBody = body.read_or_default()?;
    let inbound = an_inbound(asking, id).await?;
    asking.caller.must_keep(&inbound.warehouse)?;
    let fingerprint = asking.inside.key.fingerprint("close_inbound", id.as_str(), &said);
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, Verb::CloseInbound { id: id.clone() }).await
}

async fn changed(asking: &Asking, sender: &Sender, verb: Verb) -> Result<InboundAnswer, Problem> {
    match asking.inside.house.desk(sender, verb).await? {
        Document::Inbound(inbound) => Ok((&*inbound).into()),
        Document::Order(_) | Document::Return(_) | Document::Transfer(_) => Err(unknown("inbound")),
    }
}
