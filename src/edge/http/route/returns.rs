//! `/v1/returns`.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::domain::desk::Document;
use crate::domain::ids::WarehouseId;
use crate::domain::order::{Order, Return, ReturnState};
use crate::edge::command::document::{a_return, sees_return};
use crate::edge::command::returning;
use crate::edge::command::target::ReturnName;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::listing::page;
use crate::edge::http::reply::{json, ok};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::reservation::BareBody;
use crate::edge::wire::returns::{AnnounceBody, InspectBody, ReceiveReturnBody, ReturnAnswer, ReturnsPage};

/// Announces a return: of a known order, or by a reference alone.
#[utoipa::path(post, path = "/v1/returns", tag = "returns", request_body = AnnounceBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = ReturnAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn announce(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    json(StatusCode::CREATED, &returning::announce(&change.asking, change.signed, sent.said()).await?)
}

/// Returns the caller may see.
#[utoipa::path(get, path = "/v1/returns", tag = "returns",
    params(
        ("warehouse" = Option<String>, Query, description = "only those that go there"),
        ("state" = Option<String>, Query, description = "`announced`, `partly_received`, `received`, `closed` or `cancelled`"),
        ("archived" = Option<bool>, Query, description = "whether to list what is settled; a page may have none and still be followed by others"),
        ("limit" = Option<u64>, Query, description = "orders and returns of the page, 1 to 1000; 100 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = ReturnsPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_see_some_returns()?;
    let query = ask.query(&["warehouse", "state", "archived", "limit", "after"])?;
    let warehouse = query.name::<WarehouseId>("warehouse")?;
    let state = query.word("state", ReturnState::named)?;
    let fits = |back: &&Return| {
        warehouse.as_ref().is_none_or(|wanted| back.warehouse == *wanted)
            && state.is_none_or(|wanted| back.state == wanted)
            && sees_return(&ask.asking, back)
    };
    let house = &ask.asking.inside.house;
    let found = page(house, &query, |document| returns_of(document).0.iter().any(|back| fits(&back))).await?;
    let returns = found.documents.iter().flat_map(|document| {
        let (returns, order) = returns_of(document);
        returns.iter().filter(fits).map(move |back| ReturnAnswer::of(back, order))
    });
    ok(&ReturnsPage { returns: returns.collect(), next: found.next })
}

fn returns_of(document: &Document) -> (&[Return], Option<&Order>) {
    match document {
        Document::Order(order) => (&order.returns, Some(order)),
        Document::Return(back) => (std::slice::from_ref(back), None),
        Document::Transfer(_) | Document::Inbound(_) => (&[], None),
    }
}

/// How a return stands.
#[utoipa::path(get, path = "/v1/returns/{return}", tag = "returns",
    params(("return" = String, Path)),
    responses((status = 200, body = ReturnAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(id): InPath<ReturnName>,
) -> Result<Response<Body>, Problem> {
    ask.query(&[])?;
    let found = a_return(&ask.asking, &id.0).await?;
    ok(&ReturnAnswer::of(found.back()?, found.order()))
}

/// Goods of a return arrived, at the warehouse it was announced for or another. They lie under quality control.
#[utoipa::path(post, path = "/v1/returns/{return}/receive", tag = "returns", request_body = Option<ReceiveReturnBody>,
    params(("return" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReturnAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn receive(
    change: Change,
    InPath(id): InPath<ReturnName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&returning::receive(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// Goods of a return were looked at: each unit goes where it belongs.
#[utoipa::path(post, path = "/v1/returns/{return}/inspect", tag = "returns", request_body = InspectBody,
    params(("return" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReturnAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn inspect(
    change: Change,
    InPath(id): InPath<ReturnName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&returning::inspect(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// A return does not come; nothing of it may have arrived.
#[utoipa::path(post, path = "/v1/returns/{return}/cancel", tag = "returns", request_body = Option<BareBody>,
    params(("return" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ReturnAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn cancel(
    change: Change,
    InPath(id): InPath<ReturnName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&returning::cancel(&change.asking, change.signed, &id.0, sent.said()).await?)
}
