//! `/v1/privacy`.

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};

use crate::edge::command::privacy;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::Change;
use crate::edge::http::reply::ok;
use crate::edge::wire::privacy::{EraseAnswer, EraseBody, ExportAnswer, ExportBody};
use crate::edge::wire::problem::ProblemBody;

/// Erases the personal data of orders, each by itself. An open order's is erased only with `force`; then it is held.
#[utoipa::path(post, path = "/v1/privacy/erase", tag = "privacy", request_body = EraseBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = EraseAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn erase(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    ok(&privacy::erase(&change.asking, change.signed, sent.said()).await?)
}

/// The personal data of orders. It needs `contact:<channel>`, and each reading is noted in its order.
#[utoipa::path(post, path = "/v1/privacy/export", tag = "privacy", request_body = ExportBody,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ExportAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn export(change: Change, sent: Sent) -> Result<Response<Body>, Problem> {
    change.query(&[])?;
    let mut response = ok(&privacy::export(&change.asking, change.signed, sent.said()).await?)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
