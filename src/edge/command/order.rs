//! Orders, as doors ask for them.

use std::sync::Arc;

use super::{Asking, Said, Signed};
use crate::actor::fault::Fault;
use crate::actor::house::{ChannelSpec, House};
use crate::domain::desk::command::{Fulfilled, PlaceOrder};
use crate::domain::desk::{Document, Verb};
use crate::domain::ids::{ChannelId, OrderId, OrderNumber, Reason, WarehouseId};
use crate::domain::order::{Contact, Order, PaymentState, Refund, Terms};
use crate::domain::place::Point;
use crate::domain::refusal::Refusal;
use crate::edge::fault::Problem;
use crate::edge::tracking;
use crate::edge::wire::order::Wrong;
use crate::edge::wire::order::answer::OrderAnswer;
use crate::edge::wire::order::carried::Baggage;
use crate::edge::wire::order::change::{
    AmendBody, CancelBody, ChangeAddressBody, HoldBody, PaymentBody, RefundBody, RerouteBody,
};
use crate::edge::wire::order::contact::{AddressBody, record};
use crate::edge::wire::order::explain::PreviewAnswer;
use crate::edge::wire::order::money::Currency;
use crate::edge::wire::order::place::{OrderBody, line_units, new_lines};
use crate::edge::wire::reservation::BareBody;
use crate::edge::wire::time::Time;

/// Who is served when, where nothing is said: between the urgent and those who can wait.
const PRIORITY: u8 = 100;
/// Why units are cancelled where nothing is said.
const ASKED_FOR: &str = "requested";

/// Which order is meant: its channel's number or its id over all channels, and the channel where it is said.
#[derive(Debug, Clone)]
pub struct Which {
    /// The number, or the id.
    pub name: OrderNumber,
    /// The channel.
    pub channel: Option<ChannelId>,
}

impl Which {
    /// Finds the order for somebody who may know of it.
    ///
    /// # Errors
    /// 404 where there is none, also for somebody who may not know; 409 where several are meant.
    pub async fn find(&self, asking: &Asking) -> Result<Arc<Order>, Problem> {
        self.find_among(asking, |channel| asking.caller.may_see_sales(channel), |_| false).await
    }

    /// Finds the order for somebody who may know of it, or works off its part at a warehouse.
    ///
    /// # Errors
    /// As [`Which::find`].
    pub async fn find_for_work(&self, asking: &Asking, at: &WarehouseId) -> Result<Arc<Order>, Problem> {
        let works = asking.caller.may_fulfil(at);
        let has_part = |order: &Order| works && order.fulfilments.iter().any(|part| part.warehouse == *at);
        let may = |channel: &ChannelId| works || asking.caller.may_see_sales(channel);
        self.find_among(asking, may, has_part).await
    }

    /// Finds the order on channels that may be looked at; it is told to those who see its channel's sales, and where `also`
    /// says so.
    async fn find_among(
        &self,
        asking: &Asking,
        may: impl Fn(&ChannelId) -> bool,
        also: impl Fn(&Order) -> bool,
    ) -> Result<Arc<Order>, Problem> {
        let (house, caller) = (&asking.inside.house, &asking.caller);
        let name = self.name.as_str();
        let unknown = || Problem::from(Refusal::UnknownDocument { kind: "order" });
        let found = if caller.may_all() || self.channel.is_some() {
            if self.channel.as_ref().is_some_and(|channel| !may(channel)) {
                return Err(unknown());
            }
            house.find_order(name, self.channel.as_ref()).await?
        } else {
            // Orders of other channels must not even make a number ambiguous.
            let mut found: Option<Arc<Order>> = None;
            for channel in house.channels.keys().filter(|channel| may(channel)) {
                match house.find_order(name, Some(channel)).await {
                    Ok(order) if found.as_ref().is_none_or(|known| known.id == order.id) => {
                        found = Some(order)
                    }
                    Ok(_) => return Err(Refusal::AmbiguousOrder.into()),
                    Err(Fault::Refused(Refusal::UnknownDocument { .. })) => {}
                    Err(fault) => return Err(fault.into()),
                }
            }
            found.ok_or_else(unknown)?
        };
        if caller.may_see_sales(&found.channel) || also(&found) { Ok(found) } else { Err(unknown()) }
    }

