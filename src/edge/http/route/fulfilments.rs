//! `/v1/fulfilments`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::{OrderId, WarehouseId};
use crate::domain::order::{Fulfilment, FulfilmentState, Order};
use crate::edge::command::fulfilment::{self, Act, find};
use crate::edge::command::target::FulfilmentName;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::order::fulfilment::{FulfilmentAnswer, FulfilmentPage};
use crate::edge::wire::order::step::{
    CarrierBody, PackBody, PickBody, RejectBody, ShipFulfilmentBody, ShortPickBody, StepBody, TimedStepBody,
};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::text::Text;

/// Orders whose fulfilments make a page where nothing is said.
const PAGE: u64 = 100;
/// Orders whose fulfilments make a page at most.
const PAGE_MAX: u64 = 1_000;

/// Fulfilments of open orders, by order.
#[utoipa::path(get, path = "/v1/fulfilments", tag = "fulfilments",
    params(
        ("warehouse" = Option<String>, Query, description = "of this warehouse alone"),
        ("state" = Option<String>, Query, description = "in this state alone"),
        ("limit" = Option<u64>, Query, description = "orders whose fulfilments make the page, 1 to 1000; 100 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = FulfilmentPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    let caller = &ask.asking.caller;
    caller.must_see_some_work()?;
    let query = ask.query(&["warehouse", "state", "limit", "after"])?;
    let warehouse = query.name::<WarehouseId>("warehouse")?;
    let state = query.word("state", FulfilmentState::named)?;
    let after = query.name::<OrderId>("after")?;
    let limit = usize::try_from(query.number("limit", PAGE_MAX)?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let has = |order: &Order, part: &Fulfilment| {
        warehouse.as_ref().is_none_or(|warehouse| *warehouse == part.warehouse)
            && state.is_none_or(|state| state == part.state)
            && !order.withdrawn
            && (caller.may_fulfil(&part.warehouse) || caller.may_see_sales(&order.channel))
    };
    let house = &ask.asking.inside.house;
    let documents = house.documents(after.as_ref(), limit, |document| {
        document.order().is_some_and(|order| order.fulfilments.iter().any(|part| has(order, part)))
    });
    let next = documents.last().filter(|_| documents.len() >= limit).map(|last| Text(last.id().clone()));
    let orders = documents.iter().filter_map(|document| document.order());
    let fulfilments = orders.flat_map(|order| {
        let parts = order.fulfilments.iter().filter(|part| has(order, part));
        parts.map(|part| FulfilmentAnswer::of(order, part))
    });
    ok(&FulfilmentPage { fulfilments: fulfilments.collect(), next })
}

/// How a fulfilment stands.
#[utoipa::path(get, path = "/v1/fulfilments/{fulfilment}", tag = "fulfilments",
    params(("fulfilment" = String, Path)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(name): InPath<FulfilmentName>,
) -> Result<Response<Body>, Problem> {
    ask.query(&[])?;
    let (order, number) = find(&ask.asking, &name).await?;
    let part = order.fulfilment(number).ok_or_else(Problem::bug)?;
    ok(&FulfilmentAnswer::of(&order, part))
}

async fn report(
    change: Change,
    name: &FulfilmentName,
    act: Act,
    sent: &Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&fulfilment::report(&change.asking, change.signed, name, act, sent.said()).await?)
}

/// The warehouse will do it: all of it, or the lines named.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/accept", tag = "fulfilments", request_body = Option<StepBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn accept(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Accept, &sent).await
}

/// The warehouse won't do it; another place is looked for.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/reject", tag = "fulfilments", request_body = Option<RejectBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn reject(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Reject, &sent).await
}

/// It is picked; with `begin`, picking begins.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/pick", tag = "fulfilments", request_body = Option<PickBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn pick(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Pick, &sent).await
}

/// Units could not be picked; another place is looked for them.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/short_pick", tag = "fulfilments", request_body = ShortPickBody,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn short_pick(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::ShortPick, &sent).await
}

/// It lies in its parcels.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/pack", tag = "fulfilments", request_body = Option<PackBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn pack(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Pack, &sent).await
}

/// It has left: all of it, or the lines named.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/ship", tag = "fulfilments", request_body = Option<ShipFulfilmentBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn ship(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Ship, &sent).await
}

/// It waits for its buyer.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/ready", tag = "fulfilments", request_body = Option<StepBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn ready(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Ready, &sent).await
}

/// Its buyer took it.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/collect", tag = "fulfilments", request_body = Option<TimedStepBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn collect(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Collect, &sent).await
}

/// Its buyer never came; the goods go back to the shelf.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/uncollected", tag = "fulfilments", request_body = Option<StepBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn uncollected(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Uncollected, &sent).await
}

/// It arrived.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/deliver", tag = "fulfilments", request_body = Option<TimedStepBody>,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn deliver(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Deliver, &sent).await
}

/// Its carrier told something; late, doubled and reordered news changes nothing.
#[utoipa::path(post, path = "/v1/fulfilments/{fulfilment}/carrier", tag = "fulfilments", request_body = CarrierBody,
    params(("fulfilment" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = FulfilmentAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn carrier(
    change: Change,
    InPath(name): InPath<FulfilmentName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    report(change, &name, Act::Carrier, &sent).await
}
