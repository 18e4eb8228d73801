//! `/v1/inbound`.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::domain::desk::Document;
use crate::domain::ids::WarehouseId;
use crate::domain::order::{Inbound, InboundState};
use crate::edge::command::document::{an_inbound, sees_inbound};
use crate::edge::command::expecting;
use crate::edge::command::target::InboundName;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::listing::page;
use crate::edge::http::reply::{json, ok};
use crate::edge::wire::inbound::{ChangeExpectedBody, ExpectBody, InboundAnswer, InboundPage};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::reservation::BareBody;
use crate::edge::wire::transfer::ReceiveBody;

/// Takes in that goods are expected: a purchase order, or a supplier's ship notice.
#[utoipa::path(post, path = "/v1/inbound", tag = "inbound", request_body = ExpectBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = InboundAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn expect(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    json(StatusCode::CREATED, &expecting::expect(&change.asking, change.signed, sent.said()).await?)
}

/// Receipts the caller may see.
#[utoipa::path(get, path = "/v1/inbound", tag = "inbound",
    params(
        ("warehouse" = Option<String>, Query, description = "only those expected there"),
        ("state" = Option<String>, Query, description = "`expected`, `partly_received`, `closed` or `cancelled`"),
        ("archived" = Option<bool>, Query, description = "whether to list what is settled; a page may have none and still be followed by others"),
        ("limit" = Option<u64>, Query, description = "receipts of the page, 1 to 1000; 100 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = InboundPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_see_some_stock()?;
    let query = ask.query(&["warehouse", "state", "archived", "limit", "after"])?;
    let warehouse = query.name::<WarehouseId>("warehouse")?;
    let state = query.word("state", InboundState::named)?;
    let fits = |inbound: &Inbound| {
        warehouse.as_ref().is_none_or(|wanted| inbound.warehouse == *wanted)
            && state.is_none_or(|wanted| inbound.state == wanted)
            && sees_inbound(&ask.asking, inbound)
    };
    let house = &ask.asking.inside.house;
    let found = page(house, &query, |document| inbound_of(document).is_some_and(fits)).await?;
    let inbound = found.documents.iter().filter_map(inbound_of).map(InboundAnswer::from);
    ok(&InboundPage { inbound: inbound.collect(), next: found.next })
}

fn inbound_of(document: &Document) -> Option<&Inbound> {
    match document {
        Document::Inbound(inbound) => Some(inbound),
        Document::Order(_) | Document::Return(_) | Document::Transfer(_) => None,
    }
}

/// How a receipt stands.
#[utoipa::path(get, path = "/v1/inbound/{inbound}", tag = "inbound",
    params(("inbound" = String, Path)),
    responses((status = 200, body = InboundAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(id): InPath<InboundName>,
) -> Result<Response<Body>, Problem> {
    ask.query(&[])?;
    ok(&InboundAnswer::from(&*an_inbound(&ask.asking, &id.0).await?))
}

/// Something else is expected than before: these lines, at this time.
#[utoipa::path(put, path = "/v1/inbound/{inbound}", tag = "inbound", request_body = ChangeExpectedBody,
    params(("inbound" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = InboundAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn change(
    change: Change,
    InPath(id): InPath<InboundName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&expecting::change(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// Goods of a receipt arrived: all that is still expected, or the lines named, also more than was expected.
#[utoipa::path(post, path = "/v1/inbound/{inbound}/receive", tag = "inbound", request_body = Option<ReceiveBody>,
    params(("inbound" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = InboundAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn receive(
    change: Change,
    InPath(id): InPath<InboundName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&expecting::receive(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// No more of a receipt arrives.
#[utoipa::path(post, path = "/v1/inbound/{inbound}/close", tag = "inbound", request_body = Option<BareBody>,
    params(("inbound" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = InboundAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn close(
    change: Change,
    InPath(id): InPath<InboundName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&expecting::close(&change.asking, change.signed, &id.0, sent.said()).await?)
}