    /// Finds the order for somebody who may sell on its channel.
    ///
    /// # Errors
    /// As [`Which::find`]; 403 where it may be seen and not changed.
    async fn find_to_change(&self, asking: &Asking) -> Result<Arc<Order>, Problem> {
        let order = self.find(asking).await?;
        asking.caller.must_sell(&order.channel)?;
        Ok(order)
    }
}

/// An order for somebody who may see it; the buyer's path for those who may sell on its channel.
#[must_use]
pub fn shown(asking: &Asking, order: &Order) -> OrderAnswer {
    let tracking = order.tracking.filter(|_| asking.caller.may_sell(&order.channel)).and_then(|kept| {
        let token = tracking::mint(&asking.inside.key, &order.id);
        tracking::matches(token.as_str(), &kept).then(|| token.path(&order.id))
    });
    OrderAnswer { tracking, ..OrderAnswer::of(order) }
}

/// Takes an order in, routes it, promises its stock.
///
/// # Errors
/// What a caller is told.
pub async fn place(asking: &Asking, signed: Signed, body: Said<'_>) -> Result<OrderAnswer, Problem> {
    let said = read_order(asking, body)?;
    let fingerprint = asking.inside.key.fingerprint("place_order", "", &said);
    let issued_at = said.issued_at.map(|time| time.0);
    let (order, point) = placed(asking, said)?;
    let sender = signed.sender(issued_at, fingerprint);
    let placed = asking.inside.house.place_order(&sender, order, point).await?;
    Ok(OrderAnswer { superseded: placed.superseded, ..shown(asking, &placed.order) })
}

/// Says what routing would decide for an order now. Nothing changes.
///
/// # Errors
/// What a caller is told.
pub fn preview(asking: &Asking, body: Said<'_>) -> Result<PreviewAnswer, Problem> {
    let (order, point) = placed(asking, read_order(asking, body)?)?;
    Ok(asking.inside.house.preview(&order, point)?.into())
}

fn read_order(asking: &Asking, body: Said<'_>) -> Result<OrderBody, Problem> {
    let said: OrderBody = body.read()?;
    asking.caller.must_sell(&said.channel.0)?;
    Ok(said)
}

/// An order as the house takes it, and where it goes on the map.
fn placed(asking: &Asking, said: OrderBody) -> Result<(PlaceOrder, Option<Point>), Problem> {
    let inside = &asking.inside;
    let Some(channel) = inside.house.channels.get(&said.channel.0) else {
        let detail = format!("channel: `{}` is not configured", said.channel.0);
        return Err(Wrong { code: "unknown_channel", ..Wrong::new("channel", detail) }.into());
    };
    must_be_configured(&inside.house, &said)?;
    said.must_have_country()?;
    let lines = new_lines(&said.lines, 1, asking.settings.orders.lines_max)?;
    let baggage = said.baggage();
    baggage.must_fit()?;
    must_be_sold_in(baggage.currency()?, &channel.spec)?;
    let point = said.ship_to.as_ref().map_or(Ok(None), |to| to.point("ship_to"))?;
    if let Some(to) = &said.bill_to {
        to.point("bill_to")?;
    }
    let id = House::order_id(&said.channel.0, &said.order.0);
    let token = tracking::mint(&inside.key, &id);
    let mut same = said;
    let revision = same.revision.take();
    // A repetition under another revision says the same where only the revision differs.
    let content = inside.key.fingerprint("order", "", &same);
    let order = PlaceOrder {
        id,
        method: same.method()?,
        destination: same.ship_to.as_ref().map(AddressBody::destination).unwrap_or_default(),
        terms: terms(&same, &channel.spec),
        contact: record(same.ship_to.as_ref(), same.bill_to.as_ref(), None, Some(token.as_str()))
            .map(Into::into),
        tracking: Some(token.hash()),
        carried: baggage.text().into(),
        channel: same.channel.0,
        number: same.order.0,
        revision: revision.map(|revision| revision.0),
        content,
        told: false,
        placed_at: same.placed_at.map(|time| time.0),
        reservation: same.reservation.map(|id| id.0),
        lines,
        payment: same.payment.as_ref().map_or(PaymentState::Unknown, |paid| paid.state.0),
        payment_required: false,
        payment_reference: same.payment.and_then(|paid| paid.reference).map(|reference| reference.0),
        fulfilled: same.fulfilled.map(|gone| Fulfilled {
            warehouse: gone.warehouse.0,
            at: gone.at.0,
            day: 0,
        }),
        unknown: Vec::new(),
        routing: None,
    };
    Ok((order, point))
}

