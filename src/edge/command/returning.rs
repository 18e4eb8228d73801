//! Goods that come back, as doors tell of them.

use super::document::{FoundReturn, a_return, any_return, must_be_configured, unknown};
use super::order::Which;
use super::{Asking, Said, Signed};
use crate::actor::House;
use crate::actor::house::Sender;
use crate::domain::desk::Verb;
use crate::domain::desk::command::{AnnounceReturn, AnnouncedUnits, ReturnedUnits};
use crate::domain::ids::ReturnId;
use crate::domain::order::Inspected;
use crate::edge::fault::Problem;
use crate::edge::wire::reservation::BareBody;
use crate::edge::wire::returns::{AnnounceBody, InspectBody, ReceiveReturnBody, ReturnAnswer};

/// Announces a return. One of a known order lives in it and takes back no more than has left; one of an unknown order is
/// a document of its own.
///
/// # Errors
/// What a caller is told.
pub async fn announce(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<ReturnAnswer, Problem> {
    let said: AnnounceBody = body.read()?;
    must_announce(asking, &said)?;
    must_be_configured(asking, "warehouse", &said.warehouse.0)?;
    asking.must_fit(said.lines.len())?;
    for (index, line) in said.lines.iter().enumerate() {
        if line.sku.is_none() && (line.line.is_none() || said.order.is_none()) {
            let path = format!("lines[{index}].sku");
            let detail = format!("{path}: name the goods, or the line of a known order");
            return Err(Problem::invalid(path, detail));
        }
    }
    let house = &asking.inside.house;
    let channel = said.channel.as_ref().map(|channel| &channel.0);
    let order = match &said.order {
        Some(order) => {
            let which = Which { name: order.0.clone(), channel: channel.cloned() };
            let found = which.find(asking).await?;
            asking.caller.must_sell(&found.channel)?;
            Some(found.id.clone())
        }
        None => None,
    };
    let fingerprint = asking.inside.key.fingerprint("announce_return", "", &said);
    // The id of a return that belongs to no order; within an order, what tells this return from the others.
    let id = House::document_id("return", &signed.id);
    let line = |line: crate::edge::wire::returns::AnnouncedLine| {
        let (of, sku) = (line.line.map(|id| id.0), line.sku.map(|sku| sku.0));
        let reason = line.reason.map(|reason| reason.0);
        AnnouncedUnits { line: of, sku, quantity: line.quantity.0, reason }
    };
    let announced = AnnounceReturn {
        order,
        id: id.clone(),
        channel: said.channel.map(|channel| channel.0),
        reference: said.reference.map(|text| text.0),
        warehouse: said.warehouse.0,
        lines: said.lines.into_iter().map(line).collect(),
        declared_at: said.declared_at.map(|time| time.0),
        refund_by: said.refund_by.map(|time| time.0),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    let document = house.desk(&sender, Verb::AnnounceReturn(Box::new(announced))).await?;
    // Of an order's returns the one that this command announced.
    let number = document.order().map_or(Some(1), |order| {
        order.returns.iter().find(|back| back.announced_as(&id)).map(|back| back.number)
    });
    told(number.and_then(|number| FoundReturn::within(document, number)))
}

/// Whoever sells on the channel announces; where nobody knows where the goods were bought, whoever keeps the warehouse.
fn must_announce(asking: &Asking, said: &AnnounceBody) -> Result<(), Problem> {
    match (&said.channel, &said.order) {
        (Some(channel), _) => {
            asking.caller.must_sell(&channel.0)?;
            if !asking.inside.house.channels.contains_key(&channel.0) {
                let detail = format!("channel: `{}` is not configured", channel.0);
                return Err(Problem { code: "unknown_channel", ..Problem::invalid("channel", detail) });
            }
            Ok(())
        }
        // Decided once the order is found.
        (None, Some(_)) => Ok(()),
        (None, None) => asking.caller.must_keep(&said.warehouse.0),
    }
}

/// Goods of a return arrived, at the warehouse it was announced for or another; they lie under quality control.
///
/// # Errors
/// What a caller is told.
pub async fn receive(
    asking: &Asking,
    signed: Signed,
    id: &ReturnId,
    body: Said<'_>,
) -> Result<ReturnAnswer, Problem> {
    let said: ReceiveReturnBody = body.read_or_default()?;
    let elsewhere = said.warehouse.as_ref().map(|warehouse| warehouse.0.clone());
    // Who keeps the place where a parcel turned up may take any return in, and is told only then that there is one.
    let keeps = elsewhere.as_ref().is_some_and(|place| asking.caller.must_keep(place).is_ok());
    let found = if keeps { any_return(asking, id).await? } else { a_return(asking, id).await? };
    let place = elsewhere.as_ref().unwrap_or(&found.back()?.warehouse);
    asking.caller.must_keep(place)?;
    must_be_configured(asking, "warehouse", place)?;
    if let Some(lines) = &said.lines {
        asking.must_fit(lines.len())?;
    }
    let fingerprint = asking.inside.key.fingerprint("receive_return", id.as_str(), &said);
    let units = |line: crate::edge::wire::reservation::ReserveLine| ReturnedUnits {
        sku: line.sku.0,
        quantity: line.quantity.0,
    };
    let verb = Verb::ReceiveReturn {
        document: found.document().clone(),
        number: found.number(),
        warehouse: elsewhere,
        lines: said.lines.map(|lines| lines.into_iter().map(units).collect()),
    };
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, verb, found.number()).await
}

/// Goods of a return were looked at: each unit goes where it belongs.
///
/// # Errors
/// What a caller is told.
pub async fn inspect(
    asking: &Asking,
    signed: Signed,
    id: &ReturnId,
    body: Said<'_>,
) -> Result<ReturnAnswer, Problem> {
    let said: InspectBody = body.read()?;
    let found = a_return(asking, id).await?;
    asking.caller.must_keep(&found.back()?.warehouse)?;
    asking.must_fit(said.lines.len())?;
    let fingerprint = asking.inside.key.fingerprint("inspect_return", id.as_str(), &said);
    let lines = said.lines.iter().map(|line| (line.sku.0.clone(), Inspected::from(line))).collect();
    let (document, number) = (found.document().clone(), found.number());
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, Verb::InspectReturn { document, number, lines }, number).await
}

/// A return does not come.
///
/// # Errors
/// What a caller is told.
pub async fn cancel(
    asking: &Asking,
    signed: Signed,
    id: &ReturnId,
    body: Said<'_>,
) -> Result<ReturnAnswer, Problem> {
    let said: BareBody = body.read_or_default()?;
    let found = a_return(asking, id).await?;
    let back = found.back()?;
    let keeps = asking.caller.must_keep(&back.warehouse);
    let sells = back.channel.as_ref().is_some_and(|channel| asking.caller.must_sell(channel).is_ok());
    if !sells {
        keeps?;
    }
    let fingerprint = asking.inside.key.fingerprint("cancel_return", id.as_str(), &said);
    let (document, number) = (found.document().clone(), found.number());
    let sender = signed.sender(said.issued_at.map(|time| time.0), fingerprint);
    changed(asking, &sender, Verb::CancelReturn { document, number }, number).await
}

async fn changed(asking: &Asking, sender: &Sender, verb: Verb, number: u32) -> Result<ReturnAnswer, Problem> {
    let document = asking.inside.house.desk(sender, verb).await?;
    told(FoundReturn::within(document, number))
}

fn told(found: Option<FoundReturn>) -> Result<ReturnAnswer, Problem> {
    let found = found.ok_or_else(|| unknown("return"))?;
    Ok(ReturnAnswer::of(found.back()?, found.order()))
}
