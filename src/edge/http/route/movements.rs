//! `/v1/warehouses/{warehouse}/movements`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::WarehouseId;
use crate::edge::command::booking;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::movement::MovementsBody;
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::Verdicts;

/// Records movements of goods, each line by itself.
#[utoipa::path(post, path = "/v1/warehouses/{warehouse}/movements", tag = "warehouses", request_body = MovementsBody,
    params(("warehouse" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "line i is command `<id>/<i>`")),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn movements(
    change: Change,
    InPath(warehouse): InPath<WarehouseId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&booking::movements(&change.asking, change.signed, &warehouse, sent.said()).await?)
}