/// Refuses places that are named and not there.
fn must_be_configured(house: &House, said: &OrderBody) -> Result<(), Problem> {
    let gone = said.fulfilled.as_ref().map(|gone| ("fulfilled.warehouse", &gone.warehouse));
    let pickup = said.pickup_at.as_ref().map(|place| ("pickup_at", place));
    for (path, warehouse) in gone.into_iter().chain(pickup) {
        if !house.warehouses.contains_key(&warehouse.0) {
            let detail = format!("{path}: `{}` is not configured", warehouse.0);
            return Err(Wrong { code: "unknown_warehouse", ..Wrong::new(path, detail) }.into());
        }
    }
    Ok(())
}

fn must_be_sold_in(found: Option<Currency>, channel: &ChannelSpec) -> Result<(), Wrong> {
    match found {
        Some(found) if !channel.currency.is_empty() && found.as_str() != channel.currency => {
            let detail = format!("found {found}; channel `{}` sells in {}", channel.id, channel.currency);
            Err(Wrong { code: "currency_not_of_channel", ..Wrong::new("", detail) })
        }
        Some(_) | None => Ok(()),
    }
}

fn terms(said: &OrderBody, channel: &ChannelSpec) -> Terms {
    Terms {
        ship_complete: said.ship_complete.unwrap_or(channel.ship_complete),
        priority: said.priority.unwrap_or(PRIORITY),
        promise: said.promise_by.map(|time| time.0),
        release_day: said.release_on.map(|day| day.0),
        // A channel that offers no backorders has no room for one.
        backorder: channel.backorder && said.backorder.unwrap_or(true),
        ..Terms::default()
    }
}

/// Changes an order's lines; only the difference is claimed or given back.
///
/// # Errors
/// What a caller is told.
pub async fn amend(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: AmendBody = body.read()?;
    let lines = new_lines(&said.lines, 0, asking.settings.orders.lines_max)?;
    let baggage = said.baggage(Baggage::of(&order));
    let currency = baggage.currency()?;
    if let Some(channel) = asking.inside.house.channels.get(&order.channel) {
        must_be_sold_in(currency, &channel.spec)?;
    }
    let revision = said.revision.map(|revision| revision.0);
    let verb = Verb::Amend { order: order.id.clone(), revision, lines, carried: Some(baggage.text().into()) };
    send(asking, signed, ("amend_order", said.issued_at, &said), verb).await
}

/// Changes where an order goes, as long as nothing is packed.
///
/// # Errors
/// What a caller is told.
pub async fn address(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: ChangeAddressBody = body.read()?;
    said.check()?;
    for (path, address) in [("ship_to", &said.ship_to), ("bill_to", &said.bill_to)] {
        address.as_ref().map_or(Ok(None), |address| address.point(path))?;
    }
    let inside = &asking.inside;
    let before = match order.contact {
        Contact::Kept => inside.house.contact(&order.id).await?,
        Contact::None | Contact::Erased(_) => None,
    };
    let token = order.tracking.map(|_| tracking::mint(&inside.key, &order.id));
    let token = token.as_ref().map(tracking::Token::as_str);
    let verb = Verb::Address {
        order: order.id.clone(),
        destination: said
            .ship_to
            .as_ref()
            .map_or_else(|| order.destination.clone(), AddressBody::destination),
        contact: record(said.ship_to.as_ref(), said.bill_to.as_ref(), before.as_deref(), token)
            .map(Into::into),
    };
    send(asking, signed, ("change_address", said.issued_at, &said), verb).await
}

/// Cancels units of an order, or everything that has not left.
///
/// # Errors
/// What a caller is told.
pub async fn cancel(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: CancelBody = body.read_or_default()?;
    if let Some(lines) = &said.lines {
        asking.must_fit(lines.len())?;
    }
    let verb = Verb::Cancel {
        order: order.id.clone(),
        lines: said.lines.as_deref().map(line_units),
        reason: said.reason.as_ref().map_or_else(|| Reason::stored(ASKED_FOR), |reason| reason.0.clone()),
    };
    send(asking, signed, ("cancel_order", said.issued_at, &said), verb).await
}

