//! `/v1/warehouses/{warehouse}/counts`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::WarehouseId;
use crate::edge::command::booking;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::count::CountBody;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::Verdicts;

/// Records absolute counts of one source, each line by itself.
#[utoipa::path(post, path = "/v1/warehouses/{warehouse}/counts", tag = "warehouses", request_body = CountBody,
    params(("warehouse" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "line i is command `<id>/<i>`")),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn counts(
    change: Change,
    InPath(warehouse): InPath<WarehouseId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&booking::counts(&change.asking, change.signed, &warehouse, sent.said()).await?)
}
