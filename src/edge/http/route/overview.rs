//! `/v1/overview`.

use axum::body::Body;
use axum::http::Response;

use crate::edge::fault::Problem;
use crate::edge::http::extract::Ask;
use crate::edge::http::reply::ok;
use crate::edge::wire::overview::OverviewAnswer;
use crate::edge::wire::problem::ProblemBody;

/// How everything stands: sold today, sold out, late, open orders, and who was heard of longest ago. Figures are kept as
/// things change, so asking every few seconds costs nothing.
#[utoipa::path(get, path = "/v1/overview", tag = "operation",
    responses((status = 200, body = OverviewAnswer), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(in crate::edge::http) async fn read(ask: Ask) -> Result<Response<Body>, Problem> {
    ask.asking.caller.must_read_all()?;
    ask.query(&[])?;
    ok(&OverviewAnswer::of(ask.asking.inside.house.overview()))
}
