//! `/v1/transfers`.

use axum::body::Body;
use axum::http::{Response, StatusCode};

use crate::domain::desk::Document;
use crate::domain::ids::WarehouseId;
use crate::domain::order::{Transfer, TransferState};
use crate::edge::command::document::{a_transfer, sees_transfer};
use crate::edge::command::moving;
use crate::edge::command::target::TransferName;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::listing::page;
use crate::edge::http::reply::{json, ok};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::reservation::BareBody;
use crate::edge::wire::transfer::{
    ReceiveBody, RequestTransferBody, ShipTransferBody, TransferAnswer, TransfersPage,
};

/// Asks for goods to go to another warehouse; they are promised at once, all of them or none.
#[utoipa::path(post, path = "/v1/transfers", tag = "transfers", request_body = RequestTransferBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, body = TransferAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn request(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    json(StatusCode::CREATED, &moving::request(&change.asking, change.signed, sent.said()).await?)
}

/// Transfers the caller may see.
#[utoipa::path(get, path = "/v1/transfers", tag = "transfers",
    params(
        ("warehouse" = Option<String>, Query, description = "only those from there or to there"),
        ("state" = Option<String>, Query, description = "`requested`, `allocated`, `refused`, `shipped`, `partly_received`, `closed` or `cancelled`"),
        ("archived" = Option<bool>, Query, description = "whether to list what is settled; a page may have none and still be followed by others"),
        ("limit" = Option<u64>, Query, description = "transfers of the page, 1 to 1000; 100 where it is not said"),
        ("after" = Option<String>, Query, description = "the `next` of the page before")),
    responses((status = 200, body = TransfersPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn list(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_see_some_stock()?;
    let query = ask.query(&["warehouse", "state", "archived", "limit", "after"])?;
    let warehouse = query.name::<WarehouseId>("warehouse")?;
    let state = query.word("state", TransferState::named)?;
    let fits = |transfer: &Transfer| {
        warehouse.as_ref().is_none_or(|wanted| transfer.from == *wanted || transfer.to == *wanted)
            && state.is_none_or(|wanted| transfer.state == wanted)
            && sees_transfer(&ask.asking, transfer)
    };
    let house = &ask.asking.inside.house;
    let found = page(house, &query, |document| transfer_of(document).is_some_and(fits)).await?;
    let transfers = found.documents.iter().filter_map(transfer_of).map(TransferAnswer::from);
    ok(&TransfersPage { transfers: transfers.collect(), next: found.next })
}

fn transfer_of(document: &Document) -> Option<&Transfer> {
    match document {
        Document::Transfer(transfer) => Some(transfer),
        Document::Order(_) | Document::Return(_) | Document::Inbound(_) => None,
    }
}

/// How a transfer stands.
#[utoipa::path(get, path = "/v1/transfers/{transfer}", tag = "transfers",
    params(("transfer" = String, Path)),
    responses((status = 200, body = TransferAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(id): InPath<TransferName>,
) -> Result<Response<Body>, Problem> {
    ask.query(&[])?;
    ok(&TransferAnswer::from(&*a_transfer(&ask.asking, &id.0).await?))
}

/// Goods of a transfer left: all of them, or the lines named.
#[utoipa::path(post, path = "/v1/transfers/{transfer}/ship", tag = "transfers", request_body = Option<ShipTransferBody>,
    params(("transfer" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = TransferAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn ship(
    change: Change,
    InPath(id): InPath<TransferName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&moving::ship(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// Goods of a transfer arrived: all that is under way, or the lines named.
#[utoipa::path(post, path = "/v1/transfers/{transfer}/receive", tag = "transfers", request_body = Option<ReceiveBody>,
    params(("transfer" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = TransferAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn receive(
    change: Change,
    InPath(id): InPath<TransferName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&moving::receive(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// No more of a transfer arrives: what is under way is lost, what never left is given back.
#[utoipa::path(post, path = "/v1/transfers/{transfer}/close", tag = "transfers", request_body = Option<BareBody>,
    params(("transfer" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = TransferAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn close(
    change: Change,
    InPath(id): InPath<TransferName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&moving::close(&change.asking, change.signed, &id.0, sent.said()).await?)
}

/// A transfer does not happen; nothing of it may have left.
#[utoipa::path(post, path = "/v1/transfers/{transfer}/cancel", tag = "transfers", request_body = Option<BareBody>,
    params(("transfer" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = TransferAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn cancel(
    change: Change,
    InPath(id): InPath<TransferName>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&moving::cancel(&change.asking, change.signed, &id.0, sent.said()).await?)
}
