//! A person's data: erased, and read with a note of who read it.

use std::sync::Arc;

use super::{Asking, Said, Signed};
use crate::actor::fault::{Class, Fault};
use crate::domain::desk::Verb;
use crate::domain::order::privacy::contact_ends;
use crate::domain::order::{Contact, Order};
use crate::domain::time::Timestamp;
use crate::edge::fault::Problem;
use crate::edge::wire::order::answer::OrderAnswer;
use crate::edge::wire::privacy::{
    EraseAnswer, EraseBody, ErasedAnswer, ExportAnswer, ExportBody, ExportedOrder, KnownContact, OrderOf,
    OrderVerdict,
};
use crate::edge::wire::text::Text;
use crate::edge::wire::time::Time;

/// Erases the personal data of orders, each by itself. An open order's is erased only with `force`; then it is held.
///
/// # Errors
/// What a caller is told.
pub async fn erase(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<EraseAnswer, Problem> {
    let said: EraseBody = body.read()?;
    must_know(asking, &said.orders)?;
    let house = &asking.inside.house;
    let issued_at = said.issued_at.map(|time| time.0);
    let (mut results, mut applied) = (Vec::with_capacity(said.orders.len()), 0_usize);
    for (index, named) in said.orders.iter().enumerate() {
        let erased = async {
            let order = house.find_order(named.order.0.as_str(), Some(&named.channel.0)).await?;
            let said = (order.id.as_str(), said.force);
            let fingerprint = asking.inside.key.fingerprint("erase_contact", order.id.as_str(), &said);
            let sender = signed.line(index, issued_at, fingerprint);
            let verb = Verb::EraseContact { order: order.id.clone(), force: said.1 };
            house.desk(&sender, verb).await.map(|_| ())
        };
        let verdict = verdict(erased.await, applied)?;
        applied = applied.saturating_add(usize::from(verdict.code.is_none()));
        results.push(ErasedAnswer { channel: named.channel.clone(), order: named.order.clone(), verdict });
    }
    let refused = results.len().saturating_sub(applied);
    Ok(EraseAnswer { results, applied, refused })
}

/// The personal data of orders. Each reading is noted in its order before it is answered.
///
/// # Errors
/// What a caller is told.
pub async fn export(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<ExportAnswer, Problem> {
    let said: ExportBody = body.read()?;
    must_know(asking, &said.orders)?;
    let issued_at = said.issued_at.map(|time| time.0);
    let mut orders = Vec::with_capacity(said.orders.len());
    for (index, named) in said.orders.iter().enumerate() {
        let read = read(asking, &signed, (index, issued_at), named).await;
        let (read, verdict) = match read {
            Ok((order, contact)) => (Some((order, contact)), OrderVerdict::applied()),
            Err(fault) => (None, verdict(Err(fault), orders.len())?),
        };
        let order = read.as_ref().map(|(order, _)| order.clone());
        let contact = read.and_then(|(_, contact)| contact);
        orders.push(exported(asking, named, order.as_deref(), contact, verdict));
    }
    Ok(ExportAnswer { orders })
}

async fn read(
    asking: &Asking,
    signed: &Signed,
    (index, issued_at): (usize, Option<Timestamp>),
    named: &OrderOf,
) -> Result<(Arc<Order>, Option<KnownContact>), Fault> {
    let house = &asking.inside.house;
    let order = house.find_order(named.order.0.as_str(), Some(&named.channel.0)).await?;
    if order.contact != Contact::Kept {
        return Ok((order, None));
    }
    let sender = signed.line(index, issued_at, 0);
    house.desk(&sender, Verb::NoteContactRead { order: order.id.clone() }).await?;
    let bytes = house.contact(&order.id).await?;
    let contact = bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose();
    // What was written as JSON reads back; a text the store changed is told as such, not shown.
    let contact = contact.map_err(|_| Fault::Unavailable("the contact can't be read".to_owned()))?;
    Ok((order, contact))
}

fn exported(
    asking: &Asking,
    named: &OrderOf,
    order: Option<&Order>,
    contact: Option<KnownContact>,
    verdict: OrderVerdict,
) -> ExportedOrder {
    let keeping = asking.inside.house.keeping();
    let erased_at = order.and_then(|order| match order.contact {
        Contact::Erased(at) => Some(Time(at)),
        Contact::None | Contact::Kept => None,
    });
    let kept_until = order.filter(|_| contact.is_some()).map(|order| Time(contact_ends(order, keeping)));
    ExportedOrder {
        channel: named.channel.clone(),
        order: named.order.clone(),
        id: order.map(|order| Text(order.id.clone())),
        placed_at: order.map(|order| Time(order.placed_at)),
        stands: order.map(|order| Box::new(OrderAnswer::of(order).with_timeline(order))),
        contact,
        kept_until,
        erased_at,
        verdict,
    }
}

/// Refuses who may not know the customers of one of these channels.
fn must_know(asking: &Asking, orders: &[OrderOf]) -> Result<(), Problem> {
    let most = asking.settings.limits.lines_per_request;
    if orders.is_empty() || orders.len() as u64 > most {
        let detail = format!("orders: found {}; 1 to {most} orders are right", orders.len());
        return Err(Problem::invalid("orders", detail));
    }
    orders.iter().try_for_each(|named| asking.caller.must_know_customers(&named.channel.0))
}

/// What became of one order. Where the store is away and nothing was done yet, the whole request is answered so.
fn verdict(done: Result<(), Fault>, before: usize) -> Result<OrderVerdict, Problem> {
    match done {
        Ok(()) => Ok(OrderVerdict::applied()),
        Err(fault) if fault.class() != Class::Refused && before == 0 => Err(fault.into()),
        Err(fault) => Ok(OrderVerdict::refused(fault.code(), fault.to_string())),
    }
}
