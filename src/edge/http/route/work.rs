//! `/v1/channels/{channel}/acknowledged` and `…/work`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::ChannelId;
use crate::edge::command::acknowledging;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::acknowledge::{AcknowledgeBody, WorkAnswer};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::Verdicts;

/// Confirms what the channel shows, each item by itself.
#[utoipa::path(put, path = "/v1/channels/{channel}/acknowledged", tag = "channels", request_body = AcknowledgeBody,
    params(("channel" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn acknowledged(
    change: Change,
    InPath(channel): InPath<ChannelId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&acknowledging::acknowledge(&change.asking, change.signed, &channel, sent.said()).await?)
}

/// What the channel has to publish next: the newest figure of each SKU of which it shows another, sold out first, within
/// its quota. Changes nothing: what is not confirmed is told again.
#[utoipa::path(get, path = "/v1/channels/{channel}/work", tag = "channels",
    params(
        ("channel" = String, Path),
        ("limit" = Option<u64>, Query, description = "SKUs of the answer, 1 to 10000; 100 where it is not said")),
    responses((status = 200, body = WorkAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn work(
    ask: Ask,
    InPath(channel): InPath<ChannelId>,
) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_sell(&channel)?;
    let limit = ask.query(&["limit"])?.number("limit", acknowledging::SKUS_MAX)?;
    ok(&acknowledging::work(&ask.asking, &channel, limit).await?)
}