/// Lets nobody work on an order.
///
/// # Errors
/// What a caller is told.
pub async fn hold(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: HoldBody = body.read()?;
    let (reason, until) = (said.reason.0.clone(), said.until.map(|time| time.0));
    let verb = Verb::Hold { order: order.id.clone(), reason, until };
    send(asking, signed, ("hold_order", said.issued_at, &said), verb).await
}

/// Lets work on an order go on.
///
/// # Errors
/// What a caller is told.
pub async fn resume(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: BareBody = body.read_or_default()?;
    let verb = Verb::Resume { order: order.id.clone() };
    send(asking, signed, ("resume_order", said.issued_at, &said), verb).await
}

/// Notes where the money stands.
///
/// # Errors
/// What a caller is told.
pub async fn payment(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: PaymentBody = body.read()?;
    let reference = said.reference.as_ref().map(|reference| reference.0.clone());
    let verb = Verb::Pay { order: order.id.clone(), state: said.state.0, reference };
    send(asking, signed, ("pay", said.issued_at, &said), verb).await
}

/// Notes that money went back.
///
/// # Errors
/// What a caller is told.
pub async fn refund(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: RefundBody = body.read()?;
    let Some(amount_minor) = Some(said.amount.amount_minor.0).filter(|amount| *amount > 0) else {
        return Err(Problem::invalid("amount.amount_minor", "amount.amount_minor: at least 1 is right"));
    };
    if let Some(known) = Baggage::of(&order).currency().ok().flatten()
        && known != said.amount.currency
    {
        let detail = format!("amount: found {}; the order is in {known}", said.amount.currency);
        return Err(Wrong { code: "mixed_currencies", ..Wrong::new("amount.currency", detail) }.into());
    }
    let refund = Refund {
        at: asking.inside.house.now(),
        amount_minor,
        currency: said.amount.currency.to_string(),
        of: said.of.as_deref().map(|id| return_of(&order, id)).transpose()?,
        reason: said.reason.as_ref().map(|reason| reason.0.clone()),
        reference: said.reference.as_ref().map(|reference| reference.0.clone()),
    };
    let verb = Verb::Refund { order: order.id.clone(), refund };
    send(asking, signed, ("refund", said.issued_at, &said), verb).await
}

fn return_of(order: &Order, id: &str) -> Result<u32, Problem> {
    let back = order.returns.iter().find(|back| back.id.as_str() == id);
    back.map(|back| back.number).ok_or_else(|| {
        let wrong = Wrong::new("return", "return: no return of this order has this id");
        Wrong { code: "unknown_return", ..wrong }.into()
    })
}

/// Finds other places for what no warehouse has begun.
///
/// # Errors
/// What a caller is told.
pub async fn reroute(
    asking: &Asking,
    signed: Signed,
    which: &Which,
    body: Said<'_>,
) -> Result<OrderAnswer, Problem> {
    let order = which.find_to_change(asking).await?;
    let said: RerouteBody = body.read_or_default()?;
    let named =
        said.only.iter().map(|only| ("only", only)).chain(said.exclude.iter().map(|id| ("exclude", id)));
    for (path, warehouse) in named {
        if !asking.inside.house.warehouses.contains_key(&warehouse.0) {
            let detail = format!("{path}: `{}` is not configured", warehouse.0);
            return Err(Wrong { code: "unknown_warehouse", ..Wrong::new(path, detail) }.into());
        }
    }
    let verb = Verb::Reroute {
        order: order.id.clone(),
        only: said.only.as_ref().map(|only| only.0.clone()),
        exclude: said.exclude.iter().map(|id| id.0.clone()).collect(),
    };
    send(asking, signed, ("reroute", said.issued_at, &said), verb).await
}

/// Sends a command about an order, and shows how the order stands then.
async fn send<T: serde::Serialize>(
    asking: &Asking,
    signed: Signed,
    (kind, issued_at, said): (&str, Option<Time>, &T),
    verb: Verb,
) -> Result<OrderAnswer, Problem> {
    let target = verb.document().map_or("", OrderId::as_str);
    let fingerprint = asking.inside.key.fingerprint(kind, target, said);
    let sender = signed.sender(issued_at.map(|time| time.0), fingerprint);
    match asking.inside.house.desk(&sender, verb).await? {
        Document::Order(order) => Ok(shown(asking, &order)),
        Document::Return(_) | Document::Transfer(_) | Document::Inbound(_) => Err(Problem::bug()),
    }
}
