//! `/v1/items/{sku}`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::Sku;
use crate::edge::command::setting;
use crate::edge::fault::Problem;
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Ask, Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::item::{ItemAnswer, ItemBody};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::text::Text;

/// A SKU's item card, for everybody who has to do with goods.
#[utoipa::path(get, path = "/v1/items/{sku}", tag = "items",
    params(("sku" = String, Path, description = "percent-encoded")),
    responses((status = 200, body = ItemAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(
    ask: Ask,
    InPath(sku): InPath<Sku>,
) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_handle_goods()?;
    ask.query(&[])?;
    let item = ask.asking.inside.house.item(&sku);
    let item = item.ok_or_else(|| Problem::not_found("unknown_sku", format!("no card of `{sku}`")))?;
    ok(&ItemAnswer { sku: Text(sku), item: item.into() })
}

/// Sets a SKU's item card, replacing the one before.
#[utoipa::path(put, path = "/v1/items/{sku}", tag = "items", request_body = ItemBody,
    params(("sku" = String, Path, description = "percent-encoded"), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ItemAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn set(
    change: Change,
    InPath(sku): InPath<Sku>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    ok(&setting::item(&change.asking, change.signed, &sku, sent.said()).await?)
}
