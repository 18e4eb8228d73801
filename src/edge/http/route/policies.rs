//! `/v1/warehouses/{warehouse}/policies` and `/v1/channels/{channel}/policies`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::{ChannelId, WarehouseId};
use crate::edge::command::setting;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::policy::{ChannelPoliciesBody, StockPoliciesBody};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::Verdicts;

/// Sets safety stock, fences and the limits of alerts per SKU, each line by itself.
#[utoipa::path(put, path = "/v1/warehouses/{warehouse}/policies", tag = "warehouses", request_body = StockPoliciesBody,
    params(("warehouse" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn of_warehouse(
    change: Change,
    InPath(warehouse): InPath<WarehouseId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&setting::stock_policies(&change.asking, change.signed, &warehouse, sent.said()).await?)
}

/// Sets buffer, cap and the threshold of `low` per SKU, each line by itself.
#[utoipa::path(put, path = "/v1/channels/{channel}/policies", tag = "channels", request_body = ChannelPoliciesBody,
    params(("channel" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn of_channel(
    change: Change,
    InPath(channel): InPath<ChannelId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&setting::channel_policies(&change.asking, change.signed, &channel, sent.said()).await?)
}
