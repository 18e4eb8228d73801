//! `/v1/orders`.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::domain::desk::Document;
use crate::domain::ids::{ChannelId, OrderId, OrderNumber};
use crate::domain::order::{Commercial, Order};
use crate::domain::time::Timestamp;
use crate::edge::auth::Caller;
use crate::edge::command::order::{self, Which, shown};
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::query::Query;
use crate::edge::http::reply::{json, ok};
use crate::edge::wire::order::answer::{OrderAnswer, OrderPage};
use crate::edge::wire::order::change::{
    AmendBody, CancelBody, ChangeAddressBody, HoldBody, PaymentBody, RefundBody, RerouteBody,
};
use crate::edge::wire::order::explain::{ExplainAnswer, PreviewAnswer};
use crate::edge::wire::order::place::OrderBody;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::reservation::BareBody;

/// Orders of a page where nothing is said.
const PAGE: u64 = 50;
/// Orders of a page at most: each may be some kilobytes.
const PAGE_MAX: u64 = 500;

/// Which orders are listed.
struct Wanted<'a> {
    caller: &'a Caller,
    channel: Option<ChannelId>,
    state: Option<Commercial>,
    since: Option<Timestamp>,
}

impl Wanted<'_> {
    fn has(&self, order: &Order) -> bool {
        let named = self.channel.as_ref().is_none_or(|channel| *channel == order.channel);
        named
            && !order.withdrawn
            && self.state.is_none_or(|state| state == order.state)
            && self.since.is_none_or(|since| order.updated_at >= since)
            && self.caller.may_see_sales(&order.channel)
    }
}

/// Takes an order in, routes it and promises its stock. The same channel, order and revision with the same content is the
/// same order, whatever the command's id; a higher revision amends, a lower one is answered with `superseded`.
#[utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = OrderBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = OrderAnswer), (status = 200, description = "superseded by a newer revision", body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn place(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    let placed = order::place(&change.asking, change.signed, sent.said()).await?;
    json(if placed.superseded { StatusCode::OK } else { StatusCode::CREATED }, &placed)
}

/// Orders that are open, by their ids over all channels; with `archived=true` those that are settled.
#[utoipa::path(get, path = "/v1/orders", tag = "orders",
    params(
        ("channel" = Option<String>, Query, description = "of this channel alone"),
        ("state" = Option<String>, Query, description = "in this state alone"),
        ("updated_since" = Option<String>, Query, description = "changed then or later"),
        ("archived" = Option<bool>, Query, description = "whether to list settled orders; a page may have none and still be followed by others"),
        ("limit" = Option<u64>, Query, description = "orders of the page, 1 to 500; 50 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = OrderPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    let caller = &ask.asking.caller;
    caller.must_see_some_sales()?;
    let query = ask.query(&["channel", "state", "updated_since", "archived", "limit", "after"])?;
    let channel = query.name::<ChannelId>("channel")?;
    channel.as_ref().map_or(Ok(()), |channel| caller.must_see_sales(channel))?;
    let state = query.word("state", Commercial::named)?;
    let wanted = Wanted { caller, channel, state, since: query.time("updated_since")? };
    let limit = usize::try_from(query.number("limit", PAGE_MAX)?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let house = &ask.asking.inside.house;
    let has = |document: &Document| document.order().is_some_and(|order| wanted.has(order));
    let (documents, next) = if query.flag("archived")? {
        let (documents, next) = house.archived(query.one("after")?, limit).await?;
        (documents.into_iter().filter(has).collect(), next)
    } else {
        let documents = house.documents(query.name::<OrderId>("after")?.as_ref(), limit, has);
        let next = documents.last().filter(|_| documents.len() >= limit).map(|last| last.id().to_string());
        (documents, next)
    };
    let orders = documents.iter().filter_map(Document::order);
    ok(&OrderPage { orders: orders.map(|order| shown(&ask.asking, order)).collect(), next })
}

/// How an order stands.
#[utoipa::path(get, path = "/v1/orders/{order}", tag = "orders",
    params(
        ("order" = String, Path, description = "the channel's number, percent-encoded, or the id over all channels"),
        ("channel" = Option<String>, Query, description = "needed where several channels have the number"),
        ("timeline" = Option<bool>, Query, description = "whether to tell what happened to it")),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(name): InPath<OrderNumber>,
) -> Result<Response<Body>, Problem> {
    let query = ask.query(&["channel", "timeline"])?;
    let found = which(name, &query)?.find(&ask.asking).await?;
    let answer = shown(&ask.asking, &found);
    ok(&if query.flag("timeline")? { answer.with_timeline(&found) } else { answer })
}

/// Why an order ships from where it does: every routing, every warehouse, why it was dropped and what decided.
#[utoipa::path(get, path = "/v1/orders/{order}/explain", tag = "orders",
    params(("order" = String, Path), ("channel" = Option<String>, Query)),
    responses((status = 200, body = ExplainAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn explain(
    ask: Ask,
    InPath(name): InPath<OrderNumber>,
) -> Result<Response<Body>, Problem> {
    let found = which(name, &ask.query(&["channel"])?)?.find(&ask.asking).await?;
    ask.asking.caller.must_sell(&found.channel)?;
    ok(&ExplainAnswer::of(&found))
}

/// What routing would decide for an order now. Nothing changes.
#[utoipa::path(post, path = "/v1/routing/preview", tag = "orders", request_body = OrderBody,
    responses((status = 200, body = PreviewAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn preview(ask: Ask, sent: Sent) -> Result<Response<Body>, Problem> {
    ask.query(&[])?;
    ok(&order::preview(&ask.asking, sent.said())?)
}

fn which(name: OrderNumber, query: &Query) -> Result<Which, Problem> {
    Ok(Which { name, channel: query.name("channel")? })
}

/// Cancels units of an order, or everything that has not left.
#[utoipa::path(post, path = "/v1/orders/{order}/cancel", tag = "orders", request_body = Option<CancelBody>,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn cancel(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::cancel(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Changes an order's lines to these; only the difference is claimed or given back.
#[utoipa::path(post, path = "/v1/orders/{order}/amend", tag = "orders", request_body = AmendBody,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn amend(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::amend(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Changes where an order goes, as long as nothing is packed; what is not said stays.
#[utoipa::path(post, path = "/v1/orders/{order}/address", tag = "orders", request_body = ChangeAddressBody,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn address(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::address(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Lets nobody work on an order.
#[utoipa::path(post, path = "/v1/orders/{order}/hold", tag = "orders", request_body = HoldBody,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn hold(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::hold(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Lets work on an order go on.
#[utoipa::path(post, path = "/v1/orders/{order}/resume", tag = "orders", request_body = Option<BareBody>,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn resume(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::resume(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Notes where the money stands; older news told late changes nothing.
#[utoipa::path(post, path = "/v1/orders/{order}/payment", tag = "orders", request_body = PaymentBody,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn payment(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::payment(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Notes that money went back, for a return or without one.
#[utoipa::path(post, path = "/v1/orders/{order}/refund", tag = "orders", request_body = RefundBody,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn refund(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::refund(&change.asking, change.signed, &which, sent.said()).await?)
}

/// Finds other places for what no warehouse has begun.
#[utoipa::path(post, path = "/v1/orders/{order}/reroute", tag = "orders", request_body = Option<RerouteBody>,
    params(("order" = String, Path), ("channel" = Option<String>, Query), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = OrderAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn reroute(
    change: Change,
    InPath(name): InPath<OrderNumber>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    let which = which(name, &change.query(&["channel"])?)?;
    ok(&order::reroute(&change.asking, change.signed, &which, sent.said()).await?)
}
