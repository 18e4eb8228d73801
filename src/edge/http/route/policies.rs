//! `/v1/warehouses/{warehouse}/policies` and `/v1/channels/{channel}/policies`.

use axum::body::Body;
use axum::http::Response;

use crate::domain::ids::{ChannelId, WarehouseId};
use crate::edge::fault::Problem;
use crate::edge::http::batch::{carry_out, must_fit};
use crate::edge::http::body::Sent;
use crate::edge::http::extract::{Change, InPath};
use crate::edge::http::reply::ok;
use crate::edge::wire::batch::LinesBody;
use crate::edge::wire::policy::{ChannelPoliciesBody, ChannelPolicyLine, StockPoliciesBody, StockPolicyLine};
use crate::edge::wire::problem::ProblemBody;
use crate::edge::wire::verdict::{Verdict, Verdicts};

/// Sets safety stock and fences per SKU, each line by itself.
#[utoipa::path(put, path = "/v1/warehouses/{warehouse}/policies", tag = "warehouses", request_body = StockPoliciesBody,
    params(("warehouse" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = Verdicts), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn of_warehouse(
    change: Change,
    InPath(warehouse): InPath<WarehouseId>,
    sent: Sent,
) -> Result<Response<Body>, Problem> {
    change.ask.caller.must_keep(&warehouse)?;
    let inside = &change.ask.inside;
    inside.house.warehouse(&warehouse)?;
    let said: LinesBody<'_> = sent.parse()?;
    must_fit(&change, said.lines.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let (signed, warehouse) = (&change.signed, &warehouse);
    let verdicts = carry_out(&said.lines, |index, line: StockPolicyLine| async move {
        let fingerprint = inside.key.fingerprint("set_stock_policy", warehouse.as_str(), &line);
        let sku = line.sku.0.as_str().to_owned();
        let sender = signed.line(index, issued_at, fingerprint);
        inside.house.set_stock_policy(&sender, warehouse, line.into()).await?;
        Ok(Verdict::applied(Some(sku)))
    });
    ok(&verdicts.await?)
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
    change.ask.caller.must_administer()?;
    let inside = &change.ask.inside;
    inside.house.channel(&channel)?;
    let said: LinesBody<'_> = sent.parse()?;
    must_fit(&change, said.lines.len())?;
    let issued_at = said.issued_at.map(|time| time.0);
    let (signed, channel) = (&change.signed, &channel);
    let verdicts = carry_out(&said.lines, |index, line: ChannelPolicyLine| async move {
        let fingerprint = inside.key.fingerprint("set_channel_policy", channel.as_str(), &line);
        let sku = line.sku.0.as_str().to_owned();
        let sender = signed.line(index, issued_at, fingerprint);
        inside.house.set_channel_policy(&sender, channel, line.into()).await?;
        Ok(Verdict::applied(Some(sku)))
    });
    ok(&verdicts.await?)
}
